"""The doors of escalation for people."""

from services.escalation.api import (
    board,
    due_dates,
    duties,
    files,
    handling,
    history,
    inbox,
    issues,
    lists,
    offices,
    routing,
    statistics,
    webhooks,
)

ROUTES = [
    *lists.ROUTES,
    *board.ROUTES,
    *history.ROUTES,
    *statistics.ROUTES,
    *routing.ROUTES,
    *offices.ROUTES,
    *issues.ROUTES,
    *handling.ROUTES,
    *due_dates.ROUTES,
    *duties.ROUTES,
    *files.ROUTES,
    *inbox.ROUTES,
    *webhooks.ROUTES,
]
