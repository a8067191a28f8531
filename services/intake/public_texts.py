"""公开文本: what staff write for the public is looked through for personal data before it becomes a fact."""

from uuid import UUID

from services.intake.domain.asked import Order
from services.intake.registering import CONTACT, ORDER, IntakeService, correction
from shared.events.base import Asked
from shared.rules.broken import refuse
from shared.rules.redaction import Known, unfit


async def refuse_personal(service: IntakeService, complaint: UUID, said: Asked) -> None:
    """Refuse with `personal_data_in_public_text` and a pointer for every text that should not become public.

    The person's own name and number are compared, too, as long as the vault has them; nobody is shown them.
    """
    kept = await service.vault.read_entries(service.pool, [(complaint, ORDER), (complaint, CONTACT)])
    known = []
    if order := kept.get((complaint, ORDER)):
        asked = Order.model_validate_json(order).complainant
        known.append(Known(asked.name, asked.phone))
    if corrected := kept.get((complaint, CONTACT)):
        contact = correction(corrected)
        known.append(Known(contact.name, contact.phone))
    refuse(*unfit(said, known, service.town.public_numbers))
