"""提出、入池、合并: how a project comes into the pool."""

from datetime import datetime

from services.projects.domain.asked import Because, ConvertSuggestion, MergeProject, PoolProject, ProposeProject
from services.projects.domain.named import unknown_anchor
from services.projects.domain.project import Project, ProjectState, found, not_in
from services.projects.domain.sources import BY_HAND, once, origin_of
from services.projects.domain.suggestion import Suggestion
from shared.events.base import ref, ref_kind
from shared.events.deliberation import TopicNeedsProject
from shared.events.projects import (
    ProjectAbsorbed,
    ProjectFact,
    ProjectPooled,
    ProjectProposed,
    ProjectRejected,
    ProjectReleased,
    ProjectsMerged,
    ProjectsUnmerged,
)
from shared.events.vocabulary import Tag
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.township import Town


def propose(before: Project | None, asked: ProposeProject, *, now: datetime, town: Town) -> list[ProjectFact]:
    """提出: at least one source, at least one tag of 七有/五性 [S]."""
    if before is not None:
        return []
    refuse(
        *unknown_anchor(town, asked.community, asked.category, asked.place),
        not asked.sources and Reason("source_missing", "项目至少要有一个来源", "/sources"),
        *(
            ref_kind(source) not in BY_HAND and Reason("source_kind", "这类来源不能直接提出项目", f"/sources/{i}")
            for i, source in enumerate(asked.sources)
        ),
        _untagged(asked.tags),
    )
    return [
        ProjectProposed(
            community=asked.community,
            category=asked.category,
            place=asked.place,
            public_title=asked.public_title,
            project_category=asked.project_category,
            tags=once(asked.tags),
            people=asked.people,
            proposed_at=now,
            origin=origin_of(asked.sources),
            sources=once(asked.sources),
        )
    ]


def propose_from_topic(
    before: Project | None, heard: TopicNeedsProject, *, topic: str, now: datetime
) -> list[ProjectFact]:
    """议题纳入民心项目池 (exit e); `topic`: `topic/uuid` of what was heard."""
    if before is not None:
        return []
    return [
        ProjectProposed(
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=heard.public_title,
            project_category=heard.project_category,
            tags=once(heard.tags),
            people=heard.people,
            proposed_at=now,
            origin=origin_of((topic,)),
            sources=once((topic, *heard.sources)),
        )
    ]


def propose_from_suggestion(
    before: Project | None, asked: ConvertSuggestion, *, suggestion: str, collected: Suggestion | None, now: datetime
) -> list[ProjectFact]:
    """建议转化为项目: said together with `suggesting.convert`; `collected`: the suggestion as it stands."""
    if before is not None:
        return []
    if collected is None or collected.community is None or collected.public_title is None:
        raise RuleBroken(Reason("not_reviewed", "建议尚未研判，不能转化"))
    refuse(_untagged(asked.tags))
    return [
        ProjectProposed(
            community=collected.community,
            category=collected.category,
            place=collected.place,
            public_title=collected.public_title,
            project_category=asked.project_category,
            tags=once(asked.tags),
            people=asked.people,
            proposed_at=now,
            origin=origin_of((), collected.origin),
            sources=once((suggestion, *collected.sources)),
        )
    ]


def pool(before: Project | None, asked: PoolProject) -> list[ProjectFact]:
    """入池."""
    project = found(before)
    if project.state is ProjectState.POOLED:
        return []
    refuse(not_in(project, ProjectState.PROPOSED))
    return [ProjectPooled(finding=asked.finding, sources=project.sources)]


def reject(before: Project | None, asked: Because) -> list[ProjectFact]:
    """不予立项."""
    project = found(before)
    if project.state is ProjectState.REJECTED:
        return []
    refuse(not_in(project, ProjectState.PROPOSED, ProjectState.POOLED))
    return [ProjectRejected(reason=asked.reason, sources=project.sources)]


def merge(before: Project | None, asked: MergeProject, *, project: str, into: Project | None) -> list[ProjectFact]:
    """并入: said together with `absorb` of the other; `project`: this one's own `project/uuid`; both are in the pool."""
    merged, other = found(before), ref("project", asked.into)
    if merged.merged_into == other:
        return []
    refuse(
        not_in(merged, ProjectState.POOLED),
        bool(merged.absorbed) and Reason("has_absorbed", "已有项目并入本项目，须先拆分"),
        other == project and Reason("same_project", "不能并入自身", "/into"),
        into is None and Reason("unknown_project", "没有这个项目", "/into"),
        into is not None
        and into.state is not ProjectState.POOLED
        and Reason("not_pooled", "另一个项目不在池中", "/into"),
    )
    return [ProjectsMerged(into=other, reason=asked.reason, sources=merged.sources)]


def absorb(before: Project | None, *, project: str, merged: Project | None) -> list[ProjectFact]:
    """吸收: keeps all sources of the `merged` project, whose name is `project`."""
    keeper, other = found(before), found(merged)
    if project in keeper.absorbed:
        return []
    refuse(not_in(keeper, ProjectState.POOLED))
    return [
        ProjectAbsorbed(
            project=project,
            community=other.community,
            category=other.category,
            place=other.place,
            absorbed_sources=other.sources,
            sources=once((*keeper.sources, *other.sources)),
        )
    ]


def unmerge(before: Project | None, asked: Because, *, into: Project | None) -> list[ProjectFact]:
    """撤销合并, before approval; `into`: the project it was merged into. Said together with `release` of that one."""
    merged = found(before)
    if merged.state is ProjectState.POOLED:
        return []
    refuse(
        not_in(merged, ProjectState.MERGED),
        into is not None
        and into.state is not ProjectState.POOLED
        and Reason("decided_already", "合并后的项目已有立项结论，不能拆分"),
    )
    return [ProjectsUnmerged(reason=asked.reason, sources=merged.sources)]


def release(before: Project | None, *, project: str) -> list[ProjectFact]:
    """拆分: gives back the sources that came with `project` alone."""
    keeper = found(before)
    if project not in keeper.absorbed:
        return []
    refuse(not_in(keeper, ProjectState.POOLED))
    others = (source for name, one in keeper.absorbed.items() if name != project for source in one.sources)
    return [ProjectReleased(project=project, sources=once((*keeper.own_sources, *others)))]


def _untagged(tags: tuple[Tag, ...]) -> Reason | None:
    return None if tags else Reason("tag_missing", "项目至少要有一个七有五性标签", "/tags")
