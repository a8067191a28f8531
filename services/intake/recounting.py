"""期限重算: due dates counted without the holidays are counted again when a service starts that knows them."""

from services.intake.domain.clock import recount
from services.intake.registering import IntakeService
from services.intake.store import COMPLAINTS
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, change
from shared.rules.township import Role

CALENDAR_KEEPER = Person("intake", Role.SERVICE, Reach.TOWN)
"""Who counts due dates again when the holidays of a year have been announced."""


async def recount_all(service: IntakeService) -> None:
    """Every complaint whose due date is provisional."""
    for row in await service.pool.fetch("select id, clock_from from complaints where provisional order by id"):
        await change(
            service.base,
            COMPLAINTS,
            row["id"],
            Ask(CALENDAR_KEEPER),
            recount,
            terms=service.terms.on(row["clock_from"]),
            calendar=service.calendar,
        )
