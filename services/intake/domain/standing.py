"""What every rule of a complaint asks first: is there one, and does it stand where this may happen?"""

from datetime import datetime

from services.intake.domain.complaint import Complaint, ComplaintState
from shared.rules.broken import Reason, RuleBroken
from shared.rules.naming import STATES
from shared.rules.township import Town

WORDS = STATES["complaint"]


def known(before: Complaint | None) -> Complaint:
    """The complaint; raises `RuleBroken` when there is none."""
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这件诉求"))
    return before


def unless(before: Complaint, *states: ComplaintState) -> Reason | None:
    """The reason why this cannot happen now, unless the complaint is in one of these states."""
    if before.state in states:
        return None
    return Reason("wrong_state", f"诉求当前{WORDS[before.state]}，不能这样办理")


def not_the_lead(before: Complaint, unit: str) -> Reason | None:
    """The reason why this unit may not: it is not the lead unit."""
    return None if unit == before.lead else Reason("not_the_lead_unit", "只有主办单位可以这样办理", "/unit")


def not_handling(before: Complaint, unit: str) -> Reason | None:
    """The reason why this unit may not: it is neither the lead nor a support unit."""
    if unit == before.lead or unit in before.support:
        return None
    return Reason("not_a_handling_unit", "该单位不是本件诉求的主办或协办单位", "/unit")


def unknown_unit(town: Town, code: str, pointer: str) -> Reason | None:
    """The reason why no unit of the town has this code."""
    return None if town.unit(code) else Reason("unknown_unit", "没有这个单位", pointer)


def public(before: Complaint, text: str) -> str | None:
    """What may be published of a text: nothing, when the complaint is confidential."""
    return None if before.confidential else text


def outside(moment: datetime, start: datetime, now: datetime, pointer: str) -> Reason | None:
    """The reason why something cannot have happened at this moment: before its beginning, or in the future."""
    if moment < start:
        return Reason("too_early", "时间早于诉求的前一环节", pointer)
    return Reason("in_the_future", "时间晚于现在", pointer) if moment > now else None
