"""名称: what the town's codes, common words and times are called in texts (GB/T 9704, GB/T 15835)."""

from datetime import date, datetime
from enum import StrEnum

from shared.events.vocabulary import DisclosureStage, FiveQualities, ProjectCategory, Quantity, SevenNeeds, WhistleKind
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
)
"""Words that several services say, in Chinese."""


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
