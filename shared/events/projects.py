"""What projects (民心项目池) says on `projects.events`: suggestions, projects, batches."""

from enum import StrEnum

from shared.events.base import Code, Fact, Line, Ref
from shared.events.vocabulary import DisclosureStage


class ProjectsFact(Fact, abstract=True):
    """Anything projects says."""

    said_by = "projects"


class SuggestionFact(ProjectsFact, abstract=True):
    """A fact of one suggestion (建议池)."""

    kind = "suggestion"
    sources: tuple[Ref, ...] = ()


class SuggestionAnswered(SuggestionFact):
    """建议答复: every suggestion is answered."""

    answer: Line


class ProjectFact(ProjectsFact, abstract=True):
    """A fact of one project. `sources`: the topics, hotspots, routes, suggestions or inspections it comes from."""

    kind = "project"
    sources: tuple[Ref, ...] = ()


class ProjectDisclosed(ProjectFact):
    """项目公开 at a stage: the public list is updated and the sources are told."""

    stage: DisclosureStage
    public_title: Line
    community: Code


class ProjectClosed(ProjectFact):
    """项目办结: accepted, maintainer named, sources told."""


class ProjectRejected(ProjectFact):
    """不予立项, with the reason."""

    reason: Line


class ProjectCancelled(ProjectFact):
    """项目取消, with the reason."""

    reason: Line


class EffectVerdict(StrEnum):
    """What the demand of the same category and place says after acceptance."""

    EFFECTIVE = "EFFECTIVE"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    NOT_RECURRED = "NOT_RECURRED"
    RECURRED = "RECURRED"


class ProjectEvaluated(ProjectFact):
    """成效评估 90 days after acceptance, from DemandCounted before and after. Small numbers: recurred or not."""

    verdict: EffectVerdict
    before: int
    after: int
    failed: bool
