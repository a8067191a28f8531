"""Doors: what people were told, and who does not want to be told."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.intake.domain.asked import PreferNotices
from services.intake.registering import ORDER, Here
from services.intake.store import COMPLAINTS
from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound
from shared.plumbing.notices.book import prefer
from shared.plumbing.notices.doors import NOTICE_DOORS
from shared.plumbing.service import Asking
from shared.plumbing.vault import Erased

_WHOSE = """
select v.subject, k.subject is not null as known from vault v left join vault_keys k using (subject)
where v.owner = $1 and v.field = $2 for update of v
"""


@post("/complaints/{id:uuid}/notice-preference", status_code=200)
async def set_notice_preference(
    id: FromPath[UUID], data: JSONBody[PreferNotices], service: Here, ask: Asking
) -> dict[str, Any]:
    """通知意愿 of the person who asked: it holds for all their complaints, from now on. Who changed it is kept."""
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(COMPLAINTS.read_sql, id)
        if row is None or not ask.caller.reaches(COMPLAINTS.scope(COMPLAINTS.stored(row))):
            raise NotFound(str(id))
        person = await con.fetchrow(_WHOSE, id, ORDER)
        if person is None or not person["known"]:
            raise Erased(str(id))
        await prefer(con, person["subject"], ask.caller.actor, wanted=data.wanted)
        await audited(con, ask.caller, "notices.wanted" if data.wanted else "notices.refused", f"complaint/{id}", "")
    return {"id": str(id), "wanted": data.wanted}


DOORS = [set_notice_preference, *NOTICE_DOORS]
