"""The dashboard service, wired by hand."""

from services.dashboard.api import ROUTES
from services.dashboard.handlers import listen
from services.dashboard.pages.frame import refused
from services.dashboard.terms import DashboardTerms
from shared.plumbing.service import Plan, run

PLAN = Plan(
    "dashboard",
    DashboardTerms,
    kinds=(),
    topics=("intake.events", "deliberation.events", "escalation.events", "projects.events"),
    routes=ROUTES,
    listen=listen,
    speaks=False,
    pages=True,
    refused=refused,
)

if __name__ == "__main__":
    run(PLAN)
