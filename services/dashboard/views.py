"""What can be read: facts by number, and the journey of one demand."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.dashboard import wording
from services.dashboard.feed import fact
from services.dashboard.looking import COLUMNS, Filters, View, scope_of, short
from services.dashboard.streaming import page
from services.dashboard.terms import DashboardTerms
from shared.events.base import ref
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.service import Service
from shared.rules.naming import Named
from shared.rules.township import SHANGHAI

Told = tuple[asyncpg.Record, dict[str, Any]]
"""A row, and the fact as it is shown."""
MOST_STREAMS = 500
"""A journey shows at most so many streams, those first that are fewest links away [D]."""
MOST_STEPS = 5_000
"""And at most so many of their facts, its own before those of the others, the first ones [D]."""
_WAY = """
with recursive up(stream, far) as (
    select $1::text, 0 union select l.source, up.far + 1 from links l join up on l.consequence = up.stream
    where up.far < 20
), down(stream, far) as (
    select $1::text, 0 union select l.consequence, down.far + 1 from links l join down on l.source = down.stream
    where down.far < 20
)
select stream, min(far) as far from (select * from up union all select * from down) both_ways
group by stream order by far, stream limit $2
"""
_STEPS = f"""
select {COLUMNS} from facts where stream = any($1::uuid[]) order by (stream = $3) desc, at, position, number limit $2
"""
_EDGES = """
select source, consequence from links where source = any($1::text[]) and consequence = any($1::text[])
order by source, consequence
"""
_STREAMS = """
select stream, kind, community, communities, departments, confidential, title, category, place, unit, began_at, last_at,
due_at, due_since, ended_at from streams where stream = any($1::uuid[])
"""


async def facts(pool: Pool, view: View, after: int, limit: int) -> dict[str, Any]:
    """Facts after a number, in order. `next`: where to go on; None when there is nothing more yet. `last`: up to where
    this was everything."""
    rows, last = await page(pool, view, after, limit)
    return {"facts": [fact(row) for row in rows], "next": last if len(rows) == limit else None, "last": last}


async def journey(service: Service[DashboardTerms], caller: Person, kind: str, id: UUID) -> dict[str, Any] | None:
    """Where a stream comes from and what it led to: every step in the order of time. None if nobody knows it, or it is
    none of the caller's business; streams beyond their reach are left out, and counted as `hidden`.

    What else came from its sources (the other complaints of a hotspot's topic) is not part of it.
    """
    pool, start = service.pool, ref(kind, id)
    way = [row["stream"] for row in await pool.fetch(_WAY, start, MOST_STREAMS + 1)]
    known = await pool.fetch(_STREAMS, [UUID(stream.rpartition("/")[2]) for stream in way[:MOST_STREAMS]])
    mine = {ref(row["kind"], row["stream"]): row for row in known if caller.reaches(scope_of(row))}
    if start not in mine:
        return None
    streams = sorted(mine)
    rows = await pool.fetch(_STEPS, [UUID(stream.rpartition("/")[2]) for stream in streams], MOST_STEPS + 1, id)
    edges = await pool.fetch(_EDGES, streams)
    steps = sorted(rows[:MOST_STEPS], key=lambda row: (row["at"], row["position"], row["number"]))
    told = [(row, fact(row)) for row in steps]
    due = _due(mine, service.now())
    told_of = {ref(row["kind"], row["stream"]) for row in steps}
    return {
        "id": start,
        "streams": streams,
        "nodes": _nodes({stream: mine[stream] for stream in told_of}, due, Named(service.town)),
        "hidden": len(known) - len(mine),
        "whole": len(way) <= MOST_STREAMS and len(rows) <= MOST_STEPS,
        "links": [{"from": row["source"], "to": row["consequence"]} for row in edges],
        "due": due,
        "steps": _steps(told, wording.names(service.town)),
    }


def _steps(told: Sequence[Told], named: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each fact with its words, who said it, what it came from and led to, and how long its stream had waited."""
    before: dict[UUID, datetime] = {}
    steps: list[dict[str, Any]] = []
    led: dict[str, list[str]] = {}
    for row, shown in told:
        waited = row["at"] - before[row["stream"]] if row["stream"] in before else None
        before[row["stream"]] = row["at"]
        led[shown["id"]] = shown["led_to"] = []
        if (cause := row["cause"]) in led:
            led[cause].append(shown["id"])
        steps.append(
            shown
            | {
                "type": short(row["type"]),
                "heading": wording.heading(row["type"]),
                "subject": wording.subject(row["kind"]),
                "who": wording.who(row["actor"], named),
                "waited_s": None if waited is None else round(waited.total_seconds()),
            }
        )
    return steps


def _nodes(mine: Mapping[str, asyncpg.Record], due: Sequence[Mapping[str, Any]], named: Named) -> list[dict[str, Any]]:
    """What the streams are called, whose they are, when they began, and how they stand: `ended`, `open` or `overdue`;
    those first that began first."""
    late = {one["stream"] for one in due if one["overdue"]}
    return [
        {
            "stream": stream,
            "kind": row["kind"],
            "subject": wording.subject(row["kind"]),
            "title": _title(row, named),
            "community": row["community"],
            "began_at": row["began_at"],
            "last_at": row["last_at"],
            "state": "overdue" if stream in late else "ended" if row["ended_at"] else "open",
        }
        for stream, row in sorted(mine.items(), key=lambda one: (one[1]["began_at"], one[0]))
    ]


def _title(row: asyncpg.Record, named: Named) -> str:
    """What a stream is called: by its title, by what it is about and where, or by who has to do it."""
    if row["title"]:
        return str(row["title"])
    about = [named.category(row["category"])] if row["category"] else []
    where = [named.place(row["place"])] if row["place"] else []
    return " · ".join(about + where) or (named.unit(row["unit"]) if row["unit"] else "")


def _due(streams: Mapping[str, asyncpg.Record], now: datetime) -> list[dict[str, Any]]:
    """期限: what every stream still has to keep, and which fact says so (`standing.py`)."""
    dated = sorted((row["due_at"], stream) for stream, row in streams.items() if row["due_at"])
    return [
        {
            "stream": stream,
            "subject": wording.subject(streams[stream]["kind"]),
            "due_at": due_at.astimezone(SHANGHAI),
            "since": short(streams[stream]["due_since"]),
            "overdue": due_at <= now,
        }
        for due_at, stream in dated
    ]


async def summary(pool: Pool, caller: Person) -> dict[str, Any]:
    """How many facts of which type."""
    search = View.of(Filters(), caller).search()
    rows = await pool.fetch(
        f"select service, type, count(*) as facts from facts where {search.clause} group by 1, 2 order by 1, 2",
        *search.arguments,
    )
    return {"facts": sum(row["facts"] for row in rows), "types": [dict(row) for row in rows]}
