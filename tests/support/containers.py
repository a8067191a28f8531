"""PostgreSQL and Apache Kafka in containers, for `make test-docker`; the images are named by the environment."""

import asyncio
import functools
import os
import re
import secrets
import time
from pathlib import Path

from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

import ops.embedded
from ops.embedded.apache import new_cluster, properties
from ops.embedded.processes import StackError
from ops.embedded.wire import answers
from ops.ports import LOOPBACK, Ports

_POM = Path(ops.embedded.__file__).with_name("kafka-pom.xml").read_text()
[_KAFKA] = re.findall(r"<artifactId>kafka_2.13</artifactId>\s*<version>(.*)</version>", _POM)
POSTGRES_IMAGE = os.environ.get("FIVEPLUSN_TEST_POSTGRES_IMAGE", "postgres:18")
KAFKA_IMAGE = os.environ.get("FIVEPLUSN_TEST_KAFKA_IMAGE", f"apache/kafka:{_KAFKA}")
_READY_LIMIT = 120.0
_INSIDE = 9092
_RUN = (
    "cd /opt/kafka/bin && "
    "./kafka-storage.sh format --standalone --ignore-formatted --cluster-id={cluster} -c /tmp/server.properties && "
    "exec ./kafka-server-start.sh /tmp/server.properties"
)
"""Formatted and started by the image's own scripts, with the settings of the embedded node."""


def need_docker() -> None:
    """Say so if no Docker engine answers."""
    try:
        DockerClient().client.ping()
    except DockerException as error:
        raise StackError("no_docker", f"没有可用的 Docker 引擎 / no Docker engine answers ({error})") from error


@functools.cache
def postgres() -> PostgresContainer:
    """One server for the whole test session; started at the first call."""
    password = secrets.token_urlsafe(24)
    container = PostgresContainer(
        POSTGRES_IMAGE, username="postgres", password=password, dbname="postgres", driver=None
    )
    return container.with_command("-c max_connections=200").start()


def end() -> None:
    """Take away the PostgreSQL container, if there is one."""
    if postgres.cache_info().currsize:
        postgres().stop()
        postgres.cache_clear()


class KafkaInContainer:
    """One node of Apache Kafka. Killed and started again, it has its log; stopped, its container is gone."""

    idempotent = True
    process = None

    def __init__(self, ports: Ports) -> None:
        self._port = ports.take("broker")
        self.address = f"{LOOPBACK}:{self._port}"
        self._container: DockerContainer | None = None

    async def start(self, *, empty: bool = False) -> None:
        """Start it with what it had, or `empty`; ready when a client gets an answer."""
        if empty:
            await self.stop()
        if self._container is None:
            self._container = self._new()
            await asyncio.to_thread(self._container.start)
        else:
            await asyncio.to_thread(self._container.get_wrapped_container().start)
        limit = time.monotonic() + _READY_LIMIT
        while not await answers(self.address):
            if time.monotonic() >= limit:
                log = b"\n".join(self._container.get_logs()).decode()[-4000:]
                raise StackError("broker_not_ready", f"Apache Kafka 未能在 {self.address} 启动", log)
            await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Take its container away."""
        if self._container is not None:
            await asyncio.to_thread(self._container.stop)
            self._container = None

    async def kill(self) -> None:
        """SIGKILL."""
        if self._container is not None:
            await asyncio.to_thread(self._container.get_wrapped_container().kill)

    def _new(self) -> DockerContainer:
        own = {
            "listeners": f"PLAINTEXT://0.0.0.0:{_INSIDE},BROKER://localhost:9094,CONTROLLER://localhost:9093",
            "advertised.listeners": f"PLAINTEXT://{self.address},BROKER://localhost:9094",
            "inter.broker.listener.name": "BROKER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "controller.quorum.bootstrap.servers": "localhost:9093",
            "log.dirs": "/tmp/log",
        }
        container = DockerContainer(KAFKA_IMAGE, env={"KAFKA_HEAP_OPTS": "-Xmx512m"})
        container.with_copy_into_container(properties(own).encode(), "/tmp/server.properties")
        container.with_command(["bash", "-c", _RUN.format(cluster=new_cluster())])
        container.ports[f"{_INSIDE}/tcp"] = (LOOPBACK, self._port)
        return container
