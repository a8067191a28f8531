"""The doors of projects for people."""

from services.projects.api import batches, carrying_out, pool, suggestions

ROUTES = [
    *suggestions.ROUTES,
    *pool.ROUTES,
    *carrying_out.ROUTES,
    *batches.ROUTES,
]
