"""A consistent cut: one moment of all databases, taken while everything goes on.

While a database's relay has no turn, nothing new of that service goes onto the wire. With all turns taken, no service
can hear anything that its producer's snapshot does not have: what is on the wire was committed before. Only then each
database's snapshot is taken, and the turns are given back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from ops.embedded.processes import StackError
from shared.plumbing.database import Connection
from shared.plumbing.outbox import TURN

_SESSION = {
    "application_name": "backup",
    "lock_timeout": "60000",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Cut:
    """The moment: per service a connection whose transaction sees it, and the snapshot's name for `pg_dump`."""

    at: datetime
    held_ms: float
    connections: dict[str, Connection]
    snapshots: dict[str, str]


async def take_turn(con: Connection) -> None:
    """Wait for the relay's turn under way to end, then keep the turn until the transaction ends."""
    await con.execute(f"select pg_advisory_xact_lock({TURN})")


async def snapshot(service: str, con: Connection) -> str:
    """What this database has now, under a name that other connections can ask for."""
    name: str = await con.fetchval("select pg_export_snapshot()")
    return name


@asynccontextmanager
async def connected(databases: Mapping[str, str]) -> AsyncIterator[dict[str, Connection]]:
    """A connection to each database."""
    async with AsyncExitStack() as stack:
        found: dict[str, Connection] = {}
        for service, url in databases.items():
            try:
                found[service] = await asyncpg.connect(url, timeout=10, server_settings=_SESSION)
            except (OSError, TimeoutError, asyncpg.PostgresError) as error:
                raise StackError("no_database", f"无法连接 {service} 的数据库（{type(error).__name__}）") from error
            stack.push_async_callback(found[service].close)
        yield found


@asynccontextmanager
async def cut(databases: Mapping[str, str]) -> AsyncIterator[Cut]:
    """One moment of all these databases, as long as the context lasts; nobody waits but the relays, for milliseconds.

    The turns are taken one after the other by name, so that two backups at once never wait for each other crosswise.
    """
    async with connected(databases) as relays, connected(databases) as readers, AsyncExitStack() as reading:
        async with AsyncExitStack() as turns:
            started = time.perf_counter()
            for service in sorted(relays):
                await turns.enter_async_context(relays[service].transaction())
                try:
                    await take_turn(relays[service])
                except asyncpg.LockNotAvailableError:
                    raise StackError("relay_busy", f"{service} 的发送端 60 秒内未让出，请检查 Kafka") from None
            at = datetime.now(UTC)
            for con in readers.values():
                await reading.enter_async_context(con.transaction(isolation="repeatable_read", readonly=True))
            names = await asyncio.gather(*(snapshot(service, con) for service, con in readers.items()))
        held_ms = (time.perf_counter() - started) * 1000
        yield Cut(at, held_ms, readers, dict(zip(readers, names, strict=True)))
