"""决定规则: which assembly may decide what, and by which notice, quorum and majority. Law, by forum and date [L]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from shared.events.deliberation import AssemblyForum, AssemblyMatter, Count, CountBase, DemandBase
from shared.events.vocabulary import CommunityKind

HALF, TWO_THIRDS, THREE_QUARTERS = Fraction(1, 2), Fraction(2, 3), Fraction(3, 4)
TENTH, FIFTH, THIRD = Fraction(1, 10), Fraction(1, 5), Fraction(1, 3)
COMMITTEE_MEMBERS = 7
"""物业管理委员会: at least so many, an odd number, half of them owners (北京市物业管理条例 art. 53)."""


@dataclass(frozen=True, slots=True)
class More:
    """More than this share (超过)."""

    base: CountBase
    share: Fraction

    def met(self, part: int, whole: int) -> bool:
        """Whether the part is more than the share of the whole."""
        return whole > 0 and part > whole * self.share


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least this share (以上)."""

    base: CountBase
    share: Fraction

    def met(self, part: int, whole: int) -> bool:
        """Whether the part reaches the share of the whole."""
        return whole > 0 and part >= whole * self.share


Threshold = More | AtLeast


@dataclass(frozen=True, slots=True)
class Way:
    """One way of being quorate, and the majority that goes with it: of those taking part, or of all (`of_all`)."""

    quorum: tuple[Threshold, ...]
    majority: tuple[Threshold, ...]
    of_all: bool = False

    def counted(self, counts: Mapping[CountBase, Count]) -> bool:
        """Whether everything it needs has been counted."""
        return all(threshold.base in counts for threshold in (*self.quorum, *self.majority))

    def quorate(self, counts: Mapping[CountBase, Count]) -> bool:
        """达到法定人数."""
        return all(part.met(counts[part.base].taking_part, counts[part.base].entitled) for part in self.quorum)

    def adopted(self, counts: Mapping[CountBase, Count]) -> bool:
        """达到法定多数."""
        return all(
            part.met(
                counts[part.base].agreeing,
                counts[part.base].entitled if self.of_all else counts[part.base].taking_part,
            )
            for part in self.majority
        )


@dataclass(frozen=True, slots=True)
class ForumRules:
    """The rules of one forum from a date on. `unchecked_from`: since when the law has changed and nobody checked.

    `demand`: which part of whom may demand it; `committee`: whether it is a property management committee, whose
    composition the law fixes.
    """

    law: str
    effective: date
    forum: AssemblyForum
    ways: tuple[Way, ...]
    special_ways: tuple[Way, ...] = ()
    notice_days: int = 0
    publish_days: int | None = None
    shown_working_days: int | None = None
    authorised_only: bool = False
    unchecked_from: date | None = None
    demand: Mapping[DemandBase, Fraction] = field(default_factory=dict)
    committee: bool = False

    def ways_for(self, matter: AssemblyMatter) -> tuple[Way, ...]:
        """The ways that hold for this matter."""
        return self.special_ways if self.special_ways and matter in SPECIAL_MATTERS else self.ways

    def check_due(self, day: date) -> bool:
        """待法律复核: on this day the rule set rests on a law that has changed."""
        return self.unchecked_from is not None and day >= self.unchecked_from


ORGANIC_LAWS_CHANGED = date(2026, 1, 1)
"""The amended 村民委员会组织法 (Order No. 59) and the revised 城市居民委员会组织法 are in force from this day on."""
OWNERS_MATTERS = frozenset(
    {
        AssemblyMatter.HIRE_PROPERTY_COMPANY,
        AssemblyMatter.DISMISS_PROPERTY_COMPANY,
        AssemblyMatter.PROPERTY_SERVICE,
        AssemblyMatter.MANAGEMENT_STATUTE,
        AssemblyMatter.MAINTENANCE_FUND,
        AssemblyMatter.FUND_RAISING,
        AssemblyMatter.REBUILDING,
        AssemblyMatter.COMMON_PARTS,
    }
)
"""What the owners decide together (北京市物业管理条例 art. 34)."""
SPECIAL_MATTERS = frozenset({AssemblyMatter.FUND_RAISING, AssemblyMatter.REBUILDING, AssemblyMatter.COMMON_PARTS})
"""What needs three quarters of those taking part (民法典 art. 278)."""
VILLAGERS_MATTERS = frozenset(
    {
        AssemblyMatter.VILLAGE_SUBSIDIES,
        AssemblyMatter.COLLECTIVE_INCOME,
        AssemblyMatter.PUBLIC_WELFARE_UNDERTAKING,
        AssemblyMatter.LAND_AND_HOMESTEADS,
        AssemblyMatter.COLLECTIVE_PROPERTY,
    }
)
"""What the villagers decide, or their representatives if authorised (村民委员会组织法 2018 art. 24)."""
_VILLAGE = frozenset({AssemblyForum.VILLAGERS, AssemblyForum.VILLAGER_REPRESENTATIVES})
_RESIDENTIAL = frozenset({AssemblyForum.RESIDENTS, AssemblyForum.RESIDENT_REPRESENTATIVES})
_PROPERTY = frozenset({AssemblyForum.OWNERS, AssemblyForum.PROPERTY_COMMITTEE})


def _owners(share: Fraction, threshold: type[More] | type[AtLeast]) -> Way:
    both = (CountBase.AREA, CountBase.OWNERS)
    return Way(
        quorum=tuple(AtLeast(base, TWO_THIRDS) for base in both),
        majority=tuple(threshold(base, share) for base in both),
    )


def _present(quorum: Threshold) -> Way:
    """More than half of those present decide."""
    return Way(quorum=(quorum,), majority=(More(quorum.base, HALF),))


LAW: tuple[ForumRules, ...] = (
    ForumRules(  # 村民委员会组织法 2018 art. 21-22
        law="CN-2018",
        effective=date(2018, 12, 29),
        forum=AssemblyForum.VILLAGERS,
        ways=(_present(More(CountBase.ADULTS, HALF)), _present(AtLeast(CountBase.HOUSEHOLDS, TWO_THIRDS))),
        notice_days=10,
        unchecked_from=ORGANIC_LAWS_CHANGED,
        demand={DemandBase.ADULTS: TENTH, DemandBase.REPRESENTATIVES: THIRD},
    ),
    ForumRules(  # 村民委员会组织法 2018 art. 24-26
        law="CN-2018",
        effective=date(2018, 12, 29),
        forum=AssemblyForum.VILLAGER_REPRESENTATIVES,
        ways=(_present(AtLeast(CountBase.REPRESENTATIVES, TWO_THIRDS)),),
        authorised_only=True,
        unchecked_from=ORGANIC_LAWS_CHANGED,
        demand={DemandBase.REPRESENTATIVES: FIFTH},
    ),
    ForumRules(  # 北京市实施《城市居民委员会组织法》办法 1991 art. 15-16
        law="CN-2018",
        effective=date(2018, 12, 29),
        forum=AssemblyForum.RESIDENTS,
        ways=tuple(
            _present(More(base, HALF))
            for base in (CountBase.ADULTS, CountBase.HOUSEHOLDS, CountBase.GROUP_REPRESENTATIVES)
        ),
        unchecked_from=ORGANIC_LAWS_CHANGED,
        demand={DemandBase.ADULTS: FIFTH, DemandBase.HOUSEHOLDS: FIFTH, DemandBase.GROUPS: THIRD},
    ),
    ForumRules(  # no statute before 2026: the practice of communities
        law="CN-2018",
        effective=date(2018, 12, 29),
        forum=AssemblyForum.RESIDENT_REPRESENTATIVES,
        ways=(_present(AtLeast(CountBase.REPRESENTATIVES, TWO_THIRDS)),),
        unchecked_from=ORGANIC_LAWS_CHANGED,
        demand={DemandBase.REPRESENTATIVES: FIFTH},
    ),
    ForumRules(  # 北京市物业管理条例 art. 34-37, 民法典 art. 278
        law="CN-2021",
        effective=date(2021, 1, 1),
        forum=AssemblyForum.OWNERS,
        ways=(_owners(HALF, More),),
        special_ways=(_owners(THREE_QUARTERS, AtLeast),),
        notice_days=15,
        publish_days=3,
        demand={DemandBase.OWNERS: FIFTH},
    ),
    ForumRules(  # 北京市物业管理条例 art. 52-58
        law="BJ-2020",
        effective=date(2020, 5, 1),
        forum=AssemblyForum.PROPERTY_COMMITTEE,
        ways=(
            Way(
                quorum=(More(CountBase.COMMITTEE_MEMBERS, HALF), More(CountBase.COMMITTEE_OWNERS, HALF)),
                majority=(More(CountBase.COMMITTEE_MEMBERS, HALF),),
                of_all=True,
            ),
        ),
        publish_days=3,
        shown_working_days=10,
        committee=True,
    ),
)
"""All rule sets, oldest first for each forum."""


def rules_on(forum: AssemblyForum, day: date) -> ForumRules:
    """The rules of a forum on a day; before the first, the first."""
    known = [rules for rules in LAW if rules.forum is forum]
    return next((rules for rules in reversed(known) if rules.effective <= day), known[0])


def given_by_law(matter: AssemblyMatter) -> bool:
    """法定事项: the law gives this matter to an assembly."""
    return matter is not AssemblyMatter.OTHER


def forums_for(matter: AssemblyMatter, community: CommunityKind) -> frozenset[AssemblyForum]:
    """Who may decide this matter in a community or village."""
    if matter in OWNERS_MATTERS:
        return frozenset({AssemblyForum.OWNERS})
    if matter in VILLAGERS_MATTERS:
        return _VILLAGE if community is CommunityKind.VILLAGE else frozenset()
    return _PROPERTY | (_VILLAGE if community is CommunityKind.VILLAGE else _RESIDENTIAL)
