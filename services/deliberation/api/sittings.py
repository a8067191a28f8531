"""会议本身: attendance, opening, what is said, the end with its conclusions, the minutes."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody

from services.deliberation import views
from services.deliberation.api.door import (
    Answer,
    Here,
    answered,
    around_meeting,
    platform_of,
    topics_in_hand,
)
from services.deliberation.api.limits import OFTEN_CHECKING_IN
from services.deliberation.codes import check_in_code, fits
from services.deliberation.domain import topic
from services.deliberation.domain.absence import absence_id, report_absence
from services.deliberation.domain.asked import (
    CheckIn,
    CorrectMinutes,
    Promise,
    PublishMinutes,
    RaiseProblem,
    RecordAttendance,
    RecordPosition,
    RecordStatement,
)
from services.deliberation.domain.concluding import conclude
from services.deliberation.domain.conclusion import Agree, HoldMeeting, Settle
from services.deliberation.domain.meeting import Meeting, planned
from services.deliberation.domain.minutes import correct_minutes, publish_minutes
from services.deliberation.domain.sitting import (
    check_in,
    hold,
    open_meeting,
    raise_problem,
    record_attendance,
    record_position,
    record_statement,
    report_no_problem,
    taking_part,
    tally,
)
from services.deliberation.domain.undertaking import assign, undertaking_ids
from services.deliberation.store import (
    ABSENCE_REPORTS,
    ABSENCES,
    MEETINGS,
    MONTHS,
    TOPICS,
    UNDERTAKINGS,
    Absences,
    MonthMeetings,
    absences_id,
    month_id,
)
from shared.events.base import Fact, ref
from shared.events.deliberation import AbsenceUnexcused
from shared.plumbing.caller import NotFound
from shared.plumbing.change import change, together
from shared.plumbing.public_pages import OFTEN
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Wanted, Work
from shared.rules.month import month_of


@get("/meetings/{id:uuid}/check-in-codes")
async def list_check_in_codes(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, str]:
    """签到码 of everybody who takes part, for the cards on the table; a postponed meeting has new ones."""
    row = await service.pool.fetchrow(MEETINGS.read_sql, id)
    if row is None:
        raise NotFound(str(id))
    meeting: Meeting = MEETINGS.stored(row)
    ask.caller.must_reach(MEETINGS.scope(meeting))
    key = service.keys.lookup
    return {party: check_in_code(key, id, meeting.starts_at, party) for party in taking_part(meeting)}


@post(
    "/meetings/{id:uuid}/check-in",
    status_code=200,
    guards=[OFTEN_CHECKING_IN],
)
async def check_in_to_meeting(id: FromPath[UUID], data: JSONBody[CheckIn], service: Here, ask: Asking) -> Answer:
    """签到, by whoever has the party's code; it can be used once."""

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        starts_at = planned(held.state).starts_at
        held.change(
            check_in,
            data,
            code_fits=fits(service.keys.lookup, id, starts_at, data.party, data.code),
            now=work.now,
            terms=service.today,
            calendar=service.calendar,
        )
        return answered(held)

    return await together(service.base, [(MEETINGS, id)], ask, decide)


@post("/meetings/{id:uuid}/attendance", status_code=200)
async def record_meeting_attendance(
    id: FromPath[UUID],
    data: JSONBody[RecordAttendance],
    service: Here,
    ask: Asking,
) -> Answer:
    """到会登记."""
    return await change(service.base, MEETINGS, id, ask, record_attendance, data)


@post("/meetings/{id:uuid}/open", status_code=200)
async def open_the_meeting(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """会议开始; its topics are opened with it."""

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        listed = held.state.topics if held.state else ()
        held.change(
            open_meeting,
            topics=topics_in_hand(work, listed),
            platform=platform_of(work, held),
            now=work.now,
            terms=service.today,
        )
        for on_notice in listed:
            work.get((TOPICS, on_notice)).change(topic.open_topic, meeting=id)
        return answered(held)

    return await around_meeting(service, ask, id, decide)


@post("/meetings/{id:uuid}/problems", status_code=200)
async def raise_meeting_problem(
    id: FromPath[UUID],
    data: JSONBody[RaiseProblem],
    service: Here,
    ask: Asking,
) -> Answer:
    """交流问题."""
    return await change(service.base, MEETINGS, id, ask, raise_problem, data, town=service.town)


@post("/meetings/{id:uuid}/no-problems", status_code=200)
async def report_no_meeting_problem(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """无问题可交流."""
    return await change(service.base, MEETINGS, id, ask, report_no_problem)


@post("/meetings/{id:uuid}/statements", status_code=200)
async def record_meeting_statement(
    id: FromPath[UUID],
    data: JSONBody[RecordStatement],
    service: Here,
    ask: Asking,
) -> Answer:
    """记录发言."""
    return await change(service.base, MEETINGS, id, ask, record_statement, data)


@post("/meetings/{id:uuid}/positions", status_code=200)
async def record_meeting_position(
    id: FromPath[UUID],
    data: JSONBody[RecordPosition],
    service: Here,
    ask: Asking,
) -> Answer:
    """记录表态."""
    return await change(service.base, MEETINGS, id, ask, record_position, data)


@post("/meetings/{id:uuid}/hold", status_code=200)
async def hold_meeting(
    id: FromPath[UUID],
    data: JSONBody[HoldMeeting],
    service: Here,
    ask: Asking,
) -> Answer:
    """结束会议: the meeting, every topic's conclusion, the undertakings and the notes, all or nothing."""

    def more(work: Work, meeting: Meeting) -> list[Wanted]:
        month = month_of(data.held_at or work.now)
        parties = (party for party in meeting.invited if party.startswith(("seat/", "unit/")))
        return [
            (MONTHS, month_id(meeting.community, month)),
            (ABSENCES, absences_id(meeting.community)),
            *((ABSENCE_REPORTS, absence_id(meeting.community, party)) for party in parties),
        ]

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        platform, terms = platform_of(work, held), service.today
        absences: Held[Absences] | None = _absences(work, held)
        facts = held.change(
            hold,
            data,
            topics=topics_in_hand(work, held.state.topics if held.state else ()),
            platform=platform,
            earlier_absences=absences.state.parties if absences and absences.state else {},
            now=work.now,
            terms=terms,
            calendar=service.calendar,
            town=service.town,
        )
        assert held.state is not None
        assert platform is not None
        assert absences is not None
        undertakings: list[UUID] = []
        for entry in data.conclusions:
            work.get((TOPICS, entry.topic)).change(
                conclude,
                entry.conclusion,
                topic=entry.topic,
                meeting=id,
                tally=tally(held.state, entry.topic),
                community_kind=platform.community_kind,
                now=work.now,
                terms=terms,
                town=service.town,
            )
            match entry.conclusion:
                case Settle() | Agree():
                    undertakings += _assign(work, held, entry.topic, entry.conclusion.promises)
        _count(work, held)
        _remember(absences, held.state, facts)
        _report(work, held, facts)
        return answered(held) | {"undertakings": [str(undertaking) for undertaking in undertakings]}

    return await around_meeting(service, ask, id, decide, more)


def _absences(work: Work, held: Held[Meeting]) -> Held[Absences] | None:
    if held.state is None:
        return None
    note: Held[Absences] = work.get((ABSENCES, absences_id(held.state.community)))
    return note


def _assign(work: Work, held: Held[Meeting], topic: UUID, promises: tuple[Promise, ...]) -> tuple[UUID, ...]:
    assert held.state is not None
    decided_by = ref("meeting", held.id)
    ids = undertaking_ids(topic, decided_by, promises)
    for id, promise in zip(ids, promises, strict=True):
        work.born(UNDERTAKINGS, id).change(
            assign, promise, topic=topic, community=held.state.community, decided_by=decided_by, now=work.now
        )
    return ids


def _count(work: Work, held: Held[Meeting]) -> None:
    """One meeting more in the month in which it ended."""
    assert held.state is not None
    assert held.state.held_at is not None
    month = month_of(held.state.held_at)
    note: Held[MonthMeetings] = work.get((MONTHS, month_id(held.state.community, month)))
    note.note(MonthMeetings(held.state.community, month, (note.state.meetings if note.state else 0) + 1))


def _remember(note: Held[Absences], meeting: Meeting, facts: list[Fact]) -> None:
    """Who was absent without reason, for the next time."""
    assert meeting.held_at is not None
    parties: dict[str, tuple[datetime, ...]] = dict(note.state.parties) if note.state else {}
    for fact in facts:
        match fact:
            case AbsenceUnexcused():
                parties[fact.party] = (*parties.get(fact.party, ()), meeting.held_at)
    if parties:
        note.note(Absences(meeting.community, parties))


def _report(work: Work, held: Held[Meeting], facts: list[Fact]) -> None:
    """Who was absent without reason so often that the superior is told."""
    assert held.state is not None
    community = held.state.community
    for fact in facts:
        match fact:
            case AbsenceUnexcused(superior_told=True):
                work.get((ABSENCE_REPORTS, absence_id(community, fact.party))).change(
                    report_absence, community=community, party=fact.party, meeting=held.ref, times=fact.times
                )


@post("/meetings/{id:uuid}/minutes", status_code=200)
async def publish_meeting_minutes(
    id: FromPath[UUID],
    data: JSONBody[PublishMinutes],
    service: Here,
    ask: Asking,
) -> Answer:
    """公布会议记录."""
    return await change(service.base, MEETINGS, id, ask, publish_minutes, data, by=ask.caller.names)


@post("/meetings/{id:uuid}/minutes-corrections", status_code=200)
async def correct_meeting_minutes(
    id: FromPath[UUID],
    data: JSONBody[CorrectMinutes],
    service: Here,
    ask: Asking,
) -> Answer:
    """更正会议记录."""
    return await change(service.base, MEETINGS, id, ask, correct_minutes, data, by=ask.caller.names)


@get("/meetings/{id:uuid}/minutes", guards=[OFTEN])
async def read_meeting_minutes(id: FromPath[UUID], service: Here) -> views.Rows:
    """会议记录, all versions, for everybody."""
    return await views.minutes(service.pool, id)


ROUTES = [
    list_check_in_codes,
    check_in_to_meeting,
    record_meeting_attendance,
    open_the_meeting,
    raise_meeting_problem,
    report_no_meeting_problem,
    record_meeting_statement,
    record_meeting_position,
    hold_meeting,
    publish_meeting_minutes,
    correct_meeting_minutes,
    read_meeting_minutes,
]
