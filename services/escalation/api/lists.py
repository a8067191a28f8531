"""清单: issues and duties by conditions, page by page and as files."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide

from services.escalation import listing
from services.escalation.api.door import Answer, EscalationService, Here
from services.escalation.domain.duty import STATE_WORDS as DUTY_STATES
from services.escalation.domain.duty import DutyState
from services.escalation.domain.issue import STATE_WORDS as ISSUE_STATES
from services.escalation.domain.issue import IssueState
from services.escalation.domain.wording import called, named
from services.escalation.listing import DutyFilters, IssueFilters
from shared.events.escalation import DutyRole, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.plumbing import query
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.naming import Named


def _issues(request: Request[Any, Any, Any]) -> IssueFilters:
    return query.asked(request, IssueFilters)


def _duties(request: Request[Any, Any, Any]) -> DutyFilters:
    return query.asked(request, DutyFilters)


_OF_ISSUES = {"asked": Provide(_issues, sync_to_thread=False)}
_OF_DUTIES = {"asked": Provide(_duties, sync_to_thread=False)}


@get("/issues", dependencies=_OF_ISSUES, opt={"query": IssueFilters})
async def list_issues(service: Here, ask: Asking, asked: NamedDependency[IssueFilters]) -> Answer:
    """吹哨事项清单, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state, whistle and supervision (several each), category, place, lead,
    department, requested_by, source (`topic/uuid`, `route/uuid` or another stream), text, due_until, due_soon, overdue,
    supervised, paused.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/issues/export", media_type=CSV, dependencies=_OF_ISSUES, opt={"query": IssueFilters})
async def export_issues(service: Here, ask: Asking, asked: NamedDependency[IssueFilters]) -> Response[bytes]:
    """吹哨事项清单 as a CSV file, by the same conditions; `limit` and `after` count for nothing."""
    rows = await listing.whole(service.pool, ask.caller, asked)
    return download(csv_file(_ISSUE_HEADINGS, [_issue_line(row, service) for row in rows]), "issues.csv")


@get("/duties", dependencies=_OF_DUTIES, opt={"query": DutyFilters})
async def list_duties(service: Here, ask: Asking, asked: NamedDependency[DutyFilters]) -> Answer:
    """报到任务清单, latest change first: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state and whistle (several each), issue, department, role, due_until,
    due_soon, overdue, late, objected.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/duties/export", media_type=CSV, dependencies=_OF_DUTIES, opt={"query": DutyFilters})
async def export_duties(service: Here, ask: Asking, asked: NamedDependency[DutyFilters]) -> Response[bytes]:
    """报到任务清单 as a CSV file, by the same conditions; `limit` and `after` count for nothing."""
    rows = await listing.whole(service.pool, ask.caller, asked)
    return download(csv_file(_DUTY_HEADINGS, [_duty_line(row, service) for row in rows]), "duties.csv")


_ISSUE_HEADINGS = (
    "编号", "标题", "状态", "哨型", "社区（村）", "诉求分类", "地点", "请求单位", "请求时间", "吹哨单位", "主责部门",
    "协办部门", "办结期限", "暂停计时", "督办层级", "解决时间",
)  # fmt: skip
_DUTY_HEADINGS = (
    "编号", "事项编号", "部门", "角色", "状态", "哨型", "社区（村）", "召集时间", "响应时限", "响应时间", "响应超时",
    "报到时限", "报到时间", "报到超时", "办结期限", "办结时间", "办结超期", "提出异议", "撤离时间",
)  # fmt: skip


def _issue_line(row: dict[str, Any], service: EscalationService) -> Sequence[object]:
    town = Named(service.town)
    return (
        row["id"],
        row["public_title"],
        ISSUE_STATES[IssueState(row["state"])],
        named(WhistleKind(row["whistle"])),
        called(row["community"], town),
        town.category(row["category"]),
        town.place(row["place"]),
        called(row["requested_by"], town),
        row["requested_at"],
        called(row["caller"], town),
        called(row["lead"], town),
        "、".join(called(unit, town) for unit in row["support"]),
        row["due_at"],
        row["paused_at"] is not None,
        named(SupervisionLevel(row["supervision"])) if row["supervision"] else None,
        row["resolved_at"],
    )


def _duty_line(row: dict[str, Any], service: EscalationService) -> Sequence[object]:
    town = Named(service.town)
    return (
        row["id"],
        row["issue"],
        called(row["department"], town),
        named(DutyRole(row["role"])),
        DUTY_STATES[DutyState(row["state"])],
        named(WhistleKind(row["whistle"])),
        called(row["community"], town),
        row["called_at"],
        row["acknowledge_by"],
        row["acknowledged_at"],
        row["acknowledged_late"],
        row["check_in_by"],
        row["checked_in_at"],
        row["checked_in_late"],
        row["due_at"],
        row["finished_at"],
        row["finished_late"],
        row["objected"],
        row["released_at"],
    )


ROUTES = [list_issues, export_issues, list_duties, export_duties]
