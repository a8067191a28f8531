"""given - when - then, on lists of facts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

import pytest

from shared.events.base import Fact
from shared.rules.broken import RuleBroken

State = TypeVar("State")


@dataclass(frozen=True)
class Outcome:
    """What a rule answered: facts, or the codes of its refusal."""

    facts: list[Fact] | None
    codes: tuple[str, ...] = ()

    def then(self, *facts: Fact) -> None:
        """Exactly these facts, in this order."""
        assert self.codes == (), f"refused: {self.codes}"
        assert self.facts == list(facts)

    def then_nothing(self) -> None:
        """Nothing has happened, and nobody was refused."""
        self.then()

    def then_refused(self, *codes: str) -> None:
        """Refused, for exactly these reasons."""
        if self.facts is not None:
            pytest.fail(f"not refused: {self.facts}")
        assert sorted(self.codes) == sorted(codes)


@dataclass(frozen=True)
class Given(Generic[State]):
    """A state reached by facts alone."""

    state: State | None

    def when(self, rule: Callable[..., Iterable[Fact]], *asked: Any, **named: Any) -> Outcome:
        """Ask this rule, the state first."""
        try:
            return Outcome(list(rule(self.state, *asked, **named)))
        except RuleBroken as broken:
            return Outcome(None, tuple(reason.code for reason in broken.reasons))


def given(evolve: Callable[[State | None, Any], State], *facts: Fact) -> Given[State]:
    """The state after these facts."""
    start: State | None = None
    return Given(reduce(evolve, facts, start))


def fold(evolve: Callable[[State | None, Any], State], facts: Sequence[Fact]) -> State | None:
    """The state after these facts, bare."""
    return given(evolve, *facts).state
