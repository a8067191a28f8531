"""What can be read of suggestions, projects and batches."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.store import Kind

_HIDDEN = {"head"}


async def listed(
    pool: Pool, kind: Kind[Any], caller: Person, *, state: str | None, community: str | None, limit: int = 200
) -> list[dict[str, Any]]:
    """Rows of a kind, as far as the caller reaches."""
    rows = await pool.fetch(
        f"select * from {kind.table.name} where ($1::text is null or state = $1) "
        "and ($2::text is null or community = $2) and ($3 or community = any($4::text[]) or unit = $5) "
        "order by id limit $6",
        state,
        community,
        caller.reach is Reach.TOWN,
        sorted(caller.communities) if caller.reach is Reach.COMMUNITY else [],
        caller.department if caller.reach is Reach.DEPARTMENT else None,
        limit,
    )
    return [_shown(kind, row) for row in rows]


async def one(pool: Pool, kind: Kind[Any], caller: Person, id: UUID) -> dict[str, Any] | None:
    """One row; None if there is none or it is none of the caller's business."""
    row = await pool.fetchrow(f"select * from {kind.table.name} where id = $1", id)
    if row is None or not caller.reaches(kind.scope(kind.stored(row))):
        return None
    return _shown(kind, row)


def _shown(kind: Kind[Any], row: asyncpg.Record) -> dict[str, Any]:
    """A row with its JSON columns read."""
    nested = {column.name for column in kind.table.c if column.type.__class__.__name__ == "JSONB"}
    return {
        name: json.loads(value) if name in nested and value is not None else value
        for name, value in row.items()
        if name not in _HIDDEN
    }
