"""The doors of escalation for people."""

from services.escalation.api import due_dates, duties, files, handling, inbox, issues, webhooks

ROUTES = [
    *issues.ROUTES,
    *handling.ROUTES,
    *due_dates.ROUTES,
    *duties.ROUTES,
    *files.ROUTES,
    *inbox.ROUTES,
    *webhooks.ROUTES,
]
