"""The doors of escalation for people."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from services.escalation import views
from services.escalation.domain import due_date, duty_deadline, evaluation, handling, reporting, whistle
from services.escalation.domain.asked import (
    ApproveWhistle,
    Because,
    CheckIn,
    Escalate,
    EvaluateDepartment,
    EvaluateWhistle,
    ExtendDeadline,
    FinishDuty,
    ObjectToDuty,
    PlanAction,
    ReassignLead,
    Reopen,
    ReportProgress,
    RequestWhistle,
    Resolve,
    Supervise,
)
from services.escalation.domain.duty import Duty, duty_id
from services.escalation.domain.issue import Issue
from services.escalation.domain.terms import Terms
from services.escalation.store import DUTIES, ISSUES
from shared.events.escalation import DeadlineMove, DutyRole
from shared.plumbing.caller import NotFound, Reach, Scope
from shared.plumbing.change import Ask, Held, Where, Work, change, together
from shared.plumbing.service import Asking, Service

EscalationService = Service[Terms]
Here = NamedDependency[EscalationService]
Answer = dict[str, Any]
Duties = list[Held[Duty]]
Shown = Annotated[str | None, QueryParameter(name="state")]
Many = Annotated[int, QueryParameter(ge=1, le=1000)]


def _speaks_for(ask: Ask, community: str | None) -> str:
    """The unit that asks: a secretary speaks for the community in question."""
    return community if community and ask.caller.reach is Reach.COMMUNITY else ask.caller.unit


def _states(duties: Duties) -> list[Duty]:
    return [held.state for held in duties if held.state is not None]


def _answered(held: Held[Any]) -> Answer:
    return {"id": str(held.id), "version": held.version}


async def _with_duties(
    service: EscalationService, ask: Ask, id: UUID, decide: Callable[[Work, Held[Issue], Duties], object]
) -> Answer:
    """Change an issue and the duties of all its departments in one transaction."""

    def decided(work: Work, issue: Held[Issue], duties: Duties) -> Answer:
        decide(work, issue, duties)
        return _answered(issue)

    return await together(service.base, [(ISSUES, id), Where(DUTIES, "issue", id)], ask, decided)


async def _with_issue(
    service: EscalationService, ask: Ask, id: UUID, decide: Callable[[Work, Held[Duty], Held[Issue], Duties], object]
) -> Answer:
    """Change a duty with its issue and the issue's other duties in one transaction."""
    issue_id = await views.issue_of(service.pool, id)
    if issue_id is None:
        raise NotFound(str(id))

    def decided(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> Answer:
        decide(work, duty, issue, duties)
        return _answered(duty)

    return await together(
        service.base, [(DUTIES, id), (ISSUES, issue_id), Where(DUTIES, "issue", issue_id)], ask, decided
    )


# ---------------------------------------------------------------------------------------------- issues


@post("/issues")
async def request_whistle(data: JSONBody[RequestWhistle], service: Here, ask: Asking) -> Answer:
    """请求吹哨."""
    ask.caller.must_reach(Scope(data.community, (ask.caller.unit,)))
    return await change(
        service.base,
        ISSUES,
        uuid4(),
        ask,
        whistle.request,
        data,
        by=_speaks_for(ask, data.community),
        now=service.now(),
        terms=service.today,
        calendar=service.calendar,
        town=service.town,
    )


@get("/issues")
async def list_issues(
    service: Here,
    ask: Asking,
    shown: Shown = None,
    community: FromQuery[str | None] = None,
    source: FromQuery[str | None] = None,
    limit: Many = 200,
) -> views.Rows:
    """吹哨事项; `source`: those that come from `topic/uuid`, `route/uuid` or another stream."""
    return await views.issues(service.pool, ask.caller, state=shown, community=community, source=source, limit=limit)


@get("/issues/{id:uuid}")
async def show_issue(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一项吹哨事项, with the duties of its departments."""
    found = await views.one(service.pool, ISSUES, ask.caller, id)
    if found is None:
        raise NotFoundException
    duties = await views.duties(service.pool, ask.caller, state=None, department=None, issue=id, limit=1000)
    return found | {"duties": duties}


@post("/issues/{id:uuid}/approve", status_code=200)
async def approve_whistle(
    id: FromPath[UUID],
    data: JSONBody[ApproveWhistle],
    service: Here,
    ask: Asking,
) -> Answer:
    """同意吹哨."""
    return await change(service.base, ISSUES, id, ask, whistle.approve, data, now=service.now())


@post("/issues/{id:uuid}/reject", status_code=200)
async def reject_whistle(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """不予吹哨."""
    return await change(service.base, ISSUES, id, ask, whistle.reject, data)


@post("/issues/{id:uuid}/escalate", status_code=200)
async def escalate_issue(id: FromPath[UUID], data: JSONBody[Escalate], service: Here, ask: Asking) -> Answer:
    """吹哨: the issue is escalated and every department is called, together."""
    terms, calendar = service.today, service.calendar

    def decide(work: Work, issue: Held[Issue]) -> Answer:
        said = issue.change(
            whistle.escalate,
            data,
            by=ask.caller.unit,
            now=work.now,
            terms=terms,
            calendar=calendar,
            town=service.town,
        )
        assert issue.state is not None
        for department in issue.state.called if said else ():
            role = DutyRole.LEAD if department == issue.state.lead else DutyRole.SUPPORT
            work.born(DUTIES, duty_id(issue.id, department)).change(
                reporting.call,
                department,
                role,
                issue=issue.state,
                issue_id=issue.id,
                now=work.now,
                terms=terms,
                calendar=calendar,
            )
        duties = {department: str(duty_id(issue.id, department)) for department in issue.state.called}
        return _answered(issue) | {"duties": duties}

    return await together(service.base, [(ISSUES, id)], ask, decide)


@post("/issues/{id:uuid}/plan", status_code=200)
async def plan_action(
    id: FromPath[UUID],
    data: JSONBody[PlanAction],
    service: Here,
    ask: Asking,
) -> Answer:
    """行动方案."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.plan, data, by=ask.caller.unit, duties=_states(duties))

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/progress", status_code=200)
async def report_issue_progress(
    id: FromPath[UUID],
    data: JSONBody[ReportProgress],
    service: Here,
    ask: Asking,
) -> Answer:
    """填报进展."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.progress, data, by=ask.caller.unit, duties=_states(duties))

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/resolve", status_code=200)
async def resolve_issue(id: FromPath[UUID], data: JSONBody[Resolve], service: Here, ask: Asking) -> Answer:
    """确认解决."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.resolve, data, by=ask.caller.unit, duties=_states(duties), now=work.now)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/reopen", status_code=200)
async def reopen_issue(id: FromPath[UUID], data: JSONBody[Reopen], service: Here, ask: Asking) -> Answer:
    """重新处置: the departments are called back."""
    terms = service.today

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.reopen, data, by=ask.caller.unit, now=work.now)
        for duty in duties:
            duty.change(reporting.call_back, due_at=data.due_at, now=work.now, terms=terms)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/evaluations", status_code=200)
async def evaluate_department(
    id: FromPath[UUID],
    data: JSONBody[EvaluateDepartment],
    service: Here,
    ask: Asking,
) -> Answer:
    """考核部门."""
    terms = service.today

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(evaluation.evaluate_department, data, by=ask.caller.unit, duties=_states(duties), terms=terms)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/whistle-evaluation", status_code=200)
async def evaluate_whistle(
    id: FromPath[UUID],
    data: JSONBody[EvaluateWhistle],
    service: Here,
    ask: Asking,
) -> Answer:
    """考核哨源."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(evaluation.evaluate_whistle, data, by=ask.caller.unit, duties=_states(duties))

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/close", status_code=200)
async def close_issue(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """吹哨办结."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(evaluation.close, by=ask.caller.unit, duties=_states(duties))

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/withdraw", status_code=200)
async def withdraw_issue(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """撤哨: the departments leave."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        community = issue.state.community if issue.state else None
        issue.change(whistle.withdraw, data, by=_speaks_for(ask, community))
        for duty in duties:
            duty.change(reporting.dismiss, data, now=work.now)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/extension", status_code=200)
async def extend_deadline(
    id: FromPath[UUID],
    data: JSONBody[ExtendDeadline],
    service: Here,
    ask: Asking,
) -> Answer:
    """延期."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(due_date.extend, data, now=work.now)
        _follow(service, work, DeadlineMove.EXTENDED, issue, duties)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/pause", status_code=200)
async def pause_deadline(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """暂停计时."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        if issue.change(due_date.pause, data, now=work.now):
            _follow(service, work, DeadlineMove.PAUSED, issue, duties)

    return await _with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/resume", status_code=200)
async def resume_deadline(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """恢复计时."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(due_date.resume, data, now=work.now)
        _follow(service, work, DeadlineMove.RESUMED, issue, duties)

    return await _with_duties(service, ask, id, decide)


def _follow(service: EscalationService, work: Work, move: DeadlineMove, issue: Held[Issue], duties: Duties) -> None:
    assert issue.state is not None
    due_at = None if issue.state.paused_at else issue.state.due_at
    for duty in duties:
        duty.change(duty_deadline.follow, move, due_at=due_at, now=work.now, terms=service.today)


@post("/issues/{id:uuid}/supervise", status_code=200)
async def supervise_issue(
    id: FromPath[UUID],
    data: JSONBody[Supervise],
    service: Here,
    ask: Asking,
) -> Answer:
    """督办."""
    return await change(service.base, ISSUES, id, ask, due_date.supervise, data)


# ---------------------------------------------------------------------------------------------- duties


@get("/duties")
async def list_duties(
    service: Here,
    ask: Asking,
    shown: Shown = None,
    department: FromQuery[str | None] = None,
    issue: FromQuery[UUID | None] = None,
    limit: Many = 200,
) -> views.Rows:
    """报到任务."""
    return await views.duties(service.pool, ask.caller, state=shown, department=department, issue=issue, limit=limit)


@get("/duties/{id:uuid}")
async def show_duty(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一个部门的报到任务."""
    found = await views.one(service.pool, DUTIES, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


@post("/duties/{id:uuid}/acknowledge", status_code=200)
async def acknowledge_duty(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """部门响应."""
    return await change(service.base, DUTIES, id, ask, reporting.acknowledge, by=ask.caller.unit, now=service.now())


@post("/duties/{id:uuid}/check-in", status_code=200)
async def check_in_department(id: FromPath[UUID], data: JSONBody[CheckIn], service: Here, ask: Asking) -> Answer:
    """部门报到; the last one musters the issue."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> None:
        duty.change(reporting.check_in, data, by=ask.caller.unit, now=work.now)
        issue.change(handling.muster, duties=_states(duties), now=work.now)

    return await _with_issue(service, ask, id, decide)


@post("/duties/{id:uuid}/finish", status_code=200)
async def finish_duty(
    id: FromPath[UUID],
    data: JSONBody[FinishDuty],
    service: Here,
    ask: Asking,
) -> Answer:
    """部门办结."""
    return await change(service.base, DUTIES, id, ask, reporting.finish, data, by=ask.caller.unit, now=service.now())


@post("/duties/{id:uuid}/object", status_code=200)
async def object_to_duty(
    id: FromPath[UUID],
    data: JSONBody[ObjectToDuty],
    service: Here,
    ask: Asking,
) -> Answer:
    """提出职责异议."""
    return await change(service.base, DUTIES, id, ask, reporting.object_to, data, by=ask.caller.unit, now=service.now())


@post("/duties/{id:uuid}/objection-rejection", status_code=200)
async def reject_objection(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """异议不成立."""
    return await change(service.base, DUTIES, id, ask, reporting.reject_objection, data)


@post("/duties/{id:uuid}/reassign", status_code=200)
async def reassign_lead(
    id: FromPath[UUID],
    data: JSONBody[ReassignLead],
    service: Here,
    ask: Asking,
) -> Answer:
    """改派主责部门: `id` is the duty of the lead whose objection holds."""
    terms, calendar = service.today, service.calendar

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> None:
        issue.change(whistle.reassign, data, objecting=duty.state, town=service.town)
        assert issue.state is not None
        duty.change(reporting.hand_over, data)
        successor = work.born(DUTIES, duty_id(issue.id, data.lead))
        called = successor.change(
            reporting.call,
            data.lead,
            DutyRole.LEAD,
            issue=issue.state,
            issue_id=issue.id,
            now=work.now,
            terms=terms,
            calendar=calendar,
        )
        if not called:
            successor.change(reporting.take_lead, data)
        issue.change(handling.muster, duties=[*_states(duties), *_states([successor])], now=work.now)

    return await _with_issue(service, ask, id, decide)


@post("/duties/{id:uuid}/excuse", status_code=200)
async def excuse_duty(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """免予报到; if everybody else has come, they are mustered."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> None:
        duty.change(reporting.excuse, data, by=ask.caller.unit, issue=issue.state)
        issue.change(handling.muster, duties=_states(duties), now=work.now)

    return await _with_issue(service, ask, id, decide)


@post("/duties/{id:uuid}/release", status_code=200)
async def release_department(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """部门撤离."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], _: Duties) -> None:
        duty.change(reporting.release, by=ask.caller.unit, issue=issue.state, now=work.now)

    return await _with_issue(service, ask, id, decide)


# ---------------------------------------------------------------------------------------------- board


@get("/board")
async def show_board(service: Here, ask: Asking) -> Answer:
    """吹哨报到看板: what is overdue and what is due, the most urgent first."""
    return await views.board(service.pool, ask.caller, service.now())


ROUTES = [
    request_whistle,
    list_issues,
    show_issue,
    approve_whistle,
    reject_whistle,
    escalate_issue,
    plan_action,
    report_issue_progress,
    resolve_issue,
    reopen_issue,
    evaluate_department,
    evaluate_whistle,
    close_issue,
    withdraw_issue,
    extend_deadline,
    pause_deadline,
    resume_deadline,
    supervise_issue,
    list_duties,
    show_duty,
    acknowledge_duty,
    check_in_department,
    finish_duty,
    object_to_duty,
    reject_objection,
    reassign_lead,
    excuse_duty,
    release_department,
    show_board,
]
