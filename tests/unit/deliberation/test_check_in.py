"""签到码: a party's own code, once, from shortly before the start on."""

from datetime import datetime

from services.deliberation.codes import check_in_code, fits
from services.deliberation.domain.asked import CheckIn
from services.deliberation.domain.meeting import evolve
from services.deliberation.domain.sitting import check_in, taking_part
from shared.events.deliberation import (
    ApplicantKind,
    AttendanceRecorded,
    AttendanceWay,
    JoinAdmitted,
    JoinRequested,
    MeetingFact,
    MeetingPostponed,
)
from tests.support.spec import Outcome, given
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAY,
    HOUR,
    MEETING,
    MEMBER,
    POSTS,
    SEATS,
    STARTS_AT,
    TERMS,
    invited,
    meeting_state,
    planned,
)

CAME = AttendanceRecorded(party="seat/4", present=True, way=AttendanceWay.CODE)
KEY = bytes(32)


def checked_in(*facts: MeetingFact, party: str = "seat/4", right: bool = True, now: datetime = STARTS_AT) -> Outcome:
    asked = CheckIn(party=party, code="X")
    named = {"code_fits": right, "now": now, "terms": TERMS, "calendar": CALENDAR}
    return given(evolve, *facts).when(check_in, asked, **named)


def test_a_party_checks_in_by_its_code_from_two_hours_before_on() -> None:
    checked_in(*invited(), now=STARTS_AT - 2 * HOUR).then(CAME)
    checked_in(*invited(), now=STARTS_AT - 3 * HOUR).then_refused("too_early")
    checked_in(*invited(), CAME).then_nothing()


def test_a_code_is_used_once() -> None:
    left = AttendanceRecorded(party="seat/4", present=False)
    checked_in(*invited(), CAME, left).then_refused("code_used")
    postponed = MeetingPostponed(starts_at=STARTS_AT + DAY, reason="材料未齐")
    assert meeting_state(*invited(), CAME, postponed).checked_in == ()


def test_a_wrong_code_and_a_stranger_are_told_all_reasons() -> None:
    checked_in(*invited(), party="seat/3", right=False).then_refused("not_taking_part", "wrong_code")
    checked_in(planned(), right=False).then_refused("wrong_state", "not_taking_part", "wrong_code")


def test_everybody_at_the_table_has_a_code_of_its_own() -> None:
    applied = JoinRequested(applicant=MEETING, applicant_kind=ApplicantKind.RESIDENT)
    state = meeting_state(*invited(), applied, JoinAdmitted(applicant=MEETING))
    assert set(taking_part(state)) == {*SEATS, MEMBER, *POSTS, f"guest/{MEETING}"}
    codes = {party: check_in_code(KEY, MEETING, STARTS_AT, party) for party in taking_part(state)}
    assert len(set(codes.values())) == 7
    assert fits(KEY, MEETING, STARTS_AT, "seat/4", codes["seat/4"].lower().replace("-", ""))
    assert not fits(KEY, MEETING, STARTS_AT, "seat/4", codes["seat/5"])
    assert not fits(KEY, MEETING, STARTS_AT + HOUR, "seat/4", codes["seat/4"])
    assert not fits(bytes(31) + b"1", MEETING, STARTS_AT, "seat/4", codes["seat/4"])
    assert not fits(KEY, MEETING, STARTS_AT, "seat/4", "签到码")
