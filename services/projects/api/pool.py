"""民心项目池: proposed, pooled, scored, voted on, approved."""

from dataclasses import asdict, fields
from uuid import UUID, uuid4

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from services.projects import demand, persons, views
from services.projects.api.door import (
    Answer,
    Here,
    answered,
    every_reason,
    reach_stage,
    with_what_it_names,
)
from services.projects.domain import approving, batch, disclosing, proposing
from services.projects.domain.asked import (
    ApproveProject,
    Because,
    Disclose,
    MergeProject,
    PersonInCharge,
    PoolProject,
    ProposeProject,
    RecordVote,
    ScoreProject,
)
from services.projects.domain.batch import Batch
from services.projects.domain.fund_raising import Decision
from services.projects.domain.project import Project
from services.projects.store import BATCHES, DECISIONS, PROJECTS
from shared.events.base import Why, ref_id
from shared.events.vocabulary import DisclosureStage
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Wanted, Work


@post("/projects")
async def propose_project(data: JSONBody[ProposeProject], service: Here, ask: Asking) -> Answer:
    """提出项目."""
    ask.caller.must_reach(Scope(data.community))
    return await change(
        service.base, PROJECTS, uuid4(), ask, proposing.propose, data, now=service.now(), town=service.town
    )


@get("/projects/{id:uuid}")
async def read_project(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一个项目."""
    found = await views.one(service.pool, PROJECTS, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


@post("/projects/{id:uuid}/pool", status_code=200)
async def pool_project(
    id: FromPath[UUID],
    data: JSONBody[PoolProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """入池, 并公开."""
    return await reach_stage(service, id, ask, DisclosureStage.POOLED, proposing.pool, data)


@post("/projects/{id:uuid}/reject", status_code=200)
async def reject_project(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """不予立项."""
    return await change(service.base, PROJECTS, id, ask, proposing.reject, data)


@post("/projects/{id:uuid}/merge", status_code=200)
async def merge_project(
    id: FromPath[UUID],
    data: JSONBody[MergeProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """并入另一个项目."""

    def decide(work: Work, merged: Held[Project], keeper: Held[Project]) -> Answer:
        before = merged.state
        merged.change(proposing.merge, data, project=merged.ref, into=keeper.state)
        keeper.change(proposing.absorb, project=merged.ref, merged=before)
        return answered(merged)

    return await together(service.base, [(PROJECTS, id), (PROJECTS, data.into)], ask, decide)


@post("/projects/{id:uuid}/unmerge", status_code=200)
async def unmerge_project(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """撤销合并."""

    def decide(work: Work, merged: Held[Project]) -> Answer:
        into = merged.state.merged_into if merged.state else None
        keeper: Held[Project] | None = work.get((PROJECTS, ref_id(into))) if into else None
        if merged.change(proposing.unmerge, data, into=keeper.state if keeper else None) and keeper:
            keeper.change(proposing.release, project=merged.ref)
        return answered(merged)

    return await together(service.base, [(PROJECTS, id)], ask, decide, with_what_it_names(id, "merged_into", PROJECTS))


@post("/projects/{id:uuid}/score", status_code=200)
async def score_project(
    id: FromPath[UUID],
    data: JSONBody[ScoreProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """项目评分."""
    return await change(service.base, PROJECTS, id, ask, approving.score, data, terms=service.today)


@post("/projects/{id:uuid}/vote", status_code=200)
async def record_vote(id: FromPath[UUID], data: JSONBody[RecordVote], service: Here, ask: Asking) -> Answer:
    """票决结果."""
    now = service.now()
    return await change(service.base, PROJECTS, id, ask, approving.vote, data, now=now, terms=service.today)


@post("/projects/{id:uuid}/approve", status_code=200)
async def approve_project(
    id: FromPath[UUID],
    data: JSONBody[ApproveProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """立项, 并公开: the money is reserved in the batch in the same transaction."""
    persons.refuse_name(service, data, data.person)
    now, terms = service.now(), service.today
    named: list[Wanted] = [(DECISIONS, data.assembly)] if data.assembly else []

    def decide(work: Work, held: Held[Project], reserved: Held[Batch], *decided: Held[Decision]) -> Answer:
        decision, town = decided[0].state if decided else None, service.town
        facts, _ = every_reason(
            lambda: held.change(approving.approve, data, decision=decision, now=now, terms=terms, town=town),
            lambda: reserved.change(batch.reserve, data, project=held.ref),
        )
        if facts:
            held.change(disclosing.disclose, Disclose(stage=DisclosureStage.APPROVED))
            persons.keep(service, work, held, data.person)
        return answered(held)

    return await together(service.base, [(PROJECTS, id), (BATCHES, data.batch), *named], ask, decide)


@get("/projects/{id:uuid}/person-in-charge")
async def read_person_in_charge(id: FromPath[UUID], service: Here, ask: Asking, reason: FromQuery[Why]) -> Answer:
    """责任人; who looked, and why, is kept."""
    return await persons.look(service, PROJECTS, id, ask.caller, reason, PersonInCharge)


@get("/projects/{id:uuid}/demand")
async def read_project_demand(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """同类诉求: before the project and after its acceptance, at its places; empty before the acceptance."""
    row = await service.pool.fetchrow(PROJECTS.read_sql, id)
    if row is None:
        raise NotFoundException
    project: Project = PROJECTS.stored(row)
    ask.caller.must_reach(PROJECTS.scope(project))
    counted = await demand.of_project(service.pool, project)
    return {"id": str(id)} | (asdict(counted) if counted else dict.fromkeys(f.name for f in fields(demand.Demand)))


ROUTES = [
    propose_project,
    read_project,
    pool_project,
    reject_project,
    merge_project,
    unmerge_project,
    score_project,
    record_vote,
    approve_project,
    read_person_in_charge,
    read_project_demand,
]
