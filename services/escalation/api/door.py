"""What the doors share: the service, who asks, and an issue with the duties of its departments."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from litestar.di import NamedDependency

from services.escalation import views
from services.escalation.domain.duty import Duty
from services.escalation.domain.issue import Issue
from services.escalation.domain.terms import Terms
from services.escalation.store import DUTIES, ISSUES
from shared.plumbing.caller import NotFound, Reach
from shared.plumbing.change import Ask, together
from shared.plumbing.service import Service
from shared.plumbing.work import Held, Where, Work

EscalationService = Service[Terms]
Here = NamedDependency[EscalationService]
Answer = dict[str, Any]
Duties = list[Held[Duty]]


def speaks_for(ask: Ask, communities: Sequence[str]) -> str:
    """The unit that asks: a secretary speaks for the first of the communities in question that is the own one."""
    if ask.caller.reach is not Reach.COMMUNITY:
        return ask.caller.unit
    return next((one for one in communities if one in ask.caller.communities), ask.caller.unit)


def states(duties: Duties) -> list[Duty]:
    """Those duties that exist."""
    return [held.state for held in duties if held.state is not None]


def answered(held: Held[Any]) -> Answer:
    """What every writing door answers."""
    return {"id": str(held.id), "version": held.version}


async def with_duties(
    service: EscalationService, ask: Ask, id: UUID, decide: Callable[[Work, Held[Issue], Duties], object]
) -> Answer:
    """Change an issue and the duties of all its departments in one transaction."""

    def decided(work: Work, issue: Held[Issue], duties: Duties) -> Answer:
        decide(work, issue, duties)
        return answered(issue)

    return await together(service.base, [(ISSUES, id), Where(DUTIES, "issue", id)], ask, decided)


async def with_issue(
    service: EscalationService, ask: Ask, id: UUID, decide: Callable[[Work, Held[Duty], Held[Issue], Duties], object]
) -> Answer:
    """Change a duty with its issue and the issue's other duties in one transaction."""
    issue_id = await views.issue_of(service.pool, id)
    if issue_id is None:
        raise NotFound(str(id))

    def decided(work: Work, duty: Held[Duty], issue: Held[Issue], duties: Duties) -> Answer:
        decide(work, duty, issue, duties)
        return answered(duty)

    return await together(
        service.base, [(DUTIES, id), (ISSUES, issue_id), Where(DUTIES, "issue", issue_id)], ask, decided
    )
