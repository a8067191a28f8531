"""吹哨报到看板: what is overdue and what is due, and how late."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide

from services.escalation import views
from services.escalation.api.door import Answer, Here
from services.escalation.domain.wording import STEPS, called, named
from services.escalation.views import BoardFilters
from shared.events.escalation import DutyRole, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.plumbing import query
from shared.plumbing.lists import MOST_LINES, TOO_MANY
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.broken import refuse
from shared.rules.naming import Named


def _asked(request: Request[Any, Any, Any]) -> BoardFilters:
    return query.asked(request, BoardFilters)


_BY = {"asked": Provide(_asked, sync_to_thread=False)}
_HEADINGS = (
    "事项编号", "标题", "哨型", "社区（村）", "环节", "部门", "角色", "期限", "已逾期", "时差", "督办层级",
)  # fmt: skip


@get("/board", dependencies=_BY, opt={"query": BoardFilters})
async def show_board(service: Here, ask: Asking, asked: NamedDependency[BoardFilters]) -> Answer:
    """吹哨报到看板: `overdue` and `due`, the most urgent first; `words`: how late, or how long there is left.

    Conditions (all must hold): department, community, whistle, step (ACKNOWLEDGE, CHECK_IN, DUE, APPROVAL), level,
    overdue. `left_off`: how many more there are.
    """
    return await views.board(service.pool, ask.caller, asked, service.now())


@get("/board/export", media_type=CSV, dependencies=_BY, opt={"query": BoardFilters})
async def export_board(service: Here, ask: Asking, asked: NamedDependency[BoardFilters]) -> Response[bytes]:
    """吹哨报到看板 as a CSV file, by the same conditions."""
    found = await views.board(service.pool, ask.caller, asked, service.now(), MOST_LINES)
    refuse(found["left_off"] > 0 and TOO_MANY)
    town = Named(service.town)
    lines = [
        (
            row["issue"],
            row["public_title"],
            named(WhistleKind(row["whistle"])),
            called(row["community"], town),
            STEPS[row["step"]],
            called(row["department"], town),
            named(DutyRole(row["role"])) if row["role"] else None,
            row["due_at"],
            row["overdue"],
            row["words"],
            named(SupervisionLevel(row["supervision"])) if row["supervision"] else None,
        )
        for row in (*found["overdue"], *found["due"])
    ]
    return download(csv_file(_HEADINGS, lines), "board.csv")


ROUTES = [show_board, export_board]
