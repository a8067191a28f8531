"""From the journal to notices: a reader with a stored position, which no fact can slip past.

Nobody waits for the reader, and no door does anything for it.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.events.base import Fact, ref
from shared.plumbing.change import Base
from shared.plumbing.database import Connection, is_conflict, is_transient
from shared.plumbing.following import Following
from shared.plumbing.notices.book import Queued, queue
from shared.plumbing.notices.words import Addressee, NoticeTerms, Teller, Templates, Told
from shared.plumbing.quarantine import Quarantine, Record
from shared.plumbing.supervision import again
from shared.rules.township import Dated

log = logging.getLogger(__name__)

SOURCE = "notices"
"""The source of what is set aside here."""
_NEXT = """
select position, kind, stream, version, type, data::text as data, occurred_at from journal
where position > $1 and position <= $2 and type = any($3::text[]) order by position limit $4
"""


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
        self._journal = Following(base.pool, "notice_cursor")
        self.queued = 0

    async def run(self) -> None:
        """For ever."""
        await again("notice_reader", self.turn, poll=self.POLL, longest=self.MAX_PAUSE)

    async def turn(self) -> bool:
        """Read what is settled; whether there is more to read at once."""
        end = await self._journal.settled()
        return end is not None and await self._read(end)

    async def _read(self, end: int) -> bool:
        async with self._base.pool.acquire() as con, con.transaction():
            was = await self._journal.position(con)
            if was is None or was >= end:
                return False
            rows = await con.fetch(_NEXT, was, end, list(self._facts), self.BATCH)
            await self._queue(con, rows)
            full = len(rows) == self.BATCH
            await self._journal.move(con, rows[-1]["position"] if full else end)
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
