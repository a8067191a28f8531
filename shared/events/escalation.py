"""What escalation (吹哨报到) says on `escalation.events`: issues and the duties of the departments.

A unit is named by its code (`town` is the town hall itself); persons stand in no fact. `deadline_version` begins with 1
and grows with every new due date: whoever warns or reproaches does so once per version.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.events.base import Code, Fact, Line, Moment, Prose, Ref, Value
from shared.events.vocabulary import CheckInMode, Quantity, WhistleKind

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 by which a photo or document kept as evidence is known, in hexadecimal."""
DeadlineVersion = Annotated[int, Field(ge=1)]
"""期限版本: 1, then one more with every new due date."""
Points = Annotated[int, Field(ge=0, le=100)]
"""得分 or percentage, 0 to 100."""


class SupervisionLevel(StrEnum):
    """督办层级: 提醒 部门负责人 镇领导 区级."""

    REMINDER = "REMINDER"
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD"
    TOWN_LEADER = "TOWN_LEADER"
    DISTRICT = "DISTRICT"


class LadderStep(Value):
    """督办阶梯: the level that is reached when so much of the limit has passed after the due date."""

    level: SupervisionLevel
    percent_past_due: Annotated[int, Field(ge=0, le=1000)]


class WorkDone(Value):
    """工程量: work that is counted, e.g. 清运垃圾 8 TRUCKLOADS."""

    work: Line
    amount: Annotated[int, Field(ge=1, le=10_000_000)]
    quantity: Quantity


class PlanStep(Value):
    """方案步骤: what, by which called department, until when."""

    task: Line
    owner: Code
    due_at: Moment


class EscalationFact(Fact, abstract=True):
    """Anything escalation says."""

    said_by = "escalation"


class IssueFact(EscalationFact, abstract=True):
    """A fact of one issue (吹哨事项). `sources`: the topics, routes or hotspots it comes from."""

    kind = "issue"
    sources: tuple[Ref, ...] = ()


class WhistleRequested(IssueFact):
    """请求吹哨: nobody has been called yet; the town leader decides.

    `community`: None where the route did not know it. `communities`: whom it concerns besides (联合哨). `lead`, `support`,
    `due_at`: what the request proposes. `needed_by`: when the complaint it comes from is due.
    `proposed_by`: the town's rule that proposed lead and support, where nobody had.
    """

    community: Code | None
    category: Code
    place: Code | None
    public_title: Line
    whistle: WhistleKind
    requested_by: Code
    requested_at: Moment
    approval_due_at: Moment
    lead: Code | None = None
    support: tuple[Code, ...] = ()
    due_at: Moment | None = None
    communities: tuple[Code, ...] = ()
    needed_by: Moment | None = None
    proposed_by: Line | None = None


class WhistleApproved(IssueFact):
    """同意吹哨. `late`: after the limit of approval; an EMERGENCY may have been blown already."""

    approved_at: Moment
    late: bool
    note: Line | None = None


class WhistleApprovalMissed(IssueFact):
    """吹哨审批超时: the town leader has not decided in time."""

    due_at: Moment


class WhistleRejected(IssueFact):
    """不予吹哨, with the reason."""

    reason: Line


class IssueEscalated(IssueFact):
    """吹哨: the caller calls exactly one lead department, any support, with a due date [S].

    `hard`: the longer limit for hard matters. `ladder`: who is told when it is overdue, as it held on this day.
    `communities`: whom it concerns besides `community` (联合哨).
    """

    community: Code
    category: Code
    place: Code | None
    whistle: WhistleKind
    caller: Code
    lead: Code
    support: tuple[Code, ...] = ()
    due_at: Moment
    task: Prose
    escalated_at: Moment | None = None
    deadline_version: DeadlineVersion = 1
    hard: bool = False
    ladder: tuple[LadderStep, ...] = ()
    communities: tuple[Code, ...] = ()


class LeadReassigned(IssueFact):
    """改派主责部门 after an objection: the lead is never empty. `support`: who supports from now on."""

    lead: Code
    previous: Code
    support: tuple[Code, ...]
    reason: Line


class IssueMustered(IssueFact):
    """集结到位: the lead and every department that is not excused have checked in."""

    mustered_at: Moment


class ActionPlanned(IssueFact):
    """行动方案, by the lead department: steps, owners, dates. A later plan replaces the earlier one."""

    by: Code
    steps: tuple[PlanStep, ...]


class IssueProgressed(IssueFact):
    """处置进展, by a called department. `done`: all that it has done so far."""

    by: Code
    done: tuple[WorkDone, ...] = ()
    evidence: tuple[Sha256, ...] = ()
    note: Line | None = None


class IssueResolved(IssueFact):
    """问题解决: the caller confirmed it on site. `late`: after the due date."""

    confirmed_at: Moment
    result: Prose
    late: bool = False


class IssueReopened(IssueFact):
    """重新处置: not solved after all; with a new due date."""

    reason: Line
    due_at: Moment
    deadline_version: DeadlineVersion
    reopened_at: Moment


class DepartmentScore(Value):
    """部门得分: points of each part, and of how many."""

    acknowledge: Points
    check_in: Points
    solved: Points
    cooperation: Points
    total: Points


class DepartmentEvaluated(IssueFact):
    """部门考核 by the caller. `complete`: with this, both sides have been evaluated."""

    by: Code
    department: Code
    score: DepartmentScore
    acknowledged_in_time: bool
    checked_in_in_time: bool
    comment: Line | None = None
    complete: bool


class ScoreCommented(IssueFact):
    """得分申辩: what an evaluated department says to its own score; the score stands."""

    department: Code
    comment: Line


class WhistleEvaluated(IssueFact):
    """哨源考核 by a called department or the town: was the whistle justified, were task and limit clear.

    `complete`: with this, both sides have been evaluated.
    """

    by: Code
    justified: bool
    clear: bool
    comment: Line | None = None
    complete: bool


class IssueClosed(IssueFact):
    """吹哨办结: evaluated from both sides, every duty released or excused."""


class IssueWithdrawn(IssueFact):
    """撤哨: by the caller, with the reason."""

    reason: Line


class DeadlineExtended(IssueFact):
    """延期: asked before the due date, decided by the town."""

    due_at: Moment
    deadline_version: DeadlineVersion
    reason: Line


class DeadlinePaused(IssueFact):
    """暂停计时: the due date stands still until it is resumed; acknowledging and checking in do not."""

    paused_at: Moment
    deadline_version: DeadlineVersion
    reason: Line


class DeadlineResumed(IssueFact):
    """恢复计时: what was left of the limit runs again."""

    due_at: Moment
    deadline_version: DeadlineVersion
    reason: Line


class SupervisionStarted(IssueFact):
    """督办: the next level is told. `reason`: where the town started it by hand. `addressee`: the unit whose office is told."""

    level: SupervisionLevel
    due_at: Moment | None
    deadline_version: DeadlineVersion
    reason: Line | None = None
    addressee: Code | None = None


class IssueRaisedToDistrict(IssueFact):
    """提级区级: the last level of supervision. `addressee`: `district`, whose office is told."""

    due_at: Moment | None
    deadline_version: DeadlineVersion
    reason: Line | None = None
    addressee: Code | None = None


class DutyFact(EscalationFact, abstract=True):
    """A fact of one called department's duty (报到)."""

    kind = "duty"
    issue: Ref
    department: Code


class DutyRole(StrEnum):
    """主责 or 协办."""

    LEAD = "LEAD"
    SUPPORT = "SUPPORT"


class DutyStep(StrEnum):
    """What a called department owes in time: 响应 报到 办结."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    CHECK_IN = "CHECK_IN"
    DUE = "DUE"


class DutyCalled(DutyFact):
    """部门被召集: its role, and what it owes until when; `…_near_at`: when it is warned.

    `provisional`: a deadline lies in a year whose holidays are not announced yet.
    """

    role: DutyRole
    caller: Code
    community: Code
    whistle: WhistleKind
    called_at: Moment
    acknowledge_by: Moment
    acknowledge_near_at: Moment
    check_in_by: Moment
    check_in_near_at: Moment
    due_at: Moment | None
    due_near_at: Moment | None
    deadline_version: DeadlineVersion
    provisional: bool = False
    sources: tuple[Ref, ...] = ()
    communities: tuple[Code, ...] = ()


class DutyAcknowledged(DutyFact):
    """部门响应."""

    acknowledged_at: Moment
    late: bool


class DutyObjected(DutyFact):
    """职责异议, before the limit of acknowledging. `proposed`: the unit whose duty it would be."""

    objected_at: Moment
    reason: Line
    proposed: Code | None = None


class ObjectionRejected(DutyFact):
    """异议不成立: the duty stays where it is."""

    reason: Line


class DutyMadeLead(DutyFact):
    """转为主责: a supporting department takes the lead."""

    reason: Line


class DepartmentCheckedIn(DutyFact):
    """部门报到: when, on site or online, and whether after the limit. Who came stands in the vault."""

    checked_in_at: Moment
    mode: CheckInMode
    late: bool
    sources: tuple[Ref, ...] = ()


class DutyFinished(DutyFact):
    """部门办结: its part is done; it may leave only when it is released."""

    finished_at: Moment
    late: bool
    done: tuple[WorkDone, ...] = ()
    evidence: tuple[Sha256, ...] = ()
    note: Line | None = None


class DutyDeadlinesLifted(DutyFact):
    """期限解除: the issue is solved, so nothing more falls due here; the department stays until it is released."""


class DutyReopened(DutyFact):
    """继续处置: the issue is not solved; the department is called back and stands as checked in."""

    due_at: Moment
    due_near_at: Moment
    deadline_version: DeadlineVersion


class DepartmentReleased(DutyFact):
    """部门撤离: released by the caller, and by nobody else (事不完、人不撤)."""

    released_at: Moment
    finished: bool


class DutyExcused(DutyFact):
    """免予报到, with the reason. `successor`: the department that leads instead."""

    reason: Line
    successor: Code | None = None


class DeadlineMove(StrEnum):
    """Why a duty has new deadlines: 延期 暂停 恢复 节假日安排公布."""

    EXTENDED = "EXTENDED"
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    CALENDAR = "CALENDAR"


class DutyDeadlineMoved(DutyFact):
    """期限变更: all deadlines as they stand now. `due_at`: None while the due date is paused."""

    move: DeadlineMove
    acknowledge_by: Moment
    acknowledge_near_at: Moment
    check_in_by: Moment
    check_in_near_at: Moment
    due_at: Moment | None
    due_near_at: Moment | None
    deadline_version: DeadlineVersion
    provisional: bool = False


class DutyDeadlineNear(DutyFact):
    """临期提醒, once per step and deadline version."""

    step: DutyStep
    due_at: Moment
    deadline_version: DeadlineVersion


class DutyDeadlineMissed(DutyFact):
    """逾期, once per step and deadline version; it occurred at the deadline."""

    step: DutyStep
    due_at: Moment
    deadline_version: DeadlineVersion
