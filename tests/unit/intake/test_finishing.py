"""办结、回访、重办、例外、归档."""

from dataclasses import replace

import pytest

from services.intake.domain.asked import ApproveException, Finish, RecordCallback, RequestListing, TryCallback
from services.intake.domain.complaint import evolve
from services.intake.domain.finishing import approve_exception, close, finish, record_callback, reopen, try_callback
from services.intake.domain.listing import request_listing
from shared.events.intake import (
    CallbackOutcome,
    CallbackRecorded,
    CallbackTried,
    CloseGround,
    ComplaintClosed,
    ComplaintSupervised,
    ExceptionApproved,
    ExceptionGround,
    HardCaseMarked,
    ListingReason,
    ListingRequested,
    SpokenWith,
)
from shared.events.vocabulary import Satisfaction, Urgency
from shared.rules.township import SHANGHAI
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    ACCEPTED,
    CALENDAR,
    DAY,
    FINISHED,
    HOUR,
    LEAD,
    LISTED,
    LISTING_ASKED,
    START,
    SUPPORT,
    TERMS,
    called_back,
    dispatched,
    finished,
    in_progress,
    received,
    rehandled_twice,
    reopened,
)

ASKED = Finish(unit=LEAD, finished_at=START + 2 * DAY, spoken_with=SpokenWith.COMPLAINANT, measure="应急物业已进驻")
AT = {"now": START + 2 * DAY, "terms": TERMS, "calendar": CALENDAR}
GOOD = RecordCallback(called_at=START + 3 * DAY, contacted=True, resolved=True, satisfaction=Satisfaction.SATISFIED)
BAD = GOOD.model_copy(update={"resolved": False})
NOW = START + 4 * DAY
UNREACHABLE = CallbackRecorded(called_at=START + 3 * DAY, valid=False, contacted=None, resolved=None, satisfaction=None)
TRIED = [
    CallbackTried(tried_at=START + 2 * DAY + hours * HOUR, outcome=CallbackOutcome.NO_ANSWER, tries=hours)
    for hours in (1, 2)
]


def test_a_finish_says_when_with_whom_and_what() -> None:
    given(evolve, *in_progress()).when(finish, ASKED, open_routes=0, **AT).then(FINISHED)


def test_a_complaint_with_an_open_route_is_not_finished() -> None:
    given(evolve, *in_progress()).when(finish, ASKED, open_routes=1, **AT).then_refused("open_routes")


def test_a_complaint_is_not_finished_before_contact_nor_while_listed() -> None:
    given(evolve, received(), dispatched(), ACCEPTED).when(finish, ASKED, open_routes=0, **AT).then_refused(
        "wrong_state"
    )
    given(evolve, *in_progress(), LISTING_ASKED, LISTED).when(finish, ASKED, open_routes=0, **AT).then_refused(
        "wrong_state"
    )


def test_only_the_lead_unit_finishes_and_not_before_it_spoke_to_anybody() -> None:
    asked = ASKED.model_copy(update={"unit": SUPPORT, "finished_at": START})
    given(evolve, *in_progress()).when(finish, asked, open_routes=0, **AT).then_refused(
        "not_the_lead_unit", "too_early"
    )


def test_what_is_handled_again_was_finished_after_it_was_reopened() -> None:
    again = [*finished(), called_back(resolved=False), reopened(1)]
    for at in (START + 2 * DAY, START + 3 * DAY - HOUR):
        asked = ASKED.model_copy(update={"finished_at": at})
        given(evolve, *again).when(finish, asked, open_routes=0, **AT | {"now": NOW}).then_refused("too_early")
    asked = ASKED.model_copy(update={"finished_at": START + 3 * DAY})
    given(evolve, *again).when(finish, asked, open_routes=0, **AT | {"now": NOW}).then(
        FINISHED.model_copy(update={"finished_at": START + 3 * DAY, "callback_by": NOW + 3 * DAY})
    )


def test_a_finish_after_the_due_date_is_late() -> None:
    at = START + 8 * DAY
    given(evolve, *in_progress()).when(
        finish, ASKED.model_copy(update={"finished_at": at}), open_routes=0, now=at, terms=TERMS, calendar=CALENDAR
    ).then(FINISHED.model_copy(update={"finished_at": at, "late": True, "callback_by": at + 3 * DAY}))


def test_the_measure_of_a_confidential_complaint_is_not_published() -> None:
    secret = in_progress(received(confidential=True), dispatched(category="CONFIDENTIAL", place=None))
    given(evolve, *secret).when(finish, ASKED, open_routes=0, **AT).then(FINISHED.model_copy(update={"measure": None}))


def test_a_callback_records_the_four_inputs_of_the_rates() -> None:
    given(evolve, *finished()).when(record_callback, GOOD, now=NOW, terms=TERMS).then(called_back())
    given(evolve, *in_progress()).when(record_callback, GOOD, now=NOW, terms=TERMS).then_refused("wrong_state")
    early = GOOD.model_copy(update={"called_at": START + DAY})
    given(evolve, *finished()).when(record_callback, early, now=NOW, terms=TERMS).then_refused("too_early")


def test_the_citys_callback_counts_instead_of_the_towns_and_not_the_other_way_round() -> None:
    city = GOOD.model_copy(update={"by_city": True})
    said = called_back().model_copy(update={"by_city": True})
    given(evolve, *finished(), called_back()).when(record_callback, city, now=NOW, terms=TERMS).then(said)
    given(evolve, *finished(), said).when(record_callback, city, now=NOW, terms=TERMS).then_refused("wrong_state")
    given(evolve, *finished(), said).when(record_callback, GOOD, now=NOW, terms=TERMS).then_refused("wrong_state")


def test_three_failed_tries_make_the_complainant_unreachable() -> None:
    asked = TryCallback(tried_at=START + 3 * DAY, outcome=CallbackOutcome.UNCLEAR)
    given(evolve, *finished()).when(try_callback, asked, now=NOW, terms=TERMS).then(
        CallbackTried(tried_at=START + 3 * DAY, outcome=CallbackOutcome.UNCLEAR, tries=1)
    )
    given(evolve, *finished(), *TRIED).when(try_callback, asked, now=NOW, terms=TERMS).then(
        CallbackTried(tried_at=START + 3 * DAY, outcome=CallbackOutcome.UNCLEAR, tries=3), UNREACHABLE
    )


def test_tries_are_made_at_different_hours_of_the_day() -> None:
    same_hour_next_day = TryCallback(tried_at=START + 3 * DAY + HOUR, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), *TRIED).when(try_callback, same_hour_next_day, now=NOW, terms=TERMS).then_refused(
        "same_hour"
    )


def test_the_same_try_is_counted_once() -> None:
    same = TryCallback(tried_at=TRIED[0].tried_at, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), *TRIED).when(try_callback, same, now=NOW, terms=TERMS).then_nothing()


@pytest.mark.parametrize(
    ("resolved", "satisfaction", "codes"),
    [
        (False, Satisfaction.SATISFIED, ()),
        (True, Satisfaction.NEUTRAL, ()),
        (True, Satisfaction.DISSATISFIED, ()),
        (True, Satisfaction.BASICALLY, ("satisfied",)),
        (True, Satisfaction.SATISFIED, ("satisfied",)),
    ],
)
def test_what_is_not_resolved_or_below_basically_is_handled_again(
    resolved: bool, satisfaction: Satisfaction, codes: tuple[str, ...]
) -> None:
    facts = [*finished(), called_back(resolved=resolved, satisfaction=satisfaction)]
    outcome = given(evolve, *facts).when(reopen, now=START + 3 * DAY, terms=TERMS, calendar=CALENDAR)
    if codes:
        outcome.then_refused(*codes)
    else:
        outcome.then(reopened(1))


def test_an_urgent_rehandling_has_a_day_at_least() -> None:
    urgent = in_progress(sent=dispatched(urgency=Urgency.URGENT))
    given(evolve, *urgent, FINISHED, called_back(resolved=False)).when(
        reopen, now=START + 3 * DAY, terms=TERMS, calendar=CALENDAR
    ).then(reopened(1).model_copy(update={"due_at": START + 4 * DAY}))


def test_a_complaint_is_handled_again_at_most_twice() -> None:
    given(evolve, *rehandled_twice(), called_back(resolved=False)).when(
        reopen, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_refused("reopened_before")


def test_an_unreachable_complainant_is_no_ground_for_rehandling() -> None:
    given(evolve, *finished(), UNREACHABLE).when(reopen, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused(
        "unreachable"
    )


def test_in_vain_after_the_second_rehandling_is_a_hard_case_under_supervision() -> None:
    reason = "重办后仍未解决或不满意"
    given(evolve, *rehandled_twice()).when(record_callback, BAD, now=NOW, terms=TERMS).then(
        called_back(resolved=False), HardCaseMarked(reason=reason), ComplaintSupervised(reason=reason)
    )
    given(evolve, *rehandled_twice()).when(record_callback, GOOD, now=NOW, terms=TERMS).then(called_back())
    flagged = [*rehandled_twice(), HardCaseMarked(reason=reason), ComplaintSupervised(reason=reason)]
    given(evolve, *flagged).when(record_callback, BAD, now=NOW, terms=TERMS).then(called_back(resolved=False))


def test_an_exception_needs_its_ground() -> None:
    unreasonable = ApproveException(ground=ExceptionGround.UNREASONABLE, reason="诉求不合理")
    rehandled = ApproveException(ground=ExceptionGround.REHANDLED, reason="重办两次仍不满意")
    bad = given(evolve, *finished(), called_back(resolved=False))
    bad.when(approve_exception, unreasonable, terms=TERMS).then(
        ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why="诉求不合理")
    )
    bad.when(approve_exception, rehandled, terms=TERMS).then_refused("not_rehandled")
    given(evolve, *rehandled_twice(), called_back(resolved=False)).when(approve_exception, rehandled, terms=TERMS).then(
        ExceptionApproved(ground=ExceptionGround.REHANDLED, why="重办两次仍不满意")
    )
    given(evolve, *finished(), called_back()).when(approve_exception, unreasonable, terms=TERMS).then_refused(
        "satisfied"
    )


def test_a_complaint_is_closed_when_satisfied_unreachable_or_by_exception() -> None:
    exception = ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why="诉求不合理")
    for facts, ground in (
        ([called_back(satisfaction=Satisfaction.BASICALLY)], CloseGround.SATISFIED),
        ([UNREACHABLE], CloseGround.UNREACHABLE),
        ([called_back(resolved=False), exception], CloseGround.EXCEPTION),
    ):
        closed = ComplaintClosed(ground=ground, closed_at=NOW, retain_until=NOW + 1096 * DAY)
        given(evolve, *finished(), *facts).when(close, now=NOW, terms=TERMS, calendar=CALENDAR).then(closed)
        given(evolve, *finished(), *facts, closed).when(close, now=NOW, terms=TERMS, calendar=CALENDAR).then_nothing()


def test_an_unresolved_complaint_is_not_closed() -> None:
    given(evolve, *finished(), called_back(resolved=False)).when(
        close, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_refused("not_resolved")
    given(evolve, *in_progress()).when(close, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused(
        "wrong_state", "not_resolved"
    )


def test_an_exception_is_gone_once_it_is_handled_again() -> None:
    exception = ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why="诉求不合理")
    bad = called_back(resolved=False)
    given(evolve, *finished(), bad, exception, reopened(1), FINISHED, bad).when(
        close, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_refused("not_resolved")


def test_after_a_rehandling_the_tries_are_counted_anew() -> None:
    asked = TryCallback(tried_at=START + 3 * DAY, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), *TRIED, called_back(resolved=False), reopened(1), FINISHED).when(
        try_callback, asked, now=NOW, terms=TERMS
    ).then(CallbackTried(tried_at=START + 3 * DAY, outcome=CallbackOutcome.NO_ANSWER, tries=1))


CITY = GOOD.model_copy(update={"by_city": True})
BY_CITY = called_back().model_copy(update={"by_city": True})


def test_a_third_try_after_the_three_days_still_counts_its_lateness_is_said_by_the_limit() -> None:
    late = START + 9 * DAY
    asked = TryCallback(tried_at=late, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), *TRIED).when(try_callback, asked, now=late, terms=TERMS).then(
        CallbackTried(tried_at=late, outcome=CallbackOutcome.NO_ANSWER, tries=3),
        UNREACHABLE.model_copy(update={"called_at": late}),
    )


def test_the_hour_of_a_try_is_the_hour_in_the_town_whatever_zone_it_is_written_in() -> None:
    same_hour = (TRIED[0].tried_at + DAY).astimezone(SHANGHAI)
    asked = TryCallback(tried_at=same_hour, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), *TRIED).when(try_callback, asked, now=NOW, terms=TERMS).then_refused("same_hour")


def test_nobody_is_called_back_before_it_was_finished_nor_in_the_future() -> None:
    for moment, code in ((START + DAY, "too_early"), (NOW + HOUR, "in_the_future")):
        asked = TryCallback(tried_at=moment, outcome=CallbackOutcome.NO_ANSWER)
        given(evolve, *finished()).when(try_callback, asked, now=NOW, terms=TERMS).then_refused(code)
    asked = TryCallback(tried_at=START + 3 * DAY, outcome=CallbackOutcome.NO_ANSWER)
    given(evolve, *finished(), called_back()).when(try_callback, asked, now=NOW, terms=TERMS).then_refused(
        "wrong_state"
    )


def test_whom_the_town_did_not_reach_the_city_may_have() -> None:
    given(evolve, *finished(), UNREACHABLE).when(record_callback, CITY, now=NOW, terms=TERMS).then(BY_CITY)
    given(evolve, *finished(), UNREACHABLE).when(record_callback, GOOD, now=NOW, terms=TERMS).then_refused(
        "wrong_state"
    )


CLOSED = ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=NOW)


def test_after_the_end_only_the_citys_callback_still_counts_once_and_the_complaint_stays_closed() -> None:
    over = [*finished(), called_back(), CLOSED]
    given(evolve, *over).when(record_callback, CITY, now=NOW, terms=TERMS).then(BY_CITY)
    given(evolve, *over).when(record_callback, GOOD, now=NOW, terms=TERMS).then_refused("wrong_state")
    given(evolve, *over, BY_CITY).when(record_callback, CITY, now=NOW, terms=TERMS).then_refused("wrong_state")
    before, after = fold(evolve, over), fold(evolve, [*over, BY_CITY])
    assert before is not None and before.callback is not None
    assert after == replace(before, callback=replace(before.callback, by_city=True))


def test_the_citys_bad_answer_after_the_end_is_counted_and_opens_nothing_again() -> None:
    bad = CITY.model_copy(update={"resolved": False})
    said = called_back(resolved=False).model_copy(update={"by_city": True})
    over = [*rehandled_twice(), called_back(), CLOSED]
    given(evolve, *over).when(record_callback, bad, now=NOW, terms=TERMS).then(said)
    given(evolve, *over, said).when(reopen, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused(
        "wrong_state", "reopened_before"
    )


def test_the_citys_bad_answer_after_the_last_rehandling_makes_a_hard_case_where_the_towns_was_good() -> None:
    reason = "重办后仍未解决或不满意"
    bad = CITY.model_copy(update={"resolved": False})
    said = called_back(resolved=False).model_copy(update={"by_city": True})
    given(evolve, *rehandled_twice(), called_back()).when(record_callback, bad, now=NOW, terms=TERMS).then(
        said, HardCaseMarked(reason=reason), ComplaintSupervised(reason=reason)
    )


def test_while_it_is_handled_again_nobody_is_called_back_and_nothing_is_closed() -> None:
    again = given(evolve, *finished(), called_back(resolved=False), reopened(1))
    again.when(record_callback, GOOD, now=NOW, terms=TERMS).then_refused("wrong_state")
    again.when(record_callback, CITY, now=NOW, terms=TERMS).then_refused("wrong_state")
    again.when(close, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused("wrong_state", "not_resolved")


def test_dissatisfied_twice_rehandled_then_only_an_exception_or_a_listing_is_left() -> None:
    last = given(evolve, *rehandled_twice(), called_back(resolved=True, satisfaction=Satisfaction.DISSATISFIED))
    last.when(reopen, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused("reopened_before")
    last.when(close, now=NOW, terms=TERMS, calendar=CALENDAR).then_refused("not_resolved")
    asked = ApproveException(ground=ExceptionGround.REHANDLED, reason="重办两次仍不满意")
    last.when(approve_exception, asked, terms=TERMS).then(
        ExceptionApproved(ground=ExceptionGround.REHANDLED, why="重办两次仍不满意")
    )
    listing = RequestListing(unit=LEAD, reason=ListingReason.POLICY, explained_at=START + 3 * DAY, plan="等待政策")
    last.when(request_listing, listing, now=NOW, terms=TERMS).then(
        ListingRequested(unit=LEAD, reason=ListingReason.POLICY, explained_at=START + 3 * DAY, plan="等待政策")
    )
