"""派单建议: the rules of `config/dispatch.yaml`, applied to what waits, and tried on what was dispatched."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.dispatch_rules import (
    Case,
    DispatchRules,
    Proposal,
    Seen,
    hidden,
    propose,
    seen,
)
from services.intake.registering import WHEREABOUTS, IntakeService
from services.intake.store import COMPLAINTS
from shared.events.intake import ComplaintDispatched, ComplaintReceived
from shared.plumbing.audit import READ, audited
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.database import Connection, Pool
from shared.plumbing.settings import read_yaml
from shared.rules.routing import check_all
from shared.rules.township import Dated

LOOKED = "派单建议"
"""Why the vault was opened, as its audit says: a confidential complaint's category and place decide the unit."""

_PAST = f"""
select c.id, c.lead, c.first_handler, r.data::text as received, d.moment from complaints c
join journal r on r.stream = c.id and r.version = 1
left join lateral (
    select (j.data ->> 'dispatched_at')::timestamptz as moment from journal j
    where j.stream = c.id and j.type = '{ComplaintDispatched.wire_type}' order by j.version limit 1
) d on true
where c.received_at >= $1 and c.received_at < $2 order by c.received_at, c.id
"""
_HITS = f"""
select data ->> 'proposed_by' as rule, count(*) as dispatched, count(*) filter (where (data ->> 'followed')::bool)
as followed from journal where type = '{ComplaintDispatched.wire_type}' and data ->> 'proposed_by' is not null
and (data ->> 'dispatched_at')::timestamptz >= $1 and (data ->> 'dispatched_at')::timestamptz < $2
group by 1 order by 2 desc, 1
"""


@lru_cache(maxsize=16)
def read_rules(path: Path) -> Dated[DispatchRules]:
    """The rules in a file, read once; raises `ValidationError`."""
    return Dated[DispatchRules].model_validate(read_yaml(path))


def rules_of(service: IntakeService) -> Dated[DispatchRules]:
    """All versions of the town's rules."""
    return read_rules(service.settings.config / "dispatch.yaml")


async def begin_proposing(service: IntakeService) -> None:
    """The rules are read, and everything that they name exists; raises `RuleBroken` otherwise."""
    check_all(rules_of(service).versions, service.town)


def proposal(service: IntakeService, looked_at: Seen, moment: datetime) -> Proposal:
    """派单建议 at this moment, by the rules in force then."""
    return propose(looked_at, moment, rules_of(service).on(moment), service.calendar, service.town)


async def proposal_for(service: IntakeService, con: Connection, caller: Person, id: UUID) -> tuple[Complaint, Proposal]:
    """The complaint and its proposal. Of a confidential one category and place are read in the vault, and who did is kept.

    Raises `NotFound`. Needs a transaction.
    """
    row = await con.fetchrow(COMPLAINTS.read_sql, id)
    if row is None or not caller.reaches(COMPLAINTS.scope(COMPLAINTS.stored(row))):
        raise NotFound(str(id))
    complaint = COMPLAINTS.stored(row)
    looked_at = seen(complaint)
    if complaint.confidential and complaint.state is ComplaintState.RECEIVED:
        await audited(con, caller, READ, f"complaint/{id}", LOOKED)
        kept = await service.vault.read_entries(con, [(id, WHEREABOUTS)])
        if text := kept.get((id, WHEREABOUTS)):
            where = json.loads(text)
            looked_at = hidden(complaint, where["category"], where["community"], where["place"])
    return complaint, proposal(service, looked_at, service.now())


async def cases(con: Connection, start: datetime, end: datetime, now: datetime) -> AsyncIterator[Case]:
    """The complaints received from `start` until before `end`, as they came in; one that waits is seen now."""
    async for row in con.cursor(_PAST, start, end, prefetch=1000):
        fact = ComplaintReceived.read(row["received"])
        looked_at = Seen(fact.type, fact.community, fact.category, fact.place)
        yield Case(str(row["id"]), looked_at, row["moment"] or now, row["first_handler"], row["lead"])


async def hits_by_rule(pool: Pool, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """How often each rule was followed, from what was said at each dispatch."""
    return [
        {**row, "rate": round(100 * row["followed"] / row["dispatched"], 2)}
        for row in await pool.fetch(_HITS, start, end)
    ]
