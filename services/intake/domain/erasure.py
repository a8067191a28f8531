"""个人信息删除: who may have a person's data erased, and when the town's duty still needs them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, model_validator

from services.intake.domain.asked import Phone, given
from services.intake.domain.complaint import FINAL, Complaint, ComplaintState
from shared.events.base import Asked, Why
from shared.events.intake import ListingReason
from shared.rules.broken import Reason, RuleBroken, refuse


class ErasureState(StrEnum):
    """删除申请状态."""

    REQUESTED = "REQUESTED"
    EXECUTED = "EXECUTED"
    REJECTED = "REJECTED"


class ErasureGround(StrEnum):
    """删除依据 [L: 个人信息保护法 art. 47]: 目的已实现、保存期限届满、撤回同意、违法处理、法律法规规定的其他情形."""

    PURPOSE_ACHIEVED = "PURPOSE_ACHIEVED"
    PERIOD_OVER = "PERIOD_OVER"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    UNLAWFUL = "UNLAWFUL"
    OTHER_LAW = "OTHER_LAW"


class RequestErasure(Asked):
    """申请删除: of whoever has this number, or made this complaint."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [given("phone"), given("complaint")]})

    phone: Phone | None = None
    complaint: UUID | None = None
    ground: ErasureGround
    reason: Why

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.phone is None) == (self.complaint is None):
            raise ValueError("电话与诉求须且只须给出一项")
        return self


@dataclass(frozen=True, slots=True)
class Erasure:
    """一次删除申请. `subject`: the keyed hash of the contact; None once nobody needs it.

    `requested_by`, `decided_by`: who, as identified by the token; two different people when it is executed.
    """

    state: ErasureState
    ground: ErasureGround
    reason: str
    subject: UUID | None
    requested_by: str
    requested_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str | None = None


def request(before: Erasure | None, asked: RequestErasure, *, subject: UUID | None, by: str, now: datetime) -> Erasure:
    """申请删除. `subject`: who was found, None: nobody. `before`: the same person's request that waits already."""
    if subject is None:
        raise RuleBroken(Reason("not_found", "没有找到此人的个人信息"))
    refuse(before is not None and Reason("asked_before", "此人已有待处理的删除申请"))
    return Erasure(ErasureState.REQUESTED, asked.ground, asked.reason, subject, by, now)


def execute(before: Erasure | None, complaints: Sequence[Complaint], *, by: str, now: datetime) -> Erasure:
    """执行删除 by another person than asked (四眼原则), once no duty is left towards any of the person's complaints."""
    erasure = _known(before)
    still_open = [complaint for complaint in complaints if complaint.state not in FINAL]
    supervised = sum(complaint.supervised for complaint in still_open)
    in_court = sum(
        complaint.state is ComplaintState.LISTED and complaint.listing is ListingReason.LITIGATION
        for complaint in still_open
    )
    refuse(
        _waiting(erasure),
        by == erasure.requested_by and Reason("four_eyes", "申请人不能执行自己提出的删除"),
        bool(still_open) and Reason("complaints_open", f"此人还有 {len(still_open)} 件诉求没有办结"),
        supervised > 0 and Reason("under_supervision", f"其中 {supervised} 件正在督办，依职责须留存"),
        in_court > 0 and Reason("in_litigation", f"其中 {in_court} 件因诉讼挂账，依职责须留存"),
    )
    return replace(erasure, state=ErasureState.EXECUTED, decided_by=by, decided_at=now)


def reject(before: Erasure | None, why: str, *, by: str, now: datetime) -> Erasure:
    """不予删除: the reason is told to the person [L: 个人信息保护法 art. 50]."""
    erasure = _known(before)
    refuse(_waiting(erasure))
    return replace(erasure, state=ErasureState.REJECTED, subject=None, decided_by=by, decided_at=now, why=why)


def _known(before: Erasure | None) -> Erasure:
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这项删除申请"))
    return before


def _waiting(erasure: Erasure) -> Reason | None:
    words = {ErasureState.EXECUTED: "已执行", ErasureState.REJECTED: "已驳回"}
    if erasure.state is ErasureState.REQUESTED:
        return None
    return Reason("wrong_state", f"删除申请{words[erasure.state]}")
