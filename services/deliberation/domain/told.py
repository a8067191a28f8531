"""从事实到会议情况: what the journal tells of a topic and of its meetings, put together for papers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from services.deliberation.domain import meeting as meetings
from services.deliberation.domain import platform as platforms
from services.deliberation.domain.meeting import Application, Meeting
from services.deliberation.domain.platform import CONVENER, SEATS, Platform
from services.deliberation.domain.wording import Named, named
from shared.events.base import Fact, ref, ref_id, ref_kind
from shared.events.deliberation import (
    ApplicantKind,
    JoinRequested,
    MeetingFact,
    MeetingHeld,
    MemberAppointed,
    MemberKind,
    MinutesCorrected,
    MinutesPublished,
    PlatformFact,
    Position,
)

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as the journal keeps it: its stream (`kind/uuid`), its number there, its position, time and hash."""

    stream: str
    version: int
    position: int
    at: datetime
    fact: Fact
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Sat:
    """一次会议 as it was: its facts, its state, the platform as it stood at its end, and what members are."""

    id: UUID
    told: tuple[Told, ...]
    state: Meeting
    platform: Platform | None
    members: Mapping[UUID, MemberKind]

    def facts(self, *kinds: type[F]) -> list[F]:
        """Its facts of these kinds, in order."""
        return [entry.fact for entry in self.told if isinstance(entry.fact, kinds)]

    def each(self, *kinds: type[Fact]) -> list[Told]:
        """The same with their envelopes."""
        return [entry for entry in self.told if isinstance(entry.fact, kinds)]

    @property
    def held(self) -> MeetingHeld | None:
        """Its end, if it has been held."""
        return next(iter(self.facts(MeetingHeld)), None)

    @property
    def minutes(self) -> list[Told]:
        """All versions of its minutes."""
        return self.each(MinutesPublished, MinutesCorrected)

    def seats(self) -> list[int]:
        """The seats that were filled, or of whom somebody was invited or came."""
        filled = self.platform.filled if self.platform else ()
        known = {f"seat/{seat}" for seat in filled} | {*self.state.invited, *self.state.attendance}
        return [seat for seat in SEATS if f"seat/{seat}" in known]

    def vacant(self) -> list[tuple[int, str]]:
        """The seats that nobody took, with the reason."""
        seats = self.platform.seats if self.platform else {}
        return [(seat, held.vacant_because) for seat, held in sorted(seats.items()) if held.vacant_because]

    def holder(self, seat: int) -> str:
        """The organisation that took a seat."""
        held = self.platform.seats.get(seat) if self.platform else None
        return (held and held.holder) or ""

    def label(self, party: str) -> str | None:
        """How an invited organisation was called."""
        invitation = self.state.invited.get(party)
        return invitation.label if invitation else None

    def of_kind(self, kind: MemberKind, parties: Iterable[str]) -> list[str]:
        """Those of these parties that are members of this kind."""
        return [party for party in parties if ref_kind(party) == "member" and self.members.get(ref_id(party)) is kind]

    def applicants(self) -> list[tuple[ApplicantKind, Counter[Application]]]:
        """How many applied to take part, by kind, and how they were answered."""
        found: dict[ApplicantKind, Counter[Application]] = {}
        for asked in self.facts(JoinRequested):
            found.setdefault(asked.applicant_kind, Counter())[self.state.applicants[asked.applicant]] += 1
        return sorted(found.items())

    def positions(self, topic: UUID) -> dict[str, Position]:
        """Party → its last position on a topic."""
        return {held.party: held.position for held in self.state.positions if held.topic == topic}


def sat(id: UUID, told: Sequence[Told], platform: Sequence[Told]) -> Sat | None:
    """A meeting from its facts and from those of its platform; None, when it has none."""
    own = [entry for entry in told if entry.stream == ref("meeting", id)]
    state: Meeting | None = None
    for entry in own:
        if isinstance(entry.fact, MeetingFact):
            state = meetings.evolve(state, entry.fact)
    if state is None:
        return None
    ends = [entry.position for entry in own if isinstance(entry.fact, MeetingHeld)]
    until = ends[0] if ends else own[-1].position
    stood: Platform | None = None
    members: dict[UUID, MemberKind] = {}
    for entry in platform:
        if isinstance(entry.fact, MemberAppointed):
            members[entry.fact.member] = entry.fact.member_kind
        if isinstance(entry.fact, PlatformFact) and entry.position <= until:
            stood = platforms.evolve(stood, entry.fact)
    return Sat(id, tuple(own), state, stood, members)


def called(party: str, sitting: Sat, town: Named) -> str:
    """参会方 in words. A member is called by kind, a guest only as such: nobody is singled out."""
    kind, _, name = party.partition("/")
    match kind:
        case "seat":
            holder = sitting.holder(int(name))
            return f"{SEATS[int(name)]}（{holder}）" if holder else SEATS[int(name)]
        case "member":
            member = sitting.members.get(UUID(name))
            return f"N方代表（{named(member)}）" if member else "N方代表"
        case "guest":
            return "获准参会人员"
        case "unit":
            return sitting.label(party) or town.unit(name)
        case _:
            return "召集人" if name == CONVENER else "记录人" if name == sitting.state.recorder else f"岗位 {name}"
