"""What projects (民心项目池) says on `projects.events`: suggestions, projects, batches.

Money is in whole yuan. Days are calendar days in Asia/Shanghai.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.events.base import WHOLE, Code, Day, Fact, Line, Mention, Moment, Ref, Target, Value
from shared.events.vocabulary import DisclosureStage, ProjectCategory, Quantity, Tag

Yuan = Annotated[int, Field(ge=0, le=1_000_000_000_000), WHOLE]
"""金额 in whole yuan."""
Count = Annotated[int, Field(ge=0, le=10_000_000), WHOLE]
"""How many."""
Percent = Annotated[int, Field(ge=0, le=100), WHOLE]
"""百分比, 0 to 100."""
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a photo or document that the service keeps as evidence, in hexadecimal."""


class ProjectsFact(Fact, abstract=True):
    """Anything projects says."""

    said_by = "projects"


class SuggestionFact(ProjectsFact, abstract=True):
    """A fact of one suggestion (建议池). `sources`: the routes, inspections or meetings it comes from."""

    kind = "suggestion"
    sources: tuple[Ref, ...] = ()


class SuggestionOrigin(StrEnum):
    """建议来源: 工单转办 居民 巡查 向群众报告工作."""

    ROUTE = "ROUTE"
    RESIDENT = "RESIDENT"
    INSPECTION = "INSPECTION"
    REPORT_MEETING = "REPORT_MEETING"


class SuggestionCollected(SuggestionFact):
    """建议收集. `wants_project`: intake asked for a project, not only for an answer."""

    origin: SuggestionOrigin
    community: Code | None
    category: Code | None
    place: Code | None
    public_title: Line | None
    wants_project: bool = False
    review_due_at: Moment
    answer_due_at: Moment


class SuggestionReviewed(SuggestionFact):
    """分类研判: classified, and given the title under which the public reads it."""

    unit: Code
    community: Code
    category: Code | None
    place: Code | None
    public_title: Line


class SuggestionConverted(SuggestionFact):
    """转化为项目."""

    project: Target


class SuggestionMerged(SuggestionFact):
    """并入另一条建议, which keeps the sources."""

    into: Target
    reason: Line


class SuggestionAbsorbed(SuggestionFact):
    """吸收同类建议: another suggestion was merged into this one; `sources` are those of both from now on."""

    suggestion: Ref


class SuggestionHandledDirectly(SuggestionFact):
    """直接办理: needs no project; who does what."""

    unit: Code
    measure: Line


class SuggestionReferred(SuggestionFact):
    """转交其他单位, with the reason."""

    unit: Code
    reason: Line


class SuggestionDeclined(SuggestionFact):
    """不予采纳, with the reason."""

    reason: Line


class SuggestionOutcome(StrEnum):
    """研判结论: what became of a suggestion."""

    CONVERTED = "CONVERTED"
    MERGED = "MERGED"
    HANDLED_DIRECTLY = "HANDLED_DIRECTLY"
    REFERRED = "REFERRED"
    DECLINED = "DECLINED"


class SuggestionAnswered(SuggestionFact):
    """建议答复: every suggestion is answered."""

    answer: Line
    outcome: SuggestionOutcome


class SuggestionStep(StrEnum):
    """What a suggestion waits for."""

    REVIEW = "REVIEW"
    ANSWER = "ANSWER"


class SuggestionOverdue(SuggestionFact):
    """建议办理逾期: not reviewed, or not answered, in time."""

    step: SuggestionStep
    due_at: Moment


class ProjectFact(ProjectsFact, abstract=True):
    """A fact of one project. `sources`: the topics, hotspots, routes, suggestions or inspections it comes from."""

    kind = "project"
    sources: tuple[Ref, ...] = ()


class ProjectOrigin(StrEnum):
    """项目由来: 议事协商 热点分析 巡查 诉求转办 居民建议 向群众报告工作. The first three are 未诉先办."""

    DELIBERATION = "DELIBERATION"
    ANALYSIS = "ANALYSIS"
    INSPECTION = "INSPECTION"
    COMPLAINT = "COMPLAINT"
    RESIDENT = "RESIDENT"
    REPORT_MEETING = "REPORT_MEETING"


class ProjectProposed(ProjectFact):
    """项目提出. `people`: how many asked, where known; `proposed_at`: the demand before this day is the base line.

    `origin`: what it started from; not said by older facts, whose sources tell.
    """

    community: Code
    category: Code | None
    place: Code | None
    public_title: Line
    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    people: int | None = None
    proposed_at: Moment
    origin: ProjectOrigin | None = None


class ProjectPooled(ProjectFact):
    """入池: checked and put into the pool."""

    finding: Line


class ProjectsMerged(ProjectFact):
    """并入另一个项目, which keeps the sources."""

    into: Target
    reason: Line


class ProjectsUnmerged(ProjectFact):
    """撤销合并: a project of its own again."""

    reason: Line


class ProjectAbsorbed(ProjectFact):
    """吸收同类项目: another project was merged into this one; `sources` are those of both from now on."""

    project: Ref
    community: Code
    category: Code | None
    place: Code | None
    absorbed_sources: tuple[Mention, ...]


class ProjectReleased(ProjectFact):
    """拆分出同类项目: the merger was undone; `sources` are those that stay."""

    project: Mention


class Criterion(StrEnum):
    """评分项: 受益人数 诉求人数 紧迫程度 投入 可行性."""

    BENEFICIARIES = "BENEFICIARIES"
    PEOPLE = "PEOPLE"
    URGENCY = "URGENCY"
    COST = "COST"
    FEASIBILITY = "FEASIBILITY"


class ScorePart(Value):
    """One part of a score: what was measured, its points (0 to 100) and its weight in percent."""

    criterion: Criterion
    measured: Annotated[int, Field(ge=0)]
    points: Percent
    weight: Percent


class ProjectScored(ProjectFact):
    """项目评分: 0 to 100, shown with its parts."""

    score: Percent
    parts: tuple[ScorePart, ...]


class ProjectVoted(ProjectFact):
    """项目票决 by the deputies."""

    held_on: Day
    in_favour: Count
    against: Count
    abstained: Count


class Deadline(Value):
    """完成期限: to be finished by the end of this day. `warn_at`: when to warn, unless that was over already."""

    finish_on: Day
    warn_at: Moment | None
    version: int


class PlannedMilestone(Value):
    """里程碑: a step of the plan; the first is number 1."""

    public_title: Line
    due_on: Day


class ProjectApproved(ProjectFact):
    """立项: unit, responsible post (never a person), money, dates.

    `raised_yuan`: what the village raises itself; then `assembly` names the decision.
    """

    batch: Mention
    unit: Code
    post: Line
    budget_yuan: Yuan
    raised_yuan: Yuan = 0
    assembly: Mention | None = None
    start_on: Day
    deadline: Deadline
    milestones: tuple[PlannedMilestone, ...] = ()


class ProjectRejected(ProjectFact):
    """不予立项, with the reason."""

    reason: Line


class ProjectStarted(ProjectFact):
    """开工."""

    started_on: Day


class MilestoneReached(ProjectFact):
    """里程碑完成."""

    number: Annotated[int, Field(ge=1, le=100)]
    reached_on: Day


class WorkDone(Value):
    """完成的工程量 so far."""

    quantity: Quantity
    amount: Annotated[int, Field(ge=1, le=10_000_000), WHOLE]
    work: Line


class ProjectProgressed(ProjectFact):
    """项目进展: where it stands now; percent, money and quantities are totals, not additions."""

    percent: Percent
    spent_yuan: Yuan
    done: tuple[WorkDone, ...] = ()
    evidence: tuple[Checksum, ...] = ()
    note: Line | None = None


class ProjectDelayed(ProjectFact):
    """项目延期: a new finish date in the same year, with the reason."""

    reason: Line
    deadline: Deadline


class ProjectSuspended(ProjectFact):
    """项目暂停, with the reason; the finish date does not run."""

    reason: Line


class ProjectResumed(ProjectFact):
    """项目复工, with a new finish date."""

    deadline: Deadline


class ProjectCancelled(ProjectFact):
    """项目取消, with the reason."""

    reason: Line


class ProjectCarriedOver(ProjectFact):
    """项目结转: not finished in its year; the first date is kept.

    `deadline`: a new finish date, if the town has set one; `batch`: the batch it is carried into, if the town has named
    one. Its money stays where it was approved.
    """

    from_year: int
    to_year: int
    first_finish_on: Day
    deadline: Deadline | None = None
    batch: Mention | None = None


class ProjectDeadlineNear(ProjectFact):
    """项目临期: a warning before the finish date."""

    finish_on: Day
    version: int


class ProjectOverdue(ProjectFact):
    """项目逾期: the finish date is over."""

    finish_on: Day
    version: int


class ProjectCompleted(ProjectFact):
    """完工: the work is done and waits for acceptance."""

    completed_on: Day
    spent_yuan: Yuan
    done: tuple[WorkDone, ...]
    evidence: tuple[Checksum, ...] = ()


class AcceptanceGroup(Value):
    """验收组, counted and never named: residents, the responsible unit, the supervision committee (监督委员会)."""

    residents: Count
    unit: Code
    supervisor: bool


class ProjectAccepted(ProjectFact):
    """验收通过. `effect_due_at`: when the effect is checked; None without a category and place to count demand at."""

    accepted_at: Moment
    group: AcceptanceGroup
    asked: Count
    satisfied: Count
    evidence: tuple[Checksum, ...] = ()
    effect_due_at: Moment | None


class RectificationOrdered(ProjectFact):
    """限期整改: not accepted; back to work until the deadline."""

    inspected_at: Moment
    reason: Line
    group: AcceptanceGroup
    asked: Count
    satisfied: Count
    deadline: Deadline


class MaintainerAssigned(ProjectFact):
    """落实管护: owner, maintainer, duties, manner, funding (北京市乡村振兴促进条例 art. 44 [L])."""

    owner: Code
    maintainer: Code
    duties: Line
    manner: Line
    funding: Line


class ProjectDisclosed(ProjectFact):
    """项目公开 at a stage: the public list is updated and the sources are told.

    `waits_for`: the sources that another service tells; the others are told by this very disclosure.
    """

    stage: DisclosureStage
    public_title: Line
    community: Code
    waits_for: tuple[Mention, ...] = ()


class SourceTold(ProjectFact):
    """来源已告知: who answers for this source has recorded the stage. `by`: the unit that told it in person."""

    source: Mention
    stage: DisclosureStage
    by: Code | None = None


class SourcesNotified(ProjectFact):
    """全部来源已告知: everybody who asked has been told of this stage."""

    stage: DisclosureStage


class ProjectClosed(ProjectFact):
    """项目办结: accepted, maintainer named, sources told."""


class EffectVerdict(StrEnum):
    """What the demand of the same category and place says after acceptance."""

    EFFECTIVE = "EFFECTIVE"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    NOT_RECURRED = "NOT_RECURRED"
    RECURRED = "RECURRED"


class ProjectEvaluated(ProjectFact):
    """成效评估 90 days after acceptance, from DemandCounted before and after. Small numbers: recurred or not.

    `days`: so many days were counted before and after; `recurred_on`: the first day after the acceptance on which
    somebody asked for the same at the same place again, if anybody did.
    """

    verdict: EffectVerdict
    before: int
    after: int
    failed: bool
    days: Count | None = None
    recurred_on: Day | None = None


class BatchFact(ProjectsFact, abstract=True):
    """A fact of one batch (批次): the projects a quarter takes from the pool, and their money."""

    kind = "batch"


class BatchOpened(BatchFact):
    """批次开启, one per quarter."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    quarter: Annotated[int, Field(ge=1, le=4)]
    public_title: Line


class PoolBudgetSet(BatchFact):
    """资金总额: the sum of what is approved never exceeds it."""

    budget_yuan: Yuan


class BudgetReserved(BatchFact):
    """资金安排 for one project, said with its approval. `approved_yuan`: the sum of the batch, this one included."""

    project: Mention
    amount_yuan: Yuan
    approved_yuan: Yuan


class BudgetReleased(BatchFact):
    """资金退回: what a cancelled project has not spent."""

    project: Mention
    amount_yuan: Yuan
    approved_yuan: Yuan


class BatchClosed(BatchFact):
    """批次结束: nothing more is approved in it."""
