"""Doors: orders that contradict what is known under their number."""

from typing import Any

from litestar import get, post
from litestar.params import FromQuery, JSONBody

from services.intake import conflicts
from services.intake.registering import Here
from shared.events.base import Why
from shared.plumbing.audit import READ, audited
from shared.plumbing.house import Number
from shared.plumbing.service import Asking


@get("/conflicts")
async def list_conflicts(service: Here) -> list[dict[str, Any]]:
    """同号异文清单, each with the complaint it is about."""
    return await conflicts.waiting(service)


@get("/conflicts/{id:int}")
async def read_conflict(
    id: Number,
    reason: FromQuery[Why],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """同号异文: what came first beside what came then; who looked, and why, is kept."""
    async with service.pool.acquire() as con, con.transaction():
        found = await conflicts.both(service, con, id)
        await audited(con, ask.caller, READ, f"quarantine/{id}", reason)
    return found


@post("/conflicts/{id:int}/decision", status_code=200)
async def settle_conflict(id: Number, data: JSONBody[conflicts.Settle], service: Here, ask: Asking) -> dict[str, Any]:
    """处理同号异文: a supplement of the known complaint, or given up."""
    return await conflicts.settle(service, ask, id, data)


DOORS = [list_conflicts, read_conflict, settle_conflict]
