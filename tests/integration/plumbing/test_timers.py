"""Timers: each fires exactly once, at its moment of the town's time, whoever polls and however late."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest_asyncio

from shared.plumbing.change import Base, change
from shared.plumbing.database import Connection
from shared.plumbing.quarantine import Quarantine
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work
from tests.support.sample import BOXES, METADATA, Box, fill, open_box, shut
from tests.support.servers import KEYS, Server, ask, base


@pytest_asyncio.fixture(loop_scope="session")
async def home(postgres: Server) -> AsyncIterator[Base]:
    async with postgres.database(METADATA) as url, base(url, 20) as opened:
        yield opened


def clockwork(home: Base) -> Timers:
    """Timers that shut a box when its time has come."""
    timers = Timers("sample", home, Quarantine("sample", KEYS.quarantine))

    @timers.at(BOXES, "closing")
    async def close(work: Work, con: Connection, held: Held[Box], timer: Timer) -> None:
        assert held.state is None or held.state.total != 13, "a rule that cannot cope"
        held.change(shut)

    return timers


async def boxes(home: Base, count: int, after: timedelta) -> list[UUID]:
    """So many open boxes that close after this."""
    ids = [uuid4() for _ in range(count)]
    due = home.clock.now() + after
    for id in ids:
        await change(home, BOXES, id, ask(), open_box, "here", due)
    return ids


async def forward(home: Base, by: timedelta) -> None:
    await home.pool.execute("update town_clock set ahead = ahead + $1", by)
    await home.clock.refresh()


async def test_a_timer_fires_when_the_towns_clock_says_so_and_not_before(home: Base) -> None:
    [id] = await boxes(home, 1, timedelta(days=30))
    timers = clockwork(home)
    assert await timers.fire() == 0
    await forward(home, timedelta(days=29))
    assert await timers.fire() == 0
    await forward(home, timedelta(days=2))
    assert await timers.fire() == 1
    said = await home.pool.fetchrow(
        "select occurred_at, recorded_at from journal where stream = $1 and version = 2", id
    )
    opened = await home.pool.fetchrow("select closes_at from boxes where id = $1", id)
    assert said["occurred_at"] == opened["closes_at"]
    assert said["recorded_at"] > said["occurred_at"] + timedelta(hours=12)


async def test_many_pollers_fire_each_timer_once(home: Base) -> None:
    await boxes(home, 60, timedelta(0))
    pollers = [clockwork(home) for _ in range(4)]
    fired = await asyncio.gather(*(timers.fire() for timers in pollers))
    assert sum(fired) == 60
    assert await home.pool.fetchval("select count(*) from journal where type like '%BoxShut%'") == 60
    assert await home.pool.fetchval("select count(*) from timers") == 0


async def test_a_timer_that_was_picked_waits_when_the_clock_is_set_back_before_its_turn(home: Base) -> None:
    await boxes(home, 2, timedelta(0))
    timers = Timers("sample", home, Quarantine("sample", KEYS.quarantine))

    @timers.at(BOXES, "closing")
    async def close(work: Work, con: Connection, held: Held[Box], timer: Timer) -> None:
        held.change(shut)
        await forward(home, -timedelta(days=1))

    assert await timers.fire() == 1
    assert await home.pool.fetchval("select count(*) from timers") == 1
    await forward(home, timedelta(days=2))
    assert await timers.fire() == 1
    early = "select count(*) from journal where recorded_at < occurred_at - interval '12 hours'"
    assert await home.pool.fetchval("select count(*) from timers") == 0
    assert await home.pool.fetchval(early) == 1, "the one in whose own turn the clock went back"


async def test_a_timer_and_a_change_of_the_same_box_do_not_wait_for_each_other_in_a_circle(home: Base) -> None:
    ids = await boxes(home, 20, timedelta(0))
    timers = clockwork(home)

    async def refill(id: UUID) -> None:
        try:
            await change(home, BOXES, id, ask(), fill, 1)
        except Exception as refused:
            assert "shut" in str(refused)

    await asyncio.gather(timers.fire(), *(refill(id) for id in ids), timers.fire())
    await timers.fire()
    assert await home.pool.fetchval("select count(*) from boxes where state = 'SHUT'") == 20


async def test_a_timer_whose_rule_fails_waits_in_quarantine_and_stops_nobody(home: Base) -> None:
    bad, good = await boxes(home, 2, timedelta(hours=1))
    await change(home, BOXES, bad, ask(), fill, 13)
    timers = clockwork(home)
    await forward(home, timedelta(hours=2))
    await timers.fire()
    assert await home.pool.fetchval("select state from boxes where id = $1", good) == "SHUT"
    entry = await home.pool.fetchrow("select id, source, record from quarantine")
    assert (entry["source"], entry["record"]) == ("timers", f"box/{bad}/closing/1")
    await change(home, BOXES, bad, ask(), fill, 1)
    await timers.replay(entry["id"], "operator::t", "mended")
    assert await timers.fire() == 1
    assert await home.pool.fetchval("select state from boxes where id = $1", bad) == "SHUT"
