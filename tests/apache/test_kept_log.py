"""A broker that keeps its log, and the idempotent producer: what dies or is refused goes on, nothing is told twice."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.faults.test_wire import BOXES, TIMES, on_the_wire, start
from tests.support.pair import PARTITIONS, Pair, pair_on, until
from tests.support.servers import Server


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


async def limit(pair: Pair, size: int) -> None:
    """The largest record batch that the broker takes."""
    topic = ConfigResource(ConfigResourceType.TOPIC, "sample.events", {"max.message.bytes": str(size)})
    admin = AIOKafkaAdminClient(bootstrap_servers=pair.broker.address)
    await admin.start()
    await admin.alter_configs([topic])
    await admin.close()


async def failed(pair: Pair, error: str) -> None:
    """Wait until the relay says that it failed of this."""
    log = pair.children["sample"].log

    async def said() -> bool:
        return error in log.read_text()

    await until(said, f"the relay has failed: {error}")


async def test_a_broker_killed_amid_the_traffic_and_back_with_its_log_loses_and_doubles_nothing(pair: Pair) -> None:
    await start(pair)
    for deaths in range(2):
        first, before = 100 * deaths, len(await pair.heard())
        filling = asyncio.create_task(pair.fill(BOXES, TIMES, first=first))

        async def amid(before: int = before) -> bool:
            return len(await pair.heard()) > before

        await until(amid, "some are heard, others on their way")
        await pair.broker.kill()
        await filling
        await pair.fill(BOXES, TIMES, first=first + BOXES)
        await pair.broker.start()
        await pair.all_heard(2 * BOXES * (deaths + 1), TIMES)
    await pair.read_to_the_end(first=1000)
    await pair.check(4 * BOXES, TIMES)
    assert (await pair.query("sample", "select epoch from wire"))[0]["epoch"] == 1, "nothing was told again"
    said = 4 * BOXES * (TIMES + 1) + 2 * len(pair.markers)
    assert len(await on_the_wire(pair, said)) == said


async def test_the_relay_goes_on_after_the_broker_refused_a_batch(pair: Pair) -> None:
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await limit(pair, 10)
    await pair.fill(BOXES, TIMES, first=100)
    await failed(pair, "MessageSizeTooLargeError")
    await limit(pair, 1_000_000)
    await pair.all_heard(2 * BOXES, TIMES)
    await pair.read_to_the_end(first=1000)
    await pair.check(2 * BOXES, TIMES)


async def test_without_a_new_producer_after_an_error_the_relay_never_speaks_again(pair: Pair) -> None:
    pair.start("sample", "--without", "new-producer")
    pair.start("listener")
    await pair.ready("sample")
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await limit(pair, 10)
    await pair.fill(BOXES, TIMES, first=100)
    await failed(pair, "MessageSizeTooLargeError")
    await limit(pair, 1_000_000)
    await failed(pair, "OutOfOrderSequenceNumber")
    with pytest.raises(AssertionError):
        await pair.all_heard(2 * BOXES, TIMES, limit=10)


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


async def test_topics_that_were_made_after_a_reader_joined_are_read(pair: Pair) -> None:
    """The broker is back, empty, and the reader has joined its group before anybody made the topics."""
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    log = pair.children["listener"].log
    await pair.broker.kill()
    await pair.broker.start(empty=True)

    async def nothing_to_read() -> bool:
        return '"partitions": 0' in log.read_text()

    await until(nothing_to_read, "the reader has joined, and has no partition")
    await pair.make_topics()
    await pair.fill(BOXES, TIMES, first=100)
    await pair.all_heard(2 * BOXES, TIMES)
    await pair.check(2 * BOXES, TIMES)
