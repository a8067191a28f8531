"""Doors: complaints are searched for, and looked at from all sides."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody
from pydantic import Field

from services.intake import finding, history, views
from services.intake.deciding import handles, leads
from services.intake.domain.asked import Order
from services.intake.domain.masking import masked_name, masked_phone
from services.intake.domain.visibility import hidden_conditions, visible
from services.intake.finding import Match, Sort
from services.intake.registering import ORDER, Here, IntakeService
from services.intake.searching import Filters, SearchText, search
from shared.events.base import WHOLE, Why
from shared.plumbing import cursors, query
from shared.plumbing.audit import READ, audited
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.service import Asking
from shared.plumbing.vault import Erased
from shared.rules.broken import Reason, refuse

LARGEST_PAGE = 200
"""At most so many complaints in one answer."""


class Listed(Filters):
    """查询条件, order and page. `after`: the `next` of the page before."""

    sort: Sort = Sort.RECEIVED
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE] = 100
    after: Annotated[str, Field(max_length=1000)] | None = None

    @property
    def filters(self) -> Filters:
        """The conditions alone."""
        return Filters.model_validate(self.model_dump(include=set(Filters.model_fields)))


class SearchOriginals(Listed):
    """原文检索: the text is looked for in residents' own words too. It is in the body: no address shows it."""

    text: SearchText


def asked(request: Request[Any, Any, Any]) -> Listed:
    """The conditions, order and page in the query."""
    return query.asked(request, Listed)


@get("/complaints", dependencies={"listed": Provide(asked, sync_to_thread=False)}, opt={"query": Listed})
async def list_complaints(service: Here, ask: Asking, listed: NamedDependency[Listed]) -> dict[str, Any]:
    """诉求清单: `items`, and `next` for the page after, or null.

    Conditions (all must hold): state (several), unit (lead or support), lead, due_within (ISO duration or hours),
    overdue, community, category, place, channel, type, urgency, confidential, supervised, hard, listed, repeat,
    received_from, received_until, number, text. `sort`: received (newest first), due, updated; `limit`: at most 200;
    `after`: the `next` of the page before. A page of a text search may be short and still have a next one.
    """
    match = finding.in_public(service, listed.text) if listed.text is not None else None
    return await _answer(service, ask.caller, listed, match, "?")


@post("/complaints/search", status_code=200)
async def search_originals(data: JSONBody[SearchOriginals], service: Here, ask: Asking) -> dict[str, Any]:
    """原文检索: as the list, and in the residents' own words. That somebody searched is kept; for what is not."""
    async with service.pool.acquire() as con:
        await audited(con, ask.caller, "vault.search", "complaint", "原文检索")
    return await _answer(service, ask.caller, data, finding.in_words(service, data.text), "/")


async def _answer(
    service: IntakeService, caller: Person, listed: Listed, match: Match | None, mark: str
) -> dict[str, Any]:
    """A page; the text is matched beside the statement, so that each request looks at a bounded number of rows.

    `mark`: before the name of a condition, it points to the condition in the request.
    """
    hidden = hidden_conditions(caller.role, listed.filters.used)
    refuse(*(Reason("hidden_condition", "无权按此项查询", f"{mark}{name}") for name in hidden))
    filters, sort = listed.filters, listed.sort
    after = (
        cursors.read(service.keys, filters, sort, listed.after, f"{mark}after") if listed.after is not None else None
    )
    found = search(filters.model_copy(update={"text": None}), caller, service)
    rows, last = await finding.page(service.pool, found, sort, after, listed.limit, match)
    items = await finding.shown(service.pool, [row.id for row in rows], service.now())
    return {
        "items": [visible(caller.role, item) for item in items],
        "next": cursors.written(service.keys, filters, sort, last) if last is not None else None,
    }


@get("/complaints/{id:uuid}")
async def read_complaint(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """一件诉求 with its routes."""
    await views.complaint(service.pool, ask.caller, id)
    (found,) = await finding.shown(service.pool, [id], service.now())
    return visible(ask.caller.role, found | {"routes": await views.routes_of(service.pool, id)})


@get("/complaints/{id:uuid}/history")
async def read_history(
    id: FromPath[UUID],
    service: Here,
    ask: Asking,
    state: State,
    reason: FromQuery[Why | None] = None,
) -> dict[str, Any]:
    """全过程: every fact of the complaint and its routes in order, the due dates, the urges, the attachments.

    Texts about a confidential complaint lie in the vault: with a `reason` they are opened for those who may read the
    original, and who looked, and why, is kept.
    """
    caller = ask.caller
    async with service.pool.acquire() as con, con.transaction():
        complaint = await views.complaint(con, caller, id)
        rows = await history.facts(con, id)
        attached = await history.attachments(con, id, service.town)
        kept: dict[str, Any] = {}
        may = caller.role in state.authz["read_original"] and handles(caller, complaint)
        if reason is not None and complaint.confidential and may:
            await audited(con, caller, READ, f"complaint/{id}", reason)
            kept = history.opened(await service.vault.read(con, id))
    found = {
        "id": str(id),
        "facts": history.told(rows, kept, service.town),
        "deadlines": history.deadlines(rows),
        "urges": history.urges(rows),
        "attachments": attached,
    }
    return visible(caller.role, found)


@get("/complaints/{id:uuid}/contact")
async def read_contact(
    id: FromPath[UUID],
    service: Here,
    ask: Asking,
    reason: FromQuery[Why | None] = None,
) -> dict[str, Any]:
    """诉求人姓名和电话, for the request centre and the lead unit: masked; in full with a `reason`, which is kept."""
    async with service.pool.acquire() as con, con.transaction():
        complaint = await views.complaint(con, ask.caller, id)
        if not leads(ask.caller, complaint):
            raise NotFound(str(id))
        if reason is not None:
            await audited(con, ask.caller, "vault.contact", f"complaint/{id}", reason)
        words = (await service.vault.read_entries(con, [(id, ORDER)])).get((id, ORDER))
    if words is None:
        raise Erased(str(id))
    person = Order.model_validate_json(words).complainant
    if reason is not None:
        return {"id": str(id), "name": person.name, "phone": person.phone, "masked": False}
    return {"id": str(id), "name": masked_name(person.name), "phone": masked_phone(person.phone), "masked": True}


DOORS = [list_complaints, search_originals, read_complaint, read_history, read_contact]
