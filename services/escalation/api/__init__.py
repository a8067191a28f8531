"""The doors of escalation for people."""

from services.escalation.api import board, due_dates, duties, handling, history, issues, lists, routing, statistics

ROUTES = [
    *lists.ROUTES,
    *board.ROUTES,
    *history.ROUTES,
    *statistics.ROUTES,
    *routing.ROUTES,
    *issues.ROUTES,
    *handling.ROUTES,
    *due_dates.ROUTES,
    *duties.ROUTES,
]
