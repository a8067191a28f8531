"""Doors for residents: a complaint is followed by its code, without a login."""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from litestar import MediaType, Request, Response, get
from litestar.exceptions import HTTPException, NotFoundException, TooManyRequestsException
from litestar.params import FromPath

from services.intake import history
from services.intake.domain.clock import RUNNING
from services.intake.domain.wording import moment
from services.intake.following import follow_code, followed, public_view
from services.intake.registering import Here
from services.intake.store import COMPLAINTS
from shared.plumbing.errors import answer
from shared.plumbing.openapi import page
from shared.plumbing.rate_limit import per_address

PER_MINUTE = 30
"""So often may one address ask for codes in a minute, in each process."""

_PAGES = Path(__file__).parents[1] / "pages"
_STYLE = (_PAGES / "follow.css").read_text()
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters["moment"] = lambda text: moment(datetime.fromisoformat(text))
_ENVIRONMENT.globals["style"] = _STYLE
_PAGE = _ENVIRONMENT.get_template("follow.html")
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""The code opens the page: it is kept by no cache and told to no other site. Nothing but our own style is loaded."""


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    """A browser; whoever does not care gets JSON."""
    return request.accept.best_match([MediaType.JSON, MediaType.HTML]) == MediaType.HTML


def _page(status: int, **shown: object) -> Response[bytes]:
    """The page, or why there is none."""
    content = _PAGE.render(**shown).encode()
    return Response(content, status_code=status, media_type="text/html", headers=_HEADERS)


_NOT_FOUND = ("没有找到这个查询码", "请核对查询码：共 16 位，由数字和字母组成，登记时已告知您。")
_TOO_MANY = ("查询过于频繁", "请过一分钟再试。")


def _no_page(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if not _wants_page(request):
        refused = answer(request, error)
        refused.headers |= _HEADERS
        return refused
    title, advice = _TOO_MANY if isinstance(error, TooManyRequestsException) else _NOT_FOUND
    town = request.app.state.service.town.name
    page = _page(error.status_code, town=town, title=title, advice=advice)
    page.headers |= error.headers or {}
    return page


@get(
    "/follow/{code:str}",
    guards=[per_address("follow", lambda _: PER_MINUTE)],
    opt={"any_query": True, "described": page("404", "429")},
    exception_handlers={NotFoundException: _no_page, TooManyRequestsException: _no_page},
)
async def follow_complaint(code: FromPath[str], service: Here, request: Request[Any, Any, Any]) -> Response[Any]:
    """查询进展 by code: JSON, or a page for people where the browser asks for one. Public steps only.

    Whatever a chat adds to the address of a page that is passed on changes nothing.
    """
    pool, key = service.pool, service.keys.lookup
    id = await followed(pool, key, code)
    if id is None:
        raise NotFoundException
    row = await pool.fetchrow(COMPLAINTS.read_sql, id)
    assert row is not None
    complaint = COMPLAINTS.stored(row)
    found = public_view(complaint, await history.facts(pool, id), follow_code(key, id), service.town)
    if not _wants_page(request):
        return Response(found, headers=_HEADERS)
    return _page(200, town=service.town.name, found=found, due=complaint.due_at and complaint.state in RUNNING)


DOORS = [follow_complaint]
