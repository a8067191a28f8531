"""民心项目统计, counted from the tables and the journal at one moment: as JSON and as a table. Read-only SQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.projects.domain.batch import Batch
from services.projects.domain.effect import anchors
from services.projects.domain.figures import (
    DEFINITIONS,
    Asked,
    By,
    Course,
    Step,
    grouped,
    of_batch,
    of_projects,
    of_suggestions,
)
from services.projects.domain.project import Project
from services.projects.domain.wording import named, tagged
from services.projects.store import BATCHES, PROJECTS, SUGGESTIONS, demand_id
from shared.events.base import ref
from shared.events.vocabulary import ProjectCategory
from shared.plumbing.database import Connection, Pool
from shared.rules.figure import Figure
from shared.rules.naming import Named
from shared.rules.township import SHANGHAI
from shared.rules.window import Window

_SCOPE = "($1::text[] is null or {of}community = any($1)) and ($2::text is null or {of}unit = $2)"
_STEPS = {
    "ProjectProposed": Step.PROPOSED,
    "ProjectPooled": Step.POOLED,
    "ProjectsMerged": Step.MERGED,
    "ProjectApproved": Step.APPROVED,
    "ProjectRejected": Step.REJECTED,
    "ProjectStarted": Step.STARTED,
    "ProjectDelayed": Step.DELAYED,
    "ProjectCarriedOver": Step.CARRIED_OVER,
    "ProjectCancelled": Step.CANCELLED,
    "ProjectCompleted": Step.COMPLETED,
    "RectificationOrdered": Step.RECTIFIED,
    "ProjectAccepted": Step.ACCEPTED,
    "ProjectClosed": Step.CLOSED,
    "ProjectEvaluated": Step.EVALUATED,
}
"""What the journal says of a project that is counted."""
_COURSES = f"""
select {", ".join("p." + name for name in PROJECTS.columns)},
    (select json_agg(json_build_array(split_part(j.type, '.', 3), j.occurred_at) order by j.position)::text
        from journal j where j.stream = p.id and split_part(j.type, '.', 3) = any($3)) as steps
from projects p where {_SCOPE.format(of="p.")} order by p.proposed_at, p.id
"""
_SUGGESTIONS = f"""
select {", ".join("s." + name for name in SUGGESTIONS.columns)},
    (select min(j.occurred_at) from journal j where j.stream = s.id) as collected_at,
    (select min(j.occurred_at) from journal j where j.stream = s.id
        and split_part(j.type, '.', 3) = 'SuggestionAnswered') as answered_at
from suggestions s where {_SCOPE.format(of="s.")} order by s.id
"""
_BATCHES = f"""
select {", ".join(BATCHES.columns)} from batches
where make_date(year, quarter * 3 - 2, 1) < $2 and make_date(year, quarter * 3 - 2, 1) + interval '3 months' > $1
order by year, quarter
"""
_DEMAND = "select id, days::text as days from demand_days where id = any($1::uuid[])"
_TERMS = "select distinct terms from journal where kind in ('project', 'suggestion', 'batch') order by terms"


@dataclass(frozen=True, slots=True)
class Money:
    """一个批次 and the projects approved in it, as far as the caller reaches."""

    name: str
    batch: Batch
    projects: Mapping[str, Project]


@dataclass(frozen=True, slots=True)
class Counted:
    """What is there, as far as the caller may see. `up_to`: the last position of the journal that is counted.

    `versions`: of the configuration by which what is counted was decided.
    """

    window: Window
    now: datetime
    up_to: int
    versions: Sequence[str]
    courses: Sequence[Course]
    suggestions: Sequence[Asked]
    money: Sequence[Money]

    def within(self, window: Window) -> "Counted":
        """The same in a part of the window."""
        return Counted(window, self.now, self.up_to, self.versions, self.courses, self.suggestions, self.money)


async def counted(
    pool: Pool, communities: list[str] | None, unit: str | None, window: Window, now: datetime
) -> Counted:
    """Everything of these communities (None: of all) and this unit (None: of all), read at one moment."""
    async with pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        up_to = await con.fetchval("select coalesce(max(position), 0) from journal")
        rows = await con.fetch(_COURSES, communities, unit, sorted(_STEPS))
        courses = await _courses(con, rows)
        asked = await con.fetch(_SUGGESTIONS, communities, unit)
        first, after = (moment.astimezone(SHANGHAI).date() for moment in (window.start, window.end))
        batches = await con.fetch(_BATCHES, first, after)
        versions = [row["terms"] for row in await con.fetch(_TERMS)]
    return Counted(
        window,
        now,
        up_to,
        versions,
        courses,
        [Asked(SUGGESTIONS.stored(row), row["collected_at"], row["answered_at"]) for row in asked],
        [_money(row, courses) for row in batches],
    )


async def _courses(con: Connection, rows: Sequence[asyncpg.Record]) -> list[Course]:
    projects: list[Project] = [PROJECTS.stored(row) for row in rows]
    places = {demand_id(*anchor) for project in projects if project.accepted_at for anchor in anchors(project)}
    demand = {row["id"]: json.loads(row["days"]) for row in await con.fetch(_DEMAND, list(places))}
    return [
        Course(
            ref("project", row["id"]),
            project,
            tuple((datetime.fromisoformat(at), _STEPS[word]) for word, at in json.loads(row["steps"] or "[]")),
            _since(project, demand),
        )
        for project, row in zip(projects, rows, strict=True)
    ]


def _since(project: Project, demand: Mapping[Any, Mapping[str, int]]) -> int:
    """Complaints at a project's places from the day of its acceptance on."""
    if project.accepted_at is None:
        return 0
    first = project.accepted_at.astimezone(SHANGHAI).date().isoformat()
    return sum(
        complaints
        for anchor in anchors(project)
        for day, complaints in demand.get(demand_id(*anchor), {}).items()
        if day >= first
    )


def _money(row: asyncpg.Record, courses: Sequence[Course]) -> Money:
    own = ref("batch", row["id"])
    return Money(own, BATCHES.stored(row), {one.name: one.project for one in courses if one.project.batch == own})


Figures = Mapping[str, Figure]


def total(found: Counted) -> Figures:
    """All figures of everything that was counted."""
    return of_projects(found.courses, found.window, found.now) | of_suggestions(
        found.suggestions, found.window, found.now
    )


def parts(found: Counted, by: By) -> Mapping[str, Figures]:
    """The figures of projects by what they have; those of suggestions only by community."""
    each = {value: of_projects(those, found.window, found.now) for value, those in grouped(found.courses, by).items()}
    if by is By.COMMUNITY:
        codes = sorted({*each, *(one.suggestion.community for one in found.suggestions if one.suggestion.community)})
        return {
            code: (each.get(code) or of_projects([], found.window, found.now))
            | of_suggestions(
                [one for one in found.suggestions if one.suggestion.community == code], found.window, found.now
            )
            for code in codes
        }
    return each


def shown(figures: Figures) -> dict[str, Any]:
    """As JSON."""
    return {name: asdict(figure) | {"unit": DEFINITIONS[name][1]} for name, figure in figures.items()}


def money_shown(found: Counted) -> list[dict[str, Any]]:
    """资金执行 by batch, as JSON."""
    return [
        {
            "batch": one.name,
            "name": one.batch.public_title,
            "year": one.batch.year,
            "quarter": one.batch.quarter,
            "projects": len(one.projects),
            "figures": shown(of_batch(one.batch, one.projects)),
        }
        for one in found.money
    ]


def called(by: By, value: str, town: Named) -> str:
    """What a value of a dimension is called."""
    match by:
        case By.COMMUNITY:
            return town.community(value)
        case By.PROJECT_CATEGORY:
            return named(ProjectCategory(value))
        case By.TAG:
            return tagged(value)
        case By.CATEGORY:
            return town.category(value)


HEADINGS = ("起", "止（不含）", "口径", "对象", "指标", "数值", "计量", "分子", "分母")
_DIMENSIONS = {
    By.COMMUNITY: "社区（村）",
    By.PROJECT_CATEGORY: "项目分类",
    By.TAG: "七有/五性",
    By.CATEGORY: "诉求分类",
}


def lines(found: Counted, town: Named) -> list[Sequence[object]]:
    """As a table, under `HEADINGS`: the total first, then each part by each dimension, then the money by batch."""
    sets = [("合计", "合计", total(found))]
    for by, name in _DIMENSIONS.items():
        sets += [(name, called(by, value, town), figures) for value, figures in parts(found, by).items()]
    sets += [("批次", one.batch.public_title, of_batch(one.batch, one.projects)) for one in found.money]
    return [
        (
            found.window.start,
            found.window.end,
            dimension,
            who,
            DEFINITIONS[name][0],
            figure.value,
            DEFINITIONS[name][1],
            figure.numerator,
            figure.denominator,
        )
        for dimension, who, figures in sets
        for name, figure in figures.items()
    ]


def definitions() -> list[dict[str, str]]:
    """指标定义."""
    return [
        {"figure": code, "name": name, "unit": unit, "definition": meaning}
        for code, (name, unit, meaning) in DEFINITIONS.items()
    ]
