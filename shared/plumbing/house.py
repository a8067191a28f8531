"""The routes every service has: health, journal, flow, integrity, quarantine, the embedded clock."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from pydantic import Field

from shared.events.base import Asked, Fact, Line, Moment
from shared.plumbing import audit, query
from shared.plumbing.figures import figures
from shared.plumbing.journal import streams, verify
from shared.plumbing.metrics import CONTENT_TYPE
from shared.plumbing.notices.reader import SOURCE as NOTICES
from shared.plumbing.service import Asking, Service

Here = NamedDependency[Service[Any]]
"""A door's parameter `service`."""
Number = Annotated[int, PathParameter(ge=1, le=2**53 - 1)]
"""The number of an entry, in an address; the largest that every reader of JSON keeps exactly."""


class Decision(Asked):
    """Why an entry of quarantine is replayed or given up."""

    reason: Line


class AuditAsked(Asked):
    """Which entries are wanted. `before`: the number of the last one of the page before."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None
    before: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class ClockSetting(Asked):
    """Where the town's clock shall stand, or how far it shall go (embedded stack only)."""

    at: Moment | None = None
    forward: Annotated[timedelta, Field(gt=timedelta(0))] | None = None


@get("/health/live")
async def live() -> dict[str, str]:
    """The event loop answers."""
    return {"status": "up"}


@get("/health/ready", responses={503: ResponseSpec(dict[str, bool], description="未就绪：列出各部分")})
async def ready(service: Here) -> Response[dict[str, bool]]:
    """Every part works; 503 names those that do not."""
    found = await service.health()
    return Response(found, status_code=200 if all(found.values()) else 503)


@get("/metrics", include_in_schema=False)
async def metrics(service: Here, state: State) -> Response[bytes]:
    """For Prometheus. Answers also when the database or the broker is away, and then says so."""
    return Response(state.metrics.text(await figures(service)), media_type=CONTENT_TYPE)


@get("/journal/{kind:str}/{id:uuid}")
async def read_journal(
    kind: FromPath[str],
    id: FromPath[UUID],
    service: Here,
    after: Annotated[int, QueryParameter(ge=0, le=2**31 - 1)] = 0,
) -> list[dict[str, Any]]:
    """The facts of one stream after a version, in order, at most 1,000: for a consumer that has a gap.

    As on the wire, the actor is a role and a scope: the person stays in the journal.
    """
    rows = await service.pool.fetch(
        "select position, version, type, data::text as data, substring(actor from '^[^:]*:[^:]*') as actor, "
        "occurred_at, recorded_at, cause, correlation, terms from journal "
        "where kind = $1 and stream = $2 and version > $3 order by version limit 1000",
        kind,
        id,
        after,
    )
    return [dict(row) | {"data": json.loads(row["data"])} for row in rows]


@get("/flow")
async def flow(service: Here) -> dict[str, Any]:
    """How far everything has travelled: what was said and heard per kind, and what still waits."""
    pool = service.pool
    counts = await pool.fetchrow(
        "select (select count(*) from outbox) as outbox, (select count(*) from parked) as parked, "
        "(select count(*) from quarantine where state = 'OPEN') as quarantine, "
        "(select count(*) from timers where due_at <= (select town_now())) as due, "
        "(select extract(epoch from clock_timestamp() - min(j.recorded_at) + (select ahead from town_clock)) "
        "from outbox o join journal j using (position)) as outbox_age_s"
    )
    assert counts is not None
    kinds = [kind for kind in service.plan.kinds if kind.evolve]
    asked = [f"select '{kind.name}' as kind, sum(version) as facts from {kind.table.name}" for kind in kinds]
    said = await pool.fetch(" union all ".join(asked)) if asked else []
    heard = await pool.fetch(
        "select kind, sum(version) as facts from inbox where reader = $1 group by kind", service.inbox.name
    )
    hears = service.inbox.kinds
    return {
        "said": {row["kind"]: row["facts"] for row in said if row["facts"]},
        "heard": {row["kind"]: row["facts"] for row in heard},
        "hears": sorted(hears) if hears is not None else None,
        "key_version": service.keys.wrap.newest,
        **{name: float(value) if name == "outbox_age_s" and value else value for name, value in counts.items()},
    }


@get("/integrity", responses={409: ResponseSpec(dict[str, Any], description="不完整：指出第一处")})
async def integrity(service: Here) -> Response[dict[str, Any]]:
    """Chains, heads and seals hold, and folding each journal gives its table. 409 names the first place that does not."""
    kinds = [kind for kind in service.plan.kinds if kind.evolve]
    async with service.pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        if broken := await verify(con, {kind.name: kind.table.name for kind in kinds}, service.keys.signer):
            return _unsound(broken.what, broken.stream, broken.version)
        folded = 0
        for kind in kinds:
            rows = await con.fetch(f"select {', '.join(kind.columns)} from {kind.table.name}")
            stored = {row["id"]: kind.parse(row)[3] for row in rows}
            async for stream, facts in streams(con, kind.name):
                state: Any = None
                for version, (wire_type, data) in enumerate(facts, 1):
                    assert kind.evolve is not None
                    if wire_type not in Fact.known:  # a newer version beside this one said it
                        return _unsound(f"unknown {wire_type}", stream, version)
                    state = kind.evolve(state, Fact.known[wire_type].read(data))
                if stored.pop(stream, None) != state:
                    return _unsound(f"fold of {kind.name}", stream, len(facts))
                folded += 1
            if stored:
                return _unsound(f"{kind.name} without journal", next(iter(stored)), None)
    return Response({"sound": True, "streams": folded})


def _unsound(what: str, stream: UUID | None, version: int | None) -> Response[dict[str, Any]]:
    found = {"sound": False, "what": what, "stream": str(stream) if stream else None, "version": version}
    return Response(found, status_code=409)


@get("/quarantine")
async def list_quarantine(
    service: Here,
    shown: Annotated[Literal["OPEN", "REPLAYED", "DISCARDED", "ALL"], QueryParameter(name="state")] = "OPEN",
) -> list[dict[str, Any]]:
    """What is set aside, newest first; `state=ALL` shows what was decided, too."""
    return await service.quarantine.entries(service.pool, None if shown == "ALL" else shown)


@get("/quarantine/{id:int}")
async def show_quarantine(id: Number, service: Here) -> dict[str, Any]:
    """One open entry with its envelope and size. Its content stays sealed: a border record is personal data."""
    record = await service.quarantine.take(service.pool, id)
    return {
        "id": id,
        "source": record.source,
        "record": record.record,
        "envelope": _envelope(record.headers),
        "bytes": len(record.body),
        "fact": json.loads(record.body) if record.stream and _is_json(record.body) else None,
    }


def _envelope(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith(("ce_", "log_"))}


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


@post("/quarantine/{id:int}/replay", status_code=200)
async def replay_quarantine(id: Number, data: JSONBody[Decision], service: Here, ask: Asking) -> dict[str, Any]:
    """Once more through the same door; what waited behind it follows. `replayed: false`: set aside again."""
    source = await service.pool.fetchval("select source from quarantine where id = $1", id)
    if source is None:
        raise NotFoundException
    match source:
        case "timers":
            door: Any = service.timers
        case _ if source == NOTICES and service.noticing:
            door = service.noticing.reader
        case _:
            door = service.inbox
    return {"id": id, "replayed": await door.replay(id, ask.caller.actor, data.reason)}


@post("/quarantine/{id:int}/discard", status_code=200)
async def discard_quarantine(id: Number, data: JSONBody[Decision], service: Here, ask: Asking) -> dict[str, Any]:
    """Give it up, with a reason: its mark moves on and what waited behind it follows."""
    await service.inbox.discard(id, ask.caller.actor, data.reason)
    return {"id": id, "discarded": True}


@get("/audit", opt={"query": AuditAsked})
async def read_audit(service: Here, ask: Asking, request: Request[Any, Any, Any]) -> dict[str, Any]:
    """审计记录, newest first: who looked at what, and why. The auditor sees all, everybody else the own actions."""
    wanted = query.asked(request, AuditAsked)
    conditions = [wanted.actor, wanted.action, wanted.subject, wanted.since, wanted.until]
    return await audit.entries(service.pool, ask.caller, conditions, wanted.before, wanted.limit)


@get("/clock")
async def show_clock(service: Here) -> dict[str, datetime]:
    """The town's time."""
    await service.clock.refresh()
    return {"now": service.now()}


@put("/clock")
async def set_clock(data: JSONBody[ClockSetting], service: Here) -> dict[str, datetime]:
    """Move the town's clock; only the embedded stack has one that moves."""
    if not service.settings.embedded:
        raise NotFoundException
    if data.at:
        await service.pool.execute("update town_clock set ahead = $1 - clock_timestamp()", data.at)
    if data.forward:
        await service.pool.execute("update town_clock set ahead = ahead + $1", data.forward)
    await service.clock.refresh()
    return {"now": service.now()}


HOUSE_ROUTES = [
    live,
    ready,
    metrics,
    read_journal,
    flow,
    integrity,
    list_quarantine,
    show_quarantine,
    replay_quarantine,
    discard_quarantine,
    read_audit,
    show_clock,
    set_clock,
]
