"""The JSON we read, and the types that requests are made of: hostile input is refused, never changed in silence."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.events.base import Code, Line, Moment
from shared.plumbing.errors import BadBody
from shared.plumbing.strict import read_json

MOMENT, LINE, CODE = TypeAdapter(Moment), TypeAdapter(Line), TypeAdapter(Code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": NaN}', "not_a_number"),
        (b'{"a": -Infinity}', "not_a_number"),
        (b'{"a": 1, "a": 2}', "duplicate_name"),
        (b'{"b": {"a": 1, "a": 2}}', "duplicate_name"),
        (b"\xff\xfe{\x00}\x00", "not_utf8"),
        (b'{"a": 1', "not_json"),
        (b"[" * 40 + b"]" * 40, "too_deep"),
        (b"[" * 100_000 + b"]" * 100_000, "not_json"),
    ],
)
def test_what_is_not_plain_json_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(BadBody) as refused:
        read_json(body)
    assert refused.value.code == code


def test_a_byte_order_mark_is_no_reason_to_refuse() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": "\xe5\x8c\x97"}') == {"a": "北"}


@pytest.mark.parametrize(
    "text", ["2024-02-01", "20240201", "2024-02-01T09:30:00", "2024-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_without_offset_or_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


@pytest.mark.parametrize("number", [20240201, 1706749200, 1.5, True, None])
def test_a_number_is_no_time(number: object) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(number)


def test_a_time_with_its_offset_is_read() -> None:
    assert MOMENT.validate_python("2024-02-01T09:30:00+08:00") == datetime(2024, 2, 1, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "a\x00b", "a\x1bb", "a\x85b", "\ud83d", "x" * 201])
def test_a_text_with_control_characters_or_beyond_its_length_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


@pytest.mark.parametrize("text", ["ａ", "a\u200bb", "a b\u2028", "x" * 65])
def test_a_code_has_no_look_alikes(text: str) -> None:
    with pytest.raises(ValidationError):
        CODE.validate_python(text)
