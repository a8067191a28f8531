"""`fiveplusn events tail`: the facts on the wire, as they come."""

import asyncio
import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition

from ops.client import Address
from ops.commands.options import DEFAULT_DATA, AsJson, Data
from shared.plumbing.topics import SERVICES

app = typer.Typer(no_args_is_help=True, help="总线上的事实")


@app.command("tail")
def tail(
    topic: Annotated[str | None, typer.Option(help="主题，例如 intake.events；缺省为全部")] = None,
    type: Annotated[str | None, typer.Option(help="只看此类事实，例如 ComplaintReceived")] = None,
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="读完后继续等待")] = True,
    data: Data = DEFAULT_DATA,
) -> None:
    """从头读出总线上的事实；--no-follow 读完即止。"""
    address = Address.read(data)
    topics = [topic] if topic else [f"{service}.events" for service in SERVICES]
    asyncio.run(_tail(address.kafka, topics, type, as_json, follow))


async def _tail(kafka: str, topics: list[str], type: str | None, as_json: bool, follow: bool) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(t, p) for t in topics for p in sorted(await _partitions(consumer, t))]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = {} if follow else await consumer.end_offsets(partitions)
        while follow or await _behind(consumer, ends):
            for records in (await consumer.getmany(timeout_ms=300)).values():
                for record in records:
                    _show(record, type, as_json)
    finally:
        await consumer.stop()


async def _behind(consumer: Any, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether something that was there when we began is still unread, however long the broker takes over it."""
    return any([await consumer.position(partition) < end for partition, end in ends.items()])


async def _partitions(consumer: Any, topic: str) -> set[int]:
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()


def _show(record: Any, type: str | None, as_json: bool) -> None:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    name = headers.get("ce_type", "")
    if type and type not in (name, name.split(".")[2] if name.count(".") > 2 else name):
        return
    if as_json:
        typer.echo(
            json.dumps(
                {"topic": record.topic, "headers": headers, "data": json.loads(record.value)}, ensure_ascii=False
            )
        )
    else:
        short = name.split(".")[2] if name.count(".") > 2 else name
        typer.echo(f"{headers.get('ce_time', '')}  {short:<24} {headers.get('ce_id', '')}  {record.value.decode()}")
