"""处置: the departments have come, plan, report, and the caller confirms on site that it is solved."""

from collections.abc import Collection
from datetime import datetime

from services.escalation.domain.asked import PlanAction, Reopen, ReportProgress, Resolve
from services.escalation.domain.duty import PRESENT, Duty, DutyState
from services.escalation.domain.issue import Issue, IssueState, born, must_be, must_call
from services.escalation.domain.terms import Terms
from shared.events.escalation import (
    ActionPlanned,
    DutyRole,
    IssueFact,
    IssueMustered,
    IssueProgressed,
    IssueReopened,
    IssueResolved,
)
from shared.rules.attachment import unknown_files
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar


def muster(before: Issue | None, *, duties: Collection[Duty], now: datetime) -> list[IssueFact]:
    """集结到位: the lead and every department that is not excused have checked in."""
    if before is None or before.state is not IssueState.ESCALATED:
        return []
    expected = [duty for duty in duties if duty.state is not DutyState.EXCUSED]
    led = any(duty.role is DutyRole.LEAD for duty in expected)
    if led and all(duty.state in PRESENT for duty in expected):
        return [IssueMustered(sources=before.sources, mustered_at=now)]
    return []


def plan(before: Issue | None, asked: PlanAction, *, by: str, duties: Collection[Duty]) -> list[IssueFact]:
    """行动方案 by the lead department: every step has an owner among those who came and a date within the limit."""
    issue = born(before)
    here = {duty.department for duty in duties if duty.state in PRESENT}
    refuse(
        must_be(issue, IssueState.MUSTERED, IssueState.PLANNED, IssueState.HANDLING),
        issue.lead != by and Reason("not_the_lead", "行动方案由主责部门制定"),
        *(
            Reason("owner_not_here", "步骤的责任部门须已报到", f"/steps/{number}/owner")
            for number, step in enumerate(asked.steps)
            if step.owner not in here
        ),
        *(
            Reason("step_after_due", "步骤的期限不能晚于办结期限", f"/steps/{number}/due_at")
            for number, step in enumerate(asked.steps)
            if issue.due_at is not None and step.due_at > issue.due_at
        ),
    )
    return [ActionPlanned(sources=issue.sources, by=by, steps=asked.steps)]


def progress(
    before: Issue | None, asked: ReportProgress, *, by: str, duties: Collection[Duty], kept: Collection[str] = ()
) -> list[IssueFact]:
    """填报进展 by a department that has checked in. `kept`: checksums of the attachments of its duty."""
    issue = born(before)
    here = any(duty.department == by and duty.state in PRESENT for duty in duties)
    refuse(
        must_be(issue, IssueState.PLANNED, IssueState.HANDLING),
        not here and Reason("not_checked_in", "只有已报到的部门可以填报进展"),
        not (asked.done or asked.evidence or asked.note) and Reason("nothing_reported", "须填写工程量、佐证或说明"),
        *unknown_files(asked.evidence, kept, "/evidence"),
    )
    return [IssueProgressed(sources=issue.sources, by=by, done=asked.done, evidence=asked.evidence, note=asked.note)]


def resolve(
    before: Issue | None, asked: Resolve, *, by: str, duties: Collection[Duty], now: datetime
) -> list[IssueFact]:
    """确认解决 by the caller on site, after the lead department has finished."""
    issue = born(before)
    finished = any(duty.role is DutyRole.LEAD and duty.state is DutyState.FINISHED for duty in duties)
    refuse(
        must_be(issue, IssueState.HANDLING),
        must_call(issue, by),
        not asked.on_site and Reason("not_on_site", "须现场确认", "/on_site"),
        not finished and Reason("lead_unfinished", "主责部门尚未办结"),
    )
    late = issue.paused_at is None and issue.due_at is not None and now > issue.due_at
    return [IssueResolved(sources=issue.sources, confirmed_at=now, result=asked.result, late=late)]


def reopen(
    before: Issue | None, asked: Reopen, *, by: str, now: datetime, terms: Terms, calendar: Calendar
) -> list[IssueFact]:
    """重新处置: the caller finds it unsolved, and names a new due date within the longest limit of its kind [D]."""
    issue = born(before)
    latest = terms.limits[issue.whistle].longest(hard=True).after(now, calendar)
    refuse(
        must_be(issue, IssueState.RESOLVED),
        must_call(issue, by),
        asked.due_at <= now and Reason("due_past", "办结期限须晚于现在", "/due_at"),
        asked.due_at > latest and Reason("due_too_late", "办结期限超过该类吹哨的最长时限", "/due_at"),
    )
    return [
        IssueReopened(
            sources=issue.sources,
            reason=asked.reason,
            due_at=asked.due_at,
            deadline_version=issue.deadline_version + 1,
            reopened_at=now,
        )
    ]
