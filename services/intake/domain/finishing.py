"""办结、回访、重办、例外、归档."""

from datetime import datetime

from services.intake.domain.asked import ApproveException, Finish, RecordCallback, TryCallback
from services.intake.domain.clock import due_date
from services.intake.domain.complaint import CONTENT, Complaint, ComplaintState
from services.intake.domain.standing import known, not_the_lead, outside, public, unless
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CallbackRecorded,
    CallbackTried,
    CloseGround,
    ComplaintClosed,
    ComplaintFact,
    ComplaintFinished,
    ComplaintReopened,
    ComplaintSupervised,
    ExceptionApproved,
    ExceptionGround,
    HardCaseMarked,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI


def finish(
    before: Complaint | None, asked: Finish, *, open_routes: int, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """办结: after contact, with no open route; when, with whom, what."""
    complaint = known(before)
    refuse(
        unless(complaint, ComplaintState.IN_PROGRESS),
        not_the_lead(complaint, asked.unit),
        open_routes > 0 and Reason("open_routes", f"还有 {open_routes} 项转办没有办结"),
        outside(asked.finished_at, _earliest_finish(complaint), now, "/finished_at"),
    )
    return [
        ComplaintFinished(
            lead=asked.unit,
            finished_at=asked.finished_at,
            spoken_with=asked.spoken_with,
            measure=public(complaint, asked.measure),
            late=complaint.due_at is not None and asked.finished_at > complaint.due_at,
            callback_by=terms.callback.span.after(now, calendar),
        )
    ]


def _earliest_finish(complaint: Complaint) -> datetime:
    """After the first contact; handled again: after it was finished before and reopened, for that did not suffice."""
    steps = (complaint.received_at, complaint.first_contact_at, complaint.finished_at, complaint.reopened_at)
    return max(step for step in steps if step is not None)


def try_callback(before: Complaint | None, asked: TryCallback, *, now: datetime, terms: Terms) -> list[ComplaintFact]:
    """回访未成: at different hours of the day; the last try makes the complainant unreachable."""
    complaint = known(before)
    if asked.tried_at in complaint.callback_tries:
        return []
    hours = {_hour(tried_at) for tried_at in complaint.callback_tries}
    refuse(
        unless(complaint, ComplaintState.FINISHED),
        outside(asked.tried_at, complaint.finished_at or complaint.received_at, now, "/tried_at"),
        _hour(asked.tried_at) in hours and Reason("same_hour", "各次回访须在一天中的不同时段", "/tried_at"),
    )
    tries = len(complaint.callback_tries) + 1
    tried = CallbackTried(tried_at=asked.tried_at, outcome=asked.outcome, tries=tries)
    if tries < terms.callback.tries:
        return [tried]
    unreachable = CallbackRecorded(
        called_at=asked.tried_at, valid=False, contacted=None, resolved=None, satisfaction=None
    )
    return [tried, unreachable]


def record_callback(
    before: Complaint | None, asked: RecordCallback, *, now: datetime, terms: Terms
) -> list[ComplaintFact]:
    """回访 with clear answers. The city's own counts instead of the town's, whenever it comes (default 7).

    A bad answer after the last rehandling makes it a hard case under supervision. After its end a complaint stays closed:
    the city's answer counts in the figures, and is all that is said.
    """
    complaint = known(before)
    said = CallbackRecorded(
        called_at=asked.called_at,
        valid=True,
        contacted=asked.contacted,
        resolved=asked.resolved,
        satisfaction=asked.satisfaction,
        by_city=asked.by_city,
    )
    refuse(
        not _replaces(complaint, asked) and unless(complaint, ComplaintState.FINISHED),
        outside(asked.called_at, complaint.finished_at or complaint.received_at, now, "/called_at"),
    )
    good = asked.resolved and asked.satisfaction in CONTENT
    if good or complaint.reopenings < terms.rehandling.times or complaint.state is ComplaintState.CLOSED:
        return [said]
    reason = "重办后仍未解决或不满意"
    facts: list[ComplaintFact] = [said]
    if not complaint.hard:
        facts.append(HardCaseMarked(reason=reason))
    if not complaint.supervised:
        facts.append(ComplaintSupervised(reason=reason))
    return facts


def reopen(before: Complaint | None, *, now: datetime, terms: Terms, calendar: Calendar) -> list[ComplaintFact]:
    """重办: not resolved, or below BASICALLY; at most twice, half the limit each, but a day at least."""
    complaint = known(before)
    callback = complaint.callback
    refuse(
        unless(complaint, ComplaintState.CALLED_BACK),
        complaint.reopenings >= terms.rehandling.times and Reason("reopened_before", "重办次数已用完"),
        callback is not None and not callback.valid and Reason("unreachable", "诉求人无法联系，不能据此重办"),
        callback is not None and callback.good and Reason("satisfied", "回访已解决且满意，无须重办"),
    )
    due_at, provisional = due_date(complaint.urgency, now, rehandling=True, terms=terms, calendar=calendar)
    return [
        ComplaintReopened(
            reopening=complaint.reopenings + 1,
            reopened_at=now,
            due_at=due_at,
            deadline_version=complaint.deadline_version + 1,
            provisional=provisional,
        )
    ]


def approve_exception(before: Complaint | None, asked: ApproveException, *, terms: Terms) -> list[ComplaintFact]:
    """批准例外办结 by the town leader: unreasonable, or handled again as often as allowed."""
    complaint = known(before)
    callback = complaint.callback
    if complaint.exception is asked.ground and complaint.state is ComplaintState.CALLED_BACK:
        return []
    refuse(
        unless(complaint, ComplaintState.CALLED_BACK),
        callback is not None and callback.good and Reason("satisfied", "回访已解决且满意，无须例外"),
        asked.ground is ExceptionGround.REHANDLED
        and complaint.reopenings < terms.rehandling.times
        and Reason("not_rehandled", "重办次数未用完", "/ground"),
    )
    return [ExceptionApproved(ground=asked.ground, why=public(complaint, asked.reason))]


def close(before: Complaint | None, *, now: datetime, terms: Terms, calendar: Calendar) -> list[ComplaintFact]:
    """归档: resolved and at least basically satisfied, or unreachable, or by exception."""
    complaint = known(before)
    if complaint.state is ComplaintState.CLOSED:
        return []
    ground = _ground(complaint)
    refuse(
        unless(complaint, ComplaintState.CALLED_BACK),
        ground is None and Reason("not_resolved", "未解决或不满意：须重办、挂账或批准例外"),
    )
    assert ground is not None
    return [ComplaintClosed(ground=ground, closed_at=now, retain_until=terms.retention.after_end.after(now, calendar))]


def _ground(complaint: Complaint) -> CloseGround | None:
    callback = complaint.callback
    if callback is not None and callback.good:
        return CloseGround.SATISFIED
    if complaint.exception is not None:
        return CloseGround.EXCEPTION
    return CloseGround.UNREACHABLE if callback is not None and not callback.valid else None


def _replaces(complaint: Complaint, asked: RecordCallback) -> bool:
    own = complaint.callback is not None and not complaint.callback.by_city
    return complaint.state in (ComplaintState.CALLED_BACK, ComplaintState.CLOSED) and asked.by_city and own


def _hour(moment: datetime) -> int:
    return moment.astimezone(SHANGHAI).hour
