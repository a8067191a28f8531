"""What is only unwell now is tried again later; it stops nobody else, and nobody waits for ever."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from shared.plumbing.change import Base
from shared.plumbing.database import Clock, Conflict, _Bounded, open_pool
from shared.plumbing.timers import Timers
from shared.plumbing.turn import Turn
from tests.integration.plumbing.test_inbox import House, house, life
from tests.integration.plumbing.test_timers import boxes, clockwork, home
from tests.support.pair import until
from tests.support.sample import METADATA, POISON
from tests.support.servers import Server

__all__ = ["home", "house"]


async def test_a_timer_that_cannot_fire_now_does_not_stop_those_behind_it(
    home: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, *others = await boxes(home, 4, timedelta(0))
    await home.pool.execute("update timers set due_at = due_at - interval '1 hour' where subject = $1", held)
    real = Timers._once

    async def locked(self: Timers, kind: str, timer) -> int:
        if timer.subject == held:
            raise TimeoutError
        return await real(self, kind, timer)

    monkeypatch.setattr(Timers, "_once", locked)
    timers = clockwork(home)
    assert await timers.fire() == len(others)
    with pytest.raises(TimeoutError):
        await timers.fire()
    monkeypatch.setattr(Timers, "_once", real)
    assert await timers.fire() == 1


async def test_who_gets_no_connection_is_told_so(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Bounded, "WAIT", 0.2)
    async with postgres.database(METADATA) as url:
        pool = await open_pool(url, "test", 1)
        async with pool.acquire():
            with pytest.raises(TimeoutError):
                await pool.fetchval("select 1")
        assert await pool.fetchval("select 1") == 1
        await pool.close()


SLEW = timedelta(milliseconds=5)
"""By so much a machine's two clocks may part within a second."""


class Slow:
    """A database whose answer takes a while, or that is away; its town is two days ahead."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.away = False
        self.refused = 0

    async def fetchval(self, _: str) -> datetime:
        if self.away:
            self.refused += 1
            raise ConnectionRefusedError
        town = datetime.now(UTC) + timedelta(days=2)
        await asyncio.sleep(self.seconds)
        return town


async def test_the_clock_is_never_ahead_of_the_town_and_a_slow_answer_does_not_set_it_back() -> None:
    database = Slow()
    clock = Clock(database)  # type: ignore[arg-type]
    await clock.refresh()
    database.seconds = 0.3
    await clock.refresh()
    before = datetime.now(UTC) + timedelta(days=2)
    seen = clock.now()
    after = datetime.now(UTC) + timedelta(days=2)
    assert before - timedelta(seconds=0.3) < seen < after + SLEW


async def test_while_the_database_is_away_the_clock_goes_on() -> None:
    database = Slow()
    clock = Clock(database)  # type: ignore[arg-type]
    await clock.refresh()
    database.away = True
    keeping = asyncio.create_task(clock.keep())
    before, began = clock.now(), time.monotonic()

    async def asked_again() -> bool:
        return database.refused >= 2

    await until(asked_again, "the database is asked again and again")
    passed = timedelta(seconds=time.monotonic() - began)
    assert clock.now() - before >= passed - SLEW
    assert not keeping.done()
    database.away = False
    keeping.cancel()


async def test_a_race_that_is_lost_again_and_again_sets_no_record_aside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Turn, con: object) -> None:
        raise Conflict("inbox")

    with monkeypatch.context() as patched:
        patched.setattr(Turn, "settle", lost)
        with pytest.raises(Conflict):
            await house.hear(life(house.inbox, 1, 5)[0])
    assert await house.inbox.quarantine.entries(house.base.pool, None) == []
    await house.hear(*life(house.inbox, 1, 5))
    assert await house.mark(1) == 2


async def test_a_parked_fact_that_fails_when_its_turn_comes_waits_in_quarantine_alone(house: House) -> None:
    one, two, three = life(house.inbox, 1, 5, POISON)
    await house.hear(one, three)
    await house.hear(two)
    assert await house.base.pool.fetchval("select count(*) from parked") == 0
    [entry] = await house.inbox.quarantine.entries(house.base.pool, "OPEN")
    assert (entry["version"], await house.mark(1)) == (3, 2)


async def test_a_fact_parked_while_another_member_moved_the_mark_follows_the_next_one(house: House) -> None:
    one, _, three, four = life(house.inbox, 1, 5, 6, 7)
    await house.hear(one, three)
    await house.base.pool.execute("update inbox set version = 2")  # the other one heard the second, and saw no third
    await house.hear(four)
    assert await house.mark(1) == 4
    assert await house.base.pool.fetchval("select count(*) from parked") == 0


async def test_a_slow_batch_is_absorbed_in_portions(house: House) -> None:
    house.inbox.portion_s = -1
    records = life(house.inbox, 1, 5, 6, 7)
    assert len(await house.inbox.absorb_some(records)) == 3
    await house.inbox.absorb(records)
    assert await house.mark(1) == 4
