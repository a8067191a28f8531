"""The topics after a restore: made anew, because the old ones hold a future that was lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from ops.embedded.processes import StackError
from shared.plumbing.kafka import client_options
from shared.plumbing.settings import KafkaSettings

_LIMIT_S = 30.0


def _options(kafka: str) -> dict[str, Any]:
    """What every client needs; user and password come from the settings of the environment, as a service's do."""
    return client_options(KafkaSettings(kafka=kafka))


@asynccontextmanager
async def admin_of(kafka: str) -> AsyncIterator[Any]:
    """An administrator of this broker."""
    client = AIOKafkaAdminClient(**_options(kafka))
    try:
        await client.start()
        yield client
    except (KafkaError, OSError) as error:
        raise StackError("kafka_failed", f"Kafka {kafka} 未能完成（{type(error).__name__}）") from error
    finally:
        await client.close()


async def nobody_listens(kafka: str, services: Sequence[str]) -> None:
    """Refuse while a service's consumer group has members: the services must be stopped."""
    async with admin_of(kafka) as admin:
        for service in services:
            for answer in await admin.describe_consumer_groups([service]):
                if hosts := listening(answer):
                    raise StackError("still_running", f"{service} 仍在接收消息（{hosts[0]}），请先停止全部服务")


def listening(answer: Any) -> list[str]:
    """From where the members of the described groups listen.

    Who cannot say from where (the embedded broker) does not notice either that a member has left.
    """
    return [host for group in answer.groups for _, _, host, *_ in group[5] if host]


async def highest_epoch(kafka: str, services: Sequence[str]) -> int:
    """The newest log epoch that any of these services' topics holds; 0 if there is none. Epochs only rise in a log."""
    async with admin_of(kafka) as admin:
        partitions = [
            TopicPartition(topic, partition)
            for topic, numbers in (await _partitions(admin, services)).items()
            for partition in numbers
        ]
    if not partitions:
        return 0
    consumer = AIOKafkaConsumer(**_options(kafka), enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        begins = await consumer.beginning_offsets(partitions)
        left = {partition for partition in partitions if ends[partition] > begins[partition]}
        for partition in left:
            consumer.seek(partition, ends[partition] - 1)
        highest, limit = 0, time.monotonic() + _LIMIT_S
        while left:
            for partition, records in (await consumer.getmany(*left, timeout_ms=200)).items():
                left.discard(partition)
                highest = max(highest, int(dict(records[-1].headers).get("log_epoch", b"0")))
            if left and time.monotonic() > limit:
                raise StackError("kafka_failed", f"无法读取 {len(left)} 个分区的末条消息")
        return highest
    finally:
        await consumer.stop()


async def make_anew(kafka: str, services: Sequence[str]) -> int:
    """Delete the services' topics, and with them every group's offsets, and create them with as many partitions.

    The number of topics. The border topic stays: what it holds of work orders is heard again and known by its number.
    """
    async with admin_of(kafka) as admin:
        before = await _partitions(admin, services)
        if not before:
            return 0
        for topic, code in (await admin.delete_topics(list(before))).topic_error_codes:
            if code:
                raise StackError("kafka_failed", f"无法删除主题 {topic}（{for_code(code).__name__}）")
        topics = [
            NewTopic(topic, len(numbers), max(numbers.values()), topic_configs={"retention.ms": "-1"})
            for topic, numbers in before.items()
        ]
        limit = time.monotonic() + _LIMIT_S
        while topics:
            [(name, code, *_)] = (await admin.create_topics([topics[-1]])).topic_errors
            if not code:
                topics.pop()
            elif code != TopicAlreadyExistsError.errno or time.monotonic() > limit:
                raise StackError("kafka_failed", f"主题 {name} 未能重建（{for_code(code).__name__}）")
            else:  # a broker deletes in its own time, and a name is free only then
                await asyncio.sleep(0.2)
        return len(before)


async def _partitions(admin: Any, services: Sequence[str]) -> dict[str, dict[int, int]]:
    """Topic → partition → how many replicas, of those topics that exist."""
    wanted = sorted({f"{service}.events" for service in services} & set(await admin.list_topics()))
    if not wanted:
        return {}
    return {
        topic["topic"]: {part["partition"]: len(part["replicas"]) for part in topic["partitions"]}
        for topic in await admin.describe_topics(wanted)
    }
