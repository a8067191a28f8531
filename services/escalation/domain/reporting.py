"""报到: a department is called, answers, comes, does its part, and leaves when it is released."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from services.escalation.domain.asked import Because, CheckIn, FinishDuty, ObjectToDuty, ReassignLead
from services.escalation.domain.duty import ENDED, PRESENT, Duty, DutyState, born, must_be, must_call, must_own
from services.escalation.domain.duty_deadline import near, not_after
from services.escalation.domain.issue import SOLVED, Issue
from services.escalation.domain.terms import Terms
from shared.events.base import ref
from shared.events.escalation import (
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
)
from shared.rules.attachment import unknown_files
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town


def call(
    before: Duty | None,
    department: str,
    role: DutyRole,
    *,
    issue: Issue,
    issue_id: UUID,
    now: datetime,
    terms: Terms,
    calendar: Calendar,
) -> list[DutyFact]:
    """召集部门 of an escalated issue. No step is due after the issue itself, as long as that is not over."""
    if before and before.state is not DutyState.EXCUSED:
        return []
    assert issue.caller is not None, "only an escalated issue calls"
    assert issue.community is not None
    assert issue.due_at is not None
    limits = terms.limits[issue.whistle]
    acknowledge_by = not_after(issue.due_at, limits.acknowledge.after(now, calendar), now)
    check_in_by = not_after(issue.due_at, limits.check_in.after(now, calendar), now)
    due_at = None if issue.paused_at else issue.due_at
    return [
        DutyCalled(
            issue=ref("issue", issue_id),
            department=department,
            role=role,
            caller=issue.caller,
            community=issue.community,
            whistle=issue.whistle,
            called_at=now,
            acknowledge_by=acknowledge_by,
            acknowledge_near_at=near(now, acknowledge_by, terms),
            check_in_by=check_in_by,
            check_in_near_at=near(now, check_in_by, terms),
            due_at=due_at,
            due_near_at=near(now, due_at, terms) if due_at else None,
            deadline_version=before.deadline_version + 1 if before else 1,
            provisional=limits.counts_working_time and calendar.provisional(check_in_by),
            sources=issue.sources,
            communities=issue.communities,
        )
    ]


def acknowledge(before: Duty | None, *, by: str, now: datetime) -> list[DutyFact]:
    """部门响应."""
    duty = born(before)
    if duty.state is DutyState.ACKNOWLEDGED and duty.department == by:
        return []
    refuse(must_own(duty, by), must_be(duty, DutyState.CALLED))
    return [_acknowledged(duty, now)]


def check_in(before: Duty | None, asked: CheckIn, *, by: str, now: datetime) -> list[DutyFact]:
    """部门报到; who comes without having answered has answered by coming."""
    duty = born(before)
    refuse(must_own(duty, by), must_be(duty, DutyState.CALLED, DutyState.ACKNOWLEDGED))
    arrival = DepartmentCheckedIn(
        issue=duty.issue_ref,
        department=duty.department,
        checked_in_at=now,
        mode=asked.mode,
        late=now > duty.check_in_by,
        sources=duty.sources,
    )
    return [_acknowledged(duty, now), arrival] if duty.state is DutyState.CALLED else [arrival]


def _acknowledged(duty: Duty, now: datetime) -> DutyAcknowledged:
    return DutyAcknowledged(
        issue=duty.issue_ref, department=duty.department, acknowledged_at=now, late=now > duty.acknowledge_by
    )


def object_to(before: Duty | None, asked: ObjectToDuty, *, by: str, now: datetime, town: Town) -> list[DutyFact]:
    """提出职责异议: before the limit of acknowledging, once per call. The clock runs on."""
    duty = born(before)
    refuse(
        must_own(duty, by),
        must_be(duty, DutyState.CALLED),
        now > duty.acknowledge_by and Reason("too_late", "响应时限已过，不能再提异议"),
        duty.objected and Reason("objected_before", "异议只能提出一次"),
        asked.proposed is not None
        and town.unit(asked.proposed) is None
        and Reason("unknown_unit", "没有这个单位", "/proposed"),
        asked.proposed == duty.department and Reason("proposes_itself", "须提议另一个单位", "/proposed"),
    )
    return [
        DutyObjected(
            issue=duty.issue_ref,
            department=duty.department,
            objected_at=now,
            reason=asked.reason,
            proposed=asked.proposed,
        )
    ]


def reject_objection(before: Duty | None, asked: Because) -> list[DutyFact]:
    """异议不成立, decided by the town."""
    duty = born(before)
    refuse(must_be(duty, DutyState.OBJECTED))
    return [ObjectionRejected(issue=duty.issue_ref, department=duty.department, reason=asked.reason)]


def hand_over(before: Duty | None, asked: ReassignLead) -> list[DutyFact]:
    """交出主责: the department whose objection holds is excused, because another one leads."""
    duty = born(before)
    return [DutyExcused(issue=duty.issue_ref, department=duty.department, reason=asked.reason, successor=asked.lead)]


def take_lead(before: Duty | None, asked: ReassignLead) -> list[DutyFact]:
    """接任主责: a supporting department leads from now on, with the limits it has."""
    duty = born(before)
    if duty.role is DutyRole.LEAD:
        return []
    return [DutyMadeLead(issue=duty.issue_ref, department=duty.department, reason=asked.reason)]


def excuse(before: Duty | None, asked: Because, *, by: str, issue: Issue | None) -> list[DutyFact]:
    """免予报到 by the caller, before the department has come. The lead is never empty: it is reassigned instead."""
    duty = born(before)
    if duty.state is DutyState.EXCUSED:
        return []
    refuse(
        must_call(duty, by),
        must_be(duty, DutyState.CALLED, DutyState.OBJECTED, DutyState.ACKNOWLEDGED),
        duty.role is DutyRole.LEAD and Reason("lead_never_empty", "主责部门不能空缺，请改派"),
        issue is not None and issue.state in SOLVED and Reason("solved", "问题已解决，请考核后放行"),
    )
    return [DutyExcused(issue=duty.issue_ref, department=duty.department, reason=asked.reason)]


def finish(
    before: Duty | None, asked: FinishDuty, *, by: str, now: datetime, kept: Collection[str] = ()
) -> list[DutyFact]:
    """部门办结; the department stays until it is released. `kept`: checksums of the duty's attachments."""
    duty = born(before)
    refuse(
        must_own(duty, by),
        must_be(duty, DutyState.CHECKED_IN),
        *unknown_files(asked.evidence, kept, "/evidence"),
    )
    return [
        DutyFinished(
            issue=duty.issue_ref,
            department=duty.department,
            finished_at=now,
            late=duty.due_at is not None and now > duty.due_at,
            done=asked.done,
            evidence=asked.evidence,
            note=asked.note,
        )
    ]


def release(before: Duty | None, *, by: str, issue: Issue | None, now: datetime) -> list[DutyFact]:
    """部门撤离: by the caller alone, and not before the issue is solved (事不完、人不撤)."""
    duty = born(before)
    if duty.state is DutyState.RELEASED:
        return []
    refuse(
        must_call(duty, by),
        duty.state is DutyState.EXCUSED and Reason("excused", "该部门已免予报到"),
        (issue is None or issue.state not in SOLVED) and Reason("unsolved", "事不完、人不撤：问题尚未确认解决"),
    )
    return [_released(duty, now)]


def lift_deadlines(before: Duty | None) -> list[DutyFact]:
    """期限解除: the caller has confirmed that the issue is solved; what this department still owed is owed no more."""
    if before is None or before.lifted or before.state in (*ENDED, DutyState.FINISHED):
        return []
    return [DutyDeadlinesLifted(issue=before.issue_ref, department=before.department)]


def call_back(before: Duty | None, *, due_at: datetime, now: datetime, terms: Terms) -> list[DutyFact]:
    """继续处置: the issue is reopened; everybody but the excused comes back."""
    if before is None or before.state is DutyState.EXCUSED:
        return []
    return [
        DutyReopened(
            issue=before.issue_ref,
            department=before.department,
            due_at=due_at,
            due_near_at=near(now, due_at, terms),
            deadline_version=before.deadline_version + 1,
        )
    ]


def dismiss(before: Duty | None, asked: Because, *, now: datetime) -> list[DutyFact]:
    """撤哨后撤离: the whistle was withdrawn; who has come is released, who has not is excused."""
    if before is None or before.state in ENDED:
        return []
    if before.state in PRESENT:
        return [_released(before, now)]
    return [DutyExcused(issue=before.issue_ref, department=before.department, reason=asked.reason)]


def _released(duty: Duty, now: datetime) -> DepartmentReleased:
    return DepartmentReleased(
        issue=duty.issue_ref,
        department=duty.department,
        released_at=now,
        finished=duty.state is DutyState.FINISHED,
    )
