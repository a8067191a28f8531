"""全过程: everything that was said of a topic, a meeting or a platform, in the journal's order."""

from uuid import UUID

from services.deliberation.domain.wording import HEADINGS
from shared.plumbing.database import Pool
from shared.plumbing.histories import COLUMNS, Told, entry

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
select {COLUMNS} from journal where stream in (select id from own)
union all
select {COLUMNS} from journal where stream in (select id from about) and strpos(data::text, $2) > 0
order by position
"""
_MEETING = f"""
select {COLUMNS} from journal where stream = $1
union all
select {COLUMNS} from journal where stream = (select p.id from platforms p join meetings m using (community) where m.id = $1)
    and data->>'about' = $2
order by position
"""
_ONE = f"select {COLUMNS} from journal where stream = $1 order by position"


async def of_topic(pool: Pool, id: UUID) -> Told:
    """议题全过程: the topic, its assemblies and undertakings, what its meetings said about it, the town's guidance."""
    return [entry(row, HEADINGS) for row in await pool.fetch(_TOPIC, id, f"topic/{id}")]


async def of_meeting(pool: Pool, id: UUID) -> Told:
    """会议全过程, with the town's guidance about it."""
    return [entry(row, HEADINGS) for row in await pool.fetch(_MEETING, id, f"meeting/{id}")]


async def of(pool: Pool, id: UUID) -> Told:
    """全过程 of one stream."""
    return [entry(row, HEADINGS) for row in await pool.fetch(_ONE, id)]
