"""批次: a quarter's money."""

from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.projects import views
from services.projects.api.door import Answer, Here
from services.projects.domain import batch
from services.projects.domain.asked import OpenBatch, SetPoolBudget
from services.projects.store import BATCHES
from shared.events.base import derived
from shared.plumbing.change import change
from shared.plumbing.service import Asking


@post("/batches")
async def open_batch(data: JSONBody[OpenBatch], service: Here, ask: Asking) -> Answer:
    """开启批次: one per quarter."""
    id = derived("batch", data.year, data.quarter)
    return await change(service.base, BATCHES, id, ask, batch.open_batch, data)


@post("/batches/{id:uuid}/budget", status_code=200)
async def set_pool_budget(
    id: FromPath[UUID],
    data: JSONBody[SetPoolBudget],
    service: Here,
    ask: Asking,
) -> Answer:
    """核定资金总额."""
    return await change(service.base, BATCHES, id, ask, batch.set_budget, data)


@post("/batches/{id:uuid}/close", status_code=200)
async def close_batch(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """批次结束."""
    return await change(service.base, BATCHES, id, ask, batch.close_batch)


@get("/batches/{id:uuid}")
async def read_batch(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一个批次和它的资金."""
    found = await views.one(service.pool, BATCHES, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


ROUTES = [
    open_batch,
    set_pool_budget,
    close_batch,
    read_batch,
]
