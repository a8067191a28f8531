"""What intake shows: complaints, routes and hotspots. Read-only SQL."""

from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from services.intake.domain.complaint import Complaint
from services.intake.domain.route import Route
from services.intake.searching import HANDLES, within_reach
from services.intake.store import COMPLAINTS, HOTSPOTS, ROUTES
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.database import Connection, Pool
from shared.plumbing.searching import Search
from shared.plumbing.store import Kind

S = TypeVar("S")
_ROUTE = TypeAdapter(Route)
_HOTSPOT = TypeAdapter(HOTSPOTS.state)


async def complaint(con: Pool | Connection, caller: Person, id: UUID) -> Complaint:
    """一件诉求; raises `NotFound` where there is none within the caller's reach."""
    search = within_reach(caller)
    search.where("id = ?", id)
    rows = await search.rows(con, COMPLAINTS, "id", 1)
    if not rows:
        raise NotFound(str(id))
    return COMPLAINTS.stored(rows[0])


async def routes_of(pool: Pool, complaint: UUID) -> list[dict[str, Any]]:
    """转办 of one complaint."""
    search = Search()
    search.where("complaint = ?", complaint)
    return [_shown(ROUTES, _ROUTE, route) for route in await search.rows(pool, ROUTES, "id", 1000)]


async def routes(
    pool: Pool, caller: Person, complaint: UUID | None, target: str | None, limit: int
) -> list[dict[str, Any]]:
    """转办清单."""
    search = Search()
    search.within_reach(caller, f"complaint in (select id from complaints where {HANDLES})")
    search.where("complaint = ?", complaint)
    search.where("target = ?", target)
    return [_shown(ROUTES, _ROUTE, row) for row in await search.rows(pool, ROUTES, "id", limit)]


async def hotspots(pool: Pool, caller: Person, state: str | None, community: str | None) -> list[dict[str, Any]]:
    """热点清单: most people first."""
    search = Search()
    search.within_reach(caller, None)
    search.where("state = ?", state)
    search.where("community = ?", community)
    return [
        _shown(HOTSPOTS, _HOTSPOT, row)
        for row in await search.rows(pool, HOTSPOTS, "people desc, category, place", 1000)
    ]


_ERASURES = """
select id, version, state, ground, reason, requested_by, requested_at, decided_by, decided_at, why from erasures
where $1::text is null or state = $1 order by requested_at desc, id limit 1000
"""


async def erasures(pool: Pool, state: str | None) -> list[dict[str, Any]]:
    """删除申请清单: newest first, and never whose."""
    return [dict(row) for row in await pool.fetch(_ERASURES, state)]


def _shown(kind: Kind[S], adapter: TypeAdapter[S], row: asyncpg.Record) -> dict[str, Any]:
    shown: dict[str, Any] = adapter.dump_python(kind.stored(row), mode="json")
    return {"id": str(row["id"]), "version": row["version"], **shown}
