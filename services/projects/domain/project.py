"""民心项目: from the pool to use. State, what a fact does to it, what is watched."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from services.projects.domain.sources import origin_of
from shared.events.projects import (
    Deadline,
    EffectVerdict,
    MaintainerAssigned,
    MilestoneReached,
    ProjectAbsorbed,
    ProjectAccepted,
    ProjectApproved,
    ProjectCancelled,
    ProjectCarriedOver,
    ProjectClosed,
    ProjectCompleted,
    ProjectDeadlineNear,
    ProjectDelayed,
    ProjectDisclosed,
    ProjectEvaluated,
    ProjectFact,
    ProjectOrigin,
    ProjectOverdue,
    ProjectPooled,
    ProjectProgressed,
    ProjectProposed,
    ProjectRejected,
    ProjectReleased,
    ProjectResumed,
    ProjectScored,
    ProjectsMerged,
    ProjectStarted,
    ProjectsUnmerged,
    ProjectSuspended,
    ProjectVoted,
    RectificationOrdered,
    ScorePart,
    SourcesNotified,
    SourceTold,
    WorkDone,
)
from shared.events.vocabulary import DisclosureStage, ProjectCategory, Tag
from shared.rules.broken import Reason, RuleBroken
from shared.rules.deadline import Watch
from shared.rules.naming import STATES
from shared.rules.township import SHANGHAI


class ProjectState(StrEnum):
    """PROPOSED → POOLED → APPROVED → IN_PROGRESS → COMPLETED → ACCEPTED → CLOSED, and the ways out."""

    PROPOSED = "PROPOSED"
    POOLED = "POOLED"
    MERGED = "MERGED"
    REJECTED = "REJECTED"
    APPROVED = "APPROVED"
    IN_PROGRESS = "IN_PROGRESS"
    SUSPENDED = "SUSPENDED"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


UNFINISHED = (ProjectState.APPROVED, ProjectState.IN_PROGRESS, ProjectState.SUSPENDED)
"""Approved and not yet completed."""
STATE_WORDS = {state: STATES["project"][state] for state in ProjectState}
"""What each state is called."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a merged project has brought along."""

    community: str
    category: str | None
    place: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """票决结果."""

    held_on: date
    in_favour: int
    against: int
    abstained: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """里程碑 of the plan, and when it was reached."""

    public_title: str
    due_on: date
    reached_on: date | None = None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """管护: owner and maintainer are codes of units or communities."""

    owner: str
    maintainer: str
    duties: str
    manner: str
    funding: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """公开 of one stage: which sources others must tell, which they have told, whether that was said."""

    waits_for: tuple[str, ...]
    told: tuple[str, ...] = ()
    notified: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """民心项目.

    `sources`: its own and those of `absorbed` projects (by `project/uuid`); `first_finish_on`: the date first promised,
    kept for ever; `year`: the year it should be finished in, moved on by a carry-over; `batch`: where its money was
    approved, and stays; `carried_into`: the batch it was carried over to; `warned`, `missed`: the deadline versions that
    were; `reached`: the stages that can be disclosed. Money in whole yuan, dates in Asia/Shanghai.
    """

    state: ProjectState
    community: str
    category: str | None
    place: str | None
    public_title: str
    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    people: int | None
    proposed_at: datetime
    origin: ProjectOrigin
    own_sources: tuple[str, ...]
    sources: tuple[str, ...]
    absorbed: dict[str, Absorbed]
    disclosures: dict[DisclosureStage, Disclosure]
    merged_into: str | None = None
    score: int | None = None
    score_parts: tuple[ScorePart, ...] = ()
    vote: Vote | None = None
    batch: str | None = None
    unit: str | None = None
    post: str | None = None
    budget_yuan: int | None = None
    raised_yuan: int = 0
    start_on: date | None = None
    finish_on: date | None = None
    first_finish_on: date | None = None
    warn_at: datetime | None = None
    deadline_version: int = 0
    warned: int = 0
    missed: int = 0
    year: int | None = None
    carried_over: int = 0
    carried_into: str | None = None
    milestones: tuple[Milestone, ...] = ()
    started_on: date | None = None
    percent: int = 0
    spent_yuan: int = 0
    done: tuple[WorkDone, ...] = ()
    completed_on: date | None = None
    accepted_at: datetime | None = None
    effect_due_at: datetime | None = None
    verdict: EffectVerdict | None = None
    maintenance: Maintenance | None = None
    reached: tuple[DisclosureStage, ...] = ()


def evolve(before: Project | None, fact: ProjectFact) -> Project:
    """The project after this fact."""
    if isinstance(fact, ProjectProposed):
        return _proposed(fact)
    assert before is not None, f"{fact.wire_type} of a project that was never proposed"
    match fact:
        case ProjectPooled():
            return _at(before, ProjectState.POOLED, DisclosureStage.POOLED)
        case ProjectsMerged():
            return replace(before, state=ProjectState.MERGED, merged_into=fact.into)
        case ProjectsUnmerged():
            return replace(before, state=ProjectState.POOLED, merged_into=None)
        case ProjectAbsorbed():
            brought = Absorbed(fact.community, fact.category, fact.place, fact.absorbed_sources)
            return replace(before, sources=fact.sources, absorbed=before.absorbed | {fact.project: brought})
        case ProjectReleased():
            stay = {name: brought for name, brought in before.absorbed.items() if name != fact.project}
            return replace(before, sources=fact.sources, absorbed=stay)
        case ProjectScored():
            return replace(before, score=fact.score, score_parts=fact.parts)
        case ProjectVoted():
            return replace(before, vote=Vote(fact.held_on, fact.in_favour, fact.against, fact.abstained))
        case ProjectApproved():
            return _approved(before, fact)
        case ProjectRejected():
            return replace(before, state=ProjectState.REJECTED)
        case ProjectStarted():
            started = replace(before, started_on=fact.started_on)
            return _at(started, ProjectState.IN_PROGRESS, DisclosureStage.STARTED)
        case MilestoneReached():
            return _milestone(before, fact)
        case ProjectProgressed():
            return replace(before, percent=fact.percent, spent_yuan=fact.spent_yuan, done=fact.done)
        case ProjectDelayed():
            return _due(before, fact.deadline)
        case ProjectSuspended():
            return replace(before, state=ProjectState.SUSPENDED)
        case ProjectResumed():
            return replace(_due(before, fact.deadline), state=ProjectState.IN_PROGRESS)
        case ProjectCancelled():
            return replace(before, state=ProjectState.CANCELLED)
        case ProjectCarriedOver():
            return _carried_over(before, fact)
        case ProjectDeadlineNear():
            return replace(before, warned=fact.version)
        case ProjectOverdue():
            return replace(before, missed=fact.version)
        case ProjectCompleted():
            completed = replace(
                before, completed_on=fact.completed_on, percent=100, spent_yuan=fact.spent_yuan, done=fact.done
            )
            return _at(completed, ProjectState.COMPLETED, DisclosureStage.COMPLETED)
        case RectificationOrdered():
            return _rectifying(before, fact)
        case ProjectAccepted():
            accepted = replace(before, accepted_at=fact.accepted_at, effect_due_at=fact.effect_due_at)
            return _at(accepted, ProjectState.ACCEPTED, DisclosureStage.ACCEPTED)
        case MaintainerAssigned():
            return replace(
                before, maintenance=Maintenance(fact.owner, fact.maintainer, fact.duties, fact.manner, fact.funding)
            )
        case ProjectDisclosed() | SourceTold() | SourcesNotified():
            return _told(before, fact)
        case ProjectClosed():
            return replace(before, state=ProjectState.CLOSED)
        case ProjectEvaluated():
            return replace(before, verdict=fact.verdict)
        case _:
            raise AssertionError(f"{fact.wire_type} is no fact of a project")


def watches(state: Project) -> dict[str, Watch]:
    """`near` and `finish` per deadline version, `year_end` per year, `effect` once."""
    due = {}
    if state.state in (ProjectState.APPROVED, ProjectState.IN_PROGRESS) and state.finish_on is not None:
        version = state.deadline_version
        if state.missed < version:
            due["finish"] = Watch(end_of(state.finish_on), version)
            if state.warned < version and state.warn_at is not None:
                due["near"] = Watch(state.warn_at, version)
    if state.state in UNFINISHED and state.year is not None:
        due["year_end"] = Watch(end_of(date(state.year, 12, 31)), state.year)
    if state.effect_due_at is not None and state.verdict is None:
        due["effect"] = Watch(state.effect_due_at)
    return due


def standing(before: Project | None, name: str, due_at: datetime, version: int) -> Project | None:
    """The project, if this timer is still one that it watches."""
    if before is None or watches(before).get(name) != Watch(due_at, version):
        return None
    return before


def end_of(day: date) -> datetime:
    """The midnight that ends this day in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI) + timedelta(days=1)


def found(before: Project | None) -> Project:
    """The project; raises `RuleBroken` when there is none."""
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这个项目"))
    return before


def not_in(project: Project, *allowed: ProjectState) -> Reason | None:
    """The reason why this cannot be done in the state the project is in."""
    if project.state in allowed:
        return None
    return Reason("wrong_state", f"项目{STATE_WORDS[project.state]}，不能这样办理")


def _proposed(fact: ProjectProposed) -> Project:
    return Project(
        state=ProjectState.PROPOSED,
        community=fact.community,
        category=fact.category,
        place=fact.place,
        public_title=fact.public_title,
        project_category=fact.project_category,
        tags=fact.tags,
        people=fact.people,
        proposed_at=fact.proposed_at,
        origin=fact.origin or origin_of(fact.sources),
        own_sources=fact.sources,
        sources=fact.sources,
        absorbed={},
        disclosures={},
    )


def _at(before: Project, state: ProjectState, stage: DisclosureStage) -> Project:
    return replace(before, state=state, reached=(*before.reached, stage))


def _due(before: Project, deadline: Deadline) -> Project:
    return replace(before, finish_on=deadline.finish_on, warn_at=deadline.warn_at, deadline_version=deadline.version)


def _approved(before: Project, fact: ProjectApproved) -> Project:
    approved = replace(
        before,
        batch=fact.batch,
        unit=fact.unit,
        post=fact.post,
        budget_yuan=fact.budget_yuan,
        raised_yuan=fact.raised_yuan,
        start_on=fact.start_on,
        first_finish_on=fact.deadline.finish_on,
        year=fact.deadline.finish_on.year,
        milestones=tuple(Milestone(step.public_title, step.due_on) for step in fact.milestones),
    )
    return _at(_due(approved, fact.deadline), ProjectState.APPROVED, DisclosureStage.APPROVED)


def _milestone(before: Project, fact: MilestoneReached) -> Project:
    index = fact.number - 1
    step = replace(before.milestones[index], reached_on=fact.reached_on)
    return replace(before, milestones=(*before.milestones[:index], step, *before.milestones[index + 1 :]))


def _carried_over(before: Project, fact: ProjectCarriedOver) -> Project:
    later = before.year is None or fact.to_year > before.year
    carried = replace(
        before,
        year=fact.to_year if later else before.year,
        carried_over=before.carried_over + later,
        carried_into=fact.batch or before.carried_into,
    )
    return carried if fact.deadline is None else _due(carried, fact.deadline)


def _rectifying(before: Project, fact: RectificationOrdered) -> Project:
    """Back to work; whoever had completed in time was not unfinished at the end of a year that is over."""
    ordered_in = fact.inspected_at.astimezone(SHANGHAI).year
    back = replace(
        before,
        state=ProjectState.IN_PROGRESS,
        completed_on=None,
        reached=tuple(stage for stage in before.reached if stage is not DisclosureStage.COMPLETED),
        year=max(before.year or ordered_in, ordered_in),
    )
    return _due(back, fact.deadline)


def _told(before: Project, fact: ProjectDisclosed | SourceTold | SourcesNotified) -> Project:
    match fact:
        case ProjectDisclosed():
            after = Disclosure(fact.waits_for)
        case SourceTold():
            stood = before.disclosures[fact.stage]
            after = replace(stood, told=(*stood.told, fact.source))
        case SourcesNotified():
            after = replace(before.disclosures[fact.stage], notified=True)
    return replace(before, disclosures=before.disclosures | {fact.stage: after})
