"""名称: what the town's codes, common words and times are called in texts (GB/T 9704, GB/T 15835)."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from shared.events.deliberation import ConclusionKind, MeetingForm
from shared.events.escalation import DutyRole, DutyStep, SupervisionLevel
from shared.events.vocabulary import (
    DisclosureStage,
    FiveQualities,
    ProjectCategory,
    Quantity,
    Satisfaction,
    SevenNeeds,
    WhistleKind,
)
from shared.rules.township import SHANGHAI, Town

VOCABULARY: tuple[tuple[StrEnum, str], ...] = (
    (WhistleKind.PUBLIC_DEMAND, "群众诉求"),
    (WhistleKind.KEY_TASK, "重点工作"),
    (WhistleKind.JOINT_ENFORCEMENT, "综合执法"),
    (WhistleKind.EMERGENCY, "应急处置"),
    (ProjectCategory.HOUSING_CONDITIONS, "改善居住条件"),
    (ProjectCategory.PUBLIC_SAFETY, "保障公共安全"),
    (ProjectCategory.LIVEABLE_ENVIRONMENT, "营造宜居环境"),
    (ProjectCategory.TRAVEL, "便民出行"),
    (SevenNeeds.CHILDCARE, "幼有所育"),
    (SevenNeeds.EDUCATION, "学有所教"),
    (SevenNeeds.EMPLOYMENT, "劳有所得"),
    (SevenNeeds.MEDICAL_CARE, "病有所医"),
    (SevenNeeds.ELDERLY_CARE, "老有所养"),
    (SevenNeeds.HOUSING, "住有所居"),
    (SevenNeeds.SOCIAL_ASSISTANCE, "弱有所扶"),
    (FiveQualities.CONVENIENCE, "便利性"),
    (FiveQualities.LIVABILITY, "宜居性"),
    (FiveQualities.DIVERSITY, "多样性"),
    (FiveQualities.FAIRNESS, "公正性"),
    (FiveQualities.SAFETY, "安全性"),
    (DisclosureStage.POOLED, "入池"),
    (DisclosureStage.APPROVED, "立项"),
    (DisclosureStage.STARTED, "开工"),
    (DisclosureStage.COMPLETED, "完工"),
    (DisclosureStage.ACCEPTED, "验收"),
    (Quantity.PLACES, "处"),
    (Quantity.BUILDINGS, "栋"),
    (Quantity.AREAS, "片"),
    (Quantity.TRUCKLOADS, "车"),
    (Quantity.PIECES, "件"),
    (Quantity.METRES, "米"),
    (Quantity.SQUARE_METRES, "平方米"),
    (Quantity.HOUSEHOLDS, "户"),
    (Quantity.TIMES, "次"),
    (Quantity.DAYS, "天"),
    (MeetingForm.CONVENED, "召集会议"),
    (MeetingForm.DISCUSSION, "座谈"),
    (MeetingForm.ON_SITE, "现场听取意见"),
    (ConclusionKind.SETTLED, "当场解决"),
    (ConclusionKind.REFERRED_TO_ASSEMBLY, "提交会议决定"),
    (ConclusionKind.REPORTED_UPWARD, "上报并说明"),
    (ConclusionKind.NEEDS_DEPARTMENTS, "需吹哨"),
    (ConclusionKind.NEEDS_PROJECT, "纳入民心项目池"),
    (ConclusionKind.AGREED, "协商一致"),
    (ConclusionKind.DEFERRED, "暂缓再议"),
    (SupervisionLevel.REMINDER, "提醒"),
    (SupervisionLevel.DEPARTMENT_HEAD, "部门负责人督办"),
    (SupervisionLevel.TOWN_LEADER, "镇领导督办"),
    (SupervisionLevel.DISTRICT, "区级督办"),
    (DutyRole.LEAD, "主责"),
    (DutyRole.SUPPORT, "协办"),
    (DutyStep.ACKNOWLEDGE, "响应"),
    (DutyStep.CHECK_IN, "报到"),
    (DutyStep.DUE, "办结"),
    (Satisfaction.SATISFIED, "满意"),
    (Satisfaction.BASICALLY, "基本满意"),
    (Satisfaction.NEUTRAL, "一般"),
    (Satisfaction.DISSATISFIED, "不满意"),
)
"""Words that several services say, in Chinese."""
STATES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "complaint": {
            "RECEIVED": "待派单",
            "ANSWERED": "已直接答复",
            "REDIRECTED": "已引导至其他渠道",
            "DISPATCHED": "待签收",
            "RETURN_REQUESTED": "退单待审",
            "ACCEPTED": "已签收",
            "IN_PROGRESS": "办理中",
            "LISTED": "已挂账",
            "FINISHED": "待回访",
            "CALLED_BACK": "已回访",
            "CLOSED": "已归档",
        },
        "month": {
            "NOT_WATCHED": "未纳入",
            "NOT_YET": "未安排",
            "PLANNED": "已安排",
            "WARNED": "临期提醒",
            "MISSED": "缺会",
            "HELD": "已召开",
        },
        "meeting": {
            "SCHEDULED": "已拟定",
            "NOTICED": "公示中",
            "OPEN": "进行中",
            "HELD": "已结束",
            "MINUTES_PUBLISHED": "记录已公布",
            "CANCELLED": "已取消",
        },
        "project": {
            "PROPOSED": "待入池",
            "POOLED": "已入池",
            "MERGED": "已合并",
            "REJECTED": "不予立项",
            "APPROVED": "已立项",
            "IN_PROGRESS": "实施中",
            "SUSPENDED": "暂停中",
            "CANCELLED": "已取消",
            "COMPLETED": "已完工",
            "ACCEPTED": "已验收",
            "CLOSED": "已办结",
        },
        "suggestion": {
            "COLLECTED": "待研判",
            "UNDER_REVIEW": "研判中",
            "DECIDED": "已有结论",
            "ANSWERED": "已答复",
        },
        "batch": {"OPEN": "进行中", "CLOSED": "已结束"},
    }
)
"""状态 as services and the dashboard call them, by kind and code."""


def words_of(words: type[StrEnum]) -> dict[str, str]:
    """The words of a closed list in Chinese, by their codes."""
    return {one.value: chinese for one, chinese in VOCABULARY if isinstance(one, words)}


def day(on: date) -> str:
    """日期 in full, without leading zeros (GB/T 9704-2012, 7.3.5): 2026年1月5日. An instant: its day in Asia/Shanghai."""
    local = on.astimezone(SHANGHAI) if isinstance(on, datetime) else on
    return f"{local.year}年{local.month}月{local.day}日"


def moment(at: datetime) -> str:
    """时间 for people, Asia/Shanghai: 2026年1月5日9:05 (GB/T 15835)."""
    local = at.astimezone(SHANGHAI)
    return f"{day(local)}{local.hour}:{local.minute:02}"


class Named:
    """What the town's codes are called; a code that is no longer in the configuration is still shown as it is."""

    def __init__(self, town: Town) -> None:
        self._town = town

    @property
    def town(self) -> str:
        """The town."""
        return self._town.name

    def community(self, code: str) -> str:
        """社区/村."""
        found = self._town.community(code)
        return found.name if found else code

    def category(self, code: str) -> str:
        """诉求分类."""
        found = self._town.category(code)
        return found.name if found else code

    def place(self, code: str | None) -> str:
        """The named place; empty, where none is known."""
        found = self._town.place(code)
        return found.name if found else code or ""

    def unit(self, code: str) -> str:
        """承办单位/部门."""
        found = self._town.unit(code)
        return found.name if found else code
