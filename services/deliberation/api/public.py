"""公开: pages, feeds and calendars for everybody, and the form by which anybody applies to take part.

A browser gets a page, without scripts and with our own style alone; whoever does not ask for one gets JSON.
"""

from collections.abc import Mapping, Sequence
from hmac import digest
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from litestar import MediaType, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from pydantic import ValidationError

from services.deliberation import feeds, public
from services.deliberation.api.door import DeliberationService, Here
from services.deliberation.api.limits import OFTEN_APPLYING
from services.deliberation.applying import answered, apply, codes
from services.deliberation.domain.asked import RequestJoin
from services.deliberation.domain.meeting import Application
from services.deliberation.domain.published import PublicMeeting
from services.deliberation.domain.wording import Named, named
from shared.events.deliberation import ApplicantKind
from shared.plumbing import openapi
from shared.plumbing.change import Ask
from shared.plumbing.errors import BadBody, chinese
from shared.plumbing.feeds import ATOM, FEED_MONTHS, Site, atom
from shared.plumbing.public_pages import FILE, OFTEN, AnyRequest, PublicPages, as_json, from_our_page, kept, wants_page
from shared.plumbing.schemas import Document
from shared.plumbing.service import Asking
from shared.rules.broken import RuleBroken
from shared.rules.month import months_before

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20
_PAGES = PublicPages(
    Path(__file__).parents[1] / "pages",
    site="议事协商公开",
    home="/public",
    note="本页只公开公示、会议结果和落实结果，不显示居民姓名和电话；居民人数不足五人的显示为“<5”。",
    kinds={kind.value: named(kind) for kind in ApplicantKind},
)
_NOTHING = "没有找到这个页面，或其内容尚未公开。"
_NO_CODE = "没有找到这个查询码。请核对：共 16 位，由数字和字母组成，申请时已告知您。"


def _refused(request: AnyRequest, error: Exception) -> Response[bytes]:
    code = request.scope["path"].startswith("/public/applications/")
    return _PAGES.refused(request, error, _NO_CODE if code else _NOTHING)


_FILLED = r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
"""One line, without blanks around it: these are taken away."""
_FIELDS: Document = {
    "applicant_kind": {"type": "string", "enum": [kind.value for kind in ApplicantKind]},
    "name": {"type": "string", "maxLength": 50, "pattern": _FILLED},
    "phone": {"type": "string", "maxLength": 30, "pattern": _FILLED},
}


def _described(_: str, operation: Document) -> None:
    """With the fields of the form."""
    schema = {"type": "object", "properties": _FIELDS, "required": ["applicant_kind", "name"]}
    content = {FORM: {"schema": schema | {"additionalProperties": False}}}
    operation["requestBody"] = {"required": True, "content": content}


_LOOK = {"described": openapi.page("400", "404", "422", "429")}
_OPEN: dict[str, Any] = {"guards": [OFTEN], "exception_handlers": {Exception: _refused}, "opt": _LOOK}
_BY_CODE: dict[str, Any] = {"guards": [OFTEN_APPLYING], "exception_handlers": {Exception: _refused}}


@get("/public", **_OPEN)
async def show_public_overview(service: Here, request: AnyRequest) -> Response[bytes]:
    """公开首页: notices that stand, meetings to come, results of the last months."""
    return _PAGES.shown(request, "overview.html", await public.overview(service))


@get("/public/communities/{community:str}", **_OPEN)
async def show_public_community(community: FromPath[str], service: Here, request: AnyRequest) -> Response[bytes]:
    """一个社区（村）的协商平台: place, seats, next meeting, the year's twelve months."""
    return _PAGES.shown(request, "community.html", await public.community(service, community))


@get("/public/meetings/{id:uuid}", **_OPEN)
async def show_public_meeting(id: FromPath[UUID], service: Here, request: AnyRequest) -> Response[bytes]:
    """会议公示 with all five items, how to apply, later the result and the minutes."""
    return _PAGES.shown(request, "meeting.html", await public.meeting(service, id), given={}, wrong={})


@get("/public/topics/{id:uuid}", **_OPEN)
async def show_public_topic(id: FromPath[UUID], service: Here, request: AnyRequest) -> Response[bytes]:
    """议题进展与结果."""
    return _PAGES.shown(request, "topic.html", await public.topic(service, id))


def _site(service: DeliberationService, request: AnyRequest) -> Site:
    terms = service.today.public
    return Site(terms.url or str(request.base_url).rstrip("/"), terms.authority, Named(service.town))


def _known(service: DeliberationService, community: str | None) -> str:
    """What the feed is called after: a community, or the town."""
    if community is None:
        return service.town.name
    found = service.town.community(community)
    if found is None:
        raise NotFoundException
    return found.name


async def _feed(service: DeliberationService, request: AnyRequest, community: str | None) -> Response[bytes]:
    name = _known(service, community)
    since = months_before(service.now(), FEED_MONTHS)
    meetings = await public.meetings(service.pool, community=community, since=since)
    page = f"/public/communities/{community}" if community else "/public"
    site, results = _site(service, request), await public.disclosed(service.pool, community, since)
    content, changed = atom(
        site,
        f"{name}议事协商公示与结果",
        f"{page}/feed.atom",
        page,
        feeds.entries(site, meetings, results, await _called(service, meetings)),
        await public.began(service.pool, community),
    )
    return kept(request, content, f"{ATOM}; charset=utf-8", FILE, changed)


async def _called(service: DeliberationService, meetings: Sequence[PublicMeeting]) -> Mapping[UUID, str]:
    return await public.titles(service.pool, (topic for one in meetings for topic in one.topics))


@get("/public/feed.atom", media_type=ATOM, guards=[OFTEN])
async def read_feed(service: Here, request: AnyRequest) -> Response[bytes]:
    """公示与结果订阅 of the whole town (Atom)."""
    return await _feed(service, request, None)


@get("/public/communities/{community:str}/feed.atom", media_type=ATOM, guards=[OFTEN])
async def read_community_feed(community: FromPath[str], service: Here, request: AnyRequest) -> Response[bytes]:
    """公示与结果订阅 of one community (Atom)."""
    return await _feed(service, request, community)


async def _calendar(
    service: DeliberationService, request: AnyRequest, community: str | None, id: UUID | None = None
) -> Response[bytes]:
    name = _known(service, community)
    since = None if id else months_before(service.now(), FEED_MONTHS)
    meetings = await public.meetings(service.pool, community=community, since=since, id=id)
    if id and not meetings:
        raise NotFoundException
    site, changed = _site(service, request), max((one.changed_at for one in meetings), default=None)
    url = site.base + request.url.path
    content = feeds.calendar(site, f"{name}议事协商会议", meetings, await _called(service, meetings), url=url)
    headers = FILE | {"Content-Disposition": 'attachment; filename="meetings.ics"'}
    return kept(request, content, "text/calendar", headers, changed)


@get("/public/calendar.ics", media_type="text/calendar", guards=[OFTEN])
async def read_calendar(service: Here, request: AnyRequest) -> Response[bytes]:
    """会议日历 of the whole town (iCalendar)."""
    return await _calendar(service, request, None)


@get("/public/communities/{community:str}/calendar.ics", media_type="text/calendar", guards=[OFTEN])
async def read_community_calendar(community: FromPath[str], service: Here, request: AnyRequest) -> Response[bytes]:
    """会议日历 of one community (iCalendar)."""
    return await _calendar(service, request, community)


@get("/public/meetings/{id:uuid}/calendar.ics", media_type="text/calendar", guards=[OFTEN])
async def read_meeting_calendar(id: FromPath[UUID], service: Here, request: AnyRequest) -> Response[bytes]:
    """一次会议的日程 (iCalendar)."""
    return await _calendar(service, request, None, id)


@post(
    "/public/meetings/{id:uuid}/applications",
    status_code=303,
    media_type=MediaType.HTML,
    opt={"described": _described},
    **_BY_CODE,
)
async def apply_by_form(id: FromPath[UUID], service: Here, ask: Asking, request: AnyRequest) -> Response[bytes]:
    """申请参会 by the form of the meeting's page; goes on to the page that shows the answer.

    The same form sent twice is one application.
    """
    from_our_page(request, "请在本镇公开页面上提交申请", service.today.public.url)
    given = await _form(request)
    try:
        data, wrong = RequestJoin.model_validate(_asked(given)), {}
    except ValidationError as error:
        data, wrong = None, _wrong(error)
    if data is None:
        if not wants_page(request):
            field, words = next(iter(wrong.items()))
            raise BadBody("invalid", words, 422, f"/{field}" if field else None)
        return await _again(service, request, id, given, wrong, 422)
    key = digest(codes(service).key, await request.body(), "sha256").hex()
    once = Ask(ask.caller, f"{request.url.path}\n{key}", b"", None, ask.correlation)
    try:
        done = await apply(service, id, data, once)
    except RuleBroken as error:
        if not wants_page(request) or any(reason.code == "not_found" for reason in error.reasons):
            raise
        return await _again(service, request, id, given, {"": "；".join(r.words for r in error.reasons)}, 409)
    return Response(
        b"", status_code=303, headers=dict(_PAGES.private) | {"Location": f"/public/applications/{done['code']}"}
    )


async def _form(request: AnyRequest) -> dict[str, str]:
    """The fields that were filled in; raises `BadBody`."""
    if request.content_type[0] != FORM:
        raise BadBody("unsupported_media_type", f"请求须为 {FORM}", 415)
    try:
        pairs = parse_qsl(
            (await request.body()).decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except UnicodeDecodeError:
        raise BadBody("not_utf8", "请求须为 UTF-8 编码") from None
    except ValueError:
        raise BadBody("too_many_fields", f"表单字段不得超过 {MOST_FIELDS} 个") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise BadBody("duplicate_name", "字段名重复")
    return {name: value.strip() for name, value in pairs if value.strip()}


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    """The form as the JSON door has it; a form asks for the name, too."""
    person = {name: given[name] for name in ("name", "phone") if name in given}
    rest = {name: value for name, value in given.items() if name not in person}
    return rest | {"reachable": person}


def _wrong(error: ValidationError) -> dict[str, str]:
    """Field → what is wrong with it; what is no field of ours has its words at the top."""
    found = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        field = str(one["loc"][-1])
        words = "请选择" if field == "applicant_kind" else chinese(one["msg"])
        found[field if field in ("name", "phone", "applicant_kind") else ""] = words
    return found


async def _again(
    service: DeliberationService,
    request: AnyRequest,
    id: UUID,
    given: Mapping[str, str],
    wrong: Mapping[str, str],
    status: int,
) -> Response[bytes]:
    """The form once more, with what was filled in and what is wrong."""
    found = await public.meeting(service, id)
    if found is None:
        raise NotFoundException
    return _PAGES.page(request, status, "meeting.html", found=found, given=given, wrong=wrong)


@get("/public/applications/{code:str}", **_BY_CODE)
async def show_application(code: FromPath[str], service: Here, request: AnyRequest) -> Response[bytes]:
    """查询参会申请 by code: how it was answered; never who applied."""
    id = await codes(service).followed(service.pool, "applications", code)
    stands = await answered(service.pool, id) if id else None
    found = await public.meeting(service, stands[0]) if stands else None
    if id is None or stands is None or found is None:
        raise NotFoundException
    state, reason = stands[1:]
    told = {
        "code": codes(service).of(id),
        "state": state,
        "says": public.ANSWERS[state],
        "reason": reason,
        "meeting": {name: found[name] for name in ("id", "community", "state", "says", "starts_at", "venue", "topics")},
    }
    if not wants_page(request):
        return Response(as_json(told), media_type="application/json", headers=dict(_PAGES.private))
    return _PAGES.page(request, 200, "application.html", found=told, waiting=state is Application.OPEN)


ROUTES = [
    show_public_overview,
    show_public_community,
    show_public_meeting,
    show_public_topic,
    read_feed,
    read_community_feed,
    read_calendar,
    read_community_calendar,
    read_meeting_calendar,
    apply_by_form,
    show_application,
]
