from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.projects.domain import asked, batch
from services.projects.domain.approving import approve, score, vote
from services.projects.domain.fund_raising import Decision, noted
from services.projects.domain.project import evolve
from services.projects.domain.score import parts, total
from services.projects.domain.terms import Scoring, Terms
from shared.events.deliberation import AssemblyCalled, AssemblyDecided, AssemblyForum, AssemblyMatter
from shared.events.projects import (
    BatchClosed,
    BatchFact,
    BatchOpened,
    BudgetReleased,
    BudgetReserved,
    Criterion,
    Deadline,
    PlannedMilestone,
    PoolBudgetSet,
    ProjectApproved,
    ProjectScored,
    ProjectVoted,
)
from shared.rules.broken import RuleBroken
from tests.support.spec import fold, given
from tests.unit.projects.builders import (
    NOW,
    OTHER,
    PROJECT,
    SOURCES,
    TERMS,
    TOWN,
    approval,
    approved,
    at,
    id_of,
    pooled,
    stream,
)

CALLED = Decision("zhangguozhuang", AssemblyForum.VILLAGERS, AssemblyMatter.PUBLIC_WELFARE_UNDERTAKING)
ADOPTED = replace(CALLED, adopted=True)
SCORE = asked.ScoreProject(beneficiaries=250, people=15, urgency=5, cost_yuan=1_000_000, feasibility=3)
VOTING = Terms.model_validate(TERMS.model_dump() | {"voting": True})


def test_a_score_is_shown_with_its_parts() -> None:
    scored = parts(SCORE, TERMS.scoring)
    assert {part.criterion: (part.measured, part.points, part.weight) for part in scored} == {
        Criterion.BENEFICIARIES: (250, 50, 30),
        Criterion.PEOPLE: (15, 50, 25),
        Criterion.URGENCY: (5, 100, 20),
        Criterion.COST: (1_000_000, 60, 15),
        Criterion.FEASIBILITY: (3, 50, 10),
    }
    assert total(scored) == 62  # 15 + 12.5 + 20 + 9 + 5 = 61.5, half up
    given(evolve, *pooled()).when(score, SCORE, terms=TERMS).then(
        ProjectScored(score=62, parts=scored, sources=SOURCES)
    )


@pytest.mark.parametrize(
    ("beneficiaries", "points"), [(0, 0), (2, 0), (3, 1), (252, 50), (253, 51), (500, 100), (999, 100)]
)
def test_points_are_rounded_half_up_and_stop_at_100(beneficiaries: int, points: int) -> None:
    first, *_ = parts(SCORE.model_copy(update={"beneficiaries": beneficiaries}), TERMS.scoring)
    assert (first.criterion, first.points) == (Criterion.BENEFICIARIES, points)


def test_the_same_score_is_not_said_twice_and_only_the_pool_is_scored() -> None:
    said = ProjectScored(score=62, parts=parts(SCORE, TERMS.scoring), sources=SOURCES)
    given(evolve, *pooled(), said).when(score, SCORE, terms=TERMS).then_nothing()
    given(evolve, *approved()).when(score, SCORE, terms=TERMS).then_refused("wrong_state")


@for_all(
    beneficiaries=st.integers(0, 10_000_000),
    people=st.integers(0, 10_000_000),
    grade=st.integers(1, 5),
    cost=st.integers(0, 10**12),
)
def test_a_score_lies_between_0_and_100_and_dearer_never_scores_more(
    beneficiaries: int, people: int, grade: int, cost: int
) -> None:
    wish = asked.ScoreProject(
        beneficiaries=beneficiaries, people=people, urgency=grade, cost_yuan=cost, feasibility=grade
    )
    scored = total(parts(wish, TERMS.scoring))
    assert 0 <= scored <= 100
    dearer = wish.model_copy(update={"cost_yuan": cost + 10_000})
    assert total(parts(dearer, TERMS.scoring)) <= scored


def test_weights_cover_every_criterion_and_sum_to_100() -> None:
    configured = TERMS.scoring.model_dump()
    with pytest.raises(ValueError, match="合计 100"):
        Scoring.model_validate(configured | {"weights": {Criterion.COST: 100}})


VOTE = asked.RecordVote(held_on=date(2024, 3, 30), in_favour=30, against=8, abstained=2)
VOTED = ProjectVoted(held_on=date(2024, 3, 30), in_favour=30, against=8, abstained=2, sources=SOURCES)


def test_a_vote_needs_a_town_that_votes() -> None:
    given(evolve, *pooled()).when(vote, VOTE, now=NOW, terms=TERMS).then_refused("voting_off")
    given(evolve, *pooled()).when(vote, VOTE, now=NOW, terms=VOTING).then(VOTED)
    given(evolve, *pooled(), VOTED).when(vote, VOTE, now=NOW, terms=VOTING).then_nothing()


def test_an_empty_or_future_vote_is_none() -> None:
    empty = asked.RecordVote(held_on=date(2024, 4, 2), in_favour=0, against=0, abstained=0)
    given(evolve, *pooled()).when(vote, empty, now=NOW, terms=VOTING).then_refused("nobody_voted", "in_future")


def test_an_approval_names_unit_post_budget_and_dates() -> None:
    given(evolve, *pooled()).when(approve, approval(), now=NOW, terms=TERMS, town=TOWN, decision=None).then(
        approved()[-1]
    )
    given(evolve, *approved()).when(approve, approval(), now=NOW, terms=TERMS, town=TOWN, decision=None).then_nothing()
    given(evolve, *approved()).when(
        approve, approval(budget_yuan=60_000), now=NOW, terms=TERMS, town=TOWN, decision=None
    ).then_refused("wrong_state")


def test_an_approval_is_refused_with_all_reasons() -> None:
    steps = (PlannedMilestone(public_title="进场", due_on=date(2024, 5, 1)),)
    wish = approval(unit="nobody", start_on="2024-03-20", finish_on="2024-03-10", milestones=steps, raised_yuan=1)
    given(evolve, *pooled()).when(approve, wish, now=NOW, terms=TERMS, town=TOWN, decision=None).then_refused(
        "unknown_unit", "finish_before_start", "date_over", "milestone_outside", "assembly_missing"
    )


def test_what_a_village_raises_needs_the_decision_of_an_assembly() -> None:
    wish = approval(raised_yuan=5_000, assembly=id_of("assembly"))
    said = approved()[-1].model_copy(update={"raised_yuan": 5_000, "assembly": stream("assembly")})
    for decision, reasons in (
        (None, ["assembly_unknown"]),
        (CALLED, ["assembly_not_adopted"]),
        (replace(CALLED, adopted=False), ["assembly_not_adopted"]),
        (replace(ADOPTED, community="dahuichang"), ["assembly_elsewhere"]),
        (replace(ADOPTED, matter=AssemblyMatter.COLLECTIVE_INCOME), ["assembly_other_matter"]),
        (
            replace(CALLED, forum=AssemblyForum.OWNERS, community="x"),
            ["assembly_elsewhere", "assembly_other_matter", "assembly_not_adopted"],
        ),
    ):
        given(evolve, *pooled()).when(approve, wish, now=NOW, terms=TERMS, town=TOWN, decision=decision).then_refused(
            *reasons
        )
    given(evolve, *pooled()).when(approve, wish, now=NOW, terms=TERMS, town=TOWN, decision=ADOPTED).then(said)


def test_what_an_assembly_decides_is_known_from_what_deliberation_says() -> None:
    called = AssemblyCalled(
        topic=stream("topic"),
        community="zhangguozhuang",
        public_title="筹资方案",
        forum="VILLAGERS",
        matter="PUBLIC_WELFARE_UNDERTAKING",
        authorised=False,
        call=1,
        law="CN-2018",
        legal_check_due=False,
    )
    decided = AssemblyDecided(
        held_at=NOW, adopted=True, counts=(), law="CN-2018", legal_check_due=False, publish_by=None
    )
    assert noted(None, called) == CALLED
    assert noted(CALLED, decided) == ADOPTED
    assert noted(CALLED, decided.model_copy(update={"adopted": False})) == replace(CALLED, adopted=False)
    assert noted(None, decided) is None, "nobody knows whose assembly it was"


def test_a_warning_that_is_over_when_the_date_is_set_is_left_out() -> None:
    facts = approve(
        fold(evolve, pooled()), approval(finish_on="2024-04-14"), now=NOW, terms=TERMS, town=TOWN, decision=None
    )
    match facts:
        case [ProjectApproved(deadline=deadline)]:
            assert deadline == Deadline(finish_on=date(2024, 4, 14), warn_at=None, version=1)
        case _:
            pytest.fail(str(facts))


def test_where_the_town_votes_half_is_not_enough() -> None:
    half = VOTED.model_copy(update={"in_favour": 10})
    for facts, reasons in (([], ["vote_missing"]), ([half], ["voted_down"])):
        given(evolve, *pooled(), *facts).when(
            approve, approval(), now=NOW, terms=VOTING, town=TOWN, decision=None
        ).then_refused(*reasons)
    given(evolve, *pooled(), VOTED).when(approve, approval(), now=NOW, terms=VOTING, town=TOWN, decision=None).then(
        approved()[-1]
    )


OPENED = BatchOpened(year=2024, quarter=2, public_title="2024 年第二季度")
FUNDED: list[BatchFact] = [OPENED, PoolBudgetSet(budget_yuan=80_000)]
RESERVED = BudgetReserved(project=PROJECT, amount_yuan=50_000, approved_yuan=50_000)


def test_a_batch_is_opened_once_and_closed_once() -> None:
    wish = asked.OpenBatch(year=2024, quarter=2, public_title="2024 年第二季度")
    given(batch.evolve).when(batch.open_batch, wish).then(OPENED)
    given(batch.evolve, OPENED).when(batch.open_batch, wish).then_nothing()
    given(batch.evolve, OPENED).when(batch.close_batch).then(BatchClosed())
    given(batch.evolve, OPENED, BatchClosed()).when(batch.close_batch).then_nothing()
    given(batch.evolve).when(batch.close_batch).then_refused("not_found")


def test_the_sum_of_what_is_approved_never_exceeds_the_pool_budget() -> None:
    given(batch.evolve, *FUNDED).when(batch.reserve, approval(), project=PROJECT).then(RESERVED)
    given(batch.evolve, *FUNDED, RESERVED).when(
        batch.reserve, approval(budget_yuan=30_001), project=OTHER
    ).then_refused("pool_exceeded")
    given(batch.evolve, *FUNDED, RESERVED).when(batch.reserve, approval(budget_yuan=30_000), project=OTHER).then(
        BudgetReserved(project=OTHER, amount_yuan=30_000, approved_yuan=80_000)
    )


def test_money_is_reserved_once_per_project_and_only_in_an_open_funded_batch() -> None:
    given(batch.evolve, *FUNDED, RESERVED).when(batch.reserve, approval(), project=PROJECT).then_nothing()
    given(batch.evolve, *FUNDED, RESERVED).when(batch.reserve, approval(budget_yuan=1), project=PROJECT).then_refused(
        "reserved_already"
    )
    given(batch.evolve, OPENED, BatchClosed()).when(batch.reserve, approval(), project=PROJECT).then_refused(
        "batch_closed", "budget_not_set"
    )
    given(batch.evolve).when(batch.reserve, approval(), project=PROJECT).then_refused("not_found")


def test_the_pool_budget_never_falls_below_what_is_approved() -> None:
    less, same = asked.SetPoolBudget(budget_yuan=49_999), asked.SetPoolBudget(budget_yuan=80_000)
    given(batch.evolve, *FUNDED, RESERVED).when(batch.set_budget, less).then_refused("below_approved")
    given(batch.evolve, *FUNDED, RESERVED).when(batch.set_budget, same).then_nothing()
    exact = asked.SetPoolBudget(budget_yuan=50_000)
    given(batch.evolve, *FUNDED, RESERVED).when(batch.set_budget, exact).then(PoolBudgetSet(budget_yuan=50_000))
    given(batch.evolve, OPENED).when(batch.set_budget, same).then(PoolBudgetSet(budget_yuan=80_000))
    given(batch.evolve, *FUNDED, BatchClosed()).when(batch.set_budget, less).then_refused("batch_closed")


def test_a_cancelled_project_gives_back_what_it_has_not_spent() -> None:
    back = BudgetReleased(project=PROJECT, amount_yuan=30_000, approved_yuan=20_000)
    given(batch.evolve, *FUNDED, RESERVED).when(batch.release, project=PROJECT, spent_yuan=20_000).then(back)
    given(batch.evolve, *FUNDED, RESERVED, back).when(batch.release, project=PROJECT, spent_yuan=20_000).then_nothing()
    given(batch.evolve, *FUNDED).when(batch.release, project=PROJECT, spent_yuan=0).then_nothing()


step = st.one_of(
    st.tuples(st.just("reserve"), st.integers(1, 5), st.integers(0, 60_000)),
    st.tuples(st.just("release"), st.integers(1, 5), st.integers(0, 60_000)),
    st.tuples(st.just("budget"), st.just(0), st.integers(0, 150_000)),
    st.tuples(st.just("close"), st.just(0), st.just(0)),
)


@for_all(st.lists(step, max_size=25))
def test_whatever_is_asked_of_a_batch_its_money_adds_up(steps: list[tuple[str, int, int]]) -> None:
    state = batch.evolve(None, OPENED)
    for what, number, amount in steps:
        facts: list[BatchFact] = []
        try:
            match what:
                case "reserve":
                    facts = batch.reserve(state, approval(budget_yuan=amount), project=stream("project", number))
                case "release":
                    facts = batch.release(state, project=stream("project", number), spent_yuan=amount)
                case "budget":
                    facts = batch.set_budget(state, asked.SetPoolBudget(budget_yuan=amount))
                case _:
                    facts = batch.close_batch(state)
        except RuleBroken:
            continue
        for fact in facts:
            state = batch.evolve(state, fact)
        assert state.approved_yuan == sum(state.reserved.values())
        assert state.approved_yuan <= (state.budget_yuan or 0)


def test_dates_are_days_of_the_town() -> None:
    late_evening = at("2024-06-30", 23)
    given(evolve, *pooled()).when(approve, approval(), now=late_evening, terms=TERMS, town=TOWN, decision=None).then(
        approved()[-1].model_copy(update={"deadline": Deadline(finish_on=date(2024, 6, 30), warn_at=None, version=1)})
    )
    given(evolve, *pooled()).when(
        approve, approval(), now=at("2024-07-01", 0), terms=TERMS, town=TOWN, decision=None
    ).then_refused("date_over")
