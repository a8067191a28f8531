"""The doors of projects for people."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from services.projects import views
from services.projects.domain import accepting, approving, batch, carrying_out, disclosing, proposing, suggesting
from services.projects.domain.asked import (
    AnswerSuggestion,
    ApproveProject,
    AssignMaintainer,
    Because,
    CarryOver,
    CollectSuggestion,
    CompleteProject,
    ConvertSuggestion,
    DelayProject,
    Disclose,
    HandleDirectly,
    Inspection,
    MergeProject,
    MergeSuggestion,
    OpenBatch,
    PoolProject,
    ProposeProject,
    ReachMilestone,
    RecordVote,
    Rectify,
    ReferSuggestion,
    ReportProgress,
    ResumeProject,
    ReviewSuggestion,
    ScoreProject,
    SetPoolBudget,
    StartProject,
    TellSource,
)
from services.projects.domain.batch import Batch
from services.projects.domain.project import Project
from services.projects.domain.suggestion import Suggestion
from services.projects.domain.terms import Terms
from services.projects.store import BATCHES, PROJECTS, SUGGESTIONS
from shared.events.base import derived, ref, ref_id
from shared.events.vocabulary import DisclosureStage
from shared.plumbing.caller import Scope
from shared.plumbing.change import Ask, Held, Work, change, together
from shared.plumbing.service import Asking, Service

ProjectsService = Service[Terms]
Here = NamedDependency[ProjectsService]
Answer = dict[str, Any]
State = Annotated[str | None, QueryParameter(name="state")]


# ---------------------------------------------------------------------------------------------- suggestions


@post("/suggestions")
async def collect_suggestion(data: JSONBody[CollectSuggestion], service: Here, ask: Asking) -> Answer:
    """收集建议."""
    ask.caller.must_reach(Scope(data.community))
    return await change(
        service.base,
        SUGGESTIONS,
        uuid4(),
        ask,
        suggesting.collect,
        data,
        now=service.now(),
        terms=service.today,
        calendar=service.calendar,
        town=service.town,
    )


@get("/suggestions")
async def list_suggestions(
    service: Here,
    ask: Asking,
    only: State = None,
    community: FromQuery[str | None] = None,
) -> list[Answer]:
    """建议池."""
    return await views.listed(service.pool, SUGGESTIONS, ask.caller, state=only, community=community)


@post("/suggestions/{id:uuid}/review", status_code=200)
async def review_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ReviewSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """分类研判."""
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.review, data, town=service.town)


@post("/suggestions/{id:uuid}/convert", status_code=200)
async def convert_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ConvertSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """转化为项目: the suggestion and its project, together."""
    project = derived("project", ref("suggestion", id))
    now = service.now()

    def decide(work: Work, suggestion: Held[Suggestion], held: Held[Project]) -> Answer:
        collected = suggestion.state
        suggestion.change(suggesting.convert, data, project=held.ref)
        held.change(proposing.propose_from_suggestion, data, suggestion=suggestion.ref, collected=collected, now=now)
        return _answer(suggestion) | {"project": str(project)}

    return await together(service.base, [(SUGGESTIONS, id), (PROJECTS, project)], ask, decide)


@post("/suggestions/{id:uuid}/merge", status_code=200)
async def merge_suggestion(
    id: FromPath[UUID],
    data: JSONBody[MergeSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """并入另一条建议."""

    def decide(work: Work, merged: Held[Suggestion], keeper: Held[Suggestion]) -> Answer:
        before = merged.state
        merged.change(suggesting.merge, data, suggestion=merged.ref, into=keeper.state)
        keeper.change(suggesting.absorb, suggestion=merged.ref, merged=before)
        return _answer(merged)

    return await together(service.base, [(SUGGESTIONS, id), (SUGGESTIONS, data.into)], ask, decide)


@post("/suggestions/{id:uuid}/direct", status_code=200)
async def handle_suggestion(
    id: FromPath[UUID],
    data: JSONBody[HandleDirectly],
    service: Here,
    ask: Asking,
) -> Answer:
    """直接办理."""
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.handle_directly, data, town=service.town)


@post("/suggestions/{id:uuid}/refer", status_code=200)
async def refer_suggestion(
    id: FromPath[UUID],
    data: JSONBody[ReferSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """转交其他单位."""
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.refer, data, town=service.town)


@post("/suggestions/{id:uuid}/decline", status_code=200)
async def decline_suggestion(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """不予采纳."""
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.decline, data)


@post("/suggestions/{id:uuid}/answer", status_code=200)
async def answer_suggestion(
    id: FromPath[UUID],
    data: JSONBody[AnswerSuggestion],
    service: Here,
    ask: Asking,
) -> Answer:
    """答复建议."""
    return await change(service.base, SUGGESTIONS, id, ask, suggesting.answer, data)


# ---------------------------------------------------------------------------------------------- the pool


@post("/projects")
async def propose_project(data: JSONBody[ProposeProject], service: Here, ask: Asking) -> Answer:
    """提出项目."""
    ask.caller.must_reach(Scope(data.community))
    return await change(
        service.base, PROJECTS, uuid4(), ask, proposing.propose, data, now=service.now(), town=service.town
    )


@get("/projects")
async def list_projects(
    service: Here,
    ask: Asking,
    only: State = None,
    community: FromQuery[str | None] = None,
) -> list[Answer]:
    """民心项目池."""
    return await views.listed(service.pool, PROJECTS, ask.caller, state=only, community=community)


@get("/projects/{id:uuid}")
async def read_project(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一个项目."""
    found = await views.one(service.pool, PROJECTS, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


async def _stage(
    service: ProjectsService,
    id: UUID,
    ask: Ask,
    stage: DisclosureStage,
    rule: Callable[..., Any],
    *asked: Any,
    **named: Any,
) -> Answer:
    """A step that reaches a stage discloses it at once, so that nobody forgets to tell the sources."""

    def decide(work: Work, held: Held[Project]) -> Answer:
        if held.change(rule, *asked, **named):
            held.change(disclosing.disclose, Disclose(stage=stage))
        return _answer(held)

    return await together(service.base, [(PROJECTS, id)], ask, decide)


@post("/projects/{id:uuid}/pool", status_code=200)
async def pool_project(
    id: FromPath[UUID],
    data: JSONBody[PoolProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """入池, 并公开."""
    return await _stage(service, id, ask, DisclosureStage.POOLED, proposing.pool, data)


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
        return _answer(merged)

    return await together(service.base, [(PROJECTS, id), (PROJECTS, data.into)], ask, decide)


@post("/projects/{id:uuid}/unmerge", status_code=200)
async def unmerge_project(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """撤销合并."""
    into = await service.pool.fetchval("select merged_into from projects where id = $1", id)
    keeper_id = ref_id(into) if into else id

    def decide(work: Work, merged: Held[Project], keeper: Held[Project]) -> Answer:
        if merged.change(proposing.unmerge, data, into=keeper.state):
            keeper.change(proposing.release, project=merged.ref)
        return _answer(merged)

    return await together(service.base, [(PROJECTS, id), (PROJECTS, keeper_id)], ask, decide)


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
    now, terms = service.now(), service.today

    def decide(work: Work, held: Held[Project], reserved: Held[Batch]) -> Answer:
        if held.change(approving.approve, data, now=now, terms=terms, town=service.town):
            held.change(disclosing.disclose, Disclose(stage=DisclosureStage.APPROVED))
        reserved.change(batch.reserve, data, project=held.ref)
        return _answer(held)

    return await together(service.base, [(PROJECTS, id), (BATCHES, data.batch)], ask, decide)


# ---------------------------------------------------------------------------------------------- carried out


@post("/projects/{id:uuid}/start", status_code=200)
async def start_project(
    id: FromPath[UUID],
    data: JSONBody[StartProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """开工, 并公开."""
    return await _stage(service, id, ask, DisclosureStage.STARTED, carrying_out.start, data, now=service.now())


@post("/projects/{id:uuid}/milestones", status_code=200)
async def reach_milestone(
    id: FromPath[UUID],
    data: JSONBody[ReachMilestone],
    service: Here,
    ask: Asking,
) -> Answer:
    """里程碑完成."""
    return await change(service.base, PROJECTS, id, ask, carrying_out.reach_milestone, data, now=service.now())


@post("/projects/{id:uuid}/progress", status_code=200)
async def report_project_progress(
    id: FromPath[UUID],
    data: JSONBody[ReportProgress],
    service: Here,
    ask: Asking,
) -> Answer:
    """填报进展."""
    return await change(service.base, PROJECTS, id, ask, carrying_out.progress, data)


@post("/projects/{id:uuid}/delay", status_code=200)
async def delay_project(
    id: FromPath[UUID],
    data: JSONBody[DelayProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """延期."""
    now, terms = service.now(), service.today
    return await change(service.base, PROJECTS, id, ask, carrying_out.delay, data, now=now, terms=terms)


@post("/projects/{id:uuid}/suspend", status_code=200)
async def suspend_project(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """暂停."""
    return await change(service.base, PROJECTS, id, ask, carrying_out.suspend, data)


@post("/projects/{id:uuid}/resume", status_code=200)
async def resume_project(
    id: FromPath[UUID],
    data: JSONBody[ResumeProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """复工."""
    now, terms = service.now(), service.today
    return await change(service.base, PROJECTS, id, ask, carrying_out.resume, data, now=now, terms=terms)


@post("/projects/{id:uuid}/cancel", status_code=200)
async def cancel_project(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """取消: what is not spent goes back to the batch."""
    approved_in = await service.pool.fetchval("select batch from projects where id = $1", id)
    money = [(BATCHES, ref_id(approved_in))] if approved_in else []

    def decide(work: Work, held: Held[Project], *batches: Held[Batch]) -> Answer:
        if held.change(carrying_out.cancel, data) and held.state:
            for reserved in batches:
                reserved.change(batch.release, project=held.ref, spent_yuan=held.state.spent_yuan)
        return _answer(held)

    return await together(service.base, [(PROJECTS, id), *money], ask, decide)


@post("/projects/{id:uuid}/carry-over", status_code=200)
async def carry_project_over(id: FromPath[UUID], data: JSONBody[CarryOver], service: Here, ask: Asking) -> Answer:
    """结转."""
    now, terms = service.now(), service.today

    def decide(work: Work, held: Held[Project], into: Held[Batch]) -> Answer:
        held.change(carrying_out.carry_over, data, batch=into.state, now=now, terms=terms)
        return _answer(held)

    return await together(service.base, [(PROJECTS, id), (BATCHES, data.batch)], ask, decide)


@post("/projects/{id:uuid}/complete", status_code=200)
async def complete_project(
    id: FromPath[UUID],
    data: JSONBody[CompleteProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """完工, 并公开."""
    return await _stage(service, id, ask, DisclosureStage.COMPLETED, carrying_out.complete, data, now=service.now())


@post("/projects/{id:uuid}/acceptance", status_code=200)
async def accept_project(id: FromPath[UUID], data: JSONBody[Inspection], service: Here, ask: Asking) -> Answer:
    """验收通过, 并公开."""
    return await _stage(
        service, id, ask, DisclosureStage.ACCEPTED, accepting.accept, data, now=service.now(), terms=service.today
    )


@post("/projects/{id:uuid}/rectification", status_code=200)
async def order_rectification(id: FromPath[UUID], data: JSONBody[Rectify], service: Here, ask: Asking) -> Answer:
    """限期整改."""
    return await change(
        service.base,
        PROJECTS,
        id,
        ask,
        accepting.order_rectification,
        data,
        now=service.now(),
        terms=service.today,
        calendar=service.calendar,
    )


@post("/projects/{id:uuid}/maintainer", status_code=200)
async def assign_maintainer(
    id: FromPath[UUID],
    data: JSONBody[AssignMaintainer],
    service: Here,
    ask: Asking,
) -> Answer:
    """落实管护."""
    return await change(service.base, PROJECTS, id, ask, accepting.assign_maintainer, data, town=service.town)


@post("/projects/{id:uuid}/sources", status_code=200)
async def tell_source(id: FromPath[UUID], data: JSONBody[TellSource], service: Here, ask: Asking) -> Answer:
    """当面告知来源."""
    return await change(service.base, PROJECTS, id, ask, disclosing.tell, data, town=service.town)


@post("/projects/{id:uuid}/close", status_code=200)
async def close_project(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """办结."""
    return await change(service.base, PROJECTS, id, ask, accepting.close)


# ---------------------------------------------------------------------------------------------- batches


@post("/batches")
async def open_batch(data: JSONBody[OpenBatch], service: Here, ask: Asking) -> Answer:
    """开启批次: one per quarter."""
    id = derived("batch", data.year, data.quarter)
    return await change(service.base, BATCHES, id, ask, batch.open_batch, data)


@post("/batches/{id:uuid}/budget", status_code=200)
async def set_pool_budget(
    id: FromPath[UUID],
    data: JSONBody[SetPoolBudget],
    service: Here,
    ask: Asking,
) -> Answer:
    """核定资金总额."""
    return await change(service.base, BATCHES, id, ask, batch.set_budget, data)


@post("/batches/{id:uuid}/close", status_code=200)
async def close_batch(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """批次结束."""
    return await change(service.base, BATCHES, id, ask, batch.close_batch)


@get("/batches/{id:uuid}")
async def read_batch(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一个批次和它的资金."""
    found = await views.one(service.pool, BATCHES, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


def _answer(held: Held[Any]) -> Answer:
    return {"id": str(held.id), "version": held.version}


ROUTES = [
    collect_suggestion,
    list_suggestions,
    review_suggestion,
    convert_suggestion,
    merge_suggestion,
    handle_suggestion,
    refer_suggestion,
    decline_suggestion,
    answer_suggestion,
    propose_project,
    list_projects,
    read_project,
    pool_project,
    reject_project,
    merge_project,
    unmerge_project,
    score_project,
    record_vote,
    approve_project,
    start_project,
    reach_milestone,
    report_project_progress,
    delay_project,
    suspend_project,
    resume_project,
    cancel_project,
    carry_project_over,
    complete_project,
    accept_project,
    order_rectification,
    assign_maintainer,
    tell_source,
    close_project,
    open_batch,
    set_pool_budget,
    close_batch,
    read_batch,
]
