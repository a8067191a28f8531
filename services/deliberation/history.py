"""全过程: everything that was said of a topic, a meeting or a platform, in the journal's order."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from services.deliberation.domain.wording import HEADINGS
from shared.events.base import Fact
from shared.plumbing.database import Pool

_COLUMNS = "position, kind, stream, version, type, data::text as data, actor, occurred_at, recorded_at"
_TOPIC = f"""
with own as (
    select $1::uuid as id
    union select id from assemblies where topic = $1
    union select id from undertakings where topic = $1
), meetings_of as (
    select distinct split_part(data->>'meeting', '/', 2)::uuid as id from journal
    where stream = $1 and data->>'meeting' like 'meeting/%'
), about as (
    select id from meetings_of union select id from platforms where community = (select community from topics where id = $1)
)
select {_COLUMNS} from journal where stream in (select id from own)
union all
select {_COLUMNS} from journal where stream in (select id from about) and strpos(data::text, $2) > 0
order by position
"""
_MEETING = f"""
select {_COLUMNS} from journal where stream = $1
union all
select {_COLUMNS} from journal where stream = (select p.id from platforms p join meetings m using (community) where m.id = $1)
    and data->>'about' = $2
order by position
"""
_ONE = f"select {_COLUMNS} from journal where stream = $1 order by position"

Told = list[dict[str, Any]]


async def of_topic(pool: Pool, id: UUID) -> Told:
    """议题全过程: the topic, its assemblies and undertakings, what its meetings said about it, the town's guidance."""
    return [_told(row) for row in await pool.fetch(_TOPIC, id, f"topic/{id}")]


async def of_meeting(pool: Pool, id: UUID) -> Told:
    """会议全过程, with the town's guidance about it."""
    return [_told(row) for row in await pool.fetch(_MEETING, id, f"meeting/{id}")]


async def of(pool: Pool, id: UUID) -> Told:
    """全过程 of one stream."""
    return [_told(row) for row in await pool.fetch(_ONE, id)]


def _told(row: asyncpg.Record) -> dict[str, Any]:
    """A fact with its heading and who said it: role and unit; the person stays in the journal."""
    fact = Fact.known[row["type"]]
    role, _, rest = row["actor"].partition(":")
    return {
        "position": row["position"],
        "kind": row["kind"],
        "stream": str(row["stream"]),
        "version": row["version"],
        "fact": fact.__name__,
        "heading": HEADINGS[fact],
        "occurred_at": row["occurred_at"].isoformat(),
        "recorded_at": row["recorded_at"].isoformat(),
        "role": role,
        "unit": rest.rpartition(":")[0] or None,
        "data": json.loads(row["data"]),
    }
