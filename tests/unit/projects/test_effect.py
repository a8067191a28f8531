from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.projects.domain.effect import Window, anchors, evaluate, judge, windows
from services.projects.domain.project import evolve, watches
from shared.events.projects import EffectVerdict, ProjectAbsorbed, ProjectEvaluated
from tests.support.spec import fold, given
from tests.unit.projects.builders import OTHER, SOURCES, TERMS, TOPIC, accepted, at, completed, pooled, proposed

DUE = at("2024-09-08")


@pytest.mark.parametrize(
    ("before", "after", "verdict", "failed"),
    [
        (10, 5, EffectVerdict.EFFECTIVE, False),
        (10, 6, EffectVerdict.NOT_EFFECTIVE, True),
        (3, 1, EffectVerdict.EFFECTIVE, False),
        (3, 2, EffectVerdict.NOT_EFFECTIVE, True),
        (2, 0, EffectVerdict.NOT_RECURRED, False),
        (2, 5, EffectVerdict.RECURRED, False),
        (0, 0, EffectVerdict.NOT_RECURRED, False),
    ],
)
def test_less_than_half_gone_has_failed_and_small_numbers_only_recur(
    before: int, after: int, verdict: EffectVerdict, failed: bool
) -> None:
    back = date(2024, 7, 1) if after else None
    named = {"demand_before": before, "demand_after": after, "recurred_on": back}
    given(evolve, *accepted()).when(evaluate, **named, due_at=DUE, version=1, now=DUE, terms=TERMS).then(
        ProjectEvaluated(
            verdict=verdict, before=before, after=after, failed=failed, days=90, recurred_on=back, sources=SOURCES
        )
    )


@for_all(before=st.integers(0, 10_000), after=st.integers(0, 10_000))
def test_less_demand_after_is_never_judged_worse(before: int, after: int) -> None:
    bad = (EffectVerdict.NOT_EFFECTIVE, EffectVerdict.RECURRED)
    if judge(before, after, TERMS) not in bad:
        assert judge(before, after // 2, TERMS) not in bad
    assert judge(before, 0, TERMS) not in bad


def test_an_effect_is_judged_once() -> None:
    said = ProjectEvaluated(verdict=EffectVerdict.EFFECTIVE, before=10, after=0, failed=False, sources=SOURCES)
    given(evolve, *accepted(), said).when(
        evaluate, demand_before=10, demand_after=0, recurred_on=None, due_at=DUE, version=1, now=DUE, terms=TERMS
    ).then_nothing()
    given(evolve, *completed()).when(
        evaluate, demand_before=10, demand_after=0, recurred_on=None, due_at=DUE, version=1, now=DUE, terms=TERMS
    ).then_nothing()
    state = fold(evolve, [*accepted(), said])
    assert state is not None
    assert watches(state) == {}


def test_demand_is_counted_over_equally_many_whole_days() -> None:
    late_evening = proposed(at=at("2024-02-29", 23))
    state = fold(evolve, [late_evening, *accepted()[1:]])
    assert state is not None
    assert windows(state) == (
        Window(date(2023, 12, 1), date(2024, 2, 29)),
        Window(date(2024, 6, 10), date(2024, 9, 8)),
    )
    unfinished = fold(evolve, completed())
    assert unfinished is not None
    assert windows(unfinished) is None


def test_demand_is_counted_where_absorbed_projects_came_from_too() -> None:
    def absorbed(place: str | None) -> ProjectAbsorbed:
        return ProjectAbsorbed(
            project=OTHER,
            community="dahuichang",
            category="parking",
            place=place,
            absorbed_sources=(TOPIC,),
            sources=SOURCES,
        )

    for place, more in (("dhc-estate", (("parking", "dhc-estate"),)), ("zgz-road", ()), (None, ())):
        state = fold(evolve, [*pooled(), absorbed(place)])
        assert state is not None
        assert anchors(state) == (("parking", "zgz-road"), *more)
