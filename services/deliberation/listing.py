"""清单: topics, meetings, assemblies and undertakings by conditions, page by page, as far as the caller reaches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from pydantic import Field

from services.deliberation.domain.assembly import AssemblyState
from services.deliberation.domain.meeting import MeetingState
from services.deliberation.domain.topic import TopicState
from services.deliberation.domain.undertaking import UndertakingState
from services.deliberation.store import ASSEMBLIES, MEETINGS, TOPICS, UNDERTAKINGS
from shared.events.base import WHOLE, Asked, Code, Flag, Moment, Ref
from shared.events.deliberation import AssemblyForum, ConclusionKind, TopicScope
from shared.events.vocabulary import TopicOrigin
from shared.plumbing import cursors
from shared.plumbing.caller import Person, Reach
from shared.plumbing.cursors import After
from shared.plumbing.database import Pool
from shared.plumbing.searching import Search, Way
from shared.plumbing.store import Kind
from shared.plumbing.vault import Keys

LARGEST_PAGE = 200
"""At most so many entries in one answer."""


class Page(Asked):
    """翻页. `after`: the `next` of the page before."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE] = 100
    after: Annotated[str, Field(max_length=1000)] | None = None
    community: Code | None = None


class TopicFilters(Page):
    """议题清单, latest change first. All conditions must hold; `source`: those that come from this stream.

    `review_until`: to be looked at again by this day; `overdue`: a review or the disclosure is.
    """

    state: Annotated[tuple[TopicState, ...], Field(max_length=len(TopicState))] = ()
    category: Code | None = None
    place: Code | None = None
    origin: TopicOrigin | None = None
    scope: TopicScope | None = None
    conclusion: ConclusionKind | None = None
    source: Ref | None = None
    review_until: date | None = None
    overdue: Flag | None = None


class MeetingFilters(Page):
    """会议清单, the latest start first. `starts_from` is included, `starts_until` is not."""

    state: Annotated[tuple[MeetingState, ...], Field(max_length=len(MeetingState))] = ()
    topic: UUID | None = None
    urgent: Flag | None = None
    minutes_overdue: Flag | None = None
    starts_from: Moment | None = None
    starts_until: Moment | None = None


class AssemblyFilters(Page):
    """提请会议清单, latest change first."""

    state: Annotated[tuple[AssemblyState, ...], Field(max_length=len(AssemblyState))] = ()
    topic: UUID | None = None
    forum: AssemblyForum | None = None
    legal_check_due: Flag | None = None
    published: Flag | None = None


class UndertakingFilters(Page):
    """落实任务清单, the soonest due date first. `due_until` is not included."""

    state: Annotated[tuple[UndertakingState, ...], Field(max_length=len(UndertakingState))] = ()
    topic: UUID | None = None
    unit: Code | None = None
    overdue: Flag | None = None
    due_until: Moment | None = None


@dataclass(frozen=True, slots=True)
class _List:
    """How a kind is listed. `same`: conditions that are a column of that name; `sql`: those that are not; `units`: where
    a department has to do with a row, for whoever reaches only that.
    """

    kind: Kind[Any]
    way: Way
    same: tuple[str, ...]
    flags: Mapping[str, str]
    sql: Mapping[str, str]


LISTS: dict[type[Page], _List] = {
    TopicFilters: _List(
        TOPICS,
        Way.by_change("topics", "topic"),
        ("community", "category", "place", "origin", "scope", "conclusion"),
        {"overdue": "review_due or disclosure_overdue"},
        {"source": "sources @> to_jsonb(?::text)", "review_until": "review_on <= ?"},
    ),
    MeetingFilters: _List(
        MEETINGS,
        Way("meetings", "starts_at", "timestamptz", backwards=True),
        ("community",),
        {"urgent": "urgent", "minutes_overdue": "minutes_overdue"},
        {"topic": "topics @> to_jsonb(?::uuid)", "starts_from": "starts_at >= ?", "starts_until": "starts_at < ?"},
    ),
    AssemblyFilters: _List(
        ASSEMBLIES,
        Way.by_change("assemblies", "assembly"),
        ("community", "topic", "forum"),
        {"legal_check_due": "legal_check_due", "published": "published"},
        {},
    ),
    UndertakingFilters: _List(
        UNDERTAKINGS,
        Way("undertakings", "due_at", "timestamptz", backwards=False),
        ("community", "topic", "unit"),
        {"overdue": "overdue"},
        {"due_until": "due_at < ?"},
    ),
}


async def listed(pool: Pool, keys: Keys, caller: Person, asked: Page) -> dict[str, Any]:
    """One page: `items`, and `next` for the page after, or None."""
    way = LISTS[type(asked)]
    conditions = asked.model_copy(update={"limit": 1, "after": None})
    name = f"{way.kind.name} {way.way.value}"
    after = cursors.read(keys, conditions, name, asked.after) if asked.after is not None else None
    statement, arguments = way.way.sql(_search(way, asked, caller), after, asked.limit + 1, columns(way.kind))
    rows = await pool.fetch(statement, *arguments)
    shown, last = rows[: asked.limit], rows[asked.limit - 1] if len(rows) > asked.limit else None
    return {
        "items": [plain(way.kind, row) for row in shown],
        "next": cursors.written(keys, conditions, name, After(last["value"], last["id"])) if last else None,
    }


def _search(way: _List, asked: Page, caller: Person) -> Search:
    search = Search()
    if caller.reach is Reach.COMMUNITY:
        search.where("community = any(?::text[])", sorted(caller.communities))
    if states := getattr(asked, "state", ()):
        search.where("state = any(?::text[])", sorted(states))
    for column in way.same:
        search.where(f"{column} = ?", getattr(asked, column))
    for condition, clause in way.sql.items():
        search.where(clause, getattr(asked, condition))
    for flag, clause in way.flags.items():
        search.flag(clause, getattr(asked, flag))
    return search


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
