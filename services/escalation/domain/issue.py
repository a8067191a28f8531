"""吹哨事项: its states, what changes them, and what it is watched for."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from shared.events.escalation import (
    ActionPlanned,
    DeadlineExtended,
    DeadlinePaused,
    DeadlineResumed,
    DepartmentEvaluated,
    DepartmentScore,
    IssueClosed,
    IssueEscalated,
    IssueFact,
    IssueMustered,
    IssueProgressed,
    IssueRaisedToDistrict,
    IssueReopened,
    IssueResolved,
    IssueWithdrawn,
    LadderStep,
    LeadReassigned,
    PlanStep,
    ScoreCommented,
    SupervisionLevel,
    SupervisionStarted,
    WhistleApprovalMissed,
    WhistleApproved,
    WhistleEvaluated,
    WhistleRejected,
    WhistleRequested,
    WorkDone,
)
from shared.events.vocabulary import WhistleKind
from shared.rules.broken import Reason, RuleBroken
from shared.rules.deadline import Watch, part

TOWN_HALL = "town"
"""The unit code of whoever speaks for the town hall itself."""
DISTRICT = "district"
"""The unit code of whoever receives for the district what is raised to it."""


class IssueState(StrEnum):
    """事项状态."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    ESCALATED = "ESCALATED"
    MUSTERED = "MUSTERED"
    PLANNED = "PLANNED"
    HANDLING = "HANDLING"
    RESOLVED = "RESOLVED"
    EVALUATED = "EVALUATED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


UNDER_WAY = (IssueState.ESCALATED, IssueState.MUSTERED, IssueState.PLANNED, IssueState.HANDLING)
"""The departments are called and the matter is not solved."""
SOLVED = (IssueState.RESOLVED, IssueState.EVALUATED)
ENDED = (IssueState.REJECTED, IssueState.CLOSED, IssueState.WITHDRAWN)
_LEVELS = tuple(SupervisionLevel)
STATE_WORDS = {
    IssueState.REQUESTED: "待审批",
    IssueState.APPROVED: "已同意，待吹哨",
    IssueState.REJECTED: "不予吹哨",
    IssueState.ESCALATED: "已吹哨，待集结",
    IssueState.MUSTERED: "已集结",
    IssueState.PLANNED: "已有方案",
    IssueState.HANDLING: "处置中",
    IssueState.RESOLVED: "已解决，待考核",
    IssueState.EVALUATED: "已考核",
    IssueState.CLOSED: "已办结",
    IssueState.WITHDRAWN: "已撤哨",
}
"""What the states are called."""


@dataclass(frozen=True, slots=True)
class Issue:
    """吹哨事项.

    `lead`, `support`, `due_at`: proposed until it is escalated. `runs_from`: the start of the limit, moved on by pauses.
    `supervision`: the highest level reached in this deadline version. `done`: what each department has done so far.
    `communities`: whom it concerns besides `community`. `needed_by`: when the complaint it comes from is due.
    `score_comments`: which departments have commented on their score.
    """

    state: IssueState
    community: str | None
    category: str
    place: str | None
    public_title: str
    whistle: WhistleKind
    requested_by: str
    requested_at: datetime
    approval_due_at: datetime
    sources: tuple[str, ...] = ()
    approved_at: datetime | None = None
    approval_missed: bool = False
    caller: str | None = None
    lead: str | None = None
    support: tuple[str, ...] = ()
    task: str | None = None
    due_at: datetime | None = None
    deadline_version: int = 0
    runs_from: datetime | None = None
    paused_at: datetime | None = None
    ladder: tuple[LadderStep, ...] = ()
    supervision: SupervisionLevel | None = None
    plan: tuple[PlanStep, ...] = ()
    done: dict[str, tuple[WorkDone, ...]] = field(default_factory=dict)
    resolved_at: datetime | None = None
    result: str | None = None
    scores: dict[str, DepartmentScore] = field(default_factory=dict)
    whistle_evaluated_by: tuple[str, ...] = ()
    reason: str | None = None
    communities: tuple[str, ...] = ()
    needed_by: datetime | None = None
    score_comments: tuple[str, ...] = ()

    @property
    def concerned(self) -> tuple[str, ...]:
        """Every community whose matter it is, the one where it lies first."""
        return (self.community, *self.communities) if self.community else self.communities

    @property
    def called(self) -> tuple[str, ...]:
        """主责和协办部门."""
        return (self.lead, *self.support) if self.lead else self.support


def evolve(before: Issue | None, fact: IssueFact) -> Issue:
    """before, fact -> after: the whole lifecycle of an issue."""
    if isinstance(fact, WhistleRequested):
        return _requested(fact)
    assert before is not None, f"{type(fact).__name__} of an issue that nobody requested"
    match fact:
        case WhistleApproved():
            first = before.state is IssueState.REQUESTED
            return replace(before, approved_at=fact.approved_at, state=IssueState.APPROVED if first else before.state)
        case WhistleApprovalMissed():
            return replace(before, approval_missed=True)
        case WhistleRejected():
            return replace(before, state=IssueState.REJECTED, reason=fact.reason)
        case IssueEscalated():
            return _escalated(before, fact)
        case LeadReassigned():
            return replace(before, lead=fact.lead, support=fact.support)
        case IssueMustered():
            return replace(before, state=IssueState.MUSTERED)
        case ActionPlanned():
            first = before.state is IssueState.MUSTERED
            return replace(before, plan=fact.steps, state=IssueState.PLANNED if first else before.state)
        case IssueProgressed():
            done = before.done | {fact.by: fact.done} if fact.done else before.done
            return replace(before, state=IssueState.HANDLING, done=done)
        case IssueResolved():
            return replace(before, state=IssueState.RESOLVED, resolved_at=fact.confirmed_at, result=fact.result)
        case IssueReopened():
            return _reopened(before, fact)
        case DepartmentEvaluated():
            scores = before.scores | {fact.department: fact.score}
            return replace(before, scores=scores, state=_evaluated(before, fact.complete))
        case ScoreCommented():
            return replace(before, score_comments=(*before.score_comments, fact.department))
        case WhistleEvaluated():
            judges = (*before.whistle_evaluated_by, fact.by)
            return replace(before, whistle_evaluated_by=judges, state=_evaluated(before, fact.complete))
        case IssueClosed():
            return replace(before, state=IssueState.CLOSED)
        case IssueWithdrawn():
            return replace(before, state=IssueState.WITHDRAWN, reason=fact.reason)
        case DeadlineExtended():
            return replace(before, due_at=fact.due_at, deadline_version=fact.deadline_version, supervision=None)
        case DeadlinePaused():
            return replace(before, paused_at=fact.paused_at, deadline_version=fact.deadline_version)
        case DeadlineResumed():
            return _resumed(before, fact)
        case SupervisionStarted():
            return replace(before, supervision=fact.level)
        case IssueRaisedToDistrict():
            return replace(before, supervision=SupervisionLevel.DISTRICT)
    raise AssertionError(f"an issue knows nothing of {type(fact).__name__}")


def _requested(fact: WhistleRequested) -> Issue:
    return Issue(
        state=IssueState.REQUESTED,
        community=fact.community,
        category=fact.category,
        place=fact.place,
        public_title=fact.public_title,
        whistle=fact.whistle,
        requested_by=fact.requested_by,
        requested_at=fact.requested_at,
        approval_due_at=fact.approval_due_at,
        sources=fact.sources,
        lead=fact.lead,
        support=fact.support,
        due_at=fact.due_at,
        communities=fact.communities,
        needed_by=fact.needed_by,
    )


def _escalated(before: Issue, fact: IssueEscalated) -> Issue:
    return replace(
        before,
        state=IssueState.ESCALATED,
        community=fact.community,
        caller=fact.caller,
        lead=fact.lead,
        support=fact.support,
        task=fact.task,
        due_at=fact.due_at,
        deadline_version=fact.deadline_version,
        runs_from=fact.escalated_at or before.requested_at,
        ladder=fact.ladder,
        communities=fact.communities,
    )


def _reopened(before: Issue, fact: IssueReopened) -> Issue:
    return replace(
        before,
        state=IssueState.HANDLING,
        due_at=fact.due_at,
        deadline_version=fact.deadline_version,
        runs_from=fact.reopened_at,
        paused_at=None,
        supervision=None,
        resolved_at=None,
        result=None,
        scores={},
        whistle_evaluated_by=(),
        score_comments=(),
        reason=fact.reason,
    )


def _resumed(before: Issue, fact: DeadlineResumed) -> Issue:
    assert before.due_at is not None
    assert before.runs_from is not None
    return replace(
        before,
        due_at=fact.due_at,
        deadline_version=fact.deadline_version,
        runs_from=before.runs_from + (fact.due_at - before.due_at),
        paused_at=None,
        supervision=None,
    )


def _evaluated(before: Issue, complete: bool) -> IssueState:
    return IssueState.EVALUATED if complete else before.state


APPROVAL = "approval"
"""The timer of the town leader's decision."""


def ladder_timer(level: SupervisionLevel) -> str:
    """The timer of this level of supervision."""
    return f"supervise-{level}"


def watches(issue: Issue) -> dict[str, Watch]:
    """What is due: the town leader's decision, and the levels of supervision above the one reached."""
    found: dict[str, Watch] = {}
    if issue.approved_at is None and not issue.approval_missed and issue.state not in ENDED:
        found[APPROVAL] = Watch(issue.approval_due_at)
    if issue.state in UNDER_WAY and issue.paused_at is None and issue.due_at and issue.runs_from:
        for step in issue.ladder:
            if above(step.level, issue.supervision):
                moment = part(issue.runs_from, issue.due_at, 1 + step.percent_past_due / 100)
                found[ladder_timer(step.level)] = Watch(moment, issue.deadline_version)
    return found


def above(level: SupervisionLevel, reached: SupervisionLevel | None) -> bool:
    """Whether this level is higher than the one reached."""
    return reached is None or _LEVELS.index(level) > _LEVELS.index(reached)


def born(before: Issue | None) -> Issue:
    """The issue; refuses what nobody has requested."""
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这一吹哨事项"))
    return before


def must_be(issue: Issue, *states: IssueState) -> Reason | Literal[False]:
    """The reason against anything that is not done in this state."""
    return issue.state not in states and Reason("wrong_state", f"该事项{STATE_WORDS[issue.state]}，不能进行此操作")


def must_call(issue: Issue, by: str) -> Reason | Literal[False]:
    """The reason against anybody but the caller."""
    return issue.caller != by and Reason("not_the_caller", "只有吹哨单位可以进行此操作")
