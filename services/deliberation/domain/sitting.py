"""开会: attendance, opening, problems, statements, positions, and the end with its conclusions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from services.deliberation.domain.asked import CheckIn, RaiseProblem, RecordAttendance, RecordPosition, RecordStatement
from services.deliberation.domain.concluding import Tally, reasons_against
from services.deliberation.domain.conclusion import HoldMeeting
from services.deliberation.domain.meeting import (
    Answer,
    Application,
    Meeting,
    MeetingState,
    PositionHeld,
    not_in,
    planned,
)
from services.deliberation.domain.named import unknown_anchor
from services.deliberation.domain.platform import CONVENER, SEATS, TWO_COMMITTEES, Platform, standing
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic
from services.deliberation.domain.wording import moment, share
from shared.events.base import ref
from shared.events.deliberation import (
    AbsenceUnexcused,
    Attendance,
    AttendanceRecorded,
    AttendanceWay,
    ConclusionKind,
    MeetingFact,
    MeetingHeld,
    MeetingOpened,
    NoProblemRaised,
    Party,
    Position,
    PositionRecorded,
    ProblemRaised,
    StatementRecorded,
    TopicConcluded,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.month import months_before
from shared.rules.township import Town


def record_attendance(before: Meeting | None, asked: RecordAttendance) -> list[MeetingFact]:
    """到会登记: of the invited, of admitted applicants, of convener, moderator and recorder."""
    meeting = planned(before)
    said = [(party, True, f"/present/{n}") for n, party in enumerate(asked.present)]
    said += [(party, False, f"/absent/{n}") for n, party in enumerate(asked.absent)]
    refuse(
        not_in(meeting, MeetingState.NOTICED, MeetingState.OPEN),
        *(
            Reason("not_taking_part", "该方未受邀请，也未获准参会", pointer)
            for party, _, pointer in said
            if not _takes_part(meeting, party)
        ),
        bool({*asked.present} & {*asked.absent}) and Reason("present_and_absent", "同一方不能既到会又缺席", "/absent"),
    )
    changed = {party: there for party, there, _ in said if meeting.attendance.get(party) is not there}
    return [AttendanceRecorded(party=party, present=there) for party, there in changed.items()]


def check_in(
    before: Meeting | None, asked: CheckIn, *, code_fits: bool, now: datetime, terms: Terms, calendar: Calendar
) -> list[MeetingFact]:
    """签到码签到: a party's own code, once, from shortly before the start on. `code_fits`: it is that party's."""
    meeting = planned(before)
    takes_part = _takes_part(meeting, asked.party)
    refuse(
        not_in(meeting, MeetingState.NOTICED, MeetingState.OPEN),
        not takes_part and Reason("not_taking_part", "该方未受邀请，也未获准参会", "/party"),
        not code_fits and Reason("wrong_code", "签到码不正确", "/code"),
        meeting.starts_at > terms.check_in_before.after(now, calendar) and Reason("too_early", "尚未到签到时间"),
        asked.party in meeting.checked_in
        and asked.party not in meeting.present
        and Reason("code_used", "签到码已使用，请由记录人登记", "/code"),
    )
    if asked.party in meeting.present:
        return []
    return [AttendanceRecorded(party=asked.party, present=True, way=AttendanceWay.CODE)]


def taking_part(meeting: Meeting) -> tuple[Party, ...]:
    """参会各方: whoever has a place at the table."""
    guests = (f"guest/{id}" for id, application in meeting.applicants.items() if application is Application.ADMITTED)
    return (*sorted(meeting.posts), *meeting.invited, *guests)


def _takes_part(meeting: Meeting, party: Party) -> bool:
    kind, _, name = party.partition("/")
    if kind == "guest":
        return meeting.applicants.get(UUID(name)) is Application.ADMITTED
    return party in meeting.invited or party in meeting.posts


def open_meeting(
    before: Meeting | None, *, topics: Mapping[UUID, Topic], platform: Platform | None, now: datetime, terms: Terms
) -> list[MeetingFact]:
    """会议开始, or **all** reasons why it cannot. `topics`: the states of those on the notice."""
    meeting, parties = planned(before), standing(platform)
    refuse(not_in(meeting, MeetingState.SCHEDULED, MeetingState.NOTICED))
    refuse(
        meeting.state is MeetingState.SCHEDULED and Reason("notice_missing", "会议尚未公示"),
        meeting.notice_until is not None
        and now < meeting.notice_until
        and Reason("notice_period_not_over", f"公示期未满，{moment(meeting.notice_until)}起方可开会"),
        *(
            Reason("background_missing", f"议题“{topics[id].public_title}”的背景材料尚未发放")
            for id in meeting.topics
            if id in topics and not topics[id].background
        ),
        *(
            Reason("seat_not_invited", f"席位{seat}（{SEATS[seat]}）未受邀请")
            for seat in parties.filled
            if f"seat/{seat}" not in meeting.invited
        ),
        Application.OPEN in meeting.applicants.values() and Reason("application_unanswered", "还有参会申请未答复"),
        meeting.recorder is None and Reason("recorder_missing", "未指定记录人"),
        *_quorum_missing(meeting, parties, terms),
    )
    return [
        MeetingOpened(
            opened_at=now,
            topics=tuple(ref("topic", topic) for topic in meeting.topics),
            seats_filled=len(parties.filled),
            seats_present=len(_seats_present(meeting, parties)),
            members_present=_present_of(meeting, "member"),
        )
    ]


def _quorum_missing(meeting: Meeting, platform: Platform, terms: Terms) -> list[Reason]:
    """到会人数: convener, recorder, the two committees, enough filled seats and members [D]. A vacancy never blocks."""
    present, seats = meeting.present, _seats_present(meeting, platform)
    members, filled = _present_of(meeting, "member"), platform.filled
    found = (
        f"post/{CONVENER}" not in present and Reason("convener_absent", "召集人未到会"),
        meeting.recorder is not None
        and f"post/{meeting.recorder}" not in present
        and Reason("recorder_absent", "记录人未到会"),
        TWO_COMMITTEES in filled and TWO_COMMITTEES not in seats and Reason("two_committees_absent", "两委未到会"),
        len(seats) <= len(filled) * terms.quorum_seats
        and Reason(
            "seats_short", f"已到位的席位有 {len(filled)} 个，到会 {len(seats)} 个，未超过{share(terms.quorum_seats)}"
        ),
        members < terms.quorum_members
        and Reason("members_short", f"到会的 N 方代表 {members} 人，至少须 {terms.quorum_members} 人"),
    )
    return [reason for reason in found if reason]


def _seats_present(meeting: Meeting, platform: Platform) -> tuple[int, ...]:
    return tuple(seat for seat in platform.filled if f"seat/{seat}" in meeting.present)


def _present_of(meeting: Meeting, kind: str) -> int:
    return sum(party.startswith(f"{kind}/") for party in meeting.present)


def raise_problem(before: Meeting | None, asked: RaiseProblem, *, town: Town) -> list[MeetingFact]:
    """交流问题: the parties exchange the problems of the month [S]."""
    meeting = planned(before)
    refuse(
        not_in(meeting, MeetingState.OPEN),
        _not_there(meeting, asked.party),
        *unknown_anchor(town, meeting.community, asked.category, asked.place),
    )
    return [
        ProblemRaised(
            number=meeting.problems + 1,
            party=asked.party,
            community=meeting.community,
            category=asked.category,
            place=asked.place,
            public_title=asked.public_title,
        )
    ]


def report_no_problem(before: Meeting | None) -> list[MeetingFact]:
    """无问题可交流: the parties were asked first, and had none."""
    meeting = planned(before)
    if meeting.no_problems:
        return []
    refuse(
        not_in(meeting, MeetingState.OPEN),
        meeting.problems > 0 and Reason("problems_raised", "本次会议已交流问题"),
    )
    return [NoProblemRaised()]


def _not_exchanged(meeting: Meeting) -> Reason | None:
    """The exchange of the month's problems is the first point of every meeting [S]."""
    return None if meeting.exchanged else Reason("problems_not_exchanged", "每次会议须先交流当月问题，再议议题")


def record_statement(before: Meeting | None, asked: RecordStatement) -> list[MeetingFact]:
    """记录发言: every party may speak [S]."""
    meeting = planned(before)
    topic = asked.topic
    refuse(
        not_in(meeting, MeetingState.OPEN),
        topic is not None and _not_exchanged(meeting),
        _not_there(meeting, asked.party),
        topic is not None and _off_notice(meeting, topic, "/topic"),
    )
    return [StatementRecorded(party=asked.party, topic=ref("topic", topic) if topic else None)]


def record_position(before: Meeting | None, asked: RecordPosition) -> list[MeetingFact]:
    """记录表态 on a topic of the notice; a later one stands instead of the earlier."""
    meeting = planned(before)
    if PositionHeld(asked.topic, asked.party, asked.position) in meeting.positions:
        return []
    refuse(
        not_in(meeting, MeetingState.OPEN),
        _not_exchanged(meeting),
        _not_there(meeting, asked.party),
        _off_notice(meeting, asked.topic, "/topic"),
        asked.party.startswith("post/") and Reason("post_has_no_position", "主持、记录岗位不表态", "/party"),
    )
    return [PositionRecorded(party=asked.party, topic=ref("topic", asked.topic), position=asked.position)]


def _not_there(meeting: Meeting, party: Party) -> Reason | None:
    return None if party in meeting.present else Reason("not_present", "该方未到会", "/party")


def _off_notice(meeting: Meeting, topic: UUID, pointer: str) -> Reason | None:
    return None if topic in meeting.topics else Reason("topic_not_on_notice", "议题未列入会议公示", pointer)


def tally(meeting: Meeting, topic: UUID) -> Tally:
    """表态统计 of one topic: seats and members; what guests and units think is recorded but does not count."""
    held = [
        (position.party, position.position)
        for position in meeting.positions
        if position.topic == topic and position.party.startswith(("seat/", "member/"))
    ]
    return Tally(
        support=sum(position is Position.SUPPORT for _, position in held),
        oppose=sum(position in (Position.OPPOSE, Position.FORMAL_OBJECTION) for _, position in held),
        abstain=sum(position is Position.ABSTAIN for _, position in held),
        seat_objections=sum(
            position is Position.FORMAL_OBJECTION and party.startswith("seat/") for party, position in held
        ),
    )


def hold(
    before: Meeting | None,
    asked: HoldMeeting,
    *,
    topics: Mapping[UUID, Topic],
    platform: Platform | None,
    earlier_absences: Mapping[Party, Sequence[datetime]],
    now: datetime,
    terms: Terms,
    calendar: Calendar,
    town: Town,
) -> list[MeetingFact]:
    """结束会议: exactly one conclusion for every topic on the notice, and nothing else.

    `topics`: the states of those on the notice; each also has to be concluded by `concluding.conclude`.
    `earlier_absences`: when each party was absent without reason before.
    """
    meeting, parties = planned(before), standing(platform)
    refuse(not_in(meeting, MeetingState.OPEN))
    assert meeting.opened_at is not None
    held_at = asked.held_at or now
    concluded = [entry.topic for entry in asked.conclusions]
    refuse(
        not meeting.opened_at <= held_at <= now
        and Reason("wrong_end", "结束时间须在会议开始之后，且不晚于现在", "/held_at"),
        not meeting.exchanged
        and not asked.no_problems
        and Reason("problems_not_exchanged", "每次会议须先交流当月问题；确无问题的请注明", "/no_problems"),
        *(
            Reason("conclusion_missing", "公示的每项议题都须有结论", "/conclusions")
            for topic in meeting.topics
            if topic not in concluded
        ),
        *(
            Reason("concluded_twice", "一项议题只能有一个结论", f"/conclusions/{number}/topic")
            for number, topic in enumerate(concluded)
            if topic in concluded[:number]
        ),
        *(_off_notice(meeting, topic, f"/conclusions/{number}/topic") for number, topic in enumerate(concluded)),
        *chain.from_iterable(
            reasons_against(
                topics[entry.topic],
                entry.conclusion,
                tally=tally(meeting, entry.topic),
                community_kind=parties.community_kind,
                now=now,
                terms=terms,
                town=town,
                pointer=f"/conclusions/{number}/conclusion",
            )
            for number, entry in enumerate(asked.conclusions)
            if entry.topic in meeting.topics and entry.topic in topics
        ),
    )
    absent = _unexcused(meeting, parties)
    return [
        *([] if meeting.exchanged else [NoProblemRaised()]),
        *(_absence(party, earlier_absences.get(party, ()), held_at, terms) for party in absent),
        MeetingHeld(
            community=meeting.community,
            held_at=held_at,
            urgent=meeting.urgent,
            attendance=_attendance(meeting, parties, absent),
            conclusions=tuple(
                _concluded(meeting, entry.topic, ConclusionKind(entry.conclusion.conclusion))
                for entry in asked.conclusions
            ),
            problems=meeting.problems,
            minutes_due_at=terms.minutes.after(held_at, calendar),
        ),
    ]


def _unexcused(meeting: Meeting, platform: Platform) -> tuple[Party, ...]:
    """无故缺席: the seats and units that were invited, did not come and gave no reason. Members are free to come."""
    seats = {f"seat/{seat}" for seat in platform.filled}
    return tuple(
        party
        for party, invitation in sorted(meeting.invited.items())
        if (party in seats or party.startswith("unit/"))
        and party not in meeting.present
        and invitation.answer is not Answer.EXCUSED
    )


def _absence(party: Party, earlier: Sequence[datetime], held_at: datetime, terms: Terms) -> AbsenceUnexcused:
    since = months_before(held_at, terms.unexcused_months)
    times = 1 + sum(since < absent_at < held_at for absent_at in earlier)
    return AbsenceUnexcused(party=party, times=times, superior_told=times >= terms.unexcused_limit)


def _attendance(meeting: Meeting, platform: Platform, absent: tuple[Party, ...]) -> Attendance:
    return Attendance(
        seats_filled=len(platform.filled),
        seats_present=len(_seats_present(meeting, platform)),
        members_present=_present_of(meeting, "member"),
        units_present=_present_of(meeting, "unit"),
        guests_present=_present_of(meeting, "guest"),
        excused=tuple(
            party
            for party, invitation in sorted(meeting.invited.items())
            if invitation.answer is Answer.EXCUSED and party not in meeting.present
        ),
        unexcused=absent,
    )


def _concluded(meeting: Meeting, topic: UUID, conclusion: ConclusionKind) -> TopicConcluded:
    counted = tally(meeting, topic)
    return TopicConcluded(
        topic=ref("topic", topic),
        conclusion=conclusion,
        support=counted.support,
        oppose=counted.oppose,
        abstain=counted.abstain,
        seat_objections=counted.seat_objections,
    )
