"""A broker that dies and keeps its log: the idempotent producer goes on, nothing is told twice."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.faults.test_wire import BOXES, TIMES, on_the_wire, start
from tests.support.pair import PARTITIONS, Pair, pair_on
from tests.support.servers import Server


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


async def test_a_broker_killed_amid_the_traffic_and_back_with_its_log_loses_and_doubles_nothing(pair: Pair) -> None:
    await start(pair)
    await pair.fill(BOXES, TIMES)
    for deaths in range(1, 4):
        filling = asyncio.create_task(pair.fill(BOXES, TIMES, first=100 * deaths))
        await pair.broker.kill()
        await pair.broker.start()
        await filling
    await pair.all_heard(4 * BOXES, TIMES, limit=120)
    await pair.read_to_the_end(first=1000)
    await pair.check(4 * BOXES, TIMES)
    assert (await pair.query("sample", "select epoch from wire"))[0]["epoch"] == 1, "nothing was told again"
    said = 4 * BOXES * (TIMES + 1) + 2 * len(pair.markers)
    assert len(await on_the_wire(pair, said)) == said


async def test_every_batch_of_the_relay_carries_the_number_of_an_idempotent_producer(pair: Pair) -> None:
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    numbers = [number for log in pair.folder.glob("kafka/log/sample.events-*/*.log") for number in producers(log)]
    assert len(numbers) >= PARTITIONS
    assert min(numbers) >= 0


def producers(log: Path) -> list[int]:
    """The producer's number in every record batch of a log segment: -1 if it is not idempotent (batch format 2)."""
    content, at, found = log.read_bytes(), 0, []
    while at < len(content):
        found.append(struct.unpack_from(">q", content, at + 43)[0])
        at += 12 + struct.unpack_from(">i", content, at + 8)[0]
    return found
