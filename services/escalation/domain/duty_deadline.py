"""报到各环节的期限: warned of, missed, and moved with the issue's."""

from datetime import datetime

from services.escalation.domain.duty import Duty, DutyState, deadline, owes
from services.escalation.domain.terms import Terms
from shared.events.escalation import (
    DeadlineMove,
    DutyDeadlineMissed,
    DutyDeadlineMoved,
    DutyDeadlineNear,
    DutyFact,
    DutyStep,
)
from shared.rules.calendar import Calendar
from shared.rules.deadline import Limit, part


def near(start: datetime, due: datetime, terms: Terms) -> datetime:
    """When a department is warned of a deadline."""
    return part(start, due, terms.near_percent / 100)


def not_after(issue_due: datetime, step_due: datetime, start: datetime) -> datetime:
    """No step is due after the issue itself, unless that was over before the step began."""
    return min(step_due, issue_due) if issue_due > start else step_due


def warn(before: Duty | None, step: DutyStep, *, version: int, now: datetime) -> list[DutyFact]:
    """临期提醒; one that would come when the step is missed already is left out."""
    if before is None or version != before.deadline_version or not owes(before, step) or step in before.warned:
        return []
    moments = deadline(before, step)
    if moments is None or now >= moments[1]:
        return []
    return [
        DutyDeadlineNear(
            issue=before.issue_ref,
            department=before.department,
            step=step,
            due_at=moments[1],
            deadline_version=version,
        )
    ]


def miss(before: Duty | None, step: DutyStep, *, due_at: datetime, version: int) -> list[DutyFact]:
    """逾期: the step is still owed at its deadline."""
    if before is None or version != before.deadline_version or not owes(before, step):
        return []
    return [
        DutyDeadlineMissed(
            issue=before.issue_ref,
            department=before.department,
            step=step,
            due_at=due_at,
            deadline_version=version,
        )
    ]


def follow(
    before: Duty | None, move: DeadlineMove, *, due_at: datetime | None, now: datetime, terms: Terms
) -> list[DutyFact]:
    """随事项变更期限: the issue's due date was extended, paused (None) or resumed."""
    if before is None or not _works(before):
        return []
    return [
        DutyDeadlineMoved(
            issue=before.issue_ref,
            department=before.department,
            move=move,
            acknowledge_by=before.acknowledge_by,
            acknowledge_near_at=before.acknowledge_near_at,
            check_in_by=before.check_in_by,
            check_in_near_at=before.check_in_near_at,
            due_at=due_at,
            due_near_at=near(now, due_at, terms) if due_at else None,
            deadline_version=before.deadline_version + 1,
            provisional=before.provisional,
        )
    ]


def recount(before: Duty | None, *, terms: Terms, calendar: Calendar) -> list[DutyFact]:
    """节假日安排公布后重算: what was counted without the holidays and is still owed.

    Never an earlier moment than the one that was told. `terms`: of the day of the call.
    """
    if before is None or not before.provisional or before.lifted or not _works(before):
        return []
    if calendar.provisional(before.check_in_by):
        return []
    limits = terms.limits[before.whistle]
    acknowledge_by, check_in_by = before.acknowledge_by, before.check_in_by
    if owes(before, DutyStep.ACKNOWLEDGE):
        acknowledge_by = max(acknowledge_by, _counted(before, limits.acknowledge, calendar))
    if owes(before, DutyStep.CHECK_IN):
        check_in_by = max(check_in_by, _counted(before, limits.check_in, calendar))
    return [
        DutyDeadlineMoved(
            issue=before.issue_ref,
            department=before.department,
            move=DeadlineMove.CALENDAR,
            acknowledge_by=acknowledge_by,
            acknowledge_near_at=near(before.called_at, acknowledge_by, terms),
            check_in_by=check_in_by,
            check_in_near_at=near(before.called_at, check_in_by, terms),
            due_at=before.due_at,
            due_near_at=before.due_near_at,
            deadline_version=before.deadline_version + 1,
            provisional=calendar.provisional(check_in_by),
        )
    ]


def _counted(duty: Duty, limit: Limit, calendar: Calendar) -> datetime:
    """By this calendar, and not after the issue itself."""
    by = limit.after(duty.called_at, calendar)
    return not_after(duty.due_at, by, duty.called_at) if duty.due_at else by


def _works(duty: Duty) -> bool:
    return duty.state in (DutyState.CALLED, DutyState.OBJECTED, DutyState.ACKNOWLEDGED, DutyState.CHECKED_IN)
