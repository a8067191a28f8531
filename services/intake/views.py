"""What intake shows: complaints, routes, hotspots and the three rates. Read-only SQL."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from services.intake.domain.complaint import Complaint
from services.intake.domain.rates import Rates, Window, assessed, rates
from services.intake.domain.route import Route, RouteState
from services.intake.domain.terms import Terms
from services.intake.store import COMPLAINTS, HOTSPOTS, ROUTES
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.store import Kind

S = TypeVar("S")
_COMPLAINT, _ROUTE = TypeAdapter(Complaint), TypeAdapter(Route)
_HOTSPOT = TypeAdapter(HOTSPOTS.state)


class Search:
    """The WHERE clause of a question, as far as the caller reaches; its arguments."""

    def __init__(self) -> None:
        self.clauses = ["true"]
        self.arguments: list[Any] = []

    def where(self, clause: str, value: object) -> None:
        """Only rows for which this holds; `?` stands for the value. A value of None is no condition."""
        if value is not None:
            self.arguments.append(value)
            self.clauses.append(clause.replace("?", f"${len(self.arguments)}"))

    def within_reach(self, caller: Person, departments: str | None) -> None:
        """Only what is the caller's business. `departments`: when a department has to do with a row."""
        match caller.reach:
            case Reach.COMMUNITY:
                self.where("community = any(?::text[])", sorted(caller.communities))
            case Reach.DEPARTMENT if departments:
                self.where(departments, caller.department or "")
            case Reach.DEPARTMENT:
                self.clauses.append("false")
            case Reach.TOWN:
                pass

    @property
    def clause(self) -> str:
        """All conditions."""
        return " and ".join(self.clauses)

    async def rows(self, pool: Pool, kind: Kind[Any], order: str, limit: int, offset: int = 0) -> list[asyncpg.Record]:
        """The rows of a kind, in order."""
        return await pool.fetch(
            f"select {', '.join(kind.columns)} from {kind.table.name} where {self.clause} "
            f"order by {order} limit {limit:d} offset {offset:d}",
            *self.arguments,
        )


_NEWEST = "received_at desc, id"
_ALL = 10_000_000
_COUNTS = (
    "count(*) as received, count(*) filter (where finishes > 0) as finished, "
    "count(*) filter (where missed @> '\"DUE\"') as overdue"
)
_OPEN_ROUTES = """
select complaint, count(*) as routes from routes where complaint = any($1::uuid[]) and state = 'OPEN' group by complaint
"""
_MINE = "(lead = ?::text or support @> to_jsonb(?::text))"


async def complaints(
    pool: Pool, caller: Person, exact: Mapping[str, object], limit: int, offset: int
) -> list[dict[str, Any]]:
    """诉求清单: newest first. `exact`: column → value."""
    search = Search()
    search.within_reach(caller, _MINE)
    for column, value in exact.items():
        search.where(f"{column} = ?", value)
    rows = await search.rows(pool, COMPLAINTS, _NEWEST, limit, offset)
    open_routes = await pool.fetch(_OPEN_ROUTES, [row["id"] for row in rows])
    counts = {row["complaint"]: row["routes"] for row in open_routes}
    return [_shown(COMPLAINTS, _COMPLAINT, row) | {"open_routes": counts.get(row["id"], 0)} for row in rows]


async def complaint(pool: Pool, caller: Person, id: UUID) -> dict[str, Any] | None:
    """一件诉求 with its routes; None where there is none within reach."""
    row = await pool.fetchrow(COMPLAINTS.read_sql, id)
    if row is None or not caller.reaches(COMPLAINTS.scope(COMPLAINTS.stored(row))):
        return None
    search = Search()
    search.where("complaint = ?", id)
    linked = [_shown(ROUTES, _ROUTE, route) for route in await search.rows(pool, ROUTES, "id", 1000)]
    open_routes = sum(route["state"] == RouteState.OPEN for route in linked)
    return _shown(COMPLAINTS, _COMPLAINT, row) | {"open_routes": open_routes, "routes": linked}


async def routes(
    pool: Pool, caller: Person, complaint: UUID | None, target: str | None, limit: int
) -> list[dict[str, Any]]:
    """转办清单."""
    search = Search()
    search.within_reach(caller, f"complaint in (select id from complaints where {_MINE})")
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


async def assessment(
    pool: Pool, caller: Person, window: Window, terms: Terms, community: str | None, unit: str | None
) -> dict[str, Any]:
    """三率 of a window: of the whole town, a community, or the complaints that a unit leads."""
    search = Search()
    search.within_reach(caller, _MINE)
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
