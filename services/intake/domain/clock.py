"""时限: which limits run in which state, and what is said when one is near or missed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from functools import partial

from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.terms import Terms
from shared.events.intake import (
    ComplaintDeadlineNear,
    ComplaintDeadlineRecounted,
    ComplaintFact,
    ComplaintOverdue,
    ComplaintStep,
)
from shared.events.vocabulary import Urgency
from shared.rules.calendar import Calendar
from shared.rules.deadline import Clock, Watch, part

WARNED_AT = (50, 80)
"""临期提醒: percentages of the way to the due date at which the lead unit is reminded."""

RUNNING = frozenset(
    {
        ComplaintState.RECEIVED,
        ComplaintState.DISPATCHED,
        ComplaintState.RETURN_REQUESTED,
        ComplaintState.ACCEPTED,
        ComplaintState.IN_PROGRESS,
    }
)
"""Where the due date runs once it is set: a return does not stop it, only a listing does."""

LISTING_END = "listing-end"
"""The timer of a listing's longest time."""

RETENTION = "retention"
"""The timer of an ended complaint: then the vault forgets who asked."""

_NAMES = {
    ComplaintStep.ACCEPT: "accept",
    ComplaintStep.CONTACT: "contact",
    ComplaintStep.DUE: "due",
    ComplaintStep.RETURN_DECISION: "return-decision",
    ComplaintStep.EXTENSION_DECISION: "extension-decision",
    ComplaintStep.LISTING_REVIEW: "listing-review",
    ComplaintStep.CALLBACK: "callback",
}


def due_date(
    urgency: Urgency, start: datetime, *, rehandling: bool, terms: Terms, calendar: Calendar
) -> tuple[datetime, bool]:
    """办理期限 from `start`, for a rehandling half of it; and whether it is provisional: it counts working days, and the
    holidays of its year are not announced."""
    limit = terms.limits[urgency]
    if rehandling:
        limit = limit.times(Fraction(terms.rehandling.factor))
    due_at = limit.after(start, calendar)
    if rehandling:
        due_at = max(due_at, terms.rehandling.least.after(start, calendar))
    return due_at, limit.clock is not Clock.CALENDAR and calendar.provisional(due_at)


def recount(before: Complaint | None, *, terms: Terms, calendar: Calendar) -> list[ComplaintFact]:
    """节假日安排公布后重算: a due date counted without the holidays; never an earlier one, for it was told already.

    `terms`: of the moment from which the clock runs. What was warned of or missed is not said again.
    """
    if before is None or not before.provisional or before.state not in RUNNING:
        return []
    assert before.clock_from is not None
    assert before.due_at is not None
    due_at, provisional = due_date(
        before.urgency, before.clock_from, rehandling=before.reopenings > 0, terms=terms, calendar=calendar
    )
    if provisional:
        return []
    return [
        ComplaintDeadlineRecounted(
            due_at=max(due_at, before.due_at),
            deadline_version=before.deadline_version + 1,
            instead_of=before.due_at,
        )
    ]


def watches(state: Complaint) -> dict[str, Watch]:
    """The timers that run for this complaint."""
    found: dict[str, Watch] = {}
    for step, due_at, version in _limits(state):
        if due_at is not None and step not in state.missed:
            found[_NAMES[step]] = Watch(due_at, version)
    if state.state is ComplaintState.LISTED and state.listing_ends_by is not None:
        found[LISTING_END] = Watch(state.listing_ends_by, state.listing_reviews)
    if state.retain_until is not None:
        found[RETENTION] = Watch(state.retain_until)
    if _NAMES[ComplaintStep.DUE] in found and state.clock_from is not None and state.due_at is not None:
        for percent in WARNED_AT:
            if percent > state.near:
                moment = part(state.clock_from, state.due_at, Fraction(percent, 100))
                found[f"near-{percent}"] = Watch(moment, state.deadline_version)
    return found


def _limits(state: Complaint) -> list[tuple[ComplaintStep, datetime | None, int]]:
    """Which limits run: step, moment, version."""
    found: list[tuple[ComplaintStep, datetime | None, int]] = []
    if state.state in RUNNING:
        found.append((ComplaintStep.DUE, state.due_at, state.deadline_version))
        found.append((ComplaintStep.EXTENSION_DECISION, state.extension_decide_by, state.extensions))
    match state.state:
        case ComplaintState.DISPATCHED:
            found.append((ComplaintStep.ACCEPT, state.accept_by, state.dispatches))
            found.append((ComplaintStep.CONTACT, state.contact_by, state.dispatches))
        case ComplaintState.ACCEPTED:
            found.append((ComplaintStep.CONTACT, state.contact_by, state.dispatches))
        case ComplaintState.RETURN_REQUESTED:
            found.append((ComplaintStep.RETURN_DECISION, state.return_decide_by, len(state.returned_by)))
        case ComplaintState.LISTED:
            found.append((ComplaintStep.LISTING_REVIEW, state.listing_review_by, state.listing_reviews))
        case ComplaintState.FINISHED:
            found.append((ComplaintStep.CALLBACK, state.callback_by, state.finishes))
    return found


def near(
    before: Complaint | None, *, percent: int, due_at: datetime, version: int, now: datetime
) -> list[ComplaintFact]:
    """临期提醒; left out when the due date itself is over."""
    if before is None or before.due_at is None or watches(before).get(f"near-{percent}") != Watch(due_at, version):
        return []
    if now >= before.due_at:
        return []
    return [ComplaintDeadlineNear(percent=percent, due_at=before.due_at, deadline_version=version, lead=before.lead)]


def miss(
    before: Complaint | None, *, step: ComplaintStep, due_at: datetime, version: int, now: datetime
) -> list[ComplaintFact]:
    """超期: once per step and deadline version."""
    if before is None or now < due_at or watches(before).get(_NAMES[step]) != Watch(due_at, version):
        return []
    return [ComplaintOverdue(step=step, due_at=due_at, deadline_version=version, lead=before.lead)]


TIMERS: Mapping[str, Callable[..., list[ComplaintFact]]] = {
    **{f"near-{percent}": partial(near, percent=percent) for percent in WARNED_AT},
    **{name: partial(miss, step=step) for step, name in _NAMES.items()},
}
"""What each timer says when it is due; `listing-end` is a rule of its own (`listing.expire`), `retention` says nothing."""
