"""What can be read of suggestions, projects and batches."""

from datetime import date
from typing import Any
from uuid import UUID

from services.projects.domain.project import STATE_WORDS as WORDS
from services.projects.domain.project import ProjectState
from services.projects.listing import OVERDUE, Categories
from shared.events.base import Asked, Code, Ref
from shared.events.vocabulary import FiveQualities, SevenNeeds
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.lists import plain
from shared.plumbing.searching import Search
from shared.plumbing.store import Kind

BOARD_SHOWN = 50
"""So many projects at most in one column of the board; all are counted."""
_BOARD = """
select * from (
    select id, version, state, community, public_title, project_category, unit, percent, start_on, finish_on,
        first_finish_on, carried_over, {overdue} as overdue,
        count(*) over column_of as total, count(*) filter (where {overdue}) over column_of as total_overdue,
        row_number() over (partition by state order by finish_on nulls last, proposed_at, id) as place_in_column
    from projects where {conditions} window column_of as (partition by state)
) b where place_in_column <= {most} order by place_in_column
"""


class BoardFilters(Asked):
    """看板条件. All must hold. `batch`: that approved it; `tag`: of 七有/五性."""

    community: Code | None = None
    unit: Code | None = None
    project_category: Categories = ()
    tag: SevenNeeds | FiveQualities | None = None
    batch: Ref | None = None


async def one(pool: Pool, kind: Kind[Any], caller: Person, id: UUID) -> dict[str, Any] | None:
    """One row; None if there is none or it is none of the caller's business."""
    row = await pool.fetchrow(f"select * from {kind.table.name} where id = $1", id)
    if row is None or not caller.reaches(kind.scope(kind.stored(row))):
        return None
    return plain(kind, row)


async def board(pool: Pool, caller: Person, asked: BoardFilters, today: date) -> list[dict[str, Any]]:
    """看板: a column for each state, the soonest finish first, as far as the caller reaches."""
    wanted = Search()
    wanted.within_reach(caller, "unit = ?")
    for clause, value in (
        ("community = ?", asked.community),
        ("unit = ?", asked.unit),
        ("project_category = any(?::text[])", sorted(asked.project_category) or None),
        ("tags @> to_jsonb(?::text)", asked.tag),
        ("batch = ?", asked.batch),
    ):
        wanted.where(clause, value)
    query = _BOARD.format(overdue=f"({OVERDUE})", conditions=wanted.clause, most=BOARD_SHOWN)
    rows = await pool.fetch(query, *wanted.arguments)
    return [
        {
            "state": state,
            "name": WORDS[state],
            "count": next((row["total"] for row in rows if row["state"] == state), 0),
            "overdue": next((row["total_overdue"] for row in rows if row["state"] == state), 0),
            "items": [
                {name: value for name, value in row.items() if name not in _COUNTED} | {"words": _left(row, today)}
                for row in rows
                if row["state"] == state
            ],
        }
        for state in ProjectState
    ]


_COUNTED = {"total", "total_overdue", "place_in_column"}
_RUNNING = (ProjectState.APPROVED, ProjectState.IN_PROGRESS)


def _left(row: Any, today: date) -> str:
    """How late a project is, or how many days there are left; empty where no date runs."""
    if row["finish_on"] is None or row["state"] not in _RUNNING:
        return ""
    days = (row["finish_on"] - today).days
    return f"逾期{-days}天" if days < 0 else f"还有{days}天" if days else "今天到期"
