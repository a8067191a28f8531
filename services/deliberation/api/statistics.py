"""协商统计: attendance per seat and unit, topics, undertakings; over whole months, for the town and each community."""

from enum import StrEnum
from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from services.deliberation import counting, views
from services.deliberation.api.door import Answer, DeliberationService, Here
from services.deliberation.counting import Counted, Whole
from shared.plumbing.caller import Person, Reach, Scope
from shared.plumbing.periods import From, Until, against_months, window
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download
from shared.rules.broken import Reason, refuse


class Table(StrEnum):
    """统计表."""

    PARTIES = "parties"
    TOPICS = "topics"
    UNDERTAKINGS = "undertakings"


_TABLES = {
    Table.PARTIES: (counting.PARTIES, counting.party_lines),
    Table.TOPICS: (counting.TOPICS, counting.topic_lines),
    Table.UNDERTAKINGS: (counting.UNDERTAKINGS_DUE, counting.undertaking_lines),
}


@get("/statistics")
async def read_statistics(
    service: Here,
    ask: Asking,
    from_month: From,
    until_month: Until,
    community: FromQuery[str | None] = None,
    by_community: FromQuery[bool] = False,
) -> Answer:
    """协商统计 from a month until a month (2024-02, both included): of all that the caller may see, or of one community.

    `by_community`: of each community besides. A department sees its own part. `up_to`: the position of the journal up
    to which is counted; what each figure means: `/statistics/definitions`.
    """
    found, unit = await _count(service, ask.caller, community, from_month, until_month)
    figures = _wholes(service, ask.caller, found, community, each=by_community)
    return {
        "from": found.window.start,
        "until": found.window.end,
        "closed": found.window.end <= found.now,
        "up_to": found.up_to,
        "computed_at": found.now,
        "total": counting.shown(figures[0], service.town),
        "communities": [counting.shown(one, service.town) for one in figures[1:]],
        "consequences": counting.consequences(found, community, unit, service.town),
    }


@get("/statistics/export", media_type=CSV)
async def export_statistics(
    service: Here,
    ask: Asking,
    from_month: From,
    until_month: Until,
    table: FromQuery[Table],
    community: FromQuery[str | None] = None,
) -> Response[bytes]:
    """协商统计 as a CSV file: the total first, then each community. `table`: parties, topics or undertakings."""
    found, _ = await _count(service, ask.caller, community, from_month, until_month)
    headings, lines = _TABLES[table]
    figures = _wholes(service, ask.caller, found, community, each=True)
    content = csv_file(headings, [line for one in figures for line in lines(one, service.town)])
    return download(content, f"{table}-{from_month}-{until_month}.csv")


@get("/statistics/definitions")
async def read_statistics_definitions() -> list[dict[str, str]]:
    """指标定义 in words."""
    return counting.definitions()


async def _count(
    service: DeliberationService, caller: Person, community: str | None, from_month: str, until_month: str
) -> tuple[Counted, str | None]:
    """What is counted, and the unit to whose part it is limited, if any."""
    refuse(
        *against_months(from_month, until_month),
        community is not None
        and service.town.community(community) is None
        and Reason("unknown_community", "没有该社区（村）", "/community"),
    )
    if community is not None and caller.reach is Reach.COMMUNITY:
        caller.must_reach(Scope(community))
    scope = views.reach_of(caller) if community is None else [community]
    found = await counting.counted(service.pool, scope, window(from_month, until_month), service.now())
    return found, _unit(caller)


def _unit(caller: Person) -> str | None:
    return caller.department if caller.reach is Reach.DEPARTMENT else None


def _wholes(
    service: DeliberationService, caller: Person, found: Counted, community: str | None, *, each: bool
) -> list[Whole]:
    """The total of what was counted first; `each`: then every community of it."""
    unit = _unit(caller)
    figures = [counting.whole(found, community, unit)]
    if each and community is None:
        reach = views.reach_of(caller)
        codes = [one.code for one in service.town.communities if reach is None or one.code in reach]
        figures += [counting.whole(found, code, unit) for code in codes]
    return figures


ROUTES: list[Any] = [read_statistics, export_statistics, read_statistics_definitions]
