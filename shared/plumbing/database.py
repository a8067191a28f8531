"""PostgreSQL: the pool, what its errors mean, and the town's clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Pool = asyncpg.Pool
    Connection = asyncpg.Connection

_SESSION = {
    "statement_timeout": "30000",
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "30000",
    "jit": "off",
    "timezone": "UTC",
}


class Conflict(Exception):
    """Somebody wrote between our reading and our writing: load again, decide again."""


async def open_pool(dsn: str, name: str, size: int) -> Pool:
    """Connections of one service; `name` is what `pg_stat_activity` shows."""

    async def keep(_: Any) -> None:
        """asyncpg's own reset costs a round trip at every release, and we never change a session's settings."""

    return await asyncpg.create_pool(
        dsn, min_size=1, max_size=size, reset=keep, timeout=5, server_settings=_SESSION | {"application_name": name}
    )


def is_transient(error: BaseException) -> bool:
    """Whether the world is unwell, rather than the record.

    Only data errors (SQLSTATE class 22), broken constraints (23) and our own exceptions are the record's fault. An
    undefined table (42P01) is a missing migration and must not quarantine the town.
    """
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] not in ("22", "23")
    return isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError | KafkaError | TimeoutError)


def is_conflict(error: BaseException) -> bool:
    """Whether trying the same again from the start is likely to help."""
    return isinstance(
        error,
        Conflict | asyncpg.UniqueViolationError | asyncpg.DeadlockDetectedError | asyncpg.SerializationError,
    )


class Clock:
    """The town's time as this process knows it: the database's `town_now()`, at most 200 ms old.

    A process whose own clock is wrong is corrected with it; only the database's clock counts.
    """

    CACHED = 0.2

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + self._ahead

    async def refresh(self) -> None:
        """Ask the database."""
        town: datetime = await self._pool.fetchval("select town_now()")
        self._ahead = town - datetime.fromtimestamp(time.time(), UTC)

    async def keep(self) -> None:
        """Ask the database again and again."""
        while True:
            await self.refresh()
            await asyncio.sleep(self.CACHED)
