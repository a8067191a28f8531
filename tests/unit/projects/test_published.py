"""公开: how a project is said to everybody, and what the facts are called and say."""

from dataclasses import replace
from datetime import date

import pytest

from services.projects.domain.published import NEWS, STEPS, effect, effect_words, note, promise
from services.projects.domain.wording import HEADINGS, SOURCES, named, origins, tagged, words
from shared.events import projects as said
from shared.events.base import Fact, ref_kind
from shared.events.projects import (
    AcceptanceGroup,
    EffectVerdict,
    MilestoneReached,
    PlannedMilestone,
    ProjectAccepted,
    ProjectEvaluated,
    RectificationOrdered,
    SuggestionOutcome,
)
from shared.events.vocabulary import FiveQualities, SevenNeeds
from shared.rules.naming import Named
from tests.unit.projects.builders import (
    GROUP,
    HOTSPOT,
    INSPECTION,
    ROUTE,
    SUGGESTION,
    TOPIC,
    TOWN,
    accepted,
    approved,
    at,
    collected,
    completed,
    due,
    maintained,
    pooled,
    proposed,
    reviewed,
    started,
    state_of,
)

NAMES = Named(TOWN)


def judged(verdict: EffectVerdict, before: int, after: int) -> ProjectEvaluated:
    return ProjectEvaluated(verdict=verdict, before=before, after=after, failed=verdict is EffectVerdict.NOT_EFFECTIVE)


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (
            judged(EffectVerdict.EFFECTIVE, 12, 6),
            "同类诉求明显减少：同一地点的同类诉求，提出前90天12件，验收后90天6件；诉求增减也有其他原因",
        ),
        (
            judged(EffectVerdict.EFFECTIVE, 12, 0),
            "同类诉求明显减少：同一地点的同类诉求，提出前90天12件，验收后90天<5件；诉求增减也有其他原因",
        ),
        (
            judged(EffectVerdict.NOT_EFFECTIVE, 4, 4),
            "同类诉求减少不足，将重新协商：同一地点的同类诉求，提出前90天<5件，验收后90天<5件；诉求增减也有其他原因",
        ),
        (
            judged(EffectVerdict.NOT_RECURRED, 2, 0),
            "提出前90天同一地点的同类诉求很少（<5件），不足以比较增减；验收后90天内没有再次出现",
        ),
        (
            judged(EffectVerdict.RECURRED, 0, 30),
            "提出前90天同一地点的同类诉求很少（<5件），不足以比较增减；验收后90天内再次出现",
        ),
    ],
)
def test_an_effect_says_what_was_counted_and_claims_nothing_of_few(fact: ProjectEvaluated, says: str) -> None:
    assert effect(state_of(accepted()), fact) == says
    assert note(fact, state_of(accepted()), NAMES) == says


def test_an_effect_is_judged_waited_for_or_impossible() -> None:
    assert effect_words(state_of(completed()), None) is None
    assert effect_words(state_of(accepted(effect=False)), None) == "没有对应的诉求分类和地点，不作成效评估"
    assert effect_words(state_of(accepted()), None) == "2024年9月8日评估：比较同一地点同类诉求在项目前后的件数"
    told = effect_words(state_of(accepted()), judged(EffectVerdict.RECURRED, 0, 1))
    assert told is not None
    assert told.endswith("再次出现")


def test_few_residents_are_not_told_by_number() -> None:
    few = ProjectAccepted(accepted_at=at("2024-06-10"), group=GROUP, asked=4, satisfied=4, effect_due_at=None)
    assert note(few, state_of(accepted()), NAMES) == (
        "2024年6月10日9:00验收，居民（村民）<5人参加；征求<5人意见，<5人满意"
    )
    many = few.model_copy(
        update={"asked": 10, "satisfied": 5, "group": AcceptanceGroup(residents=5, unit="planning", supervisor=True)}
    )
    assert note(many, state_of(accepted()), NAMES).endswith("居民（村民）5人参加；征求10人意见，5人满意")
    ordered = RectificationOrdered(
        inspected_at=at("2024-06-10"), reason="松动", group=GROUP, asked=5, satisfied=4, deadline=due("2024-06-25", 2)
    )
    assert note(ordered, state_of(completed()), NAMES) == (
        "松动；2024年6月25日前整改；居民（村民）<5人参加；征求5人意见，<5人满意"
    )


def test_a_milestone_is_called_by_its_name() -> None:
    one = state_of(started(milestones=(PlannedMilestone(public_title="基础施工", due_on=date(2024, 5, 1)),)))
    assert note(MilestoneReached(number=1, reached_on=date(2024, 4, 30)), one, NAMES) == "基础施工，2024年4月30日"


def test_the_date_first_promised_is_kept_beside_the_one_that_stands() -> None:
    assert promise(state_of(pooled())) is None
    kept = promise(state_of(approved()))
    assert kept is not None
    assert (kept.first, kept.now, kept.moved, kept.days_late) == ("2024-06-30", "2024-06-30", False, None)
    late = replace(state_of(completed()), finish_on=date(2024, 8, 31), completed_on=date(2024, 7, 3))
    moved = promise(late)
    assert moved is not None
    assert (moved.first, moved.now, moved.moved, moved.days_late) == ("2024-06-30", "2024-08-31", True, 3)
    early = promise(state_of(completed()))
    assert early is not None
    assert early.days_late == 0


def test_nothing_is_public_that_comes_before_the_pooling_or_is_the_office_s_own() -> None:
    assert said.ProjectProposed not in STEPS
    assert not {said.ProjectScored, said.ProjectDeadlineNear, said.SourceTold, said.SourcesNotified} & {*STEPS}
    assert set(NEWS) < set(STEPS)


def test_every_fact_has_a_heading_of_its_own() -> None:
    own = {fact for fact in Fact.known.values() if fact.said_by == "projects"}
    assert set(HEADINGS) == own
    assert len(set(HEADINGS.values())) == len(HEADINGS)


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        (
            proposed(),
            "村路两侧设护栏；张郭庄村 张郭庄村路；便民出行；安全性、便利性；来源：协商议题、诉求转办；5人提出",
        ),
        (collected(), "诉求转办；2024年5月1日9:00前答复"),
        (reviewed(), "村路设护栏；规划建设与环境保护办公室；张郭庄村 张郭庄村路"),
        (
            maintained(),
            "产权归张郭庄村，张郭庄村管护；日常巡查与维修；村集体自管；村集体经费",
        ),
        (approved()[-1], "规划建设与环境保护办公室实施，预算50,000元；2024年4月8日至2024年6月30日"),
        (completed()[-1], "2024年6月1日，支出48,000元；道路两侧护栏2处"),
        (said.ProjectCarriedOver(from_year=2024, to_year=2025, first_finish_on=date(2024, 6, 30)),
         "结转至2025年，首次承诺2024年6月30日完成"),
        (said.ProjectVoted(held_on=date(2024, 3, 1), in_favour=30, against=2, abstained=1),
         "2024年3月1日，赞成30，反对2，弃权1"),
        (said.ProjectClosed(), ""),
        (said.SuggestionAnswered(answer="已安排", outcome=SuggestionOutcome.REFERRED), "转交其他单位；已安排"),
        (said.PoolBudgetSet(budget_yuan=1_000_000), "1,000,000元"),
    ],
)  # fmt: skip
def test_facts_are_said_in_words(fact: Fact, says: str) -> None:
    assert words(fact, NAMES) == says


def test_sources_and_tags_have_chinese_names() -> None:
    assert origins((TOPIC, ROUTE, TOPIC, HOTSPOT, INSPECTION, SUGGESTION)) == (
        "协商议题、诉求转办、共性诉求（热点）、巡查发现、群众建议"
    )
    assert {ref_kind(source) for source in (TOPIC, ROUTE, HOTSPOT, INSPECTION, SUGGESTION)} <= set(SOURCES)
    assert [tagged(tag.value) for tag in (SevenNeeds.HOUSING, FiveQualities.SAFETY)] == ["住有所居", "安全性"]
    assert all(named(tag) for tag in (*SevenNeeds, *FiveQualities))
