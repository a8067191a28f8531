"""统计时段 and what figures are made of: whole months, parts of a base, lengths of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from shared.rules.month import month_after, month_end
from shared.rules.township import SHANGHAI


@dataclass(frozen=True, slots=True)
class Window:
    """统计时段: whole calendar months, from `start` until before `end` (Asia/Shanghai)."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, first: date, last: date) -> "Window":
        """From the first month until the last, both included; each by its first day."""
        return cls(datetime.combine(first, time(), SHANGHAI), month_end(last))

    def months(self) -> list["Window"]:
        """Its months one by one."""
        found: list[Window] = []
        first = self.start.astimezone(SHANGHAI).date()
        while not found or found[-1].end < self.end:
            found.append(Window.of(first, first))
            first = month_after(first)
        return found

    def holds(self, moment: datetime | None) -> bool:
        """Whether this moment lies in it."""
        return moment is not None and self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Days:
    """用时 in days: of how many, their median and the longest; without any there is no value."""

    count: int
    median: float | None
    longest: float | None

    @classmethod
    def of(cls, took: Iterable[timedelta]) -> "Days":
        """Of these lengths of time, one decimal."""
        found = [one / timedelta(days=1) for one in took]
        return cls(len(found), round(median(found), 1), round(max(found), 1)) if found else cls(0, None, None)


def percent(part: int, base: int) -> float | None:
    """In percent, two decimals, half up; without a base there is no value, never 0 or 100."""
    return quotient(100 * part, base)


def quotient(whole: int, base: int) -> float | None:
    """A quotient, two decimals, half up; without a base there is no value."""
    if not base:
        return None
    return float((Decimal(whole) / base).quantize(Decimal("0.01"), ROUND_HALF_UP))
