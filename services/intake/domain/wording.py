"""用语: what a fact of a complaint or of its routes says, in the office's words."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.intake.domain.standing import WORDS as STATES
from shared.events import intake as said
from shared.events.base import Fact, ref_kind
from shared.events.vocabulary import (
    Channel,
    ComplaintType,
    ProgressStep,
    RouteTarget,
    Satisfaction,
    Urgency,
)
from shared.rules.township import SHANGHAI, Role, Town

__all__ = ["HEADINGS", "ROLES", "STATES", "TEXTS", "moment", "named", "sentence", "text"]

ROLES = {
    Role.FEEDER: "数据接入",
    Role.DISPATCHER: "派单员",
    Role.OFFICER: "承办人员",
    Role.SECRETARY: "社区（村）书记",
    Role.RECORDER: "记录人",
    Role.SUPERVISOR: "镇领导",
    Role.OPERATOR: "运维人员",
    Role.AUDITOR: "审计人员",
    Role.RESIDENT: "居民",
    Role.SERVICE: "系统",
}

HEADINGS: dict[type[Fact], str] = {
    said.ComplaintReceived: "诉求登记",
    said.ComplaintAnswered: "直接答复",
    said.ComplaintRedirected: "引导至其他渠道",
    said.ComplaintDispatched: "派单",
    said.ComplaintAccepted: "签收",
    said.ComplaintReturnRequested: "申请退单",
    said.ComplaintReturned: "同意退单",
    said.ReturnRejected: "不同意退单",
    said.ComplainantContacted: "联系诉求人",
    said.SupportUnitAdded: "增加协办单位",
    said.ComplaintSupervised: "督办",
    said.HardCaseMarked: "列为疑难",
    said.ExtensionRequested: "申请延期",
    said.ExtensionGranted: "同意延期",
    said.ExtensionDenied: "不同意延期",
    said.ListingRequested: "申请挂账",
    said.ComplaintListed: "挂账",
    said.ListingDenied: "不同意挂账",
    said.ListingReviewed: "挂账复核",
    said.ListingEnded: "销账",
    said.ComplaintFinished: "办结",
    said.CallbackTried: "回访未成",
    said.CallbackRecorded: "回访",
    said.ComplaintReopened: "重办",
    said.ExceptionApproved: "批准例外办结",
    said.ComplaintClosed: "归档",
    said.ComplaintUrged: "催办",
    said.ComplaintDeadlineNear: "临期提醒",
    said.ComplaintDeadlineRecounted: "期限重算",
    said.ComplaintOverdue: "超期",
    said.ComplaintProgressed: "工单进展",
    said.ComplaintRouted: "转办",
    said.RouteTaken: "转办受理",
    said.RouteConcluded: "转办办结",
}
"""What each fact is called."""

TEXTS = ("answer", "measure", "note", "why", "plan", "finding", "public_title", "right_channel")
"""The fields in which staff wrote something for the public; `reason` too, where it is no word of a list."""

_PAIRS: tuple[tuple[StrEnum, str], ...] = (
    (Channel.HOTLINE_12345, "12345热线"),
    (Channel.QQ, "QQ群"),
    (Channel.WECHAT, "微信群"),
    (Channel.OPINION_BOX, "意见箱"),
    (Channel.HOUSEHOLD_VISIT, "入户走访"),
    (Channel.VILLAGE_OFFICE, "村务办公室"),
    (Channel.WEB, "网站"),
    (Channel.IMPORT, "导入"),
    (ComplaintType.INQUIRY, "咨询"),
    (ComplaintType.ASSISTANCE, "求助"),
    (ComplaintType.COMPLAINT, "投诉"),
    (ComplaintType.REPORT, "举报"),
    (ComplaintType.SUGGESTION, "建议"),
    (Urgency.CRITICAL, "特急"),
    (Urgency.URGENT, "紧急"),
    (Urgency.ROUTINE, "一般"),
    (Urgency.COMPLEX, "复杂"),
    (Satisfaction.SATISFIED, "满意"),
    (Satisfaction.BASICALLY, "基本满意"),
    (Satisfaction.NEUTRAL, "一般"),
    (Satisfaction.DISSATISFIED, "不满意"),
    (RouteTarget.TOPIC, "协商议题"),
    (RouteTarget.ISSUE, "吹哨事项"),
    (RouteTarget.SUGGESTION, "建议池"),
    (RouteTarget.PROJECT, "民心项目"),
    (ProgressStep.HANDLING, "办理进展"),
    (ProgressStep.LISTING_PROPOSED, "建议挂账"),
    (ProgressStep.ISSUE_ESCALATED, "已吹哨"),
    (ProgressStep.DEPARTMENT_CHECKED_IN, "部门已报到"),
    (ProgressStep.ISSUE_RESOLVED, "吹哨事项已解决"),
    (ProgressStep.PROJECT_DISCLOSED, "项目进展已公开"),
    (said.ReturnReason.NOT_MY_DUTY, "非本单位职责"),
    (said.ReturnReason.NOT_MY_AREA, "非本辖区"),
    (said.ReturnReason.DUPLICATE, "重复工单"),
    (said.ReturnReason.INSUFFICIENT_INFO, "信息不足"),
    (said.ContactManner.PHONE, "电话"),
    (said.ContactManner.VISIT, "上门"),
    (said.ContactManner.ONLINE, "线上"),
    (said.ListingReason.POLICY, "政策原因"),
    (said.ListingReason.PLANNING, "规划原因"),
    (said.ListingReason.HISTORICAL, "历史遗留"),
    (said.ListingReason.LITIGATION, "诉讼"),
    (said.ListingReason.FUNDING, "资金"),
    (said.ListingEndGround.UNBLOCKED, "障碍已消除"),
    (said.ListingEndGround.EXPIRED, "挂账期满"),
    (said.SpokenWith.COMPLAINANT, "诉求人"),
    (said.SpokenWith.FAMILY, "诉求人家属"),
    (said.SpokenWith.REPRESENTATIVE, "诉求人代表"),
    (said.SpokenWith.NEIGHBOURS, "邻里"),
    (said.CallbackOutcome.NO_ANSWER, "无人接听"),
    (said.CallbackOutcome.UNCLEAR, "答复不明确"),
    (said.ExceptionGround.UNREASONABLE, "不合理诉求"),
    (said.ExceptionGround.REHANDLED, "已两次重办"),
    (said.CloseGround.SATISFIED, "已解决且满意"),
    (said.CloseGround.UNREACHABLE, "三次回访未能联系"),
    (said.CloseGround.EXCEPTION, "例外办结"),
    (said.UrgeKind.URGE, "再次反映同一事项"),
    (said.UrgeKind.SUPPLEMENT, "补充情况"),
    (said.ComplaintStep.ACCEPT, "签收"),
    (said.ComplaintStep.CONTACT, "首次联系"),
    (said.ComplaintStep.DUE, "办理"),
    (said.ComplaintStep.RETURN_DECISION, "退单审核"),
    (said.ComplaintStep.EXTENSION_DECISION, "延期审核"),
    (said.ComplaintStep.LISTING_REVIEW, "挂账复核"),
    (said.ComplaintStep.CALLBACK, "回访"),
    (said.RouteOutcome.DONE, "已办成"),
    (said.RouteOutcome.DECLINED, "未采纳"),
    (said.RouteOutcome.WITHDRAWN, "已撤回"),
)
_WORDS = {(type(word), word): chinese for word, chinese in _PAIRS}
"""By list and word: the same word stands in several lists and means another thing in each."""
_KINDS = {"topic": "协商议题", "issue": "吹哨事项", "suggestion": "建议", "project": "民心项目", "hotspot": "热点"}


def named(word: StrEnum) -> str:
    """A word of a closed list in Chinese."""
    return _WORDS[type(word), word]


def moment(at: datetime) -> str:
    """时间 for people, Asia/Shanghai: 2024年2月8日 09:00."""
    return f"{at.astimezone(SHANGHAI):%Y年%-m月%-d日 %H:%M}"


def text(fact: Fact) -> str | None:
    """What staff wrote in it for the public; None of a confidential complaint."""
    fields = type(fact).model_fields
    found = [getattr(fact, field) for field in TEXTS if field in fields]
    if "reason" in fields and isinstance(
        fact, said.ComplaintRedirected | said.ComplaintSupervised | said.HardCaseMarked | said.ExtensionRequested
    ):
        found.insert(0, fact.reason)
    return "；".join(filter(None, found)) or None


def sentence(fact: Fact, town: Town) -> str:
    """What happened, in one sentence without the staff's own text and without anything personal."""
    say: Callable[[Any, Town], str] = _SENTENCES.get(type(fact), _heading)
    return say(fact, town)


def _heading(fact: Fact, _: Town) -> str:
    return HEADINGS[type(fact)]


def _unit(town: Town, code: str) -> str:
    """A unit that is no longer in the configuration is still known by its code."""
    found = town.unit(code)
    return found.name if found else code


def _received(fact: said.ComplaintReceived, town: Town) -> str:
    community, category = town.community(fact.community), town.category(fact.category)
    where = community.name if community else "社区（村）不详"
    how = f"{named(fact.channel)}，" if fact.channel else ""
    again = "，为重复诉求" if fact.repeat else "，可能为重复诉求" if fact.possible_repeat else ""
    what = category.name if category else fact.category
    return f"{how}{named(fact.type)}，{where}，{what}{again}"


def _dispatched(fact: said.ComplaintDispatched, town: Town) -> str:
    again = f"第 {fact.dispatch} 次派单，" if fact.dispatch > 1 else ""
    return f"{again}派至{_unit(town, fact.lead)}，{named(fact.urgency)}，{moment(fact.due_at)} 前办结"


def _called_back(fact: said.CallbackRecorded, _: Town) -> str:
    by = "市级回访" if fact.by_city else "回访"
    if fact.satisfaction is None:
        return f"{by}：未能联系到诉求人"
    contacted, resolved = "已联系" if fact.contacted else "未联系", "已解决" if fact.resolved else "未解决"
    return f"{by}：{contacted}，{resolved}，{named(fact.satisfaction)}"


def _progressed(fact: said.ComplaintProgressed, _: Town) -> str:
    cause = f"（{_KINDS.get(ref_kind(fact.cause), '')}）" if fact.cause else ""
    return f"{named(fact.step)}{cause}"


def _routed(fact: said.ComplaintRouted, _: Town) -> str:
    return f"关联已有的{named(fact.wanted)}" if fact.target else f"转为{named(fact.wanted)}"


def _late(late: bool, words: str) -> str:
    return f"{words}（逾期）" if late else words


_SENTENCES: dict[type[Fact], Callable[[Any, Town], str]] = {
    said.ComplaintReceived: _received,
    said.ComplaintDispatched: _dispatched,
    said.ComplaintAccepted: lambda f, t: _late(f.late, f"{_unit(t, f.lead)}签收"),
    said.ComplaintReturnRequested: lambda f, t: f"{_unit(t, f.lead)}申请退单：{named(f.reason)}",
    said.ComplaintReturned: lambda f, t: f"同意{_unit(t, f.lead)}退单：{named(f.reason)}",
    said.ReturnRejected: lambda f, t: f"不同意{_unit(t, f.lead)}退单",
    said.ComplainantContacted: lambda f, t: _late(f.late, f"{_unit(t, f.unit)}联系诉求人：{named(f.manner)}"),
    said.SupportUnitAdded: lambda f, t: f"增加协办单位：{_unit(t, f.unit)}",
    said.ExtensionRequested: lambda f, t: f"{_unit(t, f.unit)}申请延期至 {moment(f.until)}",
    said.ExtensionGranted: lambda f, _: f"同意延期至 {moment(f.due_at)}",
    said.ListingRequested: lambda f, t: f"{_unit(t, f.unit)}申请挂账：{named(f.reason)}",
    said.ComplaintListed: lambda f, _: f"挂账：{named(f.reason)}，{moment(f.review_by)} 前复核",
    said.ListingReviewed: lambda f, _: f"挂账复核，{moment(f.review_by)} 前再次复核",
    said.ListingEnded: lambda f, _: f"销账：{named(f.ground)}，{moment(f.due_at)} 前办结",
    said.ComplaintFinished: lambda f, t: _late(f.late, f"{_unit(t, f.lead)}办结，已告知{named(f.spoken_with)}"),
    said.CallbackTried: lambda f, _: f"第 {f.tries} 次回访未成：{named(f.outcome)}",
    said.CallbackRecorded: _called_back,
    said.ComplaintReopened: lambda f, _: f"第 {f.reopening} 次重办，{moment(f.due_at)} 前办结",
    said.ExceptionApproved: lambda f, _: f"批准例外办结：{named(f.ground)}",
    said.ComplaintClosed: lambda f, _: f"归档：{named(f.ground)}",
    said.ComplaintUrged: lambda f, _: f"{named(f.urge)}，共 {f.urges} 次",
    said.ComplaintDeadlineNear: lambda f, _: f"办理时限已过 {f.percent}%，{moment(f.due_at)} 到期",
    said.ComplaintDeadlineRecounted: lambda f, _: f"节假日已公布，办理期限改为 {moment(f.due_at)}",
    said.ComplaintOverdue: lambda f, _: f"{named(f.step)}超期，应于 {moment(f.due_at)} 前完成",
    said.ComplaintProgressed: _progressed,
    said.ComplaintRouted: _routed,
    said.RouteTaken: lambda f, _: f"对方已受理：{_KINDS.get(ref_kind(f.target), '')}",
    said.RouteConcluded: lambda f, _: f"{_KINDS.get(ref_kind(f.by), '')}结束：{named(f.outcome)}",
}
