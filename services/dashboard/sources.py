"""来源: what this dashboard has heard of each service and how fresh that is, and what it has not heard or kept yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from services.dashboard import wording
from services.dashboard.looking import short
from services.dashboard.terms import DashboardTerms
from services.dashboard.today import begin_of_day
from shared.plumbing.figures import lag, read_so_far
from shared.plumbing.service import Service
from shared.rules.township import SHANGHAI

_LAST = """
with recursive types(type) as (
    (select type from facts order by type limit 1)
    union all select (select f.type from facts f where f.type > t.type order by f.type limit 1) from types t
    where t.type is not null
)
select distinct on (f.service) f.service, f.number, f.type, f.at, f.received_at from types t cross join lateral
    (select number from facts where type = t.type order by type desc, number desc limit 1) l
join facts f using (number) order by f.service, f.number desc
"""
"""From type to type along the index: a service that has been silent for long is found as fast as one that talks."""
_TODAY = """
select service, count(*) as facts from facts where number > coalesce((select number from facts where received_at < $1
order by number desc limit 1), 0) and at >= $1 group by service
"""
"""Numbers are given in the order of time: what was received before today is not looked at."""
_WAITS = """
select (select count(*) from parked where reader = $1) as parked,
    (select count(*) from quarantine where reader = $1 and state = 'OPEN') as quarantine
"""


@dataclass(frozen=True, slots=True)
class LastFact:
    """The last fact of a service. `age`: since it was said, by the town's clock."""

    number: int
    type: str
    heading: str
    at: datetime
    received_at: datetime
    age: timedelta


@dataclass(frozen=True, slots=True)
class Source:
    """来源 of facts: a service. `last`: None before the first; `today`: facts said today.

    `lag_records`, `lag_seconds`: what this process has not taken from its topic yet; None where others read the topic.
    """

    service: str
    last: LastFact | None
    today: int
    lag_records: int | None
    lag_seconds: float | None


@dataclass(frozen=True, slots=True)
class Sources:
    """来源: each service, by the order of the topics; `parked`: facts that wait for an earlier one of their stream;
    `quarantine`: what could not be handled and nobody has decided."""

    sources: tuple[Source, ...]
    parked: int
    quarantine: int


async def sources(service: Service[DashboardTerms]) -> Sources:
    """Everything, for the town's own people: it says nothing of any matter."""
    pool, now = service.pool, service.now()
    last = {row["service"]: _last(row, now) for row in await pool.fetch(_LAST)}
    counts = {row["service"]: row["facts"] for row in await pool.fetch(_TODAY, begin_of_day(now))}
    records, seconds = await _lag(service)
    waits = await pool.fetchrow(_WAITS, service.inbox.name)
    assert waits is not None
    topics = {topic.removesuffix(".events"): topic for topic in service.plan.topics}
    return Sources(
        sources=tuple(
            Source(name, last.get(name), counts.get(name, 0), records.get(topic), seconds.get(topic))
            for name, topic in topics.items()
        ),
        parked=waits["parked"],
        quarantine=waits["quarantine"],
    )


def _last(row: asyncpg.Record, now: datetime) -> LastFact:
    return LastFact(
        number=row["number"],
        type=short(row["type"]),
        heading=wording.heading(row["type"]),
        at=row["at"].astimezone(SHANGHAI),
        received_at=row["received_at"].astimezone(SHANGHAI),
        age=now - row["at"],
    )


async def _lag(service: Service[DashboardTerms]) -> tuple[Mapping[str, int], Mapping[str, float]]:
    """By topic, as the metrics say (`shared/plumbing/figures.py`)."""
    behind, age = lag(service.listener, await read_so_far(service.listener))
    records: dict[str, int] = {}
    for sample in behind.samples:
        topic = sample.labels["topic"]
        records[topic] = records.get(topic, 0) + int(sample.value)
    return records, {sample.labels["topic"]: sample.value for sample in age.samples}
