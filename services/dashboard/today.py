"""今日: what stands now, as far as the caller reaches: what came in, what is open, what is due or late, what was done.

A day is the town's (00:00 to 24:00, Asia/Shanghai), by the service's clock. What is counted is counted in the database; the
lists are their first entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import asyncpg

from services.dashboard import wording
from services.dashboard.looking import COLUMNS, Filters, View, short
from services.dashboard.standing import MATTERS
from services.dashboard.terms import DashboardTerms
from shared.events.base import ref
from shared.plumbing.caller import Person
from shared.plumbing.database import Pool
from shared.plumbing.searching import Search
from shared.plumbing.service import Service
from shared.rules.township import SHANGHAI

FIRST = 20
"""So many entries of a list are shown [D]."""
LATEST = 30
"""So many of the last facts are shown [D]."""
LOOKED_BACK = 50_000
"""Among so many of the last facts they are looked for [D]: whose last fact is older has no news."""
WEEK = 7
"""So many days of what came in are shown, today included [D]."""
SOON, LATER = timedelta(hours=24), timedelta(days=3)
"""What is due within these is shown apart [D]."""
SAID_TWICE = "route"
"""A route's date is the complaint's, as it stood when it was routed: among what is due, the complaint itself says it."""
_MATTER = (
    "stream, kind, title, category, place, community, unit, number, due_at, due_since, ended_at, last_type, last_at"
)


@dataclass(frozen=True, slots=True)
class DayCount:
    """受理量 of one day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class KindCount:
    """So many matters of a kind. `subject`: what the kind is called."""

    kind: str
    subject: str
    count: int


@dataclass(frozen=True, slots=True)
class Matter:
    """事项: one stream as it stands. Category, place, community and unit are codes.

    `since`: which fact names the date, in words; `late`: how long the date is over, None while it is not. `last`: the last
    fact in words, said at `last_at`. `number`: of the work order.
    """

    stream: str
    kind: str
    subject: str
    title: str | None
    category: str | None
    place: str | None
    community: str | None
    unit: str | None
    number: str | None
    due_at: datetime | None
    since: str | None
    late: timedelta | None
    ended_at: datetime | None
    last: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Lot:
    """How many, of which kinds (most first), and the first of them."""

    count: int
    kinds: tuple[KindCount, ...]
    first: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """期限: what is overdue, and what is due from now on within 24 hours and within three days (the former included)."""

    overdue: Lot
    soon: Lot
    later: Lot


@dataclass(frozen=True, slots=True)
class Told:
    """One of the last facts, in words. `fact`: `kind/uuid/version`."""

    number: int
    fact: str
    stream: str
    kind: str
    type: str
    heading: str
    subject: str
    actor: str
    who: str
    community: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CommunityToday:
    """一个社区（村）的诉求: received today and in the last seven days, open, and overdue now."""

    community: str
    name: str
    received: int
    week: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Today:
    """今日. `received`: complaints of each of the last seven days, today last; `open`: matters by kind, most first."""

    now: datetime
    received: tuple[DayCount, ...]
    open: tuple[KindCount, ...]
    due: Due
    ended: Lot
    latest: tuple[Told, ...]
    communities: tuple[CommunityToday, ...]


async def today(service: Service[DashboardTerms], caller: Person) -> Today:
    """Everything of today."""
    pool, now = service.pool, service.now()
    named = wording.names(service.town)
    return Today(
        now=now.astimezone(SHANGHAI),
        received=await received(pool, caller, now),
        open=await open_matters(pool, caller),
        due=await due(pool, caller, now),
        ended=await ended(pool, caller, now),
        latest=await latest(pool, caller, named),
        communities=await communities(pool, caller, now, named),
    )


def begin_of_day(now: datetime) -> datetime:
    """今日零时 in Asia/Shanghai."""
    return datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)


def reach(caller: Person) -> Search:
    """The streams that are the caller's business."""
    return View.of(Filters(), caller).search()


async def received(pool: Pool, caller: Person, now: datetime, days: int = WEEK) -> tuple[DayCount, ...]:
    """受理量: complaints by the day on which they were registered; days without any are there, too."""
    first, search = begin_of_day(now) - timedelta(days=days - 1), reach(caller)
    search.where("began_at >= ?::timestamptz", first)
    rows = await pool.fetch(
        "select (began_at at time zone 'Asia/Shanghai')::date as day, count(*) as count from streams "
        f"where kind = 'complaint' and {search.clause} group by 1",
        *search.arguments,
    )
    found = {row["day"]: row["count"] for row in rows}
    every = (first.date() + timedelta(days=n) for n in range(days))
    return tuple(DayCount(day, found.get(day, 0)) for day in every)


async def open_matters(pool: Pool, caller: Person) -> tuple[KindCount, ...]:
    """在办: matters that have not ended, by kind."""
    search = reach(caller)
    search.where("kind = any(?::text[])", sorted(MATTERS))
    rows = await pool.fetch(
        f"select kind, count(*) as count from streams where ended_at is null and {search.clause} group by kind",
        *search.arguments,
    )
    return _kinds({row["kind"]: row["count"] for row in rows})


async def due(pool: Pool, caller: Person, now: datetime, first: int = FIRST) -> Due:
    """期限: by kind, and the first of each by their dates."""
    return Due(
        overdue=await _due(pool, caller, now, None, now, first),
        soon=await _due(pool, caller, now, now, now + SOON, first),
        later=await _due(pool, caller, now, now, now + LATER, first),
    )


async def _due(pool: Pool, caller: Person, now: datetime, after: datetime | None, until: datetime, first: int) -> Lot:
    search = reach(caller)
    search.where("kind <> ?", SAID_TWICE)
    search.where("due_at > ?::timestamptz", after)
    search.where("due_at <= ?::timestamptz", until)
    return await _lot(pool, search, "due_at, stream", first, now)


async def ended(pool: Pool, caller: Person, now: datetime, first: int = FIRST) -> Lot:
    """今日办结, the latest first."""
    search = reach(caller)
    search.where("ended_at >= ?::timestamptz", begin_of_day(now))
    return await _lot(pool, search, "ended_at desc, stream", first, now)


async def _lot(pool: Pool, search: Search, order: str, first: int, now: datetime) -> Lot:
    counts = await pool.fetch(
        f"select kind, count(*) as count from streams where {search.clause} group by kind", *search.arguments
    )
    rows = await pool.fetch(
        f"select {_MATTER} from streams where {search.clause} order by {order} limit {first:d}", *search.arguments
    )
    kinds = _kinds({row["kind"]: row["count"] for row in counts})
    return Lot(sum(kind.count for kind in kinds), kinds, tuple(matter(row, now) for row in rows))


def matter(row: asyncpg.Record, now: datetime) -> Matter:
    """A row of `streams`."""
    due_at: datetime | None = row["due_at"]
    return Matter(
        stream=ref(row["kind"], row["stream"]),
        kind=row["kind"],
        subject=wording.subject(row["kind"]),
        title=row["title"],
        category=row["category"],
        place=row["place"],
        community=row["community"],
        unit=row["unit"],
        number=row["number"],
        due_at=due_at and due_at.astimezone(SHANGHAI),
        since=row["due_since"] and wording.heading(row["due_since"]),
        late=now - due_at if due_at and due_at <= now else None,
        ended_at=row["ended_at"] and row["ended_at"].astimezone(SHANGHAI),
        last=wording.heading(row["last_type"]),
        last_at=row["last_at"].astimezone(SHANGHAI),
    )


async def latest(pool: Pool, caller: Person, named: Mapping[str, str], limit: int = LATEST) -> tuple[Told, ...]:
    """最新动态: the last facts, the latest first."""
    search = reach(caller)
    rows = await pool.fetch(
        f"select {COLUMNS} from facts where number > (select last from numbering) - {LOOKED_BACK} and {search.clause} "
        f"order by number desc limit {limit:d}",
        *search.arguments,
    )
    return tuple(told(row, named) for row in rows)


def told(row: asyncpg.Record, named: Mapping[str, str]) -> Told:
    """A row of `facts` in words."""
    stream = ref(row["kind"], row["stream"])
    return Told(
        number=row["number"],
        fact=f"{stream}/{row['version']}",
        stream=stream,
        kind=row["kind"],
        type=short(row["type"]),
        heading=wording.heading(row["type"]),
        subject=wording.subject(row["kind"]),
        actor=row["actor"],
        who=wording.who(row["actor"], named),
        community=row["community"],
        at=row["at"].astimezone(SHANGHAI),
    )


async def communities(
    pool: Pool, caller: Person, now: datetime, named: Mapping[str, str]
) -> tuple[CommunityToday, ...]:
    """各社区（村）诉求, by code; those of which there is nothing to say are left out."""
    begin = begin_of_day(now)

    def those(clause: str, value: datetime) -> Search:
        search = reach(caller)
        search.where(clause, value)
        return search

    came = await _by_community(pool, those("began_at >= ?::timestamptz", begin))
    week = await _by_community(pool, those("began_at >= ?::timestamptz", begin - timedelta(days=WEEK - 1)))
    late = await _by_community(pool, those("due_at <= ?::timestamptz", now))
    standing = reach(caller)
    standing.flag("ended_at is null", wanted=True)
    open_ = await _by_community(pool, standing)
    return tuple(
        CommunityToday(
            community=code,
            name=named.get(code, code),
            received=came.get(code, 0),
            week=week.get(code, 0),
            open=open_.get(code, 0),
            overdue=late.get(code, 0),
        )
        for code in sorted(week.keys() | open_.keys())
    )


async def _by_community(pool: Pool, search: Search) -> dict[str, int]:
    rows = await pool.fetch(
        "select community, count(*) as count from streams where kind = 'complaint' and community is not null "
        f"and {search.clause} group by community",
        *search.arguments,
    )
    return {row["community"]: row["count"] for row in rows}


def _kinds(counts: Mapping[str, int]) -> tuple[KindCount, ...]:
    ordered: Sequence[tuple[str, int]] = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(KindCount(kind, wording.subject(kind), count) for kind, count in ordered)
