"""Topics are created by us, never automatically: `python -m shared.plumbing.topics`."""

import asyncio
import os

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

SERVICES = ("intake", "deliberation", "escalation", "projects")
WORK_ORDERS = "hotline.work-orders"
"""The border topic of the 12345 hotline: personal data, read by intake alone."""
_WEEK_MS = 7 * 24 * 3600 * 1000


async def create(kafka: str, partitions: int, replicas: int = 1) -> list[str]:
    """Create what is missing; the names of all topics. Facts are kept for ever, work orders for 7 days."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        topics = [
            NewTopic(f"{service}.events", partitions, replicas, topic_configs={"retention.ms": "-1"})
            for service in SERVICES
        ]
        topics.append(NewTopic(WORK_ORDERS, partitions, replicas, topic_configs={"retention.ms": str(_WEEK_MS)}))
        existing = set(await admin.list_topics())
        for topic in topics:
            if topic.name not in existing:
                try:
                    await admin.create_topics([topic])
                except TopicAlreadyExistsError:
                    continue
        return [topic.name for topic in topics]
    finally:
        await admin.close()


if __name__ == "__main__":
    asyncio.run(
        create(
            os.environ["FIVEPLUSN_KAFKA"],
            int(os.environ.get("FIVEPLUSN_PARTITIONS", "12")),
            int(os.environ.get("FIVEPLUSN_REPLICATION", "1")),
        )
    )
