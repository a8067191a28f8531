"""Part by part: what each stage does alone, in one process, on a real PostgreSQL; the relay on the real wire.

`python -m ops.bench.parts` reads a `Job` as JSON and writes facts per second and CPU microseconds per fact. What is
heard lies ready in memory as it came over the wire, so that a part's own speed is seen.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvloop

from ops.bench.bare import BATCH, keep_orders
from ops.bench.orders import bodies
from ops.bench.sample import METERS, put_up, read
from ops.embedded.stack import ROOT
from services.dashboard.main import PLAN as DASHBOARD
from services.deliberation.main import PLAN as DELIBERATION
from services.intake.main import PLAN as INTAKE
from shared.events.base import Fact, derived, ref
from shared.events.intake import ComplaintReceived, ComplaintRouted, RouteTaken
from shared.events.vocabulary import Channel, ComplaintType, RouteTarget, Urgency
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, Base, change
from shared.plumbing.database import Clock, open_pool
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Plan, Service
from shared.plumbing.settings import Mode, Settings
from shared.plumbing.topics import WORK_ORDERS
from shared.rules.township import Role

CALLERS = 32
POOL = 8
ONE_IN = 20
"""So many routes for one that opens a topic."""
Record = tuple[str, list[tuple[str, bytes]], bytes]
"""source, headers, body: as heard."""


@dataclass(frozen=True)
class Job:
    """`databases`: the URLs of databases that the services' migrations (`meters`, `bare`: their schema) have made."""

    databases: dict[str, str]
    kafka: str
    keys: str
    orders: int


@dataclass
class Parts:
    """What was found."""

    per_s: dict[str, float] = field(default_factory=dict)
    cpu_us: dict[str, float] = field(default_factory=dict)

    async def take(self, name: str, count: int, work: Callable[[], Awaitable[object]]) -> None:
        """Do this work once and see how long it takes, and how much of this process's own time."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        wall, cpu = time.perf_counter(), time.process_time()
        await work()
        self.per_s[name] = count / (time.perf_counter() - wall)
        self.cpu_us[name] = (time.process_time() - cpu) / count * 1e6


# ---------------------------------------------------------------------------------------------- what is heard


def orders(count: int) -> list[Record]:
    """Work orders."""
    return [(WORK_ORDERS, [], body) for body in bodies(count, until=datetime.now(UTC), first=20_000_000)]


def said(fact: Fact, stream: UUID, version: int) -> Record:
    """A fact of intake, with every header it has on the wire."""
    name = ref(fact.kind, stream)
    headers = {
        "ce_specversion": "1.0",
        "ce_source": f"/fiveplusn/{fact.said_by}",
        "content-type": "application/json",
        "ce_id": f"{name}/{version}",
        "ce_type": fact.wire_type,
        "ce_subject": str(stream),
        "ce_time": datetime.now(UTC).isoformat(),
        "ce_dataschema": f"urn:fiveplusn:schema:{fact.wire_type}",
        "ce_stream": name,
        "ce_sequence": str(version),
        "ce_position": "1",
        "ce_actor": "service:",
        "ce_terms": "2019-01-01",
        "ce_causationid": "",
        "ce_correlationid": name,
        "log_epoch": "1",
    }
    body = fact.model_dump_json().encode()
    return f"{fact.said_by}.events", [(name, text.encode()) for name, text in headers.items()], body


def received(count: int) -> list[Record]:
    """Facts that the dashboard keeps."""
    now = datetime.now(UTC)
    return [
        said(
            ComplaintReceived(
                type=ComplaintType.COMPLAINT,
                channel=Channel.HOTLINE_12345,
                number=f"12345-{n:08d}",
                community="dahuichang",
                category="PARKING",
                place="dahuichang-estate",
                urgency=Urgency.ROUTINE,
                received_at=now,
                confidential=False,
            ),
            derived("bench", n),
            1,
        )
        for n in range(count)
    ]


def routed(count: int) -> list[Record]:
    """Routes: one in 20 asks deliberation for a topic, the others ask others."""
    return [
        said(
            ComplaintRouted(
                complaint=ref("complaint", derived("bench", n)),
                community="dahuichang",
                category="PARKING",
                place="dahuichang-estate",
                wanted=RouteTarget.TOPIC if n % ONE_IN == 0 else RouteTarget.ISSUE,
            ),
            derived("bench", "route", n),
            1,
        )
        for n in range(count)
    ]


def taken(count: int) -> list[Record]:
    """Facts of a kind that deliberation hears, of a type that it has no handler for."""
    complaint, target = ref("complaint", derived("bench", 0)), ref("topic", derived("bench", 1))
    return [said(RouteTaken(complaint=complaint, target=target), derived("bench", "route", n), 2) for n in range(count)]


# ---------------------------------------------------------------------------------------------- the stages


@asynccontextmanager
async def opened(plan: Plan[Any], job: Job) -> AsyncIterator[Service[Any]]:
    """A service without its background."""
    folder = Path(job.keys)
    service = await Service.open(
        plan,
        Settings(
            service=plan.name,
            mode=Mode.EMBEDDED,
            database_url=job.databases[plan.name],
            kafka=job.kafka,
            config=ROOT / "config",
            master_key_file=folder / "master.key",
            jwks_file=folder / "jwks.json",
        ),
    )
    try:
        yield service
    finally:
        await service.pool.close()


def batches(records: Sequence[Any], size: int = BATCH) -> Iterable[Sequence[Any]]:
    """As the listener gets them."""
    return (records[start : start + size] for start in range(0, len(records), size))


async def hear(inbox: Inbox, records: Sequence[Record]) -> None:
    """Everything, batch by batch; nothing may be set aside."""
    for batch in batches(records):
        heard = [inbox.read(source, "0/0", headers, body) for source, headers, body in batch]
        await inbox.absorb([h for h in heard if h])
    assert inbox.quarantined == inbox.parked == 0


async def intake(parts: Parts, job: Job) -> None:
    """The bare loop, intake, and the relay with what intake has said."""
    records = orders(job.orders)
    con = await asyncpg.connect(job.databases["bare"])

    async def plain() -> None:
        for batch in batches([body for _, _, body in records]):
            async with con.transaction():
                await keep_orders(con, batch)

    await parts.take("bare", len(records), plain)
    await con.close()
    async with opened(INTAKE, job) as service:
        await parts.take("intake", len(records), lambda: hear(service.inbox, records))
        await parts.take("known_orders", len(records), lambda: hear(service.inbox, records))
        facts = await service.pool.fetchval("select count(*) from outbox")
        await parts.take("relay", facts, lambda: relayed(service, facts))


async def relayed(service: Service[Any], facts: int) -> None:
    """Until the broker has acknowledged everything."""
    running = asyncio.create_task(service.relay.run())
    while service.relay.sent < facts:
        assert not running.done()
        await asyncio.sleep(0.005)
    service.relay.stop()
    await running


async def others(parts: Parts, job: Job) -> None:
    """Those who hear intake."""
    async with opened(DELIBERATION, job) as service:
        records = routed(job.orders)
        await parts.take("deliberation", len(records), lambda: hear(service.inbox, records))
        await parts.take("duplicates", len(records), lambda: hear(service.inbox, records))
        records = taken(job.orders)
        await parts.take("unhandled", len(records), lambda: hear(service.inbox, records))
    async with opened(DASHBOARD, job) as service:
        records = received(job.orders)
        await parts.take("dashboard", len(records), lambda: hear(service.inbox, records))


async def single(parts: Parts, job: Job) -> None:
    """One aggregate at a time, each with an idempotency key, 32 callers; and all of them on one aggregate."""
    pool = await open_pool(job.databases["meters"], "bench", POOL)
    clock = Clock(pool)
    await clock.refresh()
    base = Base(pool, clock, lambda _: "2019-01-01")
    person = Person("bench", Role.OPERATOR, Reach.TOWN)
    ids = [uuid4() for _ in range(max(CALLERS, job.orders // 10))]
    hot = [ids[0]] * max(CALLERS, job.orders // 50)

    def ask() -> Ask:
        return Ask(person, uuid4().hex, b"bench")

    async def crowd(those: Sequence[UUID], act: Callable[[UUID], Awaitable[Any]]) -> None:
        left = iter(those)

        async def caller() -> None:
            for id in left:
                await act(id)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))

    def birth(id: UUID) -> Awaitable[Any]:
        return change(base, METERS, id, ask(), put_up, "dahuichang-estate")

    def reading(id: UUID) -> Awaitable[Any]:
        return change(base, METERS, id, ask(), read)

    await parts.take("births", len(ids), lambda: crowd(ids, birth))
    await parts.take("changes", len(ids), lambda: crowd(ids, reading))
    await parts.take("hot", len(hot), lambda: crowd(hot, reading))
    assert await pool.fetchval("select readings from meters where id = $1", ids[0]) == len(hot) + 1
    await pool.close()


async def run(job: Job) -> dict[str, dict[str, float]]:
    """Every part."""
    parts = Parts()
    for part in (intake, others, single):
        await part(parts, job)
    return {"per_s": parts.per_s, "cpu_us": parts.cpu_us}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Job(**json.load(sys.stdin))))))
