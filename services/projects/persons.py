"""建议人与责任人: who they are lies in the vault alone, each under a key of its own."""

from typing import Any
from uuid import UUID

from services.projects.domain.asked import PersonInCharge, Suggester
from services.projects.domain.terms import Terms
from services.projects.store import PROJECTS, SUGGESTIONS
from shared.events.base import Asked, Kept, ref
from shared.events.projects import ProjectCancelled, ProjectClosed, SuggestionAnswered
from shared.plumbing.audit import READ, audited
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.service import Service
from shared.plumbing.store import Kind
from shared.plumbing.vault import Vault
from shared.plumbing.work import Held, Work
from shared.rules.broken import refuse
from shared.rules.redaction import Known, unfit

SUGGESTER, IN_CHARGE = "suggester", "in-charge"
"""The vault's fields, under the suggestion's or the project's own id."""
_FIELDS = {SUGGESTIONS: SUGGESTER, PROJECTS: IN_CHARGE}
_ENDS = (SuggestionAnswered.wire_type, ProjectClosed.wire_type, ProjectCancelled.wire_type)
_OVER = """
select v.owner from vault v join journal j on j.stream = v.owner
where v.field = any($1::text[]) and j.type = any($2::text[]) and j.occurred_at < town_now() - $3::interval
group by v.owner limit 500
"""


def keep(service: Service[Terms], work: Work, held: Held[Any], person: Kept | None) -> None:
    """Seal who it is with the work; nothing where nobody is named."""
    if person is not None:
        service.vault.keep(work, {}, held.id, held.id, {_FIELDS[held.kind]: person.model_dump_json()})


def refuse_name(service: Service[Terms], asked: Asked, person: Suggester | PersonInCharge | None) -> None:
    """Refuse public texts in which this person is named, with a pointer for each."""
    known = [Known(person.name, person.phone)] if person else []
    refuse(*unfit(asked, known, service.town.public_numbers))


async def refuse_suggester(service: Service[Terms], id: UUID, asked: Asked) -> None:
    """Refuse public texts in which whoever made this suggestion is named: staff know who it was, the public must not."""
    entry = id, SUGGESTER
    text = (await service.vault.read_entries(service.pool, [entry])).get(entry)
    refuse_name(service, asked, Suggester.model_validate_json(text) if text else None)


async def look(
    service: Service[Terms], kind: Kind[Any], id: UUID, caller: Person, reason: str, shape: type[Kept]
) -> dict[str, Any]:
    """Who it is, in clear, with `null` for what is not kept; who looked, and why, is kept. Raises `NotFound`."""
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(kind.read_sql, id)
        if row is None:
            raise NotFound(ref(kind.name, id))
        caller.must_reach(kind.scope(kind.stored(row)))
        await audited(con, caller, READ, ref(kind.name, id), reason)
        entry = id, _FIELDS[kind]
        text = (await service.vault.read_entries(con, [entry])).get(entry)
    shown = shape.model_validate_json(text).model_dump() if text else dict.fromkeys(shape.model_fields)
    return {"id": str(id)} | shown


async def tidy(service: Service[Terms]) -> None:
    """Who it was is forgotten some time after the answer, or the end of the project."""
    kept = service.today.persons_kept
    async with service.pool.acquire() as con, con.transaction():
        for row in await con.fetch(_OVER, list(_FIELDS.values()), list(_ENDS), kept):
            await Vault.forget_person(con, row["owner"])
