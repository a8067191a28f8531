"""全过程: everything that was said of a project, with its suggestions and its money, in the journal's order, in words."""

from uuid import UUID

import asyncpg

from services.projects.domain.wording import HEADINGS, words
from shared.events.base import Fact
from shared.plumbing.database import Pool
from shared.plumbing.histories import COLUMNS, Told, entry
from shared.rules.naming import Named
from shared.rules.township import Town

_PROJECT = f"""
select {COLUMNS} from journal where stream = $1 or stream = any(
    array(select split_part(s, '/', 2)::uuid from projects p, jsonb_array_elements_text(p.own_sources) s
    where p.id = $1 and s like 'suggestion/%')
)
union all
select {COLUMNS} from journal where stream = any(
    array(select split_part(batch, '/', 2)::uuid from projects where id = $1 and batch is not null)
) and data->>'project' = 'project/' || $1::text
order by position
"""
_ONE = f"select {COLUMNS} from journal where stream = $1 order by position"


async def of_project(pool: Pool, id: UUID, town: Town) -> Told:
    """项目全过程: the project, the suggestion it was converted from, and its money in the batch."""
    return [_told(row, town) for row in await pool.fetch(_PROJECT, id)]


async def of(pool: Pool, id: UUID, town: Town) -> Told:
    """全过程 of one suggestion, or of one batch."""
    return [_told(row, town) for row in await pool.fetch(_ONE, id)]


def _told(row: asyncpg.Record, town: Town) -> dict[str, object]:
    return entry(row, HEADINGS) | {"words": words(Fact.known[row["type"]].read(row["data"]), Named(town))}
