"""附件: the background of a topic, the evidence of an undertaking."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from services.deliberation.api.door import DeliberationService, Here
from services.deliberation.domain.asked import Because
from services.deliberation.store import TOPICS, UNDERTAKINGS
from shared.plumbing.attachments.keeping import Attachments
from shared.plumbing.attachments.upload import OneFile, receive
from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.change import Ask
from shared.plumbing.errors import BadBody
from shared.plumbing.service import Asking, asked
from shared.plumbing.store import Kind

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""A file from outside is shown as what it is, by nobody's script, and kept by no cache."""
Files = list[dict[str, Any]]
Why = Annotated[str, QueryParameter(name="reason", min_length=2, max_length=200)]


@post("/topics/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_topic_attachment(id: FromPath[UUID], request: Request[Any, Any, Any], service: Here) -> dict[str, Any]:
    """上传背景材料: one file, field `file`. `outcome`: NEW, or KNOWN when the topic has it already."""
    return await _add(service, TOPICS, id, request)


@get("/topics/{id:uuid}/attachments")
async def list_topic_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> Files:
    """背景材料清单, with the checksums by which the distribution names them."""
    return await _list(service, TOPICS, id, ask.caller)


@get("/topics/{id:uuid}/attachments/{attachment:uuid}", media_type="application/octet-stream")
async def read_topic_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: Why, service: Here, ask: Asking
) -> Response[bytes]:
    """查看背景材料; who looked, and why, is kept."""
    return await _read(service, TOPICS, id, attachment, ask, reason)


@post("/topics/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_topic_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回背景材料: it is kept, and shown to the town alone."""
    return await _kept(service).withdraw(ask, TOPICS, id, attachment, data.reason)


@post("/undertakings/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_undertaking_attachment(
    id: FromPath[UUID], request: Request[Any, Any, Any], service: Here
) -> dict[str, Any]:
    """上传落实佐证: one file, field `file`."""
    return await _add(service, UNDERTAKINGS, id, request)


@get("/undertakings/{id:uuid}/attachments")
async def list_undertaking_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> Files:
    """落实佐证清单, with the checksums by which reports name them."""
    return await _list(service, UNDERTAKINGS, id, ask.caller)


@get("/undertakings/{id:uuid}/attachments/{attachment:uuid}", media_type="application/octet-stream")
async def read_undertaking_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: Why, service: Here, ask: Asking
) -> Response[bytes]:
    """查看落实佐证; who looked, and why, is kept."""
    return await _read(service, UNDERTAKINGS, id, attachment, ask, reason)


@post("/undertakings/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_undertaking_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回落实佐证."""
    return await _kept(service).withdraw(ask, UNDERTAKINGS, id, attachment, data.reason)


async def _add(
    service: DeliberationService, kind: Kind[Any], id: UUID, request: Request[Any, Any, Any]
) -> dict[str, Any]:
    """Sealed with a key of the matter's own: it is nobody's in particular."""
    attachments, terms = _kept(service), service.today.attachments
    await _must_reach(service, kind, id, request.user)
    async with attachments.room():
        upload = await receive(request, terms.size)
        return await attachments.add(asked(request, upload.print), kind, id, None, upload, terms)


async def _list(service: DeliberationService, kind: Kind[Any], id: UUID, caller: Person) -> Files:
    await _must_reach(service, kind, id, caller)
    return await _kept(service).of(kind, id)


async def _read(
    service: DeliberationService, kind: Kind[Any], id: UUID, attachment: UUID, ask: Ask, reason: str
) -> Response[bytes]:
    await _must_reach(service, kind, id, ask.caller)
    town = ask.caller.reach is Reach.TOWN
    shown = await _kept(service).read(ask, kind, id, attachment, reason, withdrawn=town)
    name = f"attachment; filename*=UTF-8''{quote(shown.name, safe='')}"
    return Response(shown.content, media_type=shown.media_type, headers=_HEADERS | {"Content-Disposition": name})


def _kept(service: DeliberationService) -> Attachments:
    if service.attachments is None:
        raise BadBody("no_attachments", "本系统未设置附件存储", 501)
    return service.attachments


async def _must_reach(service: DeliberationService, kind: Kind[Any], id: UUID, caller: Person) -> None:
    row = await service.pool.fetchrow(kind.read_sql, id)
    if row is None:
        raise NotFound(str(id))
    caller.must_reach(kind.scope(kind.stored(row)))


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
