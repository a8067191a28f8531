"""吹哨: requested, decided, escalated, withdrawn."""

from uuid import UUID, uuid4

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.escalation import views
from services.escalation.api.door import Answer, Duties, Here, answered, speaks_for, with_duties
from services.escalation.domain import reporting, whistle
from services.escalation.domain.asked import ApproveWhistle, Because, Escalate, RequestWhistle
from services.escalation.domain.duty import duty_id
from services.escalation.domain.issue import Issue
from services.escalation.store import DUTIES, ISSUES
from shared.events.escalation import DutyRole
from shared.plumbing.caller import Scope
from shared.plumbing.change import change, together
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


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
        by=speaks_for(ask, (data.community,)),
        now=service.now(),
        terms=service.today,
        calendar=service.calendar,
        town=service.town,
    )


@get("/issues/{id:uuid}")
async def show_issue(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一项吹哨事项, with the duties of its departments."""
    found = await views.one(service.pool, ISSUES, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found | {"duties": await views.duties_of(service.pool, ask.caller, id)}


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
        return answered(issue) | {"duties": duties}

    return await together(service.base, [(ISSUES, id)], ask, decide)


@post("/issues/{id:uuid}/withdraw", status_code=200)
async def withdraw_issue(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """撤哨: the departments leave."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        concerned = issue.state.concerned if issue.state else ()
        issue.change(whistle.withdraw, data, by=speaks_for(ask, concerned))
        for duty in duties:
            duty.change(reporting.dismiss, data, now=work.now)

    return await with_duties(service, ask, id, decide)


ROUTES = [
    request_whistle,
    show_issue,
    approve_whistle,
    reject_whistle,
    escalate_issue,
    withdraw_issue,
]
