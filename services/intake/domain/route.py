"""转办: a complaint goes on to a topic, an issue, a suggestion or a project, and hears of its end."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from services.intake.domain.asked import RouteComplaint
from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.standing import known, unless
from shared.events.base import ref, ref_id, ref_kind
from shared.events.intake import ComplaintRouted, RouteConcluded, RouteFact, RouteOutcome, RouteTaken
from shared.events.projects import SuggestionOutcome
from shared.events.vocabulary import RouteTarget
from shared.rules.broken import Reason, refuse

KINDS = {
    RouteTarget.TOPIC: "topic",
    RouteTarget.ISSUE: "issue",
    RouteTarget.SUGGESTION: "suggestion",
    RouteTarget.PROJECT: "project",
}
"""What kind of stream each target is; only the end of one of this kind concludes the route."""


class RouteState(StrEnum):
    """转办状态."""

    OPEN = "OPEN"
    CONCLUDED = "CONCLUDED"


@dataclass(frozen=True, slots=True)
class Route:
    """一次转办. `target`: `kind/uuid` of what it leads to, None until the other service has opened it."""

    state: RouteState
    complaint: UUID
    community: str | None
    category: str
    place: str | None
    wanted: RouteTarget
    target: str | None
    hotspot: str | None
    outcome: RouteOutcome | None = None
    concluded_by: str | None = None


def evolve(before: Route | None, fact: RouteFact) -> Route:
    """The route after this fact."""
    match fact:
        case ComplaintRouted():
            return Route(
                state=RouteState.OPEN,
                complaint=ref_id(fact.complaint),
                community=fact.community,
                category=fact.category,
                place=fact.place,
                wanted=fact.wanted,
                target=fact.target,
                hotspot=fact.hotspot,
            )
    assert before is not None, "the first fact of a route is ComplaintRouted"
    match fact:
        case RouteTaken():
            return replace(before, target=fact.target)
        case RouteConcluded():
            return replace(before, state=RouteState.CONCLUDED, outcome=fact.outcome, concluded_by=fact.by)
        case _:
            raise AssertionError(f"no route knows {fact.wire_type}")


def route(
    before: Route | None, asked: RouteComplaint, complaint: Complaint | None, complaint_id: UUID
) -> list[RouteFact]:
    """转办 by the lead unit or the dispatcher, while the complaint is handled: the clock runs on.

    A confidential complaint is not routed: the public matter it would lead to tells what it is about.
    """
    if before is not None:
        return []
    routed = known(complaint)
    refuse(
        unless(
            routed,
            ComplaintState.DISPATCHED,
            ComplaintState.ACCEPTED,
            ComplaintState.IN_PROGRESS,
            ComplaintState.LISTED,
        ),
        routed.confidential and Reason("confidential", "保密诉求不得转入公开事项"),
        asked.target is None
        and routed.community is None
        and Reason("community_unknown", "先查明所属社区（村），才能转办"),
        asked.target is None
        and asked.public_title is None
        and Reason("no_public_title", "须拟一个可以公开的标题", "/public_title"),
    )
    target = ref(KINDS[asked.wanted], asked.target) if asked.target else None
    return [_routed(routed, complaint_id, asked.wanted, target=target, public_title=asked.public_title)]


def link(
    before: Route | None,
    complaint: Complaint | None,
    complaint_id: UUID,
    *,
    wanted: RouteTarget,
    target: str,
    hotspot: str | None = None,
) -> list[RouteFact]:
    """关联: a complaint of a hotspot is linked to the topic that was opened for it, whatever its state.

    Whoever asked is told, so a closed complaint is linked too; a confidential one never.
    """
    if before is not None or complaint is None or complaint.confidential:
        return []
    return [_routed(complaint, complaint_id, wanted, target=target, hotspot=hotspot)]


def stands(before: Route, asked: RouteComplaint) -> bool:
    """Whether this is so already: linked to the same target, or something of the same kind asked for and still open."""
    if asked.target is not None:
        return before.target == ref(KINDS[asked.wanted], asked.target)
    return before.state is RouteState.OPEN and before.wanted is asked.wanted


def taken(before: Route | None, *, target: str) -> list[RouteFact]:
    """受理: the other service has opened what was asked for; not what became of it later."""
    if before is None or before.target is not None or ref_kind(target) != KINDS[before.wanted]:
        return []
    return [RouteTaken(complaint=ref("complaint", before.complaint), target=target)]


def moved(before: Route | None, *, target: str) -> list[RouteFact]:
    """并入: what it leads to goes on in another of its kind."""
    if before is None or before.state is not RouteState.OPEN or before.target in (None, target):
        return []
    if ref_kind(target) != KINDS[before.wanted]:
        return []
    return [RouteTaken(complaint=ref("complaint", before.complaint), target=target)]


def conclude(before: Route | None, *, outcome: RouteOutcome, by: str) -> list[RouteFact]:
    """办结: only the target's own end, once. A topic that became an issue or a project is not ended by theirs."""
    if before is None or before.state is not RouteState.OPEN or ref_kind(by) != KINDS[before.wanted]:
        return []
    return [_concluded(before, outcome, by)]


def answered(before: Route | None, *, outcome: SuggestionOutcome, by: str) -> list[RouteFact]:
    """建议答复: ends a route to a suggestion. One that asked for a project waits for it, unless there will be none."""
    if before is None or before.state is not RouteState.OPEN:
        return []
    goes_on = outcome in (SuggestionOutcome.CONVERTED, SuggestionOutcome.MERGED)
    if before.wanted is not RouteTarget.SUGGESTION and (before.wanted is not RouteTarget.PROJECT or goes_on):
        return []
    declined = outcome is SuggestionOutcome.DECLINED
    return [_concluded(before, RouteOutcome.DECLINED if declined else RouteOutcome.DONE, by)]


def _routed(
    complaint: Complaint,
    complaint_id: UUID,
    wanted: RouteTarget,
    *,
    target: str | None,
    public_title: str | None = None,
    hotspot: str | None = None,
) -> ComplaintRouted:
    return ComplaintRouted(
        complaint=ref("complaint", complaint_id),
        community=complaint.community,
        category=complaint.category,
        place=complaint.place,
        wanted=wanted,
        target=target,
        public_title=public_title,
        hotspot=hotspot,
        due_at=None if target else complaint.due_at,
    )


def _concluded(route: Route, outcome: RouteOutcome, by: str) -> RouteConcluded:
    return RouteConcluded(complaint=ref("complaint", route.complaint), outcome=outcome, by=by)
