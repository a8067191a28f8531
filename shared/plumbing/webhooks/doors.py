"""Doors of a service that sends facts to other systems: registered, changed, tested, looked after, replayed."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import Field, StringConstraints

from shared.events.base import Asked, Line, Moment
from shared.plumbing import query
from shared.plumbing.caller import NotFound, Scope
from shared.plumbing.change import Ask
from shared.plumbing.service import Asking, Service
from shared.plumbing.webhooks import book
from shared.plumbing.webhooks.hooking import Webhooks
from shared.plumbing.webhooks.words import DeliveryState
from shared.rules.broken import Reason, refuse

Here = NamedDependency[Service[Any]]
"""A door's parameter `service`."""
Answer = dict[str, Any]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=2000)]
_INNER = {"publishes": False}
"""An address and an id are no texts, whatever digits they have; the reason stands in the audit alone."""
MessageId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z-]{0,39}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[1-9][0-9]{0,8}$"),
]
"""The `webhook-id` of a message: `kind/uuid/version`."""


class Payload(StrEnum):
    """What a message says: the whole fact, or only where to look."""

    FULL = "FULL"
    THIN = "THIN"


class RegisterWebhook(Asked):
    """登记推送. `types`: names of facts, all of them if there are none."""

    url: Url
    types: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    payload: Payload = Payload.FULL
    reason: Line


class WebhookReason(Asked):
    """Why a webhook is changed: the auditor reads it."""

    reason: Line


class Replay(Asked):
    """重新投递: everything since then, or one message."""

    since: Moment | None = None
    message: MessageId | None = None
    reason: Line


class DeliveriesAsked(Asked):
    """Which deliveries are wanted. `before`: the number of the last one of the page before."""

    state: DeliveryState | None = None
    stream: UUID | None = None
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@get("/webhooks")
async def list_webhooks(service: Here) -> list[Answer]:
    """推送清单: who gets facts, what waits, since when it fails. No secrets."""
    return await book.webhooks(service.pool)


@get("/webhooks/{unit:str}")
async def show_webhook(unit: FromPath[str], service: Here, ask: Asking) -> Answer:
    """一个单位的推送."""
    _must_reach(ask, unit)
    for found in await book.webhooks(service.pool, unit):
        return found
    raise NotFound(unit)


@put("/webhooks/{unit:str}", opt=_INNER)
async def register_webhook(unit: FromPath[str], data: JSONBody[RegisterWebhook], service: Here, ask: Asking) -> Answer:
    """登记推送, or change its address, types or payload. A new one answers its `secret`: it is shown this once."""
    if service.town.unit(unit) is None:
        raise NotFound(unit)
    thin = data.payload is Payload.THIN
    return await _webhooks(service).put(ask, unit, data.url, data.types, data.reason, thin=thin)


@post("/webhooks/{unit:str}/secret", status_code=200)
async def exchange_webhook_secret(
    unit: FromPath[str], data: JSONBody[WebhookReason], service: Here, ask: Asking
) -> Answer:
    """更换密钥: the new `secret` is shown this once. Both sign until `previous_until`."""
    return await _webhooks(service).exchange(ask, unit, data.reason)


@post("/webhooks/{unit:str}/pause", status_code=200)
async def pause_webhook(unit: FromPath[str], data: JSONBody[WebhookReason], service: Here, ask: Asking) -> Answer:
    """暂停推送; what happens is kept for later."""
    return await _webhooks(service).pause(ask, unit, data.reason)


@post("/webhooks/{unit:str}/resume", status_code=200)
async def resume_webhook(unit: FromPath[str], data: JSONBody[WebhookReason], service: Here, ask: Asking) -> Answer:
    """恢复推送: what has waited follows at once, in order."""
    return await _webhooks(service).resume(ask, unit, data.reason)


@post("/webhooks/{unit:str}/remove", status_code=200)
async def remove_webhook(unit: FromPath[str], data: JSONBody[WebhookReason], service: Here, ask: Asking) -> Answer:
    """注销推送."""
    return await _webhooks(service).remove(ask, unit, data.reason)


@post("/webhooks/{unit:str}/test", status_code=200)
async def check_webhook(unit: FromPath[str], service: Here, ask: Asking) -> Answer:
    """测试推送: one message now, and how the receiver has answered."""
    _must_reach(ask, unit)
    return await _webhooks(service).test(ask, unit)


@get("/webhooks/{unit:str}/deliveries", opt={"query": DeliveriesAsked})
async def list_deliveries(
    unit: FromPath[str], service: Here, ask: Asking, request: Request[Any, Any, Any]
) -> dict[str, Any]:
    """投递记录, newest first: state, attempts, status, times. `next`: the cursor of the following page."""
    _must_reach(ask, unit)
    wanted = query.asked(request, DeliveriesAsked)
    limit = wanted.limit
    found = await book.deliveries(service.pool, unit, wanted.state, wanted.stream, wanted.before, limit)
    return {"deliveries": found, "next": found[-1]["number"] if len(found) == limit else None}


@post("/webhooks/{unit:str}/replay", status_code=200, opt=_INNER)
async def replay_webhook(unit: FromPath[str], data: JSONBody[Replay], service: Here, ask: Asking) -> Answer:
    """重新投递: one message, or everything recorded since a moment, in order and with the same ids."""
    _must_reach(ask, unit)
    refuse(
        (data.since is None) is (data.message is None)
        and Reason("since_or_message", "须写明起始时间或消息编号之一", "/since")
    )
    one = None
    if data.message is not None:
        kind, stream, version = data.message.split("/")
        one = kind, UUID(stream), int(version)
    return await _webhooks(service).replay(ask, unit, data.reason, data.since, one)


def _must_reach(ask: Ask, unit: str) -> None:
    ask.caller.must_reach(Scope(None, (unit,)))


def _webhooks(service: Service[Any]) -> Webhooks:
    assert service.webhooks is not None, "a plan with these doors says what it tells"
    return service.webhooks


WEBHOOK_DOORS = [
    list_webhooks,
    show_webhook,
    register_webhook,
    exchange_webhook_secret,
    pause_webhook,
    resume_webhook,
    remove_webhook,
    check_webhook,
    list_deliveries,
    replay_webhook,
]
