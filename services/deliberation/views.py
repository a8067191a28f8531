"""What deliberation answers to readers: plain SQL, rows as JSON. `reach`: the communities a caller may see, None for all."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.deliberation.domain.minutes import changes
from services.deliberation.store import PLATFORMS
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.lists import columns, plain
from shared.plumbing.store import Kind

Rows = list[dict[str, Any]]
_REACH = "($1::text[] is null or community = any($1))"
_MINUTES = """
select data::text as data, occurred_at from journal where kind = 'meeting' and stream = $1
and split_part(type, '.', 3) in ('MinutesPublished', 'MinutesCorrected') order by version
"""
_NOTICES = """
select m.id, m.community, m.starts_at, m.urgent, m.form, m.venue, m.moderator, m.participants, m.notice_until,
    (select coalesce(json_agg(json_build_object('id', t.id, 'public_title', t.public_title)), '[]')
     from topics t where m.topics ? t.id::text) as topics
from meetings m where m.state = 'NOTICED' and ($1::text is null or m.community = $1) order by m.starts_at
"""


def reach_of(caller: Person) -> list[str] | None:
    """The communities this caller may see; None: all."""
    return sorted(caller.communities) if caller.reach is Reach.COMMUNITY else None


_SOURCES = """
select 'topic/' || id from topics where community = $1 and 'topic/' || id = any($2::text[])
union all
select 'meeting/' || id from meetings where community = $1 and problems > 0 and 'meeting/' || id = any($2::text[])
"""
_GUIDED = """
select $2 where exists (
    select from topics where community = $1 and 'topic/' || id = $2
    union all select from meetings where community = $1 and 'meeting/' || id = $2
    union all select from assemblies where community = $1 and 'assembly/' || id = $2
    union all select from undertakings where community = $1 and 'undertaking/' || id = $2
)
"""
_ABSENCES = """
select a.id, a.version, a.community, a.party, a.meeting, a.times, a.reports, a.answer,
    exists (select from vault v where v.owner = a.id) as superior_registered,
    (select n.state from notices n where n.kind = 'absence' and n.owner = a.id order by n.position desc limit 1) as notice
from absence_reports a where ($1::text[] is null or a.community = any($1)) and ($2::text is null or a.community = $2)
order by a.community, a.party
"""


async def sources(pool: Pool, community: str, named: Sequence[str]) -> frozenset[str]:
    """Which of these are topics of this community, or meetings of it at which problems were raised."""
    rows = await pool.fetch(_SOURCES, community, list(named)) if named else []
    return frozenset(row[0] for row in rows)


async def guided(pool: Pool, community: str, about: str | None) -> frozenset[str]:
    """`about`, if it is a topic, meeting, assembly or undertaking of this community."""
    found = await pool.fetchval(_GUIDED, community, about) if about else None
    return frozenset({found} if found else ())


async def absences(pool: Pool, reach: list[str] | None, community: str | None) -> Rows:
    """无故缺席通报, and how far the last notice came."""
    return [dict(row) for row in await pool.fetch(_ABSENCES, reach, community)]


async def platforms(pool: Pool, reach: list[str] | None) -> Rows:
    """All platforms."""
    return await _found(pool, PLATFORMS, "true", "community", 1000, reach)


async def one(pool: Pool, kind: Kind[Any], id: UUID, reach: list[str] | None) -> dict[str, Any] | None:
    """One aggregate, with all its columns."""
    row = await pool.fetchrow(f"select {columns(kind)} from {kind.table.name} where {_REACH} and id = $2", reach, id)
    return plain(kind, row) if row else None


async def notices(pool: Pool, community: str | None) -> Rows:
    """公示 that stand now, for everybody."""
    rows = await pool.fetch(_NOTICES, community)
    return [dict(row) | {name: json.loads(row[name]) for name in ("participants", "topics")} for row in rows]


async def minutes(pool: Pool, meeting: UUID) -> Rows:
    """会议记录: all published versions with their seals, and what each took away and added, for everybody."""
    found: Rows = []
    for row in await pool.fetch(_MINUTES, meeting):
        version = json.loads(row["data"]) | {"published_at": row["occurred_at"]}
        if found:
            version["removed"], version["added"] = changes(found[-1]["text"], version["text"])
        found.append(version)
    return found


async def _found(pool: Pool, kind: Kind[Any], where: str, order: str, limit: int, *arguments: object) -> Rows:
    rows = await pool.fetch(
        f"select {columns(kind)} from {kind.table.name} where {_REACH} and {where} order by {order} limit {limit:d}",
        *arguments,
    )
    return [plain(kind, row) for row in rows]
