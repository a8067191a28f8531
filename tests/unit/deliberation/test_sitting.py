"""开会: who is there, what is said, how it ends; and its minutes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.deliberation.domain.asked import (
    CorrectMinutes,
    Promise,
    PublishMinutes,
    RaiseProblem,
    RecordAttendance,
    RecordPosition,
    RecordStatement,
)
from services.deliberation.domain.concluding import Tally
from services.deliberation.domain.conclusion import Agree, ConcludeTopic, Conclusion, Defer, HoldMeeting
from services.deliberation.domain.meeting import evolve, watches
from services.deliberation.domain.minutes import correct_minutes, minutes_overdue, publish_minutes
from services.deliberation.domain.platform import evolve as evolve_platform
from services.deliberation.domain.sitting import (
    hold,
    open_meeting,
    raise_problem,
    record_attendance,
    record_position,
    record_statement,
    report_no_problem,
    tally,
)
from services.deliberation.domain.topic import Topic
from shared.events.base import derived, ref
from shared.events.deliberation import (
    AbsenceUnexcused,
    ApplicantKind,
    Attendance,
    AttendanceRecorded,
    ConclusionKind,
    InvitationExcused,
    JoinAdmitted,
    JoinRequested,
    MeetingFact,
    MeetingHeld,
    MeetingInvited,
    MinutesCorrected,
    MinutesOverdue,
    MinutesPublished,
    NoProblemRaised,
    Position,
    PositionRecorded,
    ProblemRaised,
    SeatFilled,
    StatementRecorded,
    TopicConcluded,
)
from shared.rules.deadline import Watch
from tests.support.spec import Outcome, given
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAY,
    HOUR,
    MEMBER,
    OTHER_TOPIC,
    POSTS,
    SEATS,
    STARTS_AT,
    TERMS,
    TOPIC,
    TOWN,
    accepted,
    at,
    attended,
    in_deliberation,
    invited,
    meeting_state,
    noticed,
    opened,
    planned,
    platform,
    topic_state,
)

TOPIC_REF = ref("topic", TOPIC)
GUEST = derived("test", "guest")
ENDS_AT = STARTS_AT + 2 * HOUR
PROMISE = Promise(owner="产权单位", task="加装扶手", due_at=ENDS_AT + 20 * DAY)


def opening(facts: list[MeetingFact], *, now: datetime = STARTS_AT, topic: Topic | None = None) -> Outcome:
    return given(evolve, *facts).when(
        open_meeting,
        topics={TOPIC: topic or topic_state(*accepted())},
        platform=platform(),
        now=now,
        terms=TERMS,
    )


def test_a_meeting_opens_when_everything_is_in_order() -> None:
    opening(attended()).then(opened()[-1])


def test_a_meeting_is_refused_with_all_reasons_at_once() -> None:
    bare = topic_state(*accepted()[:2])
    nobody_recording = [fact.model_copy(update={"recorder": None}) for fact in noticed()[:1]] + noticed()[1:]
    applied = JoinRequested(applicant=GUEST, applicant_kind=ApplicantKind.RESIDENT)
    opening([*nobody_recording, applied], now=STARTS_AT - HOUR, topic=bare).then_refused(
        "notice_period_not_over",
        "background_missing",
        "seat_not_invited",
        "seat_not_invited",
        "seat_not_invited",
        "application_unanswered",
        "recorder_missing",
        "convener_absent",
        "two_committees_absent",
        "seats_short",
        "members_short",
    )


def test_a_meeting_without_a_notice_does_not_open() -> None:
    assert "notice_missing" in opening([planned(TOPIC)]).codes


def absent(*parties: str) -> list[MeetingFact]:
    return [*attended(), *(AttendanceRecorded(party=party, present=False) for party in parties)]


@pytest.mark.parametrize(
    ("missing", "codes"),
    [
        (["post/secretary"], ["convener_absent"]),
        (["post/recorder-1"], ["recorder_absent"]),
        (["seat/1"], ["two_committees_absent"]),
        (["seat/4"], []),
        (["seat/4", "seat/5"], ["seats_short"]),
        ([MEMBER], ["members_short"]),
    ],
)
def test_the_quorum_is_convener_recorder_two_committees_more_than_half_the_filled_seats_and_a_member(
    missing: list[str], codes: list[str]
) -> None:
    outcome = opening(absent(*missing))
    assert sorted(outcome.codes) == codes


def test_exactly_half_of_the_filled_seats_is_not_enough() -> None:
    four = evolve_platform(platform(), SeatFilled(community="dahuichang", seat=3, holder="金鹏顺发物业"))
    assert len(four.filled) == 4
    half = [*absent("seat/4"), MeetingInvited(party="seat/3"), AttendanceRecorded(party="seat/3", present=False)]
    given(evolve, *half).when(
        open_meeting, topics={TOPIC: topic_state(*accepted())}, platform=four, now=STARTS_AT, terms=TERMS
    ).then_refused("seats_short")


def test_a_vacant_seat_never_blocks_a_meeting() -> None:
    assert "seat/3" not in meeting_state(*attended()).invited
    assert opening(attended()).codes == ()


def test_a_held_meeting_does_not_open_again() -> None:
    opening([*opened(), *holding(Defer(reason="再议"))]).then_refused("wrong_state")


def test_attendance_is_recorded_of_those_who_take_part_and_only_what_changes() -> None:
    asked = RecordAttendance(present=("seat/1", "post/secretary"), absent=("seat/4",))
    given(evolve, *invited()).when(record_attendance, asked).then(
        AttendanceRecorded(party="seat/1", present=True),
        AttendanceRecorded(party="post/secretary", present=True),
        AttendanceRecorded(party="seat/4", present=False),
    )
    given(evolve, *attended()).when(record_attendance, asked).then(AttendanceRecorded(party="seat/4", present=False))


def test_nobody_comes_uninvited() -> None:
    asked = RecordAttendance(present=("seat/3", f"guest/{GUEST}", "post/driver"), absent=("seat/3",))
    given(evolve, *invited()).when(record_attendance, asked).then_refused(
        *["not_taking_part"] * 4, "present_and_absent"
    )
    given(evolve, planned(TOPIC)).when(record_attendance, RecordAttendance()).then_refused("wrong_state")


def test_an_admitted_applicant_comes_as_a_guest() -> None:
    applied = JoinRequested(applicant=GUEST, applicant_kind=ApplicantKind.RESIDENT)
    asked = RecordAttendance(present=(f"guest/{GUEST}",))
    given(evolve, *invited(), applied).when(record_attendance, asked).then_refused("not_taking_part")
    given(evolve, *invited(), applied, JoinAdmitted(applicant=GUEST)).when(record_attendance, asked).then(
        AttendanceRecorded(party=f"guest/{GUEST}", present=True)
    )


@pytest.mark.parametrize("party", ["seat/6", "seat/3/", "member/someone", "guest/", "unit/", "post/a b", "resident/1"])
def test_a_party_is_never_named_otherwise(party: str) -> None:
    with pytest.raises(ValidationError):
        RecordAttendance(present=(party,))


def raised(number: int = 1) -> ProblemRaised:
    return ProblemRaised(
        number=number,
        party="seat/4",
        community="dahuichang",
        category="PARKING",
        place="dahuichang-east-road",
        public_title="东路停车混乱",
    )


def test_the_parties_exchange_the_problems_of_the_month() -> None:
    asked = RaiseProblem(party="seat/4", category="PARKING", place="dahuichang-east-road", public_title="东路停车混乱")
    given(evolve, *opened()).when(raise_problem, asked, town=TOWN).then(raised())
    given(evolve, *opened(), raised()).when(raise_problem, asked, town=TOWN).then(raised(2))
    given(evolve, *attended()).when(raise_problem, asked, town=TOWN).then_refused("wrong_state")
    elsewhere = asked.model_copy(update={"place": "zhangguozhuang-road"})
    given(evolve, *opened()).when(raise_problem, elsewhere, town=TOWN).then_refused("place_elsewhere")


def exchanged() -> list[MeetingFact]:
    return [*opened(), raised()]


def test_the_months_problems_come_before_the_first_word_on_a_topic() -> None:
    speaks = RecordStatement(party=MEMBER, topic=TOPIC)
    takes = RecordPosition(party="seat/1", topic=TOPIC, position=Position.SUPPORT)
    given(evolve, *opened()).when(record_statement, speaks).then_refused("problems_not_exchanged")
    given(evolve, *opened()).when(record_position, takes).then_refused("problems_not_exchanged")
    given(evolve, *opened()).when(report_no_problem).then(NoProblemRaised())
    given(evolve, *opened(), NoProblemRaised()).when(report_no_problem).then_nothing()
    given(evolve, *opened(), NoProblemRaised()).when(record_position, takes).then(voted("seat/1", Position.SUPPORT))
    given(evolve, *exchanged()).when(report_no_problem).then_refused("problems_raised")
    given(evolve, *attended()).when(report_no_problem).then_refused("wrong_state")


def test_every_party_that_is_there_may_speak() -> None:
    asked = RecordStatement(party=MEMBER, topic=TOPIC)
    given(evolve, *exchanged()).when(record_statement, asked).then(StatementRecorded(party=MEMBER, topic=TOPIC_REF))
    given(evolve, *opened()).when(record_statement, RecordStatement(party=MEMBER)).then(StatementRecorded(party=MEMBER))
    away = RecordStatement(party="unit/district-housing", topic=OTHER_TOPIC)
    given(evolve, *exchanged()).when(record_statement, away).then_refused("not_present", "topic_not_on_notice")


def voted(party: str, position: Position) -> PositionRecorded:
    return PositionRecorded(party=party, topic=TOPIC_REF, position=position)


def test_a_later_position_stands_instead_of_the_earlier() -> None:
    asked = RecordPosition(party="seat/1", topic=TOPIC, position=Position.OPPOSE)
    first, second = voted("seat/1", Position.SUPPORT), voted("seat/1", Position.OPPOSE)
    given(evolve, *exchanged(), first).when(record_position, asked).then(second)
    given(evolve, *opened(), first, second).when(record_position, asked).then_nothing()
    assert tally(meeting_state(*opened(), first, second), TOPIC) == Tally(oppose=1)


def test_posts_take_no_position() -> None:
    asked = RecordPosition(party="post/secretary", topic=TOPIC, position=Position.SUPPORT)
    given(evolve, *exchanged()).when(record_position, asked).then_refused("post_has_no_position")


def test_seats_and_members_are_counted_and_only_a_seat_objects_formally() -> None:
    meeting = meeting_state(
        *opened(),
        voted("seat/1", Position.SUPPORT),
        voted("seat/4", Position.ABSTAIN),
        voted("seat/5", Position.FORMAL_OBJECTION),
        voted(MEMBER, Position.FORMAL_OBJECTION),
        voted("unit/district-housing", Position.OPPOSE),
        voted(f"guest/{GUEST}", Position.OPPOSE),
    )
    assert tally(meeting, TOPIC) == Tally(support=1, oppose=2, abstain=1, seat_objections=1)
    assert tally(meeting, OTHER_TOPIC) == Tally()


def asked_to_hold(
    *conclusions: tuple[UUID, Conclusion], held_at: datetime | None = None, no_problems: bool = True
) -> HoldMeeting:
    entries = tuple(ConcludeTopic(topic=topic, conclusion=conclusion) for topic, conclusion in conclusions)
    return HoldMeeting(conclusions=entries, held_at=held_at, no_problems=no_problems)


def held(
    facts: list[MeetingFact],
    asked: HoldMeeting,
    *,
    earlier: Mapping[str, Sequence[datetime]] | None = None,
    now: datetime = ENDS_AT,
) -> Outcome:
    return given(evolve, *facts).when(
        hold,
        asked,
        topics={TOPIC: topic_state(*in_deliberation())},
        platform=platform(),
        earlier_absences=earlier or {},
        now=now,
        terms=TERMS,
        calendar=CALENDAR,
        town=TOWN,
    )


def holding(conclusion: Conclusion, facts: list[MeetingFact] | None = None) -> list[MeetingFact]:
    outcome = held(facts or opened(), asked_to_hold((TOPIC, conclusion)))
    assert outcome.facts is not None
    return [fact for fact in outcome.facts if isinstance(fact, MeetingFact)]


def test_a_meeting_ends_with_the_conclusion_of_every_topic() -> None:
    ayes = [voted(party, Position.SUPPORT) for party in ("seat/1", "seat/4")]
    facts = [*exchanged(), *ayes, voted(MEMBER, Position.ABSTAIN)]
    held(facts, asked_to_hold((TOPIC, Agree(promises=(PROMISE,))), no_problems=False)).then(
        MeetingHeld(
            community="dahuichang",
            held_at=ENDS_AT,
            urgent=False,
            attendance=Attendance(
                seats_filled=3, seats_present=3, members_present=1, units_present=0, guests_present=0
            ),
            conclusions=(
                TopicConcluded(
                    topic=TOPIC_REF,
                    conclusion=ConclusionKind.AGREED,
                    support=2,
                    oppose=0,
                    abstain=1,
                    seat_objections=0,
                ),
            ),
            problems=1,
            minutes_due_at=at(2024, 2, 7, 11),
        )
    )


def test_every_topic_on_the_notice_gets_exactly_one_conclusion_and_no_other_does() -> None:
    later = Defer(reason="再议")
    held(opened(), asked_to_hold()).then_refused("conclusion_missing")
    held(opened(), asked_to_hold((TOPIC, later), (TOPIC, later))).then_refused("concluded_twice")
    held(opened(), asked_to_hold((TOPIC, later), (OTHER_TOPIC, later))).then_refused("topic_not_on_notice")


def test_problems_are_exchanged_or_it_is_said_that_there_were_none() -> None:
    held(opened(), asked_to_hold((TOPIC, Defer(reason="再议")), no_problems=False)).then_refused(
        "problems_not_exchanged"
    )


def test_what_speaks_against_a_conclusion_speaks_against_the_end_of_the_meeting() -> None:
    disputed = [*opened(), voted("seat/5", Position.FORMAL_OBJECTION)]
    held(disputed, asked_to_hold((TOPIC, Agree(promises=())))).then_refused(
        "promises_missing", "assembly_needed", "no_majority"
    )


def test_a_meeting_ends_after_its_opening_and_not_in_the_future() -> None:
    later = Defer(reason="再议")
    for wrong in (STARTS_AT - HOUR, ENDS_AT + HOUR):
        held(opened(), asked_to_hold((TOPIC, later), held_at=wrong)).then_refused("wrong_end")
    held(attended(), asked_to_hold((TOPIC, later))).then_refused("wrong_state")


def with_absentees() -> list[MeetingFact]:
    everybody = opened()
    return [
        *everybody,
        MeetingInvited(party="unit/district-housing"),
        AttendanceRecorded(party="seat/4", present=False),
        AttendanceRecorded(party="seat/5", present=False),
        AttendanceRecorded(party=MEMBER, present=False),
    ]


def test_seats_and_units_absent_without_reason_are_named_but_no_members() -> None:
    excused = InvitationExcused(party="seat/5", reason="外出开会")
    facts = holding(Defer(reason="再议"), [*with_absentees(), excused])
    assert facts[:-1] == [
        NoProblemRaised(),
        *(AbsenceUnexcused(party=party, times=1, superior_told=False) for party in ("seat/4", "unit/district-housing")),
    ]
    assert isinstance(facts[-1], MeetingHeld)
    assert facts[-1].attendance == Attendance(
        seats_filled=3,
        seats_present=1,
        members_present=0,
        units_present=0,
        guests_present=0,
        excused=("seat/5",),
        unexcused=("seat/4", "unit/district-housing"),
    )


@pytest.mark.parametrize(
    ("earlier", "times"),
    [
        ([], 1),
        ([at(2023, 8, 4, 11)], 1),
        ([at(2023, 8, 4, 12)], 2),
        ([at(2023, 7, 1), at(2023, 10, 1), at(2023, 12, 1)], 3),
    ],
)
def test_the_second_absence_in_six_months_is_told_to_the_superior(earlier: list[datetime], times: int) -> None:
    asked = asked_to_hold((TOPIC, Defer(reason="再议")))
    absentee = [*opened(), AttendanceRecorded(party="seat/4", present=False)]
    outcome = held(absentee, asked, earlier={"seat/4": earlier, "seat/5": [at(2024, 1, 1)]})
    assert outcome.facts is not None
    assert outcome.facts[1] == AbsenceUnexcused(party="seat/4", times=times, superior_told=times >= 2)


RECORDERS = frozenset({"recorder-1"})
TEXT = "第一项，交流当月问题；第二项，议题一暂缓。"
PUBLISHED = MinutesPublished(recorder="recorder-1", version=1, text=TEXT, sha256=sha256(TEXT.encode()).hexdigest())


def test_minutes_are_sealed_by_the_hash_of_their_text() -> None:
    ended = [*opened(), *holding(Defer(reason="再议"))]
    given(evolve, *ended).when(publish_minutes, PublishMinutes(text=TEXT), by=RECORDERS).then(PUBLISHED)
    given(evolve, *ended, PUBLISHED).when(publish_minutes, PublishMinutes(text=TEXT), by=RECORDERS).then_nothing()
    given(evolve, *ended, PUBLISHED).when(publish_minutes, PublishMinutes(text="别的"), by=RECORDERS).then_refused(
        "wrong_state"
    )
    given(evolve, *opened()).when(publish_minutes, PublishMinutes(text=TEXT), by=RECORDERS).then_refused("wrong_state")


def test_a_correction_is_a_new_version_with_its_reason() -> None:
    ended = [*opened(), *holding(Defer(reason="再议")), PUBLISHED]
    text = f"{TEXT}（更正）"
    corrected = MinutesCorrected(
        recorder="recorder-1",
        version=2,
        text=text,
        sha256=sha256(text.encode()).hexdigest(),
        reason="漏记一项",
    )
    given(evolve, *ended).when(correct_minutes, CorrectMinutes(text=text, reason="漏记一项"), by=RECORDERS).then(
        corrected
    )
    given(evolve, *ended, corrected).when(
        correct_minutes, CorrectMinutes(text=text, reason="漏记一项"), by=RECORDERS
    ).then_nothing()
    assert meeting_state(*ended, corrected).minutes_version == 2


def test_minutes_are_due_in_three_working_days_and_overdue_once() -> None:
    ended = [*opened(), *holding(Defer(reason="再议"))]
    due = at(2024, 2, 7, 11)
    assert watches(meeting_state(*ended)) == {"minutes-overdue": Watch(due)}
    late = MinutesOverdue(due_at=due)
    given(evolve, *ended).when(minutes_overdue, due_at=due, version=1, now=due).then(late)
    given(evolve, *ended, late).when(minutes_overdue, due_at=due, version=1, now=due).then_nothing()
    given(evolve, *ended, PUBLISHED).when(minutes_overdue, due_at=due, version=1, now=due).then_nothing()
    given(evolve, *ended, late).when(publish_minutes, PublishMinutes(text=TEXT), by=RECORDERS).then(PUBLISHED)


def test_everybody_who_must_be_there_was_there() -> None:
    assert meeting_state(*attended()).present == {*SEATS, MEMBER, *POSTS}
