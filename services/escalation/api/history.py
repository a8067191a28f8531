"""全过程 of an issue and of one department's duty."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, QueryParameter

from services.escalation import history, views
from services.escalation.api.door import Here
from services.escalation.store import DUTIES, ISSUES
from shared.plumbing.histories import Told
from shared.plumbing.service import Asking
from shared.rules.township import Role


class Said(StrEnum):
    """Who said a fact: a role, or time itself (`timer`)."""

    TIMER = "timer"
    DISPATCHER = Role.DISPATCHER
    OFFICER = Role.OFFICER
    SECRETARY = Role.SECRETARY
    SUPERVISOR = Role.SUPERVISOR
    SERVICE = Role.SERVICE


ByRole = Annotated[Said | None, QueryParameter(name="role")]


@get("/issues/{id:uuid}/history")
async def read_issue_history(id: FromPath[UUID], service: Here, ask: Asking, role: ByRole = None) -> Told:
    """吹哨全过程: the facts of the issue and of its duties, in order, each with heading, words and who said it.

    A department sees its own duty alone. `role`: only what this role did; `timer`: what time did; `service`: what
    followed from other services.
    """
    if await views.one(service.pool, ISSUES, ask.caller, id) is None:
        raise NotFoundException
    return _by(role, await history.of_issue(service.pool, ask.caller, id, service.town))


@get("/duties/{id:uuid}/history")
async def read_duty_history(id: FromPath[UUID], service: Here, ask: Asking, role: ByRole = None) -> Told:
    """报到全过程 of one department, as that of an issue."""
    if await views.one(service.pool, DUTIES, ask.caller, id) is None:
        raise NotFoundException
    return _by(role, await history.of_duty(service.pool, id, service.town))


def _by(role: Said | None, told: Told) -> Told:
    return [entry for entry in told if role in (None, entry["role"])]


ROUTES = [read_issue_history, read_duty_history]
