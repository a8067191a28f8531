"""通知: a called department's office, its head, the town hall and the district are told what is due, missed, supervised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.escalation.domain.duty import Duty
from services.escalation.domain.issue import DISTRICT, TOWN_HALL, Issue
from services.escalation.domain.terms import Terms
from services.escalation.domain.wording import called, named
from services.escalation.store import DUTIES, ISSUES
from shared.events.base import Fact, derived
from shared.events.escalation import (
    DutyCalled,
    DutyDeadlineMissed,
    DutyDeadlineNear,
    DutyMadeLead,
    DutyReopened,
    IssueRaisedToDistrict,
    SupervisionLevel,
    SupervisionStarted,
    WhistleApprovalMissed,
)
from shared.events.vocabulary import WhistleKind
from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.mobile import mobile
from shared.plumbing.notices.words import Addressee, Contact, Message, Suppressed, Teller, Told, hour
from shared.plumbing.service import Service
from shared.rules.naming import Named
from shared.rules.township import Town

PHONE = "phone"
"""The vault's field of an office's number; its owner is the office."""
TITLE = 14
"""So much of a title stands in a short message."""


class Desk(StrEnum):
    """岗位 of a unit that can be told: its office on duty (值班室), its head (负责人)."""

    OFFICE = "OFFICE"
    HEAD = "HEAD"


_MATTER = frozenset({"community", "title"})
CALLED, CALLED_BACK, MADE_LEAD = "called", "called_back", "made_lead"
NEAR, MISSED, APPROVAL_MISSED = "near", "missed", "approval_missed"
LEVELS = {
    SupervisionLevel.REMINDER: ("reminder", Desk.OFFICE),
    SupervisionLevel.DEPARTMENT_HEAD: ("department_head", Desk.HEAD),
    SupervisionLevel.TOWN_LEADER: ("town_leader", Desk.HEAD),
    SupervisionLevel.DISTRICT: ("district", Desk.OFFICE),
}
"""Which notice goes to which desk of the addressee."""
OFFERED = {
    CALLED: _MATTER | {"role", "acknowledge", "check_in"},
    CALLED_BACK: _MATTER | {"due"},
    MADE_LEAD: _MATTER,
    NEAR: _MATTER | {"step", "due"},
    MISSED: _MATTER | {"step", "due"},
    APPROVAL_MISSED: _MATTER | {"due"},
    **{template: _MATTER | {"lead", "due"} for template, _ in LEVELS.values()},
}
"""Every notice of escalation, and what its text may say besides the town's name."""


def office_id(unit: str, desk: Desk) -> UUID:
    """Under which id the number of a unit's desk is kept, and its notices are listed."""
    return derived("office", unit, desk)


def offices(town: Town) -> dict[UUID, tuple[str, Desk]]:
    """Every desk of every unit, of the town hall and of the district."""
    units = (TOWN_HALL, DISTRICT, *(unit.code for unit in town.units))
    return {office_id(unit, desk): (unit, desk) for unit in units for desk in Desk}


@dataclass(frozen=True, slots=True)
class Matter:
    """An issue, and the duty in it that is spoken of, if any."""

    issue: Issue
    duty: Duty | None = None


_OF_ISSUES = f"select {', '.join(ISSUES.columns)} from issues where id = any($1::uuid[])"
_OF_DUTIES = f"select {', '.join(DUTIES.columns)} from duties where id = any($1::uuid[])"


def teller(service: Service[Terms]) -> Teller:
    """What escalation knows of telling offices."""
    town = Named(service.town)
    known = offices(service.town)

    async def look(con: Connection, owners: Sequence[UUID]) -> Mapping[UUID, Addressee]:
        duties = {row["id"]: DUTIES.stored(row) for row in await con.fetch(_OF_DUTIES, list(owners))}
        wanted = [*owners, *(duty.issue for duty in duties.values())]
        issues = {row["id"]: ISSUES.stored(row) for row in await con.fetch(_OF_ISSUES, wanted)}
        matters = {id: Matter(issue) for id, issue in issues.items()}
        matters |= {id: Matter(issues[duty.issue], duty) for id, duty in duties.items()}
        return {
            id: Addressee(id, matter, critical=matter.issue.whistle is WhistleKind.EMERGENCY)
            for id, matter in matters.items()
        }

    def say(told: Told, to: Addressee) -> Message | None:
        assert isinstance(to.matter, Matter)
        return message(told.fact, told.name, to.matter, town)

    async def contacts(pool: Pool, owners: Sequence[UUID]) -> Mapping[UUID, Contact]:
        """A head that has no number of its own is told at its office: whoever is supervised is reached."""
        desks = {owner: _desks(*known[owner]) for owner in owners if owner in known}
        kept = await service.vault.read_entries(pool, [(desk, PHONE) for found in desks.values() for desk in found])
        return {
            owner: next(
                (_contact(kept[desk, PHONE]) for desk in desks.get(owner, ()) if (desk, PHONE) in kept), Contact()
            )
            for owner in owners
        }

    facts = (
        DutyCalled,
        DutyReopened,
        DutyMadeLead,
        DutyDeadlineNear,
        DutyDeadlineMissed,
        SupervisionStarted,
        IssueRaisedToDistrict,
        WhistleApprovalMissed,
    )
    return Teller(OFFERED, facts, look, say, contacts)


def message(fact: Fact, name: str, matter: Matter, town: Named) -> Message | None:
    """What is said of a fact, and to which desk; None where nobody is named. `name`: the fact's own."""
    match fact:
        case DutyCalled():
            words = {
                "role": named(fact.role),
                "acknowledge": hour(fact.acknowledge_by),
                "check_in": hour(fact.check_in_by),
            }
            return _message(CALLED, words, name, matter, town, fact.department, Desk.OFFICE)
        case DutyReopened():
            return _message(CALLED_BACK, {"due": hour(fact.due_at)}, name, matter, town, fact.department, Desk.OFFICE)
        case DutyMadeLead():
            return _message(MADE_LEAD, {}, name, matter, town, fact.department, Desk.OFFICE)
        case DutyDeadlineNear() | DutyDeadlineMissed():
            template = NEAR if isinstance(fact, DutyDeadlineNear) else MISSED
            words = {"step": named(fact.step), "due": hour(fact.due_at)}
            return _message(template, words, name, matter, town, fact.department, Desk.OFFICE)
        case SupervisionStarted():
            return _supervised(fact.level, fact.addressee, fact.due_at, name, matter, town)
        case IssueRaisedToDistrict():
            return _supervised(SupervisionLevel.DISTRICT, fact.addressee, fact.due_at, name, matter, town)
        case WhistleApprovalMissed():
            return _message(APPROVAL_MISSED, {"due": hour(fact.due_at)}, name, matter, town, TOWN_HALL, Desk.HEAD)
    return None


def _supervised(
    level: SupervisionLevel, to: str | None, due_at: datetime | None, name: str, matter: Matter, town: Named
) -> Message | None:
    if to is None:
        return None
    template, desk = LEVELS[level]
    words = {"lead": called(matter.issue.lead, town), "due": hour(due_at) if due_at else ""}
    return _message(template, words, name, matter, town, to, desk)


def _message(
    template: str, words: dict[str, str], name: str, matter: Matter, town: Named, unit: str, desk: Desk
) -> Message:
    title = matter.issue.public_title
    about = {
        "community": called(matter.issue.community, town) or town.town,
        "title": title if len(title) <= TITLE else f"{title[: TITLE - 1]}…",
    }
    return Message(template, about | words, name, to=office_id(unit, desk))


def _desks(unit: str, desk: Desk) -> list[UUID]:
    """Where this desk can be reached, its own number first."""
    return [office_id(unit, one) for one in dict.fromkeys((desk, Desk.OFFICE))]


def _contact(phone: str | None) -> Contact:
    return Contact(why=Suppressed.ERASED) if phone is None else Contact(mobile(phone))
