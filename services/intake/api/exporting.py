"""Doors: files of complaints go out."""

from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import PermissionDeniedException
from litestar.response import Stream

from services.intake.exporting import Form, export
from services.intake.registering import Here
from services.intake.searching import Filters, search
from shared.events.base import Flag, Why
from shared.plumbing import query
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse
from shared.rules.township import SHANGHAI


class Exported(Filters):
    """查询条件, and what is wanted of the complaints that they leave."""

    format: Form = Form.CSV
    originals: Flag = False
    reason: Why | None = None


def exported(request: Request[Any, Any, Any]) -> Exported:
    """The conditions in the query."""
    return query.asked(request, Exported)


@get(
    "/complaints/export",
    dependencies={"wanted": Provide(exported, sync_to_thread=False)},
    opt={"query": Exported, "media": tuple(form.media_type for form in Form)},
)
async def export_complaints(service: Here, ask: Asking, state: State, wanted: NamedDependency[Exported]) -> Stream:
    """导出 of the complaints that the list would show, as `format`: csv, xlsx or geojson.

    `originals`: with the people and their words, for those who may read an original; then `reason` says why.
    """
    originals, form, reason = wanted.originals, wanted.format, wanted.reason
    if originals and ask.caller.role not in state.authz["read_original"]:
        raise PermissionDeniedException
    refuse(
        originals and reason is None and Reason("reason_missing", "导出原文须说明理由", "?reason"),
        originals and form is Form.GEOJSON and Reason("public_only", "地图文件只含公开字段", "?format"),
    )
    filters = Filters.model_validate(wanted.model_dump(include=set(Filters.model_fields)))
    found = search(filters, ask.caller, service)
    made = await export(service, ask.caller, found, form, originals=originals, reason=reason or "公开字段")
    day = service.now().astimezone(SHANGHAI).strftime("%Y%m%d")
    headers = {
        "Content-Disposition": f'attachment; filename="complaints-{day}.{form}"',
        "Content-Length": str(made.size),
        "Cache-Control": "no-store",
        "X-Rows": str(made.rows),
    }
    return Stream(made.chunks(), media_type=form.media_type, headers=headers)


DOORS = [export_complaints]
