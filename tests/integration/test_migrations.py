"""The migrations of every service make exactly the tables that its store works with."""

import importlib

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from ops.embedded.stack import SERVICES
from tests.support.running import migrated
from tests.support.servers import Server, moment


@pytest.mark.parametrize("service", SERVICES)
async def test_the_migrations_give_the_tables_of_the_store(postgres: Server, service: str) -> None:
    metadata = importlib.import_module(f"services.{service}.store").METADATA
    assert await _differences(postgres, service, metadata) == []


async def test_a_table_that_no_migration_makes_is_found(postgres: Server) -> None:
    grown = sqlalchemy.MetaData()
    for table in importlib.import_module("services.projects.store").METADATA.sorted_tables:
        table.to_metadata(grown)
    sqlalchemy.Table("forgotten", grown, sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True))
    [(what, table)] = await _differences(postgres, "projects", grown)
    assert (what, table.name) == ("add_table", "forgotten")


async def _differences(postgres: Server, service: str, metadata: sqlalchemy.MetaData) -> list[tuple]:  # type: ignore[type-arg]
    """What autogenerate would still have to do after all migrations; the plumbing's own tables are not looked at."""

    def compare(connection: sqlalchemy.Connection) -> list[tuple]:  # type: ignore[type-arg]
        def ours(_object: object, name: str | None, kind: str, reflected: bool, _compare: object) -> bool:
            return not (kind == "table" and reflected and name not in metadata.tables)

        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))

    async with migrated(postgres, service, moment("2024-02-01T00:00:00")) as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.connect() as connection:
            found = await connection.run_sync(compare)
        await engine.dispose()
    return found
