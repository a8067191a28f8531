"""待办: what a called department owes next, and what it may do now."""

from datetime import datetime

from services.escalation.domain.duty import ENDED, PRESENT, Duty, DutyState, deadline, is_owed
from services.escalation.domain.issue import SOLVED, Issue, IssueState
from shared.events.escalation import DutyStep

OPEN_DUTIES = tuple(state for state in DutyState if state not in ENDED)
"""The department is awaited, at work, or waiting for its release."""


def owed_next(duty: Duty) -> tuple[DutyStep, datetime] | None:
    """下一时限: the step that is due first, missed or not; None when nothing is owed, or the due date is paused."""
    owed = [
        (moments[1], step) for step in DutyStep if is_owed(duty, step) and (moments := deadline(duty, step)) is not None
    ]
    return (min(owed)[1], min(owed)[0]) if owed else None


def may(duty: Duty, issue: Issue, now: datetime) -> list[str]:
    """可办事项: the doors, by the names of their operations, that would not turn the department away for its state."""
    planned = issue.state in (IssueState.PLANNED, IssueState.HANDLING)
    answers = {
        "acknowledge_duty": duty.state is DutyState.CALLED,
        "object_to_duty": duty.state is DutyState.CALLED and not duty.objected and now <= duty.acknowledge_by,
        "check_in_department": duty.state in (DutyState.CALLED, DutyState.ACKNOWLEDGED),
        "plan_action": issue.lead == duty.department and (planned or issue.state is IssueState.MUSTERED),
        "report_issue_progress": duty.state in PRESENT and planned,
        "finish_duty": duty.state is DutyState.CHECKED_IN,
        "evaluate_whistle": duty.state is not DutyState.EXCUSED
        and issue.state in SOLVED
        and duty.department not in issue.whistle_evaluated_by,
    }
    return [name for name, fits in answers.items() if fits]
