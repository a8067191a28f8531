"""What intake shows of imports: the runs, and the rejected rows without their content. Read-only SQL."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.importing import sums
from services.intake.store import IMPORTS
from shared.plumbing.database import Pool

MOST_REJECTIONS = 1000
_OPEN = "(select count(*) from import_rows r where r.run = i.id and r.state = 'OPEN') as open_rejections"
_COLUMNS = ", ".join(f"i.{column}" for column in IMPORTS.columns)
_REJECTIONS = """
select r.row, r.problems, r.state, r.settled_run, r.settled_row from import_rows r
where r.run = $1 and r.state is not null order by r.row limit $2
"""


async def runs(pool: Pool, limit: int) -> list[dict[str, Any]]:
    """导入批次, newest first."""
    query = f"select {_COLUMNS}, {_OPEN} from imports i order by i.begun_at desc, i.id limit $1"
    return [_shown(row) for row in await pool.fetch(query, limit)]


async def run(pool: Pool, id: UUID) -> dict[str, Any] | None:
    """One run with its rejected rows, or None."""
    row = await pool.fetchrow(f"select {_COLUMNS}, {_OPEN} from imports i where i.id = $1", id)
    if row is None:
        return None
    rejections = await pool.fetch(_REJECTIONS, id, MOST_REJECTIONS)
    return _shown(row) | {"rejections": [_rejection(found) for found in rejections]}


def _shown(row: asyncpg.Record) -> dict[str, Any]:
    run = IMPORTS.stored(row)
    return {
        "id": str(row["id"]),
        "version": row["version"],
        "state": run.state,
        "source": run.source,
        "checksum": run.checksum,
        "atomic": run.atomic,
        "actor": run.actor,
        "begun_at": run.begun_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
        "rows": run.rows,
        **sums(run),
        "open_rejections": row["open_rejections"],
    }


def _rejection(row: asyncpg.Record) -> dict[str, Any]:
    settled = {"run": str(row["settled_run"]), "row": row["settled_row"]} if row["settled_run"] else None
    return {"row": row["row"], "state": row["state"], "problems": json.loads(row["problems"]), "replaced_by": settled}
