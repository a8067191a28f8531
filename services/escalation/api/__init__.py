"""The doors of escalation for people."""

from services.escalation.api import due_dates, duties, handling, issues, webhooks

ROUTES = [
    *issues.ROUTES,
    *handling.ROUTES,
    *due_dates.ROUTES,
    *duties.ROUTES,
    *webhooks.ROUTES,
]
