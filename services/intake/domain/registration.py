"""受理: a demand comes in, is answered, redirected or urged."""

from datetime import datetime, timedelta
from enum import StrEnum

from services.intake.domain.asked import Answer, Order, Redirect, Urge
from services.intake.domain.complaint import FINAL, Complaint, ComplaintState
from services.intake.domain.locating import Located, whereabouts
from services.intake.domain.standing import known, outside, public, unless
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CONFIDENTIAL,
    UNCATEGORISED,
    ComplaintAnswered,
    ComplaintFact,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintSupervised,
    ComplaintUrged,
    UrgeKind,
)
from shared.events.vocabulary import ComplaintType, Urgency
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town


class Conflicting(RuleBroken):
    """同号异文: the number is known, the content is another; a person must look (quarantine)."""


class AheadOfTime(RuleBroken):
    """来件时间在未来: an imported order of tomorrow; a person must look (quarantine)."""


AHEAD = timedelta(minutes=5)
"""A file's clock may run ahead by so much [D]."""


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
    """受理: always registered. The same number with the same content is the same complaint; raises `Conflicting`, and of
    an imported order `AheadOfTime`.

    `open_matter`, `closed_matter`: whether the same person's same matter is open, or was closed before.
    `same_content`: how the content compares with what the vault has under this number; None when that was erased,
    and then the known complaint stands. A sender's clock that runs ahead is set back to `now`; a
    file has no clock: it has a wrong date.
    """
    if before is not None:
        if same_content is False:
            raise Conflicting(Reason("conflicting_content", "同一工单编号的内容与已登记的不一致", "/content"))
        return []
    if imported and order.received_at > now + AHEAD:
        raise AheadOfTime(Reason("in_the_future", "来件时间在未来", "/received_at"))
    confidential = order.confidential or order.type is ComplaintType.REPORT
    where, category = whereabouts(order, town)
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


def same_content(kept: Order, order: Order, known: Complaint | None, town: Town) -> bool:
    """同一内容: whether two orders of one number say the same. When it was sent again, and what the sender adds, does not
    count; nor does another word for the place and category that were named, or those which the dispatcher has found.
    """
    (here, about), (where, category) = whereabouts(kept, town), whereabouts(order, town)
    places = [here] if known is None else [here, Located(known.community, known.place)]
    return (
        _said(kept) == _said(order)
        and _same(order.community, kept.community, where.community, {place.community for place in places})
        and _same(order.place, kept.place, where.place, {place.place for place in places})
        and _same(
            order.category,
            kept.category,
            None if category == UNCATEGORISED else category,
            {about, known.category if known else about},
        )
    )


def _same(word: str | None, kept: str | None, meant: str | None, stands: set[str | None]) -> bool:
    """The same word, or another one for an entry of the town that stands; a word that the town does not know is another."""
    return word == kept or (meant is not None and meant in stands)


def _said(order: Order) -> tuple[object, ...]:
    hidden = order.confidential or order.type is ComplaintType.REPORT
    return order.type, order.title, order.content, hidden, order.complainant


def urge(before: Complaint | None, asked: Urge, *, terms: Terms) -> list[ComplaintFact]:
    """催办: still open; the same order urges once. Whoever has to urge again and again makes it a matter of the town."""
    complaint = known(before)
    if asked.order in complaint.urges:
        return []
    refuse(complaint.state in FINAL and Reason("already_over", "诉求已办结，请重新登记"))
    urges = len(complaint.urges) + 1
    urged = ComplaintUrged(urge=asked.urge, order=asked.order, urged_at=asked.urged_at, urges=urges)
    if asked.urge is not UrgeKind.URGE or urges < terms.repeated_urges or complaint.supervised:
        return [urged]
    return [urged, ComplaintSupervised(reason="同一诉求人多次催办")]


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
