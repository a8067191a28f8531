"""Doors: files of demands come in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody, QueryParameter

from services.intake import imported, importing
from services.intake.domain.importing import ImportFile, ImportRows
from services.intake.registering import Here
from shared.plumbing.service import Asking


@post("/imports")
async def open_import(data: JSONBody[ImportFile], service: Here, ask: Asking) -> dict[str, Any]:
    """开始导入 of a file; its rows follow."""
    return await importing.open_import(service, ask, data)


@post("/imports/rows", status_code=200)
async def import_rows(data: JSONBody[ImportRows], service: Here, ask: Asking) -> dict[str, Any]:
    """导入 of a file of at most 500 rows; each ends as accepted, duplicate, rejected or quarantined."""
    return await importing.import_file(service, ask, data)


@post("/imports/{id:uuid}/rows", status_code=200)
async def import_more_rows(
    id: FromPath[UUID], data: JSONBody[ImportRows], service: Here, ask: Asking
) -> dict[str, Any]:
    """At most 500 rows of a file. Rows that came before are answered the same."""
    return await importing.import_rows(service, ask, id, data)


@post("/imports/{id:uuid}/finish", status_code=200)
async def finish_import(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """完成导入: every row is accounted for; an atomic file is registered now, all rows or none."""
    return await importing.finish_import(service, ask, id)


@post("/imports/{id:uuid}/drop", status_code=200)
async def drop_import(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """放弃导入."""
    return await importing.drop_import(service, ask, id)


@get("/imports")
async def list_imports(
    service: Here, limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100
) -> list[dict[str, Any]]:
    """导入批次, newest first, each with its sums and how many of its rejections are still open."""
    return await imported.runs(service.pool, limit)


@get("/imports/{id:uuid}")
async def show_import(id: FromPath[UUID], service: Here) -> dict[str, Any]:
    """一个导入批次 with its rejected rows: where each is wrong, never what it says."""
    found = await imported.run(service.pool, id)
    if found is None:
        raise NotFoundException
    return found


DOORS = [open_import, import_rows, import_more_rows, finish_import, drop_import, list_imports, show_import]
