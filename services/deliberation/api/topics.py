"""议题: from the proposal to the closing."""

from typing import Any
from uuid import UUID, uuid4

from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.deliberation import history, listing, views
from services.deliberation.api.door import Answer, Here, answered
from services.deliberation.domain.asked import (
    AcceptTopic,
    AnswerUpward,
    DemandAssembly,
    DiscloseTopic,
    DistributeBackground,
    MergeTopics,
    Promise,
    ProposeTopic,
    RejectTopic,
    ReviewTopic,
)
from services.deliberation.domain.demand import demand
from services.deliberation.domain.implementation import assign_later, close, disclose
from services.deliberation.domain.review import review
from services.deliberation.domain.topic import (
    Topic,
    accept,
    answer_upward,
    distribute_background,
    enlarge,
    merge,
    propose,
    reject,
)
from services.deliberation.domain.undertaking import Undertaking
from services.deliberation.listing import TopicFilters
from services.deliberation.store import HOTSPOT_TOPICS, TOPICS, UNDERTAKINGS, HotspotTopic
from shared.plumbing import query
from shared.plumbing.attachments.keeping import checksums
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.histories import Told
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Wanted, Where, Work


@post("/topics")
async def propose_topic(data: JSONBody[ProposeTopic], service: Here, ask: Asking) -> Answer:
    """提出议题 by hand."""
    ask.caller.must_reach(Scope(data.community))
    known = await views.sources(service.pool, data.community, data.sources)
    return await change(service.base, TOPICS, uuid4(), ask, propose, data, known=known, town=service.town)


def _asked(request: Request[Any, Any, Any]) -> TopicFilters:
    return query.asked(request, TopicFilters)


@get("/topics", dependencies={"asked": Provide(_asked, sync_to_thread=False)}, opt={"query": TopicFilters})
async def list_topics(service: Here, ask: Asking, asked: NamedDependency[TopicFilters]) -> Answer:
    """议题清单, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state (several), category, place, origin, scope, conclusion, source
    (`hotspot/uuid`, `route/uuid` or another stream), review_until, overdue.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/topics/{id:uuid}")
async def show_topic(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一项议题."""
    found = await views.one(service.pool, TOPICS, id, views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    return found


@get("/topics/{id:uuid}/history")
async def read_topic_history(id: FromPath[UUID], service: Here, ask: Asking) -> Told:
    """议题全过程: the topic, its assemblies and undertakings, what its meetings said about it, the town's guidance."""
    if await views.one(service.pool, TOPICS, id, views.reach_of(ask.caller)) is None:
        raise NotFoundException
    return await history.of_topic(service.pool, id)


@post("/topics/{id:uuid}/accept", status_code=200)
async def accept_topic(
    id: FromPath[UUID],
    data: JSONBody[AcceptTopic],
    service: Here,
    ask: Asking,
) -> Answer:
    """受理议题."""
    return await change(service.base, TOPICS, id, ask, accept, data)


@post("/topics/{id:uuid}/reject", status_code=200)
async def reject_topic(
    id: FromPath[UUID],
    data: JSONBody[RejectTopic],
    service: Here,
    ask: Asking,
) -> Answer:
    """议题不予受理."""
    return await change(service.base, TOPICS, id, ask, reject, data)


@post("/topics/{id:uuid}/background", status_code=200)
async def distribute_topic_background(
    id: FromPath[UUID],
    data: JSONBody[DistributeBackground],
    service: Here,
    ask: Asking,
) -> Answer:
    """发放背景材料."""
    kept = await checksums(service.pool, TOPICS, id)
    return await change(service.base, TOPICS, id, ask, distribute_background, data, kept=kept)


@post("/topics/{id:uuid}/merge", status_code=200)
async def merge_topics(
    id: FromPath[UUID],
    data: JSONBody[MergeTopics],
    service: Here,
    ask: Asking,
) -> Answer:
    """合并议题: this one goes on in `into`, which keeps all sources and is now the topic of its hotspots."""

    def decide(_: Work, this: Held[Topic], other: Held[Topic], hotspots: list[Held[HotspotTopic]]) -> Answer:
        if this.change(merge, data, topic=id, other=other.state):
            assert this.state is not None
            other.change(enlarge, merged=id, other=this.state)
            for hotspot in hotspots:
                hotspot.note(HotspotTopic(data.into))
        return answered(this)

    wanted: list[Wanted] = [(TOPICS, id), (TOPICS, data.into), Where(HOTSPOT_TOPICS, "topic", id)]
    return await together(service.base, wanted, ask, decide)


@post("/topics/{id:uuid}/upward-answer", status_code=200)
async def answer_topic_upward(
    id: FromPath[UUID],
    data: JSONBody[AnswerUpward],
    service: Here,
    ask: Asking,
) -> Answer:
    """上级答复."""
    return await change(service.base, TOPICS, id, ask, answer_upward, data)


@post("/topics/{id:uuid}/reviews", status_code=200)
async def review_topic(id: FromPath[UUID], data: JSONBody[ReviewTopic], service: Here, ask: Asking) -> Answer:
    """复查记录: what has not worked is deliberated again."""
    return await change(service.base, TOPICS, id, ask, review, data, now=service.now())


@post("/topics/{id:uuid}/assembly-demands", status_code=200)
async def demand_assembly(id: FromPath[UUID], data: JSONBody[DemandAssembly], service: Here, ask: Asking) -> Answer:
    """提议召开会议, by those who may demand it."""
    return await change(service.base, TOPICS, id, ask, demand, data, now=service.now(), town=service.town)


@post("/topics/{id:uuid}/undertakings")
async def assign_undertaking(
    id: FromPath[UUID],
    data: JSONBody[Promise],
    service: Here,
    ask: Asking,
) -> Answer:
    """补充落实任务; answers the undertaking's id."""

    def decide(work: Work, topic: Held[Topic], undertaking: Held[Undertaking]) -> Answer:
        undertaking.change(assign_later, data, topic=id, agreed=topic.state, now=work.now, town=service.town)
        return answered(undertaking)

    return await together(service.base, [(TOPICS, id), (UNDERTAKINGS, uuid4())], ask, decide)


@post("/topics/{id:uuid}/disclose", status_code=200)
async def disclose_topic(
    id: FromPath[UUID],
    data: JSONBody[DiscloseTopic],
    service: Here,
    ask: Asking,
) -> Answer:
    """公开结果."""

    def decide(_: Work, topic: Held[Topic], undertakings: list[Held[Undertaking]]) -> Answer:
        topic.change(disclose, data, undertakings=_states(undertakings))
        return answered(topic)

    return await together(service.base, [(TOPICS, id), Where(UNDERTAKINGS, "topic", id)], ask, decide)


@post("/topics/{id:uuid}/close", status_code=200)
async def close_topic(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """议题办结."""

    def decide(_: Work, topic: Held[Topic], undertakings: list[Held[Undertaking]]) -> Answer:
        topic.change(close, undertakings=_states(undertakings))
        return answered(topic)

    return await together(service.base, [(TOPICS, id), Where(UNDERTAKINGS, "topic", id)], ask, decide)


def _states(undertakings: list[Held[Undertaking]]) -> list[Undertaking]:
    return [held.state for held in undertakings if held.state]


ROUTES = [
    propose_topic,
    list_topics,
    show_topic,
    read_topic_history,
    accept_topic,
    reject_topic,
    distribute_topic_background,
    merge_topics,
    answer_topic_upward,
    review_topic,
    demand_assembly,
    assign_undertaking,
    disclose_topic,
    close_topic,
]
