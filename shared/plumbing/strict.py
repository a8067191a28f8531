"""The JSON we read: UTF-8, no name twice, no NaN, no lone surrogate, at most 32 levels deep."""

import json
import re
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from litestar import Request
from litestar.types import Empty

from shared.plumbing.errors import BadBody
from shared.plumbing.query import checked

MAX_DEPTH = 32
IDEMPOTENCY_KEY = "[!-~]{1,200}"
IF_MATCH = '"[0-9]{1,9}"|[0-9]{1,9}'
"""A version. The quotation marks are HTTP's; who leaves them out is understood."""
_HEADERS = (
    (
        "idempotency-key",
        re.compile(IDEMPOTENCY_KEY),
        ("bad_idempotency_key", "Idempotency-Key 须为 1 至 200 个可见的 ASCII 字符"),
    ),
    ("if-match", re.compile(IF_MATCH), ("bad_if_match", "If-Match 须为版本号")),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _no_constant(_: str) -> NoReturn:
    raise BadBody("not_a_number", "数字不能是 NaN 或无穷大")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadBody("duplicate_name", "同一对象中字段名重复")
    return found


def _depth(value: Any, left: int = MAX_DEPTH) -> None:
    if left == 0:
        raise BadBody("too_deep", "JSON 嵌套过深")
    if isinstance(value, dict):
        for inner in value.values():
            _depth(inner, left - 1)
    elif isinstance(value, list):
        for inner in value:
            _depth(inner, left - 1)


def read_json(body: bytes) -> Any:
    """What these bytes say; raises `BadBody`."""
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
        value = json.loads(text, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise BadBody("not_utf8", "请求须为 UTF-8 编码") from None
    except (ValueError, RecursionError):
        raise BadBody("not_json", "请求不是有效的 JSON") from None
    if body.count(b"{") + body.count(b"[") >= MAX_DEPTH:
        _depth(value)
    return value


async def readable(request: Request[Any, Any, Any]) -> None:
    """Refuse an address that is no text, or asks what the door does not know, before anybody looks something up by it."""
    well_formed(request)
    query = request.app.state.queries.get(request.route_handler.handler_name)
    if query and (query.model_fields or request.scope["query_string"]):
        request.state.query = checked(query, request.query_params.multi_items())


def well_formed(request: Request[Any, Any, Any]) -> None:
    """Refuse an address that is no text, and a key or a version that is none: the write would be without its guard."""
    if request.method != "GET":
        for header, form, error in _HEADERS:
            value = request.headers.get(header)
            if value is not None and not form.fullmatch(value):
                raise BadBody(*error)
    raw: bytes = request.scope["query_string"]
    if b"%" not in raw and raw.isascii() and request.scope["path"].isprintable():
        return
    try:
        text = request.scope["path"] + unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise BadBody("not_utf8", "地址须为 UTF-8 编码") from None
    if _CONTROL.search(text):
        raise BadBody("control_characters", "地址中含有控制字符")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """The body; `None` when there is none."""
        if self._json is Empty:
            body = await self.body()
            self._json = self._connection_state.json = read_json(body) if body else None
        return self._json
