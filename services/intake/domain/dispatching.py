"""派单、签收、退单."""

from datetime import datetime
from typing import Literal

from services.intake.domain.asked import Accept, Because, Dispatch, RequestReturn
from services.intake.domain.clock import due_date
from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.dispatch_rules import DispatchRules, propose, seen
from services.intake.domain.standing import known, not_the_lead, public, unknown_unit, unless
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CONFIDENTIAL,
    ComplaintAccepted,
    ComplaintDispatched,
    ComplaintFact,
    ComplaintReturned,
    ComplaintReturnRequested,
    ReturnRejected,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town


def dispatch(
    before: Complaint | None,
    asked: Dispatch,
    *,
    now: datetime,
    terms: Terms,
    calendar: Calendar,
    town: Town,
    rules: DispatchRules | None = None,
) -> list[ComplaintFact]:
    """派单: lead unit, urgency, due date. After a return the due date still counts from the first dispatch.

    A person decides; what `rules` would have proposed of the complaint as it stood is remembered beside it. Of a
    confidential complaint it is not: a rule's name can tell the category.
    """
    complaint = known(before)
    if complaint.state is ComplaintState.DISPATCHED and _as_it_stands(complaint, asked):
        return []
    refuse(
        unless(complaint, ComplaintState.RECEIVED),
        unknown_unit(town, asked.lead, "/lead"),
        *_unknown_anchor(complaint, asked, town),
    )
    clock_from = complaint.clock_from or now
    due_at, provisional = due_date(asked.urgency, clock_from, rehandling=False, terms=terms, calendar=calendar)
    same_due_date = due_at == complaint.due_at
    place = asked.place or (None if _moved(complaint, asked) else complaint.place)
    proposal = None
    if rules is not None and not complaint.confidential:
        proposal = propose(seen(complaint), now, rules, calendar, town)
    return [
        ComplaintDispatched(
            lead=asked.lead,
            first_handler=complaint.first_handler or asked.lead,
            dispatch=complaint.dispatches + 1,
            urgency=asked.urgency,
            community=_community(complaint, asked, town),
            category=complaint.category if complaint.confidential else asked.category or complaint.category,
            place=None if complaint.confidential else place,
            dispatched_at=now,
            clock_from=clock_from,
            accept_by=terms.accept[asked.urgency].after(now, calendar),
            contact_by=terms.first_contact[asked.urgency].after(now, calendar),
            due_at=due_at,
            deadline_version=complaint.deadline_version + (0 if same_due_date else 1),
            provisional=provisional,
            proposed_by=proposal.rule if proposal else None,
            followed=proposal.lead == asked.lead if proposal else None,
        )
    ]


def _as_it_stands(complaint: Complaint, asked: Dispatch) -> bool:
    """Of a confidential complaint nobody can see here what is hidden: only unit, urgency and community are compared."""
    pairs = [
        (asked.lead, complaint.lead),
        (asked.urgency, complaint.urgency),
        (asked.community or complaint.community, complaint.community),
    ]
    if not complaint.confidential:
        pairs.append((asked.category or complaint.category, complaint.category))
        pairs.append((asked.place or complaint.place, complaint.place))
    return all(wanted == stands for wanted, stands in pairs)


def _moved(complaint: Complaint, asked: Dispatch) -> bool:
    """Another community: the place that was known does not lie in it."""
    return asked.community is not None and asked.community != complaint.community


def _community(complaint: Complaint, asked: Dispatch, town: Town) -> str | None:
    """A place tells its community, where nobody has said it."""
    found = town.place(asked.place)
    return asked.community or complaint.community or (found.community if found else None)


def _unknown_anchor(complaint: Complaint, asked: Dispatch, town: Town) -> tuple[Reason | Literal[False], ...]:
    found, community = town.place(asked.place), asked.community or complaint.community
    return (
        asked.community is not None
        and town.community(asked.community) is None
        and Reason("unknown_community", "没有这个社区（村）", "/community"),
        asked.category is not None
        and (asked.category == CONFIDENTIAL or town.category(asked.category) is None)
        and Reason("unknown_category", "没有这个诉求分类", "/category"),
        asked.place is not None and found is None and Reason("unknown_place", "地名表中没有这个地点", "/place"),
        found is not None
        and community is not None
        and found.community != community
        and Reason("place_elsewhere", "地点不属于该社区（村）", "/place"),
    )


def accept(before: Complaint | None, asked: Accept, *, now: datetime) -> list[ComplaintFact]:
    """签收 by the lead unit."""
    complaint = known(before)
    if complaint.state is ComplaintState.ACCEPTED and asked.unit == complaint.lead:
        return []
    refuse(unless(complaint, ComplaintState.DISPATCHED), not_the_lead(complaint, asked.unit))
    late = complaint.accept_by is not None and now > complaint.accept_by
    return [ComplaintAccepted(lead=asked.unit, accepted_at=now, late=late)]


def request_return(
    before: Complaint | None, asked: RequestReturn, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """申请退单: inside the window from the dispatch, once per unit; the clock runs on."""
    complaint = known(before)
    if complaint.state is ComplaintState.RETURN_REQUESTED and (asked.unit, asked.reason) == (
        complaint.lead,
        complaint.return_reason,
    ):
        return []
    window = terms.returns.window[complaint.urgency]
    sent = complaint.dispatched_at
    refuse(
        unless(complaint, ComplaintState.DISPATCHED),
        not_the_lead(complaint, asked.unit),
        asked.unit in complaint.returned_by and Reason("returned_before", "每个单位只能申请退单一次", "/unit"),
        sent is not None and now > window.after(sent, calendar) and Reason("window_over", "已过申请退单的时限"),
    )
    return [
        ComplaintReturnRequested(
            lead=asked.unit,
            reason=asked.reason,
            note=public(complaint, asked.note) if asked.note else None,
            requested_at=now,
            decide_by=terms.returns.decision.after(now, calendar),
        )
    ]


def approve_return(before: Complaint | None) -> list[ComplaintFact]:
    """同意退单: decided by the dispatcher."""
    complaint = known(before)
    refuse(unless(complaint, ComplaintState.RETURN_REQUESTED))
    assert complaint.lead is not None
    assert complaint.return_reason is not None
    return [ComplaintReturned(lead=complaint.lead, reason=complaint.return_reason)]


def reject_return(before: Complaint | None, asked: Because) -> list[ComplaintFact]:
    """不同意退单: the same unit, the same clock."""
    complaint = known(before)
    refuse(unless(complaint, ComplaintState.RETURN_REQUESTED))
    assert complaint.lead is not None
    return [ReturnRejected(lead=complaint.lead, why=public(complaint, asked.reason))]
