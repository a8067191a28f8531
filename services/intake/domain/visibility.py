"""可见范围: which fields of a complaint each role sees."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.rules.township import Role


class Part(StrEnum):
    """What a field belongs to: how the system works, what the matter is, what staff wrote, which person did it."""

    TECHNICAL = "TECHNICAL"
    MATTER = "MATTER"
    WORDS = "WORDS"
    PERSON = "PERSON"


SEES: Mapping[Role, frozenset[Part]] = {
    Role.DISPATCHER: frozenset({Part.TECHNICAL, Part.MATTER, Part.WORDS}),
    Role.SUPERVISOR: frozenset({Part.TECHNICAL, Part.MATTER, Part.WORDS, Part.PERSON}),
    Role.OFFICER: frozenset({Part.TECHNICAL, Part.MATTER, Part.WORDS}),
    Role.SECRETARY: frozenset({Part.TECHNICAL, Part.MATTER, Part.WORDS}),
    Role.AUDITOR: frozenset({Part.TECHNICAL, Part.MATTER, Part.PERSON}),
    Role.OPERATOR: frozenset({Part.TECHNICAL}),
}
"""A role that is not here sees no field at all."""

TECHNICAL = frozenset(
    {
        *("id", "version", "state", "received_at", "updated_at", "deadline_version", "open_routes", "routes"),
        *("complaint", "wanted", "target", "hotspot"),
        *("kind", "stream", "fact", "occurred_at", "recorded_at", "who", "role"),
        *("facts", "deadlines"),
    }
)
"""The fields with which the machine is looked after. Every field that no set names belongs to the matter."""
WORDS = frozenset({"text"})
PERSON = frozenset({"subject"})
ASKED_BY_ALL = frozenset({"state", "received_from", "received_until", "number", "channel"})
"""The conditions that tell nothing beyond the technical fields: by any other, hidden fields could be guessed."""


def part(field: str) -> Part:
    """What a field belongs to."""
    if field in TECHNICAL:
        return Part.TECHNICAL
    if field in WORDS:
        return Part.WORDS
    return Part.PERSON if field in PERSON else Part.MATTER


def visible(role: Role, shown: Mapping[str, Any]) -> dict[str, Any]:
    """What this role sees of it; the fields inside of fields too."""
    parts = SEES.get(role, frozenset())
    return {field: _inner(role, value) for field, value in shown.items() if part(field) in parts}


def _inner(role: Role, value: Any) -> Any:
    if isinstance(value, dict):
        return visible(role, value)
    return [_inner(role, one) for one in value] if isinstance(value, list) else value


def hidden_conditions(role: Role, used: frozenset[str]) -> list[str]:
    """The conditions by which this role may not search."""
    return [] if Part.MATTER in SEES.get(role, ()) else sorted(used - ASKED_BY_ALL)
