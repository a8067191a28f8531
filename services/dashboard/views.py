"""What can be read: facts by number, and the journey of one demand."""

import json
from typing import Any
from uuid import UUID

import asyncpg

from shared.events.base import ref
from shared.plumbing.database import Pool

_FACTS = """
select number, service, kind, stream, version, position, type, data::text as data, actor, terms, at, received_at, cause,
    correlation
from facts where number > $1 and ($2::text is null or type = $2 or type like '%.' || $2 || '.v%')
and ($3::text is null or kind = $3) and ($4::uuid is null or stream = $4) and ($5::text is null or service = $5)
order by number limit $6
"""
_WAY = """
with recursive up(stream) as (
    select $1::text union select l.source from links l join up on l.consequence = up.stream
), down(stream) as (
    select $1::text union select l.consequence from links l join down on l.source = down.stream
)
select stream from up union select stream from down
"""
_STEPS = """
select number, service, kind, stream, version, position, type, data::text as data, actor, terms, at, received_at, cause,
    correlation
from facts where stream = any($1::uuid[]) order by at, position, number
"""
_EDGES = """
select source, consequence from links where source = any($1::text[]) and consequence = any($1::text[])
order by source, consequence
"""


async def facts(
    pool: Pool, after: int, limit: int, type: str | None, kind: str | None, stream: UUID | None, service: str | None
) -> dict[str, Any]:
    """Facts after a number, in order. `next`: where to go on; None when there is nothing more yet."""
    rows = await pool.fetch(_FACTS, after, type, kind, stream, service, limit)
    return {"facts": [_fact(row) for row in rows], "next": rows[-1]["number"] if len(rows) == limit else None}


async def journey(pool: Pool, kind: str, id: UUID) -> dict[str, Any] | None:
    """Where a stream comes from and what it led to: every step in the order of time. None if nobody knows it.

    What else came from its sources (the other complaints of a hotspot's topic) is not part of it.
    """
    start = ref(kind, id)
    streams = sorted(row["stream"] for row in await pool.fetch(_WAY, start))
    rows = await pool.fetch(_STEPS, [UUID(stream.rpartition("/")[2]) for stream in streams])
    if not any(row["stream"] == id for row in rows):
        return None
    edges = await pool.fetch(_EDGES, streams)
    return {
        "id": start,
        "streams": streams,
        "links": [{"from": row["source"], "to": row["consequence"]} for row in edges],
        "steps": [_fact(row) | {"type": row["type"].split(".")[2]} for row in rows],
    }


async def summary(pool: Pool) -> dict[str, Any]:
    """How many facts of which type."""
    rows = await pool.fetch("select service, type, count(*) as facts from facts group by 1, 2 order by 1, 2")
    return {"facts": sum(row["facts"] for row in rows), "types": [dict(row) for row in rows]}


def _fact(row: asyncpg.Record) -> dict[str, Any]:
    return dict(row) | {"data": json.loads(row["data"])}
