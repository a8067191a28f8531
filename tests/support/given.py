"""Servers that are not ours: a PostgreSQL and a broker that somebody gave the tests by URL."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from ops.embedded.processes import StackError
from ops.embedded.wire import answers, features
from shared.plumbing.topics import SERVICES, WORK_ORDERS

TOPICS = {*(f"{name}.events" for name in (*SERVICES, "sample", "listener")), WORK_ORDERS}
"""What tests make on a broker, and delete there before they begin."""

_DELETE_LIMIT = 60.0


class GivenKafka:
    """A broker that we neither start nor stop: `empty` means that it has none of the tests' topics."""

    process = None

    def __init__(self, address: str) -> None:
        self.address = address
        self.idempotent = False
        self._fresh = True

    async def start(self, *, empty: bool = False) -> None:
        """Look whether it answers; the first time, and `empty`, delete the topics of earlier tests."""
        if not await answers(self.address):
            raise StackError("broker_not_ready", f"给定的 Kafka 代理 {self.address} 没有应答")
        self.idempotent = "metadata.version" in await features(self.address)
        if empty or self._fresh:
            await self._delete_topics()
        self._fresh = False

    async def _delete_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            if found := TOPICS & set(await admin.list_topics()):
                await admin.delete_topics(sorted(found))
            limit = time.monotonic() + _DELETE_LIMIT
            while TOPICS & set(await admin.list_topics()):
                assert time.monotonic() < limit, "the topics of earlier tests are not deleted"
                await asyncio.sleep(0.1)
        finally:
            await admin.close()

    async def stop(self) -> None:
        """Nothing: it is not ours."""

    async def kill(self) -> None:
        """Refuse: it is not ours."""
        raise StackError(
            "broker_not_ours", f"不能结束给定的 Kafka 代理 {self.address} / the given broker is not ours to kill"
        )


class GivenPostgres:
    """Databases of one town on a server that is not ours, named after the town's data folder."""

    process = None

    def __init__(self, admin: str, data: Path, services: Sequence[str]) -> None:
        self._admin = admin
        mark = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        self._names = {service: f"town_{mark}_{service}" for service in services}

    def url(self, name: str) -> str:
        """The database of this service, as superuser."""
        return f"{self._admin.rpartition('/')[0]}/{self._names[name]}"

    async def start(self) -> None:
        """Make the databases that are missing."""
        con = await asyncpg.connect(self._admin)
        try:
            for name in self._names.values():
                if not await con.fetchval("select 1 from pg_database where datname = $1", name):
                    await con.execute(f"create database {name}")
        finally:
            await con.close()

    async def stop(self) -> None:
        """Nothing: the town may start again."""

    async def drop(self) -> None:
        """Drop the databases."""
        con = await asyncpg.connect(self._admin)
        try:
            for name in self._names.values():
                await con.execute(f"drop database if exists {name} with (force)")
        finally:
            await con.close()
