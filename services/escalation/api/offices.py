"""值班联系: the numbers at which departments, the town hall and the district are told, and how far notices came."""

from typing import Annotated, Any

from litestar import get, post
from litestar.params import FromPath, JSONBody
from pydantic import Field

from services.escalation.api.door import Answer, Here
from services.escalation.domain.wording import called
from services.escalation.telling import PHONE, Desk, office_id, offices
from shared.events.base import Asked, Kept, Line
from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound, Reach, Scope
from shared.plumbing.notices.doors import NOTICE_DOORS
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse
from shared.rules.naming import Named

REGISTERED, REMOVED = "vault.office", "office.remove"
"""What the audit calls it."""
_OFFICES = """
select o.id, exists (select from vault v where v.owner = o.id) as registered, n.state as notice, n.reason, n.made_at
from unnest($1::uuid[]) with ordinality o(id, number)
left join lateral (select state, reason, made_at from notices where owner = o.id order by position desc limit 1) n on true
order by o.number
"""


class OfficeContact(Kept):
    """值班手机号 of an office, not of a person."""

    phone: Annotated[Line, Field(max_length=30)]


class RegisterOffice(Asked):
    """登记值班联系. `contact`: None takes the number away."""

    desk: Desk
    contact: OfficeContact | None


@get("/offices")
async def list_offices(service: Here, ask: Asking) -> list[dict[str, Any]]:
    """值班联系: which desks have a number, never which, and what became of the last notice to it."""
    known = offices(service.town)
    reached = [id for id, (unit, _) in known.items() if ask.caller.reaches(Scope(None, (unit,)))]
    town = Named(service.town)
    return [
        {"unit": known[row["id"]][0], "name": called(known[row["id"]][0], town), "desk": known[row["id"]][1], **row}
        for row in await service.pool.fetch(_OFFICES, reached)
    ]


@post("/offices/{unit:str}/contact", status_code=200)
async def register_office(unit: FromPath[str], data: JSONBody[RegisterOffice], service: Here, ask: Asking) -> Answer:
    """登记值班联系 of a unit, of `town` or of `district`: the number lies in the vault, and is used for notices alone."""
    owner = office_id(unit, data.desk)
    if owner not in offices(service.town):
        raise NotFound(unit)
    if ask.caller.reach is not Reach.TOWN:
        ask.caller.must_reach(Scope(None, (unit,)))
    contact = data.contact
    refuse(
        contact is not None
        and mobile(contact.phone) is None
        and Reason("not_a_mobile", "须为能接收短信的手机号", "/contact/phone")
    )
    async with service.pool.acquire() as con, con.transaction():
        if contact is None:
            await service.vault.forget_owner(con, owner)
        else:
            key = await service.vault.own_key(con, owner)
            await service.vault.put(con, key, owner, owner, PHONE, contact.phone)
        await audited(con, ask.caller, REGISTERED if contact else REMOVED, f"office/{owner}", f"{unit} {data.desk}")
    return {"unit": unit, "desk": data.desk, "registered": contact is not None}


ROUTES = [list_offices, register_office, *NOTICE_DOORS]
