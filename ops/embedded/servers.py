"""Which PostgreSQL and which broker a stack has: the embedded ones, unless somebody brings others."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ops.embedded.apache import Apache
from ops.embedded.broker import Broker
from ops.embedded.keys import Keys
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.embedded.processes import Child, StackError
from ops.ports import Ports


class Server(Protocol):
    """What a stack starts first and stops last."""

    @property
    def process(self) -> Child | None:
        """Its process, if it is one of ours."""

    async def start(self) -> None:
        """Start it; ready when it answers."""

    async def stop(self) -> None:
        """Stop it in good order."""


class PostgresServer(Server, Protocol):
    """A PostgreSQL with a database for every service."""

    def url(self, name: str) -> str:
        """The database of this service."""


class KafkaServer(Server, Protocol):
    """A broker at `address`. `idempotent`: whether it knows the idempotent producer."""

    address: str
    idempotent: bool

    async def start(self, *, empty: bool = ...) -> None:
        """Start it on its port, with what it kept or `empty`."""

    async def kill(self) -> None:
        """SIGKILL."""


Servers = Callable[[Path, Ports, Keys, Sequence[str]], tuple[PostgresServer, KafkaServer]]
"""Data folder, ports, keys and services → the two servers of a stack, not yet started."""


def embedded(data: Path, ports: Ports, keys: Keys, services: Sequence[str]) -> tuple[PostgresServer, KafkaServer]:
    """Both as processes of ours."""
    passwords = keys.passwords([SUPERUSER, *services])
    return Postgres(data, ports.take("postgres"), passwords), embedded_broker(data, ports)


def embedded_broker(data: Path, ports: Ports) -> KafkaServer:
    """Tansu, or Apache Kafka where `FIVEPLUSN_EMBEDDED_BROKER` says `apache`."""
    match os.environ.get("FIVEPLUSN_EMBEDDED_BROKER", "tansu"):
        case "tansu":
            return Broker(data, ports.take("broker"))
        case "apache":
            return Apache(data, ports.take("broker"), ports.take("controller"))
        case other:
            raise StackError("unknown_broker", f"FIVEPLUSN_EMBEDDED_BROKER 应为 tansu 或 apache，不是 {other}")
