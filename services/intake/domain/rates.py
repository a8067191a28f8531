"""三率: response, resolution and satisfaction rate, and the score, over the valid callbacks of a window."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter
from typing import Self

from services.intake.domain.complaint import FINAL, Complaint, ComplaintState
from services.intake.domain.terms import RateTerms, Terms
from shared.events.intake import ComplaintStep, ExceptionGround
from shared.events.vocabulary import Satisfaction
from shared.rules.township import SHANGHAI, Dated

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Counts:
    """计数 of complaints received in a window; each is exactly one of answered, redirected, excluded, unreachable,
    valid or waiting.

    `answered`: 直接答复; `excluded`: 不合理诉求, out of the rates; `unreachable`: called back without a valid result;
    `valid`: 有效回访, the base of the rates, and of them contacted, resolved, satisfied, basically satisfied;
    `waiting`: not called back yet. Beside these: `finished` at least once, `overdue`: the due date that stands was
    missed, `listed` now (included in the rates), `open`: not at its end.
    """

    received: int = 0
    answered: int = 0
    redirected: int = 0
    excluded: int = 0
    unreachable: int = 0
    waiting: int = 0
    valid: int = 0
    contacted: int = 0
    resolved: int = 0
    satisfied: int = 0
    basically: int = 0
    finished: int = 0
    overdue: int = 0
    listed: int = 0
    open: int = 0


COUNTS = tuple(field.name for field in fields(Counts))
"""The names of all counts, in order."""
_pick: Callable[[Counts], tuple[int, ...]] = attrgetter(*COUNTS)


def total(those: Iterable[Counts]) -> Counts:
    """The sum of these counts."""
    return Counts(*map(sum, zip(*map(_pick, those), strict=True)))


@dataclass(frozen=True, slots=True)
class Rates:
    """三率 in percent, two decimals, half up; without a valid callback there is no value: None, never 0 or 100."""

    response: Decimal | None
    resolution: Decimal | None
    satisfaction: Decimal | None
    score: Decimal | None


NO_RATES = Rates(None, None, None, None)


class Rate(StrEnum):
    """三率之一: a share of the valid callbacks, to which every complaint adds its part."""

    RESPONSE = "response"
    RESOLUTION = "resolution"
    SATISFACTION = "satisfaction"


class Standing(StrEnum):
    """计入情况 of one complaint in a rate: wholly or partly in the numerator, only in the denominator, in neither."""

    MET = "met"
    PARTLY = "partly"
    FAILED = "failed"
    OUTSIDE = "outside"


OUTSIDE = ("answered", "redirected", "excluded", "unreachable", "waiting")
"""Why a complaint is in no rate: each that has no valid callback is exactly one of these counts."""


@dataclass(frozen=True, slots=True)
class Window:
    """统计时段: from `start` until before `end`; complaints belong to it by when they were received."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """考核月, written `2024-02`: the window that holds 1 February 2024, 00:00 Asia/Shanghai."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The month that is written so; raises `ValueError`."""
        if found := _MONTH.fullmatch(text):
            return cls(int(found[1]), int(found[2]))
        raise ValueError("月份须写成 2024-02")

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def later(self, months: int = 1) -> "Month":
        """So many months later; a negative number: earlier."""
        year, index = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, index + 1)

    @property
    def first(self) -> date:
        """The day that names it."""
        return date(self.year, self.month, 1)


def counted(complaint: Complaint) -> Counts:
    """How one complaint counts: ones and zeros."""
    callback = complaint.callback
    excluded = complaint.exception is ExceptionGround.UNREASONABLE
    answered = complaint.state is ComplaintState.ANSWERED
    redirected = complaint.state is ComplaintState.REDIRECTED
    assessed = callback is not None and not excluded
    valid = callback is not None and assessed and callback.valid
    return Counts(
        received=1,
        answered=int(answered),
        redirected=int(redirected),
        excluded=int(excluded),
        unreachable=int(assessed and not valid),
        waiting=int(callback is None and not (answered or redirected or excluded)),
        valid=int(valid),
        contacted=int(valid and callback is not None and bool(callback.contacted)),
        resolved=int(valid and callback is not None and bool(callback.resolved)),
        satisfied=int(valid and callback is not None and callback.satisfaction is Satisfaction.SATISFIED),
        basically=int(valid and callback is not None and callback.satisfaction is Satisfaction.BASICALLY),
        finished=int(complaint.finishes > 0),
        overdue=int(ComplaintStep.DUE in complaint.missed),
        listed=int(complaint.state is ComplaintState.LISTED),
        open=int(complaint.state not in FINAL),
    )


def credited(counts: Counts, numbers: RateTerms) -> Fraction:
    """满意率的分子: satisfied, and basically satisfied for what it counts."""
    return counts.satisfied + Fraction(numbers.basically) * counts.basically


def credit(counts: Counts, rate: Rate, numbers: RateTerms) -> Fraction:
    """What these counts add to the numerator of a rate."""
    match rate:
        case Rate.RESPONSE:
            return Fraction(counts.contacted)
        case Rate.RESOLUTION:
            return Fraction(counts.resolved)
        case Rate.SATISFACTION:
            return credited(counts, numbers)


def standing(counts: Counts, rate: Rate, numbers: RateTerms) -> Standing:
    """How one complaint, counted alone, stands in a rate."""
    if not counts.valid:
        return Standing.OUTSIDE
    match credit(counts, rate, numbers):
        case 0:
            return Standing.FAILED
        case 1:
            return Standing.MET
        case _:
            return Standing.PARTLY


def rates(counts: Counts, *, numbers: RateTerms) -> Rates:
    """三率与综合成绩. The score is taken from the exact rates, not from the rounded ones."""
    base = counts.valid
    if not base:
        return NO_RATES
    response, resolution, satisfaction = (credit(counts, rate, numbers) / base for rate in Rate)
    score = (
        Fraction(numbers.response) * response
        + Fraction(numbers.resolution) * resolution
        + Fraction(numbers.satisfaction) * satisfaction
    )
    return Rates(_percent(response), _percent(resolution), _percent(satisfaction), _percent(score))


def month_window(month: Month, *, terms: Dated[Terms]) -> Window:
    """考核月的起止: it ends at the first border after the day that names it, and the next one begins there.

    The border (the 19th, 00:00 Asia/Shanghai) is the one in force on the day that names the month: months follow
    without a gap or an overlap when the town moves it; the month of the change is longer or shorter.
    """
    return Window(_end(month.later(-1), terms), _end(month, terms))


def month_at(moment: datetime, *, terms: Dated[Terms]) -> Month:
    """The month to which an instant belongs; the border itself belongs to the later one."""
    local = moment.astimezone(SHANGHAI)
    named = Month(local.year, local.month)
    return named if moment < _end(named, terms) else named.later()


def ended(received_at: datetime, now: datetime, *, terms: Dated[Terms]) -> Month | None:
    """The month to which a complaint belongs, once it is over at `now`; None before. Borders are midnights."""
    if received_at.astimezone(SHANGHAI).date() == now.astimezone(SHANGHAI).date():
        return None
    month = month_at(received_at, terms=terms)
    return month if _end(month, terms) <= now else None


def rate_terms(window: Window, *, terms: Dated[Terms]) -> Terms:
    """The version that a window is computed by: the one in force when it begins, whatever changes inside."""
    return terms.on(window.start)


def report_day(day: date, *, terms: Dated[Terms]) -> Window:
    """日报: from 12:00 of the day before to 12:00 of this day, Asia/Shanghai; the hour as in force on this day."""
    hour = terms.on(_midnight(day)).rates.day_starts_at
    return Window(datetime.combine(day - timedelta(days=1), hour, SHANGHAI), datetime.combine(day, hour, SHANGHAI))


@dataclass(frozen=True, slots=True)
class Definition:
    """指标定义, as it is published: what stands above and below the line, in words, made from the numbers in force."""

    code: str
    name: str
    numerator: str
    denominator: str
    words: str


def definitions(numbers: RateTerms) -> list[Definition]:
    """三率与综合成绩的定义."""
    basically = f"基本满意数×{_plain(numbers.basically)}"
    base = "有效回访数"
    return [
        Definition("response", "响应率", "已联系数", base, f"响应率＝已联系数÷{base}×100%。"),
        Definition("resolution", "解决率", "已解决数", base, f"解决率＝已解决数÷{base}×100%。"),
        Definition(
            "satisfaction",
            "满意率",
            f"满意数＋{basically}",
            base,
            f"满意率＝（满意数＋{basically}）÷{base}×100%；一般、不满意不计。",
        ),
        Definition(
            "score",
            "综合成绩",
            " ＋ ".join(f"{name}×{_plain(weight)}" for name, weight in _weights(numbers).items()),
            "1",
            "综合成绩＝"
            + "＋".join(f"{name}×{_plain(weight)}" for name, weight in _weights(numbers).items())
            + "，按未取舍的三率计算，满分 100。",
        ),
    ]


def rules_in_words(terms: Terms) -> list[str]:
    """统计口径: which complaints and callbacks count, for what time, and how is rounded."""
    numbers = terms.rates
    return [
        f"考核月自上月 {numbers.month_starts_on} 日 0 时起，至本月 {numbers.month_starts_on} 日 0 时止（北京时间），"
        "以本月 1 日所在的时段为本月；起点计入，终点计入下月。",
        f"日报自前一日 {numbers.day_starts_at:%H:%M} 起，至当日 {numbers.day_starts_at:%H:%M} 止（北京时间）。",
        "诉求按受理时间归入时段；时段开始时生效的参数版本适用于整个时段。",
        f"有效回访：接通且答复明确的回访；{terms.callback.tries} 次未果的为无法联系，不计入基数。"
        "市级回访与镇级回访并存时，以市级为准。",
        "经批准的不合理诉求不计入基数；直接答复、引导至其他渠道的不回访，单列；挂账诉求单列，但仍计入。",
        "承办单位为办结时的主办单位；首接单位另行统计。全镇数等于各社区（村）之和，也等于各单位之和，含未定的一项。",
        "没有有效回访时不出数，不以 0 或 100 代替。百分数保留两位小数，四舍五入。",
        "时段结束后发布第 1 版；此后回访、例外批准等使数字变化的，另出新版，旧版保留可查。",
    ]


def _weights(numbers: RateTerms) -> Mapping[str, Decimal]:
    return {"响应率": numbers.response, "解决率": numbers.resolution, "满意率": numbers.satisfaction}


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _percent(share: Fraction) -> Decimal:
    """Exact until the last step: no binary or division error can turn a half."""
    hundredths = share * 10_000
    whole = (2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)
    return (Decimal(whole) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _end(month: Month, terms: Dated[Terms]) -> datetime:
    """The first border after the day that names the month."""
    starts_on = terms.on(_midnight(month.first)).rates.month_starts_on
    border = month.first.replace(day=starts_on)
    return _midnight(border if border > month.first else month.later().first.replace(day=starts_on))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
