"""The whole town under load: its broker comes back empty, and every service runs twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest_asyncio

from ops.client import OPERATOR, Address, Client
from ops.demo.town import DISPATCHER
from ops.embedded.stack import SERVICES, Stack
from tests.e2e.test_town import complaint
from tests.support.pair import until


@pytest_asyncio.fixture(loop_scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with Client(Address.read(stack.data)) as opened:
        yield opened


class Load:
    """Demands that come in all the time; the first that is refused ends the test."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self._over = asyncio.Event()

    async def run(self, client: Client) -> None:
        """One caller."""
        while not self._over.is_set():
            answer = await client.post("intake", "/complaints", DISPATCHER, complaint())
            self.accepted.append(answer["id"])

    async def more(self, demands: int) -> None:
        """Wait until so many more were accepted."""
        enough = len(self.accepted) + demands

        async def come() -> bool:
            return len(self.accepted) >= enough

        await until(come, f"{demands} more demands are accepted", 200)

    @asynccontextmanager
    async def on(self, *clients: Client) -> AsyncIterator["Load"]:
        """While this lasts."""
        self._over.clear()
        async with asyncio.TaskGroup() as group:
            for client in clients:
                for _ in range(2):
                    group.create_task(self.run(client))
            yield self
            self._over.set()


async def query(stack: Stack, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    con = await asyncpg.connect(stack.postgres.url(service))
    try:
        return await con.fetch(sql, *arguments)
    finally:
        await con.close()


async def check_everything_everywhere(stack: Stack, client: Client, accepted: list[str]) -> None:
    """Every fact of every journal is on the dashboard once and marked by all who hear it; all chains are sound."""
    await client.settled(120)
    flow = await client.flow()
    said: dict[str, list[tuple[str, str, int]]] = {}
    for name in SERVICES:
        if name == "dashboard":
            continue
        rows = await query(stack, name, "select kind, stream::text, version from journal order by stream, version")
        said[name] = [tuple(row) for row in rows]
        assert (await client.get(name, "/integrity", OPERATOR))["sound"] is True
    everything = sorted(fact for facts in said.values() for fact in facts)
    shown = await query(stack, "dashboard", "select kind, stream::text, version from facts")
    assert sorted(tuple(row) for row in shown) == everything
    assert set(accepted) <= {stream for kind, stream, _ in said["intake"] if kind == "complaint"}
    for name in SERVICES:
        hears = flow[name]["hears"]
        last: dict[tuple[str, str], int] = {}
        for kind, stream, version in everything:
            if hears is None or kind in hears:
                last[kind, stream] = max(version, last.get((kind, stream), 0))
        marks = await query(stack, name, "select kind, stream::text, version from inbox where version > 0")
        heard = {(row["kind"], row["stream"]): row["version"] for row in marks}
        own = {kind for kind, _, _ in said.get(name, ())}
        assert heard == {stream: version for stream, version in last.items() if stream[0] not in own}
        assert await query(stack, name, "select * from parked") == []
        assert await query(stack, name, "select * from quarantine where state = 'OPEN'") == []


async def test_a_broker_that_comes_back_empty_costs_the_town_no_fact_and_no_request(
    stack: Stack, client: Client
) -> None:
    async with Load().on(client) as load:
        await load.more(50)
        await stack.broker.kill()
        try:
            await load.more(100)
        finally:
            await stack.broker.start(empty=True)
            await stack.make_topics()
        await load.more(50)
    await check_everything_everywhere(stack, client, load.accepted)


async def test_a_town_in_which_every_service_runs_twice_has_every_effect_once(stack: Stack, client: Client) -> None:
    urls = {name: stack.start_service(name, replica=1) for name in SERVICES}
    try:
        await asyncio.gather(*(stack.ready(f"{name}-1", urls[name]) for name in SERVICES))
        other = Client(Address(urls, stack.broker.address, stack.data))
        async with other, Load().on(client, other) as load:
            await load.more(100)
            await asyncio.gather(*(stack.kill(f"{name}-1") for name in SERVICES if name != "intake"))
            await load.more(50)
        await check_everything_everywhere(stack, client, load.accepted)
    finally:
        await asyncio.gather(*(stack.kill(f"{name}-1") for name in SERVICES))
