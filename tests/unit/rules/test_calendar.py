"""工作日历."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.township import SHANGHAI

TOWN = Calendar()
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2028, 12, 1)).map(lambda moment: moment.replace(tzinfo=SHANGHAI))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-01", True),
        ("2024-02-03", False),
        ("2024-02-04", True),
        ("2024-02-12", False),
        ("2024-02-18", True),
        ("2024-05-11", True),
        ("2024-10-01", False),
        ("2024-10-12", True),
        ("2025-01-26", True),
        ("2026-10-10", True),
    ],
)
def test_holidays_and_make_up_days_are_those_of_the_state_council(day: str, works: bool) -> None:
    assert TOWN.works(date.fromisoformat(day)) is works


def test_a_year_not_yet_announced_has_weekends_only_and_is_provisional() -> None:
    assert TOWN.works(date(2031, 10, 1)) and not TOWN.works(date(2031, 10, 4))
    assert TOWN.provisional(2031) and not TOWN.provisional(2024)
    assert TOWN.provisional(date(2031, 1, 1)) and not TOWN.provisional(date(2024, 12, 31))


def test_the_year_of_an_instant_is_the_year_in_town() -> None:
    last_known = max(year for year in range(2020, 2100) if not TOWN.provisional(year))
    assert TOWN.provisional(datetime(last_known, 12, 31, 16, tzinfo=UTC))
    assert not TOWN.provisional(datetime(last_known, 12, 31, 15, 59, tzinfo=UTC))


def test_the_town_goes_before_the_national_list() -> None:
    town = Calendar(
        CalendarOverrides(
            holidays=frozenset({date(2024, 2, 1), date(2031, 10, 1)}),
            workdays=frozenset({date(2024, 2, 12)}),
            announced=frozenset({2031}),
        )
    )
    assert not town.works(date(2024, 2, 1)) and town.works(date(2024, 2, 12))
    assert not town.works(date(2031, 10, 1)) and not town.provisional(2031)


def test_working_hours_are_the_towns() -> None:
    town = Calendar(CalendarOverrides(opens=time(8, 30), closes=time(12)))
    assert town.add_working_time(at("2024-02-01T11:00"), timedelta(hours=2)) == at("2024-02-02T09:30")


@pytest.mark.parametrize(
    "overrides",
    [
        {"opens": "17:00", "closes": "09:00"},
        {"holidays": ["2024-02-01"], "workdays": ["2024-02-01"]},
    ],
)
def test_a_calendar_nobody_can_keep_is_refused(overrides: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CalendarOverrides.model_validate(overrides)


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("2024-02-01T10:15", "2024-02-01T10:15"),
        ("2024-02-01T06:00", "2024-02-01T09:00"),
        ("2024-02-01T17:00", "2024-02-01T17:00"),
        ("2024-02-01T17:00:01", "2024-02-02T09:00"),
        ("2024-02-09T18:00", "2024-02-18T09:00"),
    ],
)
def test_working_time_begins_at_the_next_opening(start: str, first: str) -> None:
    assert TOWN.working_moment(at(start)) == at(first)


@given(MOMENTS, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_working_days_agree_with_counting_day_by_day(moment: datetime, count: int) -> None:
    begun = TOWN.working_moment(moment)
    day, left = begun.date(), count
    while left:
        day += timedelta(days=1)
        left -= TOWN.works(day)
    assert TOWN.add_working_days(moment, count) == datetime.combine(day, begun.time(), SHANGHAI)


@given(MOMENTS.map(lambda moment: moment.replace(second=0, microsecond=0)), st.integers(1, 3000))
@settings(max_examples=40, deadline=None)
def test_working_time_agrees_with_counting_minute_by_minute(moment: datetime, minutes: int) -> None:
    now, left = moment, minutes
    while left:
        open_now = TOWN.works(now.date()) and time(9) <= now.time() < time(17)
        now += timedelta(minutes=1)
        left -= open_now
    assert TOWN.add_working_time(moment, timedelta(minutes=minutes)) == now


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=12)), st.integers(1, 10))
@settings(max_examples=100, deadline=None)
def test_whoever_is_asked_later_is_never_due_earlier(moment: datetime, later: timedelta, count: int) -> None:
    assert TOWN.add_working_days(moment, count) <= TOWN.add_working_days(moment + later, count)
    hours = timedelta(hours=count)
    assert TOWN.add_working_time(moment, hours) <= TOWN.add_working_time(moment + later, hours)
