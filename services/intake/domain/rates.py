"""三率: response, resolution and satisfaction rate, and the score, over the valid callbacks of a window."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from services.intake.domain.complaint import Complaint
from services.intake.domain.terms import RateTerms, Terms
from shared.events.intake import ExceptionGround
from shared.events.vocabulary import Satisfaction
from shared.rules.township import SHANGHAI


@dataclass(frozen=True, slots=True)
class Assessed:
    """回访结果 of one complaint, as the rates count it."""

    valid: bool
    contacted: bool
    resolved: bool
    satisfaction: Satisfaction | None


@dataclass(frozen=True, slots=True)
class Rates:
    """三率 in percent, two decimals, half up. `base`: valid callbacks; on an empty base there is no value."""

    base: int
    response: Decimal | None
    resolution: Decimal | None
    satisfaction: Decimal | None
    score: Decimal | None


@dataclass(frozen=True, slots=True)
class Window:
    """统计时段: from `start` until before `end`; complaints belong to it by when they were received."""

    start: datetime
    end: datetime


def assessed(complaint: Complaint) -> Assessed | None:
    """How a complaint counts; None: not called back, or approved as unreasonable."""
    callback = complaint.callback
    if callback is None or complaint.exception is ExceptionGround.UNREASONABLE:
        return None
    return Assessed(callback.valid, bool(callback.contacted), bool(callback.resolved), callback.satisfaction)


def rates(rows: Iterable[Assessed], *, terms: Terms) -> Rates:
    """三率与综合成绩. The score is taken from the exact rates, not from the rounded ones."""
    numbers = terms.rates
    valid = [row for row in rows if row.valid]
    if not valid:
        return Rates(0, None, None, None, None)
    base = len(valid)
    response = Fraction(sum(row.contacted for row in valid), base)
    resolution = Fraction(sum(row.resolved for row in valid), base)
    satisfaction = sum((_credit(row, numbers) for row in valid), Fraction()) / base
    score = (
        Fraction(numbers.response) * response
        + Fraction(numbers.resolution) * resolution
        + Fraction(numbers.satisfaction) * satisfaction
    )
    return Rates(base, _percent(response), _percent(resolution), _percent(satisfaction), _percent(score))


def month(day: date, *, terms: Terms) -> Window:
    """考核月 to which this day belongs: from the 19th 00:00 to the next 19th 00:00, Asia/Shanghai."""
    first = day.replace(day=terms.rates.month_starts_on)
    start = first if day >= first else _months_later(first, -1)
    return Window(_midnight(start), _midnight(_months_later(start, 1)))


def report_day(day: date, *, terms: Terms) -> Window:
    """日报: from 12:00 of the day before to 12:00 of this day, Asia/Shanghai."""
    end = datetime.combine(day, terms.rates.day_starts_at, SHANGHAI)
    return Window(datetime.combine(day - timedelta(days=1), terms.rates.day_starts_at, SHANGHAI), end)


def _credit(row: Assessed, terms: RateTerms) -> Fraction:
    match row.satisfaction:
        case Satisfaction.SATISFIED:
            return Fraction(1)
        case Satisfaction.BASICALLY:
            return Fraction(terms.basically)
        case _:
            return Fraction()


def _percent(share: Fraction) -> Decimal:
    """Exact until the last step: no binary or division error can turn a half."""
    hundredths = share * 10_000
    whole = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return (Decimal(whole) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _months_later(first: date, months: int) -> date:
    year, index = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first.replace(year=year, month=index + 1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
