"""月度协商: the board of the duty, its file, and why a month was missed."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from services.deliberation import duty, views
from services.deliberation.api.door import Answer, Here
from services.deliberation.domain.asked import ExplainMonth
from services.deliberation.domain.platform import explain_month, platform_id
from services.deliberation.store import PLATFORMS
from shared.plumbing.change import change
from shared.plumbing.service import Asking
from shared.plumbing.spreadsheet import CSV, csv_file, download

Year = Annotated[int, QueryParameter(ge=2000, le=2100)]


@get("/duty")
async def show_duty(service: Here, ask: Asking, year: Year, community: FromQuery[str | None] = None) -> views.Rows:
    """月度协商: communities × months of a year: held, planned, warned of, missed and why.

    A meeting belongs to the month in which it ended (Asia/Shanghai).
    """
    months = await duty.board(service.pool, views.reach_of(ask.caller), year, community)
    return duty.shown(months, service.now(), service.today, service.town)


@get("/duty/export", media_type=CSV)
async def export_duty(
    service: Here, ask: Asking, year: Year, community: FromQuery[str | None] = None
) -> Response[bytes]:
    """月度协商 as a CSV file."""
    months = await duty.board(service.pool, views.reach_of(ask.caller), year, community)
    lines = duty.lines(months, service.now(), service.today, service.town)
    return download(csv_file(duty.HEADINGS, lines), f"duty-{year}.csv")


@post("/platforms/{community:str}/missed-months", status_code=200)
async def explain_missed_month(
    community: FromPath[str], data: JSONBody[ExplainMonth], service: Here, ask: Asking
) -> Answer:
    """说明缺会原因 of a month that went by without a meeting."""
    return await change(service.base, PLATFORMS, platform_id(community), ask, explain_month, data)


ROUTES: list[Any] = [show_duty, export_duty, explain_missed_month]
