"""The bare things that ours is compared with, each a process: `python -m ops.bench.bare (http|first|second)`.

`http`: parse the JSON, one INSERT, answer 201. `first`: read work orders, validate them, insert 1,000 at a time, send
what became of them, commit the offsets. `second`: read that, insert 1,000 at a time, commit. No journal, no chain, no
outbox, no marks, no vault, no keys: what is lost or doubled by a crash stays so. The same event loop, the same settings
of the garbage collector and the same way of sending as ours.
"""

import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ops.bench.wire import FACTS, send
from services.intake.domain.asked import WorkOrder
from shared.plumbing.topics import WORK_ORDERS

POOL = 8
"""Connections, as many as a service has."""
BATCH = 1000
SCHEMA = """
create table posted (id uuid primary key, body json not null);
create table orders (number text primary key, received_at timestamptz not null, body text not null);
create table facts (number text primary key, data json not null);
"""
_ORDERS = (
    "insert into orders select * from unnest($1::text[], $2::timestamptz[], $3::text[]) on conflict (number) do nothing"
)
_FACTS = "insert into facts select * from unnest($1::text[], $2::json[]) on conflict (number) do nothing"

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Door:
    """An ASGI application with one INSERT."""

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Lifespan or one request."""
        if scope["type"] == "lifespan":
            await receive()
            self.pool = await asyncpg.create_pool(_dsn(), min_size=1, max_size=POOL)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        said, id = json.loads(body), uuid4()
        await self.pool.execute("insert into posted values ($1, $2)", id, json.dumps(said, ensure_ascii=False))
        answer = json.dumps({"id": str(id)}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


async def keep_orders(con: Any, raw: Sequence[bytes]) -> list[WorkOrder]:
    """Validate and insert one batch."""
    found = [WorkOrder.model_validate_json(body) for body in raw]
    columns = [o.number for o in found], [o.received_at for o in found], [body.decode() for body in raw]
    await con.execute(_ORDERS, *columns)
    return found


async def first() -> None:
    """Work orders → rows → facts."""
    producer = AIOKafkaProducer(bootstrap_servers=_kafka(), acks="all", max_batch_size=262_144)
    await producer.start()
    hidden = {"title", "content", "complainant"}

    async def absorb(con: Any, raw: Sequence[bytes]) -> None:
        found = await keep_orders(con, raw)
        facts = [(order.number.encode(), order.model_dump_json(exclude=hidden).encode()) for order in found]
        await send(producer, FACTS, facts)

    await _read(WORK_ORDERS, "bare-first", absorb)


async def second() -> None:
    """Facts → rows."""

    async def absorb(con: Any, raw: Sequence[bytes]) -> None:
        await con.execute(_FACTS, [json.loads(body)["number"] for body in raw], [body.decode() for body in raw])

    await _read(FACTS, "bare-second", absorb)


async def _read(topic: str, group: str, absorb: Callable[[Any, Sequence[bytes]], Awaitable[None]]) -> None:
    con = await asyncpg.connect(_dsn())
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=_kafka(),
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    while True:
        records = await consumer.getmany(timeout_ms=20, max_records=BATCH)
        if raw := [record.value for those in records.values() for record in those]:
            await absorb(con, raw)
            await consumer.commit()


def _dsn() -> str:
    return os.environ["FIVEPLUSN_DATABASE_URL"]


def _kafka() -> str:
    return os.environ["FIVEPLUSN_KAFKA"]


if __name__ == "__main__":
    match sys.argv[1]:
        case "http":
            port = int(os.environ["FIVEPLUSN_PORT"])
            uvicorn.run(Door(), port=port, loop="uvloop", http="httptools", log_config=None, access_log=False)
        case "first":
            uvloop.run(first())
        case _:
            uvloop.run(second())
