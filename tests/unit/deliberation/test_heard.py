"""What the facts of other services do to a topic."""

from collections.abc import Callable

import pytest

from services.deliberation.domain.heard import (
    departments_done,
    departments_refused,
    effect_failed,
    progressed,
    project_done,
    project_refused,
    propose_from_hotspot,
    propose_from_route,
)
from services.deliberation.domain.topic import evolve
from shared.events.base import derived, ref, ref_id
from shared.events.deliberation import (
    CommonDemand,
    TopicClosed,
    TopicDisclosed,
    TopicFact,
    TopicImplementing,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicProgressed,
    TopicProposed,
    TopicRejected,
    TopicReopened,
)
from shared.events.escalation import IssueWithdrawn, WhistleRejected
from shared.events.intake import ComplaintRouted, HotspotDetected, HotspotRule
from shared.events.projects import EffectVerdict, ProjectCancelled, ProjectEvaluated, ProjectRejected
from shared.events.vocabulary import (
    DisclosureStage,
    FiveQualities,
    ProgressStep,
    ProjectCategory,
    RouteTarget,
    TopicOrigin,
    WhistleKind,
)
from tests.support.spec import given
from tests.unit.deliberation.builders import (
    DAY,
    HOTSPOT,
    IN_MEETING,
    ISSUE,
    NOW,
    PROJECT,
    TOPIC,
    accepted,
    in_deliberation,
    proposed,
    topic_state,
)

DETECTED = HotspotDetected(
    category="PROPERTY_VACANCY",
    community="dahuichang",
    place="dahuichang-estate",
    people=8,
    complaints=12,
    rule=HotspotRule.DISTINCT_PEOPLE,
    since=NOW - 30 * DAY,
)
ROUTE = derived("test", "route")
ROUTED = ComplaintRouted(
    complaint=ref("complaint", derived("test", "complaint")),
    community="zhangguozhuang",
    category="PARKING",
    place=None,
    wanted=RouteTarget.TOPIC,
)
ESCALATED = [
    *in_deliberation(),
    TopicNeedsDepartments(
        meeting=IN_MEETING,
        community="dahuichang",
        category="WASTE",
        place=None,
        public_title="空窗期维修",
        whistle=WhistleKind.PUBLIC_DEMAND,
        lead="district-housing",
        due_at=NOW + 7 * DAY,
    ),
]
POOLED = [
    *in_deliberation(),
    TopicNeedsProject(
        meeting=IN_MEETING,
        community="zhangguozhuang",
        category="PARKING",
        place=None,
        public_title="停车",
        project_category=ProjectCategory.TRAVEL,
        tags=(FiveQualities.SAFETY,),
        common=CommonDemand.MEETING_FINDING,
    ),
]


NAMED = {"hotspot": ref_id(HOTSPOT), "place_name": "大灰厂小区", "category_name": "无物业管理"}


def test_a_hotspot_makes_one_topic_however_often_it_is_detected() -> None:
    said = TopicProposed(
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="大灰厂小区：无物业管理（共性诉求）",
        origin=TopicOrigin.HOTSPOT,
        sources=(HOTSPOT,),
        people=8,
    )
    given(evolve).when(propose_from_hotspot, DETECTED, latest=None, **NAMED).then(said)
    given(evolve, said).when(propose_from_hotspot, DETECTED, latest=None, **NAMED).then_nothing()


@pytest.mark.parametrize(
    ("past", "made"),
    [
        (in_deliberation(HOTSPOT), 0),
        ([proposed(HOTSPOT), TopicRejected(reason="不属于协商范围")], 1),
        ([proposed(HOTSPOT), TopicClosed(result="已解决")], 1),
    ],
)
def test_a_hotspot_gets_a_new_topic_only_when_its_last_has_ended(past: list[TopicFact], made: int) -> None:
    outcome = given(evolve).when(propose_from_hotspot, DETECTED, latest=topic_state(*past), **NAMED)
    assert outcome.facts is not None
    assert len(outcome.facts) == made


def test_a_route_without_a_target_makes_a_topic() -> None:
    given(evolve).when(propose_from_route, ROUTED, route=ROUTE, where="张郭庄村", category_name="停车管理").then(
        TopicProposed(
            community="zhangguozhuang",
            category="PARKING",
            place=None,
            public_title="张郭庄村：停车管理",
            origin=TopicOrigin.ROUTE,
            sources=(ref("route", ROUTE),),
        )
    )


def test_the_title_written_for_the_public_goes_before_ours() -> None:
    routed = ROUTED.model_copy(update={"public_title": "村口停车"})
    (fact,) = propose_from_route(None, routed, route=ROUTE, where="张郭庄村", category_name="停车管理")
    assert isinstance(fact, TopicProposed)
    assert fact.public_title == "村口停车"


@pytest.mark.parametrize(
    "changed",
    [{"target": ref("topic", TOPIC)}, {"wanted": RouteTarget.ISSUE}, {"community": None}],
)
def test_a_route_to_what_exists_or_to_others_or_without_a_community_makes_none(changed: dict[str, object]) -> None:
    routed = ROUTED.model_copy(update=changed)
    given(evolve).when(
        propose_from_route, routed, route=ROUTE, where="张郭庄村", category_name="停车管理"
    ).then_nothing()


def test_a_step_elsewhere_is_recorded_once_per_step_cause_and_stage() -> None:
    said = TopicProgressed(step=ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.POOLED)
    pooled = given(evolve, *POOLED)
    pooled.when(progressed, ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.POOLED).then(said)
    again = given(evolve, *POOLED, said)
    again.when(progressed, ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.POOLED).then_nothing()
    again.when(progressed, ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.STARTED).then(
        said.model_copy(update={"stage": DisclosureStage.STARTED})
    )
    again.when(progressed, ProgressStep.PROJECT_DISCLOSED, cause=ISSUE, stage=DisclosureStage.POOLED).then(
        said.model_copy(update={"cause": ISSUE})
    )


def test_a_step_is_recorded_even_of_a_closed_topic_because_projects_wait_for_it() -> None:
    closed = [*POOLED, TopicImplementing(cause=PROJECT), TopicDisclosed(result="已装"), TopicClosed(result="已装")]
    given(evolve, *closed).when(
        progressed, ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.ACCEPTED
    ).then(TopicProgressed(step=ProgressStep.PROJECT_DISCLOSED, cause=PROJECT, stage=DisclosureStage.ACCEPTED))
    given(evolve).when(progressed, ProgressStep.ISSUE_RESOLVED, cause=ISSUE).then_nothing()


def test_a_closed_issue_or_project_leads_to_implementation() -> None:
    given(evolve, *ESCALATED).when(departments_done, issue=ref_id(ISSUE)).then(TopicImplementing(cause=ISSUE))
    given(evolve, *POOLED).when(project_done, project=ref_id(PROJECT)).then(TopicImplementing(cause=PROJECT))


def test_a_refused_whistle_or_project_reopens_the_topic_with_its_reason() -> None:
    for heard in (WhistleRejected(reason="职责不符"), IssueWithdrawn(reason="职责不符")):
        given(evolve, *ESCALATED).when(departments_refused, heard, issue=ref_id(ISSUE)).then(
            TopicReopened(cause=ISSUE, reason="职责不符")
        )
    for refused in (ProjectRejected(reason="预算不足"), ProjectCancelled(reason="预算不足")):
        given(evolve, *POOLED).when(project_refused, refused, project=ref_id(PROJECT)).then(
            TopicReopened(cause=PROJECT, reason="预算不足")
        )


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ([], departments_done),
        ([proposed()], departments_done),
        (POOLED, departments_done),
        ([*ESCALATED, TopicImplementing(cause=ISSUE)], departments_done),
    ],
)
def test_the_end_of_an_issue_moves_only_a_topic_that_waits_for_it(
    facts: list[TopicFact], rule: Callable[..., list[TopicFact]]
) -> None:
    given(evolve, *facts).when(rule, issue=ref_id(ISSUE)).then_nothing()


@pytest.mark.parametrize("facts", [[], accepted(), ESCALATED])
def test_the_end_of_a_project_moves_only_a_topic_that_waits_for_it(facts: list[TopicFact]) -> None:
    given(evolve, *facts).when(project_done, project=ref_id(PROJECT)).then_nothing()
    refused = ProjectRejected(reason="预算不足")
    given(evolve, *facts).when(project_refused, refused, project=ref_id(PROJECT)).then_nothing()


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_failed_effect_check_reopens_what_was_carried_out(more: int) -> None:
    carried_out = [TopicDisclosed(result="已装"), TopicClosed(result="已装")][:more]
    failed = ProjectEvaluated(verdict=EffectVerdict.NOT_EFFECTIVE, before=8, after=6, failed=True)
    topic = given(evolve, *POOLED, TopicImplementing(cause=PROJECT), *carried_out)
    topic.when(effect_failed, failed, project=ref_id(PROJECT)).then(
        TopicReopened(cause=PROJECT, reason="项目成效评估未达标，议题重新协商")
    )
    passed = failed.model_copy(update={"failed": False})
    topic.when(effect_failed, passed, project=ref_id(PROJECT)).then_nothing()


def test_a_failed_effect_check_does_not_reopen_what_is_open_already() -> None:
    failed = ProjectEvaluated(verdict=EffectVerdict.RECURRED, before=2, after=2, failed=True)
    given(evolve, *accepted()).when(effect_failed, failed, project=ref_id(PROJECT)).then_nothing()
