"""The servers every test may use: real ones, started once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ops.embedded.broker import Broker
from ops.embedded.keys import Keys
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.embedded.stack import Stack
from ops.ports import Ports
from shared.plumbing.topics import create
from tests.support.servers import Server


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for servers."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "logs").mkdir()
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(data: Path) -> AsyncIterator[Server]:
    """A PostgreSQL server."""
    keys = Keys(data)
    keys.make()
    server = Postgres(data, Ports(data / "ports.json").take("postgres"), keys.passwords([SUPERUSER]))
    await server.start()
    yield Server(server._url(SUPERUSER, "postgres"))
    await server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka(data: Path) -> AsyncIterator[str]:
    """The address of a broker with the town's topics."""
    broker = Broker(data, Ports(data / "kafka-ports.json").take("broker"))
    await broker.start()
    await create(broker.address, 12)
    yield broker.address
    await broker.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The whole town as real processes."""
    stack = Stack(tmp_path_factory.mktemp("town"))
    await stack.up()
    yield stack
    await stack.down()
