"""Doors: what concerns a person rather than one complaint. Numbers stand in bodies, never in a URL."""

import json
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.intake.deciding import answer
from services.intake.domain.asked import Complainant, Order, Phone
from services.intake.domain.complaint import Complaint
from services.intake.domain.people import CorrectContact, Corrected, LookUp, corrected
from services.intake.registering import CONTACT, ORDER, Here, IntakeService, contact_of, correction
from services.intake.store import COMPLAINTS
from shared.plumbing.audit import CORRECTED, EXPORTED, LOOKED_UP, NOBODY, audited
from shared.plumbing.caller import NotFound
from shared.plumbing.change import together
from shared.plumbing.database import Conflict, Connection
from shared.plumbing.service import Asking
from shared.plumbing.vault import Erased, drop_unused_keys
from shared.plumbing.work import Held, Work
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.redaction import unfit_text

_FOUND = """
select c.id, bool_or(v.field = 'order') as own, c.state, c.type, c.community, c.category, c.place, c.confidential,
    c.received_at, c.lead, c.due_at, c.ended_at
from vault v join complaints c on c.id = v.owner
where v.subject = $1 and (v.field = 'order' or v.field like 'order/%') group by c.id order by c.received_at desc, c.id
"""
_WHOSE = "select subject from vault where owner = $1 and field = 'order'"


def person_of(service: IntakeService, phone: Phone) -> UUID:
    """Who has this number; raises `RuleBroken` when it has no digit."""
    if contact := contact_of(Complainant(phone=phone)):
        return service.vault.person(contact)
    raise RuleBroken(Reason("no_number", "电话号码没有数字", "/phone"))


@post("/people/lookup", status_code=200)
async def look_up_person(data: JSONBody[LookUp], service: Here, ask: Asking) -> list[dict[str, Any]]:
    """按电话查询: what the caller with this number has asked for, and how it stands. Kept with its reason; so many an hour.

    `own`: false where they only added to somebody else's complaint.
    """
    refuse(unfit_text(data.reason, "/reason"))
    person, limit = person_of(service, data.phone), service.today.privacy.lookups_per_hour
    async with service.pool.acquire() as con, con.transaction():
        rows = await con.fetch(_FOUND, person)
        seen = [f"complaint/{row['id']}" for row in rows] or NOBODY
        await audited(con, ask.caller, LOOKED_UP, seen, data.reason, per_hour=limit)
    return [dict(row) for row in rows]


@post("/people/export", status_code=200)
async def export_person(data: JSONBody[LookUp], service: Here, ask: Asking) -> dict[str, Any]:
    """个人信息副本 [L: 个人信息保护法 art. 45]: everything kept in the person's own words, for handing over to them."""
    refuse(unfit_text(data.reason, "/reason"))
    person, limit = person_of(service, data.phone), service.today.privacy.exports_per_hour
    async with service.pool.acquire() as con, con.transaction():
        rows = await con.fetch(_FOUND, person)
        seen = [f"complaint/{row['id']}" for row in rows] or NOBODY
        await audited(con, ask.caller, EXPORTED, seen, data.reason, per_hour=limit)
        kept = await service.vault.read_person(con, person)
    own: dict[UUID, dict[str, Any]] = {}
    for (owner, field), text in sorted(kept.items(), key=lambda entry: entry[0][1]):
        found = own.setdefault(owner, {"order": None, "contact": None, "added": []})
        if field in (ORDER, CONTACT):
            found[field] = json.loads(text)
        elif field.startswith(f"{ORDER}/"):
            found["added"].append(json.loads(text))
    return {"complaints": [dict(row) | own[row["id"]] for row in rows]}


@post("/complaints/{id:uuid}/contact-correction", status_code=200)
async def correct_contact(
    id: FromPath[UUID], data: JSONBody[CorrectContact], service: Here, ask: Asking
) -> dict[str, Any]:
    """更正联系方式 [L: 个人信息保护法 art. 46]: the order stays as it came, what is right stands beside it.

    With another number the complaint is found by that one from now on, and no more by the old one.
    """
    refuse(unfit_text(data.reason, "/reason"))
    new = person_of(service, data.phone) if data.phone else None
    before: UUID | None = None
    keys: dict[UUID, bytes] = {}

    async def prepare(con: Connection, _: Work) -> None:
        nonlocal before
        keys.clear()
        before = await con.fetchval(_WHOSE, id)
        if before is None:
            raise (
                Erased(str(id))
                if await con.fetchval("select true from complaints where id = $1", id)
                else NotFound(str(id))
            )
        keys.update(await service.vault.unlock(con, [before, new or before]))
        if await con.fetchval(_WHOSE, id) != before:
            raise Conflict(str(id))
        if before not in keys:
            raise Erased(str(id))

    async def write(con: Connection) -> None:
        assert before is not None
        person = new or before
        kept = await service.vault.read_entries(con, [(id, ORDER), (id, CONTACT)])
        if person != before:
            await service.vault.move(con, keys, id, before, person)
        text, order = kept.get((id, CONTACT)), kept.get((id, ORDER))
        known = correction(text) if text else Corrected.of(Order.model_validate_json(order or "").complainant)
        contact = corrected(known, data, service.now())
        await service.vault.put(con, keys[person], id, person, CONTACT, contact.model_dump_json())
        if person != before:
            await drop_unused_keys(con, [before])
        await audited(con, ask.caller, CORRECTED, f"complaint/{id}", data.reason)

    def decide(work: Work, held: Held[Complaint]) -> dict[str, Any]:
        work.besides.append(write)
        return answer(held)

    return await together(service.base, [(COMPLAINTS, id)], ask, decide, prepare)


DOORS = [look_up_person, export_person, correct_contact]
