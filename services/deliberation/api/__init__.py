"""The doors of deliberation for people."""

from services.deliberation.api import (
    absences,
    assemblies,
    files,
    meetings,
    papers,
    platforms,
    public,
    sittings,
    topics,
    undertakings,
)

ROUTES = [
    *platforms.ROUTES,
    *topics.ROUTES,
    *meetings.ROUTES,
    *sittings.ROUTES,
    *assemblies.ROUTES,
    *undertakings.ROUTES,
    *files.ROUTES,
    *absences.ROUTES,
    *papers.ROUTES,
    *public.ROUTES,
]
