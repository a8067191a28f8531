"""期限: moved by the town, supervised level by level, warned of and missed once."""

from datetime import datetime, timedelta

import pytest

from services.escalation.domain import due_date, duty, duty_deadline, issue
from services.escalation.domain.asked import Because, ExtendDeadline, Supervise
from services.escalation.domain.duty import missed_timer, near_timer
from services.escalation.domain.issue import DISTRICT, ladder_timer
from shared.events.base import ref
from shared.events.escalation import (
    DeadlineExtended,
    DeadlineMove,
    DeadlinePaused,
    DeadlineResumed,
    DutyCalled,
    DutyDeadlineMissed,
    DutyDeadlineMoved,
    DutyDeadlineNear,
    DutyFact,
    DutyReopened,
    DutyStep,
    IssueRaisedToDistrict,
    IssueReopened,
    SupervisionLevel,
    SupervisionStarted,
)
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.deadline import Watch
from tests.support.spec import given
from tests.unit.escalation.cases import (
    CALENDAR,
    CALLED,
    CALLER,
    DUE,
    HANDLED,
    ISSUE,
    LEAD,
    NOW,
    RESOLVED,
    SOURCES,
    TERMS,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    finished,
    moment,
    state_of,
)

OF = ref("issue", ISSUE)
BECAUSE = Because(reason="等待管材")
PAUSED = DeadlinePaused(sources=SOURCES, paused_at=after(days=2), deadline_version=2, reason="等待管材")
RESUMED = DeadlineResumed(sources=SOURCES, due_at=after(days=13), deadline_version=3, reason="管材到货")
ACKNOWLEDGE_BY, CHECK_IN_BY = moment("2024-02-01T13:00:00"), moment("2024-02-04T09:00:00")


def missed(step: DutyStep, due_at: datetime, version: int = 1) -> DutyDeadlineMissed:
    return DutyDeadlineMissed(issue=OF, department=LEAD, step=step, due_at=due_at, deadline_version=version)


def warned(step: DutyStep, due_at: datetime, version: int = 1) -> DutyDeadlineNear:
    return DutyDeadlineNear(issue=OF, department=LEAD, step=step, due_at=due_at, deadline_version=version)


def supervised(level: SupervisionLevel, version: int = 1, reason: str | None = None) -> SupervisionStarted:
    to = CALLER if level is SupervisionLevel.TOWN_LEADER else LEAD
    return SupervisionStarted(
        sources=SOURCES, level=level, due_at=DUE, deadline_version=version, reason=reason, addressee=to
    )


def moved(move: DeadlineMove, due_at: datetime | None, due_near_at: datetime | None, version: int) -> DutyDeadlineMoved:
    fact = called()
    assert isinstance(fact, DutyCalled)
    return DutyDeadlineMoved(
        issue=OF,
        department=LEAD,
        move=move,
        acknowledge_by=fact.acknowledge_by,
        acknowledge_near_at=fact.acknowledge_near_at,
        check_in_by=fact.check_in_by,
        check_in_near_at=fact.check_in_near_at,
        due_at=due_at,
        due_near_at=due_near_at,
        deadline_version=version,
    )


# ---------------------------------------------------------------------------------------------- the issue's due date


def test_the_due_date_is_extended_when_asked_before_it() -> None:
    wish = ExtendDeadline(due_at=after(days=7), reason="雨天停工")
    given(issue.evolve, *HANDLED).when(due_date.extend, wish, now=after(days=4)).then(
        DeadlineExtended(sources=SOURCES, due_at=after(days=7), deadline_version=2, reason="雨天停工")
    )
    given(issue.evolve, *HANDLED).when(due_date.extend, wish, now=DUE).then_refused("overdue")


def test_an_extension_lies_after_the_due_date_and_not_in_a_pause() -> None:
    given(issue.evolve, *HANDLED).when(
        due_date.extend, ExtendDeadline(due_at=DUE, reason="雨天停工"), now=after(days=4)
    ).then_refused("not_later")
    given(issue.evolve, *HANDLED, PAUSED).when(
        due_date.extend, ExtendDeadline(due_at=after(days=7), reason="雨天停工"), now=after(days=4)
    ).then_refused("paused")


def test_a_pause_restores_what_was_left_of_the_limit() -> None:
    given(issue.evolve, *HANDLED).when(due_date.pause, BECAUSE, now=after(days=2)).then(PAUSED)
    given(issue.evolve, *HANDLED, PAUSED).when(due_date.pause, BECAUSE, now=after(days=3)).then_nothing()
    given(issue.evolve, *HANDLED, PAUSED).when(due_date.resume, Because(reason="管材到货"), now=after(days=10)).then(
        RESUMED
    )


def test_what_is_not_paused_is_not_resumed_and_what_is_over_is_not_paused() -> None:
    given(issue.evolve, *HANDLED).when(due_date.resume, BECAUSE, now=after(days=3)).then_refused("not_paused")
    given(issue.evolve, *HANDLED).when(due_date.pause, BECAUSE, now=after(days=6)).then_refused("overdue")


# ---------------------------------------------------------------------------------------------- supervision


def test_each_level_is_told_when_its_part_of_the_limit_has_passed_after_the_due_date() -> None:
    assert issue.watches(state_of(*HANDLED)) == {
        ladder_timer(SupervisionLevel.REMINDER): Watch(DUE),
        ladder_timer(SupervisionLevel.DEPARTMENT_HEAD): Watch(DUE + timedelta(days=1.25)),
        ladder_timer(SupervisionLevel.TOWN_LEADER): Watch(DUE + timedelta(days=2.5)),
        ladder_timer(SupervisionLevel.DISTRICT): Watch(DUE + timedelta(days=5)),
    }


def test_a_pause_does_not_lengthen_the_steps_of_the_ladder() -> None:
    watches = issue.watches(state_of(*HANDLED, PAUSED, RESUMED))
    assert watches[ladder_timer(SupervisionLevel.DISTRICT)] == Watch(after(days=18), 3)


def test_nobody_is_supervised_while_the_clock_stands_still_or_after_the_end() -> None:
    assert issue.watches(state_of(*HANDLED, PAUSED)) == {}
    assert issue.watches(state_of(*RESOLVED)) == {}


def test_a_level_is_told_once_per_deadline_version() -> None:
    level = SupervisionLevel.REMINDER
    given(issue.evolve, *HANDLED).when(due_date.climb, level, due_at=DUE, version=1).then(supervised(level))
    given(issue.evolve, *HANDLED, supervised(level)).when(due_date.climb, level, due_at=DUE, version=1).then_nothing()
    assert ladder_timer(level) not in issue.watches(state_of(*HANDLED, supervised(level)))
    extended = DeadlineExtended(sources=SOURCES, due_at=after(days=9), deadline_version=2, reason="雨天")
    assert issue.watches(state_of(*HANDLED, supervised(level), extended))[ladder_timer(level)] == Watch(
        after(days=9), 2
    )
    given(issue.evolve, *HANDLED, extended).when(due_date.climb, level, due_at=DUE, version=1).then_nothing()


def test_the_last_level_is_the_district() -> None:
    given(issue.evolve, *HANDLED).when(
        due_date.climb, SupervisionLevel.DISTRICT, due_at=after(days=10), version=1
    ).then(IssueRaisedToDistrict(sources=SOURCES, due_at=DUE, deadline_version=1, addressee=DISTRICT))


def test_the_town_does_not_wait_for_the_next_level_but_never_goes_back() -> None:
    head, leader = SupervisionLevel.DEPARTMENT_HEAD, SupervisionLevel.TOWN_LEADER
    given(issue.evolve, *HANDLED).when(due_date.supervise, Supervise(level=leader, reason="群众反映强烈")).then(
        supervised(leader, reason="群众反映强烈")
    )
    given(issue.evolve, *HANDLED, supervised(leader)).when(
        due_date.supervise, Supervise(level=head, reason="群众反映强烈")
    ).then_refused("level_reached")
    given(issue.evolve, *HANDLED, supervised(leader)).when(
        due_date.supervise, Supervise(level=leader, reason="群众反映强烈")
    ).then_nothing()
    assert issue.watches(state_of(*HANDLED, supervised(leader))).keys() == {ladder_timer(SupervisionLevel.DISTRICT)}


def test_a_reopened_issue_is_supervised_by_its_new_limit() -> None:
    again = IssueReopened(
        sources=SOURCES, reason="又停水", due_at=after(days=8), deadline_version=2, reopened_at=after(days=4)
    )
    watches = issue.watches(state_of(*RESOLVED, again))
    assert watches[ladder_timer(SupervisionLevel.DISTRICT)] == Watch(after(days=12), 2)


# ---------------------------------------------------------------------------------------------- a duty's deadlines


def test_every_step_that_is_owed_is_watched() -> None:
    assert duty.watches(duty_of(called())) == {
        near_timer(DutyStep.ACKNOWLEDGE): Watch(moment("2024-02-01T12:12:00")),
        missed_timer(DutyStep.ACKNOWLEDGE): Watch(ACKNOWLEDGE_BY),
        near_timer(DutyStep.CHECK_IN): Watch(moment("2024-02-03T18:36:00")),
        missed_timer(DutyStep.CHECK_IN): Watch(CHECK_IN_BY),
        near_timer(DutyStep.DUE): Watch(after(days=4)),
        missed_timer(DutyStep.DUE): Watch(DUE),
    }
    assert duty.watches(duty_of(called(), acknowledged(), checked_in())) == {
        near_timer(DutyStep.DUE): Watch(after(days=4)),
        missed_timer(DutyStep.DUE): Watch(DUE),
    }
    assert duty.watches(duty_of(called(), acknowledged(), checked_in(), finished())) == {}


@pytest.mark.parametrize(
    ("step", "due_at"),
    [(DutyStep.ACKNOWLEDGE, ACKNOWLEDGE_BY), (DutyStep.CHECK_IN, CHECK_IN_BY), (DutyStep.DUE, DUE)],
)
def test_a_step_is_missed_once_and_warned_of_once(step: DutyStep, due_at: datetime) -> None:
    near, miss = warned(step, due_at), missed(step, due_at)
    soon = due_at - timedelta(minutes=1)
    given(duty.evolve, called()).when(duty_deadline.warn, step, version=1, now=soon).then(near)
    given(duty.evolve, called(), near).when(duty_deadline.warn, step, version=1, now=soon).then_nothing()
    given(duty.evolve, called()).when(duty_deadline.miss, step, due_at=due_at, version=1).then(miss)
    given(duty.evolve, called(), miss).when(duty_deadline.miss, step, due_at=due_at, version=1).then_nothing()
    left = duty.watches(duty_of(called(), near, miss))
    assert left.keys().isdisjoint({near_timer(step), missed_timer(step)})
    assert len(left) == 4


def test_a_warning_that_would_come_after_its_miss_is_left_out() -> None:
    given(duty.evolve, called()).when(
        duty_deadline.warn, DutyStep.ACKNOWLEDGE, version=1, now=ACKNOWLEDGE_BY
    ).then_nothing()


def test_a_timer_of_an_old_deadline_version_says_nothing() -> None:
    later = moved(DeadlineMove.EXTENDED, after(days=9), after(days=8), 2)
    given(duty.evolve, called(), later).when(duty_deadline.miss, DutyStep.DUE, due_at=DUE, version=1).then_nothing()


def test_what_was_done_is_not_missed() -> None:
    given(duty.evolve, called(), acknowledged(), checked_in()).when(
        duty_deadline.miss, DutyStep.CHECK_IN, due_at=CHECK_IN_BY, version=1
    ).then_nothing()


def test_the_duty_follows_the_issue_and_is_warned_of_the_new_due_date_anew() -> None:
    facts: tuple[DutyFact, ...] = (called(), warned(DutyStep.DUE, DUE))
    extended = moved(DeadlineMove.EXTENDED, after(days=9), after(days=8), 2)
    given(duty.evolve, *facts).when(
        duty_deadline.follow, DeadlineMove.EXTENDED, due_at=after(days=9), now=after(days=4), terms=TERMS
    ).then(extended)
    watches = duty.watches(duty_of(*facts, extended))
    assert watches[near_timer(DutyStep.DUE)] == Watch(after(days=8), 2)
    assert watches[missed_timer(DutyStep.DUE)] == Watch(after(days=9), 2)


def test_a_pause_stops_the_due_date_but_neither_answering_nor_coming() -> None:
    paused = moved(DeadlineMove.PAUSED, None, None, 2)
    given(duty.evolve, called()).when(
        duty_deadline.follow, DeadlineMove.PAUSED, due_at=None, now=NOW, terms=TERMS
    ).then(paused)
    assert duty.watches(duty_of(called(), paused)).keys() == {
        timer(step) for step in (DutyStep.ACKNOWLEDGE, DutyStep.CHECK_IN) for timer in (near_timer, missed_timer)
    }


def test_who_was_late_before_a_new_due_date_is_not_reproached_a_second_time() -> None:
    facts = (called(), missed(DutyStep.ACKNOWLEDGE, ACKNOWLEDGE_BY))
    extended = moved(DeadlineMove.EXTENDED, after(days=9), after(days=8), 2)
    assert missed_timer(DutyStep.ACKNOWLEDGE) not in duty.watches(duty_of(*facts, extended))


def test_a_department_that_has_finished_or_left_is_not_moved() -> None:
    given(duty.evolve, called(), acknowledged(), checked_in(), finished()).when(
        duty_deadline.follow, DeadlineMove.EXTENDED, due_at=after(days=9), now=after(days=4), terms=TERMS
    ).then_nothing()


# ---------------------------------------------------------------------------------------------- holidays announced


def test_when_the_holidays_are_announced_the_deadlines_are_counted_again_without_a_second_warning() -> None:
    """Thursday 2099-12-31 is a working day, Friday 2100-01-01 and Monday 2100-01-04 turn out to be holidays."""
    now = moment("2099-12-31T09:00:00")
    was = called(now=now, due_at=moment("2100-01-07T09:00:00"))
    assert isinstance(was, DutyCalled)
    assert (was.provisional, was.check_in_by) == (True, moment("2100-01-04T09:00:00"))
    near = DutyDeadlineNear(
        issue=OF, department=LEAD, step=DutyStep.CHECK_IN, due_at=was.check_in_by, deadline_version=1
    )
    announced = Calendar(
        CalendarOverrides.model_validate(
            {"holidays": ["2100-01-01", "2100-01-04"], "workdays": [], "announced": [2099, 2100]}
        )
    )
    given(duty.evolve, was, near).when(duty_deadline.recount, terms=TERMS, calendar=CALENDAR).then_nothing()
    recounted = DutyDeadlineMoved(
        issue=OF,
        department=LEAD,
        move=DeadlineMove.CALENDAR,
        acknowledge_by=was.acknowledge_by,
        acknowledge_near_at=was.acknowledge_near_at,
        check_in_by=moment("2100-01-06T09:00:00"),
        check_in_near_at=moment("2100-01-05T04:12:00"),
        due_at=was.due_at,
        due_near_at=was.due_near_at,
        deadline_version=2,
    )
    given(duty.evolve, was, near).when(duty_deadline.recount, terms=TERMS, calendar=announced).then(recounted)
    watches = duty.watches(duty_of(was, near, recounted))
    assert watches[missed_timer(DutyStep.CHECK_IN)] == Watch(moment("2100-01-06T09:00:00"), 2)
    assert near_timer(DutyStep.CHECK_IN) not in watches


def test_what_was_counted_with_all_holidays_stands() -> None:
    given(duty.evolve, called()).when(duty_deadline.recount, terms=TERMS, calendar=CALENDAR).then_nothing()


def test_the_whole_ladder_hangs_on_the_state_alone() -> None:
    assert issue.watches(state_of(*CALLED)) == issue.watches(state_of(*HANDLED))


def test_a_reopened_issue_begins_at_the_foot_of_the_ladder() -> None:
    again = IssueReopened(
        sources=SOURCES, reason="又停水", due_at=after(days=8), deadline_version=2, reopened_at=after(days=4)
    )
    reminded = (*HANDLED, supervised(SupervisionLevel.REMINDER), *RESOLVED[len(HANDLED) :])
    assert len(issue.watches(state_of(*reminded, again))) == len(SupervisionLevel)


def test_a_reopened_duty_may_be_reproached_with_the_new_due_date() -> None:
    facts: tuple[DutyFact, ...] = (called(), acknowledged(), checked_in(), warned(DutyStep.DUE, DUE))
    back = DutyReopened(issue=OF, department=LEAD, due_at=after(days=10), due_near_at=after(days=9), deadline_version=2)
    assert duty.watches(duty_of(*facts, missed(DutyStep.DUE, DUE), finished(), back)) == {
        near_timer(DutyStep.DUE): Watch(after(days=9), 2),
        missed_timer(DutyStep.DUE): Watch(after(days=10), 2),
    }


def test_announced_holidays_bring_no_second_warning_of_the_due_date() -> None:
    counted_again = moved(DeadlineMove.CALENDAR, DUE, after(days=4), 2)
    watches = duty.watches(duty_of(called(), warned(DutyStep.DUE, DUE), counted_again))
    assert near_timer(DutyStep.DUE) not in watches
    assert watches[missed_timer(DutyStep.DUE)] == Watch(DUE, 2)


def test_a_warning_of_an_old_deadline_version_says_nothing() -> None:
    later = moved(DeadlineMove.EXTENDED, after(days=9), after(days=8), 2)
    given(duty.evolve, called(), later).when(
        duty_deadline.warn, DutyStep.DUE, version=1, now=after(days=4)
    ).then_nothing()
