"""办理: contact, progress, support, supervision, extension; and news of what moved a complaint elsewhere."""

from datetime import datetime
from fractions import Fraction

from services.intake.domain.asked import AddSupport, Because, Contact, ReportProgress, RequestExtension
from services.intake.domain.complaint import Complaint, ComplaintState, Step
from services.intake.domain.standing import (
    known,
    not_handling,
    not_the_lead,
    outside,
    public,
    unknown_unit,
    unless,
)
from services.intake.domain.terms import Terms
from shared.events.intake import (
    ComplainantContacted,
    ComplaintFact,
    ComplaintProgressed,
    ComplaintSupervised,
    ExtensionDenied,
    ExtensionGranted,
    ExtensionRequested,
    HardCaseMarked,
    SupportUnitAdded,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep, Urgency
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town

BEING_HANDLED = (ComplaintState.ACCEPTED, ComplaintState.IN_PROGRESS, ComplaintState.LISTED)
OPEN = (
    ComplaintState.RECEIVED,
    ComplaintState.DISPATCHED,
    ComplaintState.RETURN_REQUESTED,
    *BEING_HANDLED,
    ComplaintState.FINISHED,
    ComplaintState.CALLED_BACK,
)


def contact(before: Complaint | None, asked: Contact, *, now: datetime) -> list[ComplaintFact]:
    """联系诉求人: the first contact begins the handling."""
    complaint = known(before)
    refuse(
        unless(complaint, *BEING_HANDLED),
        not_handling(complaint, asked.unit),
        outside(asked.contacted_at, complaint.received_at, now, "/contacted_at"),
    )
    first = complaint.first_contact_at is None
    late = first and complaint.contact_by is not None and asked.contacted_at > complaint.contact_by
    return [
        ComplainantContacted(
            unit=asked.unit, contacted_at=asked.contacted_at, manner=asked.manner, first=first, late=late
        )
    ]


def report_progress(before: Complaint | None, asked: ReportProgress) -> list[ComplaintFact]:
    """报告进展 by a unit that handles it."""
    complaint = known(before)
    refuse(unless(complaint, *BEING_HANDLED), not_handling(complaint, asked.unit))
    return [ComplaintProgressed(step=ProgressStep.HANDLING, note=public(complaint, asked.note))]


def progressed(
    before: Complaint | None,
    *,
    step: ProgressStep,
    cause: str,
    via: str | None = None,
    stage: DisclosureStage | None = None,
    note: str | None = None,
) -> list[ComplaintFact]:
    """别处有进展: told in every state, after the end too, and once for each route or hotspot that leads here."""
    if before is None or Step(step, cause, via, stage) in before.steps:
        return []
    told = public(before, note) if note else None
    return [ComplaintProgressed(step=step, cause=cause, via=via, stage=stage, note=told)]


def add_support(before: Complaint | None, asked: AddSupport, *, town: Town) -> list[ComplaintFact]:
    """增加协办单位: the lead unit stays responsible."""
    complaint = known(before)
    if asked.unit in complaint.support:
        return []
    refuse(
        unless(complaint, ComplaintState.DISPATCHED, *BEING_HANDLED),
        unknown_unit(town, asked.unit, "/unit"),
        asked.unit == complaint.lead and Reason("is_the_lead_unit", "该单位已是主办单位", "/unit"),
    )
    return [SupportUnitAdded(unit=asked.unit)]


def supervise(before: Complaint | None, asked: Because) -> list[ComplaintFact]:
    """督办."""
    complaint = known(before)
    if complaint.supervised:
        return []
    refuse(unless(complaint, *OPEN))
    return [ComplaintSupervised(reason=public(complaint, asked.reason))]


def mark_hard(before: Complaint | None, asked: Because) -> list[ComplaintFact]:
    """列为疑难."""
    complaint = known(before)
    if complaint.hard:
        return []
    refuse(unless(complaint, *OPEN))
    return [HardCaseMarked(reason=public(complaint, asked.reason))]


def request_extension(
    before: Complaint | None, asked: RequestExtension, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """申请延期: before the due date, once, not CRITICAL, and at most the original limit more."""
    complaint = known(before)
    due_at, waits = complaint.due_at, complaint.extension_until is not None
    if asked.until == complaint.extension_until:
        return []
    most = terms.limits[complaint.urgency].times(Fraction(terms.extension.factor))
    refuse(
        unless(complaint, ComplaintState.ACCEPTED, ComplaintState.IN_PROGRESS),
        not_the_lead(complaint, asked.unit),
        complaint.urgency is Urgency.CRITICAL and Reason("critical", "特急诉求不得延期"),
        (waits or complaint.extensions >= terms.extension.times) and Reason("asked_before", "延期只能申请一次"),
        due_at is not None and now >= due_at and Reason("after_due", "须在办理期限届满前申请延期"),
        due_at is not None and asked.until <= due_at and Reason("not_later", "延期后的期限须晚于原期限", "/until"),
        due_at is not None
        and asked.until > most.after(due_at, calendar)
        and Reason("too_long", "延长时间不得超过原办理时限", "/until"),
    )
    return [
        ExtensionRequested(
            unit=asked.unit,
            until=asked.until,
            reason=public(complaint, asked.reason),
            requested_at=now,
            decide_by=terms.extension.decision.after(now, calendar),
        )
    ]


def grant_extension(before: Complaint | None, *, now: datetime) -> list[ComplaintFact]:
    """同意延期: a new deadline version."""
    complaint = known(before)
    until = complaint.extension_until
    refuse(
        _nothing_asked(complaint),
        until is not None and until <= now and Reason("too_late", "申请的期限已过，延期没有意义"),
        _earlier(complaint, until) and Reason("not_later", "期限已重算，申请的期限不再晚于它"),
    )
    assert until is not None
    return [ExtensionGranted(granted_at=now, due_at=until, deadline_version=complaint.deadline_version + 1)]


def deny_extension(before: Complaint | None, asked: Because) -> list[ComplaintFact]:
    """不同意延期: the due date stands."""
    complaint = known(before)
    refuse(_nothing_asked(complaint))
    return [ExtensionDenied(why=public(complaint, asked.reason))]


def _earlier(complaint: Complaint, until: datetime | None) -> bool:
    """A due date that was counted again may lie behind what was asked for before."""
    return until is not None and complaint.due_at is not None and until <= complaint.due_at


def _nothing_asked(complaint: Complaint) -> Reason | None:
    return None if complaint.extension_until else Reason("nothing_asked", "没有待审批的延期申请")
