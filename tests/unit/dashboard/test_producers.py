"""Whatever is asked of the producers in whatever order: a stream stands here as its producer's own state says it does."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st

from services.dashboard.standing import Standing, stands
from services.escalation.domain.duty import Duty, DutyState, is_owed
from services.escalation.domain.issue import ENDED, UNDER_WAY, Issue, IssueState
from services.intake.domain.clock import RUNNING
from services.intake.domain.complaint import FINAL, Complaint, ComplaintState, evolve
from services.projects.domain.project import Project, ProjectState, end_of
from shared.events.base import Fact
from shared.events.escalation import DutyStep
from shared.events.vocabulary import WhistleKind
from shared.rules.broken import RuleBroken
from tests.unit.escalation import test_life as whistles
from tests.unit.escalation.cases import requested
from tests.unit.intake import test_life as complaints
from tests.unit.intake.builders import MINUTE, START
from tests.unit.projects import test_life as projects
from tests.unit.projects.builders import at


def standing(facts: Iterable[Fact]) -> Standing:
    """How the stream stands after these facts, as the dashboard hears them."""
    found: Standing | None = None
    for fact in facts:
        found = stands(found, type(fact), fact.wire_type, START, fact.model_dump(mode="json"))
    assert found is not None
    return found


def due_of_complaint(state: Complaint) -> datetime | None:
    if state.state in RUNNING:
        return state.due_at
    return state.callback_by if state.state is ComplaintState.FINISHED else None


@settings(deadline=None, max_examples=100)
@every(st.data())
def test_a_complaint(data: st.DataObject) -> None:
    told: list[Fact] = list(complaints.ASKS["receive"](None, START))
    state: Complaint | None = None
    for fact in told:
        state = evolve(state, fact)  # type: ignore[arg-type]
    now = START
    for _ in range(data.draw(st.integers(1, 30))):
        now += data.draw(st.integers(1, 90) | st.integers(1, 3_000)) * MINUTE
        facts = complaints.ring(state, now)
        for fact in facts:
            state = evolve(state, fact)
        if said := complaints.possible(state, now):
            chosen = said[data.draw(st.sampled_from(sorted(said)))]
            for fact in chosen:
                state = evolve(state, fact)
            facts += chosen
        told += facts
        assert state is not None
        found = standing(told)
        assert found.due_at == due_of_complaint(state)
        assert (found.ended_at is not None) is (state.state in FINAL)
        assert (found.unit, found.category, found.place) == (state.lead, state.category, state.place)


def due_of_issue(state: Issue) -> datetime | None:
    if state.state is IssueState.REQUESTED:
        return state.approval_due_at
    return state.due_at if state.state in UNDER_WAY and state.paused_at is None else None


def due_of_duty(state: Duty) -> datetime | None:
    return state.due_at if is_owed(state, DutyStep.DUE) else None


@settings(deadline=None, max_examples=150)
@every(
    st.sampled_from(WhistleKind),
    st.integers(0, len(whistles.TO_THE_END)),
    st.lists(whistles.STEPS, max_size=30),
)
def test_an_issue_and_its_duties(kind: WhistleKind, begun: int, steps: list[whistles.Step]) -> None:
    world = whistles.World()
    world.say([requested(kind)])
    for name, by, other, later in (*whistles.TO_THE_END[:begun], *steps):
        world.ring(world.now + later)
        with suppress(RuleBroken):
            whistles.ACTS[name](world, by, other)
        issue = world.issue
        assert issue is not None
        found = standing(world.issue_facts)
        assert found.due_at == due_of_issue(issue)
        assert (found.ended_at is not None) is (issue.state in ENDED)
        for department, duty in world.duties.items():
            found = standing(world.duty_facts[department])
            assert found.due_at == due_of_duty(duty)
            assert (found.ended_at is not None) is (duty.state in (DutyState.RELEASED, DutyState.EXCUSED))


OVER = (ProjectState.CLOSED, ProjectState.REJECTED, ProjectState.CANCELLED, ProjectState.MERGED)


def due_of_project(state: Project) -> datetime | None:
    running = state.state in (ProjectState.APPROVED, ProjectState.IN_PROGRESS)
    return end_of(state.finish_on) if running and state.finish_on else None


@settings(deadline=None, max_examples=150)
@every(
    st.sampled_from(projects.BEGINNINGS),
    st.lists(st.tuples(projects.MOVES, st.integers(0, 40)), min_size=1, max_size=40),
)
def test_a_project(beginning: list[Any], moves: list[Any]) -> None:
    life, now = projects.Life(), at("2024-06-10")
    life.do(lambda _: beginning)
    for (what, how), days in moves:
        now += timedelta(days=days)
        with suppress(RuleBroken):
            projects.move(life, what, how, now)
        assert life.state is not None
        found = standing(life.said)
        assert found.due_at == due_of_project(life.state)
        assert (found.ended_at is not None) is (life.state.state in OVER)
        assert (found.title, found.place) == (life.state.public_title, life.state.place)
