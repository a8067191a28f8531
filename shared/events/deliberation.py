"""What deliberation (议事协商, the "5+N" platform) says on `deliberation.events`."""

from datetime import date
from enum import StrEnum

from shared.events.base import Code, Fact, Line, Mention, Moment, Prose, Ref
from shared.events.vocabulary import (
    DisclosureStage,
    ProgressStep,
    ProjectCategory,
    Tag,
    TopicOrigin,
    WhistleKind,
)


class DeliberationFact(Fact, abstract=True):
    """Anything deliberation says."""

    said_by = "deliberation"


class TopicFact(DeliberationFact, abstract=True):
    """A fact of one topic (议题)."""

    kind = "topic"


class TopicProposed(TopicFact):
    """议题提出. `sources`: the hotspot, route or other streams it comes from; `people`: how many asked, where known."""

    community: Code
    category: Code
    place: Code | None
    public_title: Line
    origin: TopicOrigin
    sources: tuple[Ref, ...] = ()
    people: int | None = None


class TopicRejected(TopicFact):
    """议题不予受理: outside the scope; the reason is told."""

    reason: Line
    sources: tuple[Ref, ...] = ()


class TopicProgressed(TopicFact):
    """议题进展: a step in another service, or work reported on. `stage`: with PROJECT_DISCLOSED only."""

    step: ProgressStep
    cause: Mention | None = None
    stage: DisclosureStage | None = None
    note: Line | None = None


class UpwardReason(StrEnum):
    """Why a topic goes to the competent department: blocked by policy or by planning [S]."""

    POLICY = "POLICY"
    PLANNING = "PLANNING"


class TopicReportedUpward(TopicFact):
    """上报并说明 (exit c): reported to the competent department **and** explained to the parties [S]."""

    meeting: Mention
    reason: UpwardReason
    reported_to: Code
    explanation: Prose
    review_on: date
    community: Code
    category: Code
    place: Code | None
    sources: tuple[Ref, ...] = ()


class TopicNeedsDepartments(TopicFact):
    """需吹哨 (exit d): many parties, hard coordination; lead department and time limit are named [S]."""

    meeting: Mention
    community: Code
    category: Code
    place: Code | None
    public_title: Line
    whistle: WhistleKind
    lead: Code
    support: tuple[Code, ...] = ()
    due_at: Moment
    sources: tuple[Ref, ...] = ()


class CommonDemand(StrEnum):
    """Why a demand counts as common (exit e) [S]."""

    HOTSPOT = "HOTSPOT"
    PEOPLE = "PEOPLE"
    MEETING_FINDING = "MEETING_FINDING"


class TopicNeedsProject(TopicFact):
    """纳入民心项目池 (exit e): a common demand with at least one tag of 七有/五性 [S]."""

    meeting: Mention
    community: Code
    category: Code
    place: Code | None
    public_title: Line
    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    common: CommonDemand
    people: int | None = None
    sources: tuple[Ref, ...] = ()


class TopicClosed(TopicFact):
    """议题办结: everything that was agreed is done and the result is public."""

    result: Prose
    sources: tuple[Ref, ...] = ()
