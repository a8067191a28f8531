"""月度协商看板: how a community stands with its monthly meeting [S], month by month."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.deliberation.domain.terms import Terms
from shared.rules.month import month_end, warning_of
from shared.rules.naming import STATES


class MonthState(StrEnum):
    """月度协商状态.

    NOT_WATCHED: before the platform was founded. NOT_YET: nothing is planned, and nothing presses. PLANNED: a meeting is.
    WARNED: the month ends soon, and none was held yet, planned or not. MISSED: the month is over without one.
    """

    NOT_WATCHED = "NOT_WATCHED"
    NOT_YET = "NOT_YET"
    PLANNED = "PLANNED"
    WARNED = "WARNED"
    MISSED = "MISSED"
    HELD = "HELD"


STATE_WORDS = {state: STATES["month"][state] for state in MonthState}
"""How people call the states of a month."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """一次会议 of a month. `at`: when it ended, or when it shall begin."""

    id: UUID
    at: datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class Month:
    """一个社区（村）的一个月. A meeting belongs to the month in which it ended (Asia/Shanghai), however it was planned; one
    that is planned, to the month in which it shall begin.

    `watched_from`: the first month of this community's duty. `warned`, `missed`: what was said of it. `reason`: why it
    was missed. A meeting that was entered after the end of its month fulfils it: then it is HELD, and `missed` was said.
    """

    community: str
    month: date
    watched_from: date
    held: tuple[Sitting, ...] = ()
    planned: tuple[Sitting, ...] = ()
    warned: bool = False
    missed: bool = False
    reason: str | None = None

    def state(self, now: datetime, terms: Terms) -> MonthState:
        """How it stands at this moment, whether what time does was said already or not."""
        if self.held:
            return MonthState.HELD
        if self.month < self.watched_from:
            return MonthState.NOT_WATCHED
        if now >= month_end(self.month):
            return MonthState.MISSED
        if now >= warning_of(self.month, terms.month_warning_days):
            return MonthState.WARNED
        return MonthState.PLANNED if self.planned else MonthState.NOT_YET
