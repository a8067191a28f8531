"""Real servers for tests: one embedded PostgreSQL and one embedded broker for all of them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

import shared.plumbing.migrate
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, Base
from shared.plumbing.database import Clock, open_pool
from shared.plumbing.vault import Keys
from shared.rules.township import Role

SCHEMA = sorted(Path(shared.plumbing.migrate.__file__).parent.glob("schema_*.sql"))
TOWN_HALL = Person("tester", Role.OPERATOR, Reach.TOWN)
KEYS = Keys(bytes(range(32)), "sample")


def ask(key: str | None = None, body: bytes = b"", expected: int | None = None, caller: Person = TOWN_HALL) -> Ask:
    """A request of the town hall."""
    return Ask(caller, key, body, expected)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server in which tests make databases."""

    admin: str
    models: dict[str, str] = field(default_factory=dict)
    _modelling: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def database(self, metadata: MetaData) -> AsyncIterator[str]:
        """A new database with the plumbing's schema and these tables; dropped afterwards."""
        async with self.copy("plumbing", _plumbing) as url:
            own = await asyncpg.connect(url)
            for table in metadata.sorted_tables:
                await own.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))
            await own.close()
            yield url

    @asynccontextmanager
    async def copy(self, kind: str, make: Callable[[str], Awaitable[None]]) -> AsyncIterator[str]:
        """A new database as `make` leaves one; it is made once, and each of this kind is a copy of it."""
        async with self._modelling:
            if kind not in self.models:
                model = f"m_{secrets.token_hex(6)}"
                await self._admin(f"create database {model}")
                await make(self._url(model))
                self.models[kind] = model
        name = f"t_{secrets.token_hex(6)}"
        await self._admin(f"create database {name} template {self.models[kind]}")
        try:
            yield self._url(name)
        finally:
            await self._admin(f"drop database {name} with (force)")

    async def end(self) -> None:
        """Drop what the copies were made of."""
        for model in self.models.values():
            await self._admin(f"drop database {model} with (force)")

    def _url(self, name: str) -> str:
        return self.admin.rpartition("/")[0] + f"/{name}"

    async def _admin(self, command: str) -> None:
        """On a connection of its own: the server may have been started anew since the last one."""
        con = await asyncpg.connect(self.admin)
        try:
            await con.execute(command)
        finally:
            await con.close()


async def _plumbing(url: str) -> None:
    con = await asyncpg.connect(url)
    for script in SCHEMA:
        await con.execute(script.read_text())
    await con.close()


@asynccontextmanager
async def base(url: str, size: int = 10) -> AsyncIterator[Base]:
    """What a door needs, on this database."""
    pool = await open_pool(url, "test", size)
    clock = Clock(pool)
    await clock.refresh()
    try:
        yield Base(pool, clock, lambda _: "2019-01-01")
    finally:
        await pool.close()


def moment(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def rows(url: str, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
    """What a query finds."""
    con = await asyncpg.connect(url)
    try:
        return await con.fetch(query, *arguments)
    finally:
        await con.close()
