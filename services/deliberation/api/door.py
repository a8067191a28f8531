"""What the doors share: the service, who asks, and aggregates found by way of another."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.platform import Platform, platform_id
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic
from services.deliberation.store import MEETINGS, PLATFORMS, TOPICS
from shared.plumbing.caller import NotFound, Reach
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.work import Held, Wanted, Work

DeliberationService = Service[Terms]
Here = NamedDependency[DeliberationService]
Answer = dict[str, Any]


def must_speak_for(ask: Ask, party: str, meeting: Meeting | None) -> None:
    """Whoever reaches only a department answers for it alone, or for the seat that it takes; raises `NotFound`."""
    if ask.caller.reach is not Reach.DEPARTMENT or party == f"unit/{ask.caller.department}":
        return
    invitation = meeting.invited.get(party) if meeting else None
    if invitation is None or invitation.unit != ask.caller.department:
        raise NotFound(party)


def answered(held: Held[Any]) -> Answer:
    """What every writing door answers."""
    return {"id": str(held.id), "version": held.version}


async def around_meeting(
    service: DeliberationService,
    ask: Ask,
    id: UUID,
    decide: Callable[[Work, Held[Meeting]], Answer],
    more: Callable[[Work, Meeting], Sequence[Wanted]] = lambda _, __: (),
) -> Answer:
    """Change a meeting together with its platform, its topics, and what `more(work, meeting)` names besides."""

    async def prepare(con: Connection, work: Work) -> None:
        await work.load(con, [(MEETINGS, id)])
        if meeting := work.get((MEETINGS, id)).state:
            around: list[Wanted] = [
                (PLATFORMS, platform_id(meeting.community)),
                *((TOPICS, topic) for topic in meeting.topics),
            ]
            await work.load(con, [*around, *more(work, meeting)])

    return await together(service.base, [(MEETINGS, id)], ask, decide, prepare)


def platform_of(work: Work, held: Held[Meeting]) -> Platform | None:
    """The platform of a meeting in hand."""
    if held.state is None:
        return None
    state: Platform | None = work.get((PLATFORMS, platform_id(held.state.community))).state
    return state


def topics_in_hand(work: Work, ids: Iterable[UUID]) -> dict[UUID, Topic]:
    """Those topics that exist."""
    states = {id: work.get((TOPICS, id)).state for id in ids}
    return {id: state for id, state in states.items() if state}
