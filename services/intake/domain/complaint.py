"""诉求: what is known of one complaint, and how each fact changes it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.events.intake import (
    CallbackRecorded,
    CallbackTried,
    CloseGround,
    ComplainantContacted,
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeadlineNear,
    ComplaintDeadlineRecounted,
    ComplaintDispatched,
    ComplaintFact,
    ComplaintFinished,
    ComplaintListed,
    ComplaintOverdue,
    ComplaintProgressed,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintReturned,
    ComplaintReturnRequested,
    ComplaintStep,
    ComplaintSupervised,
    ComplaintUrged,
    ExceptionApproved,
    ExceptionGround,
    ExtensionDenied,
    ExtensionGranted,
    ExtensionRequested,
    HardCaseMarked,
    ListingDenied,
    ListingEnded,
    ListingReason,
    ListingRequested,
    ListingReviewed,
    ReturnReason,
    ReturnRejected,
    SupportUnitAdded,
)
from shared.events.vocabulary import (
    Channel,
    ComplaintType,
    DisclosureStage,
    ProgressStep,
    Satisfaction,
    Urgency,
)


class ComplaintState(StrEnum):
    """诉求状态."""

    RECEIVED = "RECEIVED"
    ANSWERED = "ANSWERED"
    REDIRECTED = "REDIRECTED"
    DISPATCHED = "DISPATCHED"
    RETURN_REQUESTED = "RETURN_REQUESTED"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    LISTED = "LISTED"
    FINISHED = "FINISHED"
    CALLED_BACK = "CALLED_BACK"
    CLOSED = "CLOSED"


FINAL = frozenset({ComplaintState.ANSWERED, ComplaintState.REDIRECTED, ComplaintState.CLOSED})
"""Nothing but news of others follows, and the city's own callback."""
RETENTION_BEFORE = timedelta(days=1096)
"""保存期限 of a complaint whose end was said before its fact carried one [D]: three years."""
CONTENT = frozenset({Satisfaction.SATISFIED, Satisfaction.BASICALLY})
"""满意 or 基本满意: with this a resolved complaint may be closed."""


@dataclass(frozen=True, slots=True)
class Callback:
    """回访结果. Without a valid one the answers are None."""

    valid: bool
    contacted: bool | None
    resolved: bool | None
    satisfaction: Satisfaction | None
    by_city: bool

    @property
    def good(self) -> bool:
        """Resolved, and at least basically satisfied."""
        return bool(self.resolved) and self.satisfaction in CONTENT


@dataclass(frozen=True, slots=True)
class Step:
    """A step elsewhere of which this complaint was told, so that it is told once for each way it is concerned."""

    step: ProgressStep
    cause: str
    via: str | None
    stage: DisclosureStage | None


@dataclass(frozen=True, slots=True)
class Complaint:
    """一件诉求.

    `due_at` is None before the first dispatch and while listed; `near`: the highest percentage warned of, and
    `missed`: the limits missed, both in the deadline version that stands. `provisional`: the due date counts working days
    of a year whose holidays nobody has announced. `listing`: asked for or standing. `retain_until`: then the vault forgets
    who asked, and in which words.
    """

    state: ComplaintState
    type: ComplaintType
    channel: Channel | None
    number: str | None
    community: str | None
    category: str
    place: str | None
    urgency: Urgency
    confidential: bool
    repeat: bool
    possible_repeat: bool
    received_at: datetime

    lead: str | None = None
    first_handler: str | None = None
    support: tuple[str, ...] = ()
    dispatches: int = 0
    dispatched_at: datetime | None = None
    accept_by: datetime | None = None
    contact_by: datetime | None = None
    first_contact_at: datetime | None = None

    clock_from: datetime | None = None
    due_at: datetime | None = None
    rest_seconds: int = 0
    deadline_version: int = 0
    provisional: bool = False
    near: int = 0
    missed: tuple[ComplaintStep, ...] = ()

    returned_by: tuple[str, ...] = ()
    return_reason: ReturnReason | None = None
    return_decide_by: datetime | None = None

    extensions: int = 0
    extension_until: datetime | None = None
    extension_decide_by: datetime | None = None

    listing: ListingReason | None = None
    listing_reviews: int = 0
    listing_review_by: datetime | None = None
    listing_ends_by: datetime | None = None

    finishes: int = 0
    finished_at: datetime | None = None
    callback_by: datetime | None = None
    callback_tries: tuple[datetime, ...] = ()
    callback: Callback | None = None
    reopenings: int = 0
    reopened_at: datetime | None = None
    exception: ExceptionGround | None = None
    closed: CloseGround | None = None

    supervised: bool = False
    hard: bool = False
    urges: tuple[UUID, ...] = ()
    steps: tuple[Step, ...] = ()

    ended_at: datetime | None = None
    retain_until: datetime | None = None


def evolve(before: Complaint | None, fact: ComplaintFact) -> Complaint:
    """The complaint after this fact."""
    match fact:
        case ComplaintReceived():
            return _received(fact)
    assert before is not None, "the first fact of a complaint is ComplaintReceived"
    match fact:
        case ComplaintAnswered():
            return _ended(before, ComplaintState.ANSWERED, fact.answered_at, fact.retain_until)
        case ComplaintRedirected():
            return _ended(before, ComplaintState.REDIRECTED, fact.told_at, fact.retain_until)
        case ComplaintDispatched():
            return _dispatched(before, fact)
        case ComplaintAccepted():
            return replace(before, state=ComplaintState.ACCEPTED)
        case ComplaintReturnRequested():
            return replace(
                before,
                state=ComplaintState.RETURN_REQUESTED,
                returned_by=(*before.returned_by, fact.lead),
                return_reason=fact.reason,
                return_decide_by=fact.decide_by,
                missed=_anew(before, ComplaintStep.RETURN_DECISION),
            )
        case ComplaintReturned():
            return replace(
                before, state=ComplaintState.RECEIVED, lead=None, support=(), return_reason=None, return_decide_by=None
            )
        case ReturnRejected():
            return replace(before, state=ComplaintState.DISPATCHED, return_reason=None, return_decide_by=None)
        case ComplainantContacted():
            first = before.first_contact_at or fact.contacted_at
            moved = ComplaintState.IN_PROGRESS if before.state is ComplaintState.ACCEPTED else before.state
            return replace(before, state=moved, first_contact_at=first)
        case SupportUnitAdded():
            return replace(before, support=(*before.support, fact.unit))
        case ComplaintProgressed():
            return _progressed(before, fact)
        case ComplaintSupervised():
            return replace(before, supervised=True)
        case HardCaseMarked():
            return replace(before, hard=True)
        case ComplaintUrged():
            return replace(before, urges=(*before.urges, fact.order))
        case ComplaintDeadlineNear():
            return replace(before, near=fact.percent)
        case ComplaintDeadlineRecounted():
            return replace(before, due_at=fact.due_at, deadline_version=fact.deadline_version, provisional=False)
        case ComplaintOverdue():
            return replace(before, missed=(*before.missed, fact.step))
        case ExtensionRequested() | ExtensionGranted() | ExtensionDenied():
            return _extended(before, fact)
        case ListingRequested() | ListingDenied() | ComplaintListed() | ListingReviewed() | ListingEnded():
            return _listed(before, fact)
        case _:
            return _finished(before, fact)


def _received(fact: ComplaintReceived) -> Complaint:
    return Complaint(
        state=ComplaintState.RECEIVED,
        type=fact.type,
        channel=fact.channel,
        number=fact.number,
        community=fact.community,
        category=fact.category,
        place=fact.place,
        urgency=fact.urgency,
        confidential=fact.confidential,
        repeat=fact.repeat,
        possible_repeat=fact.possible_repeat,
        received_at=fact.received_at,
    )


def _dispatched(before: Complaint, fact: ComplaintDispatched) -> Complaint:
    """A second dispatch has limits of its own to accept and to contact; the due date may stand as it was."""
    same_due_date = fact.deadline_version == before.deadline_version
    again = (ComplaintStep.ACCEPT, ComplaintStep.CONTACT)
    return replace(
        before,
        state=ComplaintState.DISPATCHED,
        lead=fact.lead,
        first_handler=fact.first_handler,
        dispatches=fact.dispatch,
        urgency=fact.urgency,
        community=fact.community,
        category=fact.category,
        place=fact.place,
        dispatched_at=fact.dispatched_at,
        clock_from=fact.clock_from,
        accept_by=fact.accept_by,
        contact_by=fact.contact_by,
        due_at=fact.due_at,
        deadline_version=fact.deadline_version,
        provisional=fact.provisional,
        near=before.near if same_due_date else 0,
        missed=_anew(before, *again) if same_due_date else _anew(before, *again, ComplaintStep.DUE),
    )


def _progressed(before: Complaint, fact: ComplaintProgressed) -> Complaint:
    if fact.cause is None:
        return before
    return replace(before, steps=(*before.steps, Step(fact.step, fact.cause, fact.via, fact.stage)))


def _extended(before: Complaint, fact: ExtensionRequested | ExtensionGranted | ExtensionDenied) -> Complaint:
    match fact:
        case ExtensionRequested():
            return replace(
                before,
                extensions=before.extensions + 1,
                extension_until=fact.until,
                extension_decide_by=fact.decide_by,
                missed=_anew(before, ComplaintStep.EXTENSION_DECISION),
            )
        case ExtensionGranted():
            decided = replace(before, extension_until=None, extension_decide_by=None)
            return _new_due_date(decided, fact.granted_at, fact.due_at, fact.deadline_version)
        case ExtensionDenied():
            return replace(before, extension_until=None, extension_decide_by=None)


def _listed(
    before: Complaint, fact: ListingRequested | ListingDenied | ComplaintListed | ListingReviewed | ListingEnded
) -> Complaint:
    match fact:
        case ListingRequested():
            return replace(before, listing=fact.reason)
        case ListingDenied():
            return replace(before, listing=None)
        case ComplaintListed():
            return replace(
                _new_due_date(before, fact.listed_at, None, fact.deadline_version),
                state=ComplaintState.LISTED,
                rest_seconds=fact.rest_seconds,
                listing=fact.reason,
                listing_reviews=before.listing_reviews + 1,
                listing_review_by=fact.review_by,
                listing_ends_by=fact.ends_by,
                extension_until=None,
                extension_decide_by=None,
            )
        case ListingReviewed():
            return replace(
                before,
                listing_reviews=before.listing_reviews + 1,
                listing_review_by=fact.review_by,
                listing_ends_by=fact.ends_by,
                missed=_anew(before, ComplaintStep.LISTING_REVIEW),
            )
        case ListingEnded():
            return replace(
                _new_due_date(before, fact.ended_at, fact.due_at, fact.deadline_version),
                state=ComplaintState.IN_PROGRESS,
                rest_seconds=0,
                listing=None,
                listing_review_by=None,
                listing_ends_by=None,
            )


def _finished(before: Complaint, fact: ComplaintFact) -> Complaint:
    match fact:
        case ComplaintFinished():
            return replace(
                before,
                state=ComplaintState.FINISHED,
                finishes=before.finishes + 1,
                finished_at=fact.finished_at,
                callback_by=fact.callback_by,
                callback_tries=(),
                listing=None,
                extension_until=None,
                extension_decide_by=None,
                missed=_anew(before, ComplaintStep.CALLBACK),
            )
        case CallbackTried():
            return replace(before, callback_tries=(*before.callback_tries, fact.tried_at))
        case CallbackRecorded():
            callback = Callback(fact.valid, fact.contacted, fact.resolved, fact.satisfaction, fact.by_city)
            late = before.state is ComplaintState.CLOSED
            return replace(before, state=before.state if late else ComplaintState.CALLED_BACK, callback=callback)
        case ComplaintReopened():
            return replace(
                _new_due_date(before, fact.reopened_at, fact.due_at, fact.deadline_version),
                state=ComplaintState.IN_PROGRESS,
                provisional=fact.provisional,
                reopenings=fact.reopening,
                reopened_at=fact.reopened_at,
                listing=None,
                exception=None,
            )
        case ExceptionApproved():
            return replace(before, exception=fact.ground)
        case ComplaintClosed():
            ended = _ended(before, ComplaintState.CLOSED, fact.closed_at, fact.retain_until)
            return replace(ended, closed=fact.ground, listing=None)
        case _:
            raise AssertionError(f"no complaint knows {fact.wire_type}")


def _ended(before: Complaint, state: ComplaintState, at: datetime, retain_until: datetime | None) -> Complaint:
    return replace(before, state=state, ended_at=at, retain_until=retain_until or at + RETENTION_BEFORE)


def _new_due_date(before: Complaint, start: datetime, due_at: datetime | None, version: int) -> Complaint:
    """A new deadline version is warned of, and missed, anew."""
    return replace(
        before,
        clock_from=start,
        due_at=due_at,
        deadline_version=version,
        provisional=False,
        near=0,
        missed=_anew(before, ComplaintStep.DUE, ComplaintStep.LISTING_REVIEW),
    )


def _anew(before: Complaint, *steps: ComplaintStep) -> tuple[ComplaintStep, ...]:
    """What was missed, without these steps: their limit is a new one."""
    return tuple(step for step in before.missed if step not in steps)
