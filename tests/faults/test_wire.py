"""On the wire, with real processes: nothing is lost, nothing is doubled, whatever dies when."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.support.pair import Pair, until
from tests.support.sample import POISON, box_id

BOXES, TIMES = 20, 5


async def start(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.ready("listener")


async def relay_everything_again(pair: Pair) -> int:
    """Send every record of the topic once more, as a relay does that died before it could forget."""
    consumer = AIOKafkaConsumer(
        "sample.events", bootstrap_servers=pair.broker.address, auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(bootstrap_servers=pair.broker.address, acks="all")
    await consumer.start()
    await producer.start()
    records = []
    while len(records) < BOXES * (TIMES + 1):
        for batch in (await consumer.getmany(timeout_ms=500)).values():
            records += batch
    for record in records:
        await producer.send(
            record.topic, record.value, key=record.key, headers=list(record.headers), partition=record.partition
        )
    await producer.flush()
    await producer.stop()
    await consumer.stop()
    return len(records)


async def test_every_fact_relayed_twice_has_one_effect(pair: Pair) -> None:
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    sent = await relay_everything_again(pair)
    await pair.read_to_the_end(first=1000)
    assert sent == BOXES * (TIMES + 1)
    await pair.check(BOXES, TIMES)


async def test_a_consumer_killed_between_its_commits_has_one_effect_each(pair: Pair) -> None:
    pair.start("sample")
    await pair.ready("sample")
    await pair.fill(BOXES, TIMES)
    for deaths in range(3):
        pair.start("listener", "--kill", "before-acknowledge:1")
        await pair.fill(2, TIMES, first=BOXES + 2 * deaths)
        await pair.ended("listener")
    pair.start("listener")
    await pair.all_heard(BOXES + 6, TIMES)
    await pair.read_to_the_end(first=1000)
    await pair.check(BOXES + 6, TIMES)


async def test_a_relay_killed_between_send_and_delete_loses_nothing_and_keeps_order(pair: Pair) -> None:
    pair.start("listener")
    for deaths in range(3):
        pair.start("sample", "--kill", f"before-forget:{2 + deaths}")
        try:
            await pair.ready("sample")
            await pair.fill(BOXES, TIMES, first=100 * deaths)
        except Exception:
            pass
        await pair.ended("sample")
    pair.start("sample")
    await pair.ready("sample")

    async def drained() -> bool:
        left = await pair.query("sample", "select count(*) as n from outbox")
        said = await pair.query("sample", "select count(*) as n from journal")
        done = await pair.query("listener", "select coalesce(sum(version), 0) as n from inbox")
        return left[0]["n"] == 0 and said[0]["n"] == done[0]["n"] > 0

    await until(drained, "everything that was said is heard")
    boxes = await pair.query("sample", "select id, total, version from boxes order by id")
    heard = await pair.heard()
    assert {f"box/{row['id']}": (row["total"], row["version"]) for row in boxes} == heard


@pytest.mark.parametrize("records", [200])
async def test_one_poison_record_stops_one_stream_until_somebody_decides(pair: Pair, records: int) -> None:
    await start(pair)
    await pair.fill(records, 1)
    await pair.all_heard(records, 1)
    await pair.fill(1, 1, amount=POISON, first=7)
    await pair.fill(records, 1)

    async def others() -> bool:
        return sum(1 for total, _ in (await pair.heard()).values() if total == 2) == records - 1

    await until(others, "all other streams went on")
    async with pair.client() as client:
        [entry] = (await client.get(f"{pair.urls['listener']}/quarantine")).json()
        assert entry["record"] == f"box/{box_id(7)}/3"
        assert entry["code"] == "failed"
        await pair.children["listener"].kill()
        pair.start("listener", plan="COPING")
        await pair.ready("listener")
        answer = await client.post(
            f"{pair.urls['listener']}/quarantine/{entry['id']}/replay", json={"reason": "the handler was mended"}
        )
        assert answer.json()["replayed"] is True
    assert (await pair.heard())[f"box/{box_id(7)}"] == (2 + POISON, 4)
    said = await pair.query(
        "listener", "select data::text as d from journal where data::text like $1 order by version", f"%{box_id(7)}%"
    )
    assert [int(row["d"].rpartition(":")[2].rstrip("}")) for row in said] == [0, 1, POISON, 1]


async def test_a_broker_that_comes_back_empty_is_told_everything_again(pair: Pair) -> None:
    await start(pair)
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await pair.children["listener"].kill()
    await pair.broker.kill()
    await pair.fill(BOXES, TIMES, first=100)
    await pair.broker.start(empty=True)
    await pair.make_topics()
    pair.start("listener")
    await pair.all_heard(2 * BOXES, TIMES)
    await pair.read_to_the_end(first=1000)
    await pair.check(2 * BOXES, TIMES)
    assert (await pair.query("sample", "select epoch from wire"))[0]["epoch"] > 1
    said = 2 * BOXES * (TIMES + 1) + 2 * len(pair.markers)
    assert len(await on_the_wire(pair, said)) == said


async def on_the_wire(pair: Pair, expected: int) -> set[str]:
    """The ids of all facts that the broker has now."""
    consumer = AIOKafkaConsumer(
        "sample.events", bootstrap_servers=pair.broker.address, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    found: set[str] = set()
    try:

        async def all_there() -> bool:
            for batch in (await consumer.getmany(timeout_ms=300)).values():
                found.update(dict(record.headers)["ce_id"].decode() for record in batch)
            return len(found) >= expected

        await until(all_there, "every fact is on the wire again")
    finally:
        await consumer.stop()
    return found
