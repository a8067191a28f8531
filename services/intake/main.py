"""The intake service, wired by hand."""

from services.intake.api import DOORS
from services.intake.domain.terms import Terms
from services.intake.handlers import listen
from services.intake.open311 import gate
from services.intake.proposing import begin_proposing
from services.intake.publishing import begin_publishing
from services.intake.recounting import recount_all
from services.intake.registering import IntakeService
from services.intake.schedule import ring
from services.intake.store import COMPLAINTS, DEMANDS, HOTSPOTS, RATES, ROUTES
from services.intake.telling import teller
from services.intake.tidying import tidy
from shared.plumbing.service import Plan, run
from shared.plumbing.topics import WORK_ORDERS


async def begin(service: IntakeService) -> None:
    """Before the doors open: keys and dispatch rules are readable, due dates know the holidays, months have their timers."""
    await gate.begin(service)
    await begin_proposing(service)
    await recount_all(service)
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
    tells=teller,
    attachments=True,
    tidy=tidy,
)

if __name__ == "__main__":
    run(PLAN)
