"""未诉先办, from the facts: what was found before anybody asked, what rises and nobody has taken up, what came back.

Demand is what intake counts (日诉求量): complaints of a category at a named place, by day. Two matters are the same if
category and place are. Departments see no demand: nothing of it is theirs alone.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.dashboard import wording
from services.dashboard.hotspots import WINDOW, rises
from services.dashboard.looking import Filters, View, short
from shared.events.base import Fact, ref
from shared.events.deliberation import TopicProposed
from shared.events.escalation import WhistleRequested
from shared.events.intake import DemandCounted
from shared.events.projects import (
    EffectVerdict,
    ProjectEvaluated,
    ProjectOrigin,
    ProjectProposed,
    SuggestionCollected,
    SuggestionOrigin,
    SuggestionReviewed,
)
from shared.events.vocabulary import TopicOrigin
from shared.plumbing.caller import Person
from shared.plumbing.database import Connection, Pool
from shared.rules.township import SHANGHAI

LOOKED_BACK = 90
"""So many days before something was found it is looked whether anybody had asked: as long as an effect is waited for [D]."""
FIRST = 20
"""So many of each are shown [D]; how many there are is said."""
OWN_FINDINGS = frozenset(
    {TopicOrigin.INSPECTION, TopicOrigin.TWO_COMMITTEES, TopicOrigin.COLLECTED_OPINIONS, TopicOrigin.PROBLEM_RAISED}
)
"""主动发现 among topics: what the village or the meeting saw, before it was anybody's complaint."""
BEFORE_COMPLAINTS = OWN_FINDINGS | {TopicOrigin.HOTSPOT}
"""未诉先办 among topics, as among projects: deliberation, inspection, and the analysis of what many ask for."""
_FOUND: Mapping[type[Fact], frozenset[str]] = {
    TopicProposed: OWN_FINDINGS,
    SuggestionCollected: frozenset({SuggestionOrigin.INSPECTION}),
    ProjectProposed: frozenset({ProjectOrigin.INSPECTION}),
}
"""主动发现: by the fact that begins a matter, the origins that say so."""
_BEGUN: tuple[type[Fact], ...] = (TopicProposed, SuggestionCollected, ProjectProposed, WhistleRequested)
"""受理: with one of these a matter of a category at a place is taken up."""
_STANDS: Mapping[str, bool] = {"HotspotDetected": True, "HotspotGrew": True, "HotspotSubsided": False}
_HAS_TOPIC: Mapping[str, bool] = {"HotspotTopicOpened": True, "HotspotTopicEnded": False}
_FACTS = """
select kind, stream, type, data::text as data, at from facts where {reach} order by number
"""
_DEMAND = """
select distinct on (stream, data->>'day') data->>'category' as category, data->>'place' as place,
    data->>'community' as community, data->>'day' as day, (data->>'complaints')::int as complaints
from facts where {reach} order by stream, data->>'day', version desc
"""
_LAST = "select stream from streams where stream = any($1::uuid[]) and ended_at is not null"


class Spot(NamedTuple):
    """What is asked for, and where."""

    category: str
    place: str


@dataclass(frozen=True, slots=True)
class Matter:
    """事项: a topic, whistle, project or suggestion, as it began. `ended`: nothing of it is left to do."""

    stream: str
    subject: str
    title: str | None
    community: str | None
    category: str | None
    place: str | None
    origin: str | None
    at: datetime
    ended: bool

    @property
    def spot(self) -> Spot | None:
        """What it is about, where both are known."""
        return Spot(self.category, self.place) if self.category and self.place else None


@dataclass(frozen=True, slots=True)
class Finding:
    """主动发现的事项. Complaints of the same in so many days before it, and since; None where no place is known."""

    matter: Matter
    before: int | None
    since: int | None


@dataclass(frozen=True, slots=True)
class Untaken:
    """无人受理的诉求: complaints in the window and the one before. `hotspot`: the one that stands; `earlier`: what was done
    about the same before, latest first."""

    community: str
    category: str
    place: str
    complaints: int
    before: int
    hotspot: str | None
    earlier: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """成效评估 of one project, as projects said it."""

    stream: str
    title: str | None
    community: str | None
    at: datetime
    verdict: EffectVerdict
    before: int
    after: int
    days: int | None
    recurred_on: date | None


@dataclass(frozen=True, slots=True)
class Foresight:
    """未诉先办. `found` and `effects`: in the period, newest first; `untaken`: today, the steepest rise first; of each the
    first, and in `counts` how many there are: `compared` of those found have a place, `unasked` of these nobody had asked
    for; `taken` of what rises somebody has taken up. `first`, `last`: the days of the window.
    """

    counts: Mapping[str, int]
    found: tuple[Finding, ...]
    untaken: tuple[Untaken, ...]
    effects: tuple[Effect, ...]
    first: date
    last: date


@dataclass(slots=True)
class _Place:
    """What is known of one spot: 日诉求量, its hotspot and whether that stands and has a topic."""

    community: str
    days: dict[date, int] = field(default_factory=dict)
    hotspot: str | None = None
    stands: bool = False
    has_topic: bool = False

    def within(self, first: date, after: date) -> int:
        """Complaints from a day until before another."""
        return sum(complaints for day, complaints in self.days.items() if first <= day < after)


async def foresight(
    pool: Pool, caller: Person, community: str | None, start: datetime, end: datetime, now: datetime
) -> Foresight:
    """未诉先办 of a period, as far as the caller reaches."""
    today = now.astimezone(SHANGHAI).date()
    first = today - timedelta(days=WINDOW - 1)
    earliest = min(start.astimezone(SHANGHAI).date() - timedelta(days=LOOKED_BACK), first - timedelta(days=WINDOW))
    async with pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        read = _Reading(con, View.of(Filters(community=community), caller))
        spots = await read.spots(earliest)
        matters = await read.matters()
        effects = await read.effects({one.stream: one for one, _ in matters})
    found = [
        _finding(one, spots, today)
        for one, fact in matters
        if one.origin in _FOUND.get(fact, ()) and start <= one.at < end
    ]
    rising = [_untaken(spot, place, first, today) for spot, place in spots.items()]
    rising = [one for one in rising if one.hotspot or rises(one.complaints, one.before)]
    known: dict[Spot | None, list[Matter]] = defaultdict(list)
    for one, _ in matters:
        known[one.spot].insert(0, one)
    free = [
        replace(one, earlier=tuple(known[spot]))
        for one in rising
        if not spots[spot := Spot(one.category, one.place)].has_topic and all(past.ended for past in known[spot])
    ]
    effects = [one for one in reversed(effects) if start <= one.at < end]
    return Foresight(
        {
            "found": len(found),
            "compared": sum(one.before is not None for one in found),
            "unasked": sum(one.before == 0 for one in found),
            "untaken": len(free),
            "taken": len(rising) - len(free),
            "effects": len(effects),
        },
        tuple(sorted(found, key=lambda one: one.matter.at, reverse=True)[:FIRST]),
        tuple(sorted(free, key=lambda one: (one.before - one.complaints, one.community, one.place))[:FIRST]),
        tuple(effects[:FIRST]),
        first,
        today,
    )


def _finding(matter: Matter, spots: Mapping[Spot, _Place], today: date) -> Finding:
    """The day on which it was found counts as since: nobody knows which came first."""
    if matter.spot is None:
        return Finding(matter, None, None)
    place, on = spots.get(matter.spot, _Place("")), matter.at.astimezone(SHANGHAI).date()
    before = place.within(on - timedelta(days=LOOKED_BACK), on)
    return Finding(matter, before, place.within(on, today + timedelta(days=1)))


def _untaken(spot: Spot, place: _Place, first: date, today: date) -> Untaken:
    return Untaken(
        place.community,
        *spot,
        place.within(first, today + timedelta(days=1)),
        place.within(first - timedelta(days=WINDOW), first),
        place.hotspot if place.stands else None,
        (),
    )


class _Reading:
    """Facts as far as a view shows them."""

    def __init__(self, con: Connection, view: View) -> None:
        self._con, self._view = con, view

    async def _rows(self, sql: str, which: str, *values: object) -> Sequence[asyncpg.Record]:
        search = self._view.search()
        search.where(which, values[0])
        for value in values[1:]:
            search.where("at >= ?", value)
        return await self._con.fetch(sql.format(reach=search.clause), *search.arguments)

    async def spots(self, earliest: date) -> dict[Spot, _Place]:
        """Demand by day since then: a day that was counted again as it was counted last. And the hotspots."""
        since = datetime.combine(earliest, time(), SHANGHAI)
        found: dict[Spot, _Place] = {}
        for row in await self._rows(_DEMAND, "type = ?", DemandCounted.wire_type, since):
            place = found.setdefault(Spot(row["category"], row["place"]), _Place(row["community"]))
            place.days[date.fromisoformat(row["day"])] = row["complaints"]
        for row in await self._rows(_FACTS, "kind = ?", "hotspot"):
            data, word = json.loads(row["data"]), short(row["type"])
            place = found.setdefault(Spot(data["category"], data["place"]), _Place(data["community"]))
            place.hotspot = ref(row["kind"], row["stream"])
            place.stands = _STANDS.get(word, place.stands)
            place.has_topic = _HAS_TOPIC.get(word, place.has_topic)
        return found

    async def matters(self) -> list[tuple[Matter, type[Fact]]]:
        """Everything that was begun, oldest first, with the fact that began it; a suggestion as it was classified."""
        types = [*(one.wire_type for one in _BEGUN), SuggestionReviewed.wire_type]
        rows = await self._rows(_FACTS, "type = any(?::text[])", types)
        last = await self._con.fetch(_LAST, [row["stream"] for row in rows])
        ended = {row["stream"] for row in last}
        begun: dict[UUID, tuple[asyncpg.Record, dict[str, Any]]] = {}
        for row in rows:
            said = {name: value for name, value in json.loads(row["data"]).items() if value is not None}
            first, before = begun.get(row["stream"], (row, {}))
            begun[row["stream"]] = first, before | said
        return [
            (_matter(row, data, ended=stream in ended), Fact.known[row["type"]])
            for stream, (row, data) in begun.items()
        ]

    async def effects(self, matters: Mapping[str, Matter]) -> list[Effect]:
        """成效评估, oldest first."""
        found = []
        for row in await self._rows(_FACTS, "type = ?", ProjectEvaluated.wire_type):
            stream, fact = ref(row["kind"], row["stream"]), ProjectEvaluated.read(row["data"])
            project = matters.get(stream)
            found.append(
                Effect(
                    stream,
                    project.title if project else None,
                    project.community if project else None,
                    row["at"],
                    fact.verdict,
                    fact.before,
                    fact.after,
                    fact.days,
                    fact.recurred_on,
                )
            )
        return found


def _matter(row: asyncpg.Record, data: Mapping[str, Any], *, ended: bool) -> Matter:
    return Matter(
        stream=ref(row["kind"], row["stream"]),
        subject=wording.subject(row["kind"]),
        title=data.get("public_title"),
        community=data.get("community"),
        category=data.get("category"),
        place=data.get("place"),
        origin=data.get("origin"),
        at=row["at"],
        ended=ended,
    )
