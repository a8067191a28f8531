"""清单和看板: suggestions, projects and batches by conditions, page by page and as files; projects by state."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide

from services.projects import listing, views
from services.projects.api.door import Answer, Here, ProjectsService
from services.projects.domain.batch import BatchState
from services.projects.domain.project import STATE_WORDS as PROJECT_STATES
from services.projects.domain.project import ProjectState
from services.projects.domain.suggesting import STATE_WORDS as SUGGESTION_STATES
from services.projects.domain.suggestion import SuggestionState
from services.projects.domain.wording import named, origins, tagged, unit
from services.projects.listing import BatchFilters, ProjectFilters, SuggestionFilters
from services.projects.views import BoardFilters
from shared.events.projects import EffectVerdict, SuggestionOrigin, SuggestionOutcome
from shared.events.vocabulary import ProjectCategory
from shared.plumbing import query
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.naming import Named
from shared.rules.township import SHANGHAI


def _suggestions(request: Request[Any, Any, Any]) -> SuggestionFilters:
    return query.asked(request, SuggestionFilters)


def _projects(request: Request[Any, Any, Any]) -> ProjectFilters:
    return query.asked(request, ProjectFilters)


def _batches(request: Request[Any, Any, Any]) -> BatchFilters:
    return query.asked(request, BatchFilters)


def _board(request: Request[Any, Any, Any]) -> BoardFilters:
    return query.asked(request, BoardFilters)


_OF_SUGGESTIONS = {"asked": Provide(_suggestions, sync_to_thread=False)}
_OF_PROJECTS = {"asked": Provide(_projects, sync_to_thread=False)}
_OF_BATCHES = {"asked": Provide(_batches, sync_to_thread=False)}
_OF_BOARD = {"asked": Provide(_board, sync_to_thread=False)}


@get("/suggestions", dependencies=_OF_SUGGESTIONS, opt={"query": SuggestionFilters})
async def list_suggestions(service: Here, ask: Asking, asked: NamedDependency[SuggestionFilters]) -> Answer:
    """建议清单, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state, origin and outcome (several each), category, place, unit, source
    (`route/uuid` or another stream), text, answer_until, wants_project, overdue.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/suggestions/export", media_type=CSV, dependencies=_OF_SUGGESTIONS, opt={"query": SuggestionFilters})
async def export_suggestions(service: Here, ask: Asking, asked: NamedDependency[SuggestionFilters]) -> Response[bytes]:
    """建议清单 as a CSV file, by the same conditions; `limit` and `after` count for nothing."""
    rows = await listing.whole(service.pool, ask.caller, asked)
    return download(csv_file(_SUGGESTIONS, [_suggestion_line(row, service) for row in rows]), "suggestions.csv")


@get("/projects", dependencies=_OF_PROJECTS, opt={"query": ProjectFilters})
async def list_projects(service: Here, ask: Asking, asked: NamedDependency[ProjectFilters]) -> Answer:
    """民心项目清单, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state, project_category and verdict (several each), category, place, tag
    (of 七有/五性), unit, batch (`batch/uuid`), source (`topic/uuid` or another stream), text, finish_until, overdue,
    postponed, carried_over.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/projects/export", media_type=CSV, dependencies=_OF_PROJECTS, opt={"query": ProjectFilters})
async def export_projects(service: Here, ask: Asking, asked: NamedDependency[ProjectFilters]) -> Response[bytes]:
    """民心项目清单 as a CSV file, by the same conditions; `limit` and `after` count for nothing."""
    rows = await listing.whole(service.pool, ask.caller, asked)
    return download(csv_file(_PROJECTS, [_project_line(row, service) for row in rows]), "projects.csv")


@get("/batches", dependencies=_OF_BATCHES, opt={"query": BatchFilters})
async def list_batches(service: Here, ask: Asking, asked: NamedDependency[BatchFilters]) -> Answer:
    """批次清单, the latest quarter first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): state (several), year, quarter, text.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/batches/export", media_type=CSV, dependencies=_OF_BATCHES, opt={"query": BatchFilters})
async def export_batches(service: Here, ask: Asking, asked: NamedDependency[BatchFilters]) -> Response[bytes]:
    """批次清单 as a CSV file, by the same conditions; `limit` and `after` count for nothing."""
    rows = await listing.whole(service.pool, ask.caller, asked)
    return download(csv_file(_BATCHES, [_batch_line(row) for row in rows]), "batches.csv")


@get("/board", dependencies=_OF_BOARD, opt={"query": BoardFilters})
async def show_board(service: Here, ask: Asking, asked: NamedDependency[BoardFilters]) -> list[Answer]:
    """民心项目看板: a column for each state, the soonest finish first; `words`: how late, or how many days are left.

    Conditions (all must hold): community, unit, project_category (several), tag, batch. `count` and `overdue` count all
    of a column, `items` shows 50 at most.
    """
    return await views.board(service.pool, ask.caller, asked, service.now().astimezone(SHANGHAI).date())


_SUGGESTIONS = (
    "编号", "标题", "状态", "来源", "社区（村）", "诉求分类", "地点", "单位", "研判时限", "答复时限", "结论", "去向",
    "逾期环节数",
)  # fmt: skip
_PROJECTS = (
    "编号", "标题", "状态", "社区（村）", "诉求分类", "地点", "项目分类", "七有五性", "来源", "提出时间", "评分", "批次",
    "责任单位", "预算（元）", "村内筹资（元）", "已支出（元）", "开工日期", "首次承诺完成", "目前完成日期", "结转次数",
    "进度（%）", "完工日期", "验收时间", "成效",
)  # fmt: skip
_BATCHES = ("编号", "标题", "状态", "年度", "季度", "资金总额（元）", "立项安排（元）", "项目数")


def _suggestion_line(row: dict[str, Any], service: ProjectsService) -> Sequence[object]:
    town = Named(service.town)
    return (
        row["id"],
        row["public_title"],
        SUGGESTION_STATES[SuggestionState(row["state"])],
        named(SuggestionOrigin(row["origin"])),
        unit(row["community"], town),
        town.category(row["category"]) if row["category"] else None,
        town.place(row["place"]),
        unit(row["unit"], town),
        row["review_due_at"],
        row["answer_due_at"],
        named(SuggestionOutcome(row["outcome"])) if row["outcome"] else None,
        row["leads_to"],
        len(row["late"]),
    )


def _project_line(row: dict[str, Any], service: ProjectsService) -> Sequence[object]:
    town = Named(service.town)
    return (
        row["id"],
        row["public_title"],
        PROJECT_STATES[ProjectState(row["state"])],
        town.community(row["community"]),
        town.category(row["category"]) if row["category"] else None,
        town.place(row["place"]),
        named(ProjectCategory(row["project_category"])),
        "、".join(tagged(tag) for tag in row["tags"]),
        origins(row["sources"]),
        row["proposed_at"],
        row["score"],
        row["batch"],
        unit(row["unit"], town),
        row["budget_yuan"],
        row["raised_yuan"],
        row["spent_yuan"],
        row["started_on"],
        row["first_finish_on"],
        row["finish_on"],
        row["carried_over"],
        row["percent"],
        row["completed_on"],
        row["accepted_at"],
        named(EffectVerdict(row["verdict"])) if row["verdict"] else None,
    )


def _batch_line(row: dict[str, Any]) -> Sequence[object]:
    return (
        row["id"],
        row["public_title"],
        named(BatchState(row["state"])),
        row["year"],
        row["quarter"],
        row["budget_yuan"],
        row["approved_yuan"],
        len(row["reserved"]),
    )


ROUTES = [
    list_suggestions,
    export_suggestions,
    list_projects,
    export_projects,
    list_batches,
    export_batches,
    show_board,
]
