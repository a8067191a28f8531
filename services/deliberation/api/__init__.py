"""The doors of deliberation for people."""

from services.deliberation.api import assemblies, meetings, papers, platforms, sittings, topics, undertakings

ROUTES = [
    *platforms.ROUTES,
    *topics.ROUTES,
    *meetings.ROUTES,
    *sittings.ROUTES,
    *assemblies.ROUTES,
    *undertakings.ROUTES,
    *papers.ROUTES,
]
