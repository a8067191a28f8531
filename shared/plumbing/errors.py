"""Errors, as a caller sees them: RFC 9457 in Chinese, with a stable English code and JSON pointers."""

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from shared.plumbing import logs
from shared.plumbing.audit import TooOften
from shared.plumbing.caller import NotFound
from shared.plumbing.change import KeyReused, VersionMoved
from shared.plumbing.database import is_conflict, is_transient
from shared.plumbing.quarantine import NotOpen
from shared.plumbing.vault import Erased
from shared.rules import redaction
from shared.rules.broken import RuleBroken

log = logging.getLogger(__name__)

_WORDS = {
    400: ("bad_request", "请求无法读取"),
    401: ("unauthenticated", "未登录，或登录已失效"),
    403: ("forbidden", "没有权限"),
    404: ("not_found", "不存在"),
    405: ("method_not_allowed", "不支持此操作"),
    413: ("too_large", "请求过大"),
    415: ("unsupported_media_type", "请求须为 UTF-8 编码的 JSON"),
    422: ("invalid", "请求内容有误"),
    429: ("too_many_requests", "请求过于频繁"),
}


_STATUS = {"not_found": 404, redaction.CODE: 422}
"""What a rule refuses is a conflict with how things stand, but for these."""


class BadBody(Exception):
    """The body is not what we read: JSON in UTF-8, no duplicate names, no NaN, at most 32 levels deep; or a good file."""

    def __init__(self, code: str, words: str, status: int = 400, pointer: str | None = None) -> None:
        super().__init__(code)
        self.code, self.words, self.status, self.pointer = code, words, status, pointer


def problem(
    status: int,
    code: str,
    title: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    """A problem document. Its text is encodable whatever was asked."""
    body: dict[str, Any] = {"type": f"urn:fiveplusn:problem:{code}", "status": status, "code": code, "title": title}
    if errors:
        body["errors"] = list(errors)
    if correlation := logs.correlation():
        body["correlation"] = correlation
    logs.problem_said(code)
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status_code=status, media_type="application/problem+json", headers=dict(headers or {}))


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What to answer to any exception; never its text, which may quote what was asked."""
    match error:
        case RuleBroken():
            reasons = [
                {"code": r.code, "detail": r.words} | ({"pointer": r.pointer} if r.pointer else {})
                for r in error.reasons
            ]
            status = next((_STATUS[reason.code] for reason in error.reasons if reason.code in _STATUS), 409)
            return problem(status, error.reasons[0].code, error.reasons[0].words, reasons)
        case BadBody():
            where = {"code": error.code, "detail": error.words, "pointer": error.pointer or ""}
            return problem(error.status, error.code, error.words, [where] if error.pointer else ())
        case NotFound() | NotOpen():
            return problem(404, "not_found", "不存在")
        case Erased():
            return problem(410, "erased", "个人信息已删除")
        case TooOften():
            words = "本小时内查阅个人信息的次数已达上限"
            return problem(429, "too_many_requests", words, headers={"Retry-After": str(error.retry_after)})
        case VersionMoved():
            return problem(412, "version_moved", f"内容已被他人更新，当前版本为 {error.version}")
        case KeyReused():
            return problem(422, "key_reused", "同一 Idempotency-Key 不能用于不同的内容")
        case ValidationException():
            return problem(422, "invalid", "请求内容有误", _pointers(error.extra))
        case HTTPException():
            code, words = _WORDS.get(error.status_code, ("error", "请求未能完成"))
            return problem(error.status_code, code, words, headers=error.headers)
        case asyncpg.DataError():
            log.error("unstorable", extra={"error": type(error).__name__, "path": request.url.path})
            return problem(422, "invalid", "请求内容有误")
        case _ if is_transient(error) or is_conflict(error):
            log.warning("unavailable", extra={"error": type(error).__name__, "path": request.url.path})
            return problem(503, "unavailable", "服务暂时不可用，请稍后重试", headers={"Retry-After": "2"})
        case _:
            log.error("internal", extra={"error": type(error).__name__, "path": request.url.path}, exc_info=error)
            return problem(500, "internal", "系统内部错误，已记录")


_SAID = (
    (re.compile(r"Value error, (.*)"), r"\1"),
    (re.compile(r"Extra inputs are not permitted"), "没有这个字段"),
    (re.compile(r"Field required|'data'"), "必填"),
    (re.compile(r"String should have at least (\d+) characters?"), r"至少 \1 个字"),
    (re.compile(r"String should have at most (\d+) characters?"), r"至多 \1 个字"),
    (re.compile(r"String should match pattern.*"), "格式不符"),
    (re.compile(r"Input should be a valid (?:dictionary|object).*"), "须为对象"),
    (re.compile(r"Input should be a valid (?:list|tuple|array).*"), "须为列表"),
    (re.compile(r"Input should be a valid string.*"), "须为文本"),
    (re.compile(r"Input should be a valid (?:integer|number|decimal).*"), "须为数字"),
    (re.compile(r"Input should be a valid (?:date|datetime|time|UUID|boolean).*"), "格式不符"),
    (re.compile(r"Input should be (?:less than or equal to|less than) (.*)"), r"不得大于 \1"),
    (re.compile(r"Input should be (?:greater than or equal to|greater than) (.*)"), r"不得小于 \1"),
    (re.compile(r"Input should be (.*)"), r"应为 \1 之一"),
    (re.compile(r"Value should have at most (\d+) items? after validation.*"), r"长度不得超过 \1"),
    (re.compile(r"(?:Tuple|List) should have at most (\d+) items?.*"), r"至多 \1 项"),
    (re.compile(r"(?:Tuple|List) should have at least (\d+) items?.*"), r"至少 \1 项"),
)
"""What the validation library says, in Chinese; whatever else it says, the content is wrong."""


def chinese(message: str) -> str:
    """The validation library's message in Chinese; it never quotes what was asked."""
    for pattern, words in _SAID:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    return "内容有误"


_OUR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}|\d{1,6}")
"""A field's name or an index. Any other name was made up by the sender, and may be anything: a resident's name, too."""


def pointer(path: Iterable[object]) -> str:
    """The JSON pointer, as far as it leads through names that could be ours."""
    parts = [str(part) for part in path]
    ours = next((n for n, part in enumerate(parts) if not _OUR_NAME.fullmatch(part)), len(parts))
    return "".join(f"/{part}" for part in parts[:ours])


def _ours(name: str) -> str:
    return name if _OUR_NAME.fullmatch(name) else ""


def _pointers(extra: Any) -> list[dict[str, str]]:
    found = []
    for entry in extra if isinstance(extra, list) else []:
        key = str(entry.get("key", "")).removeprefix("data.").removeprefix("data")
        where = f"?{_ours(key)}" if entry.get("source") == "query" else pointer(key.split(".") if key else ())
        found.append({"pointer": where, "detail": chinese(str(entry.get("message", "")))})
    return found
