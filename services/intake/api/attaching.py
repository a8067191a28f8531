"""Doors: photos and voice that come with a complaint."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.intake.deciding import handles
from services.intake.domain.asked import Because
from services.intake.domain.complaint import Complaint
from services.intake.registering import ORDER, Here, IntakeService
from services.intake.store import COMPLAINTS
from shared.events.base import Why
from shared.plumbing.attachments import doors
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.attachments.upload import OneFile, receive
from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.service import Asking, asked


@post("/complaints/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_complaint_attachment(
    id: FromPath[UUID], request: Request[Any, Any, Any], service: Here
) -> dict[str, Any]:
    """上传附件: one photo or voice, field `file`. `outcome`: NEW, or KNOWN when the complaint has it already."""
    attachments, terms, caller = doors.kept(service), service.today.attachments, request.user
    caller.must_reach(COMPLAINTS.scope(await _complaint(service, id)))
    async with attachments.room():
        upload = await receive(request, terms.size)
        person = await service.pool.fetchval("select subject from vault where owner = $1 and field = $2", id, ORDER)
        return await attachments.add(asked(request, upload.print), COMPLAINTS, id, person, upload, terms)


@get("/complaints/{id:uuid}/attachments")
async def list_complaint_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> list[dict[str, Any]]:
    """附件清单: what they are, not what they show."""
    ask.caller.must_reach(COMPLAINTS.scope(await _complaint(service, id)))
    return await doors.kept(service).of(COMPLAINTS, id)


@get("/complaints/{id:uuid}/attachments/{attachment:uuid}", opt={"media": ENDINGS})
async def read_complaint_attachment(
    id: FromPath[UUID],
    attachment: FromPath[UUID],
    reason: FromQuery[Why],
    service: Here,
    ask: Asking,
) -> Response[bytes]:
    """查看附件: faces and number plates are personal data, so who looked, and why, is kept."""
    await _must_hold(service, ask.caller, id)
    town = ask.caller.reach is Reach.TOWN
    return doors.shown(await doors.kept(service).read(ask, COMPLAINTS, id, attachment, reason, withdrawn=town))


@post("/complaints/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_complaint_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回附件: it is kept, and shown to the town alone."""
    return await doors.kept(service).withdraw(ask, COMPLAINTS, id, attachment, data.reason)


async def _complaint(service: IntakeService, id: UUID) -> Complaint:
    row = await service.pool.fetchrow(COMPLAINTS.read_sql, id)
    if row is None:
        raise NotFound(str(id))
    return COMPLAINTS.stored(row)


async def _must_hold(service: IntakeService, caller: Person, id: UUID) -> None:
    if not handles(caller, await _complaint(service, id)):
        raise NotFound(str(id))


DOORS = [
    add_complaint_attachment,
    list_complaint_attachments,
    read_complaint_attachment,
    withdraw_complaint_attachment,
]
