"""文书: the dossier of a topic, the draft of minutes, and a version of minutes as it was sealed."""

from base64 import b64encode
from uuid import UUID

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.deliberation import printing, stories, views
from services.deliberation.api.door import Answer, DeliberationService, Here
from services.deliberation.domain.dossier import dossier
from services.deliberation.domain.draft import draft
from services.deliberation.domain.paper import Paper
from services.deliberation.store import MEETINGS, TOPICS
from shared.plumbing.caller import Person
from shared.plumbing.public_pages import OFTEN
from shared.plumbing.service import Asking


async def _dossier(service: DeliberationService, caller: Person, id: UUID) -> Paper:
    found = await views.one(service.pool, TOPICS, id, views.reach_of(caller))
    if found is None:
        raise NotFoundException
    told, titles = await stories.of_topic(service.pool, id, found["community"])
    return dossier(id, told, titles=titles, town=service.town)


@get("/topics/{id:uuid}/dossier", media_type="text/html")
async def show_topic_dossier(id: FromPath[UUID], service: Here, ask: Asking) -> Response[bytes]:
    """议题档案 as a page that can be printed."""
    page = printing.html(await _dossier(service, ask.caller, id))
    return Response(page, media_type="text/html", headers=printing.HEADERS)


@get("/topics/{id:uuid}/dossier.pdf", media_type="application/pdf")
async def print_topic_dossier(id: FromPath[UUID], service: Here, ask: Asking) -> Response[bytes]:
    """议题档案 as PDF."""
    made = await printing.pdf(await _dossier(service, ask.caller, id))
    headers = printing.HEADERS | {"Content-Disposition": f'inline; filename="dossier-{id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


@get("/meetings/{id:uuid}/minutes/draft")
async def draft_meeting_minutes(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """会议记录草稿 from what was recorded, for the recorder to edit."""
    found = await views.one(service.pool, MEETINGS, id, views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    told, titles = await stories.of_meeting(service.pool, id, found["community"])
    return {"text": draft(id, told, titles=titles, town=service.town)}


@get("/meetings/{id:uuid}/minutes/{version:int}", media_type="text/plain", guards=[OFTEN])
async def read_minutes_version(id: FromPath[UUID], version: FromPath[int], service: Here) -> Response[bytes]:
    """会议记录 of one version, for everybody: exactly the bytes whose SHA-256 was published."""
    for found in await views.minutes(service.pool, id):
        if found["version"] == version:
            digest = b64encode(bytes.fromhex(found["sha256"])).decode()
            headers = {"Repr-Digest": f"sha-256=:{digest}:", "X-Content-Type-Options": "nosniff"}
            return Response(found["text"].encode(), media_type="text/plain; charset=utf-8", headers=headers)
    raise NotFoundException


ROUTES = [
    show_topic_dossier,
    print_topic_dossier,
    draft_meeting_minutes,
    read_minutes_version,
]
