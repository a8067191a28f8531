"""吹哨报到统计: punctuality, scores and supervision per department and month, and the whistles themselves."""

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from services.escalation import counting
from services.escalation.api.door import Answer, EscalationService, Here
from services.escalation.counting import Counted
from shared.events.vocabulary import WhistleKind
from shared.plumbing.caller import Person, Reach, Scope
from shared.plumbing.periods import From, Until, against_months, window
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.broken import Reason, refuse
from shared.rules.naming import Named


@get("/statistics")
async def read_statistics(
    service: Here,
    ask: Asking,
    from_month: From,
    until_month: Until,
    community: FromQuery[str | None] = None,
    department: FromQuery[str | None] = None,
    whistle: FromQuery[WhistleKind | None] = None,
    by_month: FromQuery[bool] = False,
) -> Answer:
    """吹哨报到统计 of the calls and whistles from a month until a month (2024-02, both included), as they stand now.

    `departments`, `callers`: the total first (code null), then each; a figure has numerator, denominator (null for a
    mere number), value (null without a base) and unit. `by_month`: each month besides. A department sees its own part.
    `up_to`: the position of the journal up to which is counted; `configuration`: the versions of the terms by which it
    was decided; what each figure means: `/statistics/definitions`.
    """
    found = await _count(service, ask.caller, community, department, whistle, from_month, until_month)
    town = Named(service.town)
    months = [found.within(month) for month in found.window.months()] if by_month else []
    return {
        "from": found.window.start,
        "until": found.window.end,
        "closed": found.window.end <= found.now,
        "up_to": found.up_to,
        "computed_at": found.now,
        "configuration": found.versions,
        **counting.shown(found, town),
        "months": [{"month": f"{one.window.start:%Y-%m}"} | counting.shown(one, town) for one in months],
    }


@get("/statistics/export", media_type=CSV)
async def export_statistics(
    service: Here,
    ask: Asking,
    from_month: From,
    until_month: Until,
    community: FromQuery[str | None] = None,
    department: FromQuery[str | None] = None,
    whistle: FromQuery[WhistleKind | None] = None,
) -> Response[bytes]:
    """吹哨报到统计 as a CSV file: the whole period first, then each month of it."""
    found = await _count(service, ask.caller, community, department, whistle, from_month, until_month)
    town, months = Named(service.town), found.window.months()
    parts = [found, *(found.within(month) for month in months if len(months) > 1)]
    content = csv_file(counting.HEADINGS, [line for part in parts for line in counting.lines(part, town)])
    return download(content, f"whistles-{from_month}-{until_month}.csv")


@get("/statistics/definitions")
async def read_statistics_definitions() -> list[dict[str, str]]:
    """指标定义 in words."""
    return counting.definitions()


async def _count(
    service: EscalationService,
    caller: Person,
    community: str | None,
    department: str | None,
    whistle: WhistleKind | None,
    from_month: str,
    until_month: str,
) -> Counted:
    refuse(
        *against_months(from_month, until_month),
        community is not None
        and service.town.community(community) is None
        and Reason("unknown_community", "没有该社区（村）", "/community"),
        department is not None
        and service.town.unit(department) is None
        and Reason("unknown_unit", "没有该单位", "/department"),
    )
    communities = None if community is None else [community]
    match caller.reach:
        case Reach.COMMUNITY:
            if community is not None:
                caller.must_reach(Scope(community))
            communities = communities or sorted(caller.communities)
        case Reach.DEPARTMENT:
            if department is not None:
                caller.must_reach(Scope(None, (department,)))
            department = caller.department
    return await counting.counted(
        service.pool, communities, department, whistle, window(from_month, until_month), service.now()
    )


ROUTES: list[Any] = [read_statistics, export_statistics, read_statistics_definitions]
