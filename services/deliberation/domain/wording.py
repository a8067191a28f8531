"""用语: how papers of deliberation call things, times and numbers (GB/T 9704, GB/T 15835)."""

from enum import StrEnum
from fractions import Fraction

from services.deliberation.domain.topic import STATE_WORDS as TOPIC_STATES
from services.deliberation.domain.undertaking import UndertakingState
from shared.events import deliberation as said
from shared.events.base import Fact
from shared.events.vocabulary import (
    ProgressStep,
    TopicOrigin,
)
from shared.rules.naming import VOCABULARY, Named, day, moment

__all__ = ["HEADINGS", "KINDS", "TOPIC_STATES", "Named", "chinese", "day", "moment", "named"]

HEADINGS: dict[type[Fact], str] = {
    said.PlatformRulesAdopted: "工作方案和议事规则通过",
    said.ConvenerAppointed: "召集人确定",
    said.PlaceFixed: "议事场所确定",
    said.SeatFilled: "席位到位",
    said.SeatVacated: "席位空缺",
    said.MemberAppointed: "代表进入",
    said.MemberLeft: "代表退出",
    said.GuidanceGiven: "镇级指导",
    said.MonthlyMeetingDue: "月度协商提醒",
    said.MonthlyMeetingMissed: "月度协商缺失",
    said.MonthlyMeetingExplained: "说明缺会原因",
    said.MonthlyDutyMet: "月度协商完成",
    said.TopicProposed: "议题提出",
    said.TopicRejected: "议题不予受理",
    said.TopicAccepted: "议题受理",
    said.TopicsMerged: "议题合并",
    said.TopicEnlarged: "议题并入",
    said.BackgroundDistributed: "背景材料发放",
    said.TopicScheduled: "议题上会",
    said.TopicUnscheduled: "议题撤回待议",
    said.TopicOpened: "议题开议",
    said.TopicSettled: "当场解决",
    said.TopicAgreed: "协商一致",
    said.TopicDeferred: "暂缓再议",
    said.TopicReferredToAssembly: "提交会议决定",
    said.UpwardAnswered: "上级答复",
    said.UpwardReviewDue: "上报复核到期",
    said.TopicImplementing: "进入落实",
    said.TopicDisclosed: "结果公开",
    said.TopicReopened: "议题重启",
    said.TopicProgressed: "议题进展",
    said.TopicReportedUpward: "上报并说明",
    said.TopicNeedsDepartments: "需吹哨",
    said.TopicNeedsProject: "纳入民心项目池",
    said.TopicClosed: "议题办结",
    said.MeetingScheduled: "会议拟定",
    said.RecorderNamed: "记录人指定",
    said.NoticePublished: "会议公示",
    said.MeetingInvited: "发出邀请",
    said.InvitationAccepted: "接受邀请",
    said.InvitationExcused: "请假",
    said.JoinRequested: "申请参会",
    said.JoinAdmitted: "同意参会",
    said.JoinDeclined: "不同意参会",
    said.AttendanceRecorded: "到会登记",
    said.MeetingOpened: "会议开始",
    said.ProblemRaised: "问题交流",
    said.StatementRecorded: "发言记录",
    said.PositionRecorded: "表态记录",
    said.AbsenceUnexcused: "无故缺席",
    said.MeetingHeld: "会议结束",
    said.MinutesPublished: "会议记录公布",
    said.MinutesCorrected: "会议记录更正",
    said.MinutesOverdue: "会议记录逾期",
    said.MeetingPostponed: "会议延期",
    said.MeetingCancelled: "会议取消",
    said.AssemblyCalled: "提请召开",
    said.AssemblyNoticed: "会议公告",
    said.AssemblyInquorate: "未达法定人数",
    said.AssemblyDecided: "会议表决",
    said.AssemblyPublished: "决定公布",
    said.AssemblyPublicationOverdue: "决定公布逾期",
    said.UndertakingAssigned: "落实任务确定",
    said.UndertakingReported: "落实进展",
    said.UndertakingDone: "落实完成",
    said.UndertakingExcused: "落实免除",
    said.UndertakingOverdue: "落实逾期",
    said.AssemblyDemanded: "提议召开",
    said.TopicCarriedOut: "落实完毕",
    said.TopicDisclosureOverdue: "结果公开逾期",
    said.TopicReviewDue: "决定复查到期",
    said.TopicReviewed: "复查记录",
    said.AgendaOrdered: "议程排序",
    said.NoProblemRaised: "无问题可交流",
    said.AbsenceReported: "缺席通报",
    said.AbsenceAnswered: "缺席整改答复",
}
"""What each fact is called."""

KINDS = {
    "topic": "议题",
    "meeting": "会议",
    "assembly": "会议决定",
    "undertaking": "落实任务",
    "hotspot": "热点",
    "route": "转办单",
    "issue": "吹哨事项",
    "duty": "报到任务",
    "project": "民心项目",
    "suggestion": "建议",
}
"""What streams of this kind are called."""

_PAIRS: tuple[tuple[StrEnum, str], ...] = (
    *VOCABULARY,
    (TopicOrigin.HOTSPOT, "共性诉求（热点）"),
    (TopicOrigin.ROUTE, "诉求转办"),
    (TopicOrigin.TWO_COMMITTEES, "两委提议"),
    (TopicOrigin.COLLECTED_OPINIONS, "征集意见"),
    (TopicOrigin.RESIDENT, "居民（村民）提出"),
    (TopicOrigin.INSPECTION, "巡查发现"),
    (TopicOrigin.PROBLEM_RAISED, "会上交流的问题"),
    (said.TopicScope.PUBLIC_AFFAIRS, "公共事务"),
    (said.TopicScope.PROPERTY_MANAGEMENT, "物业管理"),
    (said.TopicScope.URGENT_WORRIES, "居民急难愁盼"),
    (said.MemberKind.PARTY_MEMBER, "党员"),
    (said.MemberKind.RESIDENT, "村（居）民"),
    (said.MemberKind.PEOPLES_CONGRESS_DEPUTY, "人大代表"),
    (said.MemberKind.WOMEN, "妇女"),
    (said.MemberKind.CPPCC_MEMBER, "政协委员"),
    (said.MemberKind.PARTNER_UNIT, "共建单位"),
    (said.MemberKind.VOLUNTEER, "志愿者"),
    (said.MemberKind.CULTURE_SPORT_GROUP, "文体团队"),
    (said.MemberKind.OTHER, "其他"),
    (said.ApplicantKind.VILLAGER, "村民"),
    (said.ApplicantKind.RESIDENT, "居民"),
    (said.ApplicantKind.ORGANISATION, "组织"),
    (said.ApplicantKind.UNIT, "单位"),
    (said.Position.SUPPORT, "赞成"),
    (said.Position.OPPOSE, "反对"),
    (said.Position.ABSTAIN, "弃权"),
    (said.Position.FORMAL_OBJECTION, "正式异议"),
    (said.AssemblyForum.VILLAGERS, "村民会议"),
    (said.AssemblyForum.VILLAGER_REPRESENTATIVES, "村民代表会议"),
    (said.AssemblyForum.RESIDENTS, "居民会议"),
    (said.AssemblyForum.RESIDENT_REPRESENTATIVES, "居民代表会议"),
    (said.AssemblyForum.OWNERS, "业主大会"),
    (said.AssemblyForum.PROPERTY_COMMITTEE, "物业管理委员会"),
    (said.AssemblyMatter.HIRE_PROPERTY_COMPANY, "选聘物业服务企业"),
    (said.AssemblyMatter.DISMISS_PROPERTY_COMPANY, "解聘物业服务企业"),
    (said.AssemblyMatter.PROPERTY_SERVICE, "物业服务事项"),
    (said.AssemblyMatter.MANAGEMENT_STATUTE, "管理规约"),
    (said.AssemblyMatter.MAINTENANCE_FUND, "使用维修资金"),
    (said.AssemblyMatter.FUND_RAISING, "筹集维修资金"),
    (said.AssemblyMatter.REBUILDING, "改建、重建"),
    (said.AssemblyMatter.COMMON_PARTS, "共有部分的用途和经营"),
    (said.AssemblyMatter.VILLAGE_SUBSIDIES, "本村享受误工补贴"),
    (said.AssemblyMatter.COLLECTIVE_INCOME, "集体经济收益"),
    (said.AssemblyMatter.PUBLIC_WELFARE_UNDERTAKING, "公益事业"),
    (said.AssemblyMatter.LAND_AND_HOMESTEADS, "土地和宅基地"),
    (said.AssemblyMatter.COLLECTIVE_PROPERTY, "集体财产"),
    (said.AssemblyMatter.OTHER, "其他事项"),
    (said.ReferralCause.LAW, "法定事项"),
    (said.ReferralCause.ROUNDS, "多次协商未果"),
    (said.ReferralCause.DISPUTE, "争议较大"),
    (said.UpwardReason.POLICY, "受政策限制"),
    (said.UpwardReason.PLANNING, "受规划限制"),
    (said.UpwardOutcome.CLEARED, "可以落实"),
    (said.UpwardOutcome.RETURNED, "退回再议"),
    (said.CommonDemand.HOTSPOT, "已形成热点"),
    (said.CommonDemand.PEOPLE, "多人提出"),
    (said.CommonDemand.MEETING_FINDING, "会议认定"),
    (said.AttendanceWay.LIST, "名单登记"),
    (said.AttendanceWay.CODE, "签到码"),
    (said.DemandBase.ADULTS, "十八周岁以上村（居）民"),
    (said.DemandBase.HOUSEHOLDS, "户"),
    (said.DemandBase.GROUPS, "居民小组"),
    (said.DemandBase.REPRESENTATIVES, "代表"),
    (said.DemandBase.OWNERS, "业主"),
    (said.CountBase.ADULTS, "十八周岁以上村（居）民"),
    (said.CountBase.HOUSEHOLDS, "户"),
    (said.CountBase.GROUP_REPRESENTATIVES, "居民小组代表"),
    (said.CountBase.REPRESENTATIVES, "代表"),
    (said.CountBase.OWNERS, "业主人数"),
    (said.CountBase.AREA, "专有部分面积（平方米）"),
    (said.CountBase.COMMITTEE_MEMBERS, "物管会委员"),
    (said.CountBase.COMMITTEE_OWNERS, "物管会业主委员"),
    (UndertakingState.ASSIGNED, "落实中"),
    (UndertakingState.DONE, "已完成"),
    (UndertakingState.EXCUSED, "已免除"),
    (ProgressStep.HANDLING, "办理进展"),
    (ProgressStep.LISTING_PROPOSED, "建议挂账"),
    (ProgressStep.ISSUE_ESCALATED, "已吹哨"),
    (ProgressStep.DEPARTMENT_CHECKED_IN, "部门已报到"),
    (ProgressStep.ISSUE_RESOLVED, "吹哨事项已解决"),
    (ProgressStep.PROJECT_DISCLOSED, "项目进展已公开"),
)
_WORDS = {(type(word), word): chinese for word, chinese in _PAIRS}
"""By list and word: the same word stands in several lists and means another thing in each."""


def named(word: StrEnum) -> str:
    """A word of a closed list in Chinese."""
    return _WORDS[type(word), word]


def share(part: Fraction) -> str:
    """A part of a whole: 50%, 33.3333%."""
    return f"{float(100 * part):g}%"


_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """A number as headings have it, from 1 to 9,999: 一 十 十二 二十 一百零五."""
    if not 1 <= number <= 9999:
        raise ValueError(f"no heading has the number {number}")
    words, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return words.removeprefix("一") if 10 <= number < 20 else words
