"""同号异文: an order whose number is known with another content waits in quarantine, until the dispatcher has decided."""

import hmac
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.intake.deciding import answer
from services.intake.domain.asked import Urge, WorkOrder
from services.intake.domain.registration import urge
from services.intake.registering import ORDER, Incoming, IntakeService, incoming
from services.intake.store import COMPLAINTS
from shared.events.base import Asked, Line
from shared.events.intake import UrgeKind
from shared.plumbing.change import Ask, together
from shared.plumbing.database import Connection
from shared.plumbing.quarantine import NotOpen
from shared.plumbing.work import Work

CODE = "conflicting_content"
"""The code under which these entries wait."""
MOST = 200


class Decision(StrEnum):
    """处理: what it says is added to the known complaint, or it is given up."""

    SUPPLEMENT = "SUPPLEMENT"
    DISCARD = "DISCARD"


class Settle(Asked):
    """处理同号异文, and why so."""

    decision: Decision
    reason: Line


@dataclass(frozen=True, slots=True)
class Conflict:
    """One that waits. `complaint`: what is known under its number; `field`: where the vault has what came first."""

    item: Incoming
    complaint: UUID
    field: str
    order: UUID


async def waiting(service: IntakeService) -> list[dict[str, Any]]:
    """Those that nobody has decided, newest first, each with the complaint it is about; never what it says."""
    rows = await service.pool.fetch(
        "select id, since, attempts from quarantine where reader = $1 and state = 'OPEN' and code = $2 "
        "order by id desc limit $3",
        service.quarantine.reader,
        CODE,
        MOST,
    )
    found = []
    async with service.pool.acquire() as con, con.transaction():
        for row in rows:
            conflict = await _open(service, con, row["id"])
            found.append({**row, "complaint": str(conflict.complaint)})
    return found


async def both(service: IntakeService, con: Connection, id: int) -> dict[str, Any]:
    """What came first, and what came then; raises `NotOpen`, `Erased`."""
    conflict = await _open(service, con, id)
    kept = await service.vault.read(con, conflict.complaint)
    return {
        "id": id,
        "complaint": str(conflict.complaint),
        "known": json.loads(kept[conflict.field]),
        "order": conflict.item.order.model_dump(mode="json"),
    }


async def settle(service: IntakeService, ask: Ask, id: int, asked: Settle) -> dict[str, Any]:
    """Decide one, once. A supplement is kept in the vault beside what came first; raises `NotOpen`, `RuleBroken`."""
    opened: list[tuple[Conflict, dict[UUID, bytes]]] = []

    async def prepare(con: Connection, work: Work) -> None:
        conflict = await _open(service, con, id)
        opened[:] = [(conflict, await service.vault.unlock(con, [conflict.item.person]))]
        await work.load(con, [(COMPLAINTS, conflict.complaint)])

    def decide(work: Work) -> dict[str, Any]:
        ((conflict, keys),) = opened
        known = work.born(COMPLAINTS, conflict.complaint)
        if asked.decision is Decision.SUPPLEMENT:
            adding = Urge(order=conflict.order, urge=UrgeKind.SUPPLEMENT, urged_at=work.now)
            if known.change(urge, adding, terms=service.terms.on(work.now)):
                kept = {f"{ORDER}/{conflict.order}": conflict.item.order.model_dump_json()}
                service.vault.keep(work, keys, known.id, conflict.item.person, kept)
        state = "REPLAYED" if asked.decision is Decision.SUPPLEMENT else "DISCARDED"
        work.besides.append(lambda con: service.quarantine.decide(con, id, state, ask.caller.actor, asked.reason))
        return answer(known) | {"decision": asked.decision}

    return await together(service.base, [], ask, decide, prepare)


_URGED = "select owner from vault where subject = $1 and field = $2"


async def _open(service: IntakeService, con: Connection, id: int) -> Conflict:
    """An entry that waits, locked."""
    record = await service.quarantine.take(con, id)
    if await con.fetchval("select code from quarantine where id = $1", id) != CODE:
        raise NotOpen(str(id))
    item = incoming(service, WorkOrder.model_validate_json(record.body))
    order = UUID(bytes=hmac.digest(service.keys.lookup, f"conflict\n{record.record}".encode(), "sha256")[:16])
    urged = await con.fetchval(_URGED, item.person, f"{ORDER}/{item.id}")
    if urged is not None:
        return Conflict(item, urged, f"{ORDER}/{item.id}", order)
    return Conflict(item, item.id, ORDER, order)
