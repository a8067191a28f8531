"""办理时限: extended, paused, resumed, supervised."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.escalation.api.door import Answer, Duties, EscalationService, Here, with_duties
from services.escalation.domain import due_date, duty_deadline
from services.escalation.domain.asked import Because, ExtendDeadline, Supervise
from services.escalation.domain.issue import Issue
from services.escalation.store import ISSUES
from shared.events.escalation import DeadlineMove
from shared.plumbing.change import change
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work


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

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/pause", status_code=200)
async def pause_deadline(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """暂停计时."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        if issue.change(due_date.pause, data, now=work.now):
            _follow(service, work, DeadlineMove.PAUSED, issue, duties)

    return await with_duties(service, ask, id, decide)


@post("/issues/{id:uuid}/resume", status_code=200)
async def resume_deadline(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> Answer:
    """恢复计时."""

    def decide(work: Work, issue: Held[Issue], duties: Duties) -> None:
        issue.change(due_date.resume, data, now=work.now)
        _follow(service, work, DeadlineMove.RESUMED, issue, duties)

    return await with_duties(service, ask, id, decide)


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


ROUTES = [
    extend_deadline,
    pause_deadline,
    resume_deadline,
    supervise_issue,
]
