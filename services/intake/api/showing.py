"""Doors: what is shown."""

import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from services.intake import views
from services.intake.deciding import SAID
from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.hotspot import HotspotState
from services.intake.domain.rates import month as month_of
from services.intake.domain.rates import report_day
from services.intake.domain.redaction import unfit_text
from services.intake.registering import CONTACT, ORDER, WHEREABOUTS, Here, number_id
from services.intake.store import COMPLAINTS
from shared.events.vocabulary import Channel
from shared.plumbing.audit import READ, audited
from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.service import Asking
from shared.plumbing.vault import Erased
from shared.rules.broken import refuse


@get("/complaints")
async def list_complaints(
    service: Here,
    ask: Asking,
    standing: Annotated[ComplaintState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    place: FromQuery[str | None] = None,
    lead: FromQuery[str | None] = None,
    channel: FromQuery[Channel | None] = None,
    number: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
) -> list[dict[str, Any]]:
    """诉求清单, newest first. `number` with its `channel` finds the complaint of that order, a confidential one too."""
    exact: dict[str, object] = {"state": standing, "community": community, "category": category, "place": place}
    exact["lead"] = lead
    if number is not None and channel is not None:
        exact["id"] = number_id(service.keys, channel, number)
    else:
        exact |= {"channel": channel, "number": number}
    return await views.complaints(service.pool, ask.caller, exact, limit, offset)


@get("/complaints/{id:uuid}")
async def read_complaint(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """一件诉求 with its routes."""
    found = await views.complaint(service.pool, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


@get("/complaints/{id:uuid}/original")
async def read_original(
    id: FromPath[UUID],
    reason: Annotated[str, QueryParameter(min_length=2, max_length=200)],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """原始诉求 with name and contact: who looked, and why, is kept."""
    caller = ask.caller
    refuse(unfit_text(reason, "/reason"))
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(COMPLAINTS.read_sql, id)
        if row is None or not _holds(caller, COMPLAINTS.stored(row)):
            raise NotFound(str(id))
        await audited(con, caller, READ, f"complaint/{id}", reason)
        kept = {field: json.loads(text) for field, text in (await service.vault.read(con, id)).items()}
        if ORDER not in kept:
            raise Erased(str(id))
    return {
        "id": str(id),
        "order": kept[ORDER],
        "contact": kept.get(CONTACT),
        "added": [kept[field] for field in sorted(kept) if field.startswith(f"{ORDER}/")],
        "whereabouts": kept.get(WHEREABOUTS),
        "said": {field.removeprefix(f"{SAID}/"): kept[field] for field in kept if field.startswith(f"{SAID}/")},
    }


def _holds(caller: Person, complaint: Complaint) -> bool:
    """The request centre and the units that handle it; a village where it merely happened may be whom it is about."""
    handling = {complaint.lead, *complaint.support}
    match caller.reach:
        case Reach.TOWN:
            return True
        case Reach.DEPARTMENT:
            return caller.department in handling
        case Reach.COMMUNITY:
            return not handling.isdisjoint(caller.communities)


@get("/routes")
async def list_routes(
    service: Here,
    ask: Asking,
    complaint: FromQuery[UUID | None] = None,
    target: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """转办清单 of a complaint, or to a target (`topic/uuid`)."""
    return await views.routes(service.pool, ask.caller, complaint, target, limit)


@get("/hotspots")
async def list_hotspots(
    service: Here,
    ask: Asking,
    standing: Annotated[HotspotState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
) -> list[dict[str, Any]]:
    """热点清单."""
    return await views.hotspots(service.pool, ask.caller, standing, community)


@get("/rates")
async def read_rates(
    service: Here,
    ask: Asking,
    month: Annotated[str | None, QueryParameter(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] = None,
    day: FromQuery[date | None] = None,
    community: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
) -> dict[str, Any]:
    """三率 of a month (2024-02: from 19 January to 19 February) or a day (from noon to noon); else of this month."""
    terms = service.today
    if day is not None:
        window = report_day(day, terms=terms)
    elif month is not None:
        window = month_of(date.fromisoformat(f"{month}-01"), terms=terms)
    else:
        window = month_of(service.now().date(), terms=terms)
    return await views.assessment(service.pool, ask.caller, window, terms, community, unit)


DOORS = [
    list_complaints,
    read_complaint,
    read_original,
    list_routes,
    list_hotspots,
    read_rates,
]
