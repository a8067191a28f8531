"""诉求清单: a page of what was searched for, in order, and where the next one begins.

Pages go on after a row, not after a count: what comes in meanwhile moves nothing.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.intake.domain.clock import RUNNING
from services.intake.domain.complaint import Complaint
from services.intake.registering import ORDER, IntakeService
from services.intake.searching import says
from services.intake.store import COMPLAINTS
from shared.plumbing.cursors import After
from shared.plumbing.database import Pool
from shared.plumbing.searching import Search, Way

PORTION = 1_000
"""So many complaints are looked at with one statement, when a text is searched for."""
MOST_LOOKED_AT = 20_000
"""So many complaints are looked at for one request; the cursor goes on from there."""

_COMPLAINT = TypeAdapter(Complaint)


class Sort(StrEnum):
    """Order of a list: newest first; soonest due first, without a due date last; latest change first."""

    RECEIVED = "received"
    DUE = "due"
    UPDATED = "updated"


WAYS = {
    Sort.RECEIVED: Way("complaints", "received_at", "timestamptz", backwards=True),
    Sort.DUE: Way("complaints", "coalesce(due_at, 'infinity')", "timestamptz", backwards=False),
    Sort.UPDATED: Way.by_change("complaints", "complaint"),
}
"""A complaint changed last when its last fact was said: the journal's own order."""


@dataclass(frozen=True, slots=True)
class Row:
    """A complaint in its place in a list. `urges`: the orders that urged it or added to it."""

    id: UUID
    urges: tuple[UUID, ...]
    after: After


async def look(pool: Pool, search: Search, sort: Sort, after: After | None, limit: int) -> list[Row]:
    """The next so many of a list."""
    statement, arguments = WAYS[sort].sql(search, after, limit, "id, urges")
    return [
        Row(row["id"], _URGES.validate_json(row["urges"]), After(row["value"], row["id"]))
        for row in await pool.fetch(statement, *arguments)
    ]


_URGES = TypeAdapter(tuple[UUID, ...])
Match = Callable[[Sequence[Row]], Awaitable[set[UUID]]]
"""Which of these rows a text search takes."""


async def page(
    pool: Pool, search: Search, sort: Sort, after: After | None, limit: int, match: Match | None = None
) -> tuple[list[Row], After | None]:
    """At most `limit` rows, and after which the list goes on; None at its end.

    With `match` a page may be short, or empty, and still go on: so much was looked at for one request.
    """
    if match is None:
        rows = await look(pool, search, sort, after, limit + 1)
        return rows[:limit], rows[limit - 1].after if len(rows) > limit else None
    found: list[Row] = []
    for _ in range(MOST_LOOKED_AT // PORTION):
        rows = await look(pool, search, sort, after, PORTION)
        taken = await match(rows)
        for row in rows:
            after = row.after
            if row.id in taken:
                found.append(row)
                if len(found) == limit:
                    return found, after
        if len(rows) < PORTION:
            return found, None
    return found, after


def in_public(service: IntakeService, text: str) -> Match:
    """Matching by number, names and what staff wrote for the public."""

    async def match(rows: Sequence[Row]) -> set[UUID]:
        said = Search()
        says(said, text, service.town, [row.id for row in rows])
        found = await service.pool.fetch(f"select id from complaints where {said.clause}", *said.arguments)
        return {row["id"] for row in found}

    return match


def in_words(service: IntakeService, text: str) -> Match:
    """Matching by the residents' own words too: each order is opened, and nothing of it is kept."""
    wanted, in_these = text.casefold(), in_public(service, text)

    async def match(rows: Sequence[Row]) -> set[UUID]:
        taken = await in_these(rows)
        left = [row for row in rows if row.id not in taken]
        places = [(row.id, ORDER) for row in left]
        places += [(row.id, f"{ORDER}/{order}") for row in left for order in row.urges]
        for (id, _), words in (await service.vault.read_entries(service.pool, places)).items():
            if words is not None and wanted in _own_words(words):
                taken.add(id)
        return taken

    return match


def _own_words(order: str) -> str:
    """What the resident said and who it is; not the codes and names of fields around it."""
    said = json.loads(order)
    person = said.get("complainant") or {}
    return "\n".join(filter(None, (said["title"], said["content"], person.get("name"), person.get("phone")))).casefold()


async def shown(pool: Pool, ids: Sequence[UUID], now: datetime) -> list[dict[str, Any]]:
    """These complaints in this order, with when each last changed, its open routes, and whether it is overdue now."""
    rows = {row["id"]: row for row in await pool.fetch(_SHOWN, ids)}
    found = []
    for id in ids:
        if (row := rows.get(id)) is None:
            continue
        state = COMPLAINTS.stored(row)
        found.append(
            {
                "id": str(id),
                "version": row["version"],
                **_COMPLAINT.dump_python(state, mode="json"),
                "updated_at": row["updated_at"].isoformat(),
                "overdue": state.state in RUNNING and state.due_at is not None and state.due_at < now,
                "open_routes": row["open_routes"],
            }
        )
    return found


_SHOWN = f"""
select {", ".join(COMPLAINTS.columns)},
    (select recorded_at from journal j where j.stream = c.id and j.version = c.version) as updated_at,
    (select count(*) from routes r where r.complaint = c.id and r.state = 'OPEN') as open_routes
from complaints c where id = any($1::uuid[])
"""
