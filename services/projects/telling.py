"""通知: whoever suggested something and left a mobile number is told how it was answered."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.projects.domain.asked import Suggester
from services.projects.domain.terms import Terms
from services.projects.domain.wording import named
from services.projects.persons import SUGGESTER
from services.projects.store import SUGGESTIONS
from shared.events.projects import SuggestionAnswered
from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.notices.words import Addressee, Contact, Message, Suppressed, Teller, Told
from shared.plumbing.service import Service

ANSWERED = "suggestion_answered"
OFFERED = {ANSWERED: frozenset({"outcome", "answer"})}
"""Every notice of projects, and what its text may say besides the town's name."""
ANSWER = 36
"""So much of an answer stands in a short message."""
_LOOK = f"""
select {", ".join("s." + name for name in SUGGESTIONS.columns)} from suggestions s
where s.id = any($1::uuid[]) and exists (select from vault v where v.owner = s.id and v.field = $2)
"""


def teller(service: Service[Terms]) -> Teller:
    """What projects knows of telling people. Of whom nothing is kept nobody is told, and no notice is made."""

    async def look(con: Connection, owners: Sequence[UUID]) -> Mapping[UUID, Addressee]:
        rows = await con.fetch(_LOOK, list(owners), SUGGESTER)
        return {row["id"]: Addressee(row["id"], SUGGESTIONS.stored(row)) for row in rows}

    def say(told: Told, to: Addressee) -> Message | None:
        return message(told.fact, told.name) if isinstance(told.fact, SuggestionAnswered) else None

    async def contacts(pool: Pool, owners: Sequence[UUID]) -> Mapping[UUID, Contact]:
        kept = await service.vault.read_entries(pool, [(owner, SUGGESTER) for owner in owners])
        return {owner: _contact(kept, owner) for owner in owners}

    return Teller(OFFERED, (SuggestionAnswered,), look, say, contacts)


def message(fact: SuggestionAnswered, name: str) -> Message:
    """建议答复: what was decided, and the beginning of the answer that the office has written."""
    answer = fact.answer if len(fact.answer) <= ANSWER else f"{fact.answer[: ANSWER - 1]}…"
    return Message(ANSWERED, {"outcome": named(fact.outcome), "answer": answer}, name)


def _contact(kept: Mapping[tuple[UUID, str], str | None], owner: UUID) -> Contact:
    if (owner, SUGGESTER) not in kept:
        return Contact()
    text = kept[owner, SUGGESTER]
    return (
        Contact(why=Suppressed.ERASED) if text is None else Contact(mobile(Suggester.model_validate_json(text).phone))
    )
