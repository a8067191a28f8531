"""民心项目: from the pool to use. State, what a fact does to it, what is watched."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

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
_WORDS = {
    ProjectState.PROPOSED: "待入池",
    ProjectState.POOLED: "已入池",
    ProjectState.MERGED: "已合并",
    ProjectState.REJECTED: "不予立项",
    ProjectState.APPROVED: "已立项",
    ProjectState.IN_PROGRESS: "实施中",
    ProjectState.SUSPENDED: "暂停中",
    ProjectState.CANCELLED: "已取消",
    ProjectState.COMPLETED: "已完工",
    ProjectState.ACCEPTED: "已验收",
    ProjectState.CLOSED: "已办结",
}


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
class Disclosure:
    """公开 of one stage: which sources others must tell, which they have told, whether that was said."""

    waits_for: tuple[str, ...]
    told: tuple[str, ...] = ()
    notified: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """民心项目.

    `sources`: its own and those of `absorbed` projects (by `project/uuid`); `first_finish_on`: the date first promised,
    kept for ever; `year`: the year it should be finished in, moved on by a carry-over; `warned`, `missed`: the deadline
    versions that were; `reached`: the stages that can be disclosed. Money in whole yuan, dates in Asia/Shanghai.
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
    own_sources: tuple[str, ...]
    sources: tuple[str, ...]
    absorbed: dict[str, Absorbed]
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
    milestones: tuple[Milestone, ...] = ()
    started_on: date | None = None
    percent: int = 0
    spent_yuan: int = 0
    done: tuple[WorkDone, ...] = ()
    completed_on: date | None = None
    accepted_at: datetime | None = None
    effect_due_at: datetime | None = None
    verdict: EffectVerdict | None = None
    owner: str | None = None
    maintainer: str | None = None
    reached: tuple[DisclosureStage, ...] = ()
    disclosures: dict[DisclosureStage, Disclosure] | None = None


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
            return replace(before, vote=Vote(fact.in_favour, fact.against, fact.abstained))
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
            reached = tuple(stage for stage in before.reached if stage is not DisclosureStage.COMPLETED)
            back = replace(before, state=ProjectState.IN_PROGRESS, completed_on=None, reached=reached)
            return _due(back, fact.deadline)
        case ProjectAccepted():
            accepted = replace(before, accepted_at=fact.accepted_at, effect_due_at=fact.effect_due_at)
            return _at(accepted, ProjectState.ACCEPTED, DisclosureStage.ACCEPTED)
        case MaintainerAssigned():
            return replace(before, owner=fact.owner, maintainer=fact.maintainer)
        case ProjectDisclosed() | SourceTold() | SourcesNotified():
            return _told(before, fact)
        case ProjectClosed():
            return replace(before, state=ProjectState.CLOSED)
        case ProjectEvaluated():
            return replace(before, verdict=fact.verdict)
        case _:
            raise AssertionError(f"{fact.wire_type} is no fact of a project")
