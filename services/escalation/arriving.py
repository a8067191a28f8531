"""报到: who came for a department, and where, lies in the vault, until some time after the department was released."""

from typing import Any
from uuid import UUID

from services.escalation.domain.asked import Arrival
from services.escalation.domain.issue import ENDED
from services.escalation.domain.terms import Terms
from services.escalation.store import DUTIES
from shared.events.base import derived
from shared.plumbing.attachments import doors
from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound
from shared.plumbing.change import Ask
from shared.plumbing.service import Service
from shared.plumbing.vault import Erased, Vault
from shared.plumbing.work import Work

ARRIVAL = "arrival"
"""The vault's field for who came, under the duty's id."""
_OVER = """
select v.owner from vault v join duties d on d.id = v.owner join issues i on i.id = d.issue
where v.field = $1 and i.state = any($2::text[]) and d.released_at < town_now() - $3::interval limit 500
"""


def _key(duty: UUID) -> UUID:
    """Whose key seals it: those who came together are forgotten together, and the duty's files are not."""
    return derived(ARRIVAL, duty)


def keep(service: Service[Terms], work: Work, duty: UUID, arrival: Arrival | None) -> None:
    """Seal who came; written with the work."""
    if arrival is not None:
        service.vault.keep(work, {}, duty, _key(duty), {ARRIVAL: arrival.model_dump_json()})


async def read(service: Service[Terms], ask: Ask, duty: UUID, reason: str) -> dict[str, Any]:
    """Who came; who looks, and why, is kept first. Raises `NotFound` if nobody was named, `Erased` if it was forgotten."""
    await doors.must_reach(service, DUTIES, duty, ask.caller)
    entry = duty, ARRIVAL
    async with service.pool.acquire() as con, con.transaction():
        kept = await service.vault.read_entries(con, [entry])
        if entry not in kept:
            raise NotFound(str(duty))
        await audited(con, ask.caller, "vault.arrival", f"duty/{duty}", reason)
    text = kept[entry]
    if text is None:
        raise Erased(str(duty))
    return Arrival.model_validate_json(text).model_dump(mode="json")


async def tidy(service: Service[Terms]) -> None:
    """Who came is forgotten some time after the release, when the matter has ended."""
    async with service.pool.acquire() as con, con.transaction():
        for row in await con.fetch(_OVER, ARRIVAL, list(ENDED), service.today.arrivals_kept):
            await Vault.forget_person(con, _key(row["owner"]))
