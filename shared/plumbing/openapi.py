"""The OpenAPI document: what every operation takes, and how it refuses, as the code does both."""

from collections.abc import Callable, Iterator
from typing import Any

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.plumbing.query import TEXT, model_of, parameters
from shared.plumbing.schemas import Document, Written
from shared.plumbing.strict import IDEMPOTENCY_KEY, IF_MATCH

_PROBLEM: Document = {
    "type": "object",
    "description": "RFC 9457. `code`: stable; `errors`: every reason, with a JSON pointer or `?name` of the query.",
    "required": ["type", "status", "code", "title"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "correlation": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {name: {"type": "string"} for name in ("code", "detail", "pointer")},
            },
        },
    },
}
REFUSALS = {
    "400": "请求无法读取",
    "401": "未登录，或登录已失效",
    "403": "没有权限",
    "404": "不存在，或不在职责范围内",
    "409": "不符合规则：列出全部原因",
    "410": "个人信息已删除",
    "412": "内容已被他人更新",
    "413": "请求过大",
    "415": "请求须为 UTF-8 编码的 JSON",
    "422": "请求内容有误",
    "429": "请求过于频繁",
    "503": "服务暂时不可用，请稍后重试",
}
"""What a refusal means; each is a problem document."""
_ALWAYS, _PROTECTED, _ONE = ("400", "422", "429", "503"), ("401", "403"), ("404", "410")
_WRITING = ("404", "409", "412", "413", "415")
_KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "同一键的重复请求得到第一次的答复",
    "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
}
_IF_MATCH: Document = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "只在版本相符时办理",
    "schema": {"type": "string", "pattern": f"^({IF_MATCH})$"},
}


class Bodies(OpenAPISchemaPlugin):
    """Pydantic describes its models itself (`complete`); the generator knows neither our checks nor a union of lists."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Models."""
        return isinstance(value, type) and issubclass(value, BaseModel)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Some object, for now."""
        return Schema(type=OpenAPIType.OBJECT)


class OpenAPI(JsonRenderPlugin):
    """`/schema/openapi.json`, made whole when it is first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._whole: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: Document) -> bytes:
        """The document."""
        if self._whole is None:
            complete(request.app, openapi_schema)
            self._whole = self.render_json(request, openapi_schema)
        return self._whole


def refusal(status: str) -> Document:
    """How a refusal stands in the document."""
    problem = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    return {"description": REFUSALS[status], "content": {"application/problem+json": problem}}


def page(*refused: str) -> Callable[[str, Document], None]:
    """A door that answers with a page where a browser asks for one, with JSON to programs; so are these refusals."""

    def described(_: str, operation: Document) -> None:
        answers = operation["responses"]
        answers |= {status: refusal(status) for status in refused}
        answers["200"]["content"] = {"application/json": {}}
        for status in ("200", *refused):
            answers[status]["content"]["text/html"] = {}

    return described


def complete(app: Litestar, document: Document) -> None:
    """Add what the generator cannot know: bodies and queries as Pydantic checks them, refusals, who may come in.

    A door whose answers the generator cannot see says what they are: `opt={"media": (type, …)}`; or, if it refuses in
    its own way too, `opt={"described": f}`: `f(path, operation)` changes what stands here.
    """
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})
    components["responses"] = {status: refusal(status) for status in REFUSALS}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    handlers = dict(_handlers(app))
    models = {model for handler in handlers.values() if (model := body_model(handler))}
    bodies, defined = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda model: model.__qualname__)],
        ref_template="#/components/schemas/{model}",
        schema_generator=Written,
    )
    components["schemas"] |= defined.get("$defs", {}) | {"ProblemDocument": _PROBLEM}
    for (path, method), handler in handlers.items():
        operation = document["paths"][path][method]
        operation["parameters"] = [
            *(_in_path(one) for one in operation.get("parameters", ()) if one["in"] == "path"),
            *(
                {"name": name, "in": "query", "required": parameter.required, "schema": parameter.schema}
                for name, parameter in parameters(model_of(handler)).items()
            ),
        ]
        if model := body_model(handler):
            operation["requestBody"]["content"] = {"application/json": {"schema": bodies[model, "validation"]}}
        is_open = not app.state.authz[handler.handler_name]
        operation["security"] = [] if is_open else [{"bearer": []}]
        writes = method != "get"
        if writes:
            operation["parameters"] += (_KEY, _IF_MATCH)
        refusals = {
            *_ALWAYS,
            *(() if is_open else _PROTECTED),
            *(_ONE if "{" in path else ()),
            *(("409",) if operation["parameters"] else ()),
            *(_WRITING if writes else ()),
        }
        operation["responses"].pop("400", None)
        for status in sorted(refusals - operation["responses"].keys()):
            operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
        if media := handler.opt.get("media"):
            operation["responses"][str(handler.status_code)]["content"] = {one: {} for one in media}
        if described := handler.opt.get("described"):
            described(path, operation)


def _handlers(app: Litestar) -> Iterator[tuple[tuple[str, str], HTTPRouteHandler]]:
    """(path, method) of the document → handler."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.resolve_include_in_schema():
                for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                    yield (route.path_format, method.lower()), handler


def body_model(handler: HTTPRouteHandler) -> type[BaseModel] | None:
    """The model of a handler's JSON body."""
    data = handler.parsed_fn_signature.parameters.get("data")
    if data is None or not isinstance(data.annotation, type) or not issubclass(data.annotation, BaseModel):
        return None
    return data.annotation


def _in_path(parameter: Document) -> Document:
    """A part of an address has no control characters."""
    schema = parameter["schema"]
    plain = schema.get("type") == "string" and not schema.keys() & {"pattern", "format", "enum"}
    return parameter | {"schema": schema | {"pattern": TEXT}} if plain else parameter
