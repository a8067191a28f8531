"""清单: issues and duties by conditions, page by page or as a table, as far as the caller reaches."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.escalation.domain.duty import OWED, DutyState
from services.escalation.domain.issue import ENDED, UNDER_WAY, IssueState
from services.escalation.store import DUTIES, ISSUES
from shared.events.base import Code, Flag, Line, Moment, Ref
from shared.events.escalation import DutyRole, DutyStep, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.plumbing import lists
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.lists import Listing, Page
from shared.plumbing.searching import Way
from shared.plumbing.vault import Keys

CONCERNED = "(community = any(?::text[]) or communities ?| ?::text[])"
"""Whether it concerns one of these communities, as SQL."""


class IssueFilters(Page):
    """吹哨事项清单, latest change first. All conditions must hold; `source`: those that come from this stream.

    `department`: that is called, or proposed; `text`: stands in title or task; `due_until` is not included. `due_soon`:
    not overdue, and so much of the limit is over that the departments were warned; `supervised`: at any level.
    """

    state: Annotated[tuple[IssueState, ...], Field(max_length=len(IssueState))] = ()
    whistle: Annotated[tuple[WhistleKind, ...], Field(max_length=len(WhistleKind))] = ()
    supervision: Annotated[tuple[SupervisionLevel, ...], Field(max_length=len(SupervisionLevel))] = ()
    category: Code | None = None
    place: Code | None = None
    lead: Code | None = None
    department: Code | None = None
    requested_by: Code | None = None
    source: Ref | None = None
    text: Line | None = None
    due_until: Moment | None = None
    due_soon: Flag | None = None
    overdue: Flag | None = None
    supervised: Flag | None = None
    paused: Flag | None = None


class DutyFilters(Page):
    """报到任务清单, latest change first. All conditions must hold. `late`: answered, came or finished after its limit."""

    state: Annotated[tuple[DutyState, ...], Field(max_length=len(DutyState))] = ()
    whistle: Annotated[tuple[WhistleKind, ...], Field(max_length=len(WhistleKind))] = ()
    issue: UUID | None = None
    department: Code | None = None
    role: DutyRole | None = None
    due_until: Moment | None = None
    due_soon: Flag | None = None
    overdue: Flag | None = None
    late: Flag | None = None
    objected: Flag | None = None


def among(states: tuple[str, ...], column: str = "state") -> str:
    """Whether it is in one of these states, as SQL."""
    return f"{column} in (" + ", ".join(f"'{state}'" for state in states) + ")"


_NOW = "(select town_now())"
_RUNS = f"{among(UNDER_WAY)} and paused_at is null"
_AWAITED = f"approved_at is null and not {among(ENDED)}"
_STEPS = {
    DutyStep.ACKNOWLEDGE: ("acknowledge_by", "acknowledge_near_at"),
    DutyStep.CHECK_IN: ("check_in_by", "check_in_near_at"),
    DutyStep.DUE: ("due_at", "due_near_at"),
}


def _any_step(condition: str) -> str:
    """Whether this holds of a step that is owed; `{by}`: its deadline, `{near}`: its warning."""
    return " or ".join(
        f"({among(OWED[step])} and not lifted and {condition.format(by=by, near=near)})"
        for step, (by, near) in _STEPS.items()
    )


OVERDUE_ISSUE = f"({_RUNS} and due_at <= {_NOW}) or ({_AWAITED} and approval_due_at <= {_NOW})"
OVERDUE_DUTY = _any_step(f"{{by}} <= {_NOW}")

LISTS: dict[type[Page], Listing] = {
    IssueFilters: Listing(
        ISSUES,
        Way.by_change("issues", "issue"),
        ("category", "place", "lead", "requested_by"),
        {
            "overdue": OVERDUE_ISSUE,
            "due_soon": f"{_RUNS} and due_at > {_NOW} and exists (select from duties d where d.issue = issues.id "
            f"and d.state in ('CALLED', 'OBJECTED', 'ACKNOWLEDGED', 'CHECKED_IN') and d.due_near_at <= {_NOW})",
            "supervised": "supervision is not null",
            "paused": "paused_at is not null",
        },
        {
            "community": "(community = ? or communities @> to_jsonb(?::text))",
            "source": "sources @> to_jsonb(?::text)",
            "department": "(? in (lead, caller) or support @> to_jsonb(?::text))",
            "text": "strpos(lower(concat_ws(' ', public_title, task)), lower(?)) > 0",
            "due_until": "due_at < ?",
        },
        several={"state": "state", "whistle": "whistle", "supervision": "supervision"},
        departments="(? in (requested_by, caller, lead) or support @> to_jsonb(?::text))",
        communities=CONCERNED,
    ),
    DutyFilters: Listing(
        DUTIES,
        Way.by_change("duties", "duty"),
        ("issue", "department", "role"),
        {
            "overdue": OVERDUE_DUTY,
            "due_soon": f"({_any_step(f'{{near}} <= {_NOW} and {{by}} > {_NOW}')}) and not ({OVERDUE_DUTY})",
            "late": "acknowledged_late or checked_in_late or finished_late",
            "objected": "objected",
        },
        {"community": "(community = ? or communities @> to_jsonb(?::text))", "due_until": "due_at < ?"},
        several={"state": "state", "whistle": "whistle"},
        departments="? in (department, caller)",
        communities=CONCERNED,
    ),
}


async def listed(pool: Pool, keys: Keys, caller: Person, asked: Page) -> dict[str, Any]:
    """One page: `items`, and `next` for the page after, or None."""
    return await lists.listed(pool, keys, caller, asked, LISTS[type(asked)])


async def whole(pool: Pool, caller: Person, asked: Page) -> list[dict[str, Any]]:
    """All that these conditions hold for, for a file."""
    return await lists.whole(pool, caller, asked, LISTS[type(asked)])
