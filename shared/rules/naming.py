"""名称: what the town's codes, common words and times are called in texts (GB/T 9704, GB/T 15835)."""

from datetime import date, datetime
from enum import StrEnum

from shared.events.vocabulary import Quantity, WhistleKind
from shared.rules.township import SHANGHAI, Town

VOCABULARY: tuple[tuple[StrEnum, str], ...] = (
    (WhistleKind.PUBLIC_DEMAND, "群众诉求"),
    (WhistleKind.KEY_TASK, "重点工作"),
    (WhistleKind.JOINT_ENFORCEMENT, "综合执法"),
    (WhistleKind.EMERGENCY, "应急处置"),
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
