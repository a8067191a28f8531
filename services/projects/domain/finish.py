"""完成期限: how a finish date is set and checked. Days are days in Asia/Shanghai."""

from datetime import date, datetime, timedelta

from services.projects.domain.project import end_of
from services.projects.domain.terms import Terms
from shared.events.projects import Deadline
from shared.rules.broken import Reason
from shared.rules.township import SHANGHAI


def deadline(finish_on: date, version: int, now: datetime, terms: Terms) -> Deadline:
    """A finish date with the moment to warn; no warning where that moment is over when the date is set."""
    warn_at = end_of(finish_on) - timedelta(days=terms.finish_warning_days)
    return Deadline(finish_on=finish_on, warn_at=warn_at if warn_at > now else None, version=version)


def over(day: date, now: datetime, pointer: str) -> Reason | None:
    """The reason why this day cannot be a finish date: it is over."""
    return Reason("date_over", "日期已过", pointer) if end_of(day) <= now else None


def in_future(day: date, now: datetime, pointer: str) -> Reason | None:
    """The reason why nothing can have happened on this day: it has not come yet."""
    return Reason("in_future", "日期尚未到", pointer) if day > now.astimezone(SHANGHAI).date() else None
