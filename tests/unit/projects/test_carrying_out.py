from datetime import UTC, date

import pytest

from services.projects.domain import asked, batch
from services.projects.domain.carrying_out import (
    cancel,
    carry_over,
    complete,
    delay,
    finish_missed,
    finish_near,
    progress,
    reach_milestone,
    resume,
    start,
    suspend,
    year_ended,
)
from services.projects.domain.project import evolve, watches
from shared.events.projects import (
    BatchClosed,
    BatchOpened,
    MilestoneReached,
    PlannedMilestone,
    ProjectCancelled,
    ProjectCarriedOver,
    ProjectCompleted,
    ProjectDeadlineNear,
    ProjectDelayed,
    ProjectFact,
    ProjectOverdue,
    ProjectProgressed,
    ProjectResumed,
    ProjectStarted,
    ProjectSuspended,
)
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.projects.builders import (
    BARRIERS,
    SOURCES,
    TERMS,
    approved,
    at,
    completed,
    due,
    id_of,
    pooled,
    started,
    stream,
)

MAY = at("2024-05-06")
STEPS = (
    PlannedMilestone(public_title="进场", due_on=date(2024, 4, 15)),
    PlannedMilestone(public_title="护栏安装", due_on=date(2024, 6, 15)),
)
PAUSED = ProjectSuspended(reason="汛期停工", sources=SOURCES)
PAUSE = asked.Because(reason="汛期停工")


def watched(*facts: ProjectFact) -> dict[str, Watch]:
    state = fold(evolve, facts)
    assert state is not None
    return watches(state)


def test_work_starts_once_after_approval_and_not_in_the_future() -> None:
    wish = asked.StartProject(started_on=date(2024, 4, 8))
    given(evolve, *pooled()).when(start, wish, now=MAY).then_refused("wrong_state")
    given(evolve, *approved()).when(start, wish, now=at("2024-04-07", 23)).then_refused("in_future")
    given(evolve, *approved()).when(start, wish, now=at("2024-04-08", 0)).then(
        ProjectStarted(started_on=date(2024, 4, 8), sources=SOURCES)
    )
    given(evolve, *started()).when(start, wish, now=MAY).then_nothing()


def test_a_day_begins_at_midnight_of_the_town_and_not_of_utc() -> None:
    wish = asked.StartProject(started_on=date(2024, 4, 8))
    given(evolve, *approved()).when(start, wish, now=at("2024-04-08", 0).astimezone(UTC)).then(
        ProjectStarted(started_on=date(2024, 4, 8), sources=SOURCES)
    )


def test_a_milestone_is_reached_once() -> None:
    wish = asked.ReachMilestone(number=2, reached_on=date(2024, 5, 5))
    said = MilestoneReached(number=2, reached_on=date(2024, 5, 5), sources=SOURCES)
    given(evolve, *started(milestones=STEPS)).when(reach_milestone, wish, now=MAY).then(said)
    given(evolve, *started(milestones=STEPS), said).when(reach_milestone, wish, now=MAY).then_nothing()
    given(evolve, *approved()).when(
        reach_milestone, asked.ReachMilestone(number=3, reached_on=date(2024, 5, 7)), now=MAY
    ).then_refused("wrong_state", "unknown_milestone", "in_future")
    given(evolve, *started(milestones=STEPS)).when(
        reach_milestone, asked.ReachMilestone(number=1, reached_on=date(2024, 4, 7)), now=MAY
    ).then_refused("before_start")


REPORT = asked.ReportProgress(percent=40, spent_yuan=20_000, done=(BARRIERS,), evidence=("a" * 64,))
REPORTED = ProjectProgressed(percent=40, spent_yuan=20_000, done=(BARRIERS,), evidence=("a" * 64,), sources=SOURCES)


def test_progress_says_percent_money_quantities_and_evidence() -> None:
    given(evolve, *started()).when(progress, REPORT).then(REPORTED)
    given(evolve, *approved()).when(progress, REPORT).then_refused("wrong_state")


def test_a_report_without_anything_new_is_not_said() -> None:
    same = REPORT.model_copy(update={"evidence": ()})
    given(evolve, *started(), REPORTED).when(progress, same).then_nothing()


def test_less_money_than_reported_before_needs_a_word_too() -> None:
    less = asked.ReportProgress(percent=40, spent_yuan=19_999, done=(BARRIERS,))
    given(evolve, *started(), REPORTED).when(progress, less).then_refused("spent_fell")
    explained = less.model_copy(update={"note": "退货一件"})
    given(evolve, *started(), REPORTED).when(progress, explained).then(
        ProjectProgressed(percent=40, spent_yuan=19_999, done=(BARRIERS,), note="退货一件", sources=SOURCES)
    )


def test_progress_that_falls_needs_a_word_and_nobody_overspends() -> None:
    back = asked.ReportProgress(percent=30, spent_yuan=50_001)
    given(evolve, *started(), REPORTED).when(progress, back).then_refused("percent_fell", "over_budget")
    explained = asked.ReportProgress(percent=30, spent_yuan=50_000, note="返工")
    given(evolve, *started(), REPORTED).when(progress, explained).then(
        ProjectProgressed(percent=30, spent_yuan=50_000, note="返工", sources=SOURCES)
    )


def test_a_delay_is_a_new_deadline_version() -> None:
    wish = asked.DelayProject(reason="材料未到", finish_on=date(2024, 7, 31))
    said = ProjectDelayed(reason="材料未到", deadline=due("2024-07-31", 2), sources=SOURCES)
    given(evolve, *started()).when(delay, wish, now=MAY, terms=TERMS).then(said)
    given(evolve, *started(), said).when(delay, wish, now=MAY, terms=TERMS).then_nothing()
    assert watched(*started(), said) == {
        "near": Watch(at("2024-07-18", 0), 2),
        "finish": Watch(at("2024-08-01", 0), 2),
        "year_end": Watch(at("2025-01-01", 0), 2024),
    }


@pytest.mark.parametrize(
    ("finish_on", "reasons"),
    [
        (date(2024, 6, 29), ["not_later"]),
        (date(2024, 5, 5), ["not_later", "date_over"]),
        (date(2025, 1, 1), ["next_year"]),
    ],
)
def test_a_delay_is_later_and_within_the_year(finish_on: date, reasons: list[str]) -> None:
    wish = asked.DelayProject(reason="材料未到", finish_on=finish_on)
    given(evolve, *started()).when(delay, wish, now=MAY, terms=TERMS).then_refused(*reasons)


def test_a_suspended_project_is_not_due_until_it_is_resumed() -> None:
    given(evolve, *started()).when(suspend, PAUSE).then(PAUSED)
    given(evolve, *started(), PAUSED).when(suspend, PAUSE).then_nothing()
    assert watched(*started(), PAUSED) == {"year_end": Watch(at("2025-01-01", 0), 2024)}
    wish = asked.ResumeProject(finish_on=date(2024, 9, 30))
    said = ProjectResumed(deadline=due("2024-09-30", 2), sources=SOURCES)
    given(evolve, *started(), PAUSED).when(resume, wish, now=MAY, terms=TERMS).then(said)
    given(evolve, *started(), PAUSED, said).when(resume, wish, now=MAY, terms=TERMS).then_nothing()
    given(evolve, *started()).when(resume, wish, now=MAY, terms=TERMS).then_refused("wrong_state")
    assert watched(*started(), PAUSED, said)["finish"] == Watch(at("2024-10-01", 0), 2)


@pytest.mark.parametrize("facts", [approved(), started(), [*started(), PAUSED]])
def test_an_unfinished_project_can_be_cancelled(facts: list[ProjectFact]) -> None:
    said = ProjectCancelled(reason="规划调整", sources=SOURCES)
    given(evolve, *facts).when(cancel, asked.Because(reason="规划调整")).then(said)
    given(evolve, *facts, said).when(cancel, asked.Because(reason="规划调整")).then_nothing()
    assert watched(*facts, said) == {}


def test_a_completed_project_is_not_cancelled() -> None:
    given(evolve, *completed()).when(cancel, asked.Because(reason="规划调整")).then_refused("wrong_state")


NEXT = batch.evolve(None, BatchOpened(year=2025, quarter=1, public_title="2025 年第一季度"))
CARRY = asked.CarryOver(finish_on=date(2025, 3, 31), batch=id_of("batch", 2))
CARRIED = ProjectCarriedOver(
    from_year=2024,
    to_year=2025,
    first_finish_on=date(2024, 6, 30),
    deadline=due("2025-03-31", 2),
    batch=stream("batch", 2),
    sources=SOURCES,
)


def test_a_carry_over_keeps_the_first_date_and_the_money_where_it_was_approved() -> None:
    given(evolve, *started()).when(carry_over, CARRY, batch=NEXT, now=MAY, terms=TERMS).then(CARRIED)
    given(evolve, *started(), CARRIED).when(carry_over, CARRY, batch=NEXT, now=MAY, terms=TERMS).then_nothing()
    state = fold(evolve, [*started(), CARRIED])
    assert state is not None
    assert (state.first_finish_on, state.finish_on) == (date(2024, 6, 30), date(2025, 3, 31))
    assert (state.batch, state.carried_into, state.carried_over) == (stream("batch"), stream("batch", 2), 1)


def test_a_carry_over_goes_to_a_later_year_and_a_batch_that_exists() -> None:
    wish = asked.CarryOver(finish_on=date(2024, 12, 31), batch=id_of("batch", 2))
    given(evolve, *started()).when(carry_over, wish, batch=None, now=MAY, terms=TERMS).then_refused(
        "same_year", "unknown_batch"
    )
    given(evolve, *pooled()).when(carry_over, CARRY, batch=NEXT, now=MAY, terms=TERMS).then_refused("wrong_state")
    over = batch.evolve(NEXT, BatchClosed())
    given(evolve, *started()).when(carry_over, CARRY, batch=over, now=MAY, terms=TERMS).then_refused("batch_closed")


def test_what_is_unfinished_at_the_end_of_the_year_is_carried_over_year_after_year() -> None:
    first = ProjectCarriedOver(from_year=2024, to_year=2025, first_finish_on=date(2024, 6, 30), sources=SOURCES)
    midnight = at("2025-01-01", 0)
    given(evolve, *started(), PAUSED).when(year_ended, due_at=midnight, version=2024, now=midnight).then(first)
    given(evolve, *started(), first).when(year_ended, due_at=midnight, version=2024, now=midnight).then_nothing()
    given(evolve, *completed()).when(year_ended, due_at=midnight, version=2024, now=midnight).then_nothing()
    given(evolve).when(year_ended, due_at=midnight, version=2024, now=midnight).then_nothing()
    assert watched(*started(), first)["year_end"] == Watch(at("2026-01-01", 0), 2025)
    state = fold(evolve, [*started(), first, CARRIED])
    assert state is not None
    assert state.carried_over == 1  # the town set a date later, for the same year


def test_the_finish_date_warns_before_and_is_missed_once() -> None:
    near, missed = Watch(at("2024-06-17", 0)), Watch(at("2024-07-01", 0))
    warned = ProjectDeadlineNear(finish_on=date(2024, 6, 30), version=1, sources=SOURCES)
    overdue = ProjectOverdue(finish_on=date(2024, 6, 30), version=1, sources=SOURCES)
    year_end = {"year_end": Watch(at("2025-01-01", 0), 2024)}
    assert watched(*started()) == {"near": near, "finish": missed} | year_end
    given(evolve, *started()).when(finish_near, due_at=near.due_at, version=1, now=near.due_at).then(warned)
    assert watched(*started(), warned) == {"finish": missed} | year_end
    given(evolve, *started(), warned).when(finish_missed, due_at=missed.due_at, version=1, now=missed.due_at).then(
        overdue
    )
    assert watched(*started(), warned, overdue) == year_end
    given(evolve, *started(), overdue).when(
        finish_missed, due_at=missed.due_at, version=1, now=missed.due_at
    ).then_nothing()


def test_a_warning_that_would_come_after_its_miss_is_left_out() -> None:
    given(evolve, *started()).when(
        finish_near, due_at=at("2024-06-17", 0), version=1, now=at("2024-07-01", 0)
    ).then_nothing()


def test_a_timer_of_an_older_deadline_version_says_nothing() -> None:
    later = ProjectDelayed(reason="材料未到", deadline=due("2024-07-31", 2), sources=SOURCES)
    old = at("2024-07-01", 0)
    given(evolve, *started(), later).when(finish_missed, due_at=old, version=1, now=old).then_nothing()


COMPLETE = asked.CompleteProject(completed_on=date(2024, 6, 1), spent_yuan=48_000, done=(BARRIERS,))


def test_a_completion_says_the_final_totals() -> None:
    given(evolve, *started()).when(complete, COMPLETE, now=at("2024-06-01")).then(
        ProjectCompleted(completed_on=date(2024, 6, 1), spent_yuan=48_000, done=(BARRIERS,), sources=SOURCES)
    )
    given(evolve, *completed()).when(complete, COMPLETE, now=at("2024-06-01")).then_nothing()


def test_a_completion_is_refused_with_all_reasons() -> None:
    wish = COMPLETE.model_copy(update={"spent_yuan": 50_001})
    given(evolve, *started(milestones=STEPS)).when(complete, wish, now=MAY).then_refused(
        "milestone_open", "in_future", "over_budget"
    )
    early = COMPLETE.model_copy(update={"completed_on": date(2024, 4, 7)})
    given(evolve, *started()).when(complete, early, now=MAY).then_refused("before_start")
    given(evolve, *approved()).when(complete, COMPLETE, now=at("2024-06-01")).then_refused("wrong_state")
