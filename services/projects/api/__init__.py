"""The doors of projects for people."""

from services.projects.api import (
    batches,
    carrying_out,
    files,
    history,
    lists,
    pool,
    public,
    statistics,
    suggestions,
)
from shared.plumbing.notices.doors import NOTICE_DOORS

ROUTES = [
    *suggestions.ROUTES,
    *pool.ROUTES,
    *carrying_out.ROUTES,
    *batches.ROUTES,
    *lists.ROUTES,
    *history.ROUTES,
    *statistics.ROUTES,
    *files.ROUTES,
    *public.ROUTES,
    *NOTICE_DOORS,
]
