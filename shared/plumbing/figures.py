"""What a scrape asks: the database in one query, and the parts of the service for what they have counted anyway."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import asyncpg
from prometheus_client.metrics_core import Metric

from shared.plumbing.bus import Listener
from shared.plumbing.database import Pool
from shared.plumbing.metrics import Labels, counter, gauge
from shared.plumbing.service import Service

log = logging.getLogger(__name__)
PATIENCE_S = 2.0
MOST = 1_000_000
"""Nobody needs a longer queue counted to its end."""
_ASK = f"""
select (select count(*) from (select from outbox limit {MOST}) o) as outbox,
    (select extract(epoch from town_now() - recorded_at)::float8 from journal
        where position = (select min(position) from outbox)) as outbox_age,
    (select count(*) from (select from parked limit {MOST}) p) as parked,
    (select extract(epoch from clock_timestamp() - min(since))::float8 from parked) as parked_age,
    (select count(*) from (select from timers where due_at <= (select town_now()) limit {MOST}) t) as timers,
    (select extract(epoch from town_now() - min(due_at))::float8 from timers) as timers_late,
    (select epoch from wire) as epoch,
    (select extract(epoch from town_now() - recorded_at)::float8 from journal
        where position > (select coalesce(max(up_to), 0) from seals) order by position limit 1) as unsealed_age,
    (select json_agg(q) from (select code, count(*) as n, extract(epoch from clock_timestamp() - min(since))::float8 as age
        from quarantine where state = 'OPEN' group by code) q)::text as quarantine,
    (select count(*) from (select from notices where state = 'QUEUED' limit {MOST}) n) as notices,
    (select extract(epoch from town_now() - min(due_at))::float8 from notices
        where state = 'QUEUED' and due_at <= (select town_now())) as notices_late,
    (select json_agg(u) from (select actor, split_part(actor, ':', 1) as role, action, count(distinct at) as n from audit
        where at > now() - interval '1 hour' and action like 'vault.%' group by actor, action) u)::text as unmasked
"""


async def figures(service: Service[Any]) -> list[Metric]:
    """Everything that is known only when it is asked; the database and the broker may be away."""
    asked, broker, heard = await asyncio.gather(
        ask(service.pool), service.broker_answers(), read_so_far(service.listener)
    )
    parts = {**service.tasks.working(), "database": asked is not None, "broker": broker}
    return [
        gauge("up", "Whether a part works: database, broker, each background task", *_by("part", parts)),
        gauge("draining", "Whether this process is going, and wants no new requests", ({}, service.draining)),
        *([] if asked is None else waiting(asked)),
        *lag(service.listener, heard),
        *counted(service),
        *await sent(service),
    ]


async def ask(pool: Pool) -> asyncpg.Record | None:
    """The database's part; None if it does not answer in time."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await pool.fetchrow(_ASK)
    except Exception as error:
        log.warning("figures_failed", extra={"error": type(error).__name__})
        return None


async def sent(service: Service[Any]) -> list[Metric]:
    """What goes out to the units' own systems; nothing if the database does not answer in time."""
    if service.webhooks is None:
        return []
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await service.webhooks.figures()
    except Exception as error:
        log.warning("figures_failed", extra={"error": type(error).__name__})
        return []


def waiting(asked: asyncpg.Record) -> Iterator[Metric]:
    """What waits in the database."""
    held = json.loads(asked["quarantine"] or "[]")
    late = max(0.0, asked["timers_late"] or 0.0)
    yield gauge("outbox_facts", "Facts that are not on the wire yet", ({}, asked["outbox"]))
    yield gauge("outbox_age_seconds", "Age of the oldest of them", ({}, asked["outbox_age"] or 0.0))
    yield gauge("parked_facts", "Facts heard too early, waiting for those before them", ({}, asked["parked"]))
    yield gauge("parked_age_seconds", "How long the oldest of them has waited", ({}, asked["parked_age"] or 0.0))
    yield gauge("timers_overdue", "Timers that are due and have not fired", ({}, asked["timers"]))
    yield gauge("timers_lateness_seconds", "How late the oldest of them is, by the town's clock", ({}, late))
    yield gauge("wire_epoch", "How often the log of this service was begun anew", ({}, asked["epoch"]))
    yield gauge("unsealed_age_seconds", "Age of the oldest fact without a seal", ({}, asked["unsealed_age"] or 0.0))
    yield gauge("notices_queued", "Notices that wait to be sent, quiet hours included", ({}, asked["notices"]))
    late = max(0.0, asked["notices_late"] or 0.0)
    yield gauge("notices_lateness_seconds", "How late the oldest of them is; quiet hours do not count", ({}, late))
    codes = {entry["code"]: entry for entry in held}
    yield gauge(
        "quarantine_open",
        "Entries of quarantine that nobody has decided, by code",
        *_by("code", {code: entry["n"] for code, entry in codes.items()}),
    )
    yield gauge(
        "quarantine_age_seconds",
        "How long the oldest open entry has waited, by code",
        *_by("code", {code: entry["age"] for code, entry in codes.items()}),
    )
    yield from looks(json.loads(asked["unmasked"] or "[]"))


def looks(found: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """Looks into the vault in the last hour; never who looked."""
    kinds: Counter[tuple[str, str]] = Counter()
    people: Counter[tuple[str, str]] = Counter()
    for entry in found:
        kinds[entry["role"], entry["action"]] += entry["n"]
        people[entry["role"], entry["actor"]] += entry["n"]
    most: dict[str, float] = {}
    for (role, _), times in people.items():
        most[role] = max(times, most.get(role, 0))
    yield gauge(
        "unmasked_last_hour",
        "Looks at names, contacts and words in the last hour, by role and kind",
        *(({"role": role, "action": action}, times) for (role, action), times in sorted(kinds.items())),
    )
    yield gauge("unmasked_most", "Most of them by one person, by role", *_by("role", most))


async def read_so_far(listener: Listener) -> dict[tuple[str, int], int]:
    """Topic, partition → the next offset to read, as the client knows it: nobody is asked."""
    found: dict[tuple[str, int], int] = {}
    if consumer := listener.consumer:
        try:
            async with asyncio.timeout(PATIENCE_S / 2):
                for place in consumer.assignment():
                    if consumer.highwater(place) is not None:
                        found[place.topic, place.partition] = await consumer.position(place)
        except Exception as error:
            log.debug("no_position", extra={"error": type(error).__name__})
    return found


def lag(listener: Listener, read: Mapping[tuple[str, int], int]) -> Iterator[Metric]:
    """How far the listener is behind: records to the high watermark, and seconds.

    What is in hand counts as unread until its batch is done.
    """
    first: dict[tuple[str, int], Any] = {}
    for record in listener.in_hand:
        first.setdefault((record.topic, record.partition), record)
    ends = {(place.topic, place.partition): listener.consumer.highwater(place) for place in _assigned(listener)}
    behind = {
        place: max(0, ends[place] - min(next_, first[place].offset if place in first else next_))
        for place, next_ in read.items()
        if ends.get(place) is not None
    }
    since = {topic: stamp for topic, stamp in listener.newest.items() if _left(behind, topic)}
    since |= {topic: min(r.timestamp for (of, _), r in first.items() if of == topic) for topic, _ in first}
    now = time.time()
    seconds = {topic: 0.0 for topic, _ in behind} | {t: max(0.0, now - stamp / 1000) for t, stamp in since.items()}
    samples = [({"topic": t, "partition": str(p)}, float(records)) for (t, p), records in sorted(behind.items())]
    yield gauge("lag_records", "Records not heard yet, up to the high watermark", *samples)
    yield gauge("lag_seconds", "Age of the oldest record in hand, else of the last one read", *_by("topic", seconds))


def _assigned(listener: Listener) -> Iterable[Any]:
    return listener.consumer.assignment() if listener.consumer else ()


def _left(behind: Mapping[tuple[str, int], int], topic: str) -> bool:
    return any(records for (of, _), records in behind.items() if of == topic)


def counted(service: Service[Any]) -> Iterator[Metric]:
    """What the parts of this process have counted since its start."""
    inbox, listener, relay, pool = service.inbox, service.listener, service.relay, service.pool
    outcomes = {name: getattr(inbox, name) for name in ("applied", "dropped", "parked", "quarantined")}
    yield counter(
        "records_heard",
        "Records by what became of them",
        *(({"reader": inbox.name, "outcome": outcome}, n) for outcome, n in outcomes.items()),
    )
    yield counter("batches_failed", "Batches given back, to be tried again", ({}, listener.failed))
    yield counter("rewinds", "Partitions read again from their start", ({}, listener.rewinds))
    yield counter("relay_sent", "Facts that the broker has acknowledged", ({}, relay.sent))
    yield counter("relay_retold", "How often everything was told again", ({}, relay.retold))
    if kept := service.attachments:
        of, size = "By the type that is kept", "Bytes of their clean copies"
        yield counter("attachments_added", f"Attachments taken in. {of}", *_by("media_type", kept.added))
        yield counter("attachments_added_bytes", f"{size}. {of}", *_by("media_type", kept.bytes))
        yield counter("attachments_swept", "Objects deleted that no row names", ({}, kept.swept))
    yield counter("timers_fired", "Timers that have fired", ({}, service.timers.fired))
    yield gauge("timers_last_lateness_seconds", "How late the last round of timers was", ({}, service.timers.late))
    outcomes = service.noticing.sender.outcomes if service.noticing else {}
    yield counter("notices", "Notices by what became of an attempt to send them", *_by("outcome", outcomes))
    sizes = {"open": pool.get_size(), "in_use": pool.get_size() - pool.get_idle_size(), "most": pool.get_max_size()}
    yield gauge("pool_connections", "Connections to the database", *_by("state", sizes))
    yield gauge("pool_waiting", "Who waits for a connection", ({}, _waiting(pool)))
    yield gauge("event_loop_lag_seconds", "How late the event loop was, at most, in 30 s", ({}, service.pulse.lateness))


def _waiting(pool: Any) -> int:
    """The driver keeps to itself who waits."""
    return len(pool._queue._getters)


def _by(label: str, values: Mapping[str, float]) -> Iterator[tuple[Labels, float]]:
    return (({label: name}, value) for name, value in values.items())
