"""报到: called, answered, come, done, released."""

from datetime import datetime

import pytest

from services.escalation.domain import reporting
from services.escalation.domain.asked import Because, CheckIn, FinishDuty, ObjectToDuty, ReassignLead
from services.escalation.domain.duty import Duty, DutyState, evolve, watches
from shared.events.base import ref
from shared.events.escalation import (
    DeadlinePaused,
    DepartmentCheckedIn,
    DepartmentReleased,
    DutyAcknowledged,
    DutyCalled,
    DutyDeadlinesLifted,
    DutyExcused,
    DutyFact,
    DutyFinished,
    DutyMadeLead,
    DutyObjected,
    DutyReopened,
    DutyRole,
    ObjectionRejected,
    WorkDone,
)
from shared.events.vocabulary import CheckInMode, Quantity, WhistleKind
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
    SUPPORT,
    TERMS,
    TOWN,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    finished,
    moment,
    state_of,
    support_called,
)

OF = ref("issue", ISSUE)
BECAUSE = Because(reason="理由")
ON_SITE = CheckIn(mode=CheckInMode.ON_SITE)
OBJECTED = DutyObjected(issue=OF, department=LEAD, objected_at=after(hours=1), reason="不属本局职责", proposed=SUPPORT)
EXCUSED = DutyExcused(issue=OF, department=SUPPORT, reason="理由")


def objects(before: Duty | None, wish: ObjectToDuty, *, now: datetime = NOW) -> list[DutyFact]:
    return reporting.object_to(before, wish, by=LEAD, now=now, town=TOWN)


def released(department: str = LEAD, *, done: bool) -> DepartmentReleased:
    return DepartmentReleased(issue=OF, department=department, released_at=after(days=4), finished=done)


def test_a_called_department_owes_an_answer_in_four_working_hours_and_comes_in_two_working_days() -> None:
    """Sunday 2024-02-04 is a make-up working day (调休), so that two working days end there."""
    assert called() == DutyCalled(
        issue=OF,
        department=LEAD,
        role=DutyRole.LEAD,
        caller=CALLER,
        community="dahuichang",
        whistle=WhistleKind.PUBLIC_DEMAND,
        called_at=NOW,
        acknowledge_by=moment("2024-02-01T13:00:00"),
        acknowledge_near_at=moment("2024-02-01T12:12:00"),
        check_in_by=moment("2024-02-04T09:00:00"),
        check_in_near_at=moment("2024-02-03T18:36:00"),
        due_at=DUE,
        due_near_at=after(days=4),
        deadline_version=1,
        sources=SOURCES,
    )


def test_in_an_emergency_the_clock_never_rests() -> None:
    night = moment("2024-02-03T23:00:00")
    fact = called(whistle=WhistleKind.EMERGENCY, now=night)
    assert isinstance(fact, DutyCalled)
    assert fact.acknowledge_by == moment("2024-02-03T23:05:00")
    assert fact.check_in_by == moment("2024-02-03T23:30:00")


def test_no_step_is_due_after_the_issue_itself() -> None:
    fact = called(due_at=after(hours=2))
    assert isinstance(fact, DutyCalled)
    assert (fact.acknowledge_by, fact.check_in_by) == (after(hours=2), after(hours=2))


def test_a_deadline_in_a_year_without_announced_holidays_is_provisional() -> None:
    now = moment("2098-12-30T09:00:00")
    for whistle, provisional in ((WhistleKind.PUBLIC_DEMAND, True), (WhistleKind.EMERGENCY, False)):
        fact = called(whistle=whistle, now=now, due_at=moment("2099-01-05T09:00:00"))
        assert isinstance(fact, DutyCalled)
        assert fact.provisional is provisional


def test_a_department_is_called_once() -> None:
    given(evolve, called()).when(
        reporting.call,
        LEAD,
        DutyRole.LEAD,
        issue=state_of(*CALLED),
        issue_id=ISSUE,
        now=NOW,
        terms=TERMS,
        calendar=CALENDAR,
    ).then_nothing()


def test_a_department_acknowledges_once() -> None:
    given(evolve, called()).when(reporting.acknowledge, by=LEAD, now=after(hours=1)).then(acknowledged())
    given(evolve, called(), acknowledged()).when(reporting.acknowledge, by=LEAD, now=after(hours=2)).then_nothing()


def test_an_answer_at_the_limit_is_in_time_and_after_it_late() -> None:
    limit = moment("2024-02-01T13:00:00")
    given(evolve, called()).when(reporting.acknowledge, by=LEAD, now=limit).then(
        DutyAcknowledged(issue=OF, department=LEAD, acknowledged_at=limit, late=False)
    )
    over = moment("2024-02-01T13:00:01")
    given(evolve, called()).when(reporting.acknowledge, by=LEAD, now=over).then(
        DutyAcknowledged(issue=OF, department=LEAD, acknowledged_at=over, late=True)
    )


def test_nobody_answers_for_another_department() -> None:
    given(evolve, called()).when(reporting.acknowledge, by=CALLER, now=NOW).then_refused("not_the_department")
    given(evolve, called()).when(reporting.check_in, ON_SITE, by=SUPPORT, now=NOW).then_refused("not_the_department")


def test_a_department_that_comes_without_having_answered_has_answered() -> None:
    given(evolve, called()).when(reporting.check_in, ON_SITE, by=LEAD, now=after(hours=2)).then(
        DutyAcknowledged(issue=OF, department=LEAD, acknowledged_at=after(hours=2), late=False), checked_in()
    )


def test_who_comes_after_the_limit_is_late() -> None:
    now = moment("2024-02-04T09:00:01")
    late = checked_in(late=True).model_copy(update={"checked_in_at": now})
    given(evolve, called(), acknowledged()).when(reporting.check_in, ON_SITE, by=LEAD, now=now).then(late)


def test_an_objection_is_made_before_the_limit_of_answering_and_once() -> None:
    wish = ObjectToDuty(reason="不属本局职责", proposed=SUPPORT)
    given(evolve, called()).when(objects, wish, now=after(hours=1)).then(OBJECTED)
    given(evolve, called()).when(objects, wish, now=after(hours=5)).then_refused("too_late")
    rejected = ObjectionRejected(issue=OF, department=LEAD, reason="理由")
    given(evolve, called(), OBJECTED).when(reporting.reject_objection, BECAUSE).then(rejected)
    given(evolve, called(), OBJECTED, rejected).when(objects, wish, now=after(hours=2)).then_refused("objected_before")


def test_an_objection_proposes_another_unit_that_exists() -> None:
    nobody, itself = (ObjectToDuty(reason="不属本局职责", proposed=unit) for unit in ("nobody", LEAD))
    given(evolve, called()).when(objects, nobody).then_refused("unknown_unit")
    given(evolve, called()).when(objects, itself).then_refused("proposes_itself")


def test_without_an_objection_there_is_nothing_to_reject() -> None:
    given(evolve, called()).when(reporting.reject_objection, BECAUSE).then_refused("wrong_state")


def test_another_department_takes_the_lead() -> None:
    wish = ReassignLead(lead=SUPPORT, reason="改由水务局牵头")
    given(evolve, called(), OBJECTED).when(reporting.hand_over, wish).then(
        DutyExcused(issue=OF, department=LEAD, reason="改由水务局牵头", successor=SUPPORT)
    )
    given(evolve, support_called()).when(reporting.take_lead, wish).then(
        DutyMadeLead(issue=OF, department=SUPPORT, reason="改由水务局牵头")
    )
    given(evolve, called()).when(reporting.take_lead, wish).then_nothing()


def test_an_excused_department_may_be_called_again_as_the_lead() -> None:
    outcome = given(evolve, support_called(), EXCUSED).when(
        reporting.call,
        SUPPORT,
        DutyRole.LEAD,
        issue=state_of(*CALLED),
        issue_id=ISSUE,
        now=NOW,
        terms=TERMS,
        calendar=CALENDAR,
    )
    outcome.then(called(SUPPORT).model_copy(update={"deadline_version": 2}))


def test_the_caller_excuses_a_supporting_department_that_has_not_come() -> None:
    here = state_of(*CALLED)
    given(evolve, support_called()).when(reporting.excuse, BECAUSE, by=CALLER, issue=here).then(EXCUSED)
    given(evolve, support_called(), EXCUSED).when(reporting.excuse, BECAUSE, by=CALLER, issue=here).then_nothing()
    given(evolve, support_called()).when(reporting.excuse, BECAUSE, by=SUPPORT, issue=here).then_refused(
        "not_the_caller"
    )


def test_the_lead_is_never_empty() -> None:
    given(evolve, called()).when(reporting.excuse, BECAUSE, by=CALLER, issue=state_of(*CALLED)).then_refused(
        "lead_never_empty"
    )


def test_a_department_finishes_its_part_with_quantities() -> None:
    done = (WorkDone(work="修复扶手", amount=12, quantity=Quantity.PLACES),)
    given(evolve, called(), acknowledged(), checked_in()).when(
        reporting.finish, FinishDuty(done=done), by=LEAD, now=after(days=6)
    ).then(DutyFinished(issue=OF, department=LEAD, finished_at=after(days=6), late=True, done=done))
    given(evolve, called()).when(reporting.finish, FinishDuty(), by=LEAD, now=NOW).then_refused("wrong_state")


def test_nobody_leaves_before_the_matter_is_solved() -> None:
    given(evolve, called(), acknowledged(), checked_in(), finished()).when(
        reporting.release, by=CALLER, issue=state_of(*HANDLED), now=after(days=4)
    ).then_refused("unsolved")


def test_only_the_caller_releases() -> None:
    facts = (called(), acknowledged(), checked_in(), finished())
    solved = state_of(*RESOLVED)
    given(evolve, *facts).when(reporting.release, by=LEAD, issue=solved, now=after(days=4)).then_refused(
        "not_the_caller"
    )
    given(evolve, *facts).when(reporting.release, by=CALLER, issue=solved, now=after(days=4)).then(released(done=True))
    given(evolve, *facts, released(done=True)).when(
        reporting.release, by=CALLER, issue=solved, now=after(days=5)
    ).then_nothing()


def test_when_the_whistle_is_withdrawn_who_came_is_released_and_who_did_not_is_excused() -> None:
    given(evolve, called(), acknowledged(), checked_in()).when(reporting.dismiss, BECAUSE, now=after(days=4)).then(
        released(done=False)
    )
    given(evolve, support_called()).when(reporting.dismiss, BECAUSE, now=after(days=4)).then(EXCUSED)
    given(evolve, support_called(), EXCUSED).when(reporting.dismiss, BECAUSE, now=after(days=4)).then_nothing()


@pytest.mark.parametrize("ended", [(finished(),), (finished(), released(done=True))], ids=["finished", "released"])
def test_a_reopened_issue_calls_everybody_back(ended: tuple[DutyFact, ...]) -> None:
    facts = (called(), acknowledged(), checked_in(), *ended)
    back = DutyReopened(issue=OF, department=LEAD, due_at=after(days=10), due_near_at=after(days=9), deadline_version=2)
    given(evolve, *facts).when(reporting.call_back, due_at=after(days=10), now=after(days=5), terms=TERMS).then(back)
    given(evolve, *facts, back).when(reporting.finish, FinishDuty(), by=LEAD, now=after(days=6)).then(
        DutyFinished(issue=OF, department=LEAD, finished_at=after(days=6), late=False)
    )


def test_an_excused_department_is_not_called_back() -> None:
    given(evolve, support_called(), EXCUSED).when(
        reporting.call_back, due_at=after(days=10), now=after(days=5), terms=TERMS
    ).then_nothing()


def test_who_comes_objects_or_finishes_at_the_very_limit_is_in_time() -> None:
    check_in_by = moment("2024-02-04T09:00:00")
    given(evolve, called(), acknowledged()).when(reporting.check_in, ON_SITE, by=LEAD, now=check_in_by).then(
        DepartmentCheckedIn(
            issue=OF,
            department=LEAD,
            checked_in_at=check_in_by,
            mode=CheckInMode.ON_SITE,
            late=False,
            sources=SOURCES,
        )
    )
    acknowledge_by = moment("2024-02-01T13:00:00")
    given(evolve, called()).when(objects, ObjectToDuty(reason="不属本局职责"), now=acknowledge_by).then(
        DutyObjected(issue=OF, department=LEAD, objected_at=acknowledge_by, reason="不属本局职责")
    )
    given(evolve, called(), acknowledged(), checked_in()).when(reporting.finish, FinishDuty(), by=LEAD, now=DUE).then(
        DutyFinished(issue=OF, department=LEAD, finished_at=DUE, late=False)
    )


def test_nobody_is_excused_from_a_matter_that_is_solved_or_released_from_one_he_was_excused_from() -> None:
    solved = state_of(*RESOLVED)
    given(evolve, support_called()).when(reporting.excuse, BECAUSE, by=CALLER, issue=solved).then_refused("solved")
    given(evolve, support_called(), EXCUSED).when(
        reporting.release, by=CALLER, issue=solved, now=after(days=4)
    ).then_refused("excused")


def test_who_never_came_is_released_as_unfinished() -> None:
    given(evolve, support_called()).when(
        reporting.release, by=CALLER, issue=state_of(*RESOLVED), now=after(days=4)
    ).then(released(SUPPORT, done=False))


def test_whoever_is_called_while_the_due_date_is_paused_has_none_yet() -> None:
    paused = DeadlinePaused(sources=SOURCES, paused_at=NOW, deadline_version=2, reason="等待管材")
    facts = reporting.call(
        None,
        LEAD,
        DutyRole.LEAD,
        issue=state_of(*CALLED, paused),
        issue_id=ISSUE,
        now=NOW,
        terms=TERMS,
        calendar=CALENDAR,
    )
    assert [(fact.due_at, fact.due_near_at) for fact in facts if isinstance(fact, DutyCalled)] == [(None, None)]


def test_when_the_matter_is_solved_nothing_falls_due_and_everybody_stays_until_released() -> None:
    lifted = DutyDeadlinesLifted(issue=OF, department=SUPPORT)
    here = (support_called(), acknowledged(SUPPORT), checked_in(SUPPORT))
    given(evolve, *here).when(reporting.lift_deadlines).then(lifted)
    given(evolve, *here, lifted).when(reporting.lift_deadlines).then_nothing()
    assert watches(duty_of(*here))
    assert watches(duty_of(*here, lifted)) == {}
    assert duty_of(*here, lifted).state is DutyState.CHECKED_IN
    back = DutyReopened(
        issue=OF, department=SUPPORT, due_at=after(days=9), due_near_at=after(days=8), deadline_version=2
    )
    assert watches(duty_of(*here, lifted, back))


@pytest.mark.parametrize("ended", [(finished(SUPPORT),), (EXCUSED,), (released(SUPPORT, done=False),)])
def test_who_has_finished_or_left_owes_nothing_that_could_be_lifted(ended: tuple[DutyFact, ...]) -> None:
    given(evolve, support_called(), acknowledged(SUPPORT), *ended).when(reporting.lift_deadlines).then_nothing()
    given(evolve).when(reporting.lift_deadlines).then_nothing()
