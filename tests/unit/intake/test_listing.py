"""挂账 suspends the due date; nothing else stops the clock."""

import pytest

from services.intake.domain.asked import Because, RequestListing, ReviewListing
from services.intake.domain.clock import watches
from services.intake.domain.complaint import ComplaintState, evolve
from services.intake.domain.listing import (
    deny_listing,
    end_listing,
    expire,
    grant_listing,
    request_listing,
    review_listing,
)
from shared.events.intake import (
    ComplaintFact,
    ExceptionApproved,
    ExceptionGround,
    ListingDenied,
    ListingEnded,
    ListingEndGround,
    ListingReason,
    ListingReviewed,
)
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    CALENDAR,
    DAY,
    HOUR,
    LEAD,
    LISTED,
    LISTING_ASKED,
    START,
    SUPPORT,
    TERMS,
    called_back,
    finished,
    in_progress,
    listed,
    rehandled_twice,
)

ASKED = RequestListing(unit=LEAD, reason=ListingReason.HISTORICAL, explained_at=START + DAY, plan="引进物业")
RULES = {"terms": TERMS, "calendar": CALENDAR}


def test_a_listing_is_asked_for_after_it_was_explained() -> None:
    handled = given(evolve, *in_progress())
    handled.when(request_listing, ASKED, now=START + DAY, terms=TERMS).then(LISTING_ASKED)
    handled.when(request_listing, ASKED, now=START, terms=TERMS).then_refused("in_the_future")
    stranger = ASKED.model_copy(update={"unit": SUPPORT})
    handled.when(request_listing, stranger, now=START + DAY, terms=TERMS).then_refused("not_the_lead_unit")


def test_one_listing_is_asked_for_at_a_time() -> None:
    asked = given(evolve, *in_progress(), LISTING_ASKED)
    asked.when(request_listing, ASKED, now=START + DAY, terms=TERMS).then_nothing()
    other = ASKED.model_copy(update={"reason": ListingReason.FUNDING})
    asked.when(request_listing, other, now=START + DAY, terms=TERMS).then_refused("asked_before")


def test_a_listing_suspends_the_due_date() -> None:
    given(evolve, *in_progress(), LISTING_ASKED).when(grant_listing, now=START + 2 * DAY, **RULES).then(LISTED)
    state = fold(evolve, listed())
    assert state is not None
    assert (state.state, state.due_at) == (ComplaintState.LISTED, None)
    assert set(watches(state)) == {"listing-review", "listing-end"}


def test_a_listing_after_the_due_date_has_nothing_left() -> None:
    late = LISTED.model_copy(
        update={
            "listed_at": START + 9 * DAY,
            "review_by": START + 39 * DAY,
            "ends_by": START + 374 * DAY,
            "rest_seconds": 0,
        }
    )
    given(evolve, *in_progress(), LISTING_ASKED).when(grant_listing, now=START + 9 * DAY, **RULES).then(late)


def test_a_denied_listing_may_be_asked_for_again() -> None:
    denied = ListingDenied(why="可以办理")
    given(evolve, *in_progress(), LISTING_ASKED).when(deny_listing, Because(reason="可以办理"), terms=TERMS).then(
        denied
    )
    given(evolve, *in_progress(), LISTING_ASKED, denied).when(
        request_listing, ASKED, now=START + DAY, terms=TERMS
    ).then(LISTING_ASKED)


def test_nothing_is_listed_that_nobody_asked_for() -> None:
    given(evolve, *in_progress()).when(grant_listing, now=START, **RULES).then_refused("nothing_asked")
    given(evolve, *listed()).when(grant_listing, now=START, **RULES).then_nothing()


def test_ending_a_listing_restores_the_rest_of_the_limit() -> None:
    ended = ListingEnded(
        ground=ListingEndGround.UNBLOCKED,
        ended_at=START + 90 * DAY,
        due_at=START + 95 * DAY,
        deadline_version=3,
    )
    given(evolve, *listed()).when(end_listing, now=START + 90 * DAY, **RULES).then(ended)
    state = fold(evolve, [*listed(), ended])
    assert state is not None
    assert (state.state, state.due_at) == (ComplaintState.IN_PROGRESS, START + 95 * DAY)


def test_a_day_at_least_is_restored() -> None:
    short = LISTED.model_copy(update={"rest_seconds": 60})
    given(evolve, *in_progress(), LISTING_ASKED, short).when(end_listing, now=START + 90 * DAY, **RULES).then(
        ListingEnded(
            ground=ListingEndGround.UNBLOCKED,
            ended_at=START + 90 * DAY,
            due_at=START + 91 * DAY,
            deadline_version=3,
        )
    )


@pytest.mark.parametrize("renew", [False, True])
def test_a_review_comes_again_in_30_days_and_only_renewal_moves_the_end(renew: bool) -> None:
    now = START + 30 * DAY
    given(evolve, *listed()).when(
        review_listing, ReviewListing(finding="仍在协商", renew=renew), now=now, **RULES
    ).then(
        ListingReviewed(
            reviewed_at=now,
            review_by=now + 30 * DAY,
            ends_by=now + 365 * DAY if renew else LISTED.ends_by,
            finding="仍在协商",
        )
    )


def test_a_listing_that_nobody_renews_ends_by_itself() -> None:
    state = fold(evolve, listed())
    assert state is not None
    end = watches(state)["listing-end"]
    now = end.due_at + HOUR
    given(evolve, *listed()).when(expire, due_at=end.due_at, version=end.version, now=now, **RULES).then(
        ListingEnded(ground=ListingEndGround.EXPIRED, ended_at=now, due_at=now + 5 * DAY, deadline_version=3)
    )
    given(evolve, *listed()).when(expire, due_at=end.due_at, version=9, now=now, **RULES).then_nothing()
    given(evolve, *in_progress()).when(expire, due_at=end.due_at, version=1, now=now, **RULES).then_nothing()


def test_after_two_rehandlings_in_vain_the_leader_may_list() -> None:
    bad: list[ComplaintFact] = [*rehandled_twice(), called_back(resolved=False)]
    given(evolve, *bad).when(request_listing, ASKED, now=START + 5 * DAY, terms=TERMS).then(LISTING_ASKED)
    good = given(evolve, *rehandled_twice(), called_back())
    good.when(request_listing, ASKED, now=START + 5 * DAY, terms=TERMS).then_refused("wrong_state")
    once = given(evolve, *finished(), called_back(resolved=False))
    once.when(request_listing, ASKED, now=START + 5 * DAY, terms=TERMS).then_refused("wrong_state")


def test_exception_or_listing_and_not_both() -> None:
    """Otherwise the exception would close the complaint whatever the callback after the listing says."""
    bad: list[ComplaintFact] = [*rehandled_twice(), called_back(resolved=False)]
    excepted = ExceptionApproved(ground=ExceptionGround.REHANDLED, why=None)
    now = START + 5 * DAY
    given(evolve, *bad, excepted).when(request_listing, ASKED, now=now, terms=TERMS).then_refused("exception_approved")
    given(evolve, *bad, LISTING_ASKED, excepted).when(grant_listing, now=now, **RULES).then_refused(
        "exception_approved"
    )
