"""分办建议: which department would lead a whistle, by the town's rules. A rule proposes, a person decides."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.events.vocabulary import WhistleKind
from shared.rules import routing
from shared.rules.calendar import Calendar
from shared.rules.routing import Rules, matches
from shared.rules.township import Town

Proposable = Literal[WhistleKind.PUBLIC_DEMAND, WhistleKind.KEY_TASK, WhistleKind.JOINT_ENFORCEMENT]
"""The kinds that a rule may propose: an EMERGENCY calls people before anybody has approved it, and is for people to judge."""


class Rule(routing.Rule):
    """一条吹哨分办规则. `whistle`: the kind that is proposed."""

    whistle: Proposable = WhistleKind.PUBLIC_DEMAND


class WhistleRules(Rules[Rule]):
    """吹哨分办规则, one version of `config/whistles.yaml`."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a rule sees of an issue."""

    community: str | None
    category: str
    place: str | None


class Near(StrEnum):
    """先例范围: the same place, the same community, the whole town; always the same category."""

    PLACE = "PLACE"
    COMMUNITY = "COMMUNITY"
    TOWN = "TOWN"


@dataclass(frozen=True, slots=True)
class Led:
    """先例: of the last whistles of this category nearby, how many a unit led, how many of them were solved, the latest."""

    unit: str
    issues: int
    solved: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Precedents:
    """谁主责过, most often first; `near`: how near they are, None where there are none."""

    near: Near | None = None
    led: Sequence[Led] = ()


NO_PRECEDENTS = Precedents()


@dataclass(frozen=True, slots=True)
class Proposal:
    """分办建议. `rule`: its name, `@`, and the version of the rules; `reasons`: why, in words."""

    lead: str
    support: tuple[str, ...]
    whistle: WhistleKind
    rule: str
    reasons: tuple[str, ...]


def propose(
    matter: Matter,
    when: datetime,
    rules: WhistleRules,
    calendar: Calendar,
    town: Town,
    *,
    precedents: Precedents = NO_PRECEDENTS,
    without: Collection[str] = (),
) -> Proposal | None:
    """分办建议 at this moment: the first rule that holds. `without`: departments that were excused or object; None when
    no other is left.
    """
    for found in matches(matter, when, rules, calendar, town):
        if found.lead not in without:
            support = tuple(unit for unit in found.support if unit not in without)
            reasons = (*_because(found.rule, matter, town), *_before(found.lead, precedents, town))
            return Proposal(found.lead, support, found.rule.whistle, found.name, reasons)
    return None


def _because(rule: Rule, matter: Matter, town: Town) -> Iterable[str]:
    """The conditions that held, and the rule's own note."""
    asked = rule.when
    category, community, place = (
        town.category(matter.category),
        town.community(matter.community),
        town.place(matter.place),
    )
    if asked.categories or asked.groups:
        group = f"{category.group}／{category.name}" if category else matter.category
        yield f"诉求分类为{group}"
    if (asked.communities or asked.kinds) and community:
        yield f"位于{community.name}"
    if asked.places and place:
        yield f"地点为{place.name}"
    if asked.hours or asked.between or asked.weekdays:
        yield "符合规则规定的时间"
    if rule.when == routing.When():
        yield "没有其他规则适用"
    if rule.note:
        yield rule.note


_NEAR = {Near.PLACE: "同一地点", Near.COMMUNITY: "同一社区（村）", Near.TOWN: "全镇"}


def _before(lead: str, precedents: Precedents, town: Town) -> Iterable[str]:
    """What the past says for or against it."""
    if precedents.near is None:
        return
    total = sum(one.issues for one in precedents.led)
    own = sum(one.issues for one in precedents.led if one.unit == lead)
    where = _NEAR[precedents.near]
    yield f"{where}最近{total}件同类吹哨中，{_name(lead, town)}主责{own}件"
    most = precedents.led[0]
    if most.unit != lead and most.issues > own:
        yield f"其中{_name(most.unit, town)}主责最多（{most.issues}件），请核对"


def _name(unit: str, town: Town) -> str:
    found = town.unit(unit)
    return found.name if found else unit


@dataclass(frozen=True, slots=True)
class Tried:
    """试算 of one open issue: what these rules propose, what those in force do, and who leads it by now, if anybody."""

    id: str
    title: str
    now: Proposal | None
    before: Proposal | None
    lead: str | None

    @property
    def changed(self) -> bool:
        """Whether these rules propose another lead than those in force."""
        now, before = (one.lead if one else None for one in (self.now, self.before))
        return now != before

    @property
    def differs(self) -> bool:
        """Whether they do, or somebody else leads it by now."""
        return self.changed or (self.lead is not None and (self.now is None or self.now.lead != self.lead))
