"""What intake shows: complaints, routes, hotspots and the three rates. Read-only SQL."""

from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from services.intake.domain.complaint import Complaint
from services.intake.domain.rates import Rates, Window, assessed, rates
from services.intake.domain.route import Route
from services.intake.domain.terms import Terms
from services.intake.searching import HANDLES, Search, within_reach
from services.intake.store import COMPLAINTS, HOTSPOTS, ROUTES
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.database import Connection, Pool
from shared.plumbing.store import Kind

S = TypeVar("S")
_ROUTE = TypeAdapter(Route)
_HOTSPOT = TypeAdapter(HOTSPOTS.state)


_ALL = 10_000_000
_COUNTS = (
    "count(*) as received, count(*) filter (where finishes > 0) as finished, "
    "count(*) filter (where missed @> '\"DUE\"') as overdue"
)


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


async def assessment(
    pool: Pool, caller: Person, window: Window, terms: Terms, community: str | None, unit: str | None
) -> dict[str, Any]:
    """三率 of a window: of the whole town, a community, or the complaints that a unit leads."""
    search = Search()
    search.within_reach(caller, HANDLES)
    search.where("received_at >= ?", window.start)
    search.where("received_at < ?", window.end)
    search.where("community = ?", community)
    search.where("lead = ?", unit)
    counts = await pool.fetchrow(f"select {_COUNTS} from complaints where {search.clause}", *search.arguments)
    search.clauses.append("callback is not null")
    called = await search.rows(pool, COMPLAINTS, "id", _ALL)
    found = rates((counted for row in called if (counted := assessed(COMPLAINTS.stored(row)))), terms=terms)
    assert counts is not None
    return {"from": window.start.isoformat(), "until": window.end.isoformat(), **counts, **_numbers(found)}


def _numbers(found: Rates) -> dict[str, Any]:
    return {
        name: float(value) if name != "base" and value is not None else value for name, value in asdict(found).items()
    }


def _shown(kind: Kind[S], adapter: TypeAdapter[S], row: asyncpg.Record) -> dict[str, Any]:
    shown: dict[str, Any] = adapter.dump_python(kind.stored(row), mode="json")
    return {"id": str(row["id"]), "version": row["version"], **shown}
