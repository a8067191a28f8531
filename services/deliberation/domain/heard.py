"""What the facts of other services do to a topic: something or nothing; they cannot be refused."""

from uuid import UUID

from services.deliberation.domain.topic import Progress, Topic, TopicState
from shared.events.base import Line, Mention, ref
from shared.events.deliberation import (
    TopicFact,
    TopicImplementing,
    TopicProgressed,
    TopicProposed,
    TopicReopened,
)
from shared.events.escalation import IssueWithdrawn, WhistleRejected
from shared.events.intake import ComplaintRouted, HotspotDetected
from shared.events.projects import ProjectCancelled, ProjectEvaluated, ProjectRejected
from shared.events.vocabulary import DisclosureStage, ProgressStep, RouteTarget, TopicOrigin

ENDED = (TopicState.CLOSED, TopicState.REJECTED)
"""A hotspot whose topic has ended so gets a new one when it is detected again."""
_LINE = 200


def propose_from_hotspot(
    before: Topic | None,
    heard: HotspotDetected,
    *,
    hotspot: UUID,
    latest: Topic | None,
    place_name: Line,
    category_name: Line,
) -> list[TopicFact]:
    """热点成题: one topic per hotspot at a time. `latest`: the hotspot's last topic; a new one only when that has ended."""
    if before or (latest and latest.state not in ENDED):
        return []
    return [
        TopicProposed(
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=f"{place_name}：{category_name}（共性诉求）"[:_LINE],
            origin=TopicOrigin.HOTSPOT,
            sources=(ref("hotspot", hotspot),),
            people=heard.people,
        )
    ]


def propose_from_route(
    before: Topic | None, heard: ComplaintRouted, *, route: UUID, where: Line, category_name: Line
) -> list[TopicFact]:
    """转办成题: a complaint asks for a topic of its own. `where`: the name of its place or community.

    Nothing when the route links to what exists, wants something else, or names no community: no platform is asked.
    """
    if before or heard.wanted is not RouteTarget.TOPIC or heard.target or heard.community is None:
        return []
    return [
        TopicProposed(
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=heard.public_title or f"{where}：{category_name}"[:_LINE],
            origin=TopicOrigin.ROUTE,
            sources=(ref("route", route),),
        )
    ]


def progressed(
    before: Topic | None,
    step: ProgressStep,
    *,
    cause: Mention,
    stage: DisclosureStage | None = None,
    note: Line | None = None,
) -> list[TopicFact]:
    """议题进展: a step elsewhere, once per step, cause and stage.

    In whatever state the topic is: projects wait for it before they say that the sources have been told.
    """
    if before is None or Progress(step, cause, stage) in before.progressed:
        return []
    return [TopicProgressed(step=step, cause=cause, stage=stage, note=note)]


def departments_done(before: Topic | None, *, issue: UUID) -> list[TopicFact]:
    """吹哨办结 → 进入落实."""
    return _done(before, TopicState.ESCALATED, ref("issue", issue))


def departments_refused(
    before: Topic | None, heard: WhistleRejected | IssueWithdrawn, *, issue: UUID
) -> list[TopicFact]:
    """不予吹哨或撤哨 → 议题重启."""
    return _refused(before, TopicState.ESCALATED, ref("issue", issue), heard.reason)


def project_done(before: Topic | None, *, project: UUID) -> list[TopicFact]:
    """项目办结 → 进入落实."""
    return _done(before, TopicState.POOLED, ref("project", project))


def project_refused(
    before: Topic | None, heard: ProjectRejected | ProjectCancelled, *, project: UUID
) -> list[TopicFact]:
    """不予立项或项目取消 → 议题重启."""
    return _refused(before, TopicState.POOLED, ref("project", project), heard.reason)


def effect_failed(before: Topic | None, heard: ProjectEvaluated, *, project: UUID) -> list[TopicFact]:
    """成效不足 → 议题重启: less than half of the demand is gone, or it recurred."""
    carried_out = (TopicState.IMPLEMENTING, TopicState.DISCLOSED, TopicState.CLOSED)
    if before is None or not heard.failed or before.state not in carried_out:
        return []
    return [TopicReopened(cause=ref("project", project), reason="项目成效评估未达标，议题重新协商")]


def _done(topic: Topic | None, waiting: TopicState, cause: Mention) -> list[TopicFact]:
    return [TopicImplementing(cause=cause)] if topic and topic.state is waiting else []


def _refused(topic: Topic | None, waiting: TopicState, cause: Mention, reason: Line) -> list[TopicFact]:
    return [TopicReopened(cause=cause, reason=reason)] if topic and topic.state is waiting else []
