"""提议召开: who may demand an assembly."""

import pytest

from services.deliberation.domain.asked import DemandAssembly
from services.deliberation.domain.assembly import AssemblyState, call
from services.deliberation.domain.assembly import evolve as evolve_assembly
from services.deliberation.domain.demand import demand
from services.deliberation.domain.topic import TopicState, evolve
from shared.events.deliberation import AssemblyDemanded, AssemblyForum, AssemblyMatter, DemandBase
from tests.support.spec import fold, given
from tests.unit.deliberation.builders import NOW, TOPIC, TOWN, accepted, at, in_deliberation, topic_state

F, B = AssemblyForum, DemandBase


def asked(
    forum: AssemblyForum, base: DemandBase, demanding: int, entitled: int, authorised: bool = False
) -> DemandAssembly:
    return DemandAssembly(
        forum=forum,
        matter=AssemblyMatter.OTHER,
        authorised=authorised,
        base=base,
        demanding=demanding,
        entitled=entitled,
    )


@pytest.mark.parametrize(
    ("community", "forum", "base", "least", "entitled"),
    [
        ("zhangguozhuang", F.VILLAGERS, B.ADULTS, 101, 1001),
        ("zhangguozhuang", F.VILLAGERS, B.REPRESENTATIVES, 11, 31),
        ("zhangguozhuang", F.VILLAGER_REPRESENTATIVES, B.REPRESENTATIVES, 7, 31),
        ("dahuichang", F.RESIDENTS, B.ADULTS, 201, 1001),
        ("dahuichang", F.RESIDENTS, B.HOUSEHOLDS, 20, 100),
        ("dahuichang", F.RESIDENTS, B.GROUPS, 3, 9),
        ("dahuichang", F.RESIDENT_REPRESENTATIVES, B.REPRESENTATIVES, 10, 50),
        ("dahuichang", F.OWNERS, B.OWNERS, 20, 100),
    ],
)
def test_every_forum_is_demanded_by_the_part_that_the_law_names(
    community: str, forum: AssemblyForum, base: DemandBase, least: int, entitled: int
) -> None:
    topic = given(evolve, *accepted(community=community))
    named = {"now": NOW, "town": TOWN}
    enough = topic.when(demand, asked(forum, base, least, entitled, authorised=True), **named)
    assert enough.codes == ()
    short = asked(forum, base, least - 1, entitled, authorised=True)
    topic.when(demand, short, **named).then_refused("demand_too_small")


def test_what_is_demanded_goes_to_the_assembly_without_a_meetings_word() -> None:
    outcome = given(evolve, *accepted()).when(demand, asked(F.OWNERS, B.OWNERS, 25, 100), now=NOW, town=TOWN)
    assert outcome.facts is not None
    (said,) = outcome.facts
    assert isinstance(said, AssemblyDemanded)
    assert (said.law, said.legal_check_due) == ("CN-2021", False)
    waiting = topic_state(*accepted(), said)
    assert (waiting.state, waiting.referrals) == (TopicState.AT_ASSEMBLY, 1)
    called = fold(evolve_assembly, call(None, topic=TOPIC, referred=waiting, now=NOW))
    assert called is not None
    assert (called.state, called.forum) == (AssemblyState.CALLED, F.OWNERS)


def test_a_demand_is_refused_with_all_reasons() -> None:
    wrong = asked(F.VILLAGER_REPRESENTATIVES, B.GROUPS, 9, 3)
    given(evolve, *in_deliberation()).when(demand, wrong, now=NOW, town=TOWN).then_refused(
        "wrong_state", "wrong_forum", "not_authorised", "wrong_base", "counts_inconsistent"
    )
    nobody = asked(F.PROPERTY_COMMITTEE, B.OWNERS, 5, 5)
    given(evolve, *accepted()).when(demand, nobody, now=NOW, town=TOWN).then_refused("wrong_base")
    given(evolve).when(demand, nobody, now=NOW, town=TOWN).then_refused("not_found")


def test_a_demand_of_2026_says_that_the_law_must_be_checked() -> None:
    outcome = given(evolve, *accepted()).when(
        demand, asked(F.RESIDENTS, B.ADULTS, 20, 100), now=at(2026, 1, 1), town=TOWN
    )
    assert outcome.facts is not None
    assert outcome.facts[0].legal_check_due  # type: ignore[attr-defined]
