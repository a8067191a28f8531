"""I13: whoever listens gets every fact of their scope once and in order, whichever replica dies; and a dashboard that is
built again from empty says the same as before."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from ops.client import OPERATOR, Address, Client
from ops.demo.town import DISPATCHER
from ops.embedded.keys import Bearer
from ops.embedded.stack import Stack
from tests.e2e.test_town import complaint, fiveplusn
from tests.support import choice
from tests.support.nursery import Forked
from tests.support.pair import until

HERE, THERE = Bearer("secretary", ("dahuichang",)), Bearer("secretary", ("zhangguozhuang",))
READERS = 8
"""So many of each kind of reader."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Intake, and the dashboard twice."""
    stack = Stack(tmp_path_factory.mktemp("town"), servers=choice.town, child=Forked, services=("intake", "dashboard"))
    await stack.up()
    await stack.ready("dashboard-1", stack.start_service("dashboard", 1))
    yield stack
    await stack.down()


@pytest_asyncio.fixture(loop_scope="session")
async def client(town: Stack) -> AsyncIterator[Client]:
    async with Client(Address.read(town.data)) as opened:
        yield opened


class Subscriber:
    """A reader that comes again after the last number it heard, at whichever replica answers."""

    def __init__(self, client: Client, who: Bearer, urls: list[str], query: str = "") -> None:
        self._headers = {"Authorization": f"Bearer {client.token(who)}"}
        self.who, self._urls, self._query = who, urls, query
        self.facts: list[dict[str, Any]] = []
        self.last, self.turns = "0", 0

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            while True:
                url = self._urls[self.turns % len(self._urls)]
                self.turns += 1
                with suppress(httpx.HTTPError):
                    headers = self._headers | {"Last-Event-ID": self.last}
                    async with http.stream("GET", f"{url}/stream?{self._query}", headers=headers) as answer:
                        if answer.status_code == 200:
                            await self._listen(answer)
                await asyncio.sleep(0.05)  # as any reader pauses before it comes again

    async def _listen(self, answer: httpx.Response) -> None:
        event: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, colon, value = line.partition(": ")
            if line and colon:
                event[name] = value
            elif not line:
                if "data" in event and "event" not in event:
                    self.facts.append(json.loads(event["data"]))
                self.last = event.get("id", self.last)
                event = {}


async def query(town: Stack, sql: str) -> list[asyncpg.Record]:
    con = await asyncpg.connect(town.postgres.url("dashboard"))
    try:
        return await con.fetch(sql)
    finally:
        await con.close()


async def say(client: Client, count: int) -> None:
    """Demands of both communities."""
    for n in range(count):
        community = ("dahuichang", "zhangguozhuang")[n % 2]
        await client.post("intake", "/complaints", DISPATCHER, complaint(community=community))


async def heard_all(town: Stack, subscribers: list[Subscriber], demands: int) -> None:
    """Each of them has what the log has in their scope, when it has so many demands: the same numbers, in order, once."""
    scopes = {OPERATOR: "true"} | {who: f"community = '{who.communities[0]}'" for who in (HERE, THERE)}
    numbers: dict[Bearer, list[int]] = {}

    async def complete() -> bool:
        known = await query(town, "select count(distinct stream) as streams from facts where kind = 'complaint'")
        for who, scope in scopes.items():
            rows = await query(town, f"select number from facts where {scope} order by number")
            numbers[who] = [row["number"] for row in rows]
        return known[0]["streams"] == demands and all(len(one.facts) >= len(numbers[one.who]) for one in subscribers)

    await until(complete, "everybody has heard as much as there is")
    for one in subscribers:
        assert [fact["number"] for fact in one.facts[: len(numbers[one.who])]] == numbers[one.who]
        assert len({fact["id"] for fact in one.facts}) == len(one.facts)


async def test_nobody_misses_or_hears_twice_what_a_killed_replica_was_telling(town: Stack, client: Client) -> None:
    urls = [town.urls["dashboard"], f"http://127.0.0.1:{town.ports.take('dashboard-1')}"]
    subscribers = [
        Subscriber(client, who, urls if n % 2 else urls[::-1])
        for n in range(READERS)
        for who in (OPERATOR, HERE, THERE)
    ]
    running = [asyncio.create_task(one.run()) for one in subscribers]
    try:
        await say(client, 30)
        await heard_all(town, subscribers, 30)
        telling = asyncio.create_task(say(client, 60))
        await town.kill("dashboard-1")
        await telling
        await heard_all(town, subscribers, 90)
        await town.ready("dashboard-1", town.start_service("dashboard", 1))
        telling = asyncio.create_task(say(client, 60))
        await town.stop_service("dashboard")
        await telling
        await heard_all(town, subscribers, 150)
        town.start_service("dashboard")
        await town.ready("dashboard")
        await say(client, 20)
        await client.settled()
        await heard_all(town, subscribers, 170)
        assert all(one.turns > 1 for one in subscribers)
    finally:
        for task in running:
            task.cancel()
        await asyncio.wait(running)


async def test_built_again_from_empty_it_says_the_same(town: Stack, client: Client) -> None:
    await say(client, 20)
    await client.settled()
    before = await query(
        town, "select stream, version, community, departments::text, data::text from facts order by 1, 2"
    )
    last = (await query(town, "select last from numbering"))[0]["last"]
    rebuilding = asyncio.create_task(fiveplusn(town.data, "dashboard", "rebuild", "--verify", "--json"))
    await say(client, 20)
    code, out = await rebuilding
    assert code == 0, out
    found = json.loads(out)
    assert found["same"] and found["missing"] == 0
    assert found["before"] == found["after"]
    assert {"dahuichang", "zhangguozhuang"} <= found["before"]["communities"].keys()
    await client.settled()
    after = await query(
        town, "select stream, version, community, departments::text, data::text from facts order by 1, 2"
    )
    assert {tuple(row) for row in before} <= {tuple(row) for row in after}
    assert len(after) == len({(row["stream"], row["version"]) for row in after})
    assert (await query(town, "select min(number) as first from facts"))[0]["first"] > last
    assert await query(town, "select from pg_tables where tablename like '%_before'") == []


async def test_a_fact_that_is_not_the_same_again_is_found(town: Stack, client: Client) -> None:
    await client.settled()
    con = await asyncpg.connect(town.postgres.url("dashboard"))
    await con.execute(
        "update facts set community = 'zhangguozhuang' where number = "
        "(select min(number) from facts where community = 'dahuichang')"
    )
    await con.close()
    code, out = await fiveplusn(town.data, "dashboard", "rebuild", "--verify", "--json")
    assert code == 1, out
    assert not json.loads(out)["same"]
    await asyncio.gather(*(query(town, f"drop table {name}_before") for name in ("facts", "links")))
