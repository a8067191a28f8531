"""派单规则: which unit a complaint is proposed to. A rule proposes, a person decides."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.complaint import Complaint
from shared.events.intake import UNCATEGORISED
from shared.events.vocabulary import ComplaintType, Urgency
from shared.rules import routing
from shared.rules.calendar import Calendar
from shared.rules.routing import Rules, matches
from shared.rules.township import Dated, Town


class When(routing.When):
    """条件 of a complaint: what it is about besides."""

    types: tuple[ComplaintType, ...] = ()


class Rule(routing.Rule):
    """一条派单规则. Without `urgency` the complaint's own proposal stands."""

    when: When = When()
    urgency: Urgency | None = None


class DispatchRules(Rules[Rule]):
    """派单规则, one version of `config/dispatch.yaml`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule sees of a complaint. Of a confidential one: type and community, unless the vault was opened."""

    type: ComplaintType
    community: str | None
    category: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """派单建议. `rule`: its name, `@`, and the version of the rules."""

    lead: str
    support: tuple[str, ...]
    urgency: Urgency | None
    rule: str
    note: str | None


def seen(complaint: Complaint) -> Seen:
    """What the rules may see: what is published of the complaint."""
    return Seen(complaint.type, complaint.community, complaint.category, complaint.place)


def propose(complaint: Seen, when: datetime, rules: DispatchRules, calendar: Calendar, town: Town) -> Proposal:
    """派单建议 at this moment: the first rule that holds."""
    for found in matches(complaint, when, rules, calendar, town):
        rule = found.rule
        if not rule.when.types or complaint.type in rule.when.types:
            return Proposal(found.lead, found.support, rule.urgency, found.name, rule.note)
    raise AssertionError("the last rule always holds")


# ---------------------------------------------------------------------------------------------- tried on the past


@dataclass(frozen=True, slots=True)
class Case:
    """An earlier complaint, as the dispatcher saw it. `lead`: of the first dispatch, `last`: who led it in the end."""

    id: str
    seen: Seen
    moment: datetime
    lead: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """试算 of one case: what would be proposed now, and what by the rules that stand."""

    case: Case
    now: Proposal
    before: Proposal


@dataclass(frozen=True, slots=True)
class Hits:
    """命中: of so many dispatched complaints, how many were proposed to the unit of the first dispatch, and to the
    unit that led them in the end (after returns)."""

    dispatched: int
    first: int
    last: int


def try_out(
    cases: Iterable[Case],
    candidate: DispatchRules,
    standing: Dated[DispatchRules],
    calendar: Calendar,
    town: Town,
) -> Iterator[Tried]:
    """试算: every case by the candidate and by the rules in force at its moment."""
    for case in cases:
        yield Tried(
            case,
            propose(case.seen, case.moment, candidate, calendar, town),
            propose(case.seen, case.moment, standing.on(case.moment), calendar, town),
        )


def hits(pairs: Iterable[tuple[Case, Proposal]]) -> Hits:
    """命中 of these proposals."""
    decided = [(case, proposal) for case, proposal in pairs if case.lead is not None]
    return Hits(
        len(decided),
        sum(case.lead == proposal.lead for case, proposal in decided),
        sum(case.last == proposal.lead for case, proposal in decided),
    )


def hidden(complaint: Complaint, category: str | None, community: str | None, place: str | None) -> Seen:
    """What a rule sees of a confidential complaint whose whereabouts were read in the vault."""
    return Seen(complaint.type, complaint.community or community, category or UNCATEGORISED, place)
