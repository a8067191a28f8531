"""诉求量: what is counted of the town's demand at a project's places, before it and after."""

from dataclasses import dataclass
from datetime import date

from services.projects.domain.effect import Window, anchors, windows
from services.projects.domain.project import Project
from services.projects.store import demand_id
from shared.plumbing.database import Connection, Pool

_COUNTED = """
select coalesce(sum(d.value::int), 0) as complaints, min(d.key) filter (where d.value::int > 0) as first_day
from demand_days n, jsonb_each_text(n.days) d
where n.id = any($1::uuid[]) and d.key >= $2 and ($3::text is null or d.key < $3)
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """诉求量 of some days: complaints, and the first day with one."""

    complaints: int
    first_day: date | None


@dataclass(frozen=True, slots=True)
class Demand:
    """诉求量 before and after, each in its window, and after the acceptance however late."""

    before: Window
    after: Window
    counted_before: Counted
    counted_after: Counted
    since: Counted


async def of_project(con: Connection | Pool, project: Project) -> Demand | None:
    """What is counted at the project's anchors; None while no effect check is due."""
    if (both := windows(project)) is None:
        return None
    ids = [demand_id(category, place) for category, place in anchors(project)]

    async def count(first: date, after: date | None) -> Counted:
        row = await con.fetchrow(_COUNTED, ids, first.isoformat(), None if after is None else after.isoformat())
        assert row is not None
        day = row["first_day"]
        return Counted(int(row["complaints"]), None if day is None else date.fromisoformat(day))

    before, after = both
    return Demand(
        before,
        after,
        await count(before.first, before.after),
        await count(after.first, after.after),
        await count(after.first, None),
    )
