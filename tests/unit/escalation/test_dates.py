"""期限 over ten years of days, against a slow count: one minute after the other, one day after the other."""

from datetime import date, datetime, time, timedelta

import chinese_calendar
from hypothesis import example, settings
from hypothesis import given as every
from hypothesis import strategies as st

from services.escalation.domain import due_date, duty, duty_deadline, issue
from services.escalation.domain.asked import Because, ExtendDeadline
from services.escalation.domain.duty import near_timer
from services.escalation.domain.issue import UNDER_WAY, Issue
from shared.events.escalation import DutyCalled, DutyDeadlineMoved, DutyDeadlineNear, DutyStep, IssueFact
from shared.events.vocabulary import WhistleKind
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.township import SHANGHAI
from tests.unit.escalation.cases import CALLED, LADDER, LEAD, NOW, TERMS, called, duty_of, moment, state_of

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
OPENS, CLOSES = time(9), time(17)
CLOCK = {
    WhistleKind.EMERGENCY: (timedelta(minutes=5), timedelta(minutes=30)),
    WhistleKind.JOINT_ENFORCEMENT: (timedelta(hours=2), timedelta(hours=24)),
}
"""What the rule book gives in hours of the clock; the other two kinds have 4 working hours and 2 working days."""
YEARS = st.datetimes(datetime(2017, 1, 1), datetime(2026, 12, 31, 23, 59)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=SHANGHAI)
)
NONE = frozenset[date]()


def works(day: date, off: frozenset[date] = NONE, on: frozenset[date] = NONE) -> bool:
    """Whether the offices are open; where nothing has been announced, from Monday to Friday."""
    if day in off or day in on:
        return day in on
    return chinese_calendar.is_workday(day) if day.year <= 2026 else day.isoweekday() < 6


def answered_by(start: datetime, off: frozenset[date] = NONE, on: frozenset[date] = NONE) -> datetime:
    """Four working hours: 240 minutes in which somebody was in the office."""
    at, left = start, 240
    while left:
        if works(at.date(), off, on) and OPENS <= at.time() < CLOSES:
            left -= 1
            at += MINUTE
        elif at.time() < OPENS:
            at = datetime.combine(at.date(), OPENS, SHANGHAI)
        else:
            at = datetime.combine(at.date() + DAY, time(0), SHANGHAI)
    return at


def arrived_by(start: datetime, off: frozenset[date] = NONE, on: frozenset[date] = NONE) -> datetime:
    """Two working days: the same time of day, two open days later; who is called outside office hours, from the opening."""
    at = start
    while not (works(at.date(), off, on) and OPENS <= at.time() <= CLOSES):
        at += MINUTE
    day, left = at.date(), 2
    while left:
        day += DAY
        left -= works(day, off, on)
    return datetime.combine(day, at.time(), SHANGHAI)


def said(kind: WhistleKind, start: datetime, due_at: datetime) -> DutyCalled:
    fact = called(whistle=kind, now=start, due_at=due_at)
    assert isinstance(fact, DutyCalled)
    return fact


@every(YEARS)
@example(moment("2024-02-09T16:30:00"))  # the last afternoon before the Spring Festival
@example(moment("2024-02-04T09:00:00"))  # a make-up Sunday
@example(moment("2023-09-28T17:00:00"))  # closing time before eight days off
@example(moment("2026-12-31T15:00:00"))  # into a year that nobody has announced
@settings(max_examples=60, deadline=None)
def test_working_time_is_counted_minute_by_minute_with_holidays_and_make_up_days(start: datetime) -> None:
    fact = said(WhistleKind.PUBLIC_DEMAND, start, start + 60 * DAY)
    assert (fact.acknowledge_by, fact.check_in_by) == (answered_by(start), arrived_by(start))
    assert fact.provisional == (fact.check_in_by.astimezone(SHANGHAI).year > 2026)
    assert start < fact.acknowledge_near_at < fact.acknowledge_by <= fact.check_in_by
    share = (fact.check_in_near_at - start) / (fact.check_in_by - start)
    assert abs(share - TERMS.near_percent / 100) < 1e-6


@every(YEARS, st.sampled_from(sorted(CLOCK)))
def test_an_emergency_and_joint_enforcement_run_by_the_clock_in_every_night_and_holiday(
    start: datetime, kind: WhistleKind
) -> None:
    fact = said(kind, start, start + 60 * DAY)
    acknowledge, check_in = CLOCK[kind]
    assert (fact.acknowledge_by - start, fact.check_in_by - start) == (acknowledge, check_in)
    assert not fact.provisional


@every(YEARS, st.sampled_from(WhistleKind), st.timedeltas(MINUTE, 10 * DAY))
@settings(deadline=None)
def test_no_step_is_ever_due_after_the_matter_itself(start: datetime, kind: WhistleKind, limit: timedelta) -> None:
    fact = said(kind, start, start + limit)
    assert fact.acknowledge_by <= start + limit
    assert fact.check_in_by <= start + limit
    assert fact.due_at == start + limit
    by = dict(zip(DutyStep, (fact.acknowledge_by, fact.check_in_by, fact.due_at), strict=True))
    of = duty_of(fact)
    assert {step: found[1] for step in DutyStep if (found := duty.deadline(of, step))} == by


DAYS_OF_2099 = st.dates(date(2099, 1, 1), date(2099, 12, 15))
NEXT_WEEKS = st.frozensets(st.integers(0, 20), max_size=8)


@every(DAYS_OF_2099, st.integers(0, 24 * 60 - 1), NEXT_WEEKS, NEXT_WEEKS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_when_a_years_holidays_are_announced_the_count_is_made_again_and_nobody_is_called_earlier(
    day: date, minutes: int, off: frozenset[int], on: frozenset[int], warned: bool
) -> None:
    start = datetime.combine(day, time(0), SHANGHAI) + minutes * MINUTE
    holidays, workdays = (frozenset(day + n * DAY for n in some) for some in (off - on, on))
    was = said(WhistleKind.KEY_TASK, start, start + 90 * DAY)
    assert was.provisional
    assert (was.acknowledge_by, was.check_in_by) == (answered_by(start), arrived_by(start))
    near = DutyDeadlineNear(
        issue=was.issue, department=LEAD, step=DutyStep.CHECK_IN, due_at=was.check_in_by, deadline_version=1
    )
    before = duty_of(was, *([near] if warned else []))
    known = Calendar(CalendarOverrides(holidays=holidays, workdays=workdays, announced=frozenset({2099, 2100})))
    (fact,) = duty_deadline.recount(before, terms=TERMS, calendar=known)
    assert isinstance(fact, DutyDeadlineMoved)
    assert fact.acknowledge_by == max(was.acknowledge_by, answered_by(start, holidays, workdays))
    assert fact.check_in_by == max(was.check_in_by, arrived_by(start, holidays, workdays))
    after = duty.evolve(before, fact)
    assert (after.provisional, after.deadline_version, after.due_at) == (False, 2, was.due_at)
    assert (near_timer(DutyStep.CHECK_IN) in duty.watches(after)) is not warned
    assert duty_deadline.recount(after, terms=TERMS, calendar=known) == []


def test_a_count_that_reaches_into_a_year_nobody_has_announced_stays_provisional() -> None:
    """Thursday 2099-12-31 turns out to be a holiday, and a year later so does Friday 2100-01-01."""
    start = moment("2099-12-29T09:00:00")
    before = duty_of(said(WhistleKind.KEY_TASK, start, start + 60 * DAY))
    assert (before.provisional, before.check_in_by) == (True, moment("2099-12-31T09:00:00"))
    off = date(2099, 12, 31), date(2100, 1, 1)
    for years, check_in_by in (((2099,), "2100-01-01T09:00:00"), ((2099, 2100), "2100-01-04T09:00:00")):
        holidays = frozenset(day for day in off if day.year in years)
        known = Calendar(CalendarOverrides(holidays=holidays, announced=frozenset(years)))
        (fact,) = duty_deadline.recount(before, terms=TERMS, calendar=known)
        before = duty.evolve(before, fact)
        assert (before.provisional, before.check_in_by) == (2100 not in years, moment(check_in_by))


WHOLE_MINUTES = st.integers(1, 3 * 24 * 60).map(lambda minutes: minutes * MINUTE)
Moves = list[tuple[str, timedelta]]


@every(st.lists(st.tuples(st.sampled_from(["wait", "pause", "resume", "extend"]), WHOLE_MINUTES)))
@settings(max_examples=200, deadline=None)
def test_a_matter_has_its_whole_limit_however_often_the_clock_stands_still(moves: Moves) -> None:
    """The town moves the clock as it likes: what was spent running and what is left make the limit, and no more."""
    of, now, spent, limit = state_of(*CALLED), NOW, timedelta(0), timedelta(days=5)
    for what, length in moves:
        if of.paused_at is None:
            if spent + length >= limit:
                break
            spent += length
        now += length
        match what:
            case "pause" if of.paused_at is None:
                of = moved(of, due_date.pause(of, Because(reason="等待管材"), now=now))
            case "resume" if of.paused_at is not None:
                of = moved(of, due_date.resume(of, Because(reason="管材到货"), now=now))
            case "extend" if of.paused_at is None:
                assert of.due_at is not None
                wish = ExtendDeadline(due_at=of.due_at + length, reason="雨天停工")
                of, limit = moved(of, due_date.extend(of, wish, now=now)), limit + length
    assert of.state in UNDER_WAY
    assert of.due_at is not None
    assert of.runs_from is not None
    left = of.due_at - (of.paused_at or now)
    assert left == limit - spent
    assert of.due_at - of.runs_from == limit
    rungs = [watch.due_at for watch in issue.watches(of).values()]
    expected = [of.due_at + limit * step.percent_past_due / 100 for step in LADDER]
    assert rungs == ([] if of.paused_at else expected)


def moved(of: Issue, facts: list[IssueFact]) -> Issue:
    (fact,) = facts
    after = issue.evolve(of, fact)
    assert after.deadline_version == of.deadline_version + 1
    return after


def test_the_slow_count_knows_the_spring_festival_of_2024() -> None:
    """Thursday 2024-02-08 was the last open day, Sunday 2024-02-18 the first: a make-up day."""
    assert answered_by(moment("2024-02-08T15:00:00")) == moment("2024-02-09T11:00:00")
    assert arrived_by(moment("2024-02-09T10:00:00")) == moment("2024-02-19T10:00:00")
