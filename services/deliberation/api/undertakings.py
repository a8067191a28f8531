"""协商事项落实: reports, completion, excuses."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from services.deliberation import views
from services.deliberation.api.door import Answer, Here
from services.deliberation.domain.asked import ExcuseUndertaking, FinishUndertaking, ReportUndertaking
from services.deliberation.domain.undertaking import excuse, finish, report
from services.deliberation.store import UNDERTAKINGS
from shared.plumbing.change import change
from shared.plumbing.service import Asking


@get("/undertakings")
async def list_undertakings(
    service: Here,
    ask: Asking,
    topic: FromQuery[UUID | None] = None,
    shown: Annotated[str | None, QueryParameter(name="state")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 500,
) -> views.Rows:
    """落实任务, by due date."""
    return await views.undertakings(service.pool, views.reach_of(ask.caller), topic, shown, limit)


@post("/undertakings/{id:uuid}/reports", status_code=200)
async def report_undertaking(
    id: FromPath[UUID],
    data: JSONBody[ReportUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """报告落实进展."""
    return await change(service.base, UNDERTAKINGS, id, ask, report, data)


@post("/undertakings/{id:uuid}/done", status_code=200)
async def finish_undertaking(
    id: FromPath[UUID],
    data: JSONBody[FinishUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """落实完成."""
    return await change(service.base, UNDERTAKINGS, id, ask, finish, data, now=service.now())


@post("/undertakings/{id:uuid}/excuse", status_code=200)
async def excuse_undertaking(
    id: FromPath[UUID],
    data: JSONBody[ExcuseUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """免除落实."""
    return await change(service.base, UNDERTAKINGS, id, ask, excuse, data)


ROUTES = [list_undertakings, report_undertaking, finish_undertaking, excuse_undertaking]
