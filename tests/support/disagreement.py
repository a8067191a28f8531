"""A program and a rule book that walk the same random way, and the shortest way on which they disagree."""

from collections.abc import Callable


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
