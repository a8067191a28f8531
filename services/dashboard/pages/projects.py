"""民心项目: the pool by states or as a list, its money, what is later than first promised, and what waits for whom."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

import altair
from litestar import Response, get
from markupsafe import Markup
from pydantic import Field

from services.dashboard import wording
from services.dashboard.door import Here
from services.dashboard.pages import asking
from services.dashboard.pages.asking import Told, ask_all
from services.dashboard.pages.charts import drawn
from services.dashboard.pages.choosing import Chosen, Nothing, ask_list, communities, made, meanings, must_be
from services.dashboard.pages.frame import Looked, look, shown, words_of
from services.dashboard.pages.words import Words
from shared.events.base import WHOLE, Ref
from shared.events.vocabulary import FiveQualities, ProjectCategory, SevenNeeds
from shared.plumbing import query
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Asking
from shared.rules import naming
from shared.rules.naming import STATES
from shared.rules.township import SHANGHAI

OWNER = "projects"
LIVE = (
    *("SuggestionCollected", "SuggestionReviewed", "SuggestionAnswered", "ProjectProposed", "ProjectPooled"),
    *(
        "ProjectsMerged",
        "ProjectsUnmerged",
        "ProjectApproved",
        "ProjectRejected",
        "ProjectStarted",
        "ProjectProgressed",
    ),
    *("ProjectDelayed", "ProjectSuspended", "ProjectResumed", "ProjectCancelled", "ProjectCarriedOver"),
    *("ProjectCompleted", "RectificationOrdered", "ProjectAccepted", "MaintainerAssigned", "ProjectClosed"),
    *("ProjectEvaluated", "SourceTold", "BatchOpened", "PoolBudgetSet", "BudgetReserved", "BudgetReleased"),
)
"""With one of these the board is another."""
WAY = ("PROPOSED", "POOLED", "APPROVED", "IN_PROGRESS", "SUSPENDED", "COMPLETED", "ACCEPTED", "CLOSED")
"""The columns of the board, from the proposal to the end; the ways out stand beside it."""
OPEN = WAY[:-1]
SUGGESTED = ("COLLECTED", "UNDER_REVIEW", "DECIDED")
TAGS = naming.words_of(SevenNeeds) | naming.words_of(FiveQualities)
CATEGORIES = naming.words_of(ProjectCategory)
WAITS = {
    "PROPOSED": ("TOWN", "入池研判"),
    "POOLED": ("LEADER", "立项决定"),
    "APPROVED": ("UNIT", "开工"),
    "IN_PROGRESS": ("UNIT", "完工"),
    "SUSPENDED": ("UNIT", "复工"),
    "COMPLETED": ("LEADER", "组织验收"),
    "ACCEPTED": ("UNIT", "落实管护"),
}
"""Whose turn it is in each state, and what for."""
MAINTAINED = ("LEADER", "办结")
"""验收后, once a maintainer is named."""
TURNS = {"TOWN": "镇里", "LEADER": "镇领导"}
SHOWN = 50
"""So many projects on one page of the list [D]."""


class ProjectsAsked(Looked):
    """看板条件. `as`: the board, or a list; `year`: of the figures and the money; `after`: the next page of the list."""

    as_: Literal["board", "list"] = Field(default="board", alias="as")
    year: Annotated[int, Field(ge=2000, le=2100), WHOLE] | None = None
    community: Chosen = None
    project_category: ProjectCategory | Nothing | None = None
    tag: SevenNeeds | FiveQualities | Nothing | None = None
    batch: Ref | Nothing | None = None
    state: Annotated[str, Field(pattern=r"^[A-Z_]{1,20}$")] | Nothing | None = None
    after: Annotated[str, Field(max_length=1000)] | None = None


@get("/projects", **look(ProjectsAsked))
async def show_projects(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """民心项目池: by states or as a list, what is later than first promised, what waits for whom, money, tags.

    `columns`: each state with its projects and how many there are, and the open `suggestions`; `list`: one page, with
    `next`; `late`: not completed on the day first promised; `waiting`: whose turn it is; `statistics`: as projects says,
    by tag, and `categories`; `batches` to choose from. A part that could not be had says why in `missing`.
    """
    asked = query.asked(request, ProjectsAsked)
    now = service.now()
    today = now.astimezone(SHANGHAI).date()
    year = asked.year or today.year
    named, places = communities(service, ask.caller), wording.names(service.town)
    wanted = {
        "community": must_be(asked.community, named),
        "project_category": asked.project_category or None,
        "tag": asked.tag or None,
        "batch": asked.batch or None,
    }
    state = must_be(asked.state, dict(STATES["project"]))
    months = {"from": f"{year}-01", "until": f"{year}-12", "community": wanted["community"]}
    by_tag, by_category, definitions = await ask_all(
        request,
        (OWNER, "/statistics", {**months, "by": "tag"}),
        (OWNER, "/statistics", {**months, "by": "project_category"}),
        (OWNER, "/statistics/definitions", {}),
    )
    board = await asking.ask(request, OWNER, "/board", **wanted)
    running = await ask_list(request, OWNER, "/projects", state=OPEN, **wanted)
    batches = await ask_list(request, OWNER, "/batches")
    suggestions = await ask_list(request, OWNER, "/suggestions", state=SUGGESTED, community=wanted["community"])
    lines = made(running, lambda told: [_line(one, places, today) for one in told["items"]])
    found = {
        "asked": {"as": asked.as_, "year": year, "state": state, **wanted},
        "columns": made(board, lambda told: [_column(one, places, today) for one in told]),
        "suggestions": made(suggestions, lambda told: [_suggestion(one, places, now) for one in told["items"]]),
        "late": made(lines, _late),
        "waiting": made(lines, _by_date),
        "statistics": by_tag,
        "categories": by_category,
        "definitions": meanings(definitions),
        "batches": made(batches, lambda told: told["items"]),
    }
    if asked.as_ == "list":
        page = await asking.ask(request, OWNER, "/projects", **wanted, state=state, limit=SHOWN, after=asked.after)
        found["list"] = made(
            page,
            lambda told: {"items": [_line(one, places, today) for one in told["items"]], "next": told["next"]},
        )
    return shown(
        request,
        "projects_list.html" if asked.as_ == "list" else "projects.html",
        found,
        live=LIVE,
        picture=await _picture(by_tag, words_of(request)),
        today=today,
        way=WAY,
        tags=TAGS,
        kinds=CATEGORIES,
        turns=TURNS,
        states=STATES,
        choices={"community": named, "batch": {f"batch/{one['id']}": one["public_title"] for one in _all(batches)}},
    )


def _all(told: Told) -> list[dict[str, Any]]:
    return told.found["items"] if told.found else []


def _named(code: str | None, places: Mapping[str, str]) -> str | None:
    return places.get(code, code) if code else None


def _column(told: Mapping[str, Any], places: Mapping[str, str], today: date) -> dict[str, Any]:
    """One state of the board: what projects says, with the names and how late each is."""
    items = [
        one | {"name": _named(one["community"], places), "unit_name": _named(one["unit"], places)} | _dates(one, today)
        for one in told["items"]
    ]
    return {name: told[name] for name in ("state", "count", "overdue")} | {"items": items}


def _line(row: Mapping[str, Any], places: Mapping[str, str], today: date) -> dict[str, Any]:
    """项目 as a list shows it. `turn`: a unit's code, TOWN or LEADER; `until`: by when, where a date is set."""
    kept = ("id", "public_title", "state", "community", "project_category", "tags", "unit", "batch", "percent")
    money = ("budget_yuan", "spent_yuan", "start_on", "finish_on", "first_finish_on", "completed_on", "carried_over")
    turn, step = _turn(row)
    return {
        **{name: row[name] for name in (*kept, *money)},
        "name": _named(row["community"], places),
        "unit_name": _named(row["unit"], places),
        "turn": turn,
        "turn_name": _named(turn, places),
        "step": step,
        "until": {"APPROVED": row["start_on"], "IN_PROGRESS": row["finish_on"]}.get(row["state"]),
        "untold": _untold(row),
        **_dates(row, today),
    }


def _turn(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if row["state"] not in WAITS:
        return None, None
    turn, step = MAINTAINED if row["state"] == "ACCEPTED" and row["maintenance"] else WAITS[row["state"]]
    return (row["unit"] or row["community"] if turn == "UNIT" else turn), step


def _untold(row: Mapping[str, Any]) -> int:
    """来源 that have not been told yet of a stage that was disclosed."""
    return len(
        {
            source
            for stage in row["disclosures"].values()
            for source in stage["waits_for"]
            if source not in stage["told"]
        }
    )


def _dates(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """`days_late`: after the day **first** promised, today; None before it, and of what no date runs for."""
    first = date.fromisoformat(row["first_finish_on"]) if row["first_finish_on"] else None
    unfinished = row["state"] in ("APPROVED", "IN_PROGRESS", "SUSPENDED")
    days = (today - first).days if first and unfinished else 0
    return {"days_late": days if days > 0 else None}


def _late(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """晚于首次承诺, the latest first."""
    return sorted((one for one in lines if one["days_late"]), key=lambda one: (-one["days_late"], one["id"]))


def _by_date(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What has a date first, the soonest before the others."""
    return sorted(lines, key=lambda one: (one["until"] is None, one["until"] or "", WAY.index(one["state"]), one["id"]))


def _suggestion(row: Mapping[str, Any], places: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """建议 that is not answered yet. `due_at`: of its review, then of its answer."""
    due_at = row["review_due_at"] if row["state"] == "COLLECTED" else row["answer_due_at"]
    return {name: row[name] for name in ("id", "public_title", "state", "community", "unit")} | {
        "due_at": due_at,
        "overdue": datetime.fromisoformat(due_at) <= now,
        "name": _named(row["community"], places),
        "unit_name": _named(row["unit"], places),
    }


async def _picture(told: Told, words: Words) -> Markup | None:
    """资金 by batch: spent, arranged and not spent, not arranged."""
    if told.missing or not told.found["batches"]:
        return None
    parts = [words.say(one) for one in ("已支出", "已安排未支出", "剩余")]
    points = [
        {"batch": one["name"], "part": part, "order": number, "value": value / 10_000}
        for one in told.found["batches"]
        for number, (part, value) in enumerate(zip(parts, _money(one["figures"]), strict=True))
    ]
    chart = (
        altair.Chart(altair.InlineData(points), width=560, height=altair.Step(34))
        .mark_bar()
        .encode(
            y=altair.Y("batch:N", title=None, sort=None, axis=altair.Axis(labelLimit=200)),
            x=altair.X("value:Q", title=words.say("万元"), stack="zero"),
            color=altair.Color("part:N", sort=parts),
            order="order:Q",
        )
    )
    return await drawn(chart, words.say("各批次资金：已支出、已安排未支出、剩余"))


def _money(figures: Mapping[str, Any]) -> tuple[int, int, int]:
    planned, approved, spent = (
        figures["planned_yuan"]["value"],
        figures["approved_yuan"]["numerator"],
        figures["spent_yuan"]["numerator"],
    )
    return spent, max(approved - spent, 0), max(planned - approved, 0)


ROUTES = [show_projects]
