"""What people ask of projects: suggestions, projects, batches."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import WHOLE, Asked, Code, Day, Flag, Kept, Line, Mention, Moment, Prose, Ref
from shared.events.projects import (
    AcceptanceGroup,
    Checksum,
    Count,
    Percent,
    PlannedMilestone,
    SuggestionOrigin,
    WorkDone,
    Yuan,
)
from shared.events.vocabulary import DisclosureStage, ProjectCategory, Tag

Sources = Annotated[tuple[Ref, ...], Field(max_length=1_000)]
Evidence = Annotated[tuple[Checksum, ...], Field(max_length=100)]
Done = Annotated[tuple[WorkDone, ...], Field(max_length=100)]
Grade = Annotated[int, Field(ge=1, le=5), WHOLE]
"""A judgement of the office: 1 (low) to 5 (high)."""


class Because(Asked):
    """A decision that needs nothing but its reason."""

    reason: Line


class Suggester(Kept):
    """建议人: who has suggested something, and in which words: for the vault, and never said in a fact."""

    name: Annotated[Line, Field(max_length=50)] | None = None
    phone: Annotated[Line, Field(max_length=30)] | None = None
    words: Prose | None = None


class PersonInCharge(Kept):
    """责任人: who fills the responsible post: for the vault, and never said in a fact."""

    name: Annotated[Line, Field(max_length=50)]
    phone: Annotated[Line, Field(max_length=30)] | None = None


class CollectSuggestion(Asked):
    """收集建议 by hand. `public_title`: the office's words; the resident's own are kept with the `suggester`."""

    origin: Literal[SuggestionOrigin.RESIDENT, SuggestionOrigin.INSPECTION, SuggestionOrigin.REPORT_MEETING]
    community: Code | None = None
    category: Code | None = None
    place: Code | None = None
    public_title: Line
    sources: Sources = ()
    suggester: Suggester | None = None


class ReviewSuggestion(Asked):
    """分类研判."""

    unit: Code
    community: Code
    category: Code | None = None
    place: Code | None = None
    public_title: Line


class ConvertSuggestion(Asked):
    """转化为项目: what the project needs beyond what the review has found."""

    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    people: Count | None = None


class MergeSuggestion(Asked):
    """并入另一条建议."""

    into: UUID
    reason: Line


class HandleDirectly(Asked):
    """直接办理."""

    unit: Code
    measure: Line


class ReferSuggestion(Asked):
    """转交其他单位."""

    unit: Code
    reason: Line


class AnswerSuggestion(Asked):
    """答复建议."""

    answer: Line


class ProposeProject(Asked):
    """提出项目 by hand."""

    community: Code
    category: Code | None = None
    place: Code | None = None
    public_title: Line
    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    people: Count | None = None
    sources: Sources


class PoolProject(Asked):
    """入池, with what the check has found."""

    finding: Line


class MergeProject(Asked):
    """并入另一个项目."""

    into: UUID
    reason: Line


class ScoreProject(Asked):
    """项目评分: what is measured, and the grades of the office."""

    beneficiaries: Count
    people: Count
    urgency: Grade
    cost_yuan: Yuan
    feasibility: Grade


class RecordVote(Asked):
    """记录票决."""

    held_on: Day
    in_favour: Count
    against: Count
    abstained: Count


class ApproveProject(Asked):
    """立项. `post`: the responsible post; who fills it is kept as `person`. `assembly`: where the village raises money."""

    batch: UUID
    unit: Code
    post: Code
    person: PersonInCharge | None = None
    budget_yuan: Yuan
    raised_yuan: Yuan = 0
    assembly: UUID | None = None
    start_on: Day
    finish_on: Day
    milestones: Annotated[tuple[PlannedMilestone, ...], Field(max_length=100)] = ()


class StartProject(Asked):
    """开工."""

    started_on: Day


class ReachMilestone(Asked):
    """里程碑完成; the first is number 1."""

    number: Annotated[int, Field(ge=1, le=100), WHOLE]
    reached_on: Day


class ReportProgress(Asked):
    """填报进展: totals so far, not additions. `evidence`: checksums of what was put in before."""

    percent: Percent
    spent_yuan: Yuan
    done: Done = ()
    evidence: Evidence = ()
    note: Line | None = None


class DelayProject(Asked):
    """延期 within the year."""

    reason: Line
    finish_on: Day


class ResumeProject(Asked):
    """复工."""

    finish_on: Day


class CarryOver(Asked):
    """结转 to a later year, and to its batch."""

    finish_on: Day
    batch: UUID


class CompleteProject(Asked):
    """完工: final totals."""

    completed_on: Day
    spent_yuan: Yuan
    done: Done
    evidence: Evidence = ()


class Inspection(Asked):
    """验收: who was there, and what the residents that were asked said."""

    held_at: Moment
    group: AcceptanceGroup
    builder_present: Flag
    asked: Count
    satisfied: Count
    evidence: Evidence = ()


class Rectify(Inspection):
    """限期整改: the inspection, and what must be put right."""

    reason: Line


class AssignMaintainer(Asked):
    """落实管护."""

    owner: Code
    maintainer: Code
    duties: Line
    manner: Line
    funding: Line


class Disclose(Asked):
    """公开 at a stage."""

    stage: DisclosureStage


class TellSource(Asked):
    """当面告知: a unit has told this source of this stage in person."""

    source: Mention
    stage: DisclosureStage
    by: Code


class OpenBatch(Asked):
    """开启批次."""

    year: Annotated[int, Field(ge=2000, le=2100), WHOLE]
    quarter: Annotated[int, Field(ge=1, le=4), WHOLE]
    public_title: Line


class SetPoolBudget(Asked):
    """核定资金总额."""

    budget_yuan: Yuan
