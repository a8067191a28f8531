from dataclasses import replace

import pytest

from services.projects.domain import asked
from services.projects.domain.project import Project, evolve
from services.projects.domain.proposing import (
    absorb,
    merge,
    pool,
    propose,
    propose_from_suggestion,
    propose_from_topic,
    reject,
    release,
    unmerge,
)
from services.projects.domain.sources import PROACTIVE
from services.projects.domain.suggestion import evolve as evolve_suggestion
from shared.events.deliberation import CommonDemand, TopicNeedsProject
from shared.events.projects import (
    ProjectAbsorbed,
    ProjectOrigin,
    ProjectPooled,
    ProjectProposed,
    ProjectRejected,
    ProjectReleased,
    ProjectsMerged,
    ProjectsUnmerged,
    SuggestionOrigin,
)
from shared.events.vocabulary import FiveQualities, ProjectCategory
from tests.support.spec import fold, given
from tests.unit.projects import builders
from tests.unit.projects.builders import (
    HOTSPOT,
    INSPECTION,
    NOW,
    OTHER,
    PROJECT,
    PROPOSED_AT,
    ROUTE,
    SOURCES,
    SUGGESTION,
    TOPIC,
    TOWN,
    id_of,
    pooled,
    proposed,
    stream,
)

TAGS = (FiveQualities.SAFETY, FiveQualities.CONVENIENCE)
POOL = asked.PoolProject(finding="共性需求，条件具备")


def wish(**changes: object) -> asked.ProposeProject:
    return asked.ProposeProject(
        community="zhangguozhuang",
        category="parking",
        place="zgz-road",
        public_title="村路两侧设护栏",
        project_category=ProjectCategory.TRAVEL,
        tags=TAGS,
        people=5,
        sources=SOURCES,
    ).model_copy(update=changes)


def test_a_project_is_proposed_with_its_sources_and_tags() -> None:
    given(evolve).when(propose, wish(sources=(*SOURCES, TOPIC)), now=PROPOSED_AT, town=TOWN).then(proposed())


def test_without_source_tag_or_known_codes_nothing_is_proposed() -> None:
    given(evolve).when(
        propose, wish(sources=(), tags=(), community="nowhere"), now=PROPOSED_AT, town=TOWN
    ).then_refused("source_missing", "tag_missing", "unknown_community", "place_elsewhere")


def test_a_suggestion_is_converted_and_not_proposed_by_hand() -> None:
    given(evolve).when(propose, wish(sources=(SUGGESTION,)), now=PROPOSED_AT, town=TOWN).then_refused("source_kind")


def test_a_topic_becomes_a_project_that_knows_the_topics_sources() -> None:
    heard = TopicNeedsProject(
        meeting=stream("meeting"),
        community="zhangguozhuang",
        category="parking",
        place="zgz-road",
        public_title="村路两侧设护栏",
        project_category=ProjectCategory.TRAVEL,
        tags=TAGS,
        common=CommonDemand.MEETING_FINDING,
        people=5,
        sources=(ROUTE,),
    )
    given(evolve).when(propose_from_topic, heard, topic=TOPIC, now=PROPOSED_AT).then(proposed())
    given(evolve, proposed()).when(propose_from_topic, heard, topic=TOPIC, now=NOW).then_nothing()


CONVERT = asked.ConvertSuggestion(project_category="TRAVEL", tags=TAGS, people=5)


def test_a_suggestion_becomes_a_project_that_knows_the_suggestions_sources() -> None:
    collected = fold(evolve_suggestion, builders.IN_REVIEW)
    given(evolve).when(
        propose_from_suggestion, CONVERT, suggestion=SUGGESTION, collected=collected, now=PROPOSED_AT
    ).then(
        proposed(sources=(SUGGESTION, ROUTE), origin=ProjectOrigin.COMPLAINT).model_copy(
            update={"public_title": "村路设护栏"}
        )
    )


@pytest.mark.parametrize(
    ("sources", "origin", "before_anybody_asked"),
    [
        ((ROUTE, TOPIC), ProjectOrigin.DELIBERATION, True),
        ((ROUTE, HOTSPOT), ProjectOrigin.ANALYSIS, True),
        ((INSPECTION,), ProjectOrigin.INSPECTION, True),
        ((ROUTE,), ProjectOrigin.COMPLAINT, False),
    ],
)
def test_what_a_project_started_from_is_said_and_known_of_older_facts_by_their_sources(
    sources: tuple[str, ...], origin: ProjectOrigin, before_anybody_asked: bool
) -> None:
    [said] = propose(None, wish(sources=sources), now=PROPOSED_AT, town=TOWN)
    assert isinstance(said, ProjectProposed)
    assert said.origin is origin
    assert (origin in PROACTIVE) is before_anybody_asked
    older = said.model_copy(update={"origin": None})
    assert evolve(None, older) == evolve(None, said)


@pytest.mark.parametrize(
    ("suggested", "origin"),
    [
        (SuggestionOrigin.ROUTE, ProjectOrigin.COMPLAINT),
        (SuggestionOrigin.RESIDENT, ProjectOrigin.RESIDENT),
        (SuggestionOrigin.INSPECTION, ProjectOrigin.INSPECTION),
        (SuggestionOrigin.REPORT_MEETING, ProjectOrigin.REPORT_MEETING),
    ],
)
def test_a_suggestion_hands_its_origin_on(suggested: SuggestionOrigin, origin: ProjectOrigin) -> None:
    collected = fold(evolve_suggestion, builders.IN_REVIEW)
    assert collected is not None
    [said] = propose_from_suggestion(
        None, CONVERT, suggestion=SUGGESTION, collected=replace(collected, origin=suggested), now=PROPOSED_AT
    )
    assert isinstance(said, ProjectProposed)
    assert said.origin is origin


def test_a_suggestion_that_nobody_has_reviewed_is_no_project() -> None:
    collected = fold(evolve_suggestion, [builders.collected()])
    given(evolve).when(
        propose_from_suggestion, CONVERT, suggestion=SUGGESTION, collected=collected, now=PROPOSED_AT
    ).then_refused("not_reviewed")


def test_a_project_is_put_into_the_pool_once() -> None:
    given(evolve).when(pool, POOL).then_refused("not_found")
    given(evolve, proposed()).when(pool, POOL).then(ProjectPooled(finding=POOL.finding, sources=SOURCES))
    given(evolve, *pooled()).when(pool, POOL).then_nothing()
    given(evolve, *builders.approved()).when(pool, POOL).then_refused("wrong_state")


@pytest.mark.parametrize("facts", [[proposed()], pooled()])
def test_a_project_can_be_rejected_until_it_is_approved(facts: list) -> None:
    no = ProjectRejected(reason="不具备条件", sources=SOURCES)
    given(evolve, *facts).when(reject, asked.Because(reason="不具备条件")).then(no)
    given(evolve, *facts, no).when(reject, asked.Because(reason="又一次")).then_nothing()
    given(evolve, *builders.approved()).when(reject, asked.Because(reason="太迟")).then_refused("wrong_state")


LIKE = pooled(sources=(HOTSPOT, ROUTE))
INTO = asked.MergeProject(into=id_of("project", 2), reason="同类项目")
ABSORBED = ProjectAbsorbed(
    project=PROJECT,
    community="zhangguozhuang",
    category="parking",
    place="zgz-road",
    absorbed_sources=SOURCES,
    sources=(HOTSPOT, ROUTE, TOPIC),
)
MERGED = ProjectsMerged(into=OTHER, reason="同类项目", sources=SOURCES)


def keeper() -> Project | None:
    return fold(evolve, LIKE)


def test_merged_projects_keep_all_sources() -> None:
    given(evolve, *pooled()).when(merge, INTO, project=PROJECT, into=keeper()).then(MERGED)
    given(evolve, *LIKE).when(absorb, project=PROJECT, merged=fold(evolve, pooled())).then(ABSORBED)


def test_merging_again_changes_nothing() -> None:
    given(evolve, *pooled(), MERGED).when(merge, INTO, project=PROJECT, into=keeper()).then_nothing()
    given(evolve, *LIKE, ABSORBED).when(absorb, project=PROJECT, merged=fold(evolve, pooled())).then_nothing()


def test_only_projects_in_the_pool_are_merged() -> None:
    given(evolve, *builders.approved()).when(
        merge, INTO, project=PROJECT, into=fold(evolve, [proposed()])
    ).then_refused("wrong_state", "not_pooled")
    itself = asked.MergeProject(into=id_of("project"), reason="同类项目")
    given(evolve, *pooled()).when(merge, itself, project=PROJECT, into=None).then_refused(
        "same_project", "unknown_project"
    )
    given(evolve, *LIKE, ABSORBED).when(merge, itself, project=OTHER, into=fold(evolve, pooled())).then_refused(
        "has_absorbed"
    )


def test_a_merger_is_undone_before_approval_and_gives_back_only_its_own_sources() -> None:
    second = ProjectAbsorbed(
        project=stream("project", 3),
        community="dahuichang",
        category=None,
        place=None,
        absorbed_sources=(TOPIC, INSPECTION),
        sources=(HOTSPOT, ROUTE, TOPIC, INSPECTION),
    )
    given(evolve, *LIKE, ABSORBED, second).when(release, project=PROJECT).then(
        ProjectReleased(project=PROJECT, sources=(HOTSPOT, ROUTE, TOPIC, INSPECTION))
    )
    given(evolve, *LIKE, ABSORBED, second).when(release, project=stream("project", 3)).then(
        ProjectReleased(project=stream("project", 3), sources=(HOTSPOT, ROUTE, TOPIC))
    )
    given(evolve, *LIKE).when(release, project=PROJECT).then_nothing()
    undo = asked.Because(reason="合并有误")
    back = ProjectsUnmerged(reason="合并有误", sources=SOURCES)
    given(evolve, *pooled(), MERGED).when(unmerge, undo, into=keeper()).then(back)
    given(evolve, *pooled(), MERGED, back).when(unmerge, undo, into=keeper()).then_nothing()
    assert fold(evolve, [*pooled(), MERGED, back]) == fold(evolve, pooled())


def test_a_merger_stands_once_the_keeper_is_decided() -> None:
    decided = fold(evolve, [*LIKE, ProjectRejected(reason="不具备条件")])
    given(evolve, *pooled(), MERGED).when(unmerge, asked.Because(reason="合并有误"), into=decided).then_refused(
        "decided_already"
    )
