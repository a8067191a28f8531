"""来源: what suggestions and projects come from, and who tells it how they go on."""

from collections.abc import Iterable
from typing import TypeVar

from shared.events.base import ref_kind
from shared.events.projects import ProjectOrigin, SuggestionOrigin

T = TypeVar("T")

SUGGESTED_BY_HAND = ("inspection", "meeting")
"""What a suggestion collected by hand can come from; a route makes its own."""

BY_HAND = ("hotspot", "topic", "route", "inspection")
"""What a project proposed by hand can come from; a suggestion is converted instead, so that it is answered."""
TOLD_BY_OTHERS = ("hotspot", "topic", "route")
"""Intake tells routes and hotspots, deliberation tells topics; everybody else reads the disclosure itself."""


PROACTIVE = frozenset({ProjectOrigin.DELIBERATION, ProjectOrigin.ANALYSIS, ProjectOrigin.INSPECTION})
"""未诉先办: the town saw what all need, and did not wait until each had asked (domain-sources §6)."""
_FIRST = {
    "topic": ProjectOrigin.DELIBERATION,
    "hotspot": ProjectOrigin.ANALYSIS,
    "inspection": ProjectOrigin.INSPECTION,
}
SUGGESTED = {
    SuggestionOrigin.ROUTE: ProjectOrigin.COMPLAINT,
    SuggestionOrigin.RESIDENT: ProjectOrigin.RESIDENT,
    SuggestionOrigin.INSPECTION: ProjectOrigin.INSPECTION,
    SuggestionOrigin.REPORT_MEETING: ProjectOrigin.REPORT_MEETING,
}
"""由来 of what was suggested, by the origin of the suggestion."""


def origin_of(sources: Iterable[str], suggested: SuggestionOrigin | None = None) -> ProjectOrigin:
    """What a project started from: its suggestion's origin, else the first of topic, hotspot, inspection; else a route.

    A topic that came from a route is deliberation: the town looked at what all need, not at what one had asked for.
    """
    if suggested is not None:
        return SUGGESTED[suggested]
    kinds = {ref_kind(source) for source in sources}
    return next((origin for kind, origin in _FIRST.items() if kind in kinds), ProjectOrigin.COMPLAINT)


def once(entries: Iterable[T]) -> tuple[T, ...]:
    """Every entry once, in the order in which it first came."""
    return tuple(dict.fromkeys(entries))
