"""协同处置: the plan, the progress, the solution, the evaluations, the closing."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.escalation.api.door import Answer, Duties, Here, states, with_duties
from services.escalation.domain import evaluation, handling, reporting
from services.escalation.domain.asked import (
    CommentOnScore,
    EvaluateDepartment,
    EvaluateWhistle,
    PlanAction,
    Reopen,
    ReportProgress,
    Resolve,
)
from services.escalation.domain.duty import duty_id
from services.escalation.domain.issue import Issue
from services.escalation.store import DUTIES, ISSUES
from shared.plumbing.attachments.keeping import checksums
from shared.plumbing.change import change
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


@post("/issues/{id:uuid}/plan", status_code=200)
async def plan_action(
    id: FromPath[UUID],
    data: JSONBody[PlanAction],
    service: Here,
    ask: Asking,
) -> Answer:
    """行动方案."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.plan, data, by=ask.caller.unit, duties=states(duties))

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/progress", status_code=200)
async def report_issue_progress(
    id: FromPath[UUID],
    data: JSONBody[ReportProgress],
    service: Here,
    ask: Asking,
) -> Answer:
    """填报进展; what it names as evidence is attached to the department's own duty."""
    kept = await checksums(service.pool, DUTIES, duty_id(id, ask.caller.unit))

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.progress, data, by=ask.caller.unit, duties=states(duties), kept=kept)

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/resolve", status_code=200)
async def resolve_issue(id: FromPath[UUID], data: JSONBody[Resolve], service: Here, ask: Asking) -> Answer:
    """确认解决; nothing falls due any more."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(handling.resolve, data, by=ask.caller.unit, duties=states(duties), now=work.now)
        for duty in duties:
            duty.change(reporting.lift_deadlines)

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/reopen", status_code=200)
async def reopen_issue(id: FromPath[UUID], data: JSONBody[Reopen], service: Here, ask: Asking) -> Answer:
    """重新处置: the departments are called back."""
    terms = service.today

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        calendar = service.calendar
        issue.change(handling.reopen, data, by=ask.caller.unit, now=work.now, terms=terms, calendar=calendar)
        for duty in duties:
            duty.change(reporting.call_back, due_at=data.due_at, now=work.now, terms=terms)

    return await with_duties(service, ask, id, decide)


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
        issue.change(evaluation.evaluate_department, data, by=ask.caller.unit, duties=states(duties), terms=terms)

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/score-comment", status_code=200)
async def comment_on_score(
    id: FromPath[UUID],
    data: JSONBody[CommentOnScore],
    service: Here,
    ask: Asking,
) -> Answer:
    """得分申辩."""
    return await change(service.base, ISSUES, id, ask, evaluation.comment_on_score, data, by=ask.caller.unit)


@post("/issues/{id:uuid}/whistle-evaluation", status_code=200)
async def evaluate_whistle(
    id: FromPath[UUID],
    data: JSONBody[EvaluateWhistle],
    service: Here,
    ask: Asking,
) -> Answer:
    """考核哨源."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(evaluation.evaluate_whistle, data, by=ask.caller.unit, duties=states(duties))

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/close", status_code=200)
async def close_issue(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """吹哨办结."""

    def decide(_: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(evaluation.close, by=ask.caller.unit, duties=states(duties))

    return await with_duties(service, ask, id, decide)


ROUTES = [
    plan_action,
    report_issue_progress,
    resolve_issue,
    reopen_issue,
    evaluate_department,
    comment_on_score,
    evaluate_whistle,
    close_issue,
]
