"""附件: what the doors to a matter's photos and voice have in common."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response

from shared.plumbing.attachments.keeping import Attachments, Shown
from shared.plumbing.attachments.upload import receive
from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.change import Ask
from shared.plumbing.errors import BadBody
from shared.plumbing.service import Service, asked
from shared.plumbing.store import Kind

_HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""A file from outside is shown as what it is, by nobody's script, and kept by no cache."""


def kept(service: Service[Any]) -> Attachments:
    """The attachments of a service that has a place for them; raises `BadBody` (501)."""
    if service.attachments is None:
        raise BadBody("no_attachments", "本系统未设置附件存储", 501)
    return service.attachments


def shown(file: Shown) -> Response[bytes]:
    """A file as the answer, for saving."""
    name = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(file.content, media_type=file.media_type, headers=_HEADERS | {"Content-Disposition": name})


async def add(service: Service[Any], kind: Kind[Any], id: UUID, request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Attach one file to a matter, sealed with a key of the matter's own: it is nobody's in particular."""
    attachments, terms = kept(service), service.today.attachments
    await must_reach(service, kind, id, request.user)
    async with attachments.room():
        upload = await receive(request, terms.size)
        return await attachments.add(asked(request, upload.print), kind, id, None, upload, terms)


async def of(service: Service[Any], kind: Kind[Any], id: UUID, caller: Person) -> list[dict[str, Any]]:
    """The list of a matter's files."""
    await must_reach(service, kind, id, caller)
    return await kept(service).of(kind, id)


async def read(
    service: Service[Any], kind: Kind[Any], id: UUID, attachment: UUID, ask: Ask, reason: str
) -> Response[bytes]:
    """One file of a matter; who looked, and why, is kept. What was withdrawn is shown to the town alone."""
    await must_reach(service, kind, id, ask.caller)
    town = ask.caller.reach is Reach.TOWN
    return shown(await kept(service).read(ask, kind, id, attachment, reason, withdrawn=town))


async def must_reach(service: Service[Any], kind: Kind[Any], id: UUID, caller: Person) -> None:
    """Raises `NotFound` when there is no such matter, or it is none of the caller's."""
    row = await service.pool.fetchrow(kind.read_sql, id)
    if row is None:
        raise NotFound(str(id))
    caller.must_reach(kind.scope(kind.stored(row)))
