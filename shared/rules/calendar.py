"""Which days and hours the offices work: Chinese holidays with make-up working days (调休)."""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from typing import Self

from chinese_calendar.constants import holidays as announced_holidays
from chinese_calendar.constants import workdays as announced_workdays
from pydantic import model_validator

from shared.events.base import Value
from shared.rules.township import SHANGHAI

ANNOUNCED = frozenset(day.year for day in announced_holidays)
"""The years whose holidays the State Council has announced, as far as the library knows them."""


class CalendarOverrides(Value):
    """镇工作日历 of `config/calendar.yaml`: it goes before the national list.

    `opens`, `closes`: the working hours of every working day, Asia/Shanghai. `announced`: years whose list the town
    has entered in full by hand, before the library knows them.
    """

    opens: time = time(9)
    closes: time = time(17)
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    announced: frozenset[int] = frozenset()

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("上班时间须早于下班时间")
        if both := self.holidays & self.workdays:
            days = ", ".join(day.isoformat() for day in sorted(both))
            raise ValueError(f"同一天既是假日又是工作日: {days}")
        return self


class Calendar:
    """工作日历: working days and working hours of the town, Asia/Shanghai.

    A year that nobody has announced has only its weekends, and is provisional.
    """

    def __init__(self, overrides: CalendarOverrides | None = None) -> None:
        self._town = overrides or CalendarOverrides()
        self._announced = ANNOUNCED | self._town.announced
        self._years: dict[int, tuple[int, ...]] = {}

    @property
    def opens(self) -> time:
        """上班时间."""
        return self._town.opens

    @property
    def closes(self) -> time:
        """下班时间."""
        return self._town.closes

    @property
    def day_length(self) -> timedelta:
        """How long a working day is."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def provisional(self, when: int | date) -> bool:
        """待公布: nobody has announced the holidays of this year (or of the year of this day or aware instant)."""
        match when:
            case int():
                year = when
            case datetime():
                year = when.astimezone(SHANGHAI).year
            case date():
                year = when.year
        return year not in self._announced

    def works(self, day: date) -> bool:
        """Whether this day is a working day."""
        days = self._working_days(day.year)
        found = bisect_left(days, day.toordinal())
        return found < len(days) and days[found] == day.toordinal()

    def working_day(self, after: date, count: int) -> date:
        """The `count`-th working day after this day (1: the next one); `count` is at least 1."""
        if count < 1:
            raise ValueError("工作日数须为正数")
        year, days = after.year, self._working_days(after.year)
        index = bisect_right(days, after.toordinal()) + count - 1
        while index >= len(days):
            index -= len(days)
            year += 1
            days = self._working_days(year)
        return date.fromordinal(days[index])

    def working_moment(self, moment: datetime) -> datetime:
        """The first moment of working time that is not before this one, in Asia/Shanghai; closing time still counts."""
        local = moment.astimezone(SHANGHAI)
        day = local.date()
        if self.works(day):
            if local <= self._at(day, self.opens):
                return self._at(day, self.opens)
            if local <= self._at(day, self.closes):
                return local
        return self._at(self.working_day(day, 1), self.opens)

    def add_working_days(self, moment: datetime, count: int) -> datetime:
        """The same time of day `count` working days later, in Asia/Shanghai.

        Outside working time it counts from the next opening: whoever is asked later is never due earlier.
        """
        start = self.working_moment(moment)
        return datetime.combine(self.working_day(start.date(), count), start.time(), SHANGHAI)

    def add_working_time(self, moment: datetime, length: timedelta) -> datetime:
        """The moment when so much working time has passed, in Asia/Shanghai; `length` is positive."""
        start = self.working_moment(moment)
        left_today = self._at(start.date(), self.closes) - start
        if length <= left_today:
            return start + length
        full_days, last = divmod(length - left_today, self.day_length)
        if not last:
            full_days, last = full_days - 1, self.day_length
        return self._at(self.working_day(start.date(), full_days + 1), self.opens) + last

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, SHANGHAI)

    def _working_days(self, year: int) -> tuple[int, ...]:
        """The ordinals of the working days of a year, in order, computed once."""
        if year not in self._years:
            first, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
            self._years[year] = tuple(day for day in range(first, after) if self._decide(date.fromordinal(day)))
        return self._years[year]

    def _decide(self, day: date) -> bool:
        if day in self._town.workdays:
            return True
        if day in self._town.holidays:
            return False
        return day in announced_workdays or (day.weekday() < 5 and day not in announced_holidays)
