"""A small town, its terms, and projects as far as a test needs them."""

from datetime import date, datetime, timedelta
from functools import reduce
from pathlib import Path
from uuid import UUID

import yaml

from services.projects.domain import asked, project
from services.projects.domain.project import Project
from services.projects.domain.terms import Terms
from shared.events.base import derived, ref
from shared.events.projects import (
    AcceptanceGroup,
    Deadline,
    MaintainerAssigned,
    PlannedMilestone,
    ProjectAccepted,
    ProjectApproved,
    ProjectCompleted,
    ProjectDisclosed,
    ProjectFact,
    ProjectOrigin,
    ProjectPooled,
    ProjectProposed,
    ProjectStarted,
    SuggestionCollected,
    SuggestionFact,
    SuggestionOrigin,
    SuggestionReviewed,
    WorkDone,
)
from shared.events.vocabulary import (
    CommunityKind,
    DisclosureStage,
    FiveQualities,
    ProjectCategory,
    Quantity,
)
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI, Category, Community, Dated, Place, Town, Unit, UnitLevel

CONFIGURED = Dated[Terms](versions=yaml.safe_load(Path("config/township.yaml").read_text("utf-8"))["projects"])
TERMS = CONFIGURED.versions[0]
CALENDAR = Calendar()
TOWN = Town(
    name="北宫镇",
    communities=(
        Community(code="zhangguozhuang", name="张郭庄村", kind=CommunityKind.VILLAGE),
        Community(code="dahuichang", name="大灰厂社区", kind=CommunityKind.RESIDENTIAL),
    ),
    places=(
        Place(code="zgz-road", name="张郭庄村路", community="zhangguozhuang"),
        Place(code="dhc-estate", name="大灰厂小区", community="dahuichang"),
    ),
    categories=(Category(code="parking", name="停车", group="交通"),),
    units=(Unit(code="planning", name="规划建设与环境保护办公室", level=UnitLevel.TOWN),),
)


def at(day: str, hour: int = 9) -> datetime:
    """This hour of this day in Asia/Shanghai."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)


def state_of(facts: list[ProjectFact]) -> Project:
    """The project after these facts."""
    found = reduce(project.evolve, facts, None)
    assert found is not None
    return found


def stream(kind: str, number: int = 1) -> str:
    """`kind/uuid`, the same for the same number."""
    return ref(kind, derived(kind, number))


def id_of(kind: str, number: int = 1) -> UUID:
    """The uuid of `stream`."""
    return derived(kind, number)


TOPIC, ROUTE, HOTSPOT, INSPECTION = (stream(kind) for kind in ("topic", "route", "hotspot", "inspection"))
SUGGESTION, PROJECT, OTHER, BATCH = stream("suggestion"), stream("project"), stream("project", 2), stream("batch")
SOURCES = (TOPIC, ROUTE)
PROPOSED_AT, NOW = at("2024-03-01"), at("2024-04-01")
BARRIERS = WorkDone(quantity=Quantity.PLACES, amount=2, work="道路两侧护栏")
GROUP = AcceptanceGroup(residents=3, unit="planning", supervisor=True)


REVIEW_DUE, ANSWER_DUE = NOW + timedelta(days=7), NOW + timedelta(days=30)


def collected(sources: tuple[str, ...] = (ROUTE,)) -> SuggestionCollected:
    return SuggestionCollected(
        origin=SuggestionOrigin.ROUTE,
        community=None,
        category="parking",
        place=None,
        public_title=None,
        review_due_at=REVIEW_DUE,
        answer_due_at=ANSWER_DUE,
        sources=sources,
    )


def reviewed(sources: tuple[str, ...] = (ROUTE,)) -> SuggestionReviewed:
    return SuggestionReviewed(
        unit="planning",
        community="zhangguozhuang",
        category="parking",
        place="zgz-road",
        public_title="村路设护栏",
        sources=sources,
    )


IN_REVIEW: list[SuggestionFact] = [collected(), reviewed()]
"""A suggestion under review."""


def proposed(
    *,
    sources: tuple[str, ...] = SOURCES,
    category: str | None = "parking",
    place: str | None = "zgz-road",
    community: str = "zhangguozhuang",
    at: datetime = PROPOSED_AT,
    origin: ProjectOrigin = ProjectOrigin.DELIBERATION,
) -> ProjectProposed:
    return ProjectProposed(
        community=community,
        category=category,
        place=place,
        public_title="村路两侧设护栏",
        project_category=ProjectCategory.TRAVEL,
        tags=(FiveQualities.SAFETY, FiveQualities.CONVENIENCE),
        people=5,
        proposed_at=at,
        origin=origin,
        sources=sources,
    )


def pooled(**named: tuple[str, ...]) -> list[ProjectFact]:
    """In the pool."""
    born = proposed(**named)
    return [born, ProjectPooled(finding="共性需求，条件具备", sources=born.sources)]


def due(finish_on: str = "2024-06-30", version: int = 1, warned_days: int | None = 14) -> Deadline:
    day = date.fromisoformat(finish_on)
    midnight = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(days=1)
    return Deadline(
        finish_on=day, warn_at=midnight - timedelta(days=warned_days) if warned_days else None, version=version
    )


def approved(*, milestones: tuple[PlannedMilestone, ...] = (), **named: tuple[str, ...]) -> list[ProjectFact]:
    """Approved on 2024-04-01: 50,000 yuan, to be finished by 2024-06-30."""
    facts = pooled(**named)
    approval = ProjectApproved(
        batch=BATCH,
        unit="planning",
        post="规划建设与环境保护办公室主任",
        budget_yuan=50_000,
        start_on=date(2024, 4, 8),
        deadline=due(),
        milestones=milestones,
        sources=facts[0].sources,
    )
    return [*facts, approval]


def started(*, milestones: tuple[PlannedMilestone, ...] = (), **named: tuple[str, ...]) -> list[ProjectFact]:
    """Started on 2024-04-08."""
    facts = approved(milestones=milestones, **named)
    return [*facts, ProjectStarted(started_on=date(2024, 4, 8), sources=facts[0].sources)]


def completed(**named: tuple[str, ...]) -> list[ProjectFact]:
    """Completed on 2024-06-01."""
    facts = started(**named)
    sources = facts[0].sources
    return [
        *facts,
        ProjectCompleted(completed_on=date(2024, 6, 1), spent_yuan=48_000, done=(BARRIERS,), sources=sources),
    ]


def accepted(*, effect: bool = True, **named: tuple[str, ...]) -> list[ProjectFact]:
    """Accepted on 2024-06-10."""
    facts = completed(**named)
    held_at = at("2024-06-10")
    acceptance = ProjectAccepted(
        accepted_at=held_at,
        group=GROUP,
        asked=10,
        satisfied=9,
        effect_due_at=held_at + timedelta(days=90) if effect else None,
        sources=facts[0].sources,
    )
    return [*facts, acceptance]


def maintained(sources: tuple[str, ...] = SOURCES) -> MaintainerAssigned:
    return MaintainerAssigned(
        owner="zhangguozhuang",
        maintainer="zhangguozhuang",
        duties="日常巡查与维修",
        manner="村集体自管",
        funding="村集体经费",
        sources=sources,
    )


def disclosed(
    stage: DisclosureStage, *, sources: tuple[str, ...] = SOURCES, waits_for: tuple[str, ...] | None = None
) -> ProjectDisclosed:
    return ProjectDisclosed(
        stage=stage,
        public_title="村路两侧设护栏",
        community="zhangguozhuang",
        waits_for=sources if waits_for is None else waits_for,
        sources=sources,
    )


def approval(
    *,
    budget_yuan: int = 50_000,
    raised_yuan: int = 0,
    start_on: str = "2024-04-08",
    finish_on: str = "2024-06-30",
    milestones: tuple[PlannedMilestone, ...] = (),
    unit: str = "planning",
    assembly: UUID | None = None,
) -> asked.ApproveProject:
    """The request that leads to `approved`."""
    return asked.ApproveProject(
        batch=id_of("batch"),
        unit=unit,
        post="规划建设与环境保护办公室主任",
        budget_yuan=budget_yuan,
        raised_yuan=raised_yuan,
        assembly=assembly,
        start_on=date.fromisoformat(start_on),
        finish_on=date.fromisoformat(finish_on),
        milestones=milestones,
    )


def inspection(
    *,
    residents: int = 3,
    unit: str = "planning",
    supervisor: bool = True,
    builder: bool = False,
    asked_people: int = 10,
    satisfied: int = 9,
    held: datetime | None = None,
) -> asked.Inspection:
    """The request that leads to `accepted`."""
    return asked.Inspection(
        held_at=held or at("2024-06-10"),
        group=AcceptanceGroup(residents=residents, unit=unit, supervisor=supervisor),
        builder_present=builder,
        asked=asked_people,
        satisfied=satisfied,
    )
