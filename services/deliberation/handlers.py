"""What deliberation hears: it opens topics for hotspots and routes, and follows issues and projects."""

from services.deliberation.domain import heard as rules
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic
from services.deliberation.store import HOTSPOT_TOPICS, TOPICS, HotspotTopic, hotspot_topic_id
from shared.events.base import derived, ref_id, ref_kind
from shared.events.escalation import (
    DepartmentCheckedIn,
    IssueClosed,
    IssueEscalated,
    IssueFact,
    IssueResolved,
    IssueWithdrawn,
    WhistleRejected,
)
from shared.events.intake import ComplaintRouted, HotspotDetected
from shared.events.projects import (
    ProjectCancelled,
    ProjectClosed,
    ProjectDisclosed,
    ProjectEvaluated,
    ProjectFact,
    ProjectRejected,
)
from shared.events.vocabulary import ProgressStep
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service
from shared.plumbing.work import Held, One, Work


def _topics(heard: Heard[IssueFact] | Heard[DepartmentCheckedIn] | Heard[ProjectFact]) -> list[One]:
    """The topics among the sources."""
    return [(TOPICS, ref_id(source)) for source in heard.fact.sources if ref_kind(source) == "topic"]


def listen(inbox: Inbox, service: Service[Terms]) -> None:
    """Register everything that is heard."""
    _hear_intake(inbox, service)
    _hear_escalation(inbox, service)
    _hear_projects(inbox)


def _hear_intake(inbox: Inbox, service: Service[Terms]) -> None:
    town = service.town

    def names(category: str, place: str | None, community: str | None) -> tuple[str, str]:
        """How people call a place (or else its community) and a category."""
        where, what = town.place(place) or town.community(community), town.category(category)
        return where.name if where else place or community or "", what.name if what else category

    @inbox.hears(
        HotspotDetected,
        touches=lambda heard: [
            (HOTSPOT_TOPICS, hotspot_topic_id(heard.ref)),
            (TOPICS, derived("topic", heard.name)),
        ],
        then=lambda _, note, __: [(TOPICS, note.state.topic)] if note.state else [],
    )
    def on_hotspot(
        _: Work, heard: Heard[HotspotDetected], note: Held[HotspotTopic], fresh: Held[Topic], *latest: Held[Topic]
    ) -> None:
        place_name, category_name = names(heard.fact.category, heard.fact.place, heard.fact.community)
        if fresh.change(
            rules.propose_from_hotspot,
            heard.fact,
            hotspot=heard.id,
            latest=latest[0].state if latest else None,
            place_name=place_name,
            category_name=category_name,
        ):
            note.note(HotspotTopic(fresh.id))

    @inbox.hears(ComplaintRouted, touches=lambda heard: [(TOPICS, derived("topic", heard.ref))])
    def on_route(_: Work, heard: Heard[ComplaintRouted], topic: Held[Topic]) -> None:
        where, category_name = names(heard.fact.category, heard.fact.place, heard.fact.community)
        topic.change(rules.propose_from_route, heard.fact, route=heard.id, where=where, category_name=category_name)


def _hear_escalation(inbox: Inbox, service: Service[Terms]) -> None:
    def name(unit: str) -> str:
        known = service.town.unit(unit)
        return known.name if known else unit

    @inbox.hears(IssueEscalated, touches=_topics)
    def on_escalated(_: Work, heard: Heard[IssueEscalated], *topics: Held[Topic]) -> None:
        note = f"已吹哨，主责部门：{name(heard.fact.lead)}"
        for topic in topics:
            topic.change(rules.progressed, ProgressStep.ISSUE_ESCALATED, cause=heard.ref, note=note)

    @inbox.hears(DepartmentCheckedIn, touches=_topics)
    def on_checked_in(_: Work, heard: Heard[DepartmentCheckedIn], *topics: Held[Topic]) -> None:
        note = f"{name(heard.fact.department)}{'逾时' if heard.fact.late else ''}报到"
        for topic in topics:
            topic.change(rules.progressed, ProgressStep.DEPARTMENT_CHECKED_IN, cause=heard.ref, note=note)

    @inbox.hears(IssueResolved, touches=_topics)
    def on_resolved(_: Work, heard: Heard[IssueResolved], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.progressed, ProgressStep.ISSUE_RESOLVED, cause=heard.ref)

    @inbox.hears(IssueClosed, touches=_topics)
    def on_closed(_: Work, heard: Heard[IssueClosed], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.departments_done, issue=heard.id)

    @inbox.hears(WhistleRejected, touches=_topics)
    def on_rejected(_: Work, heard: Heard[WhistleRejected], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.departments_refused, heard.fact, issue=heard.id)

    @inbox.hears(IssueWithdrawn, touches=_topics)
    def on_withdrawn(_: Work, heard: Heard[IssueWithdrawn], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.departments_refused, heard.fact, issue=heard.id)


def _hear_projects(inbox: Inbox) -> None:
    @inbox.hears(ProjectDisclosed, touches=_topics)
    def on_disclosed(_: Work, heard: Heard[ProjectDisclosed], *topics: Held[Topic]) -> None:
        step, stage = ProgressStep.PROJECT_DISCLOSED, heard.fact.stage
        for topic in topics:
            topic.change(rules.progressed, step, cause=heard.ref, stage=stage, note=heard.fact.public_title)

    @inbox.hears(ProjectClosed, touches=_topics)
    def on_project_closed(_: Work, heard: Heard[ProjectClosed], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.project_done, project=heard.id)

    @inbox.hears(ProjectRejected, touches=_topics)
    def on_project_rejected(_: Work, heard: Heard[ProjectRejected], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.project_refused, heard.fact, project=heard.id)

    @inbox.hears(ProjectCancelled, touches=_topics)
    def on_project_cancelled(_: Work, heard: Heard[ProjectCancelled], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.project_refused, heard.fact, project=heard.id)

    @inbox.hears(ProjectEvaluated, touches=_topics)
    def on_evaluated(_: Work, heard: Heard[ProjectEvaluated], *topics: Held[Topic]) -> None:
        for topic in topics:
            topic.change(rules.effect_failed, heard.fact, project=heard.id)
