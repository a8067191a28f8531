from services.projects.domain import asked
from services.projects.domain.disclosing import disclose, tell, told
from services.projects.domain.project import evolve
from shared.events.projects import ProjectAbsorbed, ProjectsMerged, SourcesNotified, SourceTold
from shared.events.vocabulary import DisclosureStage
from tests.support.spec import given
from tests.unit.projects.builders import (
    HOTSPOT,
    INSPECTION,
    OTHER,
    ROUTE,
    SOURCES,
    SUGGESTION,
    TOPIC,
    TOWN,
    completed,
    disclosed,
    pooled,
    proposed,
    stream,
)

POOLED, STARTED = DisclosureStage.POOLED, DisclosureStage.STARTED
PUBLIC = [*pooled(), disclosed(POOLED)]
BY_TOPIC = SourceTold(source=TOPIC, stage=POOLED, sources=SOURCES)
BY_ROUTE = SourceTold(source=ROUTE, stage=POOLED, sources=SOURCES)
ALL = SourcesNotified(stage=POOLED, sources=SOURCES)


def test_a_stage_is_disclosed_once_and_not_before_it_is_reached() -> None:
    given(evolve, *pooled()).when(disclose, asked.Disclose(stage=POOLED)).then(disclosed(POOLED))
    given(evolve, *PUBLIC).when(disclose, asked.Disclose(stage=POOLED)).then_nothing()
    given(evolve, proposed()).when(disclose, asked.Disclose(stage=POOLED)).then_refused("stage_not_reached")
    given(evolve, *completed()).when(disclose, asked.Disclose(stage=STARTED)).then(disclosed(STARTED))


def test_a_merged_project_is_disclosed_by_its_keeper() -> None:
    merged = ProjectsMerged(into=OTHER, reason="同类项目", sources=SOURCES)
    given(evolve, *pooled(), merged).when(disclose, asked.Disclose(stage=POOLED)).then_refused("wrong_state")


def test_notified_is_said_after_the_last_source_was_told() -> None:
    given(evolve, *PUBLIC).when(told, source=TOPIC, stage=POOLED).then(BY_TOPIC)
    given(evolve, *PUBLIC, BY_TOPIC).when(told, source=ROUTE, stage=POOLED).then(BY_ROUTE, ALL)
    given(evolve, *PUBLIC, BY_ROUTE).when(told, source=TOPIC, stage=POOLED).then(BY_TOPIC, ALL)


def test_a_source_told_again_says_nothing() -> None:
    given(evolve, *PUBLIC, BY_TOPIC).when(told, source=TOPIC, stage=POOLED).then_nothing()
    given(evolve, *PUBLIC, BY_TOPIC, BY_ROUTE, ALL).when(told, source=ROUTE, stage=POOLED).then_nothing()


def test_what_others_record_is_never_refused() -> None:
    given(evolve).when(told, source=TOPIC, stage=POOLED).then_nothing()
    given(evolve, *pooled()).when(told, source=TOPIC, stage=POOLED).then_nothing()
    given(evolve, *PUBLIC).when(told, source=stream("topic", 9), stage=POOLED).then_nothing()


def test_suggestions_and_inspections_are_told_by_the_disclosure_itself() -> None:
    sources = (SUGGESTION, INSPECTION)
    given(evolve, *pooled(sources=sources)).when(disclose, asked.Disclose(stage=POOLED)).then(
        disclosed(POOLED, sources=sources, waits_for=()), SourcesNotified(stage=POOLED, sources=sources)
    )
    mixed = (SUGGESTION, HOTSPOT)
    given(evolve, *pooled(sources=mixed)).when(disclose, asked.Disclose(stage=POOLED)).then(
        disclosed(POOLED, sources=mixed, waits_for=(HOTSPOT,))
    )


def test_sources_that_join_later_do_not_reopen_an_earlier_stage() -> None:
    joined = ProjectAbsorbed(
        project=OTHER,
        community="dahuichang",
        category=None,
        place=None,
        absorbed_sources=(HOTSPOT,),
        sources=(*SOURCES, HOTSPOT),
    )
    after = ALL.model_copy(update={"sources": (*SOURCES, HOTSPOT)})
    given(evolve, *PUBLIC, BY_TOPIC, joined).when(told, source=ROUTE, stage=POOLED).then(
        BY_ROUTE.model_copy(update={"sources": (*SOURCES, HOTSPOT)}), after
    )


def test_a_unit_can_tell_a_source_in_person() -> None:
    wish = asked.TellSource(source=ROUTE, stage=POOLED, by="planning")
    given(evolve, *PUBLIC, BY_TOPIC).when(tell, wish, town=TOWN).then(
        BY_ROUTE.model_copy(update={"by": "planning"}), ALL
    )
    given(evolve, *PUBLIC, BY_ROUTE).when(tell, wish, town=TOWN).then_nothing()
    stranger = asked.TellSource(source=SUGGESTION, stage=POOLED, by="nobody")
    given(evolve, *PUBLIC).when(tell, stranger, town=TOWN).then_refused("not_a_source", "unknown_unit")
    given(evolve, *pooled()).when(tell, wish, town=TOWN).then_refused("not_disclosed")
