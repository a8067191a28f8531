"""附件: the background of a topic, the evidence of an undertaking."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.deliberation.api.door import Here
from services.deliberation.domain.asked import Because
from services.deliberation.store import TOPICS, UNDERTAKINGS
from shared.events.base import Why
from shared.plumbing.attachments import doors
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.attachments.upload import OneFile
from shared.plumbing.service import Asking

Files = list[dict[str, Any]]


@post("/topics/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_topic_attachment(id: FromPath[UUID], request: Request[Any, Any, Any], service: Here) -> dict[str, Any]:
    """上传背景材料: one file, field `file`. `outcome`: NEW, or KNOWN when the topic has it already."""
    return await doors.add(service, TOPICS, id, request)


@get("/topics/{id:uuid}/attachments")
async def list_topic_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> Files:
    """背景材料清单, with the checksums by which the distribution names them."""
    return await doors.of(service, TOPICS, id, ask.caller)


@get("/topics/{id:uuid}/attachments/{attachment:uuid}", opt={"media": ENDINGS})
async def read_topic_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: FromQuery[Why], service: Here, ask: Asking
) -> Response[bytes]:
    """查看背景材料; who looked, and why, is kept."""
    return await doors.read(service, TOPICS, id, attachment, ask, reason)


@post("/topics/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_topic_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回背景材料: it is kept, and shown to the town alone."""
    return await doors.kept(service).withdraw(ask, TOPICS, id, attachment, data.reason)


@post("/undertakings/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_undertaking_attachment(
    id: FromPath[UUID], request: Request[Any, Any, Any], service: Here
) -> dict[str, Any]:
    """上传落实佐证: one file, field `file`."""
    return await doors.add(service, UNDERTAKINGS, id, request)


@get("/undertakings/{id:uuid}/attachments")
async def list_undertaking_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> Files:
    """落实佐证清单, with the checksums by which reports name them."""
    return await doors.of(service, UNDERTAKINGS, id, ask.caller)


@get("/undertakings/{id:uuid}/attachments/{attachment:uuid}", opt={"media": ENDINGS})
async def read_undertaking_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: FromQuery[Why], service: Here, ask: Asking
) -> Response[bytes]:
    """查看落实佐证; who looked, and why, is kept."""
    return await doors.read(service, UNDERTAKINGS, id, attachment, ask, reason)


@post("/undertakings/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_undertaking_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回落实佐证."""
    return await doors.kept(service).withdraw(ask, UNDERTAKINGS, id, attachment, data.reason)


ROUTES = [
    add_topic_attachment,
    list_topic_attachments,
    read_topic_attachment,
    withdraw_topic_attachment,
    add_undertaking_attachment,
    list_undertaking_attachments,
    read_undertaking_attachment,
    withdraw_undertaking_attachment,
]
