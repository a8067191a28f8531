"""公开页面: what the pages for everybody have in common: frame, style, safety, caches, refusals.

A browser gets a page, without scripts and with our own style alone; whoever does not ask for one gets JSON.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from litestar import MediaType, Request, Response
from litestar.exceptions import NotFoundException

from shared.plumbing.errors import BadBody, answer
from shared.plumbing.rate_limit import per_address
from shared.rules.naming import day, moment

AnyRequest = Request[Any, Any, Any]
Shown = dict[str, Any]
"""What everybody may know of something, as plain data: for pages, feeds and programs."""
PER_MINUTE = 120
"""So often may one address come to the pages, feeds and files for everybody, in each process."""
OFTEN = per_address("public", lambda _: PER_MINUTE)
"""They are counted together."""
FRESH_S = 60
"""So long may a public page be shown from a cache."""
PUBLIC = {"Cache-Control": f"public, max-age={FRESH_S}"}
FILE = PUBLIC | {"X-Content-Type-Options": "nosniff"}
"""Of a feed, a calendar or a file for everybody."""
_FRAME = Path(__file__).parent / "pages"


class PublicPages:
    """The public pages of a service. `site`: what they are called; `home`: the address of the first one.

    `folder`: its templates, and its `public.css` besides the style that all have; `note`: what the foot of every page
    says about what is shown; `names`: what its templates know besides.
    """

    def __init__(self, folder: Path, *, site: str, home: str, note: str, **names: object) -> None:
        style = "".join((where / "public.css").read_text() for where in (_FRAME, folder))
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([folder, _FRAME]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"moment": _moment, "day": _day}
        self._environment.globals |= {"style": style, "site": site, "home": home, "note": note, **names}
        self._safe = {
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept",
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'; "
                "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            ),
        }

    @property
    def private(self) -> Mapping[str, str]:
        """Headers where a code opens the page: it is kept by no cache and told to no other site."""
        return self._safe | {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
        }

    def shown(
        self,
        request: AnyRequest,
        template: str,
        found: Shown | None,
        changed: datetime | None = None,
        **besides: object,
    ) -> Response[bytes]:
        """As a page or as JSON; raises `NotFoundException` where nothing is public. `found["town"]`: the town's name."""
        if found is None:
            raise NotFoundException
        headers = self._safe | PUBLIC
        if not wants_page(request):
            return kept(request, as_json(found), "application/json", headers, changed)
        page = self._environment.get_template(template).render(found=found, town=found["town"], **besides)
        return kept(request, page.encode(), "text/html", headers, changed)

    def page(self, request: AnyRequest, status: int, template: str, **shown: object) -> Response[bytes]:
        """A page for one person alone."""
        town = request.app.state.service.town.name
        content = self._environment.get_template(template).render(town=town, **shown).encode()
        return Response(content, status_code=status, media_type="text/html", headers=dict(self.private))

    def refused(self, request: AnyRequest, error: Exception, missing: str) -> Response[bytes]:
        """Why there is no such page, for people; programs get the problem document. `missing`: what a 404 says."""
        problem = answer(request, error)
        problem.headers |= {"Cache-Control": "no-store", "Vary": "Accept"}
        if not wants_page(request):
            return problem
        said = json.loads(problem.content)["title"]
        status = problem.status_code or 500
        advice = {404: missing, 429: "请过一分钟再试。"}.get(status, "")
        page = self.page(request, status, "refused.html", title=said, advice=advice)
        if waits := problem.headers.get("Retry-After"):
            page.headers["Retry-After"] = waits
        return page


def wants_page(request: AnyRequest) -> bool:
    """A browser; whoever does not care gets JSON."""
    return request.accept.best_match([MediaType.JSON, MediaType.HTML]) == MediaType.HTML


def from_our_page(request: AnyRequest, words: str, url: str | None = None) -> None:
    """No other site sends forms in the name of its visitors; raises `BadBody`. `url`: what our pages are called outside."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = {request.headers.get("host"), (url or "").partition("://")[2]}
    if not (site in ("same-origin", "none") if site else origin is None or origin.partition("://")[2] in ours):
        raise BadBody("foreign_form", words)


def as_json(shown: Shown) -> bytes:
    """The same for programs."""
    return json.dumps(shown, ensure_ascii=False).encode()


def kept(
    request: AnyRequest, content: bytes, media: str, headers: Mapping[str, str], changed: datetime | None = None
) -> Response[bytes]:
    """The content, or 304 for whoever has it already (RFC 9110, 13.2.2). `changed`: when the public last saw a change."""
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    told = {**headers, "ETag": tag} | ({"Last-Modified": _http_date(changed)} if changed else {})
    if _has_it(request, tag, changed):
        return Response(b"", status_code=304, headers=told, media_type=media)
    return Response(content, headers=told, media_type=media)


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _has_it(request: AnyRequest, tag: str, changed: datetime | None) -> bool:
    if (named_tags := request.headers.get("if-none-match")) is not None:
        return bool({"*", tag} & {one.strip().removeprefix("W/") for one in named_tags.split(",")})
    since = request.headers.get("if-modified-since")
    if since is None or changed is None:
        return False
    try:
        had = parsedate_to_datetime(since)
    except ValueError:
        return False
    return had.tzinfo is not None and changed.replace(microsecond=0) <= had


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))


def _day(text: str) -> str:
    """Of a date, or of an instant in Asia/Shanghai."""
    return day(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text))
