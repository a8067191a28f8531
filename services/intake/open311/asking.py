"""Door: a program posts what a resident asks for."""

import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from litestar import Request, Response, post

from services.intake.domain.open311 import NewRequest, requested
from services.intake.open311.answering import V2, answered, described, refused
from services.intake.open311.gate import admit, gate_of
from services.intake.open311.given import FORM, JSON, Answers, body, understood
from services.intake.registering import Desk, Here, incoming
from shared.plumbing.change import together
from shared.plumbing.database import Connection
from shared.plumbing.schemas import Document, Written
from shared.plumbing.service import Asking
from shared.plumbing.vault import Keys
from shared.plumbing.work import Work


def _described(path: str, operation: Document) -> None:
    """With the body, which is a form or JSON. How its long texts are written a refusal says: their patterns, at these
    lengths, take generators minutes."""
    described(path, operation)
    schema = NewRequest.model_json_schema(schema_generator=Written)
    for name in ("description", "media_url"):
        schema["properties"][name]["anyOf"][0].pop("pattern")
    schema["properties"]["api_key"] = {"type": "string"}
    schema["required"].append("api_key")
    with_answers = schema | {"properties": schema["properties"] | {"attribute": {"type": "object"}}}
    operation["requestBody"] = {
        "required": True,
        "content": {FORM: {"schema": schema}, JSON: {"schema": with_answers}},
    }


@post(
    [f"{V2}/requests.json", f"{V2}/requests.xml"],
    guards=[admit],
    exception_handlers={Exception: refused},
    opt={"any_query": True, "described": _described},
)
async def post_open311_request(request: Request[Any, Any, Any], service: Here, ask: Asking) -> Response[bytes]:
    """提交服务请求. It becomes a complaint of its own, also when the same person has asked for the same before.

    Nobody has proved whose telephone it is: an answer that depended on it would tell who has complained. So it never
    urges an earlier complaint, as an import does not, and the dispatcher sees that it may be a repetition.
    """
    fields, answers = await body(request)
    terms, limits = service.today.open311, request.app.state.rate_limits
    caller = gate_of(request).client(fields.pop("api_key", None))
    await limits.count("open311 posts", caller.subject, terms.posts_per_minute)
    order = requested(
        understood(NewRequest, fields),
        answers,
        client=caller.subject,
        now=service.now(),
        terms=terms,
        town=service.town,
    )
    offered = terms.service(fields["service_code"])
    item = incoming(service, order)
    key = request.headers.get("idempotency-key")
    once = replace(
        ask, caller=caller, key=f"{caller.subject}\nopen311 {key or _content(service.keys, fields, answers)}"
    )
    desk: Desk | None = None

    async def prepare(con: Connection, work: Work) -> None:
        nonlocal desk
        if not key:
            await con.execute(_LONG_AGO, once.key, timedelta(seconds=terms.again_s))
        desk = await Desk.open(service, con, work, [item])

    def register(work: Work) -> dict[str, Any]:
        assert desk is not None
        return {"id": str(desk.register(work, item, imported=True).complaint.id)}

    answer = await together(service.base, [], once, register, prepare)
    shown = {"service_request_id": answer["id"], "service_notice": offered and offered.notice, "account_id": None}
    return answered(request, "service_requests", [shown], 201)


def _content(keys: Keys, fields: dict[str, Any], answers: Answers) -> str:
    """What a client without an idempotency key is known by when it sends the same again; keyed, for it is personal."""
    text = json.dumps([fields, answers], sort_keys=True)
    return f"content {hmac.digest(keys.lookup, text.encode(), 'sha256').hex()}"


_LONG_AGO = "delete from idempotency where key = $1 and at < clock_timestamp() - $2::interval"

DOORS = [post_open311_request]
