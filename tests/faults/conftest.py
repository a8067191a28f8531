"""The sample pair on the tests' PostgreSQL, or on one of its own that may be stopped."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ops.embedded.keys import Keys
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.ports import Ports
from tests.support.pair import Pair, pair_on
from tests.support.servers import Server


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    """A pair with databases and a broker of its own."""
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fragile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Postgres]:
    """A PostgreSQL server that tests stop and kill; each leaves it running."""
    data = tmp_path_factory.mktemp("fragile")
    (data / "logs").mkdir()
    keys = Keys(data)
    keys.make()
    server = Postgres(data, Ports(data / "ports.json").take("postgres"), keys.passwords([SUPERUSER]))
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def fragile_pair(fragile: Postgres, tmp_path: Path) -> AsyncIterator[Pair]:
    """A pair on it."""
    async with pair_on(Server(fragile._url(SUPERUSER, "postgres")), tmp_path) as opened:
        yield opened
