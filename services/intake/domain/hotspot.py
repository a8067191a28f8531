"""共性诉求: how many different people ask for the same at the same named place. People are counted, not messages."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.terms import Terms
from shared.events.intake import (
    UNCATEGORISED,
    HotspotDetected,
    HotspotFact,
    HotspotGrew,
    HotspotRule,
    HotspotSubsided,
    HotspotTopicEnded,
    HotspotTopicOpened,
)
from shared.rules.township import SHANGHAI


class HotspotState(StrEnum):
    """热点状态."""

    ACTIVE = "ACTIVE"
    SUBSIDED = "SUBSIDED"


@dataclass(frozen=True, slots=True)
class Hotspot:
    """一个热点. `people`, `complaints`: as last said; `topic`: `topic/uuid` while deliberation has one for it."""

    state: HotspotState
    category: str
    community: str
    place: str
    people: int
    complaints: int
    rule: HotspotRule
    since: datetime
    topic: str | None = None


def evolve(before: Hotspot | None, fact: HotspotFact) -> Hotspot:
    """The hotspot after this fact."""
    match fact:
        case HotspotDetected():
            return Hotspot(
                state=HotspotState.ACTIVE,
                category=fact.category,
                community=fact.community,
                place=fact.place,
                people=fact.people,
                complaints=fact.complaints,
                rule=fact.rule,
                since=fact.since,
                topic=before.topic if before else None,
            )
    assert before is not None, "the first fact of a hotspot is HotspotDetected"
    match fact:
        case HotspotGrew():
            return replace(before, people=fact.people, complaints=fact.complaints)
        case HotspotSubsided():
            return replace(before, state=HotspotState.SUBSIDED, people=fact.people, complaints=fact.complaints)
        case HotspotTopicOpened():
            return replace(before, topic=fact.topic)
        case HotspotTopicEnded():
            return replace(before, topic=None)
        case _:
            raise AssertionError(f"no hotspot knows {fact.wire_type}")


@dataclass(frozen=True, slots=True)
class Spot:
    """What complaints are counted together by."""

    category: str
    community: str
    place: str


def spot(complaint: Complaint) -> Spot | None:
    """Where a complaint counts; None: confidential, or its matter or place is not known."""
    if complaint.confidential or complaint.category == UNCATEGORISED:
        return None
    if complaint.community is None or complaint.place is None:
        return None
    return Spot(complaint.category, complaint.community, complaint.place)


@dataclass(frozen=True, slots=True)
class Asking:
    """One complaint as it is counted. `person`: who asked, as the vault tells people apart; None: nobody knows."""

    received_at: datetime
    person: UUID | None


@dataclass(frozen=True, slots=True)
class Seen:
    """People and complaints in the window, and in the window before it. `since`: the day of the first one counted."""

    people: int
    complaints: int
    people_before: int
    complaints_before: int
    since: datetime


def look(askings: Iterable[Asking], *, now: datetime, terms: Terms) -> Seen:
    """Count both windows. Complaints of unknown people count together as one person: nobody is invented."""
    window = timedelta(days=terms.hotspot.window_days)
    all_of_them = tuple(askings)
    within = [asking for asking in all_of_them if now - window < asking.received_at <= now]
    earlier = [asking for asking in all_of_them if now - 2 * window < asking.received_at <= now - window]
    first = min((asking.received_at for asking in within), default=now).astimezone(SHANGHAI)
    return Seen(
        people=_people(within),
        complaints=len(within),
        people_before=_people(earlier),
        complaints_before=len(earlier),
        since=first.replace(hour=0, minute=0, second=0, microsecond=0),
    )


def next_look(askings: Iterable[Asking], *, now: datetime, terms: Terms) -> datetime | None:
    """When the count will fall by itself: the first complaint counted now leaves the window. None: nothing is counted."""
    window = timedelta(days=terms.hotspot.window_days)
    return min((left for asking in askings if (left := asking.received_at + window) > now), default=None)


def judge(
    before: Hotspot | None, seen: Seen, *, at: Spot, sensitive: bool, now: datetime, terms: Terms
) -> list[HotspotFact]:
    """热点研判: detected, grown or subsided. A sensitive category needs one person, and ends with none."""
    numbers = terms.hotspot
    if before is None or before.state is HotspotState.SUBSIDED:
        rule = _rule(seen, sensitive, terms)
        if rule is None:
            return []
        return [
            HotspotDetected(
                category=at.category,
                community=at.community,
                place=at.place,
                people=seen.people,
                complaints=seen.complaints,
                rule=rule,
                since=min(seen.since, now),
            )
        ]
    if seen.people < (1 if sensitive else numbers.subsided_below):
        fact: type[HotspotGrew | HotspotSubsided] = HotspotSubsided
    elif seen.people >= before.people * (1 + numbers.growth):
        fact = HotspotGrew
    else:
        return []
    return [
        fact(
            category=at.category,
            community=at.community,
            place=at.place,
            people=seen.people,
            complaints=seen.complaints,
        )
    ]


def topic_opened(before: Hotspot | None, *, topic: str) -> list[HotspotFact]:
    """立题: later complaints are routed to this topic. The first topic stands until its end."""
    if before is None or before.topic is not None:
        return []
    return [
        HotspotTopicOpened(
            category=before.category,
            community=before.community,
            place=before.place,
            people=before.people,
            complaints=before.complaints,
            topic=topic,
        )
    ]


def topic_ended(before: Hotspot | None, *, topic: str) -> list[HotspotFact]:
    """议题办结或不予受理: nothing more is routed to it."""
    if before is None or before.topic != topic:
        return []
    return [
        HotspotTopicEnded(
            category=before.category,
            community=before.community,
            place=before.place,
            people=before.people,
            complaints=before.complaints,
            topic=topic,
        )
    ]


def _rule(seen: Seen, sensitive: bool, terms: Terms) -> HotspotRule | None:
    """Where the matter is common already, the same number of people again is no news: it must have surged."""
    numbers = terms.hotspot
    if sensitive and seen.people >= 1:
        return HotspotRule.SENSITIVE
    if seen.people < numbers.people:
        return None
    if seen.people_before < numbers.people:
        return HotspotRule.DISTINCT_PEOPLE
    surged = seen.complaints >= seen.complaints_before * (Decimal(1) + numbers.surge)
    return HotspotRule.SURGE if surged and seen.complaints >= numbers.surge_complaints else None


def _people(askings: list[Asking]) -> int:
    return len({asking.person for asking in askings})
