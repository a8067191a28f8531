"""The doors of deliberation for people."""

from services.deliberation.api import (
    absences,
    assemblies,
    duty,
    files,
    meetings,
    papers,
    platforms,
    public,
    sittings,
    statistics,
    topics,
    undertakings,
)

ROUTES = [
    *platforms.ROUTES,
    *duty.ROUTES,
    *statistics.ROUTES,
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
