"""How a rule says no: with all its reasons at once."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a stable English `code`, Chinese `words` for the person who asked, and where in the request it lies.

    `pointer`: RFC 6901 JSON pointer into the request, or empty when the state is the reason.
    """

    code: str
    words: str
    pointer: str = ""


class RuleBroken(Exception):
    """What was asked is against the rules; nothing has happened."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


def refuse(*reasons: Reason | Literal[False] | None) -> None:
    """Raise `RuleBroken` with every reason that holds; written as `refuse(late and Reason("late", "已过期"), ...)`."""
    if holding := tuple(reason for reason in reasons if reason):
        raise RuleBroken(*holding)
