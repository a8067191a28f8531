"""时限."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.events.base import Value
from shared.rules.calendar import Calendar
from shared.rules.deadline import Clock, Limit, part
from shared.rules.township import SHANGHAI

TOWN = Calendar()
LIMITS = st.one_of(
    st.builds(Limit, st.just(Clock.CALENDAR), st.integers(1, 400 * 86_400)),
    st.builds(Limit, st.just(Clock.WORKING_DAYS), st.integers(1, 300)),
    st.builds(Limit, st.just(Clock.WORKING_TIME), st.integers(1, 9_000).map(lambda minutes: minutes * 60)),
)


class Written(Value):
    """A configuration with a limit."""

    limit: Limit


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("limit", "start", "due"),
    [
        ("PT30M", "2024-02-09T23:50", "2024-02-10T00:20"),
        ("PT2H", "2024-02-01T09:30", "2024-02-01T11:30"),
        ("P7D", "2024-02-09T09:30", "2024-02-16T09:30"),
        ("P1DT12H", "2024-02-01T00:00", "2024-02-02T12:00"),
        ("2WD", "2024-02-01T10:00", "2024-02-04T10:00"),
        ("2WD", "2024-02-09T10:00", "2024-02-19T10:00"),
        ("1WD", "2024-02-03T14:00", "2024-02-05T09:00"),
        ("1WD", "2024-02-01T20:00", "2024-02-04T09:00"),
        ("4WH", "2024-02-01T10:00", "2024-02-01T14:00"),
        ("4WH", "2024-02-01T13:00", "2024-02-01T17:00"),
        ("4WH", "2024-02-09T15:00", "2024-02-18T11:00"),
        ("90WM", "2024-02-01T16:00", "2024-02-02T09:30"),
        ("16WH", "2024-02-01T09:00", "2024-02-02T17:00"),
    ],
)
def test_a_deadline_follows_from_its_limit(limit: str, start: str, due: str) -> None:
    assert Limit.parse(limit).after(at(start), TOWN) == at(due)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "PT0S", "0WD", "2 WD", "2wd", "P1Y", "-P1D", "PT1.5H", "7"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="时限"):
        Limit.parse(text)
    with pytest.raises(ValidationError):
        Written.model_validate({"limit": text})


@given(LIMITS)
def test_a_limit_is_read_as_it_was_written(limit: Limit) -> None:
    assert Limit.parse(str(limit)) == limit
    adapter = TypeAdapter(Limit)
    assert adapter.validate_json(adapter.dump_json(limit)) == limit
    assert adapter.validate_python(limit) == limit


@given(
    LIMITS,
    st.datetimes(datetime(2023, 1, 1), datetime(2028, 1, 1), timezones=st.sampled_from([UTC, SHANGHAI])),
)
def test_a_deadline_is_aware_and_after_its_start(limit: Limit, start: datetime) -> None:
    due = limit.after(start, TOWN)
    assert due > start and due.tzinfo is start.tzinfo


@given(LIMITS, st.fractions(Fraction(1, 10), 3), st.datetimes(datetime(2023, 1, 1), datetime(2026, 1, 1)))
def test_a_longer_limit_is_never_due_earlier(limit: Limit, factor: Fraction, naive: datetime) -> None:
    start = naive.replace(tzinfo=SHANGHAI)
    shorter, longer = sorted((limit, limit.times(factor)), key=lambda one: one.amount)
    assert shorter.after(start, TOWN) <= longer.after(start, TOWN)


@pytest.mark.parametrize(
    ("limit", "half"),
    [("P7D", "P3DT12H"), ("PT2H", "PT1H"), ("3WD", "2WD"), ("4WH", "2WH"), ("3WH", "90WM"), ("PT1M", "PT30S")],
)
def test_half_a_limit_never_takes_more_than_half_away(limit: str, half: str) -> None:
    assert str(Limit.parse(limit).half()) == half


@pytest.mark.parametrize("fraction", [0.5, 0.8, 1.25, Fraction(1, 3)])
def test_a_warning_lies_on_its_part_of_the_way(fraction: Fraction | float) -> None:
    start = at("2024-02-01T09:00")
    warning = part(start, start + timedelta(days=30), fraction)
    assert abs((warning - start).total_seconds() - 30 * 86_400 * float(fraction)) < 0.001
