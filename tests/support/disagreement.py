"""A program and a rule book that walk the same random way, and the shortest way on which they disagree."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from shared.rules.broken import RuleBroken

Live = Callable[[int, list[int], Counter[str]], object]
"""One life from its beginning, by these steps; counts what it sees and raises `Disagreement`."""


class Disagreement(AssertionError):
    """The program and the rule book say different things."""


def shrunk(walk: Callable[[list[int]], object], steps: list[int]) -> tuple[list[int], Disagreement]:
    """The steps that are needed to disagree: parts are left out as long as `walk` still does."""

    def fails(some: list[int]) -> Disagreement | None:
        try:
            walk(some)
        except Disagreement as error:
            return error
        return None

    found, size = fails(steps), max(1, len(steps) // 2)
    assert found is not None
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if again := fails(fewer):
                steps, found = fewer, again
            else:
                start += size
        size //= 2
    return steps, found


def compared(
    what: str, model: Callable[[], Any], program: Callable[[], Any], seen: Counter[str], refused: type[Exception]
) -> bool:
    """Ask both, and compare facts or refusals. `refused`: how the model says no, with `codes`. Whether anything was said."""
    try:
        expected: Any = model()
    except refused as no:
        expected = ("refused", *no.codes)  # type: ignore[attr-defined]
    try:
        got: Any = program()
    except RuleBroken as broken:
        got = ("refused", *sorted(reason.code for reason in broken.reasons))
        seen["refused"] += 1
    else:
        seen.update(fact if isinstance(fact, str) else fact[1] for fact in got)
    if got != expected:
        raise Disagreement(f"{what}\n  rule book: {expected}\n  program:   {got}")
    return bool(got) and got[0] != "refused"


def wander(live: Live, longest: int, seed: int, most: int) -> Counter[str]:
    """So many steps from this seed, `longest` in each life; which facts were seen.

    A disagreement fails with the shortest way to it.
    """
    random, seen = Random(seed), Counter[str]()
    for _ in range(most // longest):
        beginning = random.getrandbits(32)
        steps = [random.getrandbits(32) for _ in range(longest)]
        try:
            live(beginning, steps, seen)
        except Disagreement:
            fewest, found = shrunk(lambda some: live(beginning, some, Counter()), steps)  # noqa: B023
            pytest.fail(f"seed {seed}\nshortest: live({beginning}, {fewest}, Counter())\n{found}")
    return seen
