"""Apache Kafka from jars: it says who it is, it keeps its log, and it can be made to forget."""

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from ops.embedded.apache import Apache
from ops.embedded.processes import StackError
from ops.embedded.servers import embedded_broker
from ops.embedded.wire import broker_version
from ops.ports import LOOPBACK, Ports
from shared.plumbing.topics import create


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Apache]:
    (tmp_path / "logs").mkdir()
    broker = embedded_broker(tmp_path, Ports(tmp_path / "ports.json"))
    assert isinstance(broker, Apache)
    await broker.start()
    yield broker
    await broker.stop()


async def topics(broker: Apache) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def send(broker: Apache, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.address, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait("intake.events", value, partition=0)


async def read(broker: Apache, records: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(
        "intake.events", bootstrap_servers=broker.address, auto_offset_reset="earliest"
    ) as consumer:
        return [(await consumer.getone()).value for _ in range(records)]


async def test_it_tells_its_version_on_the_wire(broker: Apache):
    assert (await broker_version(broker.address)).startswith("Apache Kafka 4.")


async def test_a_killed_broker_comes_back_on_its_port_with_what_it_acknowledged(broker: Apache):
    address = broker.address
    await create(address, 1)
    await send(broker, b"one")
    await broker.kill()
    await broker.start()
    assert broker.address == address
    await send(broker, b"two")
    assert await read(broker, 2) == [b"one", b"two"]


async def test_started_empty_it_has_forgotten_everything(broker: Apache):
    await create(broker.address, 1)
    await send(broker, b"one")
    await broker.kill()
    await broker.start(empty=True)
    assert await topics(broker) == set()


async def test_it_goes_on_when_its_ports_were_taken_in_the_meantime(broker: Apache, tmp_path: Path):
    await create(broker.address, 1)
    await send(broker, b"one")
    await broker.stop()
    ports = Ports(tmp_path / "other-ports.json")
    moved = Apache(tmp_path, ports.take("broker"), ports.take("controller"))
    await moved.start()
    try:
        assert moved.address != broker.address
        assert await read(moved, 1) == [b"one"]
    finally:
        await moved.stop()


async def test_a_topic_that_nobody_created_does_not_come_by_itself(broker: Apache):
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    await admin.describe_topics(["unknown"])
    await admin.close()
    assert await topics(broker) == set()


async def test_it_listens_on_the_loopback_address_only(broker: Apache):
    listening = [c.laddr.ip for c in psutil.Process(broker.process.pid).net_connections() if c.status == "LISTEN"]
    assert set(listening) == {LOOPBACK}


async def test_a_broker_whose_port_is_taken_is_reported_though_another_answers_there(broker: Apache, tmp_path: Path):
    (tmp_path / "late" / "logs").mkdir(parents=True)
    controller = Ports(tmp_path / "late-ports.json").take("controller")
    late = Apache(tmp_path / "late", int(broker.address.rpartition(":")[2]), controller)
    with pytest.raises(StackError) as failed:
        await late.start()
    assert failed.value.code == "broker_not_ready"
    assert "in use" in failed.value.log
    assert (late.process.alive, broker.process.alive) == (False, True)
