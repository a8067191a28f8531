"""通知: the superior of whoever stays away without reason again, and applicants of how they were answered."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from services.deliberation.applying import APPLICANT, codes
from services.deliberation.domain.absence import Absence
from services.deliberation.domain.asked import Reachable
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.platform import SEATS
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.wording import Named
from services.deliberation.store import ABSENCE_REPORTS, MEETINGS
from shared.events.deliberation import AbsenceReported, JoinAdmitted, JoinDeclined
from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.notices.words import Addressee, Contact, Message, Suppressed, Teller, Told, day
from shared.plumbing.service import Service

SUPERIOR = "superior"
"""The vault's field for whom to tell of a party's absences; its owner is the party's stream of absences."""
ABSENCE, ADMITTED, DECLINED = "absence", "admitted", "declined"
_MEETING = frozenset({"community", "day", "code"})
OFFERED = {
    ABSENCE: frozenset({"party", "community", "months", "times"}),
    ADMITTED: _MEETING,
    DECLINED: _MEETING,
}
"""Every notice of deliberation, and what its text may say besides the town's name."""
_FIELDS = (SUPERIOR, APPLICANT)
"""What the vault keeps of whoever may be told: an absence's owner has the one, an application's the other."""


def teller(service: Service[Terms]) -> Teller:
    """What deliberation knows of telling people."""

    async def look(con: Connection, owners: Sequence[UUID]) -> Mapping[UUID, Addressee]:
        found: dict[UUID, Addressee] = {}
        for kind in (ABSENCE_REPORTS, MEETINGS):
            read = f"select {', '.join(kind.columns)} from {kind.table.name} where id = any($1::uuid[])"
            found |= {row["id"]: Addressee(row["id"], kind.stored(row)) for row in await con.fetch(read, list(owners))}
        return found

    def say(told: Told, to: Addressee) -> Message | None:
        match told.fact:
            case AbsenceReported():
                return absent(told, told.fact, cast(Absence, to.matter))
            case JoinAdmitted():
                return answered(told, ADMITTED, told.fact.applicant, cast(Meeting, to.matter))
            case JoinDeclined():
                return answered(told, DECLINED, told.fact.applicant, cast(Meeting, to.matter))
        return None

    def absent(told: Told, fact: AbsenceReported, matter: Absence) -> Message:
        words = {
            "party": _called(service, fact.party),
            "community": Named(service.town).community(matter.community),
            "months": str(service.terms.on(told.occurred_at).unexcused_months),
            "times": str(fact.times),
        }
        return Message(ABSENCE, words, told.name)

    def answered(told: Told, template: str, applicant: UUID, meeting: Meeting) -> Message:
        words = {
            "community": Named(service.town).community(meeting.community),
            "day": day(meeting.starts_at),
            "code": codes(service).of(applicant),
        }
        return Message(template, words, told.name, to=applicant)

    async def contacts(pool: Pool, owners: Sequence[UUID]) -> Mapping[UUID, Contact]:
        kept = await service.vault.read_entries(pool, [(owner, field) for owner in owners for field in _FIELDS])
        return {owner: _contact(kept, owner) for owner in owners}

    return Teller(OFFERED, (AbsenceReported, JoinAdmitted, JoinDeclined), look, say, contacts)


def _called(service: Service[Terms], party: str) -> str:
    """What people call a seat or unit."""
    kind, _, name = party.partition("/")
    if kind == "seat":
        return SEATS[int(name)]
    unit = service.town.unit(name) or service.town.community(name)
    return unit.name if unit else name


def _contact(kept: Mapping[tuple[UUID, str], str | None], owner: UUID) -> Contact:
    found = [kept[owner, field] for field in _FIELDS if (owner, field) in kept]
    if not found:
        return Contact()
    if (text := found[0]) is None:
        return Contact(why=Suppressed.ERASED)
    return Contact(mobile(Reachable.model_validate_json(text).phone))
