"""Calendar months, counted in Asia/Shanghai."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta

from shared.rules.township import SHANGHAI


def month_of(moment: datetime) -> date:
    """The first day of the month in which this moment lies."""
    return moment.astimezone(SHANGHAI).date().replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return month.replace(day=monthrange(month.year, month.month)[1]) + timedelta(days=1)


def month_end(month: date) -> datetime:
    """The first moment that is not in this month any more."""
    return datetime.combine(month_after(month), time(), SHANGHAI)


def warning_of(month: date, days: int) -> datetime:
    """00:00 so many days before the month ends."""
    return month_end(month) - timedelta(days=days)


def term_end(day: date, months: int) -> date:
    """任期末日: the last day of so many months that begin on this day."""
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, index + 1, min(day.day, monthrange(year, index + 1)[1])) - timedelta(days=1)


def day_after(day: date) -> datetime:
    """The first moment after this day."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def months_before(moment: datetime, months: int) -> datetime:
    """The same time of day so many months earlier; a day that month does not have becomes its last."""
    local = moment.astimezone(SHANGHAI)
    year, index = divmod(local.year * 12 + local.month - 1 - months, 12)
    return local.replace(year=year, month=index + 1, day=min(local.day, monthrange(year, index + 1)[1]))
