"""双考核: the caller evaluates the departments, they evaluate the whistle; nobody scores itself."""

from collections.abc import Collection

from services.escalation.domain.asked import CommentOnScore, EvaluateDepartment, EvaluateWhistle
from services.escalation.domain.duty import ENDED as DUTY_ENDED
from services.escalation.domain.duty import Duty, DutyState
from services.escalation.domain.issue import SOLVED, TOWN_HALL, Issue, IssueState, born, must_be, must_call
from services.escalation.domain.terms import ScoreWeights, Terms
from shared.events.escalation import (
    DepartmentEvaluated,
    DepartmentScore,
    IssueClosed,
    IssueFact,
    ScoreCommented,
    WhistleEvaluated,
)
from shared.rules.broken import Reason, refuse


def acknowledged_in_time(duty: Duty) -> bool:
    """按时响应."""
    return duty.acknowledged_at is not None and not duty.acknowledged_late


def checked_in_in_time(duty: Duty) -> bool:
    """按时报到."""
    return duty.checked_in_at is not None and not duty.checked_in_late


def department_score(duty: Duty, *, solved: int, cooperation: int, weights: ScoreWeights) -> DepartmentScore:
    """部门得分: all points for what was in time and none for what was late; the caller's percentages of the rest.

    Halves of a point are rounded up.
    """
    acknowledge = weights.acknowledge if acknowledged_in_time(duty) else 0
    check_in = weights.check_in if checked_in_in_time(duty) else 0
    solved_points = _percent_of(weights.solved, solved)
    cooperation_points = _percent_of(weights.cooperation, cooperation)
    return DepartmentScore(
        acknowledge=acknowledge,
        check_in=check_in,
        solved=solved_points,
        cooperation=cooperation_points,
        total=acknowledge + check_in + solved_points + cooperation_points,
    )


def _percent_of(points: int, percent: int) -> int:
    return (points * percent + 50) // 100


def evaluate_department(
    before: Issue | None, asked: EvaluateDepartment, *, by: str, duties: Collection[Duty], terms: Terms
) -> list[IssueFact]:
    """考核部门 by the caller: every called department that was not excused, once."""
    issue = born(before)
    duty = _expected(duties).get(asked.department)
    refuse(
        must_be(issue, IssueState.RESOLVED),
        must_call(issue, by),
        asked.department == by and Reason("scores_itself", "不能给自己打分", "/department"),
        duty is None and Reason("not_called", "该部门未被召集或已免予报到", "/department"),
        asked.department in issue.scores and Reason("already_evaluated", "该部门已考核", "/department"),
    )
    assert duty is not None
    scored = issue.scores.keys() | {asked.department}
    return [
        DepartmentEvaluated(
            sources=issue.sources,
            by=by,
            department=asked.department,
            score=department_score(duty, solved=asked.solved, cooperation=asked.cooperation, weights=terms.score),
            acknowledged_in_time=acknowledged_in_time(duty),
            checked_in_in_time=checked_in_in_time(duty),
            comment=asked.comment,
            complete=bool(issue.whistle_evaluated_by) and scored >= _expected(duties).keys(),
        )
    ]


def comment_on_score(before: Issue | None, asked: CommentOnScore, *, by: str) -> list[IssueFact]:
    """得分申辩 by the department that was scored, once [D 28]: the score stands, and what it says stands beside it."""
    issue = born(before)
    refuse(
        must_be(issue, *SOLVED, IssueState.CLOSED),
        by not in issue.scores and Reason("not_evaluated", "该部门没有可以申辩的得分"),
        by in issue.score_comments and Reason("already_commented", "该部门已对得分作过申辩"),
    )
    return [ScoreCommented(sources=issue.sources, department=by, comment=asked.comment)]


def evaluate_whistle(
    before: Issue | None, asked: EvaluateWhistle, *, by: str, duties: Collection[Duty]
) -> list[IssueFact]:
    """考核哨源 by a called department or by the town hall, never by the caller."""
    issue = born(before)
    refuse(
        must_be(issue, *SOLVED),
        by == issue.caller and Reason("scores_itself", "不能给自己打分"),
        by not in (*_expected(duties), issue.caller, TOWN_HALL)
        and Reason("not_called", "只有被召集的部门和镇里可以考核哨源"),
        by in issue.whistle_evaluated_by and Reason("already_evaluated", "已考核过该哨源"),
    )
    return [
        WhistleEvaluated(
            sources=issue.sources,
            by=by,
            justified=asked.justified,
            clear=asked.clear,
            comment=asked.comment,
            complete=issue.scores.keys() >= _expected(duties).keys(),
        )
    ]


def close(before: Issue | None, *, by: str, duties: Collection[Duty]) -> list[IssueFact]:
    """吹哨办结 by the caller: both sides evaluated, every duty released or excused, and approved at last."""
    issue = born(before)
    if issue.state is IssueState.CLOSED:
        return []
    staying = [duty.department for duty in duties if duty.state not in DUTY_ENDED]
    refuse(
        must_be(issue, IssueState.EVALUATED),
        must_call(issue, by),
        issue.approved_at is None and Reason("not_approved", "尚未经镇领导确认"),
        bool(staying) and Reason("not_released", f"尚有部门未撤离: {'、'.join(sorted(staying))}"),
    )
    return [IssueClosed(sources=issue.sources)]


def _expected(duties: Collection[Duty]) -> dict[str, Duty]:
    return {duty.department: duty for duty in duties if duty.state is not DutyState.EXCUSED}
