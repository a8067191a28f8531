"""The wire of the measurements: filling a topic, and how far a group has read one."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.plumbing.outbox import partition_of

FACTS = "bench.facts"
"""What the bare loop sends to itself."""
PARTITIONS = 12


async def make_topic(kafka: str, name: str) -> None:
    """A topic with as many partitions as ours."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    finally:
        await admin.close()


async def fill(kafka: str, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Put these records (key, value) there; returns when the broker has them."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=262_144)
    await producer.start()
    try:
        await send(producer, topic, records)
    finally:
        await producer.stop()


async def send(producer: Any, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Record batches built by us, one or more per partition, as the relay does; returns when they are acknowledged."""
    builders: dict[int, Any] = {}
    under_way = []

    async def post(partition: int) -> None:
        builder = builders.pop(partition)
        builder.close()
        under_way.append(await producer.send_batch(builder, topic, partition=partition))

    for key, value in records:
        partition = partition_of(key.decode(), PARTITIONS)
        while True:
            builder = builders.setdefault(partition, None) or producer.create_batch()
            builders[partition] = builder
            if builder.append(key=key, value=value, timestamp=None) is not None:
                break
            await post(partition)
    for partition in list(builders):
        await post(partition)
    await asyncio.gather(*under_way)


async def committed(kafka: str, group: str, topic: str) -> int:
    """How many records of a topic, begun in this run, the group has read and committed.

    Not compared with the end of the log: the embedded broker names one that lies before its last batch.
    """
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        return sum([await consumer.committed(partition) or 0 for partition in partitions])
    finally:
        await consumer.stop()
