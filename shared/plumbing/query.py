"""The query of an address, as strict as a body: known names, each once, every value written in one way.

What the OpenAPI document says of a parameter is what is checked here: both come from the same schema. A door that asks
for a moment reads its query by a model (`opt={"query": …}`, `asked`): the framework's own reading knows fewer forms.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from litestar import Litestar, Request
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from shared.events.base import WRITTEN, clean
from shared.plumbing.schemas import Document, Written

M = TypeVar("M", bound=BaseModel)
TEXT = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""What may stand in an address: no control characters."""
_FORMS: Mapping[str, str] = {
    "boolean": "true|false",
    "integer": "-?(0|[1-9][0-9]{0,18})",
    "uuid": "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
}
"""How a value of this type or format is written. The libraries would take many more forms: `1`, `on`, `05`, `5.0`."""
_CLEAN = WRITTEN[clean]
_VALUES: Mapping[str, Callable[[str], object]] = {"boolean": "true".__eq__, "integer": int}
_CONSTRAINTS = ("gt", "ge", "lt", "le", "min_length", "max_length", "pattern")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name of a query. `schema`: as the document says it; `form`: how its value, or each of them, is written."""

    schema: Document
    required: bool
    several: bool
    form: re.Pattern[str] | None
    value: Callable[[str], object]

    @classmethod
    def of(cls, schema: Document, *, required: bool) -> "Parameter":
        """The parameter of this schema."""
        several = schema.get("type") == "array"
        one = schema["items"] if several else schema
        form = _FORMS.get(one.get("format", "")) or _FORMS.get(one.get("type", ""))
        return cls(schema, required, several, re.compile(form) if form else None, _VALUES.get(one.get("type", ""), str))


def queries(app: Litestar) -> dict[str, type[BaseModel]]:
    """Operation → the model of its query. One that is not in the document, or takes whatever comes, is left out."""
    return {
        handler.handler_name: model_of(handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if handler.resolve_include_in_schema() and "OPTIONS" not in handler.http_methods
        if not handler.opt.get("any_query")
    }


def model_of(handler: HTTPRouteHandler) -> type[BaseModel]:
    """The model of a handler's query: the one that it names (`opt={"query": …}`), or one made of its parameters."""
    named: type[BaseModel] | None = handler.opt.get("query")
    return named or _made(handler)


@cache
def _made(handler: HTTPRouteHandler) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, field in handler.parsed_fn_signature.parameters.items():
        given = field.kwarg_definition
        if isinstance(given, QueryParameter):
            limits = {limit: value for limit in _CONSTRAINTS if (value := getattr(given, limit)) is not None}
            fields[f"field_{name}"] = (
                Annotated[field.raw, Field(alias=given.name or name, **limits)],
                ... if field.is_required else field.default,
            )
    return create_model(handler.handler_name, __config__=ConfigDict(extra="forbid"), **fields)


@cache
def parameters(model: type[BaseModel]) -> dict[str, Parameter]:
    """The names of this model's query."""
    schema = model.model_json_schema(schema_generator=Written)
    required = frozenset(schema.get("required", ()))
    return {
        name: Parameter.of(_sendable(field, schema.get("$defs", {})), required=name in required)
        for name, field in schema.get("properties", {}).items()
    }


def checked(model: type[BaseModel], sent: Iterable[tuple[str, str]]) -> BaseModel:
    """What a query says, as this model has it; raises `ValidationException` with everything that is wrong."""
    known = parameters(model)
    said: dict[str, Any] = {}
    wrong = []
    for name, text in sent:
        parameter = known.get(name)
        if parameter is None:
            wrong.append(_entry(name, "Value error, 没有这个参数"))
        elif name in said and not parameter.several:
            wrong.append(_entry(name, "Value error, 只能给出一次"))
        elif parameter.form and not parameter.form.fullmatch(text):
            wrong.append(_entry(name, "Value error, 格式不符"))
        elif parameter.several:
            said.setdefault(name, []).append(parameter.value(text))
        else:
            said[name] = parameter.value(text)
    try:
        found = model.model_validate(said)
    except ValidationError as error:
        reasons = error.errors(include_url=False, include_context=False, include_input=False)
        told = {one["key"] for one in wrong}
        named = [(str(next(iter(one["loc"]), "")), one["msg"]) for one in reasons]
        wrong += [_entry(name, message) for name, message in named if name not in told]
    if wrong:
        raise ValidationException(extra=wrong)
    return found


def asked(request: Request[Any, Any, Any], model: type[M]) -> M:
    """What the query of this request says; it was checked when the request came."""
    found = request.state.query
    assert isinstance(found, model)
    return found


def _entry(name: str, message: str) -> dict[str, str]:
    return {"key": name, "message": message, "source": "query"}


def _sendable(schema: Document, defined: Mapping[str, Document]) -> Document:
    """A parameter is a text in an address: it cannot be null, and has no control characters."""
    alternatives = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(alternatives) == 1:
        schema = {**alternatives[0], **{key: value for key, value in schema.items() if key != "anyOf"}}
    elif alternatives:
        schema = schema | {"anyOf": [_sendable(one, defined) for one in alternatives]}
    if reference := schema.get("$ref"):
        schema = {**defined[reference.rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}
    if schema.get("type") == "array":
        schema = schema | {"items": _sendable(schema["items"], defined)}
    if "default" in schema and schema["default"] is None:
        schema = {key: value for key, value in schema.items() if key != "default"}
    plain = schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const"}
    return schema | {"pattern": TEXT} if plain and schema.get("pattern", _CLEAN) == _CLEAN else schema
