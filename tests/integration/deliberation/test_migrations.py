"""The migrations make exactly the tables that the store works with."""

import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from services.deliberation.store import METADATA
from tests.integration.deliberation.town import BEGIN
from tests.support.running import migrated
from tests.support.servers import Server


async def test_the_migrations_give_the_tables_of_the_store(postgres: Server) -> None:
    def differences(connection: sqlalchemy.Connection) -> list[object]:
        def ours(_object: object, name: str | None, kind: str, reflected: bool, _compare: object) -> bool:
            return not (kind == "table" and reflected and name not in METADATA.tables)

        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, METADATA))

    async with migrated(postgres, "deliberation", BEGIN) as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
    assert found == []
