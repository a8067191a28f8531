"""附件: photos and documents of a project, which progress, completion and acceptance name by their checksums."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from services.projects.api.door import Here
from services.projects.domain.asked import Because
from services.projects.store import PROJECTS
from shared.events.base import Fact, Why
from shared.plumbing.attachments import doors
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.attachments.upload import OneFile
from shared.plumbing.service import Asking
from shared.rules.attachment import unknown_files
from shared.rules.broken import RuleBroken, refuse


class WithEvidence(Protocol):
    """What names files by their checksums."""

    @property
    def evidence(self) -> Sequence[str]:
        """校验值, SHA-256."""


F = TypeVar("F", bound=Fact)


def naming(rule: Callable[..., list[F]], kept: Collection[str]) -> Callable[..., list[F]]:
    """The rule, which besides its own reasons refuses evidence that was not put in before. `kept`: what was."""

    def decide(before: Any, asked: WithEvidence, **named: Any) -> list[F]:
        unknown = unknown_files(asked.evidence, kept, "/evidence")
        try:
            facts = rule(before, asked, **named)
        except RuleBroken as broken:
            raise RuleBroken(*broken.reasons, *unknown) from None
        if facts:
            refuse(*unknown)
        return facts

    return decide


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
