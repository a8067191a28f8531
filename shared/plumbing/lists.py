"""清单: aggregates by conditions, page by page, as far as the caller reaches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import asyncpg
from pydantic import Field

from shared.events.base import WHOLE, Asked, Code
from shared.plumbing import cursors
from shared.plumbing.caller import Person
from shared.plumbing.cursors import After
from shared.plumbing.database import Pool
from shared.plumbing.searching import OF_COMMUNITY, Search, Way
from shared.plumbing.store import Kind
from shared.plumbing.vault import Keys
from shared.rules.broken import Reason, refuse

LARGEST_PAGE = 200
"""At most so many entries in one answer."""
MOST_LINES = 10_000
"""So many lines at most in one file."""
TOO_MANY = Reason("too_many", f"超过 {MOST_LINES} 条，请缩小范围", "?")


class Paging(Asked):
    """翻页. `after`: the `next` of the page before."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE] = 100
    after: Annotated[str, Field(max_length=1000)] | None = None


class Page(Paging):
    """翻页 of what happens in a community."""

    community: Code | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """How a kind is listed. `same`: conditions that are a column of that name; `flags`, `sql`: those that are not.

    `several`: conditions of which any value will do, and their column. `departments`: when a department has to do with
    a row, for whoever reaches only that; `communities`: when one of several has. `always`: what holds of every row.
    """

    kind: Kind[Any]
    way: Way
    same: tuple[str, ...]
    flags: Mapping[str, str]
    sql: Mapping[str, str]
    several: Mapping[str, str] = field(default_factory=lambda: {"state": "state"})
    departments: str | None = None
    communities: str = OF_COMMUNITY
    always: str = "true"


async def listed(pool: Pool, keys: Keys, caller: Person, asked: Paging, listing: Listing) -> dict[str, Any]:
    """One page: `items`, and `next` for the page after, or None."""
    conditions = asked.model_copy(update={"limit": 1, "after": None})
    name = f"{listing.kind.name} {listing.way.value}"
    after = cursors.read(keys, conditions, name, asked.after) if asked.after is not None else None
    wanted = search(listing, asked, caller)
    statement, arguments = listing.way.sql(wanted, after, asked.limit + 1, columns(listing.kind))
    rows = await pool.fetch(statement, *arguments)
    shown, last = rows[: asked.limit], rows[asked.limit - 1] if len(rows) > asked.limit else None
    return {
        "items": [plain(listing.kind, row) for row in shown],
        "next": cursors.written(keys, conditions, name, After(last["value"], last["id"])) if last else None,
    }


async def listed_whole(pool: Pool, caller: Person, asked: Paging, listing: Listing, most: int) -> list[dict[str, Any]]:
    """The first so many of all that these conditions hold for, whatever page was asked for."""
    statement, arguments = listing.way.sql(search(listing, asked, caller), None, most, columns(listing.kind))
    return [plain(listing.kind, row) for row in await pool.fetch(statement, *arguments)]


async def whole(pool: Pool, caller: Person, asked: Paging, listing: Listing) -> list[dict[str, Any]]:
    """All that these conditions hold for; refuses more than fit into one file, rather than leave any out."""
    found = await listed_whole(pool, caller, asked, listing, MOST_LINES + 1)
    refuse(len(found) > MOST_LINES and TOO_MANY)
    return found


def search(listing: Listing, asked: Paging, caller: Person) -> Search:
    """The conditions of this question, as far as the caller reaches."""
    found = Search()
    found.clauses.append(listing.always)
    found.within_reach(caller, listing.departments, listing.communities)
    for condition, column in listing.several.items():
        if wanted := getattr(asked, condition, ()):
            found.where(f"{column} = any(?::text[])", sorted(wanted))
    for column in listing.same:
        found.where(f"{column} = ?", getattr(asked, column))
    for condition, clause in listing.sql.items():
        found.where(clause, getattr(asked, condition))
    for flag, clause in listing.flags.items():
        found.flag(clause, getattr(asked, flag))
    return found


def columns(kind: Kind[Any]) -> str:
    """What of a kind is shown, as SQL."""
    return ", ".join(name for name in kind.columns if name != "head")


def plain(kind: Kind[Any], row: asyncpg.Record) -> dict[str, Any]:
    """A row as JSON."""
    return {
        name: json.loads(row[name]) if kind.types[name] == "JSONB" and row[name] is not None else row[name]
        for name in kind.columns
        if name != "head"
    }
