"""The escalation service, wired by hand."""

from services.escalation.api import ROUTES
from services.escalation.api.webhooks import TOLD
from services.escalation.arriving import tidy
from services.escalation.domain import duty_deadline
from services.escalation.domain.terms import Terms
from services.escalation.handlers import listen
from services.escalation.routing import begin_routing
from services.escalation.schedule import ring
from services.escalation.store import DUTIES, KINDS
from services.escalation.telling import teller
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, change
from shared.plumbing.service import Plan, Service, run
from shared.rules.township import Role

CALENDAR_KEEPER = Person("escalation", Role.SERVICE, Reach.TOWN)
"""Who counts deadlines again when the holidays of a year have been announced."""


async def begin(service: Service[Terms]) -> None:
    """The rules of routing hold; deadlines that were counted without knowing the holidays are counted again."""
    begin_routing(service)
    for row in await service.pool.fetch("select id, called_at from duties where provisional order by id"):
        await change(
            service.base,
            DUTIES,
            row["id"],
            Ask(CALENDAR_KEEPER),
            duty_deadline.recount,
            terms=service.terms.on(row["called_at"]),
            calendar=service.calendar,
        )


PLAN = Plan(
    "escalation",
    Terms,
    kinds=KINDS,
    topics=("intake.events", "deliberation.events"),
    routes=ROUTES,
    listen=listen,
    publishes=True,
    ring=ring,
    begin=begin,
    tidy=tidy,
    attachments=True,
    told=TOLD,
    tells=teller,
)

if __name__ == "__main__":
    run(PLAN)
