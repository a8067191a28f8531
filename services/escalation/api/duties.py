"""部门报到: from the answer to the leaving."""

from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from services.escalation import arriving, views
from services.escalation.api.door import Answer, Duties, Here, states, with_issue
from services.escalation.domain import handling, reporting, whistle
from services.escalation.domain.asked import Because, CheckIn, FinishDuty, ObjectToDuty, ReassignLead
from services.escalation.domain.duty import Duty, duty_id
from services.escalation.domain.issue import Issue
from services.escalation.store import DUTIES
from shared.events.base import Why
from shared.events.escalation import DutyRole
from shared.plumbing.attachments.keeping import checksums
from shared.plumbing.change import change
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


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
    """部门报到; the last one musters the issue. Who came, and where, lies in the vault alone."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> None:
        duty.change(reporting.check_in, data, by=ask.caller.unit, now=work.now)
        arriving.keep(service, work, id, data.arrival)
        issue.change(handling.muster, duties=states(duties), now=work.now)

    return await with_issue(service, ask, id, decide)


@get("/duties/{id:uuid}/arrival")
async def read_arrival(id: FromPath[UUID], reason: FromQuery[Why], service: Here, ask: Asking) -> Answer:
    """查看到场人员: who came for the department, and where; who looked, and why, is kept."""
    return await arriving.read(service, ask, id, reason)


@post("/duties/{id:uuid}/finish", status_code=200)
async def finish_duty(
    id: FromPath[UUID],
    data: JSONBody[FinishDuty],
    service: Here,
    ask: Asking,
) -> Answer:
    """部门办结."""
    kept = await checksums(service.pool, DUTIES, id)
    return await change(
        service.base, DUTIES, id, ask, reporting.finish, data, by=ask.caller.unit, now=service.now(), kept=kept
    )


@post("/duties/{id:uuid}/object", status_code=200)
async def object_to_duty(
    id: FromPath[UUID],
    data: JSONBody[ObjectToDuty],
    service: Here,
    ask: Asking,
) -> Answer:
    """提出职责异议."""
    by, town = ask.caller.unit, service.town
    return await change(service.base, DUTIES, id, ask, reporting.object_to, data, by=by, now=service.now(), town=town)


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
        issue.change(handling.muster, duties=[*states(duties), *states([successor])], now=work.now)

    return await with_issue(service, ask, id, decide)


@post("/duties/{id:uuid}/excuse", status_code=200)
async def excuse_duty(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """免予报到; if everybody else has come, they are mustered."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> None:
        duty.change(reporting.excuse, data, by=ask.caller.unit, issue=issue.state)
        issue.change(handling.muster, duties=states(duties), now=work.now)

    return await with_issue(service, ask, id, decide)


@post("/duties/{id:uuid}/release", status_code=200)
async def release_department(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """部门撤离."""

    def decide(work: Work, duty: Held[Duty], issue: Held[Issue], _: Duties) -> None:
        duty.change(reporting.release, by=ask.caller.unit, issue=issue.state, now=work.now)

    return await with_issue(service, ask, id, decide)


ROUTES = [
    show_duty,
    acknowledge_duty,
    check_in_department,
    read_arrival,
    finish_duty,
    object_to_duty,
    reject_objection,
    reassign_lead,
    excuse_duty,
    release_department,
]
