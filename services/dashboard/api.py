"""The dashboard's doors for those who read."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from services.dashboard import views
from services.dashboard.terms import DashboardTerms
from shared.plumbing.service import Service

Here = NamedDependency[Service[DashboardTerms]]


@get("/facts")
async def list_facts(
    service: Here,
    after: Annotated[int, QueryParameter(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 1000,
    type: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    stream: FromQuery[UUID | None] = None,
    producer: Annotated[str | None, QueryParameter(name="service")] = None,
) -> dict[str, Any]:
    """所有事实: numbered in the order of commits; poll with `after` = the last number seen."""
    return await views.facts(service.pool, after, limit, type, kind, stream, producer)


@get("/journeys/{kind:str}/{id:uuid}")
async def read_journey(kind: FromPath[str], id: FromPath[UUID], service: Here) -> dict[str, Any]:
    """一件诉求的全过程: from what it comes to what it led to."""
    found = await views.journey(service.pool, kind, id)
    if found is None:
        raise NotFoundException
    return found


@get("/summary")
async def read_summary(service: Here) -> dict[str, Any]:
    """How many facts of which type."""
    return await views.summary(service.pool)


ROUTES = [list_facts, read_journey, read_summary]
