"""公布数: the figures of a month over, as they are published, and published again when something changes late."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum

from services.intake.domain.complaint import Complaint
from services.intake.domain.rates import NO_RATES, Counts, Month, Rates, Window, counted, rate_terms, rates, total
from services.intake.domain.terms import RateTerms, Terms
from shared.events.base import Fact
from shared.events.intake import (
    CallbackRecorded,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDispatched,
    ComplaintFinished,
    ComplaintListed,
    ComplaintOverdue,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintReturned,
    ExceptionApproved,
    ExtensionGranted,
    ListingEnded,
    RatesPublished,
)
from shared.rules.township import Dated

CAUSES: tuple[type[Fact], ...] = (
    ComplaintReceived,
    ComplaintAnswered,
    ComplaintRedirected,
    ComplaintDispatched,
    ComplaintReturned,
    ComplaintFinished,
    CallbackRecorded,
    ComplaintReopened,
    ExceptionApproved,
    ComplaintClosed,
    ComplaintListed,
    ListingEnded,
    ExtensionGranted,
    ComplaintOverdue,
)
"""The facts of a complaint that can change a figure; everything else leaves all counts as they are."""


class By(StrEnum):
    """按什么分: the whole town, lead unit, first handler, community, category, channel, type."""

    TOWN = "town"
    UNIT = "unit"
    FIRST_HANDLER = "first_handler"
    COMMUNITY = "community"
    CATEGORY = "category"
    CHANNEL = "channel"
    TYPE = "type"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Whose figure it is. `value`: a code; empty for the town, and for what is not known."""

    by: By
    value: str = ""


TOWN = Key(By.TOWN)
Tally = Mapping[Key, Counts]


@dataclass(frozen=True, slots=True)
class Figure:
    """一个公布数: what was counted, and the rates that follow by one version of the terms."""

    counts: Counts
    rates: Rates


@dataclass(frozen=True, slots=True)
class RatesMonth:
    """一个考核月 as last published. `up_to`: the journal position that it counts up to; `digest`: of all its figures."""

    month: str
    begins_at: datetime
    ends_at: datetime
    terms: str
    up_to: int
    digest: str


def keys(complaint: Complaint) -> tuple[Key, ...]:
    """Every figure in which a complaint counts, once in each way of dividing the town."""
    return (
        TOWN,
        Key(By.UNIT, complaint.lead or ""),
        Key(By.FIRST_HANDLER, complaint.first_handler or ""),
        Key(By.COMMUNITY, complaint.community or ""),
        Key(By.CATEGORY, complaint.category),
        Key(By.CHANNEL, complaint.channel or ""),
        Key(By.TYPE, complaint.type),
    )


def tally(complaints: Iterable[Complaint]) -> dict[Key, Counts]:
    """计数 of these complaints in every way; the town is always there."""
    found: dict[Key, list[Counts]] = {TOWN: [Counts()]}
    for complaint in complaints:
        one = counted(complaint)
        for key in keys(complaint):
            found.setdefault(key, []).append(one)
    return {key: total(those) for key, those in found.items()}


def moves(before: Complaint | None, after: Complaint) -> bool:
    """Whether a change of this complaint changes any figure."""
    return before is None or keys(before) != keys(after) or counted(before) != counted(after)


def figures(found: Tally, *, numbers: RateTerms) -> dict[Key, Figure]:
    """The figures that follow from what was counted."""
    return {key: Figure(counts, rates(counts, numbers=numbers)) for key, counts in sorted(found.items())}


def vanished(before: Iterable[Key], now: Mapping[Key, Figure]) -> dict[Key, Figure]:
    """What was published and has no complaint any more: published as nothing, never left as it was."""
    return {key: Figure(Counts(), NO_RATES) for key in before if key not in now}


def digest(found: Mapping[Key, Figure], terms: str) -> str:
    """SHA-256 of all figures with their keys, in order: who changes a stored one cannot change this with it."""
    lines = [terms]
    for key, figure in sorted(found.items()):
        if figure.counts.received:
            values = (*astuple(figure.counts), *astuple(figure.rates))
            lines.append("\t".join([key.by, key.value, *("" if v is None else str(v) for v in values)]))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def evolve(_before: RatesMonth | None, fact: RatesPublished) -> RatesMonth:
    """The month after this fact."""
    return RatesMonth(fact.month, fact.begins_at, fact.ends_at, fact.terms, fact.up_to, fact.digest)


def publish(
    before: RatesMonth | None,
    month: Month,
    window: Window,
    found: Mapping[Key, Figure],
    *,
    terms: Dated[Terms],
    up_to: int,
    causes: Iterable[str],
    now: datetime,
) -> list[RatesPublished]:
    """公布三率 of a month that is over; again only when a figure is another one."""
    version = rate_terms(window, terms=terms).version
    seal = digest(found, version)
    if now < window.end or (before is not None and before.digest == seal):
        return []
    town = found[TOWN].counts
    return [
        RatesPublished(
            month=str(month),
            begins_at=window.start,
            ends_at=window.end,
            terms=version,
            up_to=up_to,
            published_at=now,
            causes=tuple(sorted(causes)) if before is not None else (),
            received=town.received,
            valid=town.valid,
            contacted=town.contacted,
            resolved=town.resolved,
            satisfied=town.satisfied,
            basically=town.basically,
            digest=seal,
        )
    ]
