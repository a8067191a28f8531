"""From the journal to notices: a reader with a stored position, which no fact can slip past.

Positions are given out before their transactions commit, so a lower one may appear later. The reader therefore goes up
to a position only when every transaction that ran as it first saw that position is over. Nobody waits for the reader,
and no door does anything for it.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.events.base import Fact, ref
from shared.plumbing.change import Base
from shared.plumbing.database import Connection, is_conflict, is_transient
from shared.plumbing.notices.book import Queued, queue
from shared.plumbing.notices.words import Addressee, NoticeTerms, Teller, Templates, Told
from shared.plumbing.quarantine import Quarantine, Record
from shared.rules.township import Dated

log = logging.getLogger(__name__)

SOURCE = "notices"
"""The source of what is set aside here."""
_LOOK = """
select c.position as read, (select max(position) from journal) as last,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest from notice_cursor c
"""
_FENCE = "select (select max(position) from journal) as last, pg_current_xact_id()::text::bigint as fence"
_NEXT = """
select position, kind, stream, version, type, data::text as data, occurred_at from journal
where position > $1 and position <= $2 and type = any($3::text[]) order by position limit $4
"""


@dataclass(frozen=True, slots=True)
class _Sight:
    """The last position seen, and a transaction that began after those that could still bring a lower one."""

    last: int
    fence: int


class Reader:
    """Reads this service's own journal and queues what people are to be told."""

    POLL, MAX_PAUSE = 0.5, 5.0
    BATCH = 200

    def __init__(
        self,
        base: Base,
        quarantine: Quarantine,
        teller: Teller,
        templates: Templates,
        terms: Dated[NoticeTerms],
    ) -> None:
        self._base, self._quarantine = base, quarantine
        self._teller, self._templates, self._terms = teller, templates, terms
        self._facts = {fact.wire_type: fact for fact in teller.facts}
        self._sight: _Sight | None = None
        self.queued = 0

    async def run(self) -> None:
        """For ever."""
        pause = self.POLL
        while True:
            try:
                while await self.turn():
                    pass
                pause = self.POLL
            except Exception as error:
                pause = min(pause * 2, self.MAX_PAUSE)
                log.warning("notice_reader_failed", extra={"error": type(error).__name__, "again_in_s": pause})
            await asyncio.sleep(pause)

    async def turn(self) -> bool:
        """Read what is settled; whether there is more to read at once."""
        look = await self._base.pool.fetchrow(_LOOK)
        assert look is not None
        if (look["last"] or 0) <= look["read"]:
            return False
        if self._sight is None or self._sight.last <= look["read"]:
            self._sight = await self._see()
            look = await self._base.pool.fetchrow(_LOOK)
            assert look is not None
        if look["oldest"] <= self._sight.fence:
            return False
        return await self._read(self._sight.last)

    async def _see(self) -> _Sight:
        """In one statement: its snapshot is older than the transaction id that it draws.

        Whoever has drawn a position has an id by then: a row of the same transaction was written or locked before.
        """
        row = await self._base.pool.fetchrow(_FENCE)
        assert row is not None
        return _Sight(row["last"], row["fence"])

    async def _read(self, end: int) -> bool:
        async with self._base.pool.acquire() as con, con.transaction():
            was = await con.fetchval("select position from notice_cursor for update skip locked")
            if was is None or was >= end:
                return False
            rows = await con.fetch(_NEXT, was, end, list(self._facts), self.BATCH)
            await self._queue(con, rows)
            full = len(rows) == self.BATCH
            await con.execute("update notice_cursor set position = $1", rows[-1]["position"] if full else end)
        return full

    async def _queue(self, con: Connection, rows: Sequence[asyncpg.Record]) -> bool:
        """Queue what is to be said of these facts; whether nothing had to be set aside."""
        if not rows:
            return True
        now = self._base.clock.now()
        whose = await self._teller.look(con, list({row["stream"] for row in rows}))
        queued: list[Queued] = []
        sound = True
        for row in rows:
            try:
                if one := self._one(row, whose, now):
                    queued.append(one)
            except Exception as error:
                if is_transient(error) or is_conflict(error):
                    raise
                await self._set_aside(con, row, error)
                sound = False
        self.queued += await queue(con, queued, now)
        return sound

    def _one(self, row: asyncpg.Record, whose: Mapping[UUID, Addressee], now: datetime) -> Queued | None:
        """What is to be said of this fact, to whom and from when on; None for old news, as an import brings it."""
        terms = self._terms.on(now)
        fact: Fact = self._facts[row["type"]].read(row["data"])
        name = f"{ref(row['kind'], row['stream'])}/{row['version']}"
        told = Told(row["position"], row["kind"], row["stream"], name, fact, row["occurred_at"])
        to = whose.get(told.owner)
        if to is None:
            return None
        message = self._teller.tell(told, to)
        if message is None or message.template not in self._templates:
            return None
        if min(told.occurred_at, message.of or told.occurred_at) < now - terms.stale:
            return None
        return told, to, message, terms.allowed(now, critical=to.critical)

    async def _set_aside(self, con: Connection, row: asyncpg.Record, error: Exception) -> None:
        """One fact that nobody can be told of must not stop the others."""
        name = f"{ref(row['kind'], row['stream'])}/{row['version']}"
        log.error("notice_failed", extra={"fact": name, "error": type(error).__name__}, exc_info=error)
        record = Record(SOURCE, name, {}, str(row["position"]).encode())
        await self._quarantine.put(con, [(record, "failed", type(error).__name__)])

    async def replay(self, id: int, actor: str, reason: str) -> bool:
        """Once more for a fact that was set aside. False: set aside again."""
        async with self._base.pool.acquire() as con, con.transaction():
            record = await self._quarantine.take(con, id)
            position = int(record.body)
            if not await self._queue(con, await con.fetch(_NEXT, position - 1, position, list(self._facts), 1)):
                return False
            await self._quarantine.decide(con, id, "REPLAYED", actor, reason)
        return True
