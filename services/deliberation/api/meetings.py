"""会议之前: plan, notice, invitations, applications, postponing and cancelling."""

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from services.deliberation import history, listing, views
from services.deliberation.api.door import (
    Answer,
    Here,
    answered,
    around_meeting,
    must_speak_for,
    platform_of,
    topics_in_hand,
)
from services.deliberation.api.limits import OFTEN_APPLYING
from services.deliberation.applying import applicants_of, apply
from services.deliberation.domain import topic
from services.deliberation.domain.asked import (
    AcceptInvitation,
    AdmitApplicant,
    CancelMeeting,
    DeclineApplicant,
    ExcuseAbsence,
    Invite,
    NameRecorder,
    OrderAgenda,
    PostponeMeeting,
    PublishNotice,
    RequestJoin,
    ScheduleMeeting,
)
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.notice import (
    accept_invitation,
    admit,
    cancel,
    decline,
    excuse_absence,
    invite,
    name_recorder,
    order_agenda,
    postpone,
    publish_notice,
    schedule_meeting,
)
from services.deliberation.domain.platform import Platform, platform_id
from services.deliberation.listing import MeetingFilters
from services.deliberation.store import MEETINGS, PLATFORMS, TOPICS
from shared.events.base import Why
from shared.plumbing import query
from shared.plumbing.audit import audited
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.histories import Told
from shared.plumbing.public_pages import OFTEN
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Wanted, Work


@get("/notices", guards=[OFTEN])
async def list_notices(service: Here, community: FromQuery[str | None] = None) -> views.Rows:
    """公示中的会议, for everybody."""
    return await views.notices(service.pool, community)


def _asked(request: Request[Any, Any, Any]) -> MeetingFilters:
    return query.asked(request, MeetingFilters)


@get("/meetings", dependencies={"asked": Provide(_asked, sync_to_thread=False)}, opt={"query": MeetingFilters})
async def list_meetings(service: Here, ask: Asking, asked: NamedDependency[MeetingFilters]) -> Answer:
    """会议清单, the latest first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state (several), topic, urgent, minutes_overdue, starts_from, starts_until.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/meetings/{id:uuid}")
async def show_meeting(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一次会议."""
    found = await views.one(service.pool, MEETINGS, id, views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    return found


@get("/meetings/{id:uuid}/history")
async def read_meeting_history(id: FromPath[UUID], service: Here, ask: Asking) -> Told:
    """会议全过程: every fact in order, with the town's guidance about it."""
    if await views.one(service.pool, MEETINGS, id, views.reach_of(ask.caller)) is None:
        raise NotFoundException
    return await history.of_meeting(service.pool, id)


@post("/meetings")
async def plan_meeting(data: JSONBody[ScheduleMeeting], service: Here, ask: Asking) -> Answer:
    """拟定会议."""
    ask.caller.must_reach(Scope(data.community))

    def decide(work: Work, held: Held[Meeting], platform: Held[Platform]) -> Answer:
        held.change(schedule_meeting, data, platform=platform.state, now=work.now)
        return answered(held)

    wanted: list[Wanted] = [(MEETINGS, uuid4()), (PLATFORMS, platform_id(data.community))]
    return await together(service.base, wanted, ask, decide)


@post("/meetings/{id:uuid}/recorder", status_code=200)
async def name_meeting_recorder(
    id: FromPath[UUID],
    data: JSONBody[NameRecorder],
    service: Here,
    ask: Asking,
) -> Answer:
    """指定记录人."""
    return await change(service.base, MEETINGS, id, ask, name_recorder, data)


@post("/meetings/{id:uuid}/notice", status_code=200)
async def publish_meeting_notice(
    id: FromPath[UUID],
    data: JSONBody[PublishNotice],
    service: Here,
    ask: Asking,
) -> Answer:
    """公示会议; its topics are scheduled with it."""

    def listed(meeting: Meeting) -> tuple[UUID, ...]:
        return meeting.topics if data.topics is None else data.topics

    def more(_: Work, meeting: Meeting) -> list[Wanted]:
        return [(TOPICS, id) for id in listed(meeting)]

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        named = topics_in_hand(work, listed(held.state)) if held.state else {}
        held.change(
            publish_notice,
            data,
            topics=named,
            platform=platform_of(work, held),
            now=work.now,
            terms=service.today,
            calendar=service.calendar,
        )
        assert held.state is not None
        for on_notice in held.state.topics:
            work.get((TOPICS, on_notice)).change(topic.schedule, meeting=id, starts_at=held.state.starts_at)
        return answered(held)

    return await around_meeting(service, ask, id, decide, more)


@post("/meetings/{id:uuid}/agenda", status_code=200)
async def order_meeting_agenda(id: FromPath[UUID], data: JSONBody[OrderAgenda], service: Here, ask: Asking) -> Answer:
    """议程排序."""
    return await change(service.base, MEETINGS, id, ask, order_agenda, data)


@post("/meetings/{id:uuid}/invitations", status_code=200)
async def invite_to_meeting(id: FromPath[UUID], data: JSONBody[Invite], service: Here, ask: Asking) -> Answer:
    """发出邀请."""

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        held.change(invite, data, platform=platform_of(work, held), town=service.town)
        return answered(held)

    return await around_meeting(service, ask, id, decide)


@post("/meetings/{id:uuid}/acceptances", status_code=200)
async def accept_meeting_invitation(
    id: FromPath[UUID],
    data: JSONBody[AcceptInvitation],
    service: Here,
    ask: Asking,
) -> Answer:
    """接受邀请."""

    def decide(_: Work, held: Held[Meeting]) -> Answer:
        must_speak_for(ask, data.party, held.state)
        held.change(accept_invitation, data)
        return answered(held)

    return await together(service.base, [(MEETINGS, id)], ask, decide)


@post("/meetings/{id:uuid}/excuses", status_code=200)
async def excuse_from_meeting(
    id: FromPath[UUID],
    data: JSONBody[ExcuseAbsence],
    service: Here,
    ask: Asking,
) -> Answer:
    """请假."""

    def decide(_: Work, held: Held[Meeting]) -> Answer:
        must_speak_for(ask, data.party, held.state)
        held.change(excuse_absence, data)
        return answered(held)

    return await together(service.base, [(MEETINGS, id)], ask, decide)


@post("/meetings/{id:uuid}/join-requests", guards=[OFTEN_APPLYING])
async def request_to_join(
    id: FromPath[UUID],
    data: JSONBody[RequestJoin],
    service: Here,
    ask: Asking,
) -> Answer:
    """申请参会, by anybody; answers the application's id, and the `code` by which its answer is seen."""
    return await apply(service, id, data, ask)


@get("/meetings/{id:uuid}/applicants")
async def list_applicants(
    id: FromPath[UUID],
    service: Here,
    ask: Asking,
    reason: FromQuery[Why],
) -> views.Rows:
    """参会申请人名单, with names and numbers; who looked, and why, is kept."""
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(MEETINGS.read_sql, id)
        if row is None:
            raise NotFoundException
        meeting: Meeting = MEETINGS.stored(row)
        ask.caller.must_reach(Scope(meeting.community))
        await audited(con, ask.caller, "vault.applicants", f"meeting/{id}", reason)
        return await applicants_of(con, service.vault, meeting)


@post("/meetings/{id:uuid}/join-admissions", status_code=200)
async def admit_applicant(
    id: FromPath[UUID],
    data: JSONBody[AdmitApplicant],
    service: Here,
    ask: Asking,
) -> Answer:
    """同意参会."""
    return await change(service.base, MEETINGS, id, ask, admit, data)


@post("/meetings/{id:uuid}/join-refusals", status_code=200)
async def decline_applicant(
    id: FromPath[UUID],
    data: JSONBody[DeclineApplicant],
    service: Here,
    ask: Asking,
) -> Answer:
    """不同意参会."""
    return await change(service.base, MEETINGS, id, ask, decline, data)


@post("/meetings/{id:uuid}/postpone", status_code=200)
async def postpone_meeting(
    id: FromPath[UUID],
    data: JSONBody[PostponeMeeting],
    service: Here,
    ask: Asking,
) -> Answer:
    """会议延期; its topics wait for the new notice."""

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        held.change(postpone, data, now=work.now)
        _release(work, held, data.reason)
        return answered(held)

    return await around_meeting(service, ask, id, decide)


@post("/meetings/{id:uuid}/cancel", status_code=200)
async def cancel_meeting(
    id: FromPath[UUID],
    data: JSONBody[CancelMeeting],
    service: Here,
    ask: Asking,
) -> Answer:
    """会议取消; its topics wait for another meeting."""

    def decide(work: Work, held: Held[Meeting]) -> Answer:
        held.change(cancel, data)
        _release(work, held, data.reason)
        return answered(held)

    return await around_meeting(service, ask, id, decide)


def _release(work: Work, held: Held[Meeting], reason: str) -> None:
    assert held.state is not None
    for listed in held.state.topics:
        work.get((TOPICS, listed)).change(topic.unschedule, meeting=held.id, reason=reason)


ROUTES = [
    list_notices,
    list_meetings,
    show_meeting,
    read_meeting_history,
    plan_meeting,
    name_meeting_recorder,
    publish_meeting_notice,
    order_meeting_agenda,
    invite_to_meeting,
    accept_meeting_invitation,
    excuse_from_meeting,
    request_to_join,
    list_applicants,
    admit_applicant,
    decline_applicant,
    postpone_meeting,
    cancel_meeting,
]
