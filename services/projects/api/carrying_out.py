"""项目实施: from the start to acceptance, upkeep and the closing."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.projects.api.door import Answer, Here, answered, reach_stage, with_what_it_names
from services.projects.domain import accepting, batch, carrying_out, disclosing
from services.projects.domain.asked import (
    AssignMaintainer,
    Because,
    CarryOver,
    CompleteProject,
    DelayProject,
    Inspection,
    ReachMilestone,
    Rectify,
    ReportProgress,
    ResumeProject,
    StartProject,
    TellSource,
)
from services.projects.domain.batch import Batch
from services.projects.domain.evidence import naming
from services.projects.domain.project import Project
from services.projects.store import BATCHES, PROJECTS
from shared.events.base import ref_id
from shared.events.vocabulary import DisclosureStage
from shared.plumbing.attachments.keeping import checksums
from shared.plumbing.change import change, together
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


@post("/projects/{id:uuid}/start", status_code=200)
async def start_project(
    id: FromPath[UUID],
    data: JSONBody[StartProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """开工, 并公开."""
    return await reach_stage(service, id, ask, DisclosureStage.STARTED, carrying_out.start, data, now=service.now())


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
    """填报进展; the evidence is put in before."""
    rule = naming(carrying_out.progress, await checksums(service.pool, PROJECTS, id))
    return await change(service.base, PROJECTS, id, ask, rule, data)


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

    def decide(work: Work, held: Held[Project]) -> Answer:
        if held.change(carrying_out.cancel, data) and held.state and held.state.batch:
            reserved: Held[Batch] = work.get((BATCHES, ref_id(held.state.batch)))
            reserved.change(batch.release, project=held.ref, spent_yuan=held.state.spent_yuan)
        return answered(held)

    return await together(service.base, [(PROJECTS, id)], ask, decide, with_what_it_names(id, "batch", BATCHES))


@post("/projects/{id:uuid}/carry-over", status_code=200)
async def carry_project_over(id: FromPath[UUID], data: JSONBody[CarryOver], service: Here, ask: Asking) -> Answer:
    """结转."""
    now, terms = service.now(), service.today

    def decide(work: Work, held: Held[Project], into: Held[Batch]) -> Answer:
        held.change(carrying_out.carry_over, data, batch=into.state, now=now, terms=terms)
        return answered(held)

    return await together(service.base, [(PROJECTS, id), (BATCHES, data.batch)], ask, decide)


@post("/projects/{id:uuid}/complete", status_code=200)
async def complete_project(
    id: FromPath[UUID],
    data: JSONBody[CompleteProject],
    service: Here,
    ask: Asking,
) -> Answer:
    """完工, 并公开; the evidence is put in before."""
    rule = naming(carrying_out.complete, await checksums(service.pool, PROJECTS, id))
    return await reach_stage(service, id, ask, DisclosureStage.COMPLETED, rule, data, now=service.now())


@post("/projects/{id:uuid}/acceptance", status_code=200)
async def accept_project(id: FromPath[UUID], data: JSONBody[Inspection], service: Here, ask: Asking) -> Answer:
    """验收通过, 并公开; the evidence is put in before."""
    rule = naming(accepting.accept, await checksums(service.pool, PROJECTS, id))
    return await reach_stage(
        service, id, ask, DisclosureStage.ACCEPTED, rule, data, now=service.now(), terms=service.today
    )


@post("/projects/{id:uuid}/rectification", status_code=200)
async def order_rectification(id: FromPath[UUID], data: JSONBody[Rectify], service: Here, ask: Asking) -> Answer:
    """限期整改; the evidence is put in before."""
    rule = naming(accepting.order_rectification, await checksums(service.pool, PROJECTS, id))
    return await change(
        service.base,
        PROJECTS,
        id,
        ask,
        rule,
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


ROUTES = [
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
]
