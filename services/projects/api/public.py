"""公开: pages, a feed and map data of projects for everybody.

A browser gets a page, without scripts and with our own style alone; whoever does not ask for one gets JSON.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery

from services.projects import feeds, public
from services.projects.api.door import Here, ProjectsService
from services.projects.domain.named import unknown_anchor
from services.projects.public import PublicFilters
from shared.plumbing import openapi, query
from shared.plumbing.feeds import ATOM, FEED_MONTHS, MOST_ENTRIES, Site, atom
from shared.plumbing.public_pages import FILE, OFTEN, AnyRequest, PublicPages, kept
from shared.rules.broken import refuse
from shared.rules.month import months_before
from shared.rules.naming import Named

GEOJSON = "application/geo+json"
HOME = "/public/projects"


def _link(asked: Mapping[str, Any], **other: str | None) -> str:
    """The address of the list with these conditions, one of them changed; None: without it."""
    wanted = [(name, one) for name, value in {**asked, **other}.items() for one in _values(value)]
    return f"{HOME}?{urlencode(wanted)}" if wanted else HOME


def _values(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


_PAGES = PublicPages(
    Path(__file__).parents[1] / "pages",
    site="民心项目公开",
    home=HOME,
    note="本页只公开入池以后的民心项目，不显示居民姓名和电话；居民人数和诉求件数不足五的显示为“<5”。",
    link=_link,
    yuan="{:,}元".format,
)
_NOTHING = "没有找到这个项目，或其内容尚未公开。"


def _refused(request: AnyRequest, error: Exception) -> Response[bytes]:
    return _PAGES.refused(request, error, _NOTHING)


def _asked(request: Request[Any, Any, Any]) -> PublicFilters:
    return query.asked(request, PublicFilters)


_BY: dict[str, Any] = {"dependencies": {"asked": Provide(_asked, sync_to_thread=False)}}
_OPEN: dict[str, Any] = {"guards": [OFTEN], "exception_handlers": {Exception: _refused}}
_LIST = {"query": PublicFilters, "described": openapi.page("400", "409", "422", "429")}
_MAP = {"query": PublicFilters, "media": (GEOJSON,)}
_ONE = {"described": openapi.page("400", "404", "422", "429")}


@get(HOME, opt=_LIST, **_BY, **_OPEN)
async def show_public_projects(
    service: Here, asked: NamedDependency[PublicFilters], request: AnyRequest
) -> Response[bytes]:
    """民心项目公开清单, latest change first.

    Conditions (all must hold): community, category, tag, state and project_category (several each). `next`: for the
    page after, or null.
    """
    found = await public.overview(service, asked)
    more = {"choices": public.choices(service)}
    return _PAGES.shown(request, "projects.html", found, await public.changed(service.pool), **more)


@get(f"{HOME}/{{id:uuid}}", opt=_ONE, **_OPEN)
async def show_public_project(id: FromPath[UUID], service: Here, request: AnyRequest) -> Response[bytes]:
    """一个项目: what, where, why, money, dates with the first promised one, steps, acceptance, maintainer, effect."""
    found = await public.project(service, id)
    return _PAGES.shown(request, "project.html", found, await public.changed(service.pool, id))


@get("/public/projects.geojson", media_type=GEOJSON, guards=[OFTEN], opt=_MAP, **_BY)
async def read_public_map(service: Here, asked: NamedDependency[PublicFilters], request: AnyRequest) -> Response[bytes]:
    """项目地图数据 (GeoJSON, RFC 7946), by the same conditions; `limit` and `after` count for nothing."""
    found = await public.on_map(service, asked, _site(service, request).base)
    content = json.dumps(found, ensure_ascii=False).encode()
    headers = FILE | {"Content-Disposition": 'inline; filename="projects.geojson"'}
    return kept(request, content, GEOJSON, headers, await public.changed(service.pool))


@get(f"{HOME}/feed.atom", media_type=ATOM, guards=[OFTEN])
async def read_public_feed(
    service: Here, request: AnyRequest, community: FromQuery[str | None] = None
) -> Response[bytes]:
    """项目动态订阅 (Atom) of the whole town, or of one community."""
    named = service.town.community(community)
    refuse(*unknown_anchor(service.town, community, None, None))
    site, since = _site(service, request), months_before(service.now(), FEED_MONTHS)
    page = _link({"community": community})
    content, changed = atom(
        site,
        f"{named.name if named else service.town.name}民心项目动态",
        page.replace(HOME, f"{HOME}/feed.atom", 1),
        page,
        feeds.entries(site, await public.news(service, community, since, MOST_ENTRIES)),
        await public.began(service.pool),
    )
    return kept(request, content, f"{ATOM}; charset=utf-8", FILE, changed)


def _site(service: ProjectsService, request: AnyRequest) -> Site:
    terms = service.today.public
    return Site(terms.url or str(request.base_url).rstrip("/"), terms.authority, Named(service.town))


ROUTES = [show_public_projects, show_public_project, read_public_map, read_public_feed]
