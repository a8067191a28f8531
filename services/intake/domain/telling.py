"""告知: what the person who asked is told, and of which facts.

Nothing of their own words, no category and no place; of a confidential complaint nothing but that something happened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.domain.complaint import Complaint
from shared.events.intake import (
    CallbackTried,
    ComplainantContacted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeadlineRecounted,
    ComplaintDispatched,
    ComplaintFact,
    ComplaintFinished,
    ComplaintListed,
    ComplaintProgressed,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintUrged,
    ExtensionGranted,
    ListingEnded,
    ListingReason,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep
from shared.rules.township import Town

NEUTRAL = "neutral"
"""Said of every confidential complaint instead of anything else."""
OFFERED: dict[str, frozenset[str]] = {
    "registered": frozenset(),
    "answered": frozenset(),
    "redirected": frozenset(),
    "dispatched": frozenset({"unit", "due"}),
    "contacted": frozenset({"unit"}),
    "urged": frozenset(),
    "extended": frozenset({"due"}),
    "recounted": frozenset({"due"}),
    "listed": frozenset({"reason", "review"}),
    "resumed": frozenset({"due"}),
    "issue_escalated": frozenset(),
    "department_checked_in": frozenset(),
    "issue_resolved": frozenset(),
    "project_disclosed": frozenset({"stage"}),
    "finished": frozenset({"unit", "callback"}),
    "callback_missed": frozenset(),
    "reopened": frozenset({"due"}),
    "closed": frozenset(),
    NEUTRAL: frozenset(),
}
"""Every notice and what its text may say besides the town's name and the code by which the complaint is followed."""
TOLD = (
    ComplaintReceived,
    ComplaintAnswered,
    ComplaintRedirected,
    ComplaintDispatched,
    ComplainantContacted,
    ComplaintUrged,
    ExtensionGranted,
    ComplaintDeadlineRecounted,
    ComplaintListed,
    ListingEnded,
    ComplaintProgressed,
    ComplaintFinished,
    CallbackTried,
    ComplaintReopened,
    ComplaintClosed,
)
"""The facts of which somebody may be told."""
REASONS = {
    ListingReason.POLICY: "受政策限制",
    ListingReason.PLANNING: "受规划限制",
    ListingReason.HISTORICAL: "属历史遗留问题",
    ListingReason.LITIGATION: "涉及诉讼",
    ListingReason.FUNDING: "资金尚未落实",
}
"""挂账原因 in words."""
STAGES = {
    DisclosureStage.POOLED: "已进入项目池",
    DisclosureStage.APPROVED: "已立项",
    DisclosureStage.STARTED: "已开工",
    DisclosureStage.COMPLETED: "已完工",
    DisclosureStage.ACCEPTED: "已通过验收",
}
"""公开阶段 in words."""
_STEPS = {
    ProgressStep.ISSUE_ESCALATED: "issue_escalated",
    ProgressStep.DEPARTMENT_CHECKED_IN: "department_checked_in",
    ProgressStep.ISSUE_RESOLVED: "issue_resolved",
    ProgressStep.PROJECT_DISCLOSED: "project_disclosed",
}
"""A proposed listing is told to the unit, not to the person; of its own progress the unit speaks itself."""


@dataclass(frozen=True, slots=True)
class News:
    """一条告知. Moments are written out for people later. `once`: its cause, if that is another than the fact itself."""

    notice: str
    words: Mapping[str, str] = field(default_factory=dict)
    moments: Mapping[str, datetime] = field(default_factory=dict)
    once: str | None = None
    of: datetime | None = None


def tell(fact: ComplaintFact, complaint: Complaint, *, town: Town) -> News | None:
    """What is said of this fact; None: nothing. A confidential complaint: only that something happened."""
    news = _news(fact, town)
    if news is None or not complaint.confidential:
        return news
    return News(NEUTRAL, once=news.once, of=news.of)


def _news(fact: ComplaintFact, town: Town) -> News | None:
    match fact:
        case ComplaintReceived():
            return News("registered", of=fact.received_at)
        case ComplaintAnswered():
            return News("answered")
        case ComplaintRedirected():
            return News("redirected")
        case ComplaintDispatched():
            return News("dispatched", {"unit": _unit(fact.lead, town)}, {"due": fact.due_at})
        case ComplainantContacted() if fact.first:
            return News("contacted", {"unit": _unit(fact.unit, town)})
        case ComplaintUrged():
            return News("urged", of=fact.urged_at)
        case ExtensionGranted():
            return News("extended", {}, {"due": fact.due_at})
        case ComplaintDeadlineRecounted() if fact.due_at != fact.instead_of:
            return News("recounted", {}, {"due": fact.due_at})
        case ComplaintListed():
            return News("listed", {"reason": REASONS[fact.reason]}, {"review": fact.review_by})
        case ListingEnded():
            return News("resumed", {}, {"due": fact.due_at})
        case ComplaintProgressed() if fact.step in _STEPS:
            stage = {"stage": STAGES[fact.stage]} if fact.stage else {}
            return News(_STEPS[fact.step], stage, once=f"{fact.step}\n{fact.cause}\n{fact.stage or ''}")
        case ComplaintFinished():
            return News("finished", {"unit": _unit(fact.lead, town)}, {"callback": fact.callback_by})
        case CallbackTried():
            return News("callback_missed")
        case ComplaintReopened():
            return News("reopened", {}, {"due": fact.due_at})
        case ComplaintClosed():
            return News("closed")
        case _:
            return None


def _unit(code: str, town: Town) -> str:
    unit = town.unit(code)
    return unit.name if unit else code
