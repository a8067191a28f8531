"""附件: photos and voice of a project, which progress, completion and acceptance name by their checksums."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.projects.api.door import Here
from services.projects.domain.asked import Because
from services.projects.store import PROJECTS
from shared.events.base import Why
from shared.plumbing.attachments import doors
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.attachments.upload import OneFile
from shared.plumbing.service import Asking


@post("/projects/{id:uuid}/attachments", request_max_body_size=None, operation_class=OneFile)
async def add_project_attachment(id: FromPath[UUID], request: Request[Any, Any, Any], service: Here) -> dict[str, Any]:
    """上传项目佐证: one file, field `file`. `outcome`: NEW, or KNOWN when the project has it already."""
    return await doors.add(service, PROJECTS, id, request)


@get("/projects/{id:uuid}/attachments")
async def list_project_attachments(id: FromPath[UUID], service: Here, ask: Asking) -> list[dict[str, Any]]:
    """项目佐证清单, with the checksums by which progress, completion and acceptance name them."""
    return await doors.of(service, PROJECTS, id, ask.caller)


@get("/projects/{id:uuid}/attachments/{attachment:uuid}", opt={"media": ENDINGS})
async def read_project_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], reason: FromQuery[Why], service: Here, ask: Asking
) -> Response[bytes]:
    """查看项目佐证; who looked, and why, is kept."""
    return await doors.read(service, PROJECTS, id, attachment, ask, reason)


@post("/projects/{id:uuid}/attachments/{attachment:uuid}/withdraw", status_code=200)
async def withdraw_project_attachment(
    id: FromPath[UUID], attachment: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """撤回项目佐证: it is kept, and shown to the town alone."""
    return await doors.kept(service).withdraw(ask, PROJECTS, id, attachment, data.reason)


ROUTES = [
    add_project_attachment,
    list_project_attachments,
    read_project_attachment,
    withdraw_project_attachment,
]
