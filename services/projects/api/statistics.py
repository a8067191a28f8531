"""民心项目统计: 未诉先办, how far projects came, what was in time, what came back, and the money by batch."""

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from services.projects import counting
from services.projects.api.door import Answer, Here, ProjectsService
from services.projects.counting import Counted
from services.projects.domain.figures import By
from services.projects.domain.named import unknown_anchor
from shared.plumbing.caller import Person, Reach, Scope
from shared.plumbing.periods import From, Until, against_months, window
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.broken import refuse
from shared.rules.naming import Named


@get("/statistics")
async def read_statistics(
    service: Here,
    ask: Asking,
    from_month: From,
    until_month: Until,
    community: FromQuery[str | None] = None,
    by: FromQuery[By | None] = None,
    by_month: FromQuery[bool] = False,
) -> Answer:
    """民心项目统计 from a month until a month (2024-02, both included): of all that the caller may see, or of one community.

    A figure has numerator, denominator (null for a mere number), value (null without a base) and unit. `by`: the parts by
    community, project_category, tag or category besides; a project with two tags stands under both. `by_month`: each
    month besides. `batches`: the money of the quarters in the period. A department sees its own projects. `up_to`: the
    position of the journal up to which is counted; `configuration`: the versions of the terms by which anything was
    decided; what each figure means: `/statistics/definitions`.
    """
    found = await _count(service, ask.caller, community, from_month, until_month)
    town = Named(service.town)
    months = [found.within(month) for month in found.window.months()] if by_month else []
    return {
        "from": found.window.start,
        "until": found.window.end,
        "closed": found.window.end <= found.now,
        "up_to": found.up_to,
        "computed_at": found.now,
        "configuration": found.versions,
        "total": counting.shown(counting.total(found)),
        "parts": [
            {"value": value, "name": counting.called(by, value, town), "figures": counting.shown(figures)}
            for value, figures in counting.parts(found, by).items()
        ]
        if by
        else [],
        "months": [
            {"month": f"{one.window.start:%Y-%m}", "figures": counting.shown(counting.total(one))} for one in months
        ],
        "batches": counting.money_shown(found),
    }


@get("/statistics/export", media_type=CSV)
async def export_statistics(
    service: Here, ask: Asking, from_month: From, until_month: Until, community: FromQuery[str | None] = None
) -> Response[bytes]:
    """民心项目统计 as a CSV file: the total, the parts by every dimension, the money by batch."""
    found = await _count(service, ask.caller, community, from_month, until_month)
    content = csv_file(counting.HEADINGS, counting.lines(found, Named(service.town)))
    return download(content, f"projects-{from_month}-{until_month}.csv")


@get("/statistics/definitions")
async def read_statistics_definitions() -> list[dict[str, str]]:
    """指标定义 in words."""
    return counting.definitions()


async def _count(
    service: ProjectsService, caller: Person, community: str | None, from_month: str, until_month: str
) -> Counted:
    refuse(*against_months(from_month, until_month), *unknown_anchor(service.town, community, None, None))
    communities = None if community is None else [community]
    unit = None
    match caller.reach:
        case Reach.COMMUNITY:
            if community is not None:
                caller.must_reach(Scope(community))
            communities = communities or sorted(caller.communities)
        case Reach.DEPARTMENT:
            unit = caller.department or ""
        case Reach.TOWN:
            pass
    return await counting.counted(service.pool, communities, unit, window(from_month, until_month), service.now())


ROUTES: list[Any] = [read_statistics, export_statistics, read_statistics_definitions]
