"""The intake service, wired by hand."""

from services.intake.api import DOORS
from services.intake.domain.terms import Terms
from services.intake.handlers import listen
from services.intake.proposing import begin_proposing
from services.intake.publishing import begin_publishing
from services.intake.registering import IntakeService
from services.intake.schedule import ring
from services.intake.store import COMPLAINTS, DEMANDS, HOTSPOTS, RATES, ROUTES
from shared.plumbing.service import Plan, run
from shared.plumbing.topics import WORK_ORDERS


async def begin(service: IntakeService) -> None:
    """The dispatch rules fit the town; every month that is not published yet has its timer."""
    await begin_proposing(service)
    await begin_publishing(service)


PLAN = Plan(
    "intake",
    Terms,
    kinds=(COMPLAINTS, ROUTES, HOTSPOTS, DEMANDS, RATES),
    topics=(WORK_ORDERS, "deliberation.events", "escalation.events", "projects.events"),
    routes=DOORS,
    listen=listen,
    ring=ring,
    begin=begin,
)

if __name__ == "__main__":
    run(PLAN)
