"""The doors of escalation for people."""

from services.escalation.api import (
    board,
    due_dates,
    duties,
    handling,
    history,
    issues,
    lists,
    offices,
    routing,
    statistics,
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
]
