from datetime import timedelta

import pytest

from services.projects.domain import asked
from services.projects.domain.accepting import accept, assign_maintainer, close, order_rectification
from services.projects.domain.disclosing import disclose
from services.projects.domain.project import evolve, watches
from shared.events.projects import ProjectAccepted, ProjectClosed, RectificationOrdered, SourcesNotified
from shared.events.vocabulary import DisclosureStage
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.projects.builders import (
    CALENDAR,
    GROUP,
    SOURCES,
    TERMS,
    TOWN,
    accepted,
    at,
    completed,
    disclosed,
    due,
    inspection,
    maintained,
    proposed,
    started,
)

JUNE = at("2024-06-12")
ACCEPTED = DisclosureStage.ACCEPTED


def test_residents_unit_and_supervision_committee_accept() -> None:
    given(evolve, *completed()).when(accept, inspection(), now=JUNE, terms=TERMS).then(accepted()[-1])
    given(evolve, *accepted()).when(accept, inspection(), now=JUNE, terms=TERMS).then_nothing()
    given(evolve, *started()).when(accept, inspection(), now=JUNE, terms=TERMS).then_refused("wrong_state")


def test_an_incomplete_group_or_one_with_the_builder_accepts_nothing() -> None:
    bad = inspection(residents=2, unit="zhangguozhuang", supervisor=False, builder=True, asked_people=0, satisfied=0)
    given(evolve, *completed()).when(accept, bad, now=JUNE, terms=TERMS).then_refused(
        "residents_missing", "unit_missing", "supervisor_missing", "builder_present", "nobody_asked"
    )


@pytest.mark.parametrize(("satisfied", "enough"), [(8, True), (7, False)])
def test_four_of_five_must_be_satisfied(satisfied: int, enough: bool) -> None:
    outcome = given(evolve, *completed()).when(accept, inspection(satisfied=satisfied), now=JUNE, terms=TERMS)
    if enough:
        outcome.then(accepted()[-1].model_copy(update={"satisfied": satisfied}))
    else:
        outcome.then_refused("satisfaction_low")


def test_an_inspection_lies_between_completion_and_now() -> None:
    given(evolve, *completed()).when(accept, inspection(held=at("2024-06-13")), now=JUNE, terms=TERMS).then_refused(
        "in_future"
    )
    given(evolve, *completed()).when(
        accept, inspection(held=at("2024-05-31"), satisfied=11), now=JUNE, terms=TERMS
    ).then_refused("before_completion", "more_than_asked")


def test_without_category_and_place_no_effect_is_checked() -> None:
    facts = [proposed(place=None), *completed()[1:]]
    expected = accepted()[-1].model_copy(update={"effect_due_at": None})
    given(evolve, *facts).when(accept, inspection(), now=JUNE, terms=TERMS).then(expected)
    state = fold(evolve, [*facts, expected])
    assert state is not None
    assert watches(state) == {}


def ordered() -> RectificationOrdered:
    return RectificationOrdered(
        inspected_at=at("2024-06-10"),
        reason="护栏松动",
        group=GROUP,
        asked=10,
        satisfied=5,
        deadline=due("2024-06-27", 2),
        sources=SOURCES,
    )


def test_a_rectification_goes_back_to_work_with_a_deadline_of_its_own() -> None:
    wish = asked.Rectify(**inspection(satisfied=5).model_dump(), reason="护栏松动")
    given(evolve, *completed()).when(order_rectification, wish, now=JUNE, terms=TERMS, calendar=CALENDAR).then(
        ordered()
    )
    state = fold(evolve, [*completed(), ordered()])
    assert state is not None
    assert watches(state) == {
        "near": Watch(at("2024-06-14", 0), 2),
        "finish": Watch(at("2024-06-28", 0), 2),
        "year_end": Watch(at("2025-01-01", 0), 2024),
    }
    assert DisclosureStage.COMPLETED not in state.reached


def test_a_rectification_after_the_turn_of_the_year_is_no_carry_over_of_the_old_one() -> None:
    late = ordered().model_copy(update={"inspected_at": at("2025-01-10"), "deadline": due("2025-01-25", 2)})
    state = fold(evolve, [*completed(), late])
    assert state is not None
    assert watches(state)["year_end"] == Watch(at("2026-01-01", 0), 2025)
    assert state.carried_over == 0


WISH = asked.AssignMaintainer(
    owner="zhangguozhuang",
    maintainer="zhangguozhuang",
    duties="日常巡查与维修",
    manner="村集体自管",
    funding="村集体经费",
)


def test_a_maintainer_is_named_with_duties_manner_and_funding() -> None:
    given(evolve, *accepted()).when(assign_maintainer, WISH, town=TOWN).then(maintained())
    given(evolve, *accepted(), maintained()).when(assign_maintainer, WISH, town=TOWN).then_nothing()
    stranger = WISH.model_copy(update={"owner": "nobody", "maintainer": "nobody"})
    given(evolve, *started()).when(assign_maintainer, stranger, town=TOWN).then_refused(
        "wrong_state", "unknown_unit", "unknown_unit"
    )


def test_a_project_is_closed_when_maintained_and_everybody_has_been_told() -> None:
    told = [maintained(), disclosed(ACCEPTED), SourcesNotified(stage=ACCEPTED, sources=SOURCES)]
    end = ProjectClosed(sources=SOURCES)
    given(evolve, *accepted(), *told).when(close).then(end)
    given(evolve, *accepted(), *told, end).when(close).then_nothing()
    given(evolve, *accepted()).when(close).then_refused("maintainer_missing", "not_disclosed")
    given(evolve, *accepted(), disclosed(ACCEPTED)).when(close).then_refused("maintainer_missing", "sources_not_told")
    given(evolve, *completed()).when(close).then_refused("wrong_state", "maintainer_missing", "not_disclosed")


def test_a_project_that_comes_from_an_inspection_alone_is_told_by_its_disclosure() -> None:
    state = fold(evolve, [proposed(sources=()), *accepted(sources=())[1:]])
    facts = disclose(state, asked.Disclose(stage=ACCEPTED))
    assert facts == [disclosed(ACCEPTED, sources=()), SourcesNotified(stage=ACCEPTED)]


def test_the_effect_check_is_watched_after_closing_too() -> None:
    state = fold(evolve, [*accepted(), maintained(), ProjectClosed(sources=SOURCES)])
    assert state is not None
    assert watches(state) == {"effect": Watch(at("2024-06-10") + timedelta(days=90))}
    match accepted()[-1]:
        case ProjectAccepted(effect_due_at=due_at):
            assert due_at == at("2024-09-08")
