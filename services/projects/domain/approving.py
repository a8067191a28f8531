"""评分、票决、立项: how a project is chosen."""

from datetime import datetime

from services.projects.domain import score as scores
from services.projects.domain.asked import ApproveProject, RecordVote, ScoreProject
from services.projects.domain.finish import deadline, in_future, over
from services.projects.domain.fund_raising import Decision, not_decided
from services.projects.domain.named import unknown_unit
from services.projects.domain.project import Milestone, Project, ProjectState, Vote, found, not_in
from services.projects.domain.terms import Terms
from shared.events.base import ref
from shared.events.projects import ProjectApproved, ProjectFact, ProjectScored, ProjectVoted
from shared.rules.broken import Reason, refuse
from shared.rules.township import Town


def score(before: Project | None, asked: ScoreProject, *, terms: Terms) -> list[ProjectFact]:
    """评分, as often as the office likes while the project is in the pool; the last one stands."""
    project = found(before)
    refuse(not_in(project, ProjectState.POOLED))
    parts = scores.parts(asked, terms.scoring)
    if parts == project.score_parts:
        return []
    return [ProjectScored(score=scores.total(parts), parts=parts, sources=project.sources)]


def vote(before: Project | None, asked: RecordVote, *, now: datetime, terms: Terms) -> list[ProjectFact]:
    """票决, where the town has chosen it."""
    project = found(before)
    if project.vote == Vote(asked.held_on, asked.in_favour, asked.against, asked.abstained):
        return []
    refuse(
        not_in(project, ProjectState.POOLED),
        not terms.voting and Reason("voting_off", "本镇未实行票决"),
        asked.in_favour + asked.against + asked.abstained == 0 and Reason("nobody_voted", "没有人投票", "/in_favour"),
        in_future(asked.held_on, now, "/held_on"),
    )
    return [
        ProjectVoted(
            held_on=asked.held_on,
            in_favour=asked.in_favour,
            against=asked.against,
            abstained=asked.abstained,
            sources=project.sources,
        )
    ]


def approve(
    before: Project | None,
    asked: ApproveProject,
    *,
    decision: Decision | None,
    now: datetime,
    terms: Terms,
    town: Town,
) -> list[ProjectFact]:
    """立项: said together with `batch.reserve`, in one transaction, so that the batch's money is never exceeded.

    `decision`: of the assembly that is named, where the village raises money itself.
    """
    project = found(before)
    if project.state is ProjectState.APPROVED and _as_asked(project, asked):
        return []
    refuse(
        not_in(project, ProjectState.POOLED),
        unknown_unit(town, asked.unit, "/unit"),
        asked.finish_on < asked.start_on and Reason("finish_before_start", "完成日期早于开工日期", "/finish_on"),
        over(asked.finish_on, now, "/finish_on"),
        *(
            not asked.start_on <= step.due_on <= asked.finish_on
            and Reason("milestone_outside", "里程碑不在工期之内", f"/milestones/{i}/due_on")
            for i, step in enumerate(asked.milestones)
        ),
        *not_decided(asked.raised_yuan, asked.assembly, decision, project.community),
        terms.voting and _voted_down(project.vote),
    )
    return [
        ProjectApproved(
            batch=ref("batch", asked.batch),
            unit=asked.unit,
            post=asked.post,
            budget_yuan=asked.budget_yuan,
            raised_yuan=asked.raised_yuan,
            assembly=None if asked.assembly is None else ref("assembly", asked.assembly),
            start_on=asked.start_on,
            deadline=deadline(asked.finish_on, project.deadline_version + 1, now, terms),
            milestones=asked.milestones,
            sources=project.sources,
        )
    ]


def _as_asked(project: Project, asked: ApproveProject) -> bool:
    stands = (project.batch, project.unit, project.post, project.budget_yuan, project.raised_yuan)
    return (
        stands == (ref("batch", asked.batch), asked.unit, asked.post, asked.budget_yuan, asked.raised_yuan)
        and (project.start_on, project.finish_on) == (asked.start_on, asked.finish_on)
        and project.milestones == tuple(Milestone(step.public_title, step.due_on) for step in asked.milestones)
    )


def _voted_down(held: Vote | None) -> Reason | None:
    if held is None:
        return Reason("vote_missing", "尚未票决，不能立项")
    if 2 * held.in_favour <= held.in_favour + held.against + held.abstained:
        return Reason("voted_down", "票决未获半数以上赞成")
    return None
