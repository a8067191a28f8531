"""热点与诉求量: the hotspots that stand and what became of them; how much was asked for, where, and what is rising.

From intake's facts alone (`HotspotDetected` …, `DemandCounted`), as far as the caller reaches: a community's people see
their own, departments none. Inside the office residents are counted as they are; `<5` is for what everybody may read
(`shared/rules/small_counts.py`). Days cannot be added up to different people, so sums are of complaints.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from services.dashboard import wording
from services.dashboard.looking import scope_of
from services.dashboard.standing import DAYS
from services.dashboard.today import reach
from shared.events.base import Fact, ref
from shared.events.intake import HotspotDetected, HotspotFact
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.rules.township import SHANGHAI

WINDOW = DAYS // 2
"""The last so many days, today included, against as many before [D]."""
RISING_FROM = 3
"""From so many complaints in the window on a rise is one: two after none say nothing [D]."""
FIRST = 50
"""So many hotspots, and so many rises, are shown [D]."""
_STANDING = """
select stream, category, place, community, began_at, last_at from streams
where kind = 'hotspot' and ended_at is null and {reach}
"""
_FACTS = (
    "select stream, type, data::text as data, at from facts where stream = any($1::uuid[]) order by stream, version"
)
_LED = """
with recursive led(hotspot, stream, far) as (
    select l.source, l.consequence, 1 from links l where l.source = any($1::text[])
    union select led.hotspot, l.consequence, led.far + 1 from led join links l on l.source = led.stream where led.far < 3
)
select hotspot, min(far) as far, s.stream, s.kind, s.title, s.ended_at, s.last_type, s.community, s.communities,
    s.departments, s.confidential
from led join streams s on s.stream = split_part(led.stream, '/', 2)::uuid
where s.kind = any($2::text[]) group by hotspot, s.stream order by hotspot, min(far), s.began_at
"""
_LEADS_TO = ("topic", "issue", "project")
"""What becomes of a hotspot: the topic it led to, and what that led to."""
_DEMAND = """
select community, category, place, day.key as day, day.key < '{begin}' as earlier, sum((day.value->>0)::int) as complaints
from streams, jsonb_each(days) day where kind = 'demand' and day.key >= '{first}' and day.key <= '{last}' and {reach}
group by grouping sets ((community, category, place, day.key < '{begin}'), (day.key, day.key < '{begin}'))
"""


@dataclass(frozen=True, slots=True)
class Led:
    """What a hotspot led to, and how that stands: its last fact in words; `ended_at`: None while it is open."""

    stream: str
    kind: str
    subject: str
    title: str | None
    last: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hotspot:
    """热点. `people`, `complaints`: as last said; `since`: the first day that was counted; `detected_at`: the last time."""

    stream: str
    category: str
    place: str
    community: str
    people: int
    complaints: int
    since: datetime
    detected_at: datetime
    led_to: tuple[Led, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """诉求量 of a category in a community: complaints in the window, and in the one before."""

    community: str
    category: str
    complaints: int
    before: int


@dataclass(frozen=True, slots=True)
class Rise:
    """上升: more complaints of a category at a named place in the window than in the one before."""

    community: str
    category: str
    place: str
    complaints: int
    before: int


@dataclass(frozen=True, slots=True)
class Demand:
    """诉求量 of the last thirty days, `first` to `last`. `days`: complaints of each; `matrix`: per community and category;
    `rising`: the steepest first."""

    first: date
    last: date
    days: tuple[tuple[date, int], ...]
    matrix: tuple[Cell, ...]
    rising: tuple[Rise, ...]


def rises(complaints: int, before: int) -> bool:
    """Whether so many in the window are a rise, after so many in the one before."""
    return complaints >= max(RISING_FROM, before + 1)


async def hotspots(pool: Pool, caller: Person, first: int = FIRST) -> tuple[Hotspot, ...]:
    """热点: those that stand, most people first."""
    search = reach(caller)
    rows = await pool.fetch(_STANDING.format(reach=search.clause), *search.arguments)
    said: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in await pool.fetch(_FACTS, [row["stream"] for row in rows]):
        said[row["stream"]].append(row)
    found = sorted((_hotspot(row, said[row["stream"]]) for row in rows), key=lambda one: (-one.people, one.stream))[
        :first
    ]
    led = await _led(pool, caller, [one.stream for one in found])
    return tuple(replace(one, led_to=led.get(one.stream, ())) for one in found)


def _hotspot(row: asyncpg.Record, said: Sequence[asyncpg.Record]) -> Hotspot:
    """As its facts say; the counts are the last said."""
    detected = [fact for fact in said if Fact.known.get(fact["type"]) is HotspotDetected][-1]
    counted = [fact for fact in said if issubclass(Fact.known.get(fact["type"], Fact), HotspotFact)][-1]
    counts = json.loads(counted["data"])
    return Hotspot(
        stream=ref("hotspot", row["stream"]),
        category=row["category"],
        place=row["place"],
        community=row["community"],
        people=counts["people"],
        complaints=counts["complaints"],
        since=datetime.fromisoformat(json.loads(detected["data"])["since"]).astimezone(SHANGHAI),
        detected_at=detected["at"].astimezone(SHANGHAI),
        led_to=(),
    )


async def _led(pool: Pool, caller: Person, streams: Sequence[str]) -> Mapping[str, tuple[Led, ...]]:
    """What each hotspot led to, nearest first; what is none of the caller's business is left out."""
    found: dict[str, tuple[Led, ...]] = defaultdict(tuple)
    for row in await pool.fetch(_LED, streams, _LEADS_TO):
        if caller.reaches(scope_of(row)):
            found[row["hotspot"]] += (_one(row),)
    return found


def _one(row: asyncpg.Record) -> Led:
    return Led(
        stream=ref(row["kind"], row["stream"]),
        kind=row["kind"],
        subject=wording.subject(row["kind"]),
        title=row["title"],
        last=wording.heading(row["last_type"]),
        ended_at=row["ended_at"] and row["ended_at"].astimezone(SHANGHAI),
    )


async def demand(pool: Pool, caller: Person, now: datetime, first: int = FIRST) -> Demand:
    """诉求量 of the last thirty days, and what is rising against the thirty before."""
    last = now.astimezone(SHANGHAI).date()
    begin = last - timedelta(days=WINDOW - 1)
    search = reach(caller)
    first_before = begin - timedelta(days=WINDOW)
    asked = _DEMAND.format(first=first_before, begin=begin, last=last, reach=search.clause)
    days: dict[str, int] = {}
    cells: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    spots: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in await pool.fetch(asked, *search.arguments):
        if row["day"] is not None:
            days[row["day"]] = row["complaints"]
            continue
        where = (row["community"], row["category"], row["place"])
        cells[where[:2]][row["earlier"]] += row["complaints"]
        spots[where][row["earlier"]] = row["complaints"]
    rising = [Rise(*where, *counts) for where, counts in spots.items() if rises(*counts)]
    return Demand(
        first=begin,
        last=last,
        days=tuple((day, days.get(day.isoformat(), 0)) for day in (begin + timedelta(days=n) for n in range(WINDOW))),
        matrix=tuple(Cell(*where, *counts) for where, counts in sorted(cells.items())),
        rising=tuple(sorted(rising, key=lambda one: (one.before - one.complaints, one.community, one.place))[:first]),
    )
