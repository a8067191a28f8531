"""时限: what runs when, and what is said once."""

from datetime import datetime, timedelta

import pytest

from services.intake.domain.clock import TIMERS, miss, near, watches
from services.intake.domain.complaint import Complaint, evolve
from shared.events.intake import (
    ComplaintDeadlineNear,
    ComplaintFact,
    ComplaintOverdue,
    ComplaintReturned,
    ComplaintReturnRequested,
    ComplaintStep,
    ExtensionGranted,
    ExtensionRequested,
    ListingEnded,
    ListingEndGround,
    ListingReviewed,
    ReturnReason,
    ReturnRejected,
)
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    ACCEPTED,
    DAY,
    FINISHED,
    HOUR,
    LEAD,
    START,
    called_back,
    dispatched,
    finished,
    in_progress,
    listed,
    received,
    reopened,
)

DUE = START + 7 * DAY
NEAR = {"near-50": Watch(START + 3.5 * DAY), "near-80": Watch(START + 5.6 * DAY)}
ASKED_BACK = ComplaintReturnRequested(
    lead=LEAD, reason=ReturnReason.DUPLICATE, note=None, requested_at=START + HOUR, decide_by=START + 3 * HOUR
)
EXTENSION = ExtensionRequested(
    unit=LEAD, until=START + 10 * DAY, reason="需招标", requested_at=START + DAY, decide_by=START + 2 * DAY
)
OVERDUE = ComplaintOverdue(step=ComplaintStep.DUE, due_at=DUE, deadline_version=1, lead=LEAD)


def running(*facts: ComplaintFact) -> dict[str, Watch]:
    state = fold(evolve, facts)
    assert state is not None
    return watches(state)


def test_nothing_runs_before_the_dispatch() -> None:
    assert running(received()) == {}


def test_a_dispatch_starts_the_clocks() -> None:
    assert running(received(), dispatched()) == {
        "accept": Watch(START + 2 * HOUR),
        "contact": Watch(START + DAY),
        "due": Watch(DUE),
        **NEAR,
    }


def test_acceptance_and_contact_end_their_clocks() -> None:
    assert set(running(received(), dispatched(), ACCEPTED)) == {"contact", "due", *NEAR}
    assert running(*in_progress()) == {"due": Watch(DUE), **NEAR}


def test_the_due_date_runs_on_while_a_return_is_decided_and_after_it() -> None:
    asked = (received(), dispatched(), ASKED_BACK)
    assert running(*asked) == {"return-decision": Watch(START + 3 * HOUR), "due": Watch(DUE), **NEAR}
    returned = ComplaintReturned(lead=LEAD, reason=ReturnReason.DUPLICATE)
    assert running(*asked, returned) == {"due": Watch(DUE), **NEAR}
    assert running(*asked, ReturnRejected(lead=LEAD, why=None)) == running(received(), dispatched())


def test_an_extension_is_decided_in_time_and_warned_of_anew() -> None:
    assert running(*in_progress(), EXTENSION)["extension-decision"] == Watch(START + 2 * DAY)
    granted = ExtensionGranted(granted_at=START + 2 * DAY, due_at=START + 10 * DAY, deadline_version=2)
    warned = ComplaintDeadlineNear(percent=50, due_at=DUE, deadline_version=1, lead=LEAD)
    assert running(*in_progress(), warned, EXTENSION, granted) == {
        "due": Watch(START + 10 * DAY, 2),
        "near-50": Watch(START + 6 * DAY, 2),
        "near-80": Watch(START + 8.4 * DAY, 2),
    }


def test_a_listing_stops_the_due_date_and_its_end_starts_it_again() -> None:
    ended = ListingEnded(
        ground=ListingEndGround.UNBLOCKED,
        ended_at=START + 40 * DAY,
        due_at=START + 45 * DAY,
        deadline_version=3,
    )
    assert running(*listed()) == {
        "listing-review": Watch(START + 32 * DAY),
        "listing-end": Watch(START + 367 * DAY),
    }
    assert running(*listed(), ended)["due"] == Watch(START + 45 * DAY, 3)


def test_a_finished_complaint_waits_for_its_callback_only() -> None:
    assert running(*finished()) == {"callback": Watch(START + 5 * DAY)}
    assert running(*finished(), called_back(resolved=False)) == {}


def test_a_rehandling_runs_anew() -> None:
    facts = [*finished(), called_back(resolved=False), reopened(1)]
    assert running(*facts)["due"] == Watch(START + 6 * DAY + 12 * HOUR, 2)


def test_a_missed_limit_is_said_once_per_deadline_version() -> None:
    asked = {"step": ComplaintStep.DUE, "due_at": DUE, "version": 1, "now": DUE}
    given(evolve, *in_progress()).when(miss, **asked).then(OVERDUE)
    given(evolve, *in_progress(), OVERDUE).when(miss, **asked).then_nothing()
    extended = ExtensionGranted(granted_at=START + 7 * DAY, due_at=START + 10 * DAY, deadline_version=2)
    given(evolve, *in_progress(), EXTENSION, OVERDUE, extended).when(miss, **asked).then_nothing()
    assert running(*in_progress(), EXTENSION, OVERDUE, extended)["due"] == Watch(START + 10 * DAY, 2)


def test_no_warning_comes_at_or_after_its_miss() -> None:
    asked = {"percent": 50, "due_at": NEAR["near-50"].due_at, "version": 1}
    warned = ComplaintDeadlineNear(percent=50, due_at=DUE, deadline_version=1, lead=LEAD)
    given(evolve, *in_progress()).when(near, **asked, now=NEAR["near-50"].due_at).then(warned)
    given(evolve, *in_progress()).when(near, **asked, now=DUE).then_nothing()
    assert running(*in_progress(), OVERDUE) == {}


def test_the_second_warning_makes_the_first_needless() -> None:
    late = ComplaintDeadlineNear(percent=80, due_at=DUE, deadline_version=1, lead=LEAD)
    assert running(*in_progress(), late) == {"due": Watch(DUE)}


def test_a_timer_too_early_or_for_nothing_says_nothing() -> None:
    asked = {"step": ComplaintStep.DUE, "due_at": DUE, "version": 1}
    given(evolve).when(miss, **asked, now=DUE).then_nothing()
    given(evolve, *in_progress()).when(miss, **asked, now=DUE - HOUR).then_nothing()
    given(evolve, *finished()).when(miss, **asked, now=DUE).then_nothing()


EVERY_STAND = [
    [received(), dispatched()],
    [received(), dispatched(), ASKED_BACK],
    [*in_progress(), EXTENSION],
    listed(),
    finished(),
]


@pytest.mark.parametrize("facts", EVERY_STAND)
def test_every_timer_that_runs_can_fire_and_then_runs_no_more(facts: list[ComplaintFact]) -> None:
    state = fold(evolve, facts)
    assert state is not None
    for name, watch in watches(state).items():
        if name in TIMERS:
            after = fire(state, name, watch, watch.due_at + timedelta(seconds=1))
            assert name not in watches(after)


def fire(state: Complaint, name: str, watch: Watch, now: datetime) -> Complaint:
    said = TIMERS[name](state, due_at=watch.due_at, version=watch.version, now=now)
    assert len(said) == 1
    return evolve(state, said[0])


def missed(step: ComplaintStep, due_at: datetime) -> ComplaintOverdue:
    return ComplaintOverdue(step=step, due_at=due_at, deadline_version=1, lead=LEAD)


def test_a_redispatch_to_the_same_due_date_does_not_warn_again() -> None:
    warned = ComplaintDeadlineNear(percent=50, due_at=DUE, deadline_version=1, lead=LEAD)
    returned = ComplaintReturned(lead=LEAD, reason=ReturnReason.DUPLICATE)
    again = dispatched().model_copy(update={"dispatch": 2})
    facts = [received(), dispatched(), ASKED_BACK, warned, returned, again]
    assert set(running(*facts)) == {"accept", "contact", "due", "near-80"}
    urgent = again.model_copy(update={"due_at": START + DAY, "deadline_version": 2})
    assert set(running(*facts[:-1], urgent)) == {"accept", "contact", "due", *NEAR}


def test_a_missed_review_is_watched_anew_after_a_review_and_in_a_new_listing() -> None:
    late = missed(ComplaintStep.LISTING_REVIEW, START + 32 * DAY)
    assert set(running(*listed(), late)) == {"listing-end"}
    reviewed = ListingReviewed(
        reviewed_at=START + 33 * DAY, review_by=START + 63 * DAY, ends_by=START + 367 * DAY, finding=None
    )
    assert running(*listed(), late, reviewed)["listing-review"] == Watch(START + 63 * DAY, 2)
    ended = ListingEnded(
        ground=ListingEndGround.UNBLOCKED, ended_at=START + 40 * DAY, due_at=START + 45 * DAY, deadline_version=3
    )
    assert running(*listed(), late, ended, *listed()[-2:])["listing-review"] == Watch(START + 32 * DAY, 2)


def test_a_missed_callback_is_watched_anew_after_a_rehandling() -> None:
    late = missed(ComplaintStep.CALLBACK, START + 5 * DAY)
    assert running(*finished(), late) == {}
    again = [called_back(resolved=False), reopened(1), FINISHED]
    assert running(*finished(), late, *again) == {"callback": Watch(START + 5 * DAY, 2)}
