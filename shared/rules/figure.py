"""指标: a number with what it was made of."""

from dataclasses import dataclass

from shared.rules.window import percent


@dataclass(frozen=True, slots=True)
class Figure:
    """一项指标. `value`: in percent, minutes or points, or the number itself; None where nothing is to be divided by."""

    numerator: int
    denominator: int | None = None
    value: float | None = None


def count(number: int) -> Figure:
    """A mere number."""
    return Figure(number, None, number)


def share(part: int, base: int) -> Figure:
    """A part of a base, in percent."""
    return Figure(part, base, percent(part, base))
