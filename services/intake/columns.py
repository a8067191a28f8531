"""导出的列: what stands in each column of an exported file, in the field's usual headings (`docs/work-orders.md`)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from services.intake.domain.asked import Complainant, KeptOrder, Order
from services.intake.domain.complaint import Complaint, ComplaintState
from shared.events.intake import CONFIDENTIAL, UNCATEGORISED, ComplaintStep, ListingReason
from shared.events.vocabulary import Channel, ComplaintType, Satisfaction, Urgency
from shared.rules.naming import words_of
from shared.rules.township import Town

CHANNELS = {
    Channel.HOTLINE_12345: "12345热线",
    Channel.WECHAT: "微信",
    Channel.QQ: "QQ",
    Channel.OPINION_BOX: "意见箱",
    Channel.HOUSEHOLD_VISIT: "入户走访",
    Channel.VILLAGE_OFFICE: "村（居）委会",
    Channel.WEB: "网络",
    Channel.IMPORT: "文件导入",
}
TYPES = {
    ComplaintType.INQUIRY: "咨询",
    ComplaintType.ASSISTANCE: "求助",
    ComplaintType.COMPLAINT: "投诉",
    ComplaintType.REPORT: "举报",
    ComplaintType.SUGGESTION: "建议",
}
URGENCIES = {Urgency.CRITICAL: "特急", Urgency.URGENT: "紧急", Urgency.ROUTINE: "一般", Urgency.COMPLEX: "疑难"}
SATISFACTIONS = words_of(Satisfaction)
LISTINGS = {
    ListingReason.POLICY: "政策",
    ListingReason.PLANNING: "规划",
    ListingReason.HISTORICAL: "历史遗留",
    ListingReason.LITIGATION: "诉讼",
    ListingReason.FUNDING: "资金",
}
STATES = {
    ComplaintState.RECEIVED: "已受理",
    ComplaintState.ANSWERED: "已答复",
    ComplaintState.REDIRECTED: "已引导",
    ComplaintState.DISPATCHED: "已派单",
    ComplaintState.RETURN_REQUESTED: "申请退单",
    ComplaintState.ACCEPTED: "已签收",
    ComplaintState.IN_PROGRESS: "办理中",
    ComplaintState.LISTED: "已挂账",
    ComplaintState.FINISHED: "已办结",
    ComplaintState.CALLED_BACK: "已回访",
    ComplaintState.CLOSED: "已归档",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One complaint on its way into a file. `order`: as it was written down, where originals are asked for and the person
    was not erased; `hidden`: category, community and place of a confidential one."""

    id: UUID
    complaint: Complaint
    town: Town
    order: KeptOrder | None = None
    hidden: Mapping[str, str | None] | None = None

    @property
    def spot(self) -> tuple[str | None, str | None, str]:
        """Community, place and category as the town knows them."""
        if self.hidden is not None:
            return self.hidden["community"], self.hidden["place"], self.hidden["category"] or UNCATEGORISED
        return self.complaint.community, self.complaint.place, self.complaint.category

    @property
    def community(self) -> str | None:
        """By the town's name, else in the sender's word."""
        known = self.town.community(self.spot[0])
        return known.name if known else self._word("community")

    @property
    def place(self) -> str | None:
        """By the town's name, else in the sender's word."""
        known = self.town.place(self.spot[1])
        return known.name if known else self._word("place")

    @property
    def category(self) -> str | None:
        """By the town's name, else in the sender's word."""
        code = self.spot[2]
        known = None if code in (UNCATEGORISED, CONFIDENTIAL) else self.town.category(code)
        return known.name if known else self._word("category")

    def _word(self, field: Literal["community", "place", "category"]) -> str | None:
        """What the sender called it; nothing, where originals are not asked for."""
        return getattr(self.order, field) if self.order else None

    @property
    def group(self) -> str | None:
        """一级分类."""
        known = self.town.category(self.spot[2])
        return known.group if known else None

    @property
    def complainant(self) -> Complainant:
        """Who asked; nobody, where that is not asked for."""
        return self.order.complainant if self.order else Complainant()

    def unit(self, code: str | None) -> str | None:
        """A unit by its name."""
        known = self.town.unit(code)
        return known.name if known else code


Column = tuple[str, Callable[[Line], object]]

PUBLIC: Sequence[Column] = (
    ("系统编号", lambda at: at.id),
    ("工单编号", lambda at: at.order.number if at.order else at.complaint.number),
    ("受理渠道", lambda at: _word(CHANNELS, at.order.channel if at.order else at.complaint.channel)),
    ("来电时间", lambda at: at.complaint.received_at),
    ("工单类型", lambda at: TYPES[at.complaint.type]),
    ("一级分类", lambda at: at.group),
    ("二级分类", lambda at: at.category),
    ("问题分类编码", lambda at: at.spot[2]),
    ("紧急程度", lambda at: URGENCIES[at.complaint.urgency]),
    ("是否保密", lambda at: at.complaint.confidential),
    ("是否老户", lambda at: at.complaint.repeat),
    ("可能重复", lambda at: at.complaint.possible_repeat),
    ("村/社区", lambda at: at.community),
    ("小区点位", lambda at: at.place),
    ("主办单位", lambda at: at.unit(at.complaint.lead)),
    ("首接单位", lambda at: at.unit(at.complaint.first_handler)),
    ("协办单位", lambda at: "、".join(at.unit(code) or code for code in at.complaint.support)),
    ("派单时间", lambda at: at.complaint.dispatched_at),
    ("签收截止时间", lambda at: at.complaint.accept_by),
    ("首次联系时间", lambda at: at.complaint.first_contact_at),
    ("办理截止时间", lambda at: at.complaint.due_at),
    ("超期标识", lambda at: ComplaintStep.DUE in at.complaint.missed),
    ("退单次数", lambda at: len(at.complaint.returned_by)),
    ("延期次数", lambda at: at.complaint.extensions),
    ("挂账原因", lambda at: _word(LISTINGS, at.complaint.listing)),
    ("是否督办", lambda at: at.complaint.supervised),
    ("是否疑难", lambda at: at.complaint.hard),
    ("办结时间", lambda at: at.complaint.finished_at),
    ("办结次数", lambda at: at.complaint.finishes),
    ("是否有效回访", lambda at: at.complaint.callback and at.complaint.callback.valid),
    ("是否联系", lambda at: at.complaint.callback and at.complaint.callback.contacted),
    ("是否解决", lambda at: at.complaint.callback and at.complaint.callback.resolved),
    ("是否满意", lambda at: at.complaint.callback and _word(SATISFACTIONS, at.complaint.callback.satisfaction)),
    ("重新办理次数", lambda at: at.complaint.reopenings),
    ("催办次数", lambda at: len(at.complaint.urges)),
    ("工单状态", lambda at: STATES[at.complaint.state]),
)
"""What may be shown to everybody whose business the complaint is; a confidential one is not among them."""

ORIGINAL: Sequence[Column] = (
    ("标题", lambda at: at.order and at.order.title),
    ("主要内容", lambda at: at.order and at.order.content),
    ("来电人", lambda at: at.complainant.name),
    ("性别", lambda at: at.complainant.gender),
    ("来电号码", lambda at: at.complainant.phone),
    ("联系方式", lambda at: at.complainant.contact),
    ("邮箱", lambda at: at.complainant.email),
    ("人员标识", lambda at: at.complainant.person_key),
    ("被反映人", lambda at: _respondent(at.order).get("name")),
    ("被反映电话", lambda at: _respondent(at.order).get("phone")),
    ("事发地", lambda at: (at.order.model_extra or {}).get("address") if at.order else None),
    ("其他字段", lambda at: _rest(at.order)),
)
"""What stands in the vault besides."""


def _word(words: Mapping[Any, str], value: object) -> str | None:
    return None if value is None else words[value]


def _respondent(order: KeptOrder | None) -> dict[str, Any]:
    found = (order.model_extra or {}).get("respondent") if order else None
    return found if isinstance(found, dict) else {}


_OWN_COLUMNS = frozenset(Order.model_fields) - {"supplement_of", "urges"} | {"address", "respondent"}


def _rest(order: KeptOrder | None) -> str | None:
    """What an order says besides the columns, as JSON."""
    if order is None:
        return None
    said = order.model_dump(mode="json", exclude_none=True)
    rest = {name: value for name, value in said.items() if name not in _OWN_COLUMNS}
    if more := {name: value for name, value in _respondent(order).items() if name not in ("name", "phone")}:
        rest["respondent"] = more
    return json.dumps(rest, ensure_ascii=False) if rest else None
