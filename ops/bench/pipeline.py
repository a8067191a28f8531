"""(b) Work orders on the border topic → rows in intake → facts at the others; (c) the same by a bare loop.

The orders are on the topic before the reader starts. The clock starts when the first rows are seen, and these are not
counted: neither Python's start nor joining a consumer group is measured. A few thousand orders, which are over in a few
batches, say nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from ops.bench.bare import SCHEMA
from ops.bench.ground import Ground
from ops.bench.wire import FACTS, committed, fill, make_topic
from ops.embedded.processes import StackError
from shared.plumbing.topics import WORK_ORDERS

LIMIT = 600.0
_POLL = 0.05
_SAID = "select count(*) from journal where kind = 'complaint'"
_MARKS = "select sum(version) from inbox where reader = 'dashboard' and kind = 'complaint'"
_WROTE = """
select count(*) filter (where recorded_at > start) / nullif(extract(epoch from max(recorded_at) - min(start)), 0)
from (select recorded_at, min(recorded_at) over () as start from journal where kind = 'complaint') said
"""


async def ours(here: Ground, bodies: Sequence[bytes]) -> dict[str, float]:
    """Orders per second until all rows, all marks of the dashboard, and deliberation at the end of what it reads."""
    stack, count = here.stack, len(bodies)
    await stack.stop_service("intake")
    await fill(stack.broker.address, WORK_ORDERS, ((b"%d" % n, body) for n, body in enumerate(bodies)))
    intake, dashboard = await asyncpg.connect(here.url("intake")), await asyncpg.connect(here.url("dashboard"))
    try:
        stack.start_service("intake")

        async def done() -> bool:
            """The cheap question first, the exact ones only when it says yes."""
            if await dashboard.fetchval("select last from numbering") < count:
                return False
            rows = await intake.fetchval("select count(*) from complaints")
            said, heard = await intake.fetchval(_SAID), await dashboard.fetchval(_MARKS)
            if rows != count or said < count or said != heard:
                return False
            if "deliberation" not in stack.services:
                return True
            everything = await intake.fetchval("select count(*) from journal")
            return bool(await committed(stack.broker.address, "deliberation", "intake.events") >= everything)

        per_s = await _rate(lambda: intake.fetchval("select count(*) from complaints"), done, count)
        await stack.ready("intake")
        return {"per_s": per_s, "intake_per_s": float(await intake.fetchval(_WROTE) or 0)}
    finally:
        await intake.close()
        await dashboard.close()


async def bare(here: Ground, bodies: Sequence[bytes]) -> float:
    """The same orders from the same topic by two bare processes."""
    dsn = await here.database("bare_loop", SCHEMA)
    await make_topic(here.stack.broker.address, FACTS)
    con = await asyncpg.connect(dsn)
    try:
        async with (
            here.process(["ops.bench.bare", "second"], FIVEPLUSN_DATABASE_URL=dsn),
            here.process(["ops.bench.bare", "first"], FIVEPLUSN_DATABASE_URL=dsn),
        ):

            async def done() -> bool:
                return bool(await con.fetchval("select count(*) from facts") >= len(bodies))

            return await _rate(lambda: con.fetchval("select count(*) from orders"), done, len(bodies))
    finally:
        await con.close()


async def _rate(rows: Callable[[], Awaitable[int]], done: Callable[[], Awaitable[bool]], count: int) -> float:
    limit = time.monotonic() + LIMIT
    while not (already := await rows()):
        await _pause(limit)
    start = time.perf_counter()
    while not await done():
        await _pause(limit)
    return max(count - already, 1) / (time.perf_counter() - start)


async def _pause(limit: float) -> None:
    if time.monotonic() > limit:
        raise StackError("bench_failed", f"{LIMIT:.0f} 秒内未处理完毕")
    await asyncio.sleep(_POLL)


async def measure(here: Ground, bodies: Sequence[bytes]) -> dict[str, Any]:
    """(b) and (c) on the same stack; the services stand still while the bare loop runs."""
    found = await ours(here, bodies)
    resident = here.resident()
    for name in here.stack.services:
        await here.stack.stop_service(name)
    plain = await bare(here, bodies)
    return {
        "pipeline_per_s": found["per_s"],
        "pipeline_intake_per_s": found["intake_per_s"],
        "bare_per_s": plain,
        "ratio": found["per_s"] / plain,
        "rss_mb": resident,
        "start_s": here.start_s,
    }
