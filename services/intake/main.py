"""The intake service, wired by hand."""

from services.intake.api import DOORS
from services.intake.domain.terms import Terms
from services.intake.handlers import listen
from services.intake.open311 import gate
from services.intake.recounting import recount_all
from services.intake.registering import IntakeService
from services.intake.schedule import ring
from services.intake.store import COMPLAINTS, DEMANDS, HOTSPOTS, ROUTES
from services.intake.telling import teller
from shared.plumbing.service import Plan, run
from shared.plumbing.topics import WORK_ORDERS


async def begin(service: IntakeService) -> None:
    """Before the doors open: the keys of others are readable, and due dates know the holidays."""
    await gate.begin(service)
    await recount_all(service)


PLAN = Plan(
    "intake",
    Terms,
    kinds=(COMPLAINTS, ROUTES, HOTSPOTS, DEMANDS),
    topics=(WORK_ORDERS, "deliberation.events", "escalation.events", "projects.events"),
    routes=DOORS,
    listen=listen,
    ring=ring,
    begin=begin,
    tells=teller,
)

if __name__ == "__main__":
    run(PLAN)
