"""What a client sends, understood: query, form or JSON. Everything that is wrong is said at once."""

import re
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl

from litestar import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.intake.domain.open311 import MOST_RESULTS
from shared.events.base import Moment
from shared.plumbing.errors import BadBody, chinese
from shared.plumbing.strict import read_json
from shared.rules.broken import Reason, RuleBroken

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MOST_FIELDS = 200
_DIGITS = re.compile("[0-9]{1,9}")
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]+)\](?:\[\])?")
M = TypeVar("M", bound=BaseModel)
Answers = dict[str, list[Any]]


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _whole(value: object) -> object:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise PydanticCustomError("number", "Input should be a valid integer")
    return value


def _plus(value: object) -> object:
    """In an address, a plus sign that was not escaped arrives as a space."""
    return f"{value[:-6]}+{value[-5:]}" if isinstance(value, str) and value[-6:-5] == " " else value


_Listed = BeforeValidator(_split)
_Texts = WithJsonSchema({"type": "string", "description": "one, or several with commas between them"})
_States = WithJsonSchema({"type": "string", "pattern": "^ *(open|closed)? *(, *(open|closed)? *)*$"})
_Whole = BeforeValidator(_whole)
_When = Annotated[Moment, BeforeValidator(_plus)]


class Question(BaseModel):
    """What may be asked of requests and of their updates. Page and page size: an extension that most servers have."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service_request_id: Annotated[tuple[str, ...], Field(max_length=MOST_RESULTS), _Listed, _Texts] = ()
    service_code: Annotated[tuple[str, ...], Field(max_length=MOST_RESULTS), _Listed, _Texts] = ()
    status: Annotated[tuple[Literal["open", "closed"], ...], Field(max_length=MOST_RESULTS), _Listed, _States] = ()
    start_date: _When | None = None
    end_date: _When | None = None
    page: Annotated[int, Field(ge=1, le=1_000_000), _Whole] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST_RESULTS), _Whole] = MOST_RESULTS

    @property
    def offset(self) -> int:
        """So many results come before this page."""
        return (self.page - 1) * self.page_size


def question(request: Request[Any, Any, Any]) -> Question:
    """What is asked; several values of one name are one list, empty ones are not there. Raises `RuleBroken`."""
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if value:
            given.setdefault(name, []).append(value)
    return understood(Question, {name: ",".join(values) for name, values in given.items()})


def understood(model: type[M], fields: dict[str, Any]) -> M:
    """These fields as the model has them; raises `RuleBroken` with all that is wrong."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RuleBroken(
            *(
                Reason(
                    "missing" if wrong["type"] == "missing" else "invalid", chinese(wrong["msg"]), f"/{wrong['loc'][0]}"
                )
                for wrong in error.errors(include_url=False, include_context=False, include_input=False)
            )
        ) from None


async def body(request: Request[Any, Any, Any]) -> tuple[dict[str, Any], Answers]:
    """Fields and answers to attributes, of a form or of JSON; empty ones are not there. Raises `BadBody`."""
    content = await request.body()
    match request.content_type[0]:
        case media if media == JSON:
            fields, answers = _of_json(read_json(content))
        case media if media == FORM:
            fields, answers = _of_form(content)
        case _:
            raise BadBody("unsupported_media_type", f"请求须为 {FORM} 或 {JSON}")
    return {name: value for name, value in fields.items() if value not in (None, "")}, answers


def _of_form(content: bytes) -> tuple[dict[str, Any], Answers]:
    try:
        pairs = parse_qsl(content.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise BadBody("not_utf8", "请求须为 UTF-8 编码") from None
    except ValueError:
        raise BadBody("too_many_fields", f"表单字段不得超过 {MOST_FIELDS} 个") from None
    fields: dict[str, Any] = {}
    answers: Answers = {}
    for name, value in pairs:
        if found := _ATTRIBUTE.fullmatch(name):
            if value:
                answers.setdefault(found[1], []).append(value)
        elif name in fields:
            raise BadBody("duplicate_name", "字段名重复")
        else:
            fields[name] = value
    return fields, answers


def _of_json(document: Any) -> tuple[dict[str, Any], Answers]:
    """`attribute` is an object: code → value, or a list of values."""
    if not isinstance(document, dict):
        raise BadBody("not_an_object", "请求须为 JSON 对象")
    given = document.pop("attribute", None) or {}
    if not isinstance(given, dict):
        raise BadBody("not_an_object", "attribute 须为 JSON 对象")
    lists = {code: value if isinstance(value, list) else [value] for code, value in given.items()}
    return document, {code: [one for one in values if one not in (None, "")] for code, values in lists.items()}
