"""Who asks for what, and where: what is counted by time, and by which timers."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.demand import KEPT, Day
from services.intake.domain.figures import moves
from services.intake.domain.hotspot import Asking, Spot, spot
from services.intake.domain.rates import Month, ended
from services.intake.domain.terms import Terms
from services.intake.store import DEMANDS, HOTSPOTS, RATES
from shared.events.base import derived
from shared.plumbing.database import Connection
from shared.plumbing.work import Work
from shared.rules.township import SHANGHAI, Dated

SLOT = timedelta(minutes=1)
"""Counting waits for the end of the next slot: one timer serves everything that came in meanwhile, and no transaction
that set it is still open when it rings."""
PUBLISH = "publish"
"""The timer of a month of the rates: version 0 when it is over, then one for every slot in which something changed."""
_EPOCH = datetime(1970, 1, 1, tzinfo=SHANGHAI)

_ASKINGS = """
select c.id, c.received_at, coalesce(v.subject, f.person) as subject from complaints c
left join vault v on v.owner = c.id and v.field = 'order' left join forgotten_people f on f.complaint = c.id
where c.category = $1 and c.place = $2 and c.community = $3 and not c.confidential and c.received_at >= $4
and c.received_at < $5 order by c.received_at
"""


def nobody(complaint: UUID) -> UUID:
    """The key under which an order without any contact is sealed: it tells no two complaints' people apart or together."""
    return derived("anonymous", complaint)


@lru_cache(maxsize=4096)
def hotspot_id(at: Spot) -> UUID:
    """The hotspot of a category and a named place."""
    return derived("hotspot", at.category, at.place)


@lru_cache(maxsize=4096)
def demand_id(at: Spot) -> UUID:
    """The demand of a category and a named place."""
    return derived("demand", at.category, at.place)


def arm_evaluation(work: Work, at: Spot) -> None:
    """Have the hotspot of a category and place looked at soon."""
    slot, end = next_slot(work.now)
    work.arm(HOTSPOTS, hotspot_id(at), "evaluate", end, version=slot, data=_data(at))


def arm_counts(work: Work, complaint: Complaint | None) -> None:
    """Have this complaint counted, where it counts: soon for a hotspot, and after its day for the demand."""
    at = spot(complaint) if complaint else None
    if complaint is None or at is None:
        return
    arm_evaluation(work, at)
    day = complaint.received_at.astimezone(SHANGHAI).date()
    over = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=1) + SLOT
    slot, end = next_slot(work.now)
    version, due_at = (int(f"{day:%Y%m%d}"), over) if over > end else (slot, end)
    work.arm(DEMANDS, demand_id(at), "count", due_at, version=version, data=_data(at))


@lru_cache(maxsize=1024)
def month_id(month: Month) -> UUID:
    """The stream of a month of the rates."""
    return derived("rates", month)


def arm_figures(
    work: Work, terms: Dated[Terms], before: Complaint | None, after: Complaint | None, now: datetime
) -> None:
    """Have the month of this complaint counted again soon, if it is over and the change moves one of its figures.

    `now`: the present; the work of a timer that rings late has the moment that was due.
    """
    month = ended(after.received_at, now, terms=terms) if after else None
    if after is None or month is None or not moves(before, after):
        return
    slot, end = next_slot(now, timedelta(minutes=terms.on(now).rates.gather_minutes))
    work.arm(RATES, month_id(month), PUBLISH, end, version=slot, data={"month": str(month)})


def next_slot(now: datetime, length: timedelta = SLOT) -> tuple[int, datetime]:
    """The slot of this moment, and the end of the one after it."""
    slot = (now - _EPOCH) // length
    return slot, _EPOCH + length * (slot + 2)


def _data(at: Spot) -> dict[str, str]:
    return {"category": at.category, "community": at.community, "place": at.place}


def counted_at(data: Any) -> Spot:
    """Where a timer counts."""
    return Spot(data["category"], data["community"], data["place"])


async def askings(con: Connection, at: Spot, start: datetime, end: datetime) -> list[Asking]:
    """Every complaint of a spot received from `start` until before `end`, and who asked."""
    rows = await con.fetch(_ASKINGS, at.category, at.place, at.community, start, end)
    return [Asking(row["received_at"], None if row["subject"] == nobody(row["id"]) else row["subject"]) for row in rows]


async def days(con: Connection, at: Spot, now: datetime) -> dict[date, Day]:
    """Complaints and different people of every day that is over, as far back as days are counted again."""
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[date, list[Asking]] = {}
    for asking in await askings(con, at, today - KEPT, today):
        found.setdefault(asking.received_at.astimezone(SHANGHAI).date(), []).append(asking)
    return {day: Day(len(those), len({asking.person for asking in those})) for day, those in found.items()}
