"""统计时段 in an address: from a month until a month, both included, as `2024-02`."""

from datetime import date
from typing import Annotated

from litestar.params import QueryParameter

from shared.rules.broken import Reason
from shared.rules.window import Window

_MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MOST_MONTHS = 60
"""So many months at most in one answer."""
From = Annotated[str, QueryParameter(name="from", pattern=_MONTH)]
Until = Annotated[str, QueryParameter(name="until", pattern=_MONTH)]


def first_day(month: str) -> date:
    """The first day of `2024-02`."""
    return date.fromisoformat(f"{month}-01")


def window(from_month: str, until_month: str) -> Window:
    """From the first month until the last, both included."""
    return Window.of(first_day(from_month), first_day(until_month))


def against_months(from_month: str, until_month: str) -> list[Reason]:
    """The reasons against a period that ends before it begins, or is too long."""
    first, last = first_day(from_month), first_day(until_month)
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    if months < 1:
        return [Reason("wrong_order", "起始月份晚于终止月份", "/from")]
    return [Reason("too_many_months", f"一次至多 {MOST_MONTHS} 个月", "/until")] if months > MOST_MONTHS else []
