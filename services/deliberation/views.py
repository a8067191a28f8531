"""What deliberation answers to readers: plain SQL, rows as JSON. `reach`: the communities a caller may see, None for all."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from services.deliberation.domain.minutes import changes
from services.deliberation.store import ASSEMBLIES, MEETINGS, PLATFORMS, TOPICS, UNDERTAKINGS
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.store import Kind

Rows = list[dict[str, Any]]
_REACH = "($1::text[] is null or community = any($1))"
_OF_COMMUNITY = "($2::text is null or community = $2) and ($3::text is null or state = $3)"
_OF_TOPIC = "($2::uuid is null or topic = $2)"
_DUTY = """
with months as (
    select p.id, p.community, m.month::date as month
    from platforms p, generate_series($2::date, $2::date + interval '11 months', interval '1 month') m(month)
    where ($1::text[] is null or p.community = any($1))
), said as (
    select stream, (data->>'month')::date as month, split_part(type, '.', 3) as word
    from journal where kind = 'platform' and split_part(type, '.', 3) = any($3)
)
select m.community, m.month, coalesce(n.meetings, 0) as meetings,
    exists (select from said s where s.stream = m.id and s.month = m.month and s.word = 'MonthlyMeetingDue') as warned,
    exists (select from said s where s.stream = m.id and s.month = m.month and s.word = 'MonthlyMeetingMissed') as missed
from months m left join month_meetings n on n.community = m.community and n.month = m.month
order by m.community, m.month
"""
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


async def topics(
    pool: Pool, reach: list[str] | None, community: str | None, shown: str | None, source: str | None, limit: int
) -> Rows:
    """Topics by their state; `source`: those that come from this stream."""
    where = f"{_OF_COMMUNITY} and ($4::text is null or sources @> to_jsonb($4::text))"
    return await _found(pool, TOPICS, where, "state, public_title, id", limit, reach, community, shown, source)


async def meetings(pool: Pool, reach: list[str] | None, community: str | None, shown: str | None, limit: int) -> Rows:
    """Meetings, the latest first."""
    return await _found(pool, MEETINGS, _OF_COMMUNITY, "starts_at desc, id", limit, reach, community, shown)


async def assemblies(pool: Pool, reach: list[str] | None, topic: UUID | None, limit: int) -> Rows:
    """Assemblies of a topic, or all."""
    return await _found(pool, ASSEMBLIES, _OF_TOPIC, "starts_at desc nulls first, id", limit, reach, topic)


async def undertakings(pool: Pool, reach: list[str] | None, topic: UUID | None, shown: str | None, limit: int) -> Rows:
    """Undertakings of a topic, or all, by due date."""
    where = f"{_OF_TOPIC} and ($3::text is null or state = $3)"
    return await _found(pool, UNDERTAKINGS, where, "due_at, id", limit, reach, topic, shown)


async def platforms(pool: Pool, reach: list[str] | None) -> Rows:
    """All platforms."""
    return await _found(pool, PLATFORMS, "true", "community", 1000, reach)


async def one(pool: Pool, kind: Kind[Any], id: UUID, reach: list[str] | None) -> dict[str, Any] | None:
    """One aggregate, with all its columns."""
    row = await pool.fetchrow(f"select {_columns(kind)} from {kind.table.name} where {_REACH} and id = $2", reach, id)
    return _plain(kind, row) if row else None


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


async def duty(pool: Pool, reach: list[str] | None, year: int) -> Rows:
    """月度协商: every community and month of a year: meetings held, whether it was warned of or missed."""
    rows = await pool.fetch(_DUTY, reach, date(year, 1, 1), ["MonthlyMeetingDue", "MonthlyMeetingMissed"])
    return [dict(row) for row in rows]


async def _found(pool: Pool, kind: Kind[Any], where: str, order: str, limit: int, *arguments: object) -> Rows:
    rows = await pool.fetch(
        f"select {_columns(kind)} from {kind.table.name} where {_REACH} and {where} order by {order} limit {limit:d}",
        *arguments,
    )
    return [_plain(kind, row) for row in rows]


def _columns(kind: Kind[Any]) -> str:
    return ", ".join(_shown(kind))


def _shown(kind: Kind[Any]) -> Sequence[str]:
    return [name for name in kind.columns if name != "head"]


def _plain(kind: Kind[Any], row: asyncpg.Record) -> dict[str, Any]:
    return {
        name: json.loads(row[name]) if kind.types[name] == "JSONB" and row[name] is not None else row[name]
        for name in _shown(kind)
    }
