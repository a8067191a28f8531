"""三率公布: months over are counted up to one position of the journal, published, and published again when they change.

The same position gives the same figures: whatever is written later is left out, and verification folds the journal up
to the position that was published.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.intake.counting import PUBLISH, month_id
from services.intake.domain import complaint as complaints
from services.intake.domain.complaint import Complaint
from services.intake.domain.figures import (
    CAUSES,
    By,
    Figure,
    Key,
    RatesMonth,
    digest,
    figures,
    publish,
    tally,
    vanished,
)
from services.intake.domain.rates import COUNTS, Counts, Month, Rates, Window, month_at, month_window, rate_terms
from services.intake.registering import IntakeService
from services.intake.store import COMPLAINTS, RATE_FIGURES, RATES
from shared.events.base import Fact
from shared.events.intake import ComplaintReceived
from shared.plumbing.database import Connection
from shared.plumbing.journal import whole_end
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work, copy

_PICKED = ", ".join(f"c.{name}" for name in COMPLAINTS.columns)
_STANDS = f"""
select {_PICKED}, j.position > $3 as newer from complaints c join journal j on j.stream = c.id and j.version = c.version
where c.received_at >= $1 and c.received_at < $2
"""
_FOLDED = """
select stream, type, data::text as data from journal where stream = any($1::uuid[]) and position <= $2
order by stream, version
"""
_CHANGED = """
select distinct split_part(j.type, '.', 3) as word from journal j join complaints c on c.id = j.stream
where c.received_at >= $1 and c.received_at < $2 and j.position > $3 and j.position <= $4 and j.type = any($5::text[])
"""
_FROM_THE_START = f"""
select j.position, j.stream, j.type, j.data::text as data from journal j where j.kind = 'complaint' and j.position <= $3
and j.stream in (select stream from journal where version = 1 and type = '{ComplaintReceived.wire_type}'
    and (data ->> 'received_at')::timestamptz >= $1 and (data ->> 'received_at')::timestamptz < $2)
order by j.position
"""
_AS_OF = f"""
select distinct on (by, value) {", ".join(c.name for c in RATE_FIGURES.c)} from rate_figures
where month = $1 and version <= $2 order by by, value, version desc
"""


async def begin_publishing(service: IntakeService) -> None:
    """Every month since the first complaint that is not published yet has its timer, the present one too."""
    pool, now = service.pool, service.now()
    first: datetime | None = await pool.fetchval("select min(received_at) from complaints")
    last = month_at(now, terms=service.terms)
    month = min(last, month_at(first, terms=service.terms)) if first else last
    published = {row["month"] for row in await pool.fetch("select month from rate_months")}
    rows = []
    while month <= last:
        if str(month) not in published:
            rows.append((month_id(month), publish_at(service, month), json.dumps({"month": str(month)})))
        month = month.later()
    await pool.executemany(
        f"insert into timers (kind, subject, name, version, due_at, data) "
        f"values ('{RATES.name}', $1, '{PUBLISH}', 0, $2, $3) on conflict do nothing",
        rows,
    )


def publish_at(service: IntakeService, month: Month) -> datetime:
    """When the first version of a month is published."""
    window = month_window(month, terms=service.terms)
    return rate_terms(window, terms=service.terms).rates.publish_after.after(window.end, service.calendar)


def ring_figures(timers: Timers, service: IntakeService) -> None:
    """What the timers of a month do."""

    @timers.at(RATES, PUBLISH)
    async def publish_month(work: Work, con: Connection, held: Held[RatesMonth], timer: Timer) -> None:
        """公布三率: the first time so long after the month's end; then only what has changed.

        Before its time it is set again: its terms were others, or something changed before the first version.
        """
        month = Month.parse(timer.data["month"])
        due_at = publish_at(service, month)
        if timer.now < due_at:
            work.arm(RATES, held.id, PUBLISH, due_at, version=0, data=timer.data)
            return
        if timer.version == 0:
            later = month.later()
            work.arm(RATES, month_id(later), PUBLISH, publish_at(service, later), version=0, data={"month": str(later)})
        async with service.pool.acquire() as other:
            up_to = await whole_end(other)
        await _publish(work, con, held, service, month, up_to, timer.now)


async def _publish(
    work: Work, con: Connection, held: Held[RatesMonth], service: IntakeService, month: Month, up_to: int, now: datetime
) -> None:
    window = month_window(month, terms=service.terms)
    terms = rate_terms(window, terms=service.terms)
    found = figures(tally((await complaints_at(con, window, up_to)).values()), numbers=terms.rates)
    words: list[str] = []
    if held.state is not None:
        wires = [fact.wire_type for fact in CAUSES]
        rows = await con.fetch(_CHANGED, window.start, window.end, held.state.up_to, up_to, wires)
        words = [row["word"] for row in rows]
    stored = await as_of(con, month, held.version)
    if not held.change(publish, month, window, found, terms=service.terms, up_to=up_to, causes=words, now=now):
        return
    found |= vanished(stored, found)
    changed = {key: figure for key, figure in found.items() if key not in stored or stored[key].figure != figure}
    tail = (terms.version, up_to, now, json.dumps(sorted(words)))
    lines = [
        (str(month), key.by, key.value, held.version, *astuple(figure.counts), *astuple(figure.rates), *tail)
        for key, figure in sorted(changed.items())
    ]

    async def write(con: Connection) -> None:
        await copy(con, RATE_FIGURES.name, [column.name for column in RATE_FIGURES.c], lines)

    work.besides.append(write)


async def complaints_at(con: Connection, window: Window, up_to: int) -> dict[UUID, Complaint]:
    """The complaints of a window as they stood at this position: the rows, and for what has changed since the journal."""
    found: dict[UUID, Complaint] = {}
    newer: list[UUID] = []
    async for row in con.cursor(_STANDS, window.start, window.end, up_to, prefetch=1000):
        if row["newer"]:
            newer.append(row["id"])
        else:
            found[row["id"]] = COMPLAINTS.stored(row)
    for row in await con.fetch(_FOLDED, newer, up_to):
        found[row["stream"]] = _evolved(found.get(row["stream"]), row)
    return found


def _evolved(before: Complaint | None, row: asyncpg.Record) -> Complaint:
    fact: Any = Fact.known[row["type"]].read(row["data"])
    return complaints.evolve(before, fact)


# ---------------------------------------------------------------------------------------------- as published


@dataclass(frozen=True, slots=True)
class Published:
    """A figure as it is stored, and the publication that made it so. `causes`: a JSON list of names of facts."""

    figure: Figure
    version: int
    terms: str
    up_to: int
    computed_at: datetime
    causes: str


async def as_of(con: Connection | Any, month: Month, version: int) -> dict[Key, Published]:
    """The figures of a month as they stood in one of its versions."""
    return {Key(By(row["by"]), row["value"]): stored(row) for row in await con.fetch(_AS_OF, str(month), version)}


def stored(row: asyncpg.Record) -> Published:
    """The figure in a row."""
    return Published(
        Figure(
            Counts(*(row[name] for name in COUNTS)),
            Rates(row["response"], row["resolution"], row["satisfaction"], row["score"]),
        ),
        row["version"],
        row["terms"],
        row["up_to"],
        row["computed_at"],
        row["causes"],
    )


# ---------------------------------------------------------------------------------------------- verified


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a published figure is not what the journal gives. `what`: `figure` (of this key), `digest` (of what was
    published as a fact) or `missing` (a version without its rows)."""

    version: int
    what: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """Every version of a month, counted again. `current`: whether nothing has changed since the last one."""

    versions: int
    differences: tuple[Difference, ...]
    current: bool


async def verify_month(con: Connection, service: IntakeService, month: Month) -> Verified:
    """Count every version of a month again, from the facts of the journal alone, and compare it with what is stored.

    Needs an open transaction that sees one state of the database.
    """
    window = month_window(month, terms=service.terms)
    terms = rate_terms(window, terms=service.terms)
    said = await con.fetch(
        "select version, data ->> 'up_to' as up_to, data ->> 'digest' as digest from journal "
        "where stream = $1 order by version",
        month_id(month),
    )
    ends = [int(row["up_to"]) for row in said]
    counted: list[Mapping[Key, Figure]] = []
    async for found in _counted_at(con, window, [*ends, 2**62]):
        counted.append(figures(tally(found), numbers=terms.rates))
    differences: list[Difference] = []
    for row, found_now in zip(said, counted, strict=False):
        rows = await as_of(con, month, row["version"])
        if digest(found_now, terms.version) != row["digest"]:
            differences.append(Difference(row["version"], "digest"))
        expected = dict(found_now) | vanished(rows, found_now)
        for key in sorted(expected.keys() | rows.keys()):
            if key not in rows:
                differences.append(Difference(row["version"], "missing", key))
            elif rows[key].figure != expected[key]:
                differences.append(Difference(row["version"], "figure", key))
    current = bool(said) and digest(counted[-1], terms.version) == said[-1]["digest"]
    return Verified(len(said), tuple(differences), current)


async def _counted_at(con: Connection, window: Window, ends: list[int]) -> AsyncIterator[list[Complaint]]:
    """The complaints of a window at each of these positions, in order."""
    states: dict[UUID, Complaint] = {}
    left = list(ends)
    async for row in con.cursor(_FROM_THE_START, window.start, window.end, ends[-1], prefetch=5000):
        while row["position"] > left[0]:
            yield list(states.values())
            del left[0]
        states[row["stream"]] = _evolved(states.get(row["stream"]), row)
    for _ in left:
        yield list(states.values())
