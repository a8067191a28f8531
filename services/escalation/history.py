"""全过程: everything that was said of an issue and of its departments' duties, in the journal's order, in words."""

from collections.abc import Collection
from uuid import UUID

from services.escalation.domain.wording import HEADINGS, words
from services.escalation.store import DUTIES
from shared.events.base import Fact
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.histories import COLUMNS, Told, entry
from shared.rules.naming import Named
from shared.rules.township import Town

_FACTS = f"select {COLUMNS} from journal where stream = any($1::uuid[]) order by position"
_DUTIES = f"select {', '.join(DUTIES.columns)} from duties where issue = $1"


async def of_issue(pool: Pool, caller: Person, id: UUID, town: Town) -> Told:
    """吹哨全过程: the issue, and those of its duties that the caller reaches: a department sees its own."""
    rows = await pool.fetch(_DUTIES, id)
    own = [row["id"] for row in rows if caller.reaches(DUTIES.scope(DUTIES.stored(row)))]
    return await _told(pool, [id, *own], town)


async def of_duty(pool: Pool, id: UUID, town: Town) -> Told:
    """报到全过程 of one department."""
    return await _told(pool, [id], town)


async def _told(pool: Pool, streams: Collection[UUID], town: Town) -> Told:
    called = Named(town)
    return [
        entry(row, HEADINGS) | {"words": words(Fact.known[row["type"]].read(row["data"]), called)}
        for row in await pool.fetch(_FACTS, list(streams))
    ]
