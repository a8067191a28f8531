"""How this door answers: JSON or XML by the address, errors as the standard has them.

The JSON is the XML by the Spark convention: an element that only gathers others is a list.
"""

import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from litestar import Request, Response
from litestar.exceptions import NotFoundException

from shared.plumbing import errors
from shared.plumbing.openapi import REFUSALS
from shared.plumbing.schemas import Document
from shared.rules.township import SHANGHAI

V2 = "/open311/v2"
JSON, XML = "json", "xml"
FORMATS = {JSON: "application/json; charset=utf-8", XML: "text/xml"}
"""Media types; Litestar itself says which charset a text has."""
_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
"""What each list is made of."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot say at all, not even escaped."""
_KEPT = frozenset({404, 413, 429, 500, 503})
"""The standard knows 404, 403 for the key, and 400 for everything else; these we keep, because clients act on them."""
_FORBIDDEN = ("api_key_missing", "api_key_invalid")
_UNKNOWN = ("unknown_service", "not_found")


def named(name: str, path: str) -> tuple[str, str]:
    """What an address ends with: name and format; raises `NotFoundException`."""
    what, _, form = name.rpartition(".")
    if form not in FORMATS or not what:
        raise NotFoundException(path)
    return what, form


def described(path: str, operation: Document) -> None:
    """How an operation of this door stands in the OpenAPI document: in the format of its address, refusals too.
    An empty parameter is as good as none."""
    for parameter in operation["parameters"]:
        if parameter["in"] == "query":
            parameter["schema"] = {"anyOf": [parameter["schema"], {"type": "string", "maxLength": 0}]}
    form = path.rpartition(".")[2]
    media = [media.partition(";")[0] for name, media in FORMATS.items() if name == form or form not in FORMATS]
    content: Document = {one: {} for one in media}
    done = {status: answer | {"content": content} for status, answer in operation["responses"].items() if status < "4"}
    refusals = {
        str(status): {"description": REFUSALS[str(status)], "content": content}
        for status in sorted({400, 403, *_KEPT} - {500})
    }
    operation["responses"] = done | refusals


def form_of(request: Request[Any, Any, Any]) -> str:
    """The format that the address asks for; JSON if it says none."""
    form = request.url.path.rpartition(".")[2]
    return form if form in FORMATS else JSON


def answered(request: Request[Any, Any, Any], root: str, value: Any, status: int = 200) -> Response[bytes]:
    """The answer in the format of the address."""
    form = form_of(request)
    return Response(rendered(form, root, value), status_code=status, media_type=FORMATS[form])


def rendered(form: str, root: str, value: Any) -> bytes:
    """These values as JSON or XML, in UTF-8."""
    if form == JSON:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    found: bytes = ElementTree.tostring(_element(root, value), encoding="utf-8", xml_declaration=True)
    return found


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    match value:
        case dict():
            element.extend(_element(key, inner) for key, inner in value.items())
        case list():
            element.extend(_element(_ITEMS[name], inner) for inner in value)
        case None:
            pass
        case bool():
            element.text = str(value).lower()
        case _:
            element.text = _NOT_XML.sub("\ufffd", str(value))
    return element


def moment(value: datetime | None) -> str | None:
    """W3C date and time with an offset, to the second."""
    return value.astimezone(SHANGHAI).isoformat(timespec="seconds") if value else None


def refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What went wrong, as the standard says it: a list of code and description."""
    problem = errors.answer(request, error)
    document = json.loads(problem.content)
    found = [
        {"code": reason.get("code", document["code"]), "description": _described(reason)}
        for reason in document.get("errors", ())
    ] or [{"code": document["code"], "description": document["title"]}]
    codes = {reason["code"] for reason in found}
    status = problem.status_code or 500
    if status not in _KEPT:
        status = 400
    if not codes.isdisjoint(_FORBIDDEN):
        status = 403
    elif not codes.isdisjoint(_UNKNOWN):
        status = 404
    answer = answered(request, "errors", found, status)
    answer.headers.update({name: value for name, value in problem.headers.items() if name.lower() == "retry-after"})
    return answer


def _described(reason: dict[str, str]) -> str:
    field = reason.get("pointer", "").removeprefix("/")
    return f"{field}：{reason['detail']}" if field else reason["detail"]
