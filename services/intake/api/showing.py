"""Doors: what is shown."""

import json
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from services.intake import views
from services.intake.deciding import SAID, handles
from services.intake.domain.hotspot import HotspotState
from services.intake.domain.visibility import visible
from services.intake.registering import CONTACT, ORDER, WHEREABOUTS, Here
from services.intake.store import COMPLAINTS
from shared.events.base import Why
from shared.plumbing.audit import READ, audited
from shared.plumbing.caller import NotFound
from shared.plumbing.service import Asking
from shared.plumbing.vault import Erased
from shared.rules.broken import refuse
from shared.rules.redaction import unfit_text


@get("/complaints/{id:uuid}/original")
async def read_original(
    id: FromPath[UUID],
    reason: FromQuery[Why],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """原始诉求 with name and contact: who looked, and why, is kept."""
    caller = ask.caller
    refuse(unfit_text(reason, "?reason"))
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(COMPLAINTS.read_sql, id)
        if row is None or not handles(caller, COMPLAINTS.stored(row)):
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


@get("/routes")
async def list_routes(
    service: Here,
    ask: Asking,
    complaint: FromQuery[UUID | None] = None,
    target: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """转办清单 of a complaint, or to a target (`topic/uuid`)."""
    found = await views.routes(service.pool, ask.caller, complaint, target, limit)
    return [visible(ask.caller.role, route) for route in found]


@get("/hotspots")
async def list_hotspots(
    service: Here,
    ask: Asking,
    standing: Annotated[HotspotState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
) -> list[dict[str, Any]]:
    """热点清单."""
    return await views.hotspots(service.pool, ask.caller, standing, community)


DOORS = [
    read_original,
    list_routes,
    list_hotspots,
]
