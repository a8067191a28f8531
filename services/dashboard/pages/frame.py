"""页面: what all pages of the dashboard have in common: frame, language, safety, refusals.

A browser gets a page, made whole on the server; whoever does not ask for one gets the same as JSON. Nothing comes from
elsewhere, no script and no style stands inside a page, and none of it is kept by a cache: it is what one person may see.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

import jinja2
from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from pydantic_core import to_jsonable_python

from services.dashboard import wording
from services.dashboard.pages.words import LANGUAGES, Words
from shared.events.base import Asked
from shared.plumbing import openapi
from shared.plumbing.auth import ANYBODY, Authz
from shared.plumbing.caller import Person
from shared.plumbing.errors import answer
from shared.plumbing.public_pages import AnyRequest, kept, wants_page
from shared.rules.naming import day, moment
from shared.rules.township import SHANGHAI

_HERE = Path(__file__).parent
TEMPLATES, STATIC = _HERE / "templates", _HERE / "static"
LANGUAGE_COOKIE = "lang"
EVERYTHING = ("*",)
"""A page that any fact may change."""
_YEAR_S = 31_536_000
NAVIGATION = MappingProxyType(
    {
        "/": "今日",
        "/rates": "三率",
        "/hotspots": "热点",
        "/meetings": "议事协商",
        "/whistles": "吹哨报到",
        "/projects": "民心项目",
        "/foresight": "未诉先办",
        "/system": "系统状态",
    }
)
"""The pages, by their addresses, as they stand at the top of each; the doors are `show_…`, the first page's `show_today`."""
SAFE = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
            "trusted-types 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": f"max-age={_YEAR_S}",
        "Vary": "Accept, Cookie",
        "X-Content-Type-Options": "nosniff",
    }
)
"""The headers of every page."""


class Looked(Asked):
    """What every page may be asked for. `lang`: from now on in this language."""

    lang: Literal["zh", "en"] | None = None


def _environment(words: Words) -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.install_gettext_callables(words.say, words.count, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "moment": lambda at: _moment(at, words),
        "clock": lambda at: _instant(at).astimezone(SHANGHAI).strftime("%H:%M"),
        "day": lambda on: _day(on, words),
        "iso": lambda at: at.isoformat(),
        "span": lambda seconds: span(float(seconds), words),
    }
    made.globals["words"] = words
    return made


def language_of(request: AnyRequest) -> str:
    """As asked in this address, or before; Chinese first."""
    asked = str(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE, ""))
    return asked if asked in LANGUAGES else "zh"


def words_of(request: AnyRequest) -> Words:
    """What its reader reads."""
    return LANGUAGES[language_of(request)]


def shown(
    request: AnyRequest, template: str, found: Mapping[str, Any], *, live: tuple[str, ...] = (), **besides: Any
) -> Response[bytes]:
    """What was found, as a page or as JSON. `live`: with a fact of these types the page is shown anew; `besides`: what
    the page alone has, such as pictures."""
    if not wants_page(request):
        content = json.dumps(to_jsonable_python(found), ensure_ascii=False).encode()
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store", "Vary": "Accept"})
    return page(request, template, live=live, **found, **besides)


def page(
    request: AnyRequest, template: str, status: int = 200, live: tuple[str, ...] = (), **given: Any
) -> Response[bytes]:
    """A page. Its templates find what is `given`, and what the frame needs."""
    language = language_of(request)
    service = request.app.state.service
    caller = request.scope.get("user")
    known = caller if isinstance(caller, Person) and caller is not ANYBODY else None
    frame = {
        "language": language,
        "other_language": _switched(request, language),
        "path": request.url.path,
        "town": service.town.name,
        "now": service.now(),
        "live": live,
        "navigation": _open_to(known, request.app.state.authz),
        "reader": _reader(known, service, LANGUAGES[language]) if known else None,
    }
    content = _ENVIRONMENTS[language].get_template(template).render(frame | given).encode()
    cookies = [_remembered(language)] if "lang" in request.query_params else []
    return Response(content, status_code=status, media_type="text/html", headers=dict(SAFE), cookies=cookies)


def refused(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Why there is no such page, for people; programs get the problem document."""
    problem = answer(request, error)
    problem.headers |= {"Cache-Control": "no-store", "Vary": "Accept, Cookie"}
    if not wants_page(request):
        return problem
    status = problem.status_code or 500
    said = {"errors": (), "correlation": ""} | json.loads(problem.content)
    made = page(request, "refused.html", status, said=said)
    if waits := problem.headers.get("Retry-After"):
        made.headers["Retry-After"] = waits
    return made


def look(query: type[Looked] = Looked, *refusals: str) -> dict[str, Any]:
    """What makes a door a page: `@get("/…", **look(Model))`; the model says what may be asked."""
    described = openapi.page("400", "401", "403", "404", "422", "429", *refusals)
    return {"opt": {"query": query, "described": described}}


@get("/static/{file:str}", opt={"media": ("text/css", "text/javascript", "image/svg+xml")})
async def read_static(file: FromPath[str], request: AnyRequest) -> Response[bytes]:
    """Styles and scripts of the pages."""
    found = _STATIC.get(file)
    if found is None:
        raise NotFoundException
    content, media = found
    headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return kept(request, content, media, headers | {"Cross-Origin-Resource-Policy": "same-origin"})


_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_STATIC = {file.name: (file.read_bytes(), _MEDIA[file.suffix]) for file in STATIC.iterdir() if file.suffix in _MEDIA}


def _remembered(language: str) -> Cookie:
    return Cookie(key=LANGUAGE_COOKIE, value=language, max_age=_YEAR_S, path="/", httponly=True, samesite="lax")


def _switched(request: AnyRequest, language: str) -> str:
    """The address of the same page in the other language."""
    other = "en" if language == "zh" else "zh"
    kept_as_is = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return "?" + urlencode([*kept_as_is, ("lang", other)])


def _open_to(caller: Person | None, authz: Authz) -> dict[str, str]:
    """The pages that somebody in this role may open."""
    role = caller.role if caller else None
    return {at: name for at, name in NAVIGATION.items() if role in authz[f"show_{at[1:] or 'today'}"]}


def _reader(caller: Person, service: Any, words: Words) -> str:
    """Who looks: the role, and the unit or communities."""
    named = wording.names(service.town)
    role = words.say(wording.ROLES.get(caller.role, caller.role))
    scope = [named.get(code, code) for code in (caller.department, *sorted(caller.communities)) if code]
    return " · ".join([role, *scope])


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _moment(at: datetime | str, words: Words) -> str:
    """An instant in Asia/Shanghai."""
    local = _instant(at).astimezone(SHANGHAI)
    return moment(local) if words.language == "zh" else local.strftime("%-d %b %Y %H:%M")


def _day(on: date | datetime | str, words: Words) -> str:
    """Of a date, or of an instant in Asia/Shanghai."""
    if isinstance(on, str):
        on = datetime.fromisoformat(on) if "T" in on else date.fromisoformat(on)
    if words.language == "zh":
        return day(on)
    return (on.astimezone(SHANGHAI) if isinstance(on, datetime) else on).strftime("%-d %b %Y")


def span(seconds: float, words: Words) -> str:
    """时长 in its two largest units: 3 天 4 小时."""
    minutes = int(abs(seconds) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        said = [words.say("%(n)s 天", n=days), *([words.say("%(n)s 小时", n=hours)] if hours else [])]
    elif hours:
        said = [words.say("%(n)s 小时", n=hours), *([words.say("%(n)s 分钟", n=minutes)] if minutes else [])]
    else:
        said = [words.say("%(n)s 分钟", n=minutes)]
    return " ".join(said)


_ENVIRONMENTS = {language: _environment(words) for language, words in LANGUAGES.items()}
