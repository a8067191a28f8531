"""Doors: files of complaints go out."""

from typing import Annotated

from litestar import get
from litestar.datastructures import State
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from services.intake.domain.complaint import ComplaintState
from services.intake.exporting import Form, export
from services.intake.registering import Here
from services.intake.views import matching
from shared.events.vocabulary import Channel
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse
from shared.rules.township import SHANGHAI


@get("/complaints/export")
async def export_complaints(
    service: Here,
    ask: Asking,
    state: State,
    form: Annotated[Form, QueryParameter(name="format")] = Form.CSV,
    originals: FromQuery[bool] = False,
    reason: Annotated[str | None, QueryParameter(min_length=2, max_length=200)] = None,
    standing: Annotated[ComplaintState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    place: FromQuery[str | None] = None,
    lead: FromQuery[str | None] = None,
    channel: FromQuery[Channel | None] = None,
) -> Stream:
    """导出 of the complaints that the list would show, as `format`: csv, xlsx or geojson.

    `originals`: with the people and their words, for those who may read an original; then `reason` says why.
    """
    if originals and ask.caller.role not in state.authz["read_original"]:
        raise PermissionDeniedException
    refuse(
        originals and reason is None and Reason("reason_missing", "导出原文须说明理由", "/reason"),
        originals and form is Form.GEOJSON and Reason("public_only", "地图文件只含公开字段", "/format"),
    )
    exact = {"state": standing, "community": community, "category": category, "place": place, "lead": lead}
    search = matching(ask.caller, exact | {"channel": channel})
    made = await export(service, ask.caller, search, form, originals=originals, reason=reason or "公开字段")
    day = service.now().astimezone(SHANGHAI).strftime("%Y%m%d")
    headers = {
        "Content-Disposition": f'attachment; filename="complaints-{day}.{form}"',
        "Content-Length": str(made.size),
        "Cache-Control": "no-store",
        "X-Rows": str(made.rows),
    }
    return Stream(made.chunks(), media_type=form.media_type, headers=headers)


DOORS = [export_complaints]
