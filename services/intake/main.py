"""The intake service, wired by hand."""

from services.intake.api import DOORS
from services.intake.domain.terms import Terms
from services.intake.handlers import listen
from services.intake.schedule import ring
from services.intake.store import COMPLAINTS, DEMANDS, HOTSPOTS, ROUTES
from services.intake.tidying import tidy
from shared.plumbing.service import Plan, run
from shared.plumbing.topics import WORK_ORDERS

PLAN = Plan(
    "intake",
    Terms,
    kinds=(COMPLAINTS, ROUTES, HOTSPOTS, DEMANDS),
    topics=(WORK_ORDERS, "deliberation.events", "escalation.events", "projects.events"),
    routes=DOORS,
    listen=listen,
    ring=ring,
    tidy=tidy,
)

if __name__ == "__main__":
    run(PLAN)
