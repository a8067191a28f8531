"""Doors of a service that tells people: what was told and how far it came, and the gateway's receipts."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from shared.events.base import Asked, Flag, Moment
from shared.plumbing.notices import book
from shared.plumbing.notices.words import NoticeState
from shared.plumbing.service import Service
from shared.rules.broken import Reason, refuse

Here = NamedDependency[Service[Any]]
"""A door's parameter `service`."""
SKEW = timedelta(minutes=5)
"""The gateway's clock may be ahead of the town's by so much."""


class Undelivered(StrEnum):
    """Why a notice did not arrive: the phone is off, there is no such number, it blocks us, it took too long, other."""

    ABSENT = "ABSENT"
    UNKNOWN_NUMBER = "UNKNOWN_NUMBER"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    OTHER = "OTHER"


class Receipt(Asked):
    """回执 of the gateway. `at`: when it arrived, or was given up; `why`: only if it did not arrive."""

    delivered: Flag
    at: Moment
    why: Undelivered | None = None


@get("/notices")
async def list_notices(
    service: Here,
    owner: FromQuery[UUID | None] = None,
    standing: Annotated[NoticeState | None, QueryParameter(name="state")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """通知清单, newest first: which template, how far it came; no contact and no text."""
    return await book.entries(service.pool, owner, standing, limit)


@post("/notices/{id:uuid}/delivery", status_code=200)
async def record_delivery(id: FromPath[UUID], data: JSONBody[Receipt], service: Here) -> dict[str, Any]:
    """送达回执: the same receipt again changes nothing."""
    refuse(
        data.delivered and data.why is not None and Reason("delivered_has_no_reason", "已送达的不应有原因", "/why"),
        data.at > service.now() + SKEW and Reason("in_the_future", "时间不能晚于现在", "/at"),
    )
    undelivered = None if data.delivered else f"UNDELIVERED_{data.why or Undelivered.OTHER}"
    async with service.pool.acquire() as con, con.transaction():
        state = await book.receipt(con, id, undelivered, data.at)
        if state is None:
            raise NotFoundException
        refuse(
            state is NoticeState.SUPPRESSED and Reason("never_sent", "该通知没有发出"),
            state is NoticeState.DELIVERED and not data.delivered and Reason("already_delivered", "该通知已登记为送达"),
        )
    return {"id": str(id), "state": state}


NOTICE_DOORS = [list_notices, record_delivery]
