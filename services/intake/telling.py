"""How intake tells people: whose complaint it is, and where they can be reached, both from the vault."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from services.intake.domain.asked import Order
from services.intake.domain.complaint import Complaint
from services.intake.domain.telling import OFFERED, TOLD, tell
from services.intake.following import follow_code
from services.intake.registering import ORDER, IntakeService
from services.intake.store import COMPLAINTS
from shared.events.intake import ComplaintFact
from shared.events.vocabulary import Urgency
from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.notices.words import Addressee, Contact, Message, Suppressed, Teller, Told, hour

CODE = "code"
"""Every notice may name the code by which the complaint is followed."""
_WHOSE = f"""
select {", ".join(f"c.{column}" for column in COMPLAINTS.columns)}, v.subject as person from complaints c
left join vault v on v.owner = c.id and v.field = '{ORDER}' where c.id = any($1::uuid[])
"""


def teller(service: IntakeService) -> Teller:
    """What intake knows of telling people."""

    async def look(con: Connection, owners: Sequence[UUID]) -> Mapping[UUID, Addressee]:
        found = {}
        for row in await con.fetch(_WHOSE, list(owners)):
            complaint = COMPLAINTS.stored(row)
            found[row["id"]] = Addressee(row["person"], complaint, complaint.urgency is Urgency.CRITICAL)
        return found

    def say(told: Told, to: Addressee) -> Message | None:
        news = tell(cast(ComplaintFact, told.fact), cast(Complaint, to.matter), town=service.town)
        if news is None:
            return None
        words = {name: hour(moment) for name, moment in news.moments.items()}
        code = follow_code(service.keys.lookup, told.owner)
        return Message(news.notice, {CODE: code, **news.words, **words}, news.once or told.name, news.of)

    async def contacts(pool: Pool, owners: Sequence[UUID]) -> Mapping[UUID, Contact]:
        kept = await service.vault.read_entries(pool, [(owner, ORDER) for owner in owners])
        return {owner: _contact(kept, owner) for owner in owners}

    offered = {name: parameters | {CODE} for name, parameters in OFFERED.items()}
    return Teller(offered, TOLD, look, say, contacts)


def _contact(kept: Mapping[tuple[UUID, str], str | None], owner: UUID) -> Contact:
    if (owner, ORDER) not in kept:
        return Contact()
    text = kept[owner, ORDER]
    if text is None:
        return Contact(why=Suppressed.ERASED)
    return Contact(mobile(Order.model_validate_json(text).complainant.phone))
