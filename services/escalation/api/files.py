"""佐证: photos and voice of a duty, by which its department shows what it has done."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.escalation.api.door import Here
from services.escalation.domain.asked import Because
from services.escalation.store import DUTIES
from shared.events.base import Why
from shared.plumbing.attachments import doors
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.attachments.upload import OneFile
from shared.plumbing.service import Asking


@post("/duties/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_duty_attachment(id: FromPath[UUID], request: Request[Any, Any, Any], service: Here) -> dict[str, Any]:
    """上传报到佐证: one file, field `file`. `outcome`: NEW, or KNOWN when the duty has it already."""
    return await doors.add(service, DUTIES, id, request)


@get("/duties/{id:uuid}/attachments")
async def list_duty_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> list[dict[str, Any]]:
    """报到佐证清单, with the checksums by which progress and completion name them."""
    return await doors.of(service, DUTIES, id, ask.caller)


@get("/duties/{id:uuid}/attachments/{attachment:uuid}", opt={"media": ENDINGS})
async def read_duty_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: FromQuery[Why], service: Here, ask: Asking
) -> Response[bytes]:
    """查看报到佐证; who looked, and why, is kept."""
    return await doors.read(service, DUTIES, id, attachment, ask, reason)


@post("/duties/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_duty_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回报到佐证: it is kept, and shown to the town alone."""
    return await doors.kept(service).withdraw(ask, DUTIES, id, attachment, data.reason)


ROUTES = [add_duty_attachment, list_duty_attachments, read_duty_attachment, withdraw_duty_attachment]
