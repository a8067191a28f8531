"""Limits and the deadlines that follow from them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from shared.rules.calendar import Calendar

_CALENDAR = re.compile(r"P(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_WORKING = re.compile(r"(\d{1,4})(WD|WH|WM)")


class Clock(StrEnum):
    """What a limit counts: time on the wall, working days, or working time."""

    CALENDAR = "CALENDAR"
    WORKING_DAYS = "WORKING_DAYS"
    WORKING_TIME = "WORKING_TIME"


@dataclass(frozen=True, slots=True)
class Limit:
    """时限: how long somebody has, written `PT30M`, `PT2H`, `P7D` (calendar time), `2WD`, `4WH`, `90WM` (working days,
    hours, minutes). Always longer than nothing.

    `amount`: seconds, or days when working days are counted.
    """

    clock: Clock
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("时限须大于零")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The limit that is written so; raises `ValueError`."""
        if working := _WORKING.fullmatch(text):
            count = int(working[1])
            match working[2]:
                case "WD":
                    return cls(Clock.WORKING_DAYS, count)
                case "WH":
                    return cls(Clock.WORKING_TIME, count * 3600)
                case _:
                    return cls(Clock.WORKING_TIME, count * 60)
        if calendar := _CALENDAR.fullmatch(text):
            days, hours, minutes, seconds = (int(part or 0) for part in calendar.groups())
            return cls(Clock.CALENDAR, ((days * 24 + hours) * 60 + minutes) * 60 + seconds)
        raise ValueError("时限须写成 PT30M、PT2H、P7D、2WD（工作日）或 4WH（工作小时）")

    def after(self, start: datetime, calendar: Calendar) -> datetime:
        """The deadline when the clock starts at this aware moment, in the time zone of `start`.

        Working days: the same time of day so many working days later. Outside working time both working clocks start
        at the next opening.
        """
        match self.clock:
            case Clock.CALENDAR:
                due = start.astimezone(UTC) + timedelta(seconds=self.amount)
            case Clock.WORKING_DAYS:
                due = calendar.add_working_days(start, self.amount)
            case Clock.WORKING_TIME:
                due = calendar.add_working_time(start, timedelta(seconds=self.amount))
        return due.astimezone(start.tzinfo)

    def times(self, factor: Fraction | int) -> "Limit":
        """This limit so many times; rounded up to whole working days, and working time to whole minutes."""
        grain = 60 if self.clock is Clock.WORKING_TIME else 1
        return Limit(self.clock, ceil(self.amount * Fraction(factor) / grain) * grain)

    def half(self) -> "Limit":
        """Half of this limit."""
        return self.times(Fraction(1, 2))

    def __str__(self) -> str:
        match self.clock:
            case Clock.WORKING_DAYS:
                return f"{self.amount}WD"
            case Clock.WORKING_TIME:
                hours, rest = divmod(self.amount, 3600)
                return f"{self.amount // 60}WM" if rest else f"{hours}WH"
            case Clock.CALENDAR:
                return _iso(self.amount)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Self], handler: GetCoreSchemaHandler) -> CoreSchema:
        """In JSON and in the configuration a limit is its text."""
        written = core_schema.chain_schema(
            [core_schema.str_schema(), core_schema.no_info_plain_validator_function(cls.parse)]
        )
        return core_schema.json_or_python_schema(
            json_schema=written,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), written]),
            serialization=core_schema.to_string_ser_schema(),
        )


def _iso(seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    time = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if amount)
    if days and time:
        return f"P{days}DT{time}"
    return f"P{days}D" if days else f"PT{time}"


def part(start: datetime, due: datetime, fraction: Fraction | float) -> datetime:
    """The moment when this part of the way from `start` to `due` is gone (0.5: half-way; 1.25: a quarter past due)."""
    exact = Fraction(fraction).limit_denominator(10_000)
    return start + (due - start) * exact.numerator / exact.denominator


@dataclass(frozen=True, slots=True)
class Watch:
    """到时提醒: a timer that should be armed. It fires once per `version` of its deadline, and at `due_at`."""

    due_at: datetime
    version: int = 1
