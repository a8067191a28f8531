"""What the journal tells of a topic or of a meeting, read at one moment: for the dossier and the draft of minutes."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import asyncpg

from services.deliberation.domain.platform import platform_id
from services.deliberation.domain.told import Told
from shared.events.base import Fact, ref
from shared.plumbing.database import Connection, Pool

_TOPIC = """
select kind, stream, version, position, type, data::text as data, occurred_at, encode(hash, 'hex') as hash from journal
where stream = any(
    array(select split_part(data->>'meeting', '/', 2)::uuid from journal where stream = $1 and data->>'meeting' is not null)
    || array(select id from assemblies where topic = $1)
    || array(select id from undertakings where topic = $1)
    || array[$1::uuid, $2::uuid]
) order by position
"""
_MEETING = """
select kind, stream, version, position, type, data::text as data, occurred_at, encode(hash, 'hex') as hash from journal
where stream = any(array[$1::uuid, $2::uuid]) order by position
"""
_TITLES = "select id, public_title from topics where id = any($1::uuid[]) and community = $2"

Story = tuple[Sequence[Told], Mapping[UUID, str]]
"""The facts in the order of the journal, and the titles of all topics they mention."""


async def of_topic(pool: Pool, topic: UUID, community: str) -> Story:
    """Everything said of a topic, its meetings, their platform, its assemblies and undertakings."""
    return await _story(pool, _TOPIC, topic, community)


async def of_meeting(pool: Pool, meeting: UUID, community: str) -> Story:
    """Everything said of a meeting and of its platform."""
    return await _story(pool, _MEETING, meeting, community)


async def _story(pool: Pool, query: str, id: UUID, community: str) -> Story:
    async with pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        told = [_told(row) for row in await con.fetch(query, id, platform_id(community))]
        return told, await _titles(con, told, community)


def _told(row: asyncpg.Record) -> Told:
    fact = Fact.known[row["type"]].read(row["data"])
    return Told(ref(row["kind"], row["stream"]), row["version"], row["position"], row["occurred_at"], fact, row["hash"])


async def _titles(con: Connection, told: Iterable[Told], community: str) -> dict[UUID, str]:
    mentioned = set()
    for entry in told:
        for name in ("topics", "merged", "into"):
            value = getattr(entry.fact, name, ())
            mentioned |= {value} if isinstance(value, str) else set(value)
    ids = [UUID(name.removeprefix("topic/")) for name in sorted(mentioned) if name.startswith("topic/")]
    return {row["id"]: row["public_title"] for row in await con.fetch(_TITLES, ids, community)}
