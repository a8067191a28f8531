"""(e) A fact on the dashboard → the event at a browser: some readers of `/stream` while so many facts come per second.

The facts are heard in this process, by the dashboard's own inbox on the database of the running service, a few every
20 ms; each reader is a connection of its own. The clock starts when a batch is committed and stops when the event was read.

`python -m ops.bench.sse` reads a `Job` as JSON and writes milliseconds.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import httpx
import uvloop

from ops.bench.parts import Job as PartsJob
from ops.bench.parts import batches, hear, opened, received
from ops.embedded.keys import Bearer, Keys
from services.dashboard.main import PLAN as DASHBOARD

PER_S = 1_000
EVERY_S = 0.02
READERS = 4
LIMIT_S = 60.0


@dataclass(frozen=True)
class Job(PartsJob):
    """`address`: of the running dashboard."""

    address: str = ""


class Reader:
    """A browser; `seen`: when each number was read."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}
        self.listening = asyncio.Event()

    async def run(self, http: httpx.AsyncClient, job: Job, token: str) -> None:
        """Until cancelled."""
        headers = {"Authorization": f"Bearer {token}"}
        async with http.stream("GET", f"{job.address}/stream", headers=headers) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    self.seen.setdefault(int(line[4:]), time.perf_counter())
                    self.listening.set()


async def run(job: Job) -> dict[str, float]:
    """Milliseconds from commit to reader."""
    token = Keys(Path(job.keys).parent).token(Bearer("operator"), now=datetime.now(UTC), lifetime=timedelta(hours=2))
    readers, committed = [Reader() for _ in range(READERS)], dict[int, float]()
    async with opened(DASHBOARD, job) as service, httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:
        tasks = [asyncio.create_task(reader.run(http, job, token)) for reader in readers]
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*(reader.listening.wait() for reader in readers))
        next_at, last = time.perf_counter(), int(await service.pool.fetchval("select last from numbering"))
        for batch in batches(received(job.orders), int(PER_S * EVERY_S)):
            await hear(service.inbox, batch)
            now = time.perf_counter()
            committed |= dict.fromkeys(range(last + 1, last + len(batch) + 1), now)
            last += len(batch)
            next_at += EVERY_S
            await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
        async with asyncio.timeout(LIMIT_S):
            while not all(last in reader.seen for reader in readers):  # noqa: ASYNC110 -- it comes over a socket
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    took = [max(0.0, reader.seen[n] - at) * 1000 for reader in readers for n, at in committed.items()]
    cut = quantiles(took, n=100, method="inclusive")
    return {"p50": cut[49], "p99": cut[98]}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Job(**json.load(sys.stdin))))))
