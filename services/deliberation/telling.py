"""通知上级: whoever stays away without reason again is reported to the superior that was registered for it."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from services.deliberation.domain.absence import Absence
from services.deliberation.domain.asked import Reachable
from services.deliberation.domain.platform import SEATS
from services.deliberation.domain.terms import Terms
from services.deliberation.store import ABSENCE_REPORTS
from shared.events.deliberation import AbsenceReported
from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.notices.words import Addressee, Contact, Message, Suppressed, Teller, Told
from shared.plumbing.service import Service

SUPERIOR = "superior"
"""The vault's field for whom to tell of a party's absences; its owner is the party's stream of absences."""
ABSENCE = "absence"
OFFERED = {ABSENCE: frozenset({"party", "community", "months", "times"})}
"""Every notice of deliberation, and what its text may say besides the town's name."""
_READ = f"select {', '.join(ABSENCE_REPORTS.columns)} from absence_reports where id = any($1::uuid[])"


def teller(service: Service[Terms]) -> Teller:
    """What deliberation knows of telling people."""

    async def look(con: Connection, owners: Sequence[UUID]) -> Mapping[UUID, Addressee]:
        rows = await con.fetch(_READ, list(owners))
        return {row["id"]: Addressee(row["id"], ABSENCE_REPORTS.stored(row)) for row in rows}

    def say(told: Told, to: Addressee) -> Message | None:
        fact, matter = cast(AbsenceReported, told.fact), cast(Absence, to.matter)
        community = service.town.community(matter.community)
        words = {
            "party": _called(service, fact.party),
            "community": community.name if community else matter.community,
            "months": str(service.terms.on(told.occurred_at).unexcused_months),
            "times": str(fact.times),
        }
        return Message(ABSENCE, words, told.name)

    async def contacts(pool: Pool, owners: Sequence[UUID]) -> Mapping[UUID, Contact]:
        kept = await service.vault.read_entries(pool, [(owner, SUPERIOR) for owner in owners])
        return {owner: _contact(kept, owner) for owner in owners}

    return Teller(OFFERED, (AbsenceReported,), look, say, contacts)


def _called(service: Service[Terms], party: str) -> str:
    """What people call a seat or unit."""
    kind, _, name = party.partition("/")
    if kind == "seat":
        return SEATS[int(name)]
    unit = service.town.unit(name) or service.town.community(name)
    return unit.name if unit else name


def _contact(kept: Mapping[tuple[UUID, str], str | None], owner: UUID) -> Contact:
    if (owner, SUPERIOR) not in kept:
        return Contact()
    text = kept[owner, SUPERIOR]
    if text is None:
        return Contact(why=Suppressed.ERASED)
    return Contact(mobile(Reachable.model_validate_json(text).phone))
