"""同一诉求: whether the same person asks for the same again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.intake.domain.asked import Order
from services.intake.domain.complaint import FINAL, Complaint
from services.intake.domain.locating import whereabouts
from services.intake.domain.terms import Terms
from shared.events.intake import UNCATEGORISED
from shared.events.vocabulary import ComplaintType
from shared.rules.township import Town


@dataclass(frozen=True, slots=True)
class Matter:
    """诉求要点: what an order is about, and where."""

    category: str
    community: str | None
    place: str | None


def matter(order: Order, town: Town) -> Matter | None:
    """What an order is about; None where it cannot be compared: confidential, or its category is not known.

    A confidential complaint is always one of its own: linking it to another would tell who made it.
    """
    where, category = whereabouts(order, town)
    if order.confidential or order.type is ComplaintType.REPORT or category == UNCATEGORISED:
        return None
    return Matter(category, where.community, where.place)


def same_matter(complaint: Complaint, asked: Matter) -> bool:
    """Same category and same place; where one of them names no place, the same community."""
    if complaint.confidential or complaint.category != asked.category:
        return False
    if complaint.place is not None and asked.place is not None:
        return complaint.place == asked.place
    return complaint.community is not None and complaint.community == asked.community


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same person has asked for before: the same matter still open, and whether one was closed lately."""

    open: Complaint | None
    closed: bool


def earlier(asked: Matter | None, complaints: Iterable[Complaint], *, now: datetime, terms: Terms) -> Earlier:
    """The same matter among one person's complaints. An open one counts however old it is, a closed one for a while."""
    if asked is None:
        return Earlier(None, False)
    since = now - timedelta(days=terms.repeat_window_days)
    same = [complaint for complaint in complaints if same_matter(complaint, asked)]
    still_open = [complaint for complaint in same if complaint.state not in FINAL]
    closed = any(complaint.state in FINAL and complaint.received_at > since for complaint in same)
    return Earlier(max(still_open, key=lambda complaint: complaint.received_at, default=None), closed)
