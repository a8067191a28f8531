"""A rolling upgrade: the older and the newer version side by side, on the same databases and topics, under load."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.backup.forks import find_forks
from shared.plumbing.change import Base, change
from tests.integration.plumbing.test_timers import boxes, clockwork, home
from tests.support.pair import Pair, pair_on, until
from tests.support.sample import BOXES as BOX_KIND
from tests.support.sample import box_id, fill
from tests.support.servers import Server, ask

__all__ = ["home"]

GROWN, SHRUNK = "tests.support.grown", "tests.support.shrunk"
EXPAND = "alter table boxes add column place text not null default 'here'"
BOXES, MOVED = 8, 1000


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


@dataclass
class Load:
    """Fills all boxes all the time, at every replica it is told of; counts what was acknowledged per box."""

    pair: Pair
    replicas: list[str]
    notes: set[str] = field(default_factory=set)
    filled: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(BOXES), 0))
    moved: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(BOXES), 0))
    rounds: int = 0

    async def once(self) -> None:
        """Each box at every replica, all at the same time; a replica of `notes` moves it, too."""
        async with self.pair.client() as client:

            async def fill(n: int, replica: str) -> None:
                body: dict[str, Any] = {"amount": 1}
                if replica in self.notes:
                    body["note"] = f"place-{self.rounds}"
                url = f"{self.pair.urls[replica]}/boxes/{box_id(n)}/fill"
                (await client.post(url, content=json.dumps(body))).raise_for_status()
                self.filled[n] += 1
                self.moved[n] += replica in self.notes

            await asyncio.gather(*(fill(n, replica) for n in range(BOXES) for replica in self.replicas))
        self.rounds += 1

    async def rounds_more(self, count: int) -> None:
        """Wait for so many rounds more."""
        wanted = self.rounds + count

        async def there() -> bool:
            return self.rounds >= wanted

        await until(there, f"{count} rounds more")

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """All the time. A request that is refused fails the test."""
        over = asyncio.Event()

        async def go() -> None:
            while not over.is_set():
                await self.once()

        loading = asyncio.create_task(go())
        try:
            yield
        finally:
            over.set()
            await loading

    async def settled(self) -> None:
        """Wait until the listener has heard every box to its end."""
        facts = BOXES + sum(self.filled.values()) + sum(self.moved.values())

        async def heard() -> bool:
            found = await self.pair.query("listener", "select coalesce(sum(version), 0) as n from inbox")
            return bool(found[0]["n"] == facts)

        await until(heard, f"{facts} facts are heard")


async def leaves(pair: Pair, name: str) -> None:
    """A replica is stopped in good order."""
    await pair.children[name].stop((signal.SIGTERM, 20))
    assert pair.children[name].code == 0, "it had to be killed"


async def opened(pair: Pair) -> Load:
    """The older version of both; all boxes are open."""
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.ready("listener")
    await pair.fill(BOXES, 0)
    return Load(pair, ["sample"])


async def newer(pair: Pair, service: str) -> str:
    """A replica of the newer version joins."""
    name = pair.start(service, plan=f"{GROWN}:{service.upper()}_GROWN", replica=1)
    await pair.ready(name)
    return name


async def nothing_is_wrong(pair: Pair) -> None:
    """Nothing in quarantine, nothing parked, no gap, no fork."""
    for service in ("sample", "listener"):
        assert await pair.query(service, "select code, reason from quarantine") == []
        assert await pair.query(service, "select stream from parked") == []
        gaps = "select stream from journal group by stream having count(*) <> max(version) or min(version) <> 1"
        assert await pair.query(service, gaps) == []
    assert (await find_forks(pair.databases)).forks == []


async def integrity(pair: Pair, name: str) -> int:
    async with pair.client() as client:
        return (await client.get(f"{pair.urls[name]}/integrity")).status_code


async def test_consumers_first_then_producers_and_every_fact_has_its_effect(pair: Pair) -> None:
    load = await opened(pair)
    async with load.going():
        await load.rounds_more(2)
        listener = await newer(pair, "listener")
        await load.rounds_more(2)
        await leaves(pair, "listener")
        await load.rounds_more(2)
        await pair.query("sample", EXPAND)
        await load.rounds_more(2)
        sample = await newer(pair, "sample")
        load.notes.add(sample)
        load.replicas.append(sample)
        await load.rounds_more(4)
        load.replicas.remove("sample")
        await load.rounds_more(2)
        await leaves(pair, "sample")
        await load.rounds_more(2)
    await load.settled()
    await nothing_is_wrong(pair)
    heard = await pair.heard()
    for n in range(BOXES):
        filled, moved = load.filled[n], load.moved[n]
        assert moved > 0
        assert heard[f"box/{box_id(n)}"] == (filled + moved * MOVED, 1 + filled + moved)
    assert [await integrity(pair, name) for name in (sample, listener)] == [200, 200]
    places = await pair.query("sample", "select distinct place from boxes")
    assert all(row["place"].startswith("place-") for row in places)


async def test_the_older_version_can_come_back_after_new_facts_were_said(pair: Pair) -> None:
    load = await opened(pair)
    await pair.query("sample", EXPAND)
    sample = await newer(pair, "sample")
    load.replicas, load.notes = [sample], {sample}
    async with load.going():
        await load.rounds_more(3)
    await load.settled()
    await leaves(pair, sample)
    async with load_of_the_older(load):
        await load.rounds_more(3)
    await load.settled()
    await nothing_is_wrong(pair)
    heard = await pair.heard()
    for n in range(BOXES):
        assert load.moved[n] > 0
        assert heard[f"box/{box_id(n)}"] == (load.filled[n], 1 + load.filled[n])
    assert await integrity(pair, "sample") == 409
    await newer(pair, "sample")
    assert await integrity(pair, sample) == 200


@asynccontextmanager
async def load_of_the_older(load: Load) -> AsyncIterator[None]:
    load.replicas, load.notes = ["sample"], set()
    async with load.going():
        yield


async def test_a_contract_that_shrank_ends_in_quarantine(pair: Pair) -> None:
    load = await opened(pair)
    await load.once()
    await load.settled()
    pair.start("sample", plan=f"{SHRUNK}:SAMPLE_SHRUNK", replica=1)
    await pair.ready("sample-1")
    load.replicas = ["sample-1"]
    await load.once()

    async def set_aside() -> bool:
        found = await pair.query("listener", "select code from quarantine where state = 'OPEN'")
        return [row["code"] for row in found] == ["invalid"] * BOXES

    await until(set_aside, "every filling of the new kind is in quarantine")
    heard = await pair.heard()
    assert set(heard.values()) == {(1, 2)}


async def test_the_older_version_leaves_a_timer_of_the_newer_one_alone(home: Base) -> None:
    [id] = await boxes(home, 1, timedelta(0))
    await home.pool.execute("insert into timers values ('box', $1, 'airing', 1, now() - interval '1 day')", id)
    assert await clockwork(home).fire() == 1
    assert await home.pool.fetchval("select count(*) from quarantine") == 0
    assert await home.pool.fetchval("select array_agg(name) from timers") == ["airing"]


async def test_a_new_word_in_a_column_is_too_early_while_the_older_version_runs(home: Base) -> None:
    [id] = await boxes(home, 1, timedelta(days=1))
    await home.pool.execute("update boxes set state = 'SEALED' where id = $1", id)
    with pytest.raises(KeyError):
        await change(home, BOX_KIND, id, ask(), fill, 1)
