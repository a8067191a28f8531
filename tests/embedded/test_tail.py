"""`fiveplusn events tail --no-follow`: everything that is on the wire, and then the end."""

import asyncio
from typing import Any

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ops.commands.events import _tail
from ops.embedded.broker import Broker
from shared.plumbing.topics import create
from tests.embedded.test_broker import broker

__all__ = ["broker"]

PAUSE = 2.0


async def test_it_reads_to_the_end_although_the_broker_takes_its_time(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen red: it ended after one second in which nothing came."""
    await create(broker.address, 2)
    async with AIOKafkaProducer(bootstrap_servers=broker.address, acks="all") as producer:
        for number in range(10):
            headers = [("ce_id", f"complaint/{number}/1".encode())]
            await producer.send_and_wait("intake.events", b"{}", headers=headers, partition=number % 2)
    assert broker.process.pid is not None
    process, real = psutil.Process(broker.process.pid), AIOKafkaConsumer.seek_to_beginning

    async def then_it_sleeps(self: AIOKafkaConsumer, *places: Any) -> Any:
        done = await real(self, *places)
        process.suspend()
        asyncio.get_running_loop().call_later(PAUSE, process.resume)
        return done

    monkeypatch.setattr(AIOKafkaConsumer, "seek_to_beginning", then_it_sleeps)
    await _tail(broker.address, ["intake.events"], None, as_json=False, follow=False)
    told = {line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert told == {f"complaint/{number}/1" for number in range(10)}
