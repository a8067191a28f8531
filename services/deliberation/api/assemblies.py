"""提请会议决定: call, notice, decision, publication."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.deliberation import listing, views
from services.deliberation.api.door import Answer, Here, answered
from services.deliberation.domain.asked import CallAssembly, DecideAssembly, NoticeAssembly, PublishDecision
from services.deliberation.domain.assembly import Assembly, assembly_id, call, decide, give_notice, publish_decision
from services.deliberation.domain.topic import Topic, decided_at_assembly, proposed
from services.deliberation.domain.undertaking import assign, undertaking_ids
from services.deliberation.listing import AssemblyFilters
from services.deliberation.store import ASSEMBLIES, TOPICS, UNDERTAKINGS
from shared.events.base import ref
from shared.events.deliberation import AssemblyDecided
from shared.plumbing import query
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Wanted, Work


def _asked(request: Request[Any, Any, Any]) -> AssemblyFilters:
    return query.asked(request, AssemblyFilters)


@get("/assemblies", dependencies={"asked": Provide(_asked, sync_to_thread=False)}, opt={"query": AssemblyFilters})
async def list_assemblies(service: Here, ask: Asking, asked: NamedDependency[AssemblyFilters]) -> Answer:
    """提请召开的会议, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state (several), topic, forum, legal_check_due, published.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/assemblies/{id:uuid}")
async def show_assembly(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一次会议决定."""
    found = await views.one(service.pool, ASSEMBLIES, id, views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    return found


@post("/assemblies")
async def call_assembly(data: JSONBody[CallAssembly], service: Here, ask: Asking) -> Answer:
    """提请召开, or again after one that was not quorate."""
    referral = await service.pool.fetchval("select referrals from topics where id = $1", data.topic)

    def decided(work: Work, assembly: Held[Assembly], topic: Held[Topic]) -> Answer:
        ask.caller.must_reach(Scope(proposed(topic.state).community))
        assembly.change(call, topic=data.topic, referred=topic.state, now=work.now)
        return answered(assembly)

    wanted: list[Wanted] = [(ASSEMBLIES, assembly_id(data.topic, referral or 0)), (TOPICS, data.topic)]
    return await together(service.base, wanted, ask, decided)


@post("/assemblies/{id:uuid}/notice", status_code=200)
async def give_assembly_notice(
    id: FromPath[UUID],
    data: JSONBody[NoticeAssembly],
    service: Here,
    ask: Asking,
) -> Answer:
    """会议公告."""
    return await change(service.base, ASSEMBLIES, id, ask, give_notice, data, now=service.now())


@post("/assemblies/{id:uuid}/decision", status_code=200)
async def decide_assembly(
    id: FromPath[UUID],
    data: JSONBody[DecideAssembly],
    service: Here,
    ask: Asking,
) -> Answer:
    """会议表决: the topic goes on, or comes back to the platform."""

    async def prepare(con: Connection, work: Work) -> None:
        await work.load(con, [(ASSEMBLIES, id)])
        if assembly := work.get((ASSEMBLIES, id)).state:
            await work.load(con, [(TOPICS, assembly.topic)])

    def decided(work: Work, held: Held[Assembly]) -> Answer:
        ids: tuple[UUID, ...] = ()
        for fact in held.change(decide, data, now=work.now, town=service.town):
            match fact:
                case AssemblyDecided():
                    ids = _carry(work, held, data, adopted=fact.adopted)
        assert held.state is not None
        return answered(held) | {"state": held.state.state, "undertakings": [str(undertaking) for undertaking in ids]}

    return await together(service.base, [(ASSEMBLIES, id)], ask, decided, prepare)


def _carry(work: Work, held: Held[Assembly], data: DecideAssembly, *, adopted: bool) -> tuple[UUID, ...]:
    """What the decision means for the topic; the undertakings that were promised with it."""
    assert held.state is not None
    topic, cause = held.state.topic, ref("assembly", held.id)
    promises = data.promises if adopted else ()
    ids = undertaking_ids(topic, cause, promises)
    work.get((TOPICS, topic)).change(
        decided_at_assembly, adopted=adopted, assembly=held.id, undertakings=ids, review_on=data.review_on
    )
    for id, promise in zip(ids, promises, strict=True):
        work.born(UNDERTAKINGS, id).change(
            assign, promise, topic=topic, community=held.state.community, decided_by=cause, now=work.now
        )
    return ids


@post("/assemblies/{id:uuid}/publication", status_code=200)
async def publish_assembly_decision(
    id: FromPath[UUID],
    data: JSONBody[PublishDecision],
    service: Here,
    ask: Asking,
) -> Answer:
    """公布决定."""
    now, calendar = service.now(), service.calendar
    return await change(service.base, ASSEMBLIES, id, ask, publish_decision, data, now=now, calendar=calendar)


ROUTES = [
    list_assemblies,
    show_assembly,
    call_assembly,
    give_assembly_notice,
    decide_assembly,
    publish_assembly_decision,
]
