"""Who may be erased, and when the town's duty still needs what it knows."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from services.intake.domain.clock import RETENTION, watches
from services.intake.domain.complaint import Complaint, evolve
from services.intake.domain.erasure import (
    Erasure,
    ErasureGround,
    ErasureState,
    RequestErasure,
    execute,
    reject,
    request,
)
from services.intake.domain.people import CorrectContact, Corrected, corrected
from shared.events.intake import (
    CloseGround,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintRedirected,
    ComplaintSupervised,
    ListingReason,
)
from shared.rules.broken import RuleBroken
from shared.rules.deadline import Watch
from tests.support.spec import fold
from tests.unit.intake.builders import DAY, ID, LISTED, LISTING_ASKED, OTHER, START, finished, in_progress, received

ASKED = RequestErasure(phone="19900000001", ground=ErasureGround.CONSENT_WITHDRAWN, reason="本人书面申请")
WAITING = Erasure(ErasureState.REQUESTED, ASKED.ground, ASKED.reason, OTHER, "wang", START)
CLOSED = ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=START)


def codes(*complaints: Complaint, before: Erasure | None = WAITING, by: str = "li") -> list[str]:
    with pytest.raises(RuleBroken) as broken:
        execute(before, complaints, by=by, now=START)
    return [reason.code for reason in broken.value.reasons]


def complaint(*facts: object) -> Complaint:
    found = fold(evolve, [received(), *facts])
    assert found is not None
    return found


def test_whoever_is_known_may_ask_once_at_a_time() -> None:
    assert request(None, ASKED, subject=OTHER, by="wang", now=START) == WAITING
    with pytest.raises(RuleBroken, match="not_found"):
        request(None, ASKED, subject=None, by="wang", now=START)
    with pytest.raises(RuleBroken, match="asked_before"):
        request(WAITING, ASKED, subject=OTHER, by="wang", now=START)


def test_another_person_executes_when_all_is_over() -> None:
    done = execute(WAITING, [complaint(CLOSED)], by="li", now=START + DAY)
    assert done == replace(WAITING, state=ErasureState.EXECUTED, decided_by="li", decided_at=START + DAY)
    assert execute(WAITING, [], by="li", now=START).state is ErasureState.EXECUTED


def test_every_reason_against_it_is_told() -> None:
    court = LISTED.model_copy(update={"reason": ListingReason.LITIGATION})
    listed = fold(evolve, [*in_progress(), ComplaintSupervised(reason="超期"), LISTING_ASKED, court])
    assert codes(listed, by="wang") == ["four_eyes", "complaints_open", "under_supervision", "in_litigation"]
    assert codes(complaint()) == ["complaints_open"]
    assert codes(fold(evolve, finished())) == ["complaints_open"]
    assert codes(complaint(), before=replace(WAITING, state=ErasureState.EXECUTED)) == [
        "wrong_state",
        "complaints_open",
    ]
    assert codes(before=None) == ["not_found"]


def test_a_supervision_that_is_over_with_its_complaint_holds_nobody() -> None:
    over = complaint(ComplaintSupervised(reason="超期"), CLOSED)
    assert execute(WAITING, [over], by="li", now=START).state is ErasureState.EXECUTED


def test_a_no_has_its_reason_and_forgets_whom_it_concerned() -> None:
    no = reject(WAITING, "依法须留存", by="li", now=START)
    assert (no.state, no.subject, no.why) == (ErasureState.REJECTED, None, "依法须留存")
    with pytest.raises(RuleBroken, match="wrong_state"):
        reject(no, "再次", by="li", now=START)


@pytest.mark.parametrize("wrong", [{}, {"phone": "19900000001", "complaint": str(ID)}])
def test_it_is_either_a_number_or_a_complaint(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="须且只须"):
        RequestErasure.model_validate({"ground": "OTHER_LAW", "reason": "依法"} | wrong)


def test_a_correction_keeps_what_it_does_not_name() -> None:
    known = Corrected(name="李四", phone="123456")
    found = corrected(known, CorrectContact(phone="654321", reason="本人更正"), START)
    assert found == Corrected(name="李四", phone="654321", corrected_at=START)


@pytest.mark.parametrize(
    "end",
    [
        CLOSED,
        ComplaintAnswered(answered_at=START, answer="找社区"),
        ComplaintRedirected(told_at=START, reason="属诉讼", right_channel="法院"),
    ],
)
def test_an_end_is_remembered_for_as_long_as_it_says_or_three_years(end: ComplaintClosed) -> None:
    old = complaint(end)
    assert (old.ended_at, old.retain_until) == (START, START + 1096 * DAY)
    assert watches(old) == {RETENTION: Watch(START + 1096 * DAY)}
    said = complaint(end.model_copy(update={"retain_until": START + DAY}))
    assert watches(said) == {RETENTION: Watch(START + DAY)}


def test_what_is_not_over_has_no_such_timer() -> None:
    assert RETENTION not in watches(complaint())
