"""派单、签收、退单."""

from datetime import timedelta

import pytest

from services.intake.domain.asked import Accept, Because, Dispatch, RequestReturn
from services.intake.domain.complaint import ComplaintState, evolve
from services.intake.domain.dispatching import accept, approve_return, dispatch, reject_return, request_return
from shared.events.intake import (
    ComplaintAccepted,
    ComplaintReturned,
    ComplaintReturnRequested,
    ReturnReason,
    ReturnRejected,
)
from shared.events.vocabulary import Urgency
from tests.support.spec import fold, given
from tests.unit.intake.builders import (
    CALENDAR,
    DAY,
    HOUR,
    LEAD,
    MINUTE,
    START,
    SUPPORT,
    TERMS,
    TOWN,
    dispatched,
    in_progress,
    received,
)

ROUTINE = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE)
BACK = RequestReturn(unit=LEAD, reason=ReturnReason.NOT_MY_DUTY, note="属执法事项")
ASKED_BACK = ComplaintReturnRequested(
    lead=LEAD,
    reason=ReturnReason.NOT_MY_DUTY,
    note="属执法事项",
    requested_at=START + HOUR,
    decide_by=START + 3 * HOUR,
)
RETURNED = ComplaintReturned(lead=LEAD, reason=ReturnReason.NOT_MY_DUTY)


@pytest.mark.parametrize("urgency", list(Urgency))
def test_a_dispatch_names_lead_urgency_and_due_date(urgency: Urgency) -> None:
    asked = Dispatch(lead=LEAD, urgency=urgency)
    given(evolve, received()).when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then(
        dispatched(urgency=urgency)
    )


def test_the_same_dispatch_again_changes_nothing_and_another_is_refused() -> None:
    sent = given(evolve, received(), dispatched())
    sent.when(dispatch, ROUTINE, now=START + HOUR, terms=TERMS, calendar=CALENDAR, town=TOWN).then_nothing()
    other = Dispatch(lead=SUPPORT, urgency=Urgency.ROUTINE)
    sent.when(dispatch, other, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then_refused("wrong_state")


def test_unknown_names_are_refused_all_at_once() -> None:
    asked = Dispatch(lead="nobody", urgency=Urgency.URGENT, community="no", category="NO", place="nowhere")
    given(evolve, received()).when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then_refused(
        "unknown_unit", "unknown_community", "unknown_category", "unknown_place"
    )


def test_a_place_must_lie_in_the_community() -> None:
    asked = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE, place="zhangguozhuang-gate")
    given(evolve, received()).when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then_refused(
        "place_elsewhere"
    )


def test_the_dispatcher_puts_right_what_was_unknown() -> None:
    asked = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE, category="PROPERTY_VACANCY", place="dahuichang-estate")
    unknown = received(community=None, place=None, category="UNCATEGORISED")
    given(evolve, unknown).when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then(
        dispatched()
    )


def test_another_community_takes_the_place_away() -> None:
    asked = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE, community="zhangguozhuang")
    given(evolve, received()).when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then(
        dispatched(community="zhangguozhuang", place=None)
    )


def test_a_confidential_complaint_stays_so_whatever_the_dispatcher_finds() -> None:
    asked = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE, category="HEATING", place="dahuichang-gate")
    hidden = dispatched(category="CONFIDENTIAL", place=None)
    known = given(evolve, received(confidential=True))
    known.when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then(hidden)
    again = given(evolve, received(confidential=True), hidden)
    again.when(dispatch, asked, now=START, terms=TERMS, calendar=CALENDAR, town=TOWN).then_nothing()


def test_only_the_lead_unit_accepts_and_once() -> None:
    sent = given(evolve, received(), dispatched())
    accepted = ComplaintAccepted(lead=LEAD, accepted_at=START + HOUR, late=False)
    sent.when(accept, Accept(unit=LEAD), now=START + HOUR).then(accepted)
    sent.when(accept, Accept(unit=SUPPORT), now=START + HOUR).then_refused("not_the_lead_unit")
    given(evolve, received(), dispatched(), accepted).when(accept, Accept(unit=LEAD), now=START + DAY).then_nothing()


@pytest.mark.parametrize(("after", "late"), [(2 * HOUR, False), (2 * HOUR + MINUTE, True)])
def test_acceptance_after_the_limit_is_late(after: timedelta, late: bool) -> None:
    at = START + after
    given(evolve, received(), dispatched()).when(accept, Accept(unit=LEAD), now=at).then(
        ComplaintAccepted(lead=LEAD, accepted_at=at, late=late)
    )


def test_a_unit_asks_to_return_inside_the_window() -> None:
    sent = given(evolve, received(), dispatched())
    sent.when(request_return, BACK, now=START + HOUR, terms=TERMS, calendar=CALENDAR).then(ASKED_BACK)
    last = ASKED_BACK.model_copy(update={"requested_at": START + 2 * HOUR, "decide_by": START + 4 * HOUR})
    sent.when(request_return, BACK, now=START + 2 * HOUR, terms=TERMS, calendar=CALENDAR).then(last)
    sent.when(request_return, BACK, now=START + 2 * HOUR + MINUTE, terms=TERMS, calendar=CALENDAR).then_refused(
        "window_over"
    )
    urgent = given(evolve, received(), dispatched(urgency=Urgency.URGENT))
    urgent.when(request_return, BACK, now=START + 31 * MINUTE, terms=TERMS, calendar=CALENDAR).then_refused(
        "window_over"
    )


def test_a_unit_asks_to_return_once() -> None:
    rejected = ReturnRejected(lead=LEAD, why="属本单位职责")
    facts = (received(), dispatched(), ASKED_BACK)
    given(evolve, *facts).when(request_return, BACK, now=START + HOUR, terms=TERMS, calendar=CALENDAR).then_nothing()
    given(evolve, *facts, rejected).when(
        request_return, BACK, now=START + HOUR, terms=TERMS, calendar=CALENDAR
    ).then_refused("returned_before")


def test_after_acceptance_nothing_is_returned() -> None:
    given(evolve, *in_progress()).when(
        request_return, BACK, now=START + HOUR, terms=TERMS, calendar=CALENDAR
    ).then_refused("wrong_state")


def test_the_dispatcher_decides_on_a_return() -> None:
    asked = given(evolve, received(), dispatched(), ASKED_BACK)
    asked.when(approve_return).then(RETURNED)
    asked.when(reject_return, Because(reason="属本单位职责")).then(ReturnRejected(lead=LEAD, why="属本单位职责"))
    given(evolve, received(), dispatched()).when(approve_return).then_refused("wrong_state")


def test_the_first_handler_stays_and_the_clock_runs_on_over_a_return() -> None:
    later = START + 4 * HOUR
    asked = Dispatch(lead=SUPPORT, urgency=Urgency.ROUTINE)
    again = dispatched().model_copy(
        update={
            "lead": SUPPORT,
            "dispatch": 2,
            "dispatched_at": later,
            "accept_by": later + 2 * HOUR,
            "contact_by": later + DAY,
        }
    )
    back = given(evolve, received(), dispatched(), ASKED_BACK, RETURNED)
    back.when(dispatch, asked, now=later, terms=TERMS, calendar=CALENDAR, town=TOWN).then(again)


def test_another_urgency_after_a_return_is_a_new_deadline_version() -> None:
    later = START + 4 * HOUR
    outcome = given(evolve, received(), dispatched(), ASKED_BACK, RETURNED).when(
        dispatch,
        Dispatch(lead=SUPPORT, urgency=Urgency.URGENT),
        now=later,
        terms=TERMS,
        calendar=CALENDAR,
        town=TOWN,
    )
    assert outcome.facts is not None
    assert outcome.facts[0].model_dump(include={"due_at", "deadline_version", "first_handler"}) == {
        "due_at": START + DAY,
        "deadline_version": 2,
        "first_handler": LEAD,
    }


def test_a_returned_complaint_has_no_lead_unit() -> None:
    state = fold(evolve, [received(), dispatched(), ASKED_BACK, RETURNED])
    assert state is not None
    assert (state.state, state.lead, state.first_handler) == (ComplaintState.RECEIVED, None, LEAD)
