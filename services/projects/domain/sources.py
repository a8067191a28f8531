"""来源: what suggestions and projects come from, and who tells it how they go on."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

BY_HAND = ("hotspot", "topic", "route", "inspection")
"""What a project proposed by hand can come from; a suggestion is converted instead, so that it is answered."""
TOLD_BY_OTHERS = ("hotspot", "topic", "route")
"""Intake tells routes and hotspots, deliberation tells topics; everybody else reads the disclosure itself."""


def once(entries: Iterable[T]) -> tuple[T, ...]:
    """Every entry once, in the order in which it first came."""
    return tuple(dict.fromkeys(entries))
