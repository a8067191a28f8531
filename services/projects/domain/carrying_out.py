"""实施: from the start to the completion, with all that may come in between."""

from datetime import date, datetime

from services.projects.domain.asked import (
    Because,
    CarryOver,
    CompleteProject,
    DelayProject,
    ReachMilestone,
    ReportProgress,
    ResumeProject,
    StartProject,
)
from services.projects.domain.batch import Batch, closed
from services.projects.domain.finish import deadline, in_future, over
from services.projects.domain.project import UNFINISHED, Project, ProjectState, end_of, found, not_in, standing
from services.projects.domain.terms import Terms
from shared.events.base import ref
from shared.events.projects import (
    MilestoneReached,
    ProjectCancelled,
    ProjectCarriedOver,
    ProjectCompleted,
    ProjectDeadlineNear,
    ProjectDelayed,
    ProjectFact,
    ProjectOverdue,
    ProjectProgressed,
    ProjectResumed,
    ProjectStarted,
    ProjectSuspended,
)
from shared.rules.broken import Reason, refuse


def start(before: Project | None, asked: StartProject, *, now: datetime) -> list[ProjectFact]:
    """开工."""
    project = found(before)
    if project.started_on == asked.started_on:
        return []
    refuse(not_in(project, ProjectState.APPROVED), in_future(asked.started_on, now, "/started_on"))
    return [ProjectStarted(started_on=asked.started_on, sources=project.sources)]


def reach_milestone(before: Project | None, asked: ReachMilestone, *, now: datetime) -> list[ProjectFact]:
    """里程碑完成, once each."""
    project = found(before)
    step = project.milestones[asked.number - 1] if asked.number <= len(project.milestones) else None
    if step is not None and step.reached_on is not None:
        return []
    refuse(
        not_in(project, ProjectState.IN_PROGRESS),
        step is None and Reason("unknown_milestone", "没有这个里程碑", "/number"),
        in_future(asked.reached_on, now, "/reached_on"),
        _before_start(project, asked.reached_on, "/reached_on"),
    )
    return [MilestoneReached(number=asked.number, reached_on=asked.reached_on, sources=project.sources)]


def progress(before: Project | None, asked: ReportProgress) -> list[ProjectFact]:
    """填报进展: totals. Whatever goes back needs a word of explanation; nobody spends more than was approved."""
    project = found(before)
    refuse(
        not_in(project, ProjectState.IN_PROGRESS),
        _overspent(project, asked.spent_yuan),
        asked.percent < project.percent
        and asked.note is None
        and Reason("percent_fell", f"进度低于上次填报的 {project.percent}%，须说明原因", "/note"),
        asked.spent_yuan < project.spent_yuan
        and asked.note is None
        and Reason("spent_fell", f"支出低于上次填报的 {project.spent_yuan} 元，须说明原因", "/note"),
    )
    stands = (project.percent, project.spent_yuan, project.done)
    if stands == (asked.percent, asked.spent_yuan, asked.done) and not asked.evidence and asked.note is None:
        return []
    return [
        ProjectProgressed(
            percent=asked.percent,
            spent_yuan=asked.spent_yuan,
            done=asked.done,
            evidence=asked.evidence,
            note=asked.note,
            sources=project.sources,
        )
    ]


def delay(before: Project | None, asked: DelayProject, *, now: datetime, terms: Terms) -> list[ProjectFact]:
    """延期 within the year; over the end of the year it is a carry-over."""
    project = found(before)
    if project.finish_on == asked.finish_on:
        return []
    refuse(
        not_in(project, ProjectState.APPROVED, ProjectState.IN_PROGRESS),
        project.finish_on is not None
        and asked.finish_on < project.finish_on
        and Reason("not_later", "延期后的日期须晚于原定日期", "/finish_on"),
        over(asked.finish_on, now, "/finish_on"),
        _next_year(project, asked.finish_on.year),
    )
    new = deadline(asked.finish_on, project.deadline_version + 1, now, terms)
    return [ProjectDelayed(reason=asked.reason, deadline=new, sources=project.sources)]


def suspend(before: Project | None, asked: Because) -> list[ProjectFact]:
    """暂停: the finish date stops, the end of the year does not."""
    project = found(before)
    if project.state is ProjectState.SUSPENDED:
        return []
    refuse(not_in(project, ProjectState.IN_PROGRESS))
    return [ProjectSuspended(reason=asked.reason, sources=project.sources)]


def resume(before: Project | None, asked: ResumeProject, *, now: datetime, terms: Terms) -> list[ProjectFact]:
    """复工, with a new finish date."""
    project = found(before)
    if project.state is ProjectState.IN_PROGRESS and project.finish_on == asked.finish_on:
        return []
    refuse(
        not_in(project, ProjectState.SUSPENDED),
        over(asked.finish_on, now, "/finish_on"),
        _next_year(project, asked.finish_on.year),
    )
    new = deadline(asked.finish_on, project.deadline_version + 1, now, terms)
    return [ProjectResumed(deadline=new, sources=project.sources)]


def cancel(before: Project | None, asked: Because) -> list[ProjectFact]:
    """取消: said together with `batch.release` of what is not spent."""
    project = found(before)
    if project.state is ProjectState.CANCELLED:
        return []
    refuse(not_in(project, *UNFINISHED))
    return [ProjectCancelled(reason=asked.reason, sources=project.sources)]


def carry_over(
    before: Project | None, asked: CarryOver, *, batch: Batch | None, now: datetime, terms: Terms
) -> list[ProjectFact]:
    """结转 to a later year and its `batch`; the first date is kept, and its money stays in the batch that approved it."""
    project = found(before)
    carried_into = ref("batch", asked.batch)
    if project.finish_on == asked.finish_on and project.carried_into == carried_into:
        return []
    refuse(
        not_in(project, *UNFINISHED),
        over(asked.finish_on, now, "/finish_on"),
        project.finish_on is not None
        and asked.finish_on.year <= project.finish_on.year
        and Reason("same_year", "结转须定在以后的年度；本年度内请办理延期", "/finish_on"),
        batch is None and Reason("unknown_batch", "没有这个批次", "/batch"),
        batch is not None and closed(batch, "/batch"),
    )
    assert project.finish_on is not None
    assert project.first_finish_on is not None
    return [
        ProjectCarriedOver(
            from_year=project.finish_on.year,
            to_year=asked.finish_on.year,
            first_finish_on=project.first_finish_on,
            deadline=deadline(asked.finish_on, project.deadline_version + 1, now, terms),
            batch=carried_into,
            sources=project.sources,
        )
    ]


def complete(before: Project | None, asked: CompleteProject, *, now: datetime) -> list[ProjectFact]:
    """完工: every milestone is reached."""
    project = found(before)
    if project.state is ProjectState.COMPLETED:
        return []
    refuse(
        not_in(project, ProjectState.IN_PROGRESS),
        any(step.reached_on is None for step in project.milestones) and Reason("milestone_open", "尚有里程碑未完成"),
        in_future(asked.completed_on, now, "/completed_on"),
        _before_start(project, asked.completed_on, "/completed_on"),
        _overspent(project, asked.spent_yuan),
    )
    return [
        ProjectCompleted(
            completed_on=asked.completed_on,
            spent_yuan=asked.spent_yuan,
            done=asked.done,
            evidence=asked.evidence,
            sources=project.sources,
        )
    ]


def finish_near(before: Project | None, *, due_at: datetime, version: int, now: datetime) -> list[ProjectFact]:
    """临期: timer `near`; left out when the finish date itself is over."""
    project = standing(before, "near", due_at, version)
    if project is None or project.finish_on is None or now >= end_of(project.finish_on):
        return []
    return [ProjectDeadlineNear(finish_on=project.finish_on, version=version, sources=project.sources)]


def finish_missed(before: Project | None, *, due_at: datetime, version: int, now: datetime) -> list[ProjectFact]:
    """逾期: timer `finish`."""
    project = standing(before, "finish", due_at, version)
    if project is None or project.finish_on is None:
        return []
    return [ProjectOverdue(finish_on=project.finish_on, version=version, sources=project.sources)]


def year_ended(before: Project | None, *, due_at: datetime, version: int, now: datetime) -> list[ProjectFact]:
    """年末结转: timer `year_end`; `version`: the year that is over. The finish date stays as it is."""
    project = standing(before, "year_end", due_at, version)
    if project is None or project.first_finish_on is None:
        return []
    return [
        ProjectCarriedOver(
            from_year=version,
            to_year=version + 1,
            first_finish_on=project.first_finish_on,
            sources=project.sources,
        )
    ]


def _before_start(project: Project, day: date, pointer: str) -> Reason | None:
    if project.started_on is None or day >= project.started_on:
        return None
    return Reason("before_start", "日期早于开工日期", pointer)


def _overspent(project: Project, spent_yuan: int) -> Reason | None:
    limit = (project.budget_yuan or 0) + project.raised_yuan
    return Reason("over_budget", f"支出超过立项金额 {limit} 元", "/spent_yuan") if spent_yuan > limit else None


def _next_year(project: Project, year: int) -> Reason | None:
    if project.year is None or year <= project.year:
        return None
    return Reason("next_year", "跨年度须办理结转", "/finish_on")
