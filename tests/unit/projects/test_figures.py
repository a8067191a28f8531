"""统计: 未诉先办, promises kept, recurrence, suggestions and money, reckoned without a database."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import reduce

import pytest

from services.projects.domain import batch, suggestion
from services.projects.domain.figures import (
    DEFINITIONS,
    Asked,
    By,
    Course,
    Kept,
    Step,
    answered,
    grouped,
    kept,
    of_batch,
    of_projects,
    of_suggestions,
)
from services.projects.domain.project import Project, ProjectState
from services.projects.domain.sources import origin_of
from services.projects.domain.suggestion import Suggestion
from shared.events.projects import (
    BatchOpened,
    BudgetReserved,
    EffectVerdict,
    PoolBudgetSet,
    ProjectCancelled,
    ProjectFact,
    ProjectOrigin,
    RectificationOrdered,
    SuggestionOrigin,
    SuggestionOutcome,
)
from shared.events.vocabulary import FiveQualities
from shared.rules.figure import Figure
from shared.rules.window import Window
from tests.unit.projects.builders import (
    ANSWER_DUE,
    BATCH,
    GROUP,
    HOTSPOT,
    INSPECTION,
    NOW,
    OTHER,
    PROJECT,
    ROUTE,
    SUGGESTION,
    TOPIC,
    accepted,
    approved,
    at,
    collected,
    completed,
    due,
    proposed,
    started,
    state_of,
)

JUNE = Window.of(date(2024, 6, 1), date(2024, 6, 1))
SPRING = Window.of(date(2024, 3, 1), date(2024, 6, 1))
LATER = at("2024-09-01")


def course(facts: list[ProjectFact], *steps: tuple[str, Step], **other: object) -> Course:
    """A project with its steps at nine o'clock of these days."""
    taken = tuple((at(day), step) for day, step in steps)
    return replace(Course(PROJECT, state_of(facts), taken), **other)  # type: ignore[arg-type]


def asked(origin: SuggestionOrigin, collected_at: datetime, answered_at: datetime | None = None) -> Asked:
    one: Suggestion = suggestion.evolve(None, collected())
    outcome = SuggestionOutcome.DECLINED if answered_at else None
    return Asked(replace(one, origin=origin, outcome=outcome), collected_at, answered_at)


def test_only_deliberation_analysis_and_inspection_are_before_a_complaint() -> None:
    steps = (("2024-06-03", Step.PROPOSED),)
    those = [
        course([proposed(sources=(source,)).model_copy(update={"origin": origin_of((source,))})], *steps)
        for source in (TOPIC, HOTSPOT, INSPECTION, ROUTE)
    ]
    those += [
        course([proposed(sources=(SUGGESTION,)).model_copy(update={"origin": origin})], *steps)
        for origin in (ProjectOrigin.RESIDENT, ProjectOrigin.REPORT_MEETING)
    ]
    those.append(course([proposed(sources=(TOPIC,))], ("2024-05-31", Step.PROPOSED)))
    found = of_projects(those, JUNE, LATER)
    assert found["before_complaints"] == Figure(3, 6, 50.0)
    assert found["before_complaints_with_route"] == Figure(0, 3, 0.0)
    assert found["from_complaint"] == Figure(1, 6, 16.67)
    assert sum(found[f"from_{origin.lower()}"].numerator for origin in ProjectOrigin) == 6


def test_a_topic_that_had_a_route_is_shown_as_such() -> None:
    one = course([proposed(sources=(TOPIC, ROUTE))], ("2024-06-03", Step.PROPOSED))
    assert of_projects([one], JUNE, LATER)["before_complaints_with_route"] == Figure(1, 1, 100.0)


def test_without_anything_there_is_no_value() -> None:
    found = of_projects([], JUNE, LATER) | of_suggestions([], JUNE, LATER)
    assert {name for name, figure in found.items() if figure.value not in (0, None)} == set()
    assert all((figure.value is None) == (figure.denominator is not None) for figure in found.values())


def test_a_step_counts_once_a_project_and_in_its_month() -> None:
    steps = (("2024-05-02", Step.COMPLETED), ("2024-06-02", Step.COMPLETED), ("2024-06-20", Step.COMPLETED))
    assert of_projects([course(completed(), *steps)], JUNE, LATER)["completed"] == Figure(1, None, 1)
    assert of_projects([course(completed(), steps[0])], JUNE, LATER)["completed"] == Figure(0, None, 0)


ORDERED = RectificationOrdered(
    inspected_at=at("2024-06-10"), reason="松动", group=GROUP, asked=10, satisfied=5, deadline=due("2024-06-25", 2)
)


@pytest.mark.parametrize(
    ("one", "now", "how"),
    [
        (state_of(completed()), LATER, Kept.IN_TIME),
        (replace(state_of(completed()), completed_on=date(2024, 6, 30)), LATER, Kept.IN_TIME),
        (replace(state_of(completed()), completed_on=date(2024, 7, 1)), LATER, Kept.LATE),
        (replace(state_of(completed()), completed_on=date(2024, 7, 1), finish_on=date(2024, 8, 1)), LATER, Kept.LATE),
        (state_of(started()), at("2024-06-30", 23), Kept.WAITING),
        (state_of(started()), at("2024-07-01", 0), Kept.OVERDUE),
        (replace(state_of(started()), finish_on=date(2024, 8, 1)), at("2024-07-01", 0), Kept.OVERDUE),
        (replace(state_of(started()), state=ProjectState.SUSPENDED), LATER, Kept.OVERDUE),
        (state_of([*completed(), ORDERED]), at("2024-06-20"), Kept.WAITING),
        (state_of([*completed(), ORDERED]), at("2024-07-20"), Kept.OVERDUE),
        (state_of([*started(), ProjectCancelled(reason="另有安排")]), LATER, Kept.LEFT_OUT),
        (state_of([proposed()]), LATER, Kept.LEFT_OUT),
    ],
)
def test_only_the_date_first_promised_counts(one: Project, now: datetime, how: Kept) -> None:
    assert kept(one, now) is how


def test_what_is_open_past_its_date_is_a_miss_today() -> None:
    moved = course(started(), project=replace(state_of(started()), finish_on=date(2024, 9, 1), carried_over=1))
    gone = course([*started(), ProjectCancelled(reason="另有安排")])
    those = [course(completed()), course(started()), moved, gone]
    found = of_projects(those, JUNE, LATER)
    assert found["due"] == Figure(3, None, 3)
    assert found["in_time"] == Figure(1, 3, 33.33)
    assert found["overdue_now"] == Figure(2, 3, 66.67)
    assert (found["postponed"], found["over_the_year"]) == (Figure(1, 3, 33.33), Figure(1, 3, 33.33))
    early = of_projects(those, JUNE, at("2024-06-15"))
    assert (early["due"], early["in_time"]) == (Figure(3, None, 3), Figure(1, 1, 100.0))
    july = Window.of(date(2024, 7, 1), date(2024, 7, 1))
    assert of_projects(those, july, LATER)["due"].numerator == 0, "promised for the 30th is promised for June"


def test_few_complaints_before_are_no_success_and_no_failure() -> None:
    verdicts = [
        EffectVerdict.EFFECTIVE, EffectVerdict.EFFECTIVE, EffectVerdict.NOT_EFFECTIVE, EffectVerdict.RECURRED,
        EffectVerdict.NOT_RECURRED,
    ]  # fmt: skip
    those = [
        course(accepted(), ("2024-06-30", Step.EVALUATED), project=replace(state_of(accepted()), verdict=verdict))
        for verdict in verdicts
    ]
    found = of_projects(those, JUNE, LATER)
    assert found["evaluated"] == Figure(5, None, 5)
    assert found["effective"] == Figure(2, 3, 66.67)
    assert found["recurred"] == Figure(1, 2, 50.0)


def test_whoever_asks_again_after_the_acceptance_is_counted_where_anybody_can_be_counted() -> None:
    those = [
        course(accepted(), complaints_since=2),
        course(accepted()),
        course(accepted(effect=False), complaints_since=5),
        course(completed(), complaints_since=5),
    ]
    assert of_projects(those, JUNE, LATER)["asked_again"] == Figure(1, 2, 50.0)
    assert of_projects(those, Window.of(date(2024, 7, 1), date(2024, 7, 1)), LATER)["asked_again"] == Figure(0, 0, None)


@pytest.mark.parametrize(
    ("answered_at", "now", "how"),
    [
        (ANSWER_DUE, LATER, Kept.IN_TIME),
        (ANSWER_DUE + timedelta(seconds=1), LATER, Kept.LATE),
        (None, ANSWER_DUE - timedelta(seconds=1), Kept.WAITING),
        (None, ANSWER_DUE, Kept.OVERDUE),
    ],
)
def test_a_suggestion_is_answered_in_time_or_not(answered_at: datetime | None, now: datetime, how: Kept) -> None:
    assert answered(asked(SuggestionOrigin.ROUTE, NOW, answered_at), now) is how


def test_suggestions_are_counted_by_origin_answer_and_outcome() -> None:
    those = [
        asked(SuggestionOrigin.INSPECTION, NOW, ANSWER_DUE),
        asked(SuggestionOrigin.RESIDENT, NOW, ANSWER_DUE + timedelta(days=1)),
        asked(SuggestionOrigin.ROUTE, NOW),
        asked(SuggestionOrigin.REPORT_MEETING, NOW - timedelta(days=60)),
    ]
    found = of_suggestions(those, SPRING, LATER)
    assert found["suggestions"] == Figure(3, None, 3)
    assert found["suggestions_before_complaints"] == Figure(1, 3, 33.33)
    assert found["suggestions_from_report_meeting"] == Figure(0, 3, 0.0)
    assert found["answered_in_time"] == Figure(1, 4, 25.0)
    assert found["unanswered_now"] == Figure(2, 4, 50.0)
    assert found["answered_declined"] == Figure(2, 2, 100.0)


def test_a_project_with_two_tags_stands_under_both() -> None:
    both, one = course([proposed()]), course([proposed()])
    one = replace(one, project=replace(one.project, tags=(FiveQualities.SAFETY,), category=None))
    parts = grouped([both, one], By.TAG)
    assert {value: len(those) for value, those in parts.items()} == {"CONVENIENCE": 1, "SAFETY": 2}
    assert grouped([both, one], By.CATEGORY) == {"parking": [both]}


def test_money_is_reckoned_by_the_batch_that_approved_it() -> None:
    facts = [
        BatchOpened(year=2024, quarter=2, public_title="第二批"),
        PoolBudgetSet(budget_yuan=100_000),
        BudgetReserved(project=PROJECT, amount_yuan=50_000, approved_yuan=50_000),
        BudgetReserved(project=OTHER, amount_yuan=30_000, approved_yuan=80_000),
    ]
    money = reduce(batch.evolve, facts, None)
    assert money is not None
    own, other = state_of(completed()), state_of(approved())
    assert own.batch == BATCH
    assert of_batch(money, {PROJECT: own, OTHER: other}) == {
        "planned_yuan": Figure(100_000, None, 100_000),
        "approved_yuan": Figure(80_000, 100_000, 80.0),
        "spent_yuan": Figure(48_000, 80_000, 60.0),
    }
    assert of_batch(money, {OTHER: other})["approved_yuan"] == Figure(30_000, 100_000, 30.0), "as far as one may see"
    unset = reduce(batch.evolve, facts[:1], None)
    assert unset is not None
    assert of_batch(unset, {})["approved_yuan"] == Figure(0, 0, None)


def test_every_figure_is_defined() -> None:
    money = batch.evolve(None, BatchOpened(year=2024, quarter=2, public_title="第二批"))
    found = of_projects([], JUNE, LATER) | of_suggestions([], JUNE, LATER) | of_batch(money, {})
    assert set(found) == set(DEFINITIONS)
    assert {name for name, figure in found.items() if figure.denominator is None} == {
        name for name, (_, unit, _) in DEFINITIONS.items() if unit != "%"
    }
