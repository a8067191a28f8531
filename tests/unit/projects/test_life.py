"""A project's whole life, and what holds whatever happens to it."""

from contextlib import suppress
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.projects.domain import asked, batch, project, suggestion
from services.projects.domain.accepting import accept, assign_maintainer, close, order_rectification
from services.projects.domain.approving import approve, score
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
from services.projects.domain.disclosing import disclose, told
from services.projects.domain.effect import evaluate
from services.projects.domain.project import Project, ProjectState, evolve, watches
from services.projects.domain.proposing import pool, propose_from_topic, reject
from shared.events.base import Fact, ref_kind
from shared.events.deliberation import CommonDemand, TopicNeedsProject
from shared.events.projects import (
    AcceptanceGroup,
    BatchFact,
    BatchOpened,
    Deadline,
    PlannedMilestone,
    ProjectFact,
    ProjectsFact,
    SuggestionFact,
)
from shared.events.vocabulary import DisclosureStage, FiveQualities, ProjectCategory
from shared.rules.broken import RuleBroken
from shared.rules.township import SHANGHAI
from tests.unit.projects.builders import (
    BARRIERS,
    CALENDAR,
    CONFIGURED,
    PROPOSED_AT,
    ROUTE,
    TERMS,
    TOPIC,
    TOWN,
    accepted,
    approval,
    approved,
    at,
    collected,
    completed,
    disclosed,
    id_of,
    inspection,
    maintained,
    pooled,
    started,
    stream,
)

NEEDED = TopicNeedsProject(
    meeting=stream("meeting"),
    community="zhangguozhuang",
    category="parking",
    place="zgz-road",
    public_title="村路两侧设护栏",
    project_category=ProjectCategory.TRAVEL,
    tags=(FiveQualities.SAFETY, FiveQualities.CONVENIENCE),
    common=CommonDemand.MEETING_FINDING,
    people=5,
    sources=(ROUTE,),
)
MAINTAINER = asked.AssignMaintainer(
    owner="zhangguozhuang", maintainer="zhangguozhuang", duties="巡查", manner="自管", funding="村集体"
)
STEP = PlannedMilestone(public_title="进场", due_on=date(2024, 4, 15))


class Life:
    """A project as its doors move it, with all facts it has said."""

    def __init__(self) -> None:
        self.state: Project | None = None
        self.said: list[Fact] = []

    def do(self, rule: Any, *wish: Any, **named: Any) -> list[str]:
        """Names of the facts said."""
        facts = list(rule(self.state, *wish, **named))
        for fact in facts:
            self.state = evolve(self.state, fact)
        self.said += facts
        return [type(fact).__name__ for fact in facts]


def test_zhangguozhuang_from_the_meeting_to_the_effect_check() -> None:
    life, terms = Life(), {"terms": TERMS}

    def public(stage: DisclosureStage) -> None:
        assert life.do(disclose, asked.Disclose(stage=stage)) == ["ProjectDisclosed"]
        assert life.do(told, source=TOPIC, stage=stage) == ["SourceTold"]
        assert life.do(told, source=ROUTE, stage=stage) == ["SourceTold", "SourcesNotified"]

    assert life.do(propose_from_topic, NEEDED, topic=TOPIC, now=PROPOSED_AT) == ["ProjectProposed"]
    assert life.do(pool, asked.PoolProject(finding="共性需求")) == ["ProjectPooled"]
    public(DisclosureStage.POOLED)
    approving = {"now": at("2024-04-01"), "town": TOWN, "decision": None, **terms}
    assert life.do(approve, approval(milestones=(STEP,)), **approving) == ["ProjectApproved"]
    public(DisclosureStage.APPROVED)
    assert life.do(start, asked.StartProject(started_on=date(2024, 4, 8)), now=at("2024-04-08")) == ["ProjectStarted"]
    public(DisclosureStage.STARTED)
    reached = asked.ReachMilestone(number=1, reached_on=date(2024, 4, 15))
    assert life.do(reach_milestone, reached, now=at("2024-04-15")) == ["MilestoneReached"]
    assert life.do(progress, asked.ReportProgress(percent=50, spent_yuan=20_000, done=(BARRIERS,))) == [
        "ProjectProgressed"
    ]
    done = asked.CompleteProject(completed_on=date(2024, 6, 1), spent_yuan=48_000, done=(BARRIERS,))
    assert life.do(complete, done, now=at("2024-06-01")) == ["ProjectCompleted"]
    poor = asked.Rectify(**inspection(satisfied=5, held=at("2024-06-02")).model_dump(), reason="护栏松动")
    assert life.do(order_rectification, poor, now=at("2024-06-02"), calendar=CALENDAR, **terms) == [
        "RectificationOrdered"
    ]
    again = done.model_copy(update={"completed_on": date(2024, 6, 8)})
    assert life.do(complete, again, now=at("2024-06-08")) == ["ProjectCompleted"]
    public(DisclosureStage.COMPLETED)
    assert life.do(accept, inspection(), now=at("2024-06-10"), **terms) == ["ProjectAccepted"]
    public(DisclosureStage.ACCEPTED)
    assert life.do(assign_maintainer, MAINTAINER, town=TOWN) == ["MaintainerAssigned"]
    assert life.do(close) == ["ProjectClosed"]
    assert life.state is not None
    due = watches(life.state)["effect"].due_at
    demand = {"demand_before": 12, "demand_after": 1, "recurred_on": date(2024, 8, 1)}
    assert life.do(evaluate, due_at=due, version=1, now=due, **demand, **terms) == ["ProjectEvaluated"]
    assert watches(life.state) == {}


def test_every_fact_names_all_sources_so_that_nobody_has_to_ask_back() -> None:
    for fact in approved():
        assert fact.sources == (TOPIC, ROUTE)


def concrete(of: type[ProjectsFact]) -> set[type[Fact]]:
    return {fact for fact in Fact.known.values() if issubclass(fact, of)}


@pytest.mark.parametrize(
    ("kind", "fold", "state"),
    [
        (ProjectFact, project.evolve, [*started(milestones=(STEP,)), disclosed(DisclosureStage.POOLED)]),
        (SuggestionFact, suggestion.evolve, [collected()]),
        (BatchFact, batch.evolve, [BatchOpened(year=2024, quarter=2, public_title="第二季度")]),
    ],
)
def test_evolve_knows_every_fact_of_its_kind(kind: type[ProjectsFact], fold: Any, state: list[Fact]) -> None:
    before = None
    for fact in state:
        before = fold(before, fact)
    for fact in concrete(kind):
        assert fold(before, sample(fact)) is not None, fact


def sample(fact: type[Fact]) -> Fact:
    """A fact of this class, from the smallest JSON its contract allows."""
    small: dict[str, Any] = {
        "community": "zhangguozhuang",
        "number": 1,
        "year": 2024,
        "quarter": 2,
        "from_year": 2024,
        "to_year": 2025,
        "stage": "POOLED",
        "origin": "ROUTE",
        "outcome": "DECLINED",
        "step": "REVIEW",
        "verdict": "EFFECTIVE",
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "done": [],
        "parts": [],
        "absorbed_sources": [],
        "failed": False,
        "group": AcceptanceGroup(residents=3, unit="planning", supervisor=True),
        "deadline": Deadline(finish_on=date(2024, 6, 30), warn_at=None, version=1),
        "category": None,
        "place": None,
        "effect_due_at": None,
        "version": 1,
    }
    data = {}
    for name, field in fact.model_fields.items():
        if not field.is_required():
            continue
        if name in small:
            data[name] = small[name]
        elif name in ("project", "into", "suggestion", "source", "batch"):
            data[name] = stream("topic" if name == "source" else name.replace("into", "project"))
        elif field.annotation is int:
            data[name] = 1
        elif field.annotation is date:
            data[name] = date(2024, 4, 8)
        elif field.annotation is datetime:
            data[name] = at("2024-04-08")
        else:
            data[name] = "甲"
    return fact.model_validate(data)


def test_every_fact_survives_the_wire() -> None:
    for kind in concrete(ProjectsFact):
        fact = sample(kind)
        assert kind.read(fact.model_dump_json()) == fact


DAYS = st.integers(0, 900).map(lambda days: date(2024, 3, 1) + timedelta(days=days))
STAGES = st.sampled_from(list(DisclosureStage))
MOVES = st.one_of(
    st.sampled_from(["pool", "score", "suspend", "cancel", "maintain", "close", "reject", "fire"]).map(
        lambda name: (name, None)
    ),
    st.tuples(
        st.sampled_from(["approve", "start", "milestone", "complete", "accept", "rectify", "delay", "resume", "carry"]),
        DAYS,
    ),
    st.tuples(st.sampled_from(["disclose", "told by topic", "told by route"]), STAGES),
    st.tuples(st.just("progress"), st.integers(0, 100)),
)
NEXT = batch.evolve(None, BatchOpened(year=2025, quarter=1, public_title="第一季度"))
FIRED = {"near": finish_near, "finish": finish_missed, "year_end": year_ended}


def move(life: Life, what: str, how: Any, now: datetime) -> None:
    """Ask one rule; `fire`: the earliest timer that is due."""
    because = asked.Because(reason="原因")
    held = (
        inspection(held=min(now, datetime.combine(how, datetime.min.time(), SHANGHAI)))
        if what
        in (
            "accept",
            "rectify",
        )
        else None
    )
    match what:
        case "pool":
            life.do(pool, asked.PoolProject(finding="共性需求"))
        case "score":
            life.do(
                score,
                asked.ScoreProject(beneficiaries=9, people=9, urgency=3, cost_yuan=9, feasibility=3),
                terms=TERMS,
            )
        case "reject":
            life.do(reject, because)
        case "approve":
            life.do(approve, approval(finish_on=how.isoformat()), now=now, terms=TERMS, town=TOWN, decision=None)
        case "start":
            life.do(start, asked.StartProject(started_on=how), now=now)
        case "milestone":
            life.do(reach_milestone, asked.ReachMilestone(number=1, reached_on=how), now=now)
        case "progress":
            life.do(progress, asked.ReportProgress(percent=how, spent_yuan=how))
        case "suspend":
            life.do(suspend, because)
        case "resume":
            life.do(resume, asked.ResumeProject(finish_on=how), now=now, terms=TERMS)
        case "delay":
            life.do(delay, asked.DelayProject(reason="原因", finish_on=how), now=now, terms=TERMS)
        case "carry":
            wish = asked.CarryOver(finish_on=how, batch=id_of("batch", 2))
            life.do(carry_over, wish, batch=NEXT, now=now, terms=TERMS)
        case "cancel":
            life.do(cancel, because)
        case "complete":
            life.do(complete, asked.CompleteProject(completed_on=how, spent_yuan=9, done=()), now=now)
        case "accept":
            life.do(accept, held, now=now, terms=TERMS)
        case "rectify":
            wish = asked.Rectify(**held.model_dump(), reason="原因")
            life.do(order_rectification, wish, now=now, terms=TERMS, calendar=CALENDAR)
        case "maintain":
            life.do(assign_maintainer, MAINTAINER, town=TOWN)
        case "disclose":
            life.do(disclose, asked.Disclose(stage=how))
        case "told by topic":
            life.do(told, source=TOPIC, stage=how)
        case "told by route":
            life.do(told, source=ROUTE, stage=how)
        case "close":
            life.do(close)
        case "fire":
            fire(life, now)


def fire(life: Life, now: datetime) -> None:
    """Fire what is due, as the clock would; whatever fired and said something is watched no more."""
    assert life.state is not None
    for name, watch in sorted(watches(life.state).items(), key=lambda entry: entry[1].due_at):
        if watch.due_at > now:
            continue
        when = {"due_at": watch.due_at, "version": watch.version, "now": now}
        if name == "effect":
            life.do(evaluate, demand_before=9, demand_after=1, recurred_on=None, terms=TERMS, **when)
        else:
            life.do(FIRED[name], **when)
        if name != "near":
            assert watches(life.state).get(name) != watch


BEGINNINGS = (
    pooled(),
    approved(milestones=(STEP,)),
    started(milestones=(STEP,)),
    completed(),
    accepted(),
    [*accepted(), maintained(), disclosed(DisclosureStage.ACCEPTED)],
)


@for_all(st.sampled_from(BEGINNINGS), st.lists(st.tuples(MOVES, st.integers(0, 40)), min_size=1, max_size=40))
def test_whatever_is_asked_in_whatever_order_a_project_stays_in_order(
    beginning: list[ProjectFact], moves: list[Any]
) -> None:
    life, now = Life(), at("2024-06-10")
    life.do(lambda before: beginning)
    for (what, how), days in moves:
        now += timedelta(days=days)
        with suppress(RuleBroken):
            move(life, what, how, now)
        state = life.state
        assert state is not None
        assert state.spent_yuan <= (state.budget_yuan or 0)
        if state.state is ProjectState.CLOSED:
            assert state.maintenance is not None
            assert state.disclosures[DisclosureStage.ACCEPTED].notified
        for disclosure in state.disclosures.values():
            assert disclosure.notified == (set(disclosure.told) == set(disclosure.waits_for))
        assert stored(state) == state
    assert all(ref_kind(source) in ("topic", "route") for fact in life.said for source in fact.sources)


ADAPTERS = {name: TypeAdapter(hint) for name, hint in get_type_hints(Project).items()}


def stored(state: Project) -> Project:
    """The state as it comes back from JSON columns."""
    return Project(
        *(
            ADAPTERS[field.name].validate_json(ADAPTERS[field.name].dump_json(getattr(state, field.name)))
            for field in fields(Project)
        )
    )


def test_the_configured_terms_are_those_of_the_rule_book() -> None:
    terms = CONFIGURED.on(at("2024-06-10"))
    assert (terms.acceptance_residents, terms.acceptance_satisfaction, str(terms.rectification)) == (3, 80, "P15D")
    assert (terms.effect_days, terms.effect_small_below, terms.effect_fall, terms.voting) == (90, 3, 50, False)
