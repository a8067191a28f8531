"""The projects service, wired by hand."""

from services.projects.api import ROUTES
from services.projects.domain.terms import Terms
from services.projects.handlers import listen
from services.projects.persons import tidy
from services.projects.schedule import ring
from services.projects.store import KINDS
from services.projects.telling import teller
from shared.plumbing.service import Plan, run

PLAN = Plan(
    "projects",
    Terms,
    kinds=KINDS,
    topics=("intake.events", "deliberation.events"),
    routes=ROUTES,
    listen=listen,
    publishes=True,
    ring=ring,
    tidy=tidy,
    tells=teller,
    attachments=True,
)

if __name__ == "__main__":
    run(PLAN)
