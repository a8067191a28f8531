"""Putting facts of the sample's journal on the wire by hand: in any order, with gaps, or twice."""

from collections.abc import Iterable

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.plumbing.outbox import envelope, partition_of
from tests.support.pair import PARTITIONS, Pair


async def journal(pair: Pair) -> list[asyncpg.Record]:
    """All that `sample` has said, as its relay reads it."""
    return await pair.query("sample", "select *, data::text as text from journal order by position")


async def put(pair: Pair, facts: Iterable[asyncpg.Record]) -> None:
    """Send these, one after the other, as the relay would."""
    producer = AIOKafkaProducer(bootstrap_servers=pair.broker.address, acks="all")
    await producer.start()
    try:
        for row in facts:
            stream = str(row["stream"])
            headers = [
                ("ce_source", b"/fiveplusn/sample"),
                *envelope(row, f"{row['kind']}/{stream}/{row['version']}"),
                ("log_epoch", b"1"),
            ]
            await producer.send(
                "sample.events",
                row["text"].encode(),
                key=stream.encode(),
                headers=headers,
                partition=partition_of(stream, PARTITIONS),
            )
        await producer.flush()
    finally:
        await producer.stop()
