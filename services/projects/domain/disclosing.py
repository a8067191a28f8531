"""公开与告知: at every stage the public can read it, and everybody who asked is told."""

from services.projects.domain.asked import Disclose, TellSource
from services.projects.domain.named import unknown_unit
from services.projects.domain.project import Project, ProjectState, found
from services.projects.domain.sources import TOLD_BY_OTHERS
from shared.events.base import ref_kind
from shared.events.projects import ProjectDisclosed, ProjectFact, SourcesNotified, SourceTold
from shared.events.vocabulary import DisclosureStage
from shared.rules.broken import Reason, refuse
from shared.rules.township import Town


def disclose(before: Project | None, asked: Disclose) -> list[ProjectFact]:
    """公开, once per stage and only what has been reached. Without a source that others must tell, all are told."""
    project = found(before)
    if asked.stage in project.disclosures:
        return []
    refuse(
        project.state is ProjectState.MERGED and Reason("wrong_state", "项目已合并，由合并后的项目公开"),
        asked.stage not in project.reached and Reason("stage_not_reached", "项目尚未到这个阶段", "/stage"),
    )
    waits_for = tuple(source for source in project.sources if ref_kind(source) in TOLD_BY_OTHERS)
    disclosed = ProjectDisclosed(
        stage=asked.stage,
        public_title=project.public_title,
        community=project.community,
        waits_for=waits_for,
        sources=project.sources,
    )
    return [disclosed] if waits_for else [disclosed, SourcesNotified(stage=asked.stage, sources=project.sources)]


def told(before: Project | None, *, source: str, stage: DisclosureStage) -> list[ProjectFact]:
    """来源已告知: intake or deliberation has recorded this stage for this source; after the last one all are notified."""
    return [] if before is None else _tell(before, source, stage, None)


def tell(before: Project | None, asked: TellSource, *, town: Town) -> list[ProjectFact]:
    """当面告知: where a service does not know the source, a unit tells it in person and says so."""
    project = found(before)
    disclosure = project.disclosures.get(asked.stage)
    refuse(
        disclosure is None and Reason("not_disclosed", "这个阶段尚未公开", "/stage"),
        disclosure is not None
        and asked.source not in disclosure.waits_for
        and Reason("not_a_source", "不是等待告知的来源", "/source"),
        unknown_unit(town, asked.by, "/by"),
    )
    return _tell(project, asked.source, asked.stage, asked.by)


def _tell(project: Project, source: str, stage: DisclosureStage, by: str | None) -> list[ProjectFact]:
    disclosure = project.disclosures.get(stage)
    if disclosure is None or source not in disclosure.waits_for or source in disclosure.told:
        return []
    facts: list[ProjectFact] = [SourceTold(source=source, stage=stage, by=by, sources=project.sources)]
    if {*disclosure.told, source} == set(disclosure.waits_for):
        facts.append(SourcesNotified(stage=stage, sources=project.sources))
    return facts
