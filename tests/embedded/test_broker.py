"""The embedded broker: started, stopped, and forgetful."""

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from ops.embedded.broker import Broker
from ops.embedded.processes import StackError
from ops.embedded.wire import broker_version, release
from ops.ports import LOOPBACK, Ports
from shared.plumbing.topics import create


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    (tmp_path / "logs").mkdir()
    broker = Broker(tmp_path, Ports(tmp_path / "ports.json").take("broker"))
    await broker.start()
    yield broker
    await broker.stop()


async def topics(broker: Broker) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def test_what_is_sent_can_be_read(broker: Broker):
    await create(broker.address, 1)
    async with AIOKafkaProducer(bootstrap_servers=broker.address, acks="all") as producer:
        await producer.send_and_wait("intake.events", b"fact")
    async with AIOKafkaConsumer(
        "intake.events", bootstrap_servers=broker.address, auto_offset_reset="earliest"
    ) as consumer:
        assert (await consumer.getone()).value == b"fact"


async def test_a_killed_broker_comes_back_on_its_port_and_has_forgotten_everything(broker: Broker):
    address = broker.address
    await create(address, 1)
    assert "intake.events" in await topics(broker)
    await broker.kill()
    await broker.start()
    assert broker.address == address
    assert await topics(broker) == set()


async def test_it_does_not_pretend_to_be_apache_kafka(broker: Broker):
    assert "Apache" not in await broker_version(broker.address)


@pytest.mark.parametrize(("level", "name"), [(21, "3.9"), (22, "4.0"), (25, "4.0"), (33, "4.4"), (34, "> 4.4")])
def test_the_level_of_the_metadata_tells_the_release(level: int, name: str):
    assert release(level) == name


async def test_it_listens_on_the_loopback_address_only(broker: Broker):
    listening = [c.laddr.ip for c in psutil.Process(broker.process.pid).net_connections() if c.status == "LISTEN"]
    assert listening == [LOOPBACK]


async def test_a_stopped_broker_is_gone(broker: Broker):
    await broker.stop()
    assert not broker.process.alive


async def test_a_broker_whose_port_is_taken_is_reported_though_another_answers_there(broker: Broker, tmp_path: Path):
    (tmp_path / "late" / "logs").mkdir(parents=True)
    late = Broker(tmp_path / "late", int(broker.address.rpartition(":")[2]))
    with pytest.raises(StackError) as failed:
        await late.start()
    assert failed.value.code == "broker_not_ready"
    assert "in use" in failed.value.log
    assert (late.process.alive, broker.process.alive) == (False, True)
