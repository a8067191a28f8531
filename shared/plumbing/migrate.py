"""Migrations: `python -m shared.plumbing.migrate <service>` brings a service's database up to date."""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy
from alembic import command, context
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from shared.plumbing.settings import DatabaseSettings

_ROOT = Path(__file__).resolve().parents[2]


def plumbing(op: Any, revision: str) -> None:
    """Run one of the plumbing's own schema scripts inside a service's migration.

    The driver itself runs it: SQLAlchemy prepares every statement, and only one statement at a time can be prepared.
    """
    script = (Path(__file__).parent / f"schema_{revision}.sql").read_text()
    await_only(op.get_bind().connection.driver_connection.execute(script))


def config(service: str, url: str) -> Config:
    """Alembic's configuration of one service, without a file."""
    alembic = Config()
    alembic.set_main_option("script_location", str(_ROOT / "services" / service / "migrations"))
    alembic.set_main_option("version_path_separator", "os")
    alembic.attributes["url"] = url.replace("postgresql://", "postgresql+asyncpg://", 1)
    return alembic


def upgrade(service: str, url: str, clock_start: datetime | None = None) -> None:
    """Up to the newest revision. `clock_start`: where the town's clock begins in a new embedded database."""
    command.upgrade(config(service, url), "head")
    if clock_start is not None:
        asyncio.run(begin_clock(url, clock_start))


async def begin_clock(url: str, moment: datetime) -> None:
    """Where the town's clock begins in an embedded database that has heard nothing yet."""
    con = await asyncpg.connect(url)
    try:
        await con.execute(
            "update town_clock set ahead = $1 - clock_timestamp() where not exists (select from journal)", moment
        )
    finally:
        await con.close()


def run_env(metadata: sqlalchemy.MetaData) -> None:
    """What every `migrations/env.py` does: run the revisions in one transaction, one process at a time."""

    def include(_object: object, name: str | None, kind: str, reflected: bool, _compare: object) -> bool:
        return not (kind == "table" and reflected and name not in metadata.tables)

    def migrate(connection: sqlalchemy.Connection) -> None:
        context.configure(connection=connection, target_metadata=metadata, include_object=include)
        with context.begin_transaction():
            connection.exec_driver_sql("select pg_advisory_xact_lock(20240201, 2)")
            context.run_migrations()

    async def run() -> None:
        engine = create_async_engine(context.config.attributes["url"])
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
        await engine.dispose()

    asyncio.run(run())


if __name__ == "__main__":
    start = os.environ.get("FIVEPLUSN_CLOCK_START") if os.environ.get("FIVEPLUSN_MODE") == "embedded" else None
    upgrade(sys.argv[1], DatabaseSettings().dsn, datetime.fromisoformat(start) if start else None)
