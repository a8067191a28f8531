"""全过程 of a project, a suggestion, a batch."""

from uuid import UUID

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.projects import history, views
from services.projects.api.door import Here
from services.projects.store import BATCHES, PROJECTS, SUGGESTIONS
from shared.plumbing.histories import Told
from shared.plumbing.service import Asking


@get("/projects/{id:uuid}/history")
async def read_project_history(id: FromPath[UUID], service: Here, ask: Asking) -> Told:
    """项目全过程: the project, the suggestion it was converted from, its money; each with heading, words, who said it."""
    if await views.one(service.pool, PROJECTS, ask.caller, id) is None:
        raise NotFoundException
    return await history.of_project(service.pool, id, service.town)


@get("/suggestions/{id:uuid}/history")
async def read_suggestion_history(id: FromPath[UUID], service: Here, ask: Asking) -> Told:
    """建议办理全过程."""
    if await views.one(service.pool, SUGGESTIONS, ask.caller, id) is None:
        raise NotFoundException
    return await history.of(service.pool, id, service.town)


@get("/batches/{id:uuid}/history")
async def read_batch_history(id: FromPath[UUID], service: Here, ask: Asking) -> Told:
    """批次资金全过程."""
    if await views.one(service.pool, BATCHES, ask.caller, id) is None:
        raise NotFoundException
    return await history.of(service.pool, id, service.town)


ROUTES = [read_project_history, read_suggestion_history, read_batch_history]
