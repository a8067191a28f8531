"""清单: topics, meetings, assemblies and undertakings by conditions, page by page, as far as the caller reaches."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.deliberation.domain.assembly import AssemblyState
from services.deliberation.domain.meeting import MeetingState
from services.deliberation.domain.topic import TopicState
from services.deliberation.domain.undertaking import UndertakingState
from services.deliberation.store import ASSEMBLIES, MEETINGS, TOPICS, UNDERTAKINGS
from shared.events.base import Code, Flag, Moment, Ref
from shared.events.deliberation import AssemblyForum, ConclusionKind, TopicScope
from shared.events.vocabulary import TopicOrigin
from shared.plumbing import lists
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.lists import Listing, Page
from shared.plumbing.searching import Way
from shared.plumbing.vault import Keys


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


LISTS: dict[type[Page], Listing] = {
    TopicFilters: Listing(
        TOPICS,
        Way.by_change("topics", "topic"),
        ("community", "category", "place", "origin", "scope", "conclusion"),
        {"overdue": "review_due or disclosure_overdue"},
        {"source": "sources @> to_jsonb(?::text)", "review_until": "review_on <= ?"},
    ),
    MeetingFilters: Listing(
        MEETINGS,
        Way("meetings", "starts_at", "timestamptz", backwards=True),
        ("community",),
        {"urgent": "urgent", "minutes_overdue": "minutes_overdue"},
        {"topic": "topics @> to_jsonb(?::uuid)", "starts_from": "starts_at >= ?", "starts_until": "starts_at < ?"},
    ),
    AssemblyFilters: Listing(
        ASSEMBLIES,
        Way.by_change("assemblies", "assembly"),
        ("community", "topic", "forum"),
        {"legal_check_due": "legal_check_due", "published": "published"},
        {},
    ),
    UndertakingFilters: Listing(
        UNDERTAKINGS,
        Way("undertakings", "due_at", "timestamptz", backwards=False),
        ("community", "topic", "unit"),
        {"overdue": "overdue"},
        {"due_until": "due_at < ?"},
    ),
}


async def listed(pool: Pool, keys: Keys, caller: Person, asked: Page) -> dict[str, Any]:
    """One page: `items`, and `next` for the page after, or None."""
    return await lists.listed(pool, keys, caller, asked, LISTS[type(asked)])
