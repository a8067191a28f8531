"""What intake hears: work orders of the hotline, and what became of complaints in the other services.

A fact names where it comes from (`sources`): routes, hotspots, topics and so on. Every complaint that one of them
leads to is told, once for each way by which it is concerned.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from services.intake.counting import arm_evaluation
from services.intake.domain.asked import WorkOrder
from services.intake.domain.handling import progressed
from services.intake.domain.hotspot import Hotspot, Spot, spot, topic_ended, topic_opened
from services.intake.domain.route import answered, conclude, moved, taken
from services.intake.importing import IMPORTED
from services.intake.registering import Desk, Incoming, IntakeService, incoming
from services.intake.store import COMPLAINTS, HOTSPOTS, ROUTES
from shared.events.base import Fact, ref_id, ref_kind
from shared.events.deliberation import TopicClosed, TopicProposed, TopicRejected, TopicReportedUpward, TopicsMerged
from shared.events.escalation import (
    DepartmentCheckedIn,
    IssueClosed,
    IssueEscalated,
    IssueResolved,
    IssueWithdrawn,
    WhistleRejected,
    WhistleRequested,
)
from shared.events.intake import RouteOutcome
from shared.events.projects import (
    ProjectCancelled,
    ProjectClosed,
    ProjectDisclosed,
    ProjectProposed,
    ProjectRejected,
    ProjectsMerged,
    SuggestionAnswered,
    SuggestionCollected,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep
from shared.plumbing.database import Connection
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.store import Kind
from shared.plumbing.topics import WORK_ORDERS
from shared.plumbing.work import Held, Wanted, Where, Work

S = TypeVar("S")

OPENED: tuple[type[Fact], ...] = (WhistleRequested, SuggestionCollected, ProjectProposed)
"""What a route without a target may have asked for; a topic says so, too."""
ENDS: dict[type[Fact], RouteOutcome] = {
    TopicClosed: RouteOutcome.DONE,
    TopicRejected: RouteOutcome.DECLINED,
    IssueClosed: RouteOutcome.DONE,
    WhistleRejected: RouteOutcome.DECLINED,
    IssueWithdrawn: RouteOutcome.WITHDRAWN,
    ProjectClosed: RouteOutcome.DONE,
    ProjectRejected: RouteOutcome.DECLINED,
    ProjectCancelled: RouteOutcome.WITHDRAWN,
}
"""Which ends conclude a route, and how."""


def listen(inbox: Inbox, service: IntakeService) -> None:
    """Everything intake hears."""
    _hear_orders(inbox, service)
    _hear_openings(inbox)
    _hear_progress(inbox)
    _hear_ends(inbox)


# ---------------------------------------------------------------------------------------------- the hotline


def _hear_orders(inbox: Inbox, service: IntakeService) -> None:
    desks: WeakKeyDictionary[Work, tuple[Desk, dict[str, Incoming]]] = WeakKeyDictionary()

    async def open_desk(con: Connection, work: Work, heard: list[Heard[WorkOrder]]) -> None:
        """Look up in bulk what the orders of a batch need."""
        arriving = {h.name: incoming(service, h.fact) for h in heard}
        desks[work] = await Desk.open(service, con, work, list(arriving.values())), arriving

    @inbox.hears_border(WORK_ORDERS, WorkOrder, prepare=open_desk)
    def on_order(work: Work, heard: Heard[WorkOrder]) -> None:
        """受理: the same number again is recognised; with another content it is set aside."""
        desk, arriving = desks[work]
        desk.register(work, arriving[heard.name], imported=IMPORTED in heard.headers)


# ---------------------------------------------------------------------------------------------- openings


def _hear_openings(inbox: Inbox) -> None:
    @inbox.hears(
        TopicProposed, touches=lambda heard: _of(heard.fact.sources, ROUTES) + _of(heard.fact.sources, HOTSPOTS)
    )
    def on_topic(work: Work, heard: Heard[TopicProposed], *held: Any) -> None:
        """立题: what has asked for it knows its topic; the complaints of a hotspot are linked soon."""
        for route in _those(held, ROUTES):
            route.change(taken, target=heard.ref)
        for hotspot in _those(held, HOTSPOTS):
            if hotspot.change(topic_opened, topic=heard.ref):
                arm_evaluation(work, _spot(hotspot))

    for opened in OPENED:

        @inbox.hears(opened, touches=lambda heard: _of(heard.fact.sources, ROUTES))
        def on_opened(_work: Work, heard: Heard[Any], *held: Any) -> None:
            """受理: a route knows what was opened for it."""
            for route in _those(held, ROUTES):
                route.change(taken, target=heard.ref)

    @inbox.hears(
        TopicsMerged,
        touches=lambda heard: [Where(ROUTES, "target", heard.ref), Where(HOTSPOTS, "topic", heard.ref)],
    )
    def on_topics_merged(work: Work, heard: Heard[TopicsMerged], *held: Any) -> None:
        """合并: what led to this topic leads to the other one."""
        for route in _those(held, ROUTES):
            route.change(moved, target=heard.fact.into)
        for hotspot in _those(held, HOTSPOTS):
            hotspot.change(topic_ended, topic=heard.ref)
            hotspot.change(topic_opened, topic=heard.fact.into)
            arm_evaluation(work, _spot(hotspot))

    @inbox.hears(ProjectsMerged, touches=lambda heard: [Where(ROUTES, "target", heard.ref)])
    def on_projects_merged(_work: Work, heard: Heard[ProjectsMerged], *held: Any) -> None:
        """合并: what led to this project leads to the other one."""
        for route in _those(held, ROUTES):
            route.change(moved, target=heard.fact.into)


# ---------------------------------------------------------------------------------------------- progress


def _hear_progress(inbox: Inbox) -> None:
    @inbox.hears(IssueEscalated, touches=lambda heard: _ways(heard, heard.ref), then=_complaints)
    def on_escalated(_work: Work, heard: Heard[IssueEscalated], *held: Any) -> None:
        """吹哨."""
        _tell(heard, held, ProgressStep.ISSUE_ESCALATED)

    @inbox.hears(DepartmentCheckedIn, touches=lambda heard: _ways(heard, heard.fact.issue), then=_complaints)
    def on_checked_in(_work: Work, heard: Heard[DepartmentCheckedIn], *held: Any) -> None:
        """部门报到: every department's own, so the cause is its duty."""
        _tell(heard, held, ProgressStep.DEPARTMENT_CHECKED_IN)

    @inbox.hears(IssueResolved, touches=lambda heard: _ways(heard, heard.ref), then=_complaints)
    def on_resolved(_work: Work, heard: Heard[IssueResolved], *held: Any) -> None:
        """问题解决."""
        _tell(heard, held, ProgressStep.ISSUE_RESOLVED)

    @inbox.hears(ProjectDisclosed, touches=lambda heard: _ways(heard, heard.ref), then=_complaints)
    def on_disclosed(_work: Work, heard: Heard[ProjectDisclosed], *held: Any) -> None:
        """项目公开: projects waits until it hears of every route and hotspot that the project comes from."""
        _tell(heard, held, ProgressStep.PROJECT_DISCLOSED, heard.fact.stage)

    @inbox.hears(TopicReportedUpward, touches=lambda heard: _ways(heard, heard.ref), then=_complaints)
    def on_reported(_work: Work, heard: Heard[TopicReportedUpward], *held: Any) -> None:
        """上报: what policy or planning blocks may be listed; the unit is told, and decides."""
        _tell(heard, held, ProgressStep.LISTING_PROPOSED)


def _ways(heard: Heard[Any], target: str) -> list[Wanted]:
    """The routes and hotspots by which complaints are concerned: named as sources, or leading to what is named."""
    wanted: list[Wanted] = []
    for name in dict.fromkeys((*heard.fact.sources, target)):
        match ref_kind(name):
            case ROUTES.name:
                wanted.append((ROUTES, ref_id(name)))
            case HOTSPOTS.name:
                wanted += [(HOTSPOTS, ref_id(name)), Where(ROUTES, "hotspot", name)]
            case _:
                wanted.append(Where(ROUTES, "target", name))
    return wanted


def _complaints(_heard: Heard[Any], *held: Any) -> list[Wanted]:
    """The complaints of these routes; of a hotspot that has led nowhere yet, those that are counted in it."""
    wanted: list[Wanted] = [(COMPLAINTS, route.state.complaint) for route in _those(held, ROUTES) if route.state]
    wanted += [Where(COMPLAINTS, "place", _spot(hotspot).place) for hotspot in _unlinked(held)]
    return wanted


def _tell(heard: Heard[Any], held: Sequence[Any], step: ProgressStep, stage: DisclosureStage | None = None) -> None:
    """Tell every complaint that is concerned, for each of its ways."""
    complaints = {complaint.id: complaint for complaint in _those(held, COMPLAINTS)}
    for route in _those(held, ROUTES):
        assert route.state is not None
        via = route.ref if route.ref in heard.fact.sources else route.state.hotspot or route.ref
        if complaint := complaints.get(route.state.complaint):
            complaint.change(progressed, step=step, cause=heard.ref, via=via, stage=stage)
    for hotspot in _unlinked(held):
        for complaint in complaints.values():
            if complaint.state and spot(complaint.state) == _spot(hotspot):
                complaint.change(progressed, step=step, cause=heard.ref, via=hotspot.ref, stage=stage)


def _unlinked(held: Sequence[Any]) -> list[Held[Hotspot]]:
    linked = {route.state.hotspot for route in _those(held, ROUTES) if route.state}
    return [hotspot for hotspot in _those(held, HOTSPOTS) if hotspot.ref not in linked]


# ---------------------------------------------------------------------------------------------- ends


def _hear_ends(inbox: Inbox) -> None:
    for end in ENDS:

        @inbox.hears(end, touches=_ended)
        def on_end(_work: Work, heard: Heard[Any], *held: Any) -> None:
            """办结: the target's own end concludes the route; a hotspot's topic that is over takes no more complaints."""
            for route in _those(held, ROUTES):
                route.change(conclude, outcome=ENDS[type(heard.fact)], by=heard.ref)
            for hotspot in _those(held, HOTSPOTS):
                hotspot.change(topic_ended, topic=heard.ref)

    @inbox.hears(SuggestionAnswered, touches=_ended)
    def on_answered(_work: Work, heard: Heard[SuggestionAnswered], *held: Any) -> None:
        """建议答复."""
        for route in _those(held, ROUTES):
            route.change(answered, outcome=heard.fact.outcome, by=heard.ref)


def _ended(heard: Heard[Any]) -> list[Wanted]:
    """The routes that this was the end of, and the hotspots whose topic it was."""
    return [
        *_of(heard.fact.sources, ROUTES),
        Where(ROUTES, "target", heard.ref),
        Where(HOTSPOTS, "topic", heard.ref),
    ]


# ---------------------------------------------------------------------------------------------- in hand


def _of(sources: Iterable[str], kind: Kind[Any]) -> list[Wanted]:
    """The sources of this kind."""
    return [(kind, ref_id(name)) for name in dict.fromkeys(sources) if ref_kind(name) == kind.name]


def _those(held: Sequence[Any], kind: Kind[S]) -> list[Held[S]]:
    """What is in hand of this kind and exists, each once."""
    return list({one.id: one for one in _flat(held) if one.kind is kind and one.state is not None}.values())


def _flat(held: Sequence[Any]) -> Iterator[Held[Any]]:
    for one in held:
        if isinstance(one, Held):
            yield one
        else:
            yield from one


def _spot(hotspot: Held[Hotspot]) -> Spot:
    assert hotspot.state is not None
    return Spot(hotspot.state.category, hotspot.state.community, hotspot.state.place)
