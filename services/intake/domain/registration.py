"""受理: a demand comes in, is answered, redirected or urged."""

from datetime import datetime
from enum import StrEnum

from services.intake.domain.asked import Answer, Order, Redirect, Urge
from services.intake.domain.complaint import FINAL, Complaint, ComplaintState
from services.intake.domain.locating import Located, classify, locate
from services.intake.domain.standing import known, outside, public, unless
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CONFIDENTIAL,
    ComplaintAnswered,
    ComplaintFact,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintUrged,
)
from shared.events.vocabulary import ComplaintType, Urgency
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town


class Conflicting(RuleBroken):
    """同号异文: the number is known, the content is another; a person must look (quarantine)."""


class Entry(StrEnum):
    """What becomes of an incoming order: a complaint of its own, or an urge of an earlier one."""

    REGISTER = "REGISTER"
    URGE = "URGE"


def entry(own: Complaint | None, earlier: Complaint | None, *, imported: bool) -> Entry:
    """登记或催办. `own`: what is known under the order's own number; `earlier`: the complaint it names, or the same
    person's same matter.

    What is known keeps its own number, what is over is not urged, and an import never urges.
    """
    if own is not None or earlier is None or imported or earlier.state in FINAL:
        return Entry.REGISTER
    return Entry.URGE


def receive(
    before: Complaint | None,
    order: Order,
    *,
    now: datetime,
    terms: Terms,
    town: Town,
    open_matter: bool = False,
    closed_matter: bool = False,
    imported: bool = False,
    same_content: bool | None = None,
) -> list[ComplaintFact]:
    """受理: always registered. The same number with the same content is the same complaint; raises `Conflicting`.

    `open_matter`, `closed_matter`: whether the same person's same matter is open, or was closed before.
    `same_content`: how the content compares with what the vault has under this number; None when that was erased,
    and then the known complaint stands. A sender's clock that runs ahead is set back to `now`.
    """
    if before is not None:
        if same_content is False:
            raise Conflicting(Reason("conflicting_content", "同一工单编号的内容与已登记的不一致", "/content"))
        return []
    confidential = order.confidential or order.type is ComplaintType.REPORT
    where = locate(town, order.community, order.place)
    category = classify(town, order.category)
    return [
        ComplaintReceived(
            type=order.type,
            channel=None if confidential else order.channel,
            number=None if confidential else order.number,
            community=where.community,
            category=CONFIDENTIAL if confidential else category,
            place=None if confidential else where.place,
            urgency=order.urgency or terms.urgency_of.get(category, Urgency.ROUTINE),
            received_at=min(order.received_at, now),
            confidential=confidential,
            repeat=closed_matter and not imported,
            possible_repeat=(open_matter or closed_matter) and imported,
        )
    ]


def whereabouts(order: Order, town: Town) -> tuple[Located, str]:
    """Place and category of an order in the town's codes, for the vault: of a confidential one no fact says them."""
    return locate(town, order.community, order.place), classify(town, order.category)


def urge(before: Complaint | None, asked: Urge) -> list[ComplaintFact]:
    """催办: still open; the same order urges once."""
    complaint = known(before)
    if asked.order in complaint.urges:
        return []
    refuse(complaint.state in FINAL and Reason("already_over", "诉求已办结，请重新登记"))
    return [ComplaintUrged(urge=asked.urge, order=asked.order, urged_at=asked.urged_at, urges=len(complaint.urges) + 1)]


def answer(
    before: Complaint | None, asked: Answer, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """直接答复: inquiries only."""
    complaint = known(before)
    if complaint.state is ComplaintState.ANSWERED:
        return []
    refuse(
        unless(complaint, ComplaintState.RECEIVED),
        complaint.type is not ComplaintType.INQUIRY and Reason("not_an_inquiry", "只有咨询可以直接答复"),
        outside(asked.answered_at, complaint.received_at, now, "/answered_at"),
    )
    return [
        ComplaintAnswered(
            answered_at=asked.answered_at,
            answer=public(complaint, asked.answer),
            retain_until=terms.retention.after_end.after(asked.answered_at, calendar),
        )
    ]


def redirect(
    before: Complaint | None, asked: Redirect, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[ComplaintFact]:
    """引导至其他渠道: the reason and the right channel were told."""
    complaint = known(before)
    if complaint.state is ComplaintState.REDIRECTED:
        return []
    refuse(unless(complaint, ComplaintState.RECEIVED), outside(asked.told_at, complaint.received_at, now, "/told_at"))
    return [
        ComplaintRedirected(
            told_at=asked.told_at,
            reason=public(complaint, asked.reason),
            right_channel=public(complaint, asked.right_channel),
            retain_until=terms.retention.after_end.after(asked.told_at, calendar),
        )
    ]
