"""The whole measurement, on embedded stacks of its own."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import shared.plumbing.migrate
from ops.bench import bare, http, parts, pipeline, sse, views
from ops.bench.ground import Ground, Say, ground
from ops.bench.orders import bodies
from ops.bench.report import machine
from ops.bench.sample import METADATA

EVERYTHING = ("http", "pipeline", "parts", "views", "sse", "journeys")
_SCHEMA = sorted(Path(shared.plumbing.migrate.__file__).parent.glob("schema_*.sql"))


async def bench(data: Path, orders: int, only: Collection[str], say: Say) -> dict[str, Any]:
    """`bench.json`: what was asked for, each on a new stack, with the services that it needs and no others."""
    found: dict[str, Any] = {"orders": orders}
    if "http" in only:
        async with ground(data / "http", ("intake",)) as here:
            found["machine"] = await machine(here)
            found |= await http.measure(here, max(20, orders // 25), say)
            found["http_ratio"] = found["http_create"]["32"]["per_s"] / found["http_bare_per_s"]
    if "pipeline" in only:
        async with ground(data / "town") as here:
            found.setdefault("machine", await machine(here))
            found |= await pipeline.measure(here, bodies(orders, until=datetime.now(UTC)))
            say(f"工单 → 下游：{found['pipeline_per_s']:.0f} 件/秒，对照 {found['bare_per_s']:.0f} 件/秒")
    if "parts" in only:
        async with ground(data / "parts", ("intake", "dashboard")) as here:
            found.setdefault("machine", await machine(here))
            two = await pipeline.ours(here, bodies(orders, until=datetime.now(UTC)))
            for name in here.stack.services:
                await here.stack.stop_service(name)
            seen = await _parts(here, orders)
            found["parts_per_s"] = seen["per_s"] | {"end_to_end": two["per_s"]}
            found["parts_cpu_us"] = seen["cpu_us"]
            found["relay_per_s"] = seen["per_s"]["relay"]
    if "views" in only:
        async with ground(data / "views", ("intake",)) as here:
            found.setdefault("machine", await machine(here))
            await here.stack.stop_service("intake")
            keys = str(here.stack.keys.master_key.parent)
            looks = views.Job({"intake": here.url("intake")}, here.stack.broker.address, keys, orders)
            found["views_ms"] = await here.ask("ops.bench.views", looks)
    if "sse" in only:
        async with ground(data / "sse", ("intake", "dashboard")) as here:
            found.setdefault("machine", await machine(here))
            keys, address = str(here.stack.keys.master_key.parent), here.stack.broker.address
            databases = {"dashboard": here.stack.postgres.url("dashboard")}
            listens = sse.Job(databases, address, keys, orders, here.stack.urls["dashboard"])
            found["sse_ms"] = await here.ask("ops.bench.sse", listens)
    if "journeys" in only:
        async with ground(data / "journeys", ("intake", "dashboard")) as here:
            found.setdefault("machine", await machine(here))
            await here.stack.stop_service("dashboard")
            keys, address = str(here.stack.keys.master_key.parent), here.stack.broker.address
            job = parts.Job({"dashboard": here.stack.postgres.url("dashboard")}, address, keys, orders)
            found["journeys_ms"] = await here.ask("ops.bench.journeys", job)
    return found


async def _parts(here: Ground, orders: int) -> Any:
    plumbing = [script.read_text() for script in _SCHEMA]
    tables = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in METADATA.sorted_tables]  # type: ignore[no-untyped-call]
    databases = {
        "bare": await here.database("parts_bare", bare.SCHEMA),
        "meters": await here.database("parts_meters", ";".join([*plumbing, *tables])),
    }
    for service in ("intake", "deliberation", "dashboard"):
        databases[service] = await here.database(f"parts_{service}")
        await asyncio.to_thread(shared.plumbing.migrate.upgrade, service, databases[service])
    keys = here.stack.keys.master_key.parent
    return await here.ask("ops.bench.parts", parts.Job(databases, here.stack.broker.address, str(keys), orders))
