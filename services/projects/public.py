"""公开: what everybody may know of projects, as plain data for pages, feeds, maps and programs.

From the disclosure of the pooling on; numbers of residents and complaints below five are not told.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from services.projects.domain.project import STATE_WORDS, Project, ProjectState
from services.projects.domain.published import NEWS, STEPS, effect_words, note, promise
from services.projects.domain.terms import Terms
from services.projects.domain.wording import HEADINGS, done, named, origins, tagged, unit
from services.projects.listing import Categories, States
from services.projects.store import PROJECTS
from shared.events.base import Code, Fact, ref_id
from shared.events.projects import ProjectAccepted, ProjectDisclosed, ProjectEvaluated
from shared.events.vocabulary import FiveQualities, ProjectCategory, SevenNeeds
from shared.plumbing import lists
from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Pool
from shared.plumbing.lists import Listing, Page
from shared.plumbing.public_pages import Shown
from shared.plumbing.searching import Way
from shared.plumbing.service import Service
from shared.rules.naming import Named
from shared.rules.small_counts import shown
from shared.rules.township import Role, Town

MOST = 2_000
"""So many projects at most on one map."""
EVERYBODY = Person("everybody", Role.RESIDENT, Reach.TOWN)
"""Who reads what is public."""
_DISCLOSED = "disclosures ? 'POOLED'"
_OPEN = f"select {', '.join(PROJECTS.columns)} from projects where id = $1 and {_DISCLOSED}"
_CHANGED = """
select max(j.recorded_at) from projects p join journal j on j.stream = p.id and j.version = p.version
where p.disclosures ? 'POOLED' and ($1::uuid is null or p.id = $1)
"""
_SAID = """
select version, type, data::text as data, occurred_at from journal where stream = $1 and type = any($2) order by version
"""
_NEWS = """
select j.stream, j.version, j.type, j.data::text as data, j.occurred_at
from journal j join projects p on p.id = j.stream
where p.disclosures ? 'POOLED' and (j.type = any($1) or (j.type = $2 and j.data->>'stage' = 'POOLED'))
and ($3::text is null or p.community = $3) and j.occurred_at >= $4
order by j.position desc limit $5
"""
_PROJECTS = f"select {', '.join(PROJECTS.columns)} from projects where id = any($1::uuid[])"
_BEGAN = "select coalesce(min(occurred_at), town_now()) from journal"


class PublicFilters(Page):
    """公开清单, latest change first. All conditions must hold. `tag`: of 七有/五性; `category`: 诉求分类.

    Merged projects are left out unless their state is asked for.
    """

    state: States = ()
    project_category: Categories = ()
    category: Code | None = None
    tag: SevenNeeds | FiveQualities | None = None


_TAG = {"tag": "tags @> to_jsonb(?::text)"}
_WAY = Way.by_change("projects", "project")
_SEVERAL = {"state": "state", "project_category": "project_category"}
_ALL = Listing(PROJECTS, _WAY, ("community", "category"), {}, _TAG, several=_SEVERAL, always=_DISCLOSED)
_UNMERGED = Listing(
    PROJECTS,
    _WAY,
    ("community", "category"),
    {},
    _TAG,
    several=_SEVERAL,
    always=f"{_DISCLOSED} and state <> 'MERGED'",
)


def _listing(asked: PublicFilters) -> Listing:
    return _ALL if asked.state else _UNMERGED


async def changed(pool: Pool, id: UUID | None = None) -> datetime | None:
    """When the last thing was said of a project that is public, or of this one; None where there is none."""
    at: datetime | None = await pool.fetchval(_CHANGED, id)
    return at


async def overview(service: Service[Terms], asked: PublicFilters) -> Shown:
    """公开清单: one page of the projects, and what they can be chosen by."""
    town = Named(service.town)
    found = await lists.listed(service.pool, service.keys, EVERYBODY, asked, _listing(asked))
    return {
        "town": service.town.name,
        "asked": asked.model_dump(mode="json", exclude_defaults=True, exclude={"after", "limit"}),
        "items": [_line(row, town) for row in found["items"]],
        "next": found["next"],
    }


def _line(row: dict[str, Any], town: Named) -> Shown:
    """A project as a list shows it."""
    return {
        "id": str(row["id"]),
        "title": row["public_title"],
        "community": {"code": row["community"], "name": town.community(row["community"])},
        "place": town.place(row["place"]) or None,
        "state": row["state"],
        "says": STATE_WORDS[ProjectState(row["state"])],
        "project_category": row["project_category"],
        "category_says": named(ProjectCategory(row["project_category"])),
        "tags": [{"code": tag, "name": tagged(tag)} for tag in row["tags"]],
        "percent": row["percent"],
        "finish_on": row["finish_on"].isoformat() if row["finish_on"] else None,
        "first_finish_on": row["first_finish_on"].isoformat() if row["first_finish_on"] else None,
    }


def choices(service: Service[Terms]) -> Shown:
    """What the list can be narrowed by: name and code of each."""
    return {
        "community": [{"code": one.code, "name": one.name} for one in service.town.communities],
        "project_category": [{"code": one.value, "name": named(one)} for one in ProjectCategory],
        "tag": [{"code": one.value, "name": named(one)} for one in (*SevenNeeds, *FiveQualities)],
        "state": [
            {"code": one.value, "name": words} for one, words in STATE_WORDS.items() if one is not ProjectState.PROPOSED
        ],
    }


async def project(service: Service[Terms], id: UUID) -> Shown | None:
    """一个项目, from its pooling on: what, where, why, who, money, dates, steps, acceptance, maintainer, effect."""
    row = await service.pool.fetchrow(_OPEN, id)
    if row is None:
        return None
    one, town = PROJECTS.stored(row), Named(service.town)
    said = await _said(service.pool, id)
    accepted = _last(said, ProjectAccepted)
    evaluated = _last(said, ProjectEvaluated)
    return _line(lists.plain(PROJECTS, row), town) | {
        "town": service.town.name,
        "category": {"code": one.category, "name": town.category(one.category)} if one.category else None,
        "people": shown(one.people) if one.people is not None else None,
        "origins": origins(one.sources),
        "merged_into": str(ref_id(one.merged_into)) if one.merged_into else None,
        "unit": unit(one.unit, town) or None,
        "money": _money(one),
        "start_on": start.isoformat() if (start := one.started_on or one.start_on) else None,
        "started": one.started_on is not None,
        "promise": asdict(found) if (found := promise(one)) else None,
        "carried_over": one.carried_over,
        "completed_on": one.completed_on.isoformat() if one.completed_on else None,
        "milestones": [
            {
                "title": step.public_title,
                "due_on": step.due_on.isoformat(),
                "reached_on": step.reached_on.isoformat() if step.reached_on else None,
            }
            for step in one.milestones
        ],
        "done": done(one.done) or None,
        "disclosed": [
            {"stage": fact.stage, "says": named(fact.stage), "at": at.isoformat()}
            for _, at, fact in said
            if isinstance(fact, ProjectDisclosed)
        ],
        "acceptance": _acceptance(accepted) if accepted else None,
        "maintenance": _maintenance(one, town),
        "effect": effect_words(one, evaluated),
        "steps": [
            {"at": at.isoformat(), "says": HEADINGS[type(fact)], "note": note(fact, one, town) or None}
            for _, at, fact in said
            if not isinstance(fact, ProjectDisclosed)
        ],
    }


Said = Sequence[tuple[int, datetime, Fact]]


async def _said(pool: Pool, id: UUID) -> Said:
    """What of a project is public: version, time and fact, in order."""
    shown_to_all: tuple[type[Fact], ...] = (*STEPS, ProjectDisclosed)
    rows = await pool.fetch(_SAID, id, [fact.wire_type for fact in shown_to_all])
    return [(row["version"], row["occurred_at"], Fact.known[row["type"]].read(row["data"])) for row in rows]


F = TypeVar("F", bound=Fact)


def _last(said: Said, kind: type[F]) -> F | None:
    return next((fact for _, _, fact in reversed(said) if isinstance(fact, kind)), None)


def _money(one: Project) -> Shown | None:
    """Whole yuan; None before the approval."""
    if one.budget_yuan is None:
        return None
    return {"budget_yuan": one.budget_yuan, "raised_yuan": one.raised_yuan, "spent_yuan": one.spent_yuan}


def _acceptance(accepted: ProjectAccepted) -> Shown:
    return {
        "at": accepted.accepted_at.isoformat(),
        "residents": shown(accepted.group.residents),
        "supervisor": accepted.group.supervisor,
        "asked": shown(accepted.asked),
        "satisfied": shown(accepted.satisfied),
    }


def _maintenance(one: Project, town: Named) -> Shown | None:
    kept = one.maintenance
    if kept is None:
        return None
    return {
        "owner": unit(kept.owner, town),
        "maintainer": unit(kept.maintainer, town),
        "duties": kept.duties,
        "manner": kept.manner,
        "funding": kept.funding,
    }


async def on_map(service: Service[Terms], asked: PublicFilters, base: str) -> Shown:
    """地图数据 (RFC 7946): a Feature for each project, at the position of its named place, where the town entered one.

    `base`: where the pages stand. `left_off`: whether there are more than fit.
    """
    rows = await lists.listed_whole(service.pool, EVERYBODY, asked, _listing(asked), MOST + 1)
    town = Named(service.town)
    return {
        "type": "FeatureCollection",
        "features": [_feature(_line(row, town), row["place"], service.town, base) for row in rows[:MOST]],
        "left_off": len(rows) > MOST,
    }


def _feature(line: Shown, place: str | None, town: Town, base: str) -> Shown:
    known = town.place(place)
    position = known.position if known else None
    properties = {
        "title": line["title"],
        "community": line["community"]["name"],
        "place": line["place"],
        "state": line["says"],
        "category": line["category_says"],
        "tags": [tag["name"] for tag in line["tags"]],
        "percent": line["percent"],
        "first_finish_on": line["first_finish_on"],
        "finish_on": line["finish_on"],
        "url": f"{base}/public/projects/{line['id']}",
    }
    point = {"type": "Point", "coordinates": list(position)} if position else None
    return {"type": "Feature", "id": line["id"], "geometry": point, "properties": properties}


@dataclass(frozen=True, slots=True)
class Told:
    """One piece of news of a project."""

    id: UUID
    version: int
    project: Project
    at: datetime
    heading: str
    text: str


async def news(service: Service[Terms], community: str | None, since: datetime, most: int) -> list[Told]:
    """What became public of projects since then, the latest first."""
    rows = await service.pool.fetch(
        _NEWS, [fact.wire_type for fact in NEWS], ProjectDisclosed.wire_type, community, since, most
    )
    ids = list({row["stream"] for row in rows})
    projects = {row["id"]: PROJECTS.stored(row) for row in await service.pool.fetch(_PROJECTS, ids)}
    return [_told(row, projects[row["stream"]], Named(service.town)) for row in rows]


def _told(row: asyncpg.Record, one: Project, town: Named) -> Told:
    fact = Fact.known[row["type"]].read(row["data"])
    heading = named(fact.stage) if isinstance(fact, ProjectDisclosed) else HEADINGS[type(fact)]
    text = "" if isinstance(fact, ProjectDisclosed) else note(fact, one, town)
    return Told(row["stream"], row["version"], one, row["occurred_at"], heading, text)


async def began(pool: Pool) -> datetime:
    """When the service first said anything: before that nothing could be public."""
    at: datetime = await pool.fetchval(_BEGAN)
    return at
