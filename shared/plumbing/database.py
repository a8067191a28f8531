"""PostgreSQL: the pool, what its errors mean, and the town's clock."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from aiokafka.errors import KafkaError

log = logging.getLogger(__name__)

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


_ANSWER_S = 35
"""A server that has not answered by then is gone: it would have ended the statement itself before."""


class Conflict(Exception):
    """Somebody wrote between our reading and our writing: load again, decide again."""


class _Bounded(asyncpg.Pool):
    """A pool that makes nobody wait for ever: a connection within 5 s, or `TimeoutError`."""

    WAIT = 5.0

    async def _acquire(self, seconds: float | None) -> Any:
        async with asyncio.timeout(seconds or self.WAIT):
            return await super()._acquire(None)  # type: ignore[misc]


async def open_pool(dsn: str, name: str, size: int) -> Pool:
    """Connections of one service; `name` is what `pg_stat_activity` shows."""

    async def keep(_: Any) -> None:
        """asyncpg's own reset costs a round trip at every release, and we never change a session's settings."""

    return await _Bounded(
        dsn,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        init_size=1,
        min_size=1,
        max_size=size,
        max_queries=50_000,
        loop=None,
        connect=None,
        setup=None,
        init=None,
        reset=keep,
        max_inactive_connection_lifetime=300.0,
        timeout=5,
        command_timeout=_ANSWER_S,
        server_settings=_SESSION | {"application_name": name},
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
    """The town's time as this process knows it: the database's `town_now()`, asked five times a second.

    In between, and while the database is away, it goes on by the process' monotonic clock: a wall clock that is wrong
    or jumps has no say. It may lag by as long as one answer took, and is never ahead of the town.
    """

    CACHED = 0.2

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._zero = datetime.now(UTC) - timedelta(seconds=time.monotonic())

    def now(self) -> datetime:
        """The present instant in UTC."""
        return self._zero + timedelta(seconds=time.monotonic())

    async def refresh(self) -> None:
        """Ask the database. A slow answer does not set back what a quick one has shown."""
        asked = time.monotonic()
        town: datetime = await self._pool.fetchval("select town_now()")
        earliest, latest = town - timedelta(seconds=time.monotonic()), town - timedelta(seconds=asked)
        if not earliest <= self._zero <= latest:
            self._zero = earliest

    async def keep(self) -> None:
        """Ask the database again and again; while it is away, the last answer goes on."""
        away = False
        while True:
            try:
                await self.refresh()
                away = False
            except Exception as error:
                if not away:
                    log.warning("clock_failed", extra={"error": type(error).__name__})
                away = True
            await asyncio.sleep(self.CACHED)
