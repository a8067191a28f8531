"""提交会议决定: who may decide, and by which majority."""

from datetime import date, datetime
from fractions import Fraction

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from services.deliberation.domain.asked import Counted, DecideAssembly, NoticeAssembly, Promise, PublishDecision
from services.deliberation.domain.assembly import (
    assembly_id,
    call,
    decide,
    evolve,
    give_notice,
    publication_overdue,
    publish_decision,
    watches,
)
from services.deliberation.domain.assembly_law import LAW, AtLeast, More, forums_for, rules_on
from shared.events.base import ref
from shared.events.deliberation import (
    AssemblyCalled,
    AssemblyDecided,
    AssemblyFact,
    AssemblyForum,
    AssemblyInquorate,
    AssemblyMatter,
    AssemblyNoticed,
    AssemblyPublicationOverdue,
    AssemblyPublished,
    CountBase,
    ReferralCause,
    TopicReferredToAssembly,
)
from shared.events.vocabulary import CommunityKind
from shared.rules.deadline import Watch
from tests.support.spec import Outcome, given
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAY,
    IN_MEETING,
    NOW,
    TOPIC,
    TOWN,
    accepted,
    in_deliberation,
    topic_state,
)

HELD_AT = NOW + 15 * DAY
NOTICED = AssemblyNoticed(starts_at=HELD_AT, venue="大灰厂社区议事厅", form="书面征求意见")


def called(
    forum: AssemblyForum = AssemblyForum.OWNERS,
    matter: AssemblyMatter = AssemblyMatter.HIRE_PROPERTY_COMPANY,
    *,
    number: int = 1,
    law: str = "CN-2021",
    legal_check_due: bool = False,
) -> AssemblyCalled:
    return AssemblyCalled(
        topic=ref("topic", TOPIC),
        community="dahuichang",
        public_title="引进物业",
        forum=forum,
        matter=matter,
        authorised=False,
        call=number,
        law=law,
        legal_check_due=legal_check_due,
    )


def referral(forum: AssemblyForum = AssemblyForum.OWNERS) -> TopicReferredToAssembly:
    return TopicReferredToAssembly(
        meeting=IN_MEETING,
        forum=forum,
        matter=AssemblyMatter.HIRE_PROPERTY_COMPANY,
        cause=ReferralCause.LAW,
        authorised=False,
        community="dahuichang",
        public_title="引进物业",
    )


WAITING = topic_state(*in_deliberation(), referral())


def count(base: CountBase, entitled: int, taking_part: int, agreeing: int) -> Counted:
    return Counted(base=base, entitled=entitled, taking_part=taking_part, agreeing=agreeing)


def owners(area: tuple[int, int, int], heads: tuple[int, int, int]) -> tuple[Counted, ...]:
    return count(CountBase.AREA, *area), count(CountBase.OWNERS, *heads)


def decided(facts: list[AssemblyFact], *counts: Counted, held_at: datetime = HELD_AT) -> Outcome:
    return given(evolve, *facts).when(decide, DecideAssembly(held_at=held_at, counts=counts), now=held_at, town=TOWN)


def adopted(outcome: Outcome) -> bool | None:
    """Whether it was adopted; None when nothing was decided."""
    assert outcome.facts is not None, outcome.codes
    (fact,) = outcome.facts
    match fact:
        case AssemblyDecided():
            return fact.adopted
        case AssemblyInquorate():
            return None
    raise AssertionError(fact)


def test_an_assembly_is_called_for_a_topic_that_was_referred_to_it() -> None:
    given(evolve).when(call, topic=TOPIC, referred=WAITING, now=NOW).then(called())
    given(evolve, called()).when(call, topic=TOPIC, referred=WAITING, now=NOW).then_nothing()
    given(evolve).when(call, topic=TOPIC, referred=topic_state(*accepted()), now=NOW).then_refused("wrong_state")
    given(evolve).when(call, topic=TOPIC, referred=None, now=NOW).then_refused("not_found")


def test_every_referral_has_an_assembly_of_its_own() -> None:
    assert assembly_id(TOPIC, 1) != assembly_id(TOPIC, 2)


def test_owners_are_told_fifteen_days_before() -> None:
    asked = NoticeAssembly(starts_at=HELD_AT, venue="大灰厂社区议事厅", form="书面征求意见")
    given(evolve, called()).when(give_notice, asked, now=NOW).then(NOTICED)
    given(evolve, called()).when(give_notice, asked, now=NOW + DAY).then_refused("notice_too_short")
    over = AssemblyInquorate(held_at=HELD_AT, counts=())
    given(evolve, called(), NOTICED, over).when(give_notice, asked, now=NOW).then_refused("wrong_state")
    given(evolve, called()).when(give_notice, asked, now=HELD_AT).then_refused("starts_in_the_past", "notice_too_short")


OWNERS_NOTICED: list[AssemblyFact] = [called(), NOTICED]


def test_owners_adopt_by_more_than_half_of_those_taking_part_of_area_and_heads() -> None:
    decided(OWNERS_NOTICED, *owners((300, 200, 101), (30, 20, 11))).then(
        AssemblyDecided(
            held_at=HELD_AT,
            adopted=True,
            counts=tuple(counted.said() for counted in owners((300, 200, 101), (30, 20, 11))),
            law="CN-2021",
            legal_check_due=False,
            publish_by=HELD_AT + 3 * DAY,
        )
    )


@pytest.mark.parametrize(
    ("area", "heads", "expected"),
    [
        ((300, 200, 100), (30, 20, 20), False),
        ((300, 200, 200), (30, 20, 10), False),
        ((300, 199, 199), (30, 20, 20), None),
        ((300, 200, 200), (30, 19, 19), None),
        ((300, 300, 151), (30, 30, 16), True),
    ],
)
def test_two_thirds_of_area_and_of_owners_take_part_or_nothing_is_decided(
    area: tuple[int, int, int], heads: tuple[int, int, int], expected: bool | None
) -> None:
    assert adopted(decided(OWNERS_NOTICED, *owners(area, heads))) is expected


def test_rebuilding_needs_three_quarters_of_those_taking_part() -> None:
    special: list[AssemblyFact] = [called(matter=AssemblyMatter.REBUILDING), NOTICED]
    assert adopted(decided(special, *owners((400, 400, 299), (40, 40, 40)))) is False
    assert adopted(decided(special, *owners((400, 400, 300), (40, 40, 30)))) is True


def test_an_inquorate_assembly_is_called_again_and_a_decided_one_is_not() -> None:
    inquorate = AssemblyInquorate(held_at=HELD_AT, counts=())
    given(evolve, *OWNERS_NOTICED, inquorate).when(call, topic=TOPIC, referred=WAITING, now=HELD_AT).then(
        called(number=2)
    )
    over = AssemblyDecided(
        held_at=HELD_AT, adopted=False, counts=(), law="CN-2021", legal_check_due=False, publish_by=None
    )
    given(evolve, *OWNERS_NOTICED, over).when(call, topic=TOPIC, referred=WAITING, now=HELD_AT).then_refused(
        "already_decided"
    )


def test_counts_must_be_complete_and_possible() -> None:
    decided(OWNERS_NOTICED, count(CountBase.OWNERS, 30, 20, 11)).then_refused("counts_missing")
    twice = count(CountBase.OWNERS, 30, 31, 11)
    decided(OWNERS_NOTICED, count(CountBase.AREA, 300, 200, 201), twice, twice).then_refused(
        "counted_twice", "counts_inconsistent", "counts_inconsistent", "counts_inconsistent"
    )


def test_nothing_is_decided_before_the_announced_time_or_twice() -> None:
    good = owners((300, 200, 101), (30, 20, 11))
    decided(OWNERS_NOTICED, *good, held_at=HELD_AT - DAY).then_refused("wrong_time")
    decided([called()], *good).then_refused("wrong_state")


def test_promises_of_a_decision_are_due_in_the_future() -> None:
    promise = Promise(owner="产权单位", task="移交", due_at=HELD_AT)
    asked = DecideAssembly(held_at=HELD_AT, counts=owners((300, 200, 101), (30, 20, 11)), promises=(promise,))
    given(evolve, *OWNERS_NOTICED).when(decide, asked, now=HELD_AT, town=TOWN).then_refused("due_in_the_past")


@pytest.mark.parametrize(
    ("forum", "counts", "expected"),
    [
        (AssemblyForum.VILLAGERS, [count(CountBase.ADULTS, 100, 50, 50)], None),
        (AssemblyForum.VILLAGERS, [count(CountBase.ADULTS, 100, 51, 26)], True),
        (AssemblyForum.VILLAGERS, [count(CountBase.ADULTS, 100, 52, 26)], False),
        (AssemblyForum.VILLAGERS, [count(CountBase.HOUSEHOLDS, 30, 20, 11)], True),
        (AssemblyForum.VILLAGERS, [count(CountBase.HOUSEHOLDS, 30, 19, 19)], None),
        (
            AssemblyForum.VILLAGERS,
            [count(CountBase.ADULTS, 100, 10, 10), count(CountBase.HOUSEHOLDS, 30, 20, 11)],
            True,
        ),
        (AssemblyForum.VILLAGER_REPRESENTATIVES, [count(CountBase.REPRESENTATIVES, 30, 20, 11)], True),
        (AssemblyForum.VILLAGER_REPRESENTATIVES, [count(CountBase.REPRESENTATIVES, 30, 19, 19)], None),
        (AssemblyForum.RESIDENTS, [count(CountBase.GROUP_REPRESENTATIVES, 20, 11, 6)], True),
        (AssemblyForum.RESIDENTS, [count(CountBase.ADULTS, 20, 10, 10)], None),
        (AssemblyForum.RESIDENT_REPRESENTATIVES, [count(CountBase.REPRESENTATIVES, 30, 20, 10)], False),
        (
            AssemblyForum.PROPERTY_COMMITTEE,
            [count(CountBase.COMMITTEE_MEMBERS, 7, 4, 4), count(CountBase.COMMITTEE_OWNERS, 4, 3, 0)],
            True,
        ),
        (
            AssemblyForum.PROPERTY_COMMITTEE,
            [count(CountBase.COMMITTEE_MEMBERS, 7, 5, 3), count(CountBase.COMMITTEE_OWNERS, 4, 3, 3)],
            False,
        ),
        (
            AssemblyForum.PROPERTY_COMMITTEE,
            [count(CountBase.COMMITTEE_MEMBERS, 7, 7, 7), count(CountBase.COMMITTEE_OWNERS, 4, 2, 2)],
            None,
        ),
    ],
)
def test_every_forum_decides_by_its_own_law(forum: AssemblyForum, counts: list[Counted], expected: bool | None) -> None:
    facts: list[AssemblyFact] = [called(forum, AssemblyMatter.OTHER), NOTICED]
    assert adopted(decided(facts, *counts)) is expected


def test_every_forum_has_its_rules_and_notice_period() -> None:
    assert {rules.forum for rules in LAW} == set(AssemblyForum)
    notice = {rules.forum: rules.notice_days for rules in LAW if rules.notice_days}
    assert notice == {AssemblyForum.VILLAGERS: 10, AssemblyForum.OWNERS: 15}


@pytest.mark.parametrize(("day", "due"), [(date(2025, 12, 31), False), (date(2026, 1, 1), True)])
def test_the_organic_laws_are_to_be_checked_again_from_2026_on(day: date, due: bool) -> None:
    organic = set(AssemblyForum) - {AssemblyForum.OWNERS, AssemblyForum.PROPERTY_COMMITTEE}
    assert {forum for forum in AssemblyForum if rules_on(forum, day).check_due(day)} == (organic if due else set())


def test_an_assembly_called_in_2026_says_that_the_law_must_be_checked() -> None:
    later = datetime(2026, 1, 1, tzinfo=NOW.tzinfo)
    waiting = topic_state(*in_deliberation(), referral(AssemblyForum.RESIDENTS))
    given(evolve).when(call, topic=TOPIC, referred=waiting, now=later).then(
        called(AssemblyForum.RESIDENTS, law="CN-2018", legal_check_due=True)
    )


@pytest.mark.parametrize("kind", list(CommunityKind))
def test_property_companies_are_hired_and_dismissed_by_the_owners_alone(kind: CommunityKind) -> None:
    for matter in (AssemblyMatter.HIRE_PROPERTY_COMPANY, AssemblyMatter.DISMISS_PROPERTY_COMPANY):
        assert forums_for(matter, kind) == {AssemblyForum.OWNERS}


def test_villages_and_communities_have_assemblies_of_their_own_kind() -> None:
    village = forums_for(AssemblyMatter.OTHER, CommunityKind.VILLAGE)
    community = forums_for(AssemblyMatter.OTHER, CommunityKind.RESIDENTIAL)
    assert village & community == {AssemblyForum.OWNERS, AssemblyForum.PROPERTY_COMMITTEE}
    assert forums_for(AssemblyMatter.COLLECTIVE_INCOME, CommunityKind.RESIDENTIAL) == frozenset()


def test_a_decision_of_the_owners_is_public_within_three_days() -> None:
    over = AssemblyDecided(
        held_at=HELD_AT,
        adopted=True,
        counts=(),
        law="CN-2021",
        legal_check_due=False,
        publish_by=HELD_AT + 3 * DAY,
    )
    facts = [*OWNERS_NOTICED, over]
    due = HELD_AT + 3 * DAY
    state = given(evolve, *facts).state
    assert state is not None
    assert watches(state) == {"publication-overdue": Watch(due)}
    late = AssemblyPublicationOverdue(due_at=due)
    published = AssemblyPublished(text="业主大会同意选聘金鹏顺发物业")
    asked = PublishDecision(text="业主大会同意选聘金鹏顺发物业")
    given(evolve, *facts).when(publication_overdue, due_at=due, version=1, now=due).then(late)
    given(evolve, *facts, late).when(publication_overdue, due_at=due, version=1, now=due).then_nothing()
    given(evolve, *facts).when(publish_decision, asked, now=HELD_AT, calendar=CALENDAR).then(published)
    given(evolve, *facts, published).when(publish_decision, asked, now=HELD_AT, calendar=CALENDAR).then_nothing()
    given(evolve, *facts, published).when(publication_overdue, due_at=due, version=1, now=due).then_nothing()
    given(evolve, *OWNERS_NOTICED).when(publish_decision, asked, now=HELD_AT, calendar=CALENDAR).then_refused(
        "wrong_state"
    )


@any_of(st.integers(0, 10_000), st.integers(1, 10_000))
def test_more_than_half_and_at_least_two_thirds_are_exact(part: int, whole: int) -> None:
    assert More(CountBase.OWNERS, Fraction(1, 2)).met(part, whole) == (2 * part > whole)
    assert AtLeast(CountBase.OWNERS, Fraction(2, 3)).met(part, whole) == (3 * part >= 2 * whole)


def committee(members: tuple[int, int, int], owners: tuple[int, int, int]) -> Outcome:
    facts = [called(AssemblyForum.PROPERTY_COMMITTEE, AssemblyMatter.OTHER, law="BJ-2020"), NOTICED]
    return decided(facts, count(CountBase.COMMITTEE_MEMBERS, *members), count(CountBase.COMMITTEE_OWNERS, *owners))


def test_a_property_committee_is_seven_at_least_an_odd_number_and_half_owners() -> None:
    assert committee((7, 5, 4), (4, 3, 3)).codes == ()
    committee((6, 5, 4), (2, 2, 2)).then_refused("committee_too_small", "committee_even", "committee_owners_short")
    committee((7, 5, 4), (9, 6, 3)).then_refused("counts_inconsistent")


def test_a_committees_decision_is_shown_ten_working_days() -> None:
    outcome = committee((7, 5, 4), (4, 3, 3))
    assert outcome.facts is not None
    facts = [called(AssemblyForum.PROPERTY_COMMITTEE, AssemblyMatter.OTHER, law="BJ-2020"), NOTICED, *outcome.facts]
    published = given(evolve, *facts).when(
        publish_decision, PublishDecision(text="予以公布"), now=HELD_AT, calendar=CALENDAR
    )
    assert published.facts == [AssemblyPublished(text="予以公布", shown_until=CALENDAR.add_working_days(HELD_AT, 10))]


def test_another_day_needs_another_notice() -> None:
    later = NoticeAssembly(starts_at=HELD_AT + 9 * DAY, venue="大灰厂社区议事厅", form="书面征求意见")
    given(evolve, *OWNERS_NOTICED).when(give_notice, later, now=NOW).then(
        AssemblyNoticed(starts_at=HELD_AT + 9 * DAY, venue="大灰厂社区议事厅", form="书面征求意见")
    )
