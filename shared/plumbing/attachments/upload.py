"""How an attachment comes in: one file in a multipart/form-data body, counted while it streams."""

import asyncio
import re
import unicodedata
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.exceptions import InternalServerException
from litestar.openapi.spec import Encoding, OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header
from pydantic import TypeAdapter

from shared.events.base import Line
from shared.plumbing.attachments.content import ENDINGS
from shared.plumbing.change import fingerprint
from shared.plumbing.errors import BadBody

PIECE_S = 10.0
"""So long may the next piece of a body take."""
WHOLE_S = 300.0
"""So long may a whole file take: 20 MB at half a megabit a second, as a village's network has it."""
FIELD = "file"
_POINTER = f"/{FIELD}"
_WRAPPING = 16_384
"""Bytes of a body that are not the file's: boundaries and headings."""
_ENCODING = {FIELD: Encoding(content_type=", ".join((*ENDINGS, "image/heic")))}
_LINE: TypeAdapter[str] = TypeAdapter(Line)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its bytes, the name and the type that the sender gave it."""

    content: bytes
    name: str | None = None
    declared: str | None = None

    @property
    def print(self) -> bytes:
        """What tells one upload from another. Not the body itself: its boundary is another at every try."""
        return fingerprint(f"{self.name}\n".encode() + self.content)


@dataclass
class OneFile(Operation):
    """How the OpenAPI document describes the body of such a route."""

    def __post_init__(self) -> None:
        form = Schema(
            type=OpenAPIType.OBJECT,
            required=[FIELD],
            additional_properties=False,
            properties={FIELD: Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, min_length=1)},
        )
        self.request_body = RequestBody(
            {"multipart/form-data": OpenAPIMediaType(schema=form, encoding=_ENCODING)}, required=True
        )


async def receive(request: Request[Any, Any, Any], most: int) -> Upload:
    """The only file of this body, at most `most` bytes; raises `BadBody`."""
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    if media_type != "multipart/form-data" or not options.get("boundary"):
        raise BadBody("not_multipart", f"请以 multipart/form-data 上传一个文件（字段 {FIELD}）", 415)
    if (request.content_length or 0) > most + _WRAPPING:
        raise _too_large(most)
    try:
        async with asyncio.timeout(WHOLE_S):
            return await _parse(request, options["boundary"], most)
    except TimeoutError:
        raise BadBody("too_slow", "上传过慢，已中止", 408) from None
    except ParserLimitReached:
        raise BadBody("one_file", "一次只能上传一个文件", 422, _POINTER) from None
    except MultipartError:
        raise BadBody("bad_multipart", "multipart/form-data 格式有误") from None
    except InternalServerException:  # the framework's word for a sender who went away
        raise BadBody("cut_off", "上传中断") from None


async def _parse(request: Request[Any, Any, Any], boundary: str, most: int) -> Upload:
    part: MultipartSegment | None = None
    content, length = bytearray(), 0
    parser = PushMultipartParser(boundary, max_segment_count=1, strict=True)
    async with aclosing(request.stream()) as pieces:
        while True:
            async with asyncio.timeout(PIECE_S):
                piece = await anext(pieces, b"")
            if not piece:
                break
            length += len(piece)
            if length > most + _WRAPPING:
                raise _too_large(most)
            for found in parser.parse(piece):
                if isinstance(found, MultipartSegment):
                    part = found
                elif found:
                    content += found
                    if len(content) > most:
                        raise _too_large(most)
    parser.close()
    if part is None or part.name != FIELD:
        raise BadBody("no_file", f"缺少文件（字段 {FIELD}）", 422, _POINTER)
    if not content:
        raise BadBody("empty_file", "文件为空", 422, _POINTER)
    return Upload(bytes(content), _name(part.filename), part.content_type)


def _name(given: str | None) -> str | None:
    """The last part of the name that the sender gave it, without its folders."""
    bare = re.split(r"[/\\]", given or "")[-1].strip()
    try:
        if any(unicodedata.category(sign) == "Cf" for sign in bare):  # turns the direction of reading, or hides
            raise ValueError
        return _LINE.validate_python(bare) if bare else None
    except ValueError:
        raise BadBody("bad_file_name", "文件名含有不可用的字符，或过长", 422, _POINTER) from None


def _too_large(most: int) -> BadBody:
    return BadBody("file_too_large", f"文件过大，最多 {most // 1_000_000} MB", 413, _POINTER)
