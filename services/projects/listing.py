"""清单: suggestions, projects and batches by conditions, page by page or as a table, as far as the caller reaches."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from services.projects.domain.batch import BatchState
from services.projects.domain.project import ProjectState
from services.projects.domain.suggestion import SuggestionState
from services.projects.store import BATCHES, PROJECTS, SUGGESTIONS
from shared.events.base import WHOLE, Code, Flag, Line, Moment, Ref
from shared.events.projects import EffectVerdict, SuggestionOrigin, SuggestionOutcome
from shared.events.vocabulary import FiveQualities, ProjectCategory, SevenNeeds
from shared.plumbing import lists
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.lists import Listing, Page, Paging
from shared.plumbing.searching import Way
from shared.plumbing.vault import Keys

States = Annotated[tuple[ProjectState, ...], Field(max_length=len(ProjectState))]
Categories = Annotated[tuple[ProjectCategory, ...], Field(max_length=len(ProjectCategory))]


class SuggestionFilters(Page):
    """建议清单, latest change first. All conditions must hold; `source`: those that come from this stream.

    `text`: stands in the title; `answer_until` is not included; `overdue`: a review or an answer was, or is.
    """

    state: Annotated[tuple[SuggestionState, ...], Field(max_length=len(SuggestionState))] = ()
    origin: Annotated[tuple[SuggestionOrigin, ...], Field(max_length=len(SuggestionOrigin))] = ()
    outcome: Annotated[tuple[SuggestionOutcome, ...], Field(max_length=len(SuggestionOutcome))] = ()
    category: Code | None = None
    place: Code | None = None
    unit: Code | None = None
    source: Ref | None = None
    text: Line | None = None
    answer_until: Moment | None = None
    wants_project: Flag | None = None
    overdue: Flag | None = None


class ProjectFilters(Page):
    """民心项目清单, latest change first. All conditions must hold; `source`: those that come from this stream.

    `text`: stands in the title; `tag`: of 七有/五性; `batch`: that approved it; `finish_until` is included; `overdue`: now
    past its finish date; `postponed`: the date first promised is another; `carried_over`: into a later year.
    """

    state: States = ()
    project_category: Categories = ()
    verdict: Annotated[tuple[EffectVerdict, ...], Field(max_length=len(EffectVerdict))] = ()
    category: Code | None = None
    place: Code | None = None
    tag: SevenNeeds | FiveQualities | None = None
    unit: Code | None = None
    batch: Ref | None = None
    source: Ref | None = None
    text: Line | None = None
    finish_until: date | None = None
    overdue: Flag | None = None
    postponed: Flag | None = None
    carried_over: Flag | None = None


class BatchFilters(Paging):
    """批次清单, the latest quarter first. All conditions must hold."""

    state: Annotated[tuple[BatchState, ...], Field(max_length=len(BatchState))] = ()
    year: Annotated[int, Field(ge=2000, le=2100), WHOLE] | None = None
    quarter: Annotated[int, Field(ge=1, le=4), WHOLE] | None = None
    text: Line | None = None


_TITLED = "strpos(lower(public_title), lower(?)) > 0"
OVERDUE = (
    "state in ('APPROVED', 'IN_PROGRESS') and finish_on < (select (town_now() at time zone 'Asia/Shanghai')::date)"
)
"""Whether a project is past its finish date, as SQL; the date of a suspended one does not run."""
_LATE = """
late <> '[]' or (state = 'COLLECTED' and review_due_at <= (select town_now()))
or (state <> 'ANSWERED' and answer_due_at <= (select town_now()))
"""

LISTS: dict[type[Paging], Listing] = {
    SuggestionFilters: Listing(
        SUGGESTIONS,
        Way.by_change("suggestions", "suggestion"),
        ("community", "category", "place", "unit"),
        {"wants_project": "wants_project", "overdue": _LATE},
        {"source": "sources @> to_jsonb(?::text)", "text": _TITLED, "answer_until": "answer_due_at < ?"},
        several={"state": "state", "origin": "origin", "outcome": "outcome"},
        departments="unit = ?",
    ),
    ProjectFilters: Listing(
        PROJECTS,
        Way.by_change("projects", "project"),
        ("community", "category", "place", "unit", "batch"),
        {"overdue": OVERDUE, "postponed": "finish_on <> first_finish_on", "carried_over": "carried_over > 0"},
        {
            "source": "sources @> to_jsonb(?::text)",
            "tag": "tags @> to_jsonb(?::text)",
            "text": _TITLED,
            "finish_until": "finish_on <= ?",
        },
        several={"state": "state", "project_category": "project_category", "verdict": "verdict"},
        departments="unit = ?",
    ),
    BatchFilters: Listing(
        BATCHES,
        Way("batches", "year * 10 + quarter", "int", backwards=True),
        ("year", "quarter"),
        {},
        {"text": _TITLED},
    ),
}


async def listed(pool: Pool, keys: Keys, caller: Person, asked: Paging) -> dict[str, Any]:
    """One page: `items`, and `next` for the page after, or None."""
    return await lists.listed(pool, keys, caller, asked, LISTS[type(asked)])


async def whole(pool: Pool, caller: Person, asked: Paging) -> list[dict[str, Any]]:
    """All that these conditions hold for, for a file."""
    return await lists.whole(pool, caller, asked, LISTS[type(asked)])
