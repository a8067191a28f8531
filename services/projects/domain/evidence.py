"""佐证: what a rule names by its checksum was put in before."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, TypeVar

from shared.events.base import Fact
from shared.rules.attachment import unknown_files
from shared.rules.broken import RuleBroken, refuse


class WithEvidence(Protocol):
    """What names files by their checksums."""

    @property
    def evidence(self) -> Sequence[str]:
        """校验值, SHA-256."""


F = TypeVar("F", bound=Fact)


def naming(rule: Callable[..., list[F]], kept: Collection[str]) -> Callable[..., list[F]]:
    """The rule, which besides its own reasons refuses evidence that was not put in before. `kept`: what was."""

    def decide(before: Any, asked: WithEvidence, **named: Any) -> list[F]:
        unknown = unknown_files(asked.evidence, kept, "/evidence")
        try:
            facts = rule(before, asked, **named)
        except RuleBroken as broken:
            raise RuleBroken(*broken.reasons, *unknown) from None
        if facts:
            refuse(*unknown)
        return facts

    return decide
