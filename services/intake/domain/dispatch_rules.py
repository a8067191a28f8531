"""派单规则: which unit a complaint is proposed to. A rule proposes, a person decides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from services.intake.domain.complaint import Complaint
from shared.events.base import Code, Day, Line, Value
from shared.events.intake import UNCATEGORISED
from shared.events.vocabulary import CommunityKind, ComplaintType, Urgency
from shared.rules import township
from shared.rules.broken import Reason, RuleBroken
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI, Dated, Town

COMMUNITY = "community"
"""As a lead or support unit: the complaint's own community, which is a unit too."""
DUTY = "duty/"
"""As a lead or support unit: whoever is on duty by this roster."""
MOST_RULES = 500

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""The name of a rule or roster: it stands in facts and statistics, and keeps its meaning from version to version."""
Weekday = Annotated[int, Field(ge=1, le=7)]
"""星期: 1 is Monday."""


class Closed(Value):
    """A part of the rules: an unknown field is a mistake, and would be a condition that is not asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Hours(StrEnum):
    """工作时间, 非工作时间, 休息日 (weekends without make-up work, and holidays)."""

    WORKING = "WORKING"
    OFF = "OFF"
    HOLIDAY = "HOLIDAY"


class Between(Closed):
    """时段 of the day, Asia/Shanghai: from `start` until before `end`; past midnight where `end` is not later."""

    start: time
    end: time

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start == self.end:
            raise ValueError("时段的起止不能相同")
        return self

    def holds(self, hour: time) -> bool:
        """Whether this hour of the day lies within."""
        if self.start < self.end:
            return self.start <= hour < self.end
        return hour >= self.start or hour < self.end


class When(Closed):
    """条件: every one that is named must hold; of a list one entry is enough. Residents' words are never asked."""

    categories: tuple[Code, ...] = ()
    groups: tuple[Line, ...] = ()
    types: tuple[ComplaintType, ...] = ()
    communities: tuple[Code, ...] = ()
    places: tuple[Code, ...] = ()
    kinds: tuple[CommunityKind, ...] = ()
    hours: tuple[Hours, ...] = ()
    between: Between | None = None
    weekdays: tuple[Weekday, ...] = ()


class Rule(Closed):
    """一条规则. `lead`, `support`: a unit's code, `community`, or `duty/` and a roster; `note`: for the dispatcher.

    Without `urgency` the complaint's own proposal stands.
    """

    name: Name
    when: When = When()
    lead: Code
    support: tuple[Code, ...] = Field(default=(), max_length=10)
    urgency: Urgency | None = None
    note: Line | None = None


class Shift(Closed):
    """班次: on these days (weekdays or dates; none: every day), in these hours (none: all day), this unit."""

    unit: Code
    weekdays: tuple[Weekday, ...] = ()
    dates: tuple[Day, ...] = ()
    hours: tuple[Hours, ...] = ()
    between: Between | None = None


class Roster(Closed):
    """值班表: the first shift that holds; `otherwise`: when none does."""

    name: Name
    shifts: tuple[Shift, ...] = ()
    otherwise: Code


class DispatchRules(township.Terms):
    """派单规则, one version of `config/dispatch.yaml`: tried in order, the first that holds proposes.

    The last one has no condition and names a unit: there is always a proposal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rosters: tuple[Roster, ...] = Field(default=(), max_length=50)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=MOST_RULES)

    @model_validator(mode="after")
    def _can_be_tried(self) -> Self:
        for named in ([rule.name for rule in self.rules], [roster.name for roster in self.rosters]):
            if twice := {name for name in named if named.count(name) > 1}:
                raise ValueError(f"名称重复: {', '.join(sorted(twice))}")
        last = self.rules[-1]
        if last.when != When() or last.lead == COMMUNITY:
            raise ValueError("最后一条规则须无条件，并指定承办单位")
        if shadowed := next(
            (rule.name for rule in self.rules[:-1] if rule.when == When() and rule.lead != COMMUNITY), None
        ):
            raise ValueError(f"规则 {shadowed} 没有条件，其后的规则不会生效")
        return self


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
    """派单建议 at this moment: the first rule that holds. `community` holds only where the community is known."""
    moment = when.astimezone(SHANGHAI)
    for rule in rules.rules:
        if not _holds(rule.when, complaint, moment, calendar, town):
            continue
        lead = _unit(rule.lead, complaint, moment, rules, calendar)
        if lead is None:
            continue
        support = (_unit(code, complaint, moment, rules, calendar) for code in rule.support)
        others = dict.fromkeys(code for code in support if code is not None and code != lead)
        return Proposal(lead, tuple(others), rule.urgency, f"{rule.name}@{rules.version}", rule.note)
    raise AssertionError("the last rule always holds")


def _holds(asked: When, complaint: Seen, moment: datetime, calendar: Calendar, town: Town) -> bool:
    if asked.types and complaint.type not in asked.types:
        return False
    if asked.communities and complaint.community not in asked.communities:
        return False
    if asked.categories and complaint.category not in asked.categories:
        return False
    if asked.places and complaint.place not in asked.places:
        return False
    if asked.groups:
        category = town.category(complaint.category)
        if category is None or category.group not in asked.groups:
            return False
    if asked.kinds:
        community = town.community(complaint.community)
        if community is None or community.kind not in asked.kinds:
            return False
    return _at(moment, asked.hours, asked.between, calendar) and (
        not asked.weekdays or moment.isoweekday() in asked.weekdays
    )


def _at(moment: datetime, hours: tuple[Hours, ...], between: Between | None, calendar: Calendar) -> bool:
    if between is not None and not between.holds(moment.time()):
        return False
    return not hours or any(_is(moment, one, calendar) for one in hours)


def _is(moment: datetime, hours: Hours, calendar: Calendar) -> bool:
    day = calendar.works(moment.date())
    working = day and calendar.opens <= moment.time() < calendar.closes
    match hours:
        case Hours.WORKING:
            return working
        case Hours.OFF:
            return not working
        case Hours.HOLIDAY:
            return not day


def _unit(code: str, complaint: Seen, moment: datetime, rules: DispatchRules, calendar: Calendar) -> str | None:
    if code == COMMUNITY:
        return complaint.community
    if not code.startswith(DUTY):
        return code
    roster = next(roster for roster in rules.rosters if f"{DUTY}{roster.name}" == code)
    for shift in roster.shifts:
        if (shift.weekdays or shift.dates) and not (
            moment.isoweekday() in shift.weekdays or moment.date() in shift.dates
        ):
            continue
        if _at(moment, shift.hours, shift.between, calendar):
            return shift.unit
    return roster.otherwise


# ---------------------------------------------------------------------------------------------- checked


def check(rules: DispatchRules, town: Town, *, pointer: str = "") -> None:
    """Whether everything that the rules name exists; raises `RuleBroken` with every reason.

    `pointer`: where the rules stand in what was asked.
    """
    if reasons := list(_strangers(rules, town, pointer)):
        raise RuleBroken(*reasons)


def check_all(versions: Dated[DispatchRules], town: Town) -> None:
    """The same for every version of the configuration."""
    reasons = [
        reason
        for index, rules in enumerate(versions.versions)
        for reason in _strangers(rules, town, f"/versions/{index}")
    ]
    if reasons:
        raise RuleBroken(*reasons)


def _strangers(rules: DispatchRules, town: Town, pointer: str) -> Iterator[Reason]:
    rosters = {f"{DUTY}{roster.name}" for roster in rules.rosters}
    groups = {category.group for category in town.categories}
    for at, roster in enumerate(rules.rosters):
        base = f"{pointer}/rosters/{at}"
        for number, shift in enumerate(roster.shifts):
            yield from _unknown_unit([shift.unit], town, frozenset(), f"{base}/shifts/{number}/unit", single=True)
        yield from _unknown_unit([roster.otherwise], town, frozenset(), f"{base}/otherwise", single=True)
    for at, rule in enumerate(rules.rules):
        base = f"{pointer}/rules/{at}"
        special = frozenset({COMMUNITY, *rosters})
        yield from _unknown_unit([rule.lead], town, special, f"{base}/lead", single=True)
        yield from _unknown_unit(rule.support, town, special, f"{base}/support")
        asked = rule.when
        for field, codes, known, words in (
            ("categories", asked.categories, town.category, "没有这个诉求分类"),
            ("communities", asked.communities, town.community, "没有这个社区（村）"),
            ("places", asked.places, town.place, "地名表中没有这个地点"),
        ):
            for number, code in enumerate(codes):
                if known(code) is None:
                    yield Reason(_CODES[field], f"{words}：{code}", f"{base}/when/{field}/{number}")
        for number, group in enumerate(asked.groups):
            if group not in groups:
                yield Reason("unknown_group", f"没有这个诉求大类：{group}", f"{base}/when/groups/{number}")


_CODES = {"categories": "unknown_category", "communities": "unknown_community", "places": "unknown_place"}


def _unknown_unit(
    codes: Sequence[str], town: Town, special: frozenset[str], pointer: str, *, single: bool = False
) -> Iterator[Reason]:
    for number, code in enumerate(codes):
        if code in special or town.unit(code) is not None:
            continue
        where = pointer if single else f"{pointer}/{number}"
        roster = code.startswith(DUTY)
        yield Reason(
            "unknown_roster" if roster else "unknown_unit",
            f"没有这个值班表：{code}" if roster else f"没有这个单位：{code}",
            where,
        )


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
