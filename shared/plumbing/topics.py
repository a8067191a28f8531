"""Topics are created by us, never automatically: `python -m shared.plumbing.topics`. Users and their rights, too."""

import asyncio
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from pydantic import Field

from shared.plumbing.kafka import client_options, sasl_options
from shared.plumbing.rights import apply, read_access
from shared.plumbing.settings import KafkaSettings, read_secret

SERVICES = ("intake", "deliberation", "escalation", "projects")
WORK_ORDERS = "hotline.work-orders"
"""The border topic of the 12345 hotline: personal data, read by intake alone."""
_WEEK_MS = 7 * 24 * 3600 * 1000


class TopicsSettings(KafkaSettings):
    """What the topics shall be. With an access file: which users there shall be, and where `kafka-<user>` is."""

    partitions: int = Field(default=12, ge=1, le=1000)
    replication: int = Field(default=1, ge=1)
    kafka_access_file: Path | None = None
    kafka_passwords: Path = Path("/run/secrets")


async def create(kafka: str, partitions: int, replicas: int = 1, **options: Any) -> list[str]:
    """Create what is missing; the names of all topics. Facts are kept for ever, work orders for 7 days."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, **options)
    await admin.start()
    try:
        topics = [
            NewTopic(f"{service}.events", partitions, replicas, topic_configs={"retention.ms": "-1"})
            for service in SERVICES
        ]
        topics.append(NewTopic(WORK_ORDERS, partitions, replicas, topic_configs={"retention.ms": str(_WEEK_MS)}))
        existing = set(await admin.list_topics())
        if missing := [topic for topic in topics if topic.name not in existing]:
            for name, code, *words in (await admin.create_topics(missing)).topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise for_code(code)(name, *words)
        return [topic.name for topic in topics]
    finally:
        await admin.close()


async def prepare(settings: TopicsSettings) -> None:
    """Topics, then users and rights."""
    await create(settings.kafka, settings.partitions, settings.replication, **sasl_options(settings))
    if settings.kafka_access_file:
        access = read_access(settings.kafka_access_file)
        await apply(
            client_options(settings), access, lambda user: read_secret(settings.kafka_passwords / f"kafka-{user}")
        )


if __name__ == "__main__":
    asyncio.run(prepare(TopicsSettings()))
