"""办理进展公开: which facts of a complaint everybody may read, and in which words.

Only what the town does is told: nothing of the complainant (contacts, urging, callbacks, satisfaction), nothing of how
units are supervised, and no text but those that staff write for the public.
"""

from collections.abc import Mapping

from services.intake.domain.complaint import FINAL, ComplaintState
from shared.events.base import Fact
from shared.events.intake import (
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDispatched,
    ComplaintFinished,
    ComplaintListed,
    ComplaintProgressed,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintReturned,
    ExtensionGranted,
    ListingEnded,
    ListingReason,
    SupportUnitAdded,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep
from shared.rules.township import SHANGHAI, Town

STEPS: tuple[type[Fact], ...] = (
    ComplaintReceived,
    ComplaintAnswered,
    ComplaintRedirected,
    ComplaintDispatched,
    ComplaintReturned,
    ComplaintAccepted,
    SupportUnitAdded,
    ComplaintProgressed,
    ExtensionGranted,
    ComplaintListed,
    ListingEnded,
    ComplaintFinished,
    ComplaintReopened,
    ComplaintClosed,
)
"""The facts that may be read; of these, a step proposed only is not."""
ENDS: Mapping[type[Fact], ComplaintState] = {
    ComplaintAnswered: ComplaintState.ANSWERED,
    ComplaintRedirected: ComplaintState.REDIRECTED,
    ComplaintClosed: ComplaintState.CLOSED,
}
"""The facts that end a complaint."""
assert set(ENDS.values()) == FINAL

_LISTING = {
    ListingReason.POLICY: "政策",
    ListingReason.PLANNING: "规划",
    ListingReason.HISTORICAL: "历史遗留",
    ListingReason.LITIGATION: "诉讼",
    ListingReason.FUNDING: "资金",
}
_STAGES = {
    DisclosureStage.POOLED: "已入池",
    DisclosureStage.APPROVED: "已立项",
    DisclosureStage.STARTED: "已开工",
    DisclosureStage.COMPLETED: "已完工",
    DisclosureStage.ACCEPTED: "已验收",
}


def words(fact: Fact, town: Town) -> str | None:
    """What everybody may read of a fact; None: nothing."""
    match fact:
        case ComplaintReceived():
            return "已受理"
        case ComplaintAnswered():
            return _with("已答复", fact.answer)
        case ComplaintRedirected():
            return _with("请通过其他渠道办理", fact.right_channel, fact.reason)
        case ComplaintDispatched():
            return f"已派单，由{_unit(town, fact.lead)}办理"
        case ComplaintReturned():
            return "正在重新确定承办单位"
        case ComplaintAccepted():
            return f"{_unit(town, fact.lead)}已签收"
        case SupportUnitAdded():
            return f"{_unit(town, fact.unit)}参与协办"
        case ComplaintProgressed():
            return _progress(fact)
        case ExtensionGranted():
            return f"办理期限延长至{fact.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        case ComplaintListed():
            return f"因{_LISTING[fact.reason]}原因暂不能办理，已挂账"
        case ListingEnded():
            return "挂账结束，恢复办理"
        case ComplaintFinished():
            return _with("已办结", fact.measure)
        case ComplaintReopened():
            return "正在重新办理"
        case ComplaintClosed():
            return "已归档"
        case _:
            return None


def _progress(fact: ComplaintProgressed) -> str | None:
    match fact.step:
        case ProgressStep.HANDLING:
            return _with("办理进展", fact.note)
        case ProgressStep.ISSUE_ESCALATED:
            return "已由多部门联合办理"
        case ProgressStep.DEPARTMENT_CHECKED_IN:
            return "有关部门已报到"
        case ProgressStep.ISSUE_RESOLVED:
            return "联合办理事项已解决"
        case ProgressStep.PROJECT_DISCLOSED:
            return f"相关民生项目{_STAGES[fact.stage]}" if fact.stage else None
        case ProgressStep.LISTING_PROPOSED:
            return None


def _with(said: str, *texts: str | None) -> str:
    return "：".join([said, *filter(None, ["；".join(filter(None, texts))])])


def _unit(town: Town, code: str) -> str:
    unit = town.unit(code)
    return unit.name if unit else "承办单位"
