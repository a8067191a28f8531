"""双考核: both sides are evaluated, nobody scores itself, then it is closed."""

import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from services.escalation.domain import evaluation
from services.escalation.domain.asked import CommentOnScore, EvaluateDepartment, EvaluateWhistle
from services.escalation.domain.duty import Duty
from services.escalation.domain.issue import IssueState, evolve
from shared.events.base import ref
from shared.events.escalation import (
    DepartmentEvaluated,
    DepartmentReleased,
    DepartmentScore,
    DutyExcused,
    IssueClosed,
    IssueReopened,
    ScoreCommented,
    WhistleEvaluated,
)
from shared.events.vocabulary import WhistleKind
from tests.support.spec import given
from tests.unit.escalation.cases import (
    CALLER,
    HANDLED,
    ISSUE,
    LEAD,
    OTHER,
    RESOLVED,
    SOURCES,
    SUPPORT,
    TERMS,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    escalated,
    here,
    requested,
    state_of,
    support_called,
)

FULL = DepartmentScore(acknowledge=20, check_in=30, solved=40, cooperation=10, total=100)
LATE = DepartmentScore(acknowledge=20, check_in=0, solved=40, cooperation=10, total=70)
GRADE = EvaluateDepartment(department=LEAD, solved=100, cooperation=100)
JUDGEMENT = EvaluateWhistle(justified=True, clear=True)


def evaluated(department: str = LEAD, score: DepartmentScore = FULL, *, complete: bool = False) -> DepartmentEvaluated:
    return DepartmentEvaluated(
        sources=SOURCES,
        by=CALLER,
        department=department,
        score=score,
        acknowledged_in_time=True,
        checked_in_in_time=score is FULL,
        complete=complete,
    )


def judged(by: str = SUPPORT, *, complete: bool = False) -> WhistleEvaluated:
    return WhistleEvaluated(sources=SOURCES, by=by, justified=True, clear=True, complete=complete)


def departments() -> tuple[Duty, Duty]:
    return here(support_late=True)


def left() -> tuple[Duty, ...]:
    return tuple(
        duty_of(
            called(department),
            acknowledged(department),
            checked_in(department),
            DepartmentReleased(
                issue=ref("issue", ISSUE), department=department, released_at=after(days=4), finished=False
            ),
        )
        for department in (LEAD, SUPPORT)
    )


def test_the_caller_evaluates_every_department_and_who_came_late_has_no_points_for_coming() -> None:
    given(evolve, *RESOLVED).when(
        evaluation.evaluate_department, GRADE, by=CALLER, duties=departments(), terms=TERMS
    ).then(evaluated())
    late = EvaluateDepartment(department=SUPPORT, solved=100, cooperation=100)
    given(evolve, *RESOLVED, evaluated(), judged()).when(
        evaluation.evaluate_department, late, by=CALLER, duties=departments(), terms=TERMS
    ).then(evaluated(SUPPORT, LATE, complete=True))


def test_nobody_but_the_caller_evaluates_a_department_and_each_only_once() -> None:
    given(evolve, *RESOLVED, evaluated()).when(
        evaluation.evaluate_department, GRADE, by=LEAD, duties=departments(), terms=TERMS
    ).then_refused("not_the_caller", "scores_itself", "already_evaluated")


def test_who_was_not_called_is_not_evaluated() -> None:
    stranger = EvaluateDepartment(department=OTHER, solved=100, cooperation=100)
    given(evolve, *RESOLVED).when(
        evaluation.evaluate_department, stranger, by=CALLER, duties=departments(), terms=TERMS
    ).then_refused("not_called")


def test_nothing_is_evaluated_before_it_is_solved() -> None:
    given(evolve, *HANDLED).when(
        evaluation.evaluate_department, GRADE, by=CALLER, duties=departments(), terms=TERMS
    ).then_refused("wrong_state")


def test_a_called_department_or_the_town_evaluates_the_whistle_and_never_the_caller() -> None:
    given(evolve, *RESOLVED).when(evaluation.evaluate_whistle, JUDGEMENT, by=SUPPORT, duties=departments()).then(
        judged()
    )
    given(evolve, *RESOLVED).when(evaluation.evaluate_whistle, JUDGEMENT, by=OTHER, duties=departments()).then_refused(
        "not_called"
    )
    given(evolve, *RESOLVED).when(evaluation.evaluate_whistle, JUDGEMENT, by=CALLER, duties=departments()).then_refused(
        "scores_itself"
    )
    given(evolve, *RESOLVED, judged()).when(
        evaluation.evaluate_whistle, JUDGEMENT, by=SUPPORT, duties=departments()
    ).then_refused("already_evaluated")


def test_both_sides_are_evaluated_when_every_department_is_and_the_whistle_too() -> None:
    scores = (evaluated(), evaluated(SUPPORT, LATE))
    assert state_of(*RESOLVED, *scores).state is IssueState.RESOLVED
    given(evolve, *RESOLVED, *scores).when(
        evaluation.evaluate_whistle, JUDGEMENT, by=SUPPORT, duties=departments()
    ).then(judged(complete=True))
    assert state_of(*RESOLVED, *scores, judged(complete=True)).state is IssueState.EVALUATED


def test_an_excused_department_is_not_waited_for() -> None:
    excused = duty_of(support_called(), DutyExcused(issue=ref("issue", ISSUE), department=SUPPORT, reason="无关"))
    given(evolve, *RESOLVED, judged(LEAD)).when(
        evaluation.evaluate_department, GRADE, by=CALLER, duties=(departments()[0], excused), terms=TERMS
    ).then(evaluated(complete=True))


def test_after_a_reopening_everything_is_evaluated_anew() -> None:
    again = IssueReopened(
        sources=SOURCES, reason="又停水", due_at=after(days=9), deadline_version=2, reopened_at=after(days=4)
    )
    state = state_of(*RESOLVED, evaluated(), judged(), again)
    assert (state.scores, state.whistle_evaluated_by) == ({}, ())


def test_it_is_closed_when_all_are_evaluated_and_released() -> None:
    facts = (*RESOLVED, evaluated(), evaluated(SUPPORT, LATE), judged(complete=True))
    given(evolve, *facts).when(evaluation.close, by=CALLER, duties=left()).then(IssueClosed(sources=SOURCES))
    given(evolve, *facts, IssueClosed(sources=SOURCES)).when(evaluation.close, by=CALLER, duties=left()).then_nothing()
    given(evolve, *facts).when(evaluation.close, by=LEAD, duties=departments()).then_refused(
        "not_the_caller", "not_released"
    )


def test_an_emergency_that_nobody_approved_is_not_closed() -> None:
    unapproved = (requested(WhistleKind.EMERGENCY), escalated(WhistleKind.EMERGENCY), *RESOLVED[3:])
    facts = (*unapproved, evaluated(), evaluated(SUPPORT, LATE), judged(complete=True))
    given(evolve, *facts).when(evaluation.close, by=CALLER, duties=left()).then_refused("not_approved")


def test_what_is_not_evaluated_is_not_closed() -> None:
    given(evolve, *RESOLVED).when(evaluation.close, by=CALLER, duties=left()).then_refused("wrong_state")


@pytest.mark.parametrize(
    ("late_answer", "late_arrival", "solved", "cooperation", "total"),
    [(False, False, 100, 100, 100), (True, False, 100, 100, 80), (False, True, 50, 0, 40), (True, True, 0, 45, 5)],
)
def test_the_score_of_a_department(
    late_answer: bool, late_arrival: bool, solved: int, cooperation: int, total: int
) -> None:
    duty = duty_of(called(), acknowledged(late=late_answer), checked_in(late=late_arrival))
    score = evaluation.department_score(duty, solved=solved, cooperation=cooperation, weights=TERMS.score)
    assert score.total == total


@every(
    late=st.tuples(st.booleans(), st.booleans()),
    solved=st.integers(0, 99),
    cooperation=st.integers(0, 99),
)
def test_a_score_is_the_sum_of_its_parts_and_better_work_never_scores_less(
    late: tuple[bool, bool], solved: int, cooperation: int
) -> None:
    duty = duty_of(called(), acknowledged(late=late[0]), checked_in(late=late[1]))
    score = evaluation.department_score(duty, solved=solved, cooperation=cooperation, weights=TERMS.score)
    better = evaluation.department_score(duty, solved=solved + 1, cooperation=cooperation + 1, weights=TERMS.score)
    assert 0 <= score.total <= better.total <= 100
    assert score.total == score.acknowledge + score.check_in + score.solved + score.cooperation


def test_departments_alone_are_not_both_sides() -> None:
    late = EvaluateDepartment(department=SUPPORT, solved=100, cooperation=100)
    given(evolve, *RESOLVED, evaluated()).when(
        evaluation.evaluate_department, late, by=CALLER, duties=departments(), terms=TERMS
    ).then(evaluated(SUPPORT, LATE))


def test_a_department_comments_on_its_own_score_once_and_the_score_stands() -> None:
    wish, said = (
        CommentOnScore(comment="当日道路封闭"),
        ScoreCommented(sources=SOURCES, department=SUPPORT, comment="当日道路封闭"),
    )
    scored = (*RESOLVED, evaluated(SUPPORT, LATE))
    given(evolve, *scored).when(evaluation.comment_on_score, wish, by=SUPPORT).then(said)
    given(evolve, *scored, IssueClosed(sources=SOURCES)).when(evaluation.comment_on_score, wish, by=SUPPORT).then(said)
    given(evolve, *scored, said).when(evaluation.comment_on_score, wish, by=SUPPORT).then_refused("already_commented")
    assert state_of(*scored, said).scores == state_of(*scored).scores


def test_nobody_comments_on_the_score_of_another_or_before_there_is_one() -> None:
    wish = CommentOnScore(comment="当日道路封闭")
    given(evolve, *RESOLVED, evaluated()).when(evaluation.comment_on_score, wish, by=SUPPORT).then_refused(
        "not_evaluated"
    )
    given(evolve, *HANDLED).when(evaluation.comment_on_score, wish, by=LEAD).then_refused(
        "wrong_state", "not_evaluated"
    )
