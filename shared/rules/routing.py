"""分办规则: which unit a matter is proposed to, by category, place and time. A rule proposes, a person decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Generic, Protocol, Self, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from shared.events.base import Code, Day, Line, Value
from shared.events.vocabulary import CommunityKind
from shared.rules import township
from shared.rules.broken import Reason, RuleBroken
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI, Town

COMMUNITY = "community"
"""As a lead or support unit: the matter's own community, which is a unit too."""
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
    communities: tuple[Code, ...] = ()
    places: tuple[Code, ...] = ()
    kinds: tuple[CommunityKind, ...] = ()
    hours: tuple[Hours, ...] = ()
    between: Between | None = None
    weekdays: tuple[Weekday, ...] = ()


class Rule(Closed):
    """一条规则. `lead`, `support`: a unit's code, `community`, or `duty/` and a roster; `note`: for whoever decides."""

    name: Name
    when: When = When()
    lead: Code
    support: tuple[Code, ...] = Field(default=(), max_length=10)
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


R = TypeVar("R", bound=Rule)


class Rules(township.Terms, Generic[R]):
    """分办规则, one version: tried in order, the first that holds proposes.

    The last one has no condition and names a unit: there is always a proposal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rosters: tuple[Roster, ...] = Field(default=(), max_length=50)
    rules: tuple[R, ...] = Field(min_length=1, max_length=MOST_RULES)

    @model_validator(mode="after")
    def _can_be_tried(self) -> Self:
        for named in ([rule.name for rule in self.rules], [roster.name for roster in self.rosters]):
            if twice := {name for name in named if named.count(name) > 1}:
                raise ValueError(f"名称重复: {', '.join(sorted(twice))}")
        if not _always(self.rules[-1]):
            raise ValueError("最后一条规则须无条件，并指定承办单位")
        if shadowed := next((rule.name for rule in self.rules[:-1] if _always(rule)), None):
            raise ValueError(f"规则 {shadowed} 没有条件，其后的规则不会生效")
        return self


def _always(rule: Rule) -> bool:
    """Whether nothing can keep this rule from proposing."""
    return rule.when == type(rule.when)() and rule.lead != COMMUNITY


class Where(Protocol):
    """What every rule sees of a matter."""

    @property
    def community(self) -> str | None:
        """社区/村."""

    @property
    def category(self) -> str:
        """诉求分类."""

    @property
    def place(self) -> str | None:
        """地点."""


@dataclass(frozen=True, slots=True)
class Match(Generic[R]):
    """A rule that holds, and whom it proposes. `name`: the rule's, `@`, and the version of the rules."""

    rule: R
    lead: str
    support: tuple[str, ...]
    name: str


def matches(matter: Where, when: datetime, rules: Rules[R], calendar: Calendar, town: Town) -> Iterator[Match[R]]:
    """The rules that hold at this moment, in their order. `community` holds only where the community is known."""
    moment = when.astimezone(SHANGHAI)
    for rule in rules.rules:
        if not _holds(rule.when, matter, moment, calendar, town):
            continue
        lead = _unit(rule.lead, matter, moment, rules, calendar)
        if lead is None:
            continue
        support = (_unit(code, matter, moment, rules, calendar) for code in rule.support)
        others = dict.fromkeys(code for code in support if code is not None and code != lead)
        yield Match(rule, lead, tuple(others), f"{rule.name}@{rules.version}")


def _holds(asked: When, matter: Where, moment: datetime, calendar: Calendar, town: Town) -> bool:
    if asked.communities and matter.community not in asked.communities:
        return False
    if asked.categories and matter.category not in asked.categories:
        return False
    if asked.places and matter.place not in asked.places:
        return False
    if asked.groups:
        category = town.category(matter.category)
        if category is None or category.group not in asked.groups:
            return False
    if asked.kinds:
        community = town.community(matter.community)
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


def _unit(code: str, matter: Where, moment: datetime, rules: Rules[R], calendar: Calendar) -> str | None:
    if code == COMMUNITY:
        return matter.community
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


def check(rules: Rules[R], town: Town, *, pointer: str = "") -> None:
    """Whether everything that the rules name exists; raises `RuleBroken` with every reason.

    `pointer`: where the rules stand in what was asked.
    """
    if reasons := list(_strangers(rules, town, pointer)):
        raise RuleBroken(*reasons)


def check_all(versions: Sequence[Rules[R]], town: Town) -> None:
    """The same for every version of the configuration."""
    reasons = [
        reason for index, rules in enumerate(versions) for reason in _strangers(rules, town, f"/versions/{index}")
    ]
    if reasons:
        raise RuleBroken(*reasons)


def _strangers(rules: Rules[R], town: Town, pointer: str) -> Iterator[Reason]:
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
