"""挂账: what policy, planning, history, a lawsuit or money blocks. The only thing that stops the clock."""

from datetime import datetime, timedelta

from services.intake.domain.asked import Because, RequestListing, ReviewListing
from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.standing import known, not_the_lead, outside, public, unless
from services.intake.domain.terms import Terms
from shared.events.intake import (
    ComplaintFact,
    ComplaintListed,
    ListingDenied,
    ListingEnded,
    ListingEndGround,
    ListingRequested,
    ListingReviewed,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar


def request_listing(
    before: Complaint | None, asked: RequestListing, *, now: datetime, terms: Terms
) -> list[ComplaintFact]:
    """申请挂账: while it is handled, or when the rehandlings are used up; explained to the complainant before [S]."""
    complaint = known(before)
    if complaint.listing is asked.reason:
        return []
    refuse(
        _not_listable(complaint, terms),
        not_the_lead(complaint, asked.unit),
        complaint.listing is not None and Reason("asked_before", "已有待审批的挂账申请"),
        _excepted(complaint),
        outside(asked.explained_at, complaint.received_at, now, "/explained_at"),
    )
    return [
        ListingRequested(
            unit=asked.unit,
            reason=asked.reason,
            explained_at=asked.explained_at,
            plan=public(complaint, asked.plan),
        )
    ]


def grant_listing(before: Complaint | None, *, now: datetime, terms: Terms, calendar: Calendar) -> list[ComplaintFact]:
    """同意挂账 by the town leader: suspends the due date."""
    complaint = known(before)
    if complaint.state is ComplaintState.LISTED:
        return []
    refuse(_not_listable(complaint, terms), _nothing_asked(complaint), _excepted(complaint))
    assert complaint.listing is not None
    assert complaint.due_at is not None
    return [
        ComplaintListed(
            reason=complaint.listing,
            listed_at=now,
            review_by=terms.listing.review.after(now, calendar),
            ends_by=terms.listing.longest.after(now, calendar),
            rest_seconds=max(0, int((complaint.due_at - now).total_seconds())),
            deadline_version=complaint.deadline_version + 1,
        )
    ]


def deny_listing(before: Complaint | None, asked: Because, *, terms: Terms) -> list[ComplaintFact]:
    """不同意挂账: the clock has never stopped."""
    complaint = known(before)
    refuse(_not_listable(complaint, terms), _nothing_asked(complaint))
    return [ListingDenied(why=public(complaint, asked.reason))]


def review_listing(
    before: Complaint | None, asked: ReviewListing, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """挂账复核: it still stands; renewed, its longest time begins anew."""
    complaint = known(before)
    refuse(unless(complaint, ComplaintState.LISTED))
    assert complaint.listing_ends_by is not None
    return [
        ListingReviewed(
            reviewed_at=now,
            review_by=terms.listing.review.after(now, calendar),
            ends_by=terms.listing.longest.after(now, calendar) if asked.renew else complaint.listing_ends_by,
            finding=public(complaint, asked.finding),
        )
    ]


def end_listing(before: Complaint | None, *, now: datetime, terms: Terms, calendar: Calendar) -> list[ComplaintFact]:
    """销账: what blocked it is gone. The rest of the limit is restored, but a day at least."""
    complaint = known(before)
    refuse(unless(complaint, ComplaintState.LISTED))
    return [_ended(complaint, ListingEndGround.UNBLOCKED, now, terms, calendar)]


def expire(
    before: Complaint | None, *, due_at: datetime, version: int, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """挂账期满: nobody renewed it. The rest of the limit is restored from the moment this is noticed."""
    if before is None or before.state is not ComplaintState.LISTED:
        return []
    if (before.listing_ends_by, before.listing_reviews) != (due_at, version) or now < due_at:
        return []
    return [_ended(before, ListingEndGround.EXPIRED, now, terms, calendar)]


def _ended(
    complaint: Complaint, ground: ListingEndGround, now: datetime, terms: Terms, calendar: Calendar
) -> ListingEnded:
    rest = now + timedelta(seconds=complaint.rest_seconds)
    return ListingEnded(
        ground=ground,
        ended_at=now,
        due_at=max(rest, terms.listing.least_rest.after(now, calendar)),
        deadline_version=complaint.deadline_version + 1,
    )


def _not_listable(complaint: Complaint, terms: Terms) -> Reason | None:
    """Handled, or called back in vain after the last rehandling: then the leader decides listing or exception."""
    last = complaint.reopenings >= terms.rehandling.times
    if complaint.state is ComplaintState.CALLED_BACK and last and complaint.callback and not complaint.callback.good:
        return None
    return unless(complaint, ComplaintState.IN_PROGRESS)


def _excepted(complaint: Complaint) -> Reason | None:
    """Exception or listing, not both: a listing goes on to a new callback, which an exception makes needless."""
    return Reason("exception_approved", "已批准例外办结，不再挂账") if complaint.exception else None


def _nothing_asked(complaint: Complaint) -> Reason | None:
    return None if complaint.listing else Reason("nothing_asked", "没有待审批的挂账申请")
