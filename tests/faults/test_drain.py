"""SIGTERM: what was begun is finished, what was said is sent, and nobody who is away is waited for too long."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.support.logged import logged
from tests.support.pair import PARTITIONS, Pair, pair_on, until
from tests.support.sample import box_id
from tests.support.servers import Server

PATIENT, HASTY = ("--grace", "30"), ("--grace", "1")
"""So long may draining take: enough on a busy machine for what can end; short for what cannot end anyway."""
LIMIT = 90
"""More than any of them: the machine may be busy. Without a bound the process would never end."""
YOUNG = "GroupCoordinatorNotAvailableError"
"""What the library complains of while a new Apache Kafka makes its first group: no fault of the process that asks."""


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


def tell(pair: Pair, name: str, wanted: signal.Signals = signal.SIGTERM) -> None:
    pid = pair.children[name].pid
    assert pid is not None
    os.kill(pid, wanted)


async def ended_well(pair: Pair, name: str) -> None:
    """It ends by itself with 0 and has nothing to complain about."""
    child = pair.children[name]
    assert await child.ended(LIMIT), child.last_words()
    assert child.code == 0, child.last_words()
    lines = logged(child)
    assert [line for line in lines if line["level"] in ("error", "critical") and YOUNG not in line["event"]] == []
    said = [line["event"] for line in lines]
    assert "stopped" in said
    assert "drain_cut" not in said


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[None]:
    """Somebody holds this table, and nobody else comes to it."""
    con = await asyncpg.connect(url)
    try:
        async with con.transaction():
            await con.execute(f"lock table {table}")
            yield
    finally:
        await con.close()


async def write_until_refused(pair: Pair, first: int) -> list[int]:
    """Open one box after the other until the service is gone; those that were acknowledged."""
    acknowledged = []
    async with pair.client() as client:
        for n in range(first, first + 10_000):
            try:
                answer = await client.post(f"{pair.urls['sample']}/boxes/{box_id(n)}")
            except httpx.TransportError:
                break
            assert answer.status_code == 201, answer.text
            acknowledged.append(n)
    return acknowledged


async def stop_under_load(pair: Pair) -> list[int]:
    """Eight writers, and SIGTERM among their requests; what was acknowledged."""
    writers = [asyncio.create_task(write_until_refused(pair, 10_000 * n)) for n in range(8)]

    async def busy() -> bool:
        return len(await pair.query("sample", "select id from boxes limit 200")) == 200

    await until(busy, "there is something to lose")
    tell(pair, "sample")
    return [n for acknowledged in await asyncio.gather(*writers) for n in acknowledged]


async def test_told_to_go_under_load_it_loses_nothing_and_sends_everything(pair: Pair) -> None:
    pair.start("sample", "--without", "haste", *PATIENT)
    await pair.ready("sample")
    acknowledged = await stop_under_load(pair)
    await ended_well(pair, "sample")
    there = {row["id"] for row in await pair.query("sample", "select id from boxes")}
    assert there >= {box_id(n) for n in acknowledged}
    assert await pair.query("sample", "select * from outbox") == []
    pair.start("listener")
    await pair.all_heard(len(there), 0)


async def test_without_draining_something_is_left_behind(pair: Pair) -> None:
    pair.start("sample", "--without", "haste", "--without", "draining")
    await pair.ready("sample")
    await stop_under_load(pair)
    assert await pair.children["sample"].ended(LIMIT)
    assert await pair.query("sample", "select * from outbox") != []


async def test_while_it_gives_notice_it_is_not_ready_but_answers(pair: Pair) -> None:
    pair.environment = {"FIVEPLUSN_DRAIN_NOTICE_S": "5"}
    pair.start("sample", *PATIENT)
    await pair.ready("sample")
    async with pair.client() as client:
        tell(pair, "sample")

        async def not_ready() -> bool:
            answer = await client.get(f"{pair.urls['sample']}/health/ready")
            return answer.status_code == 503 and answer.json()["staying"] is False

        await until(not_ready, "the load balancer sees it go", 5)
        assert (await client.post(f"{pair.urls['sample']}/boxes/{box_id(1)}")).status_code == 201
    await ended_well(pair, "sample")
    assert len(await pair.query("sample", "select * from journal")) == 1


async def test_the_listener_finishes_its_batch_and_commits_it(pair: Pair) -> None:
    pair.environment = {"FIVEPLUSN_SESSION_TIMEOUT_MS": "5000"}  # it is told to go, not thrown out
    pair.start("sample")
    pair.start("listener", *PATIENT)
    await pair.ready("sample")
    await pair.ready("listener")
    async with locked(pair.databases["listener"], "echoes"):
        await pair.fill(5, 1)

        async def in_hand() -> bool:
            waiting = "select * from pg_stat_activity where application_name = 'listener' and wait_event_type = 'Lock'"
            return await pair.query("listener", waiting) != []

        await until(in_hand, "a batch waits for the table")
        tell(pair, "listener")
    await ended_well(pair, "listener")
    [heard] = await pair.query("listener", "select sum(version) as facts from inbox")
    assert heard["facts"] == await committed(pair) > 0, "the batch in hand was finished, and is not read again"
    pair.start("listener")
    await pair.ready("listener")
    await pair.all_heard(5, 1)
    await pair.check(5, 1)


async def committed(pair: Pair) -> int:
    """How many records the listener's group has acknowledged."""
    places = [TopicPartition("sample.events", partition) for partition in range(PARTITIONS)]
    async with AIOKafkaConsumer(
        bootstrap_servers=pair.broker.address, group_id="listener", enable_auto_commit=False
    ) as consumer:
        consumer.assign(places)
        return sum([await consumer.committed(place) or 0 for place in places])


async def test_a_broker_that_is_away_is_not_waited_for(pair: Pair) -> None:
    pair.start("sample", *HASTY)
    pair.start("listener", *HASTY)
    await pair.ready("sample")
    await pair.ready("listener")
    await pair.broker.kill()
    await pair.fill(3, 1)
    for name in ("sample", "listener"):
        tell(pair, name)
        tell(pair, name)
    for name in ("sample", "listener"):
        child = pair.children[name]
        assert await child.ended(LIMIT), child.last_words()
        assert child.code == 0
    assert len(await pair.query("sample", "select * from outbox")) == 6, "what could not be sent is kept"


@pytest.mark.parametrize(("service", "table"), [("sample", "boxes"), ("listener", "inbox")])
async def test_work_that_cannot_end_is_cut(pair: Pair, service: str, table: str) -> None:
    pair.start("sample", *HASTY)
    pair.start("listener", *HASTY)
    await pair.ready("sample")
    await pair.ready("listener")
    async with locked(pair.databases[service], table):
        writing = asyncio.create_task(pair.fill(1, 0))

        async def stuck() -> bool:
            waiting = (
                f"select * from pg_stat_activity where application_name = '{service}' and wait_event_type = 'Lock'"
            )
            return await pair.query(service, waiting) != []

        await until(stuck, "something waits for the table")
        tell(pair, service)
        child = pair.children[service]
        assert await child.ended(LIMIT), child.last_words()
        assert child.code == 0
    await asyncio.wait([writing])
    assert (writing.exception() is not None) == (service == "sample"), "who got no answer was told nothing"
    pair.start(service)
    await pair.ready(service)
    if service == "sample":
        await pair.fill(1, 0)
    await pair.all_heard(1, 0)
    await pair.check(1, 0)
