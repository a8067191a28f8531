"""重建: the dashboard from empty, from the topics, beside a dashboard that runs; and whether it is the same as before.

`python -m services.dashboard.rebuild [--verify]` with the service's own settings. Everything is forgotten in one
transaction and heard again from the first offset on, through the inbox as ever: its marks keep what the running service
hears at the same time from counting twice. Numbers are never given again: whoever follows hears everything once more.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.dashboard.handlers import catch_up
from services.dashboard.main import PLAN
from shared.plumbing.database import Pool
from shared.plumbing.kafka import client_options
from shared.plumbing.service import Service
from shared.plumbing.settings import Settings

QUIET_S = 3.0
"""Nothing has come for so long: the topics are read to their end. A broker's own end offsets may be short."""
LIMIT_S = 3600.0
_LINE = """
encode(sha256(convert_to(concat_ws(E'\\n', service, kind, stream, version, position, type, data::text, actor, terms,
    (extract(epoch from at) * 1000000)::bigint, cause, correlation, coalesce(community, '-'), communities::text,
    departments::text, confidential), 'UTF8')), 'hex')
"""
_CONTENT = f"select kind, stream, version, coalesce(community, '') as community, {_LINE} as line from facts"
_DIGEST = """
select community, count(*) as facts,
    encode(sha256(convert_to(string_agg(line, '' order by kind, stream, version), 'UTF8')), 'hex') as digest
from ({content}) told group by rollup (community) order by community nulls last
"""
"""One row per community, "" for what is no community's, and the whole last (null)."""
_LINKS = """
select encode(sha256(convert_to(coalesce(string_agg(source || ' ' || consequence, ' ' order by source, consequence), ''),
    'UTF8')), 'hex') from {links}
"""
_STANDING = "select stream, version, md5(row(s.*)::text) as line from streams s"
_STANDS = """
select encode(sha256(convert_to(coalesce(string_agg({of}.line, '' order by stream), ''), 'UTF8')), 'hex')
from streams_before b join ({standing}) s using (stream, version)
"""
"""How streams stand: those that have not gone on since."""
_AFRESH = "drop table if exists streams_before"
_FORGET = f"""
create table if not exists facts_before as {_CONTENT};
create table if not exists links_before as select source, consequence from links;
create table if not exists streams_before as {_STANDING};
delete from facts; delete from links; delete from streams;
delete from parked where reader = 'dashboard'; delete from inbox where reader = 'dashboard';
"""
_KNOWN = f"select told.* from ({_CONTENT}) told join facts_before b using (kind, stream, version)"
_LINKS_KNOWN = "(select l.* from links l join links_before b using (source, consequence)) known"
_MISSING = """
select count(*) from (select stream, max(version) as version from facts_before group by stream) b
left join inbox i on i.reader = 'dashboard' and i.stream = b.stream where coalesce(i.version, 0) < b.version
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What the dashboard says, whatever its numbers: how many facts and one digest per community, of the links, and of
    how streams stand."""

    facts: int
    digest: str
    links: str
    standing: str
    communities: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How it went. `missing`: streams of which not everything was on the topics again; `after`: of what was there before."""

    before: Content
    after: Content
    heard: int
    missing: int
    seconds: float

    @property
    def same(self) -> bool:
        """Whether everything that was there before is there again, and the same."""
        return not self.missing and self.before == self.after


async def content(pool: Pool, facts: str, links: str, *, before: bool) -> Content:
    """The canonical content, as it was `before`, or as it is."""
    rows = await pool.fetch(_DIGEST.format(content=facts), timeout=LIMIT_S)
    communities = {row["community"]: (row["facts"], row["digest"]) for row in rows if row["community"] is not None}
    whole = next((row for row in rows if row["community"] is None), None)
    digest: str = await pool.fetchval(_LINKS.format(links=links), timeout=LIMIT_S)
    asked = _STANDS.format(of="b" if before else "s", standing=_STANDING)
    standing: str = await pool.fetchval(asked, timeout=LIMIT_S)
    facts_, whole_digest = (whole["facts"], whole["digest"] or "") if whole else (0, "")
    return Content(facts_, whole_digest, digest, standing, communities)


async def rebuild(service: Service[Any]) -> Rebuilt:
    """Forget everything, hear everything again from the topics, compare."""
    return await compared(service, lambda: _hear(service))


async def compared(service: Service[Any], hear: Callable[[], Awaitable[int]]) -> Rebuilt:
    """Forget everything, `hear` it again, compare. After one that was broken off, the first one's `before` holds."""
    began, pool = time.monotonic(), service.pool
    async with pool.acquire() as con, con.transaction():
        await con.execute("set local statement_timeout = 0")
        await con.execute("select last from numbering for update")  # nobody hears anything meanwhile
        await catch_up(con)
        if not await con.fetchval("select to_regclass('facts_before') is not null"):
            await con.execute(_AFRESH)  # left by a comparison that was given up
        await con.execute(_FORGET, timeout=LIMIT_S)
    heard = await hear()
    before = await content(pool, "select * from facts_before", "links_before", before=True)
    after = await content(pool, _KNOWN, _LINKS_KNOWN, before=False)
    found = Rebuilt(before, after, heard, await pool.fetchval(_MISSING), time.monotonic() - began)
    if found.same:
        await pool.execute("drop table facts_before, links_before, streams_before")
    return found


async def _hear(service: Service[Any]) -> int:
    """Everything that is on the topics, in no group: the running service keeps its own places."""
    consumer = AIOKafkaConsumer(
        **client_options(service.settings), auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    heard, end = 0, time.monotonic() + LIMIT_S
    try:
        partitions = await _partitions(consumer, PLAN.topics)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        last = time.monotonic()
        while time.monotonic() < end and (
            time.monotonic() - last < QUIET_S or (time.monotonic() - last < 10 * QUIET_S and await _waits(service))
        ):
            for place, records in (await consumer.getmany(timeout_ms=300, max_records=1000)).items():
                last = time.monotonic()
                found = [
                    service.inbox.read(place.topic, f"{place.partition}/{r.offset}", r.headers, r.value)
                    for r in records
                ]
                await service.inbox.absorb([one for one in found if one])
                heard += len(records)
    finally:
        await consumer.stop()
    return heard


async def _waits(service: Service[Any]) -> bool:
    """Whether something that was there before is not there again yet."""
    return bool(await service.pool.fetchval(_MISSING))


async def _partitions(consumer: Any, topics: Sequence[str]) -> list[TopicPartition]:
    for topic in topics:
        consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return [TopicPartition(t, p) for t in topics for p in sorted(consumer.partitions_for_topic(t) or ())]


async def main() -> int:
    """As a command: what was found, as JSON; 1 if it is not the same."""
    service = await Service.open(PLAN, Settings(service=PLAN.name))
    try:
        found = await rebuild(service)
    finally:
        await service.pool.close()
    sys.stdout.write(json.dumps(asdict(found) | {"same": found.same}, ensure_ascii=False) + "\n")
    return 0 if found.same or "--verify" not in sys.argv[1:] else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
