"""公开: what everybody may know of a project, and how it is said. Residents fewer than five are not told by number."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.projects.domain.effect import windows
from services.projects.domain.project import Project
from services.projects.domain.wording import words
from shared.events import projects as said
from shared.events.base import Fact
from shared.events.projects import EffectVerdict, ProjectEvaluated
from shared.rules.naming import Named, day, moment
from shared.rules.small_counts import shown

STEPS: tuple[type[Fact], ...] = (
    said.ProjectPooled,
    said.ProjectsMerged,
    said.ProjectsUnmerged,
    said.ProjectVoted,
    said.ProjectApproved,
    said.ProjectRejected,
    said.ProjectStarted,
    said.MilestoneReached,
    said.ProjectProgressed,
    said.ProjectDelayed,
    said.ProjectSuspended,
    said.ProjectResumed,
    said.ProjectCancelled,
    said.ProjectCarriedOver,
    said.ProjectOverdue,
    said.ProjectCompleted,
    said.RectificationOrdered,
    said.ProjectAccepted,
    said.MaintainerAssigned,
    said.ProjectClosed,
    said.ProjectEvaluated,
)
"""公开环节: the steps of a project that everybody is shown, from its pooling on."""
NEWS: tuple[type[Fact], ...] = tuple(step for step in STEPS if step not in (said.ProjectPooled, said.ProjectProgressed))
"""What a subscriber is told of, besides the first disclosure (`ProjectDisclosed`, POOLED)."""


def note(fact: Fact, project: Project, town: Named) -> str:
    """What a step says, for everybody: residents and their complaints are not told by number when they are few."""
    match fact:
        case said.ProjectAccepted():
            return f"{moment(fact.accepted_at)}验收，{_opinions(fact)}"
        case said.RectificationOrdered():
            return f"{fact.reason}；{day(fact.deadline.finish_on)}前整改；{_opinions(fact)}"
        case said.ProjectEvaluated():
            return effect(project, fact)
        case said.MilestoneReached():
            return f"{project.milestones[fact.number - 1].public_title}，{day(fact.reached_on)}"
        case _:
            return words(fact, town)


def _opinions(fact: said.ProjectAccepted | said.RectificationOrdered) -> str:
    asked, satisfied = shown(fact.asked), shown(fact.satisfied)
    return f"居民（村民）{shown(fact.group.residents)}人参加；征求{asked}人意见，{satisfied}人满意"


_GONE: Mapping[EffectVerdict, str] = {
    EffectVerdict.EFFECTIVE: "同类诉求明显减少",
    EffectVerdict.NOT_EFFECTIVE: "同类诉求减少不足，将重新协商",
}
_BACK: Mapping[EffectVerdict, str] = {
    EffectVerdict.NOT_RECURRED: "没有再次出现",
    EffectVerdict.RECURRED: "再次出现",
}


def effect(project: Project, evaluated: ProjectEvaluated) -> str:
    """成效, honestly: with few complaints before, no rise or fall is claimed, only whether the matter came back.

    It says what was counted, and that it has more causes than the project.
    """
    both = windows(project)
    days = f"{(both[0].after - both[0].first).days}天" if both else "同样天数"
    if back := _BACK.get(evaluated.verdict):
        return (
            f"提出前{days}同一地点的同类诉求很少（{shown(evaluated.before)}件），不足以比较增减；验收后{days}内{back}"
        )
    return (
        f"{_GONE[evaluated.verdict]}：同一地点的同类诉求，提出前{days}{shown(evaluated.before)}件，"
        f"验收后{days}{shown(evaluated.after)}件；诉求增减也有其他原因"
    )


@dataclass(frozen=True, slots=True)
class Promise:
    """完成日期, as it was first promised and as it stands. `days_late`: the completion, after the day first promised."""

    first: str
    now: str
    moved: bool
    days_late: int | None


def promise(project: Project) -> Promise | None:
    """首次承诺 and 目前安排, as ISO days; None before the approval."""
    if project.first_finish_on is None or project.finish_on is None:
        return None
    first, done = project.first_finish_on, project.completed_on
    return Promise(
        first.isoformat(),
        project.finish_on.isoformat(),
        first != project.finish_on,
        max(0, (done - first).days) if done else None,
    )


def effect_words(project: Project, evaluated: ProjectEvaluated | None) -> str | None:
    """成效 as it stands: judged, still to be judged, or not to be judged at all; None before the acceptance."""
    if project.accepted_at is None:
        return None
    if evaluated is not None:
        return effect(project, evaluated)
    if project.effect_due_at is None:
        return "没有对应的诉求分类和地点，不作成效评估"
    return f"{day(project.effect_due_at)}评估：比较同一地点同类诉求在项目前后的件数"
