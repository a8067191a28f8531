"""Timers: what must happen when the town's clock says so, exactly once."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events.base import ref
from shared.plumbing import logs, tracing
from shared.plumbing.change import Base
from shared.plumbing.database import Connection, is_conflict, is_transient
from shared.plumbing.quarantine import Quarantine, Record
from shared.plumbing.store import Kind
from shared.plumbing.work import Held, Work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timer:
    """One that is due: whose, which, of which deadline version. `now` is later than `due_at` by what we were late."""

    subject: UUID
    name: str
    version: int
    due_at: datetime
    now: datetime
    data: Any


Ring = Callable[[Work, Connection, Held[Any], Timer], Awaitable[None]]


class Timers:
    """Polls the due timers and fires each in a transaction of its own.

    The due ones are picked unlocked, the aggregate is locked, then the timer is deleted: nothing deleted means that
    somebody else fired it, or that the town's clock was set back meanwhile. Locking the timer first would deadlock with a
    change that sets it anew.
    """

    POLL, MAX_PAUSE = 0.1, 2.0
    FAILURES = 3
    """So many failures in one round, and the world is unwell."""
    ACTOR = "timer"

    def __init__(self, service: str, base: Base, quarantine: Quarantine) -> None:
        self._service, self._base, self._quarantine = service, base, quarantine
        self._rings: dict[tuple[str, str], tuple[Kind[Any], Ring]] = {}
        self.fired, self.late = 0, 0.0
        self._stopping = asyncio.Event()

    def at(self, kind: Kind[Any], name: str) -> Callable[[Ring], Ring]:
        """When this kind's timer of this name is due, run `ring(work, con, held, timer)`. It may load more by `con`."""

        def keep(ring: Ring) -> Ring:
            assert (kind.name, name) not in self._rings, f"{kind.name}/{name} rings twice"
            self._rings[kind.name, name] = kind, ring
            return ring

        return keep

    def stop(self) -> None:
        """Fire the one in hand, then no other."""
        self._stopping.set()

    async def run(self) -> None:
        """Until told to stop."""
        pause = self.POLL
        while not self._stopping.is_set():
            fired = 0
            try:
                fired = await self.fire()
                pause = self.POLL
            except Exception as error:
                pause = min(pause * 2, self.MAX_PAUSE)
                log.warning("timers_failed", extra={"error": type(error).__name__, "again_in_s": pause})
            if not fired:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)

    async def fire(self, limit: int = 500) -> int:
        """Fire what is due now, oldest first; how many.

        Only what rings here: a newer version beside this one may set timers that this one does not know.
        """
        rows = await self._base.pool.fetch(
            "select kind, subject, name, version, due_at, data::text as data, town_now() as now from timers "
            "where due_at <= (select town_now()) and (kind, name) in (select * from unnest($2::text[], $3::text[])) "
            "order by due_at, name limit $1",
            limit,
            [kind for kind, _ in self._rings],
            [name for _, name in self._rings],
        )
        fired, failed = 0, []
        if rows:
            self.late = (rows[0]["now"] - rows[0]["due_at"]).total_seconds()
        for row in rows:
            timer = Timer(
                row["subject"],
                row["name"],
                row["version"],
                row["due_at"],
                row["now"],
                json.loads(row["data"]) if row["data"] else None,
            )
            try:
                with logs.about(ref(row["kind"], timer.subject)), tracing.span(f"timer {row['kind']}/{timer.name}"):
                    fired += await self._fire(row["kind"], timer)
            except Exception as error:  # one that somebody holds locked must not stop those behind it
                failed.append(error)
                if len(failed) == self.FAILURES:
                    break
            if self._stopping.is_set():
                break
        self.fired += fired
        if failed and not fired:
            raise failed[0]
        return fired

    async def _fire(self, kind_name: str, timer: Timer, tries: int = 3) -> int:
        try:
            return await self._once(kind_name, timer)
        except Exception as error:
            if is_conflict(error) and tries:
                return await self._fire(kind_name, timer, tries - 1)
            if is_transient(error) or is_conflict(error):
                raise
            await self._set_aside(kind_name, timer, error)
            return 1

    async def _once(self, kind_name: str, timer: Timer) -> int:
        kind, ring = self._rings[kind_name, timer.name]
        terms = self._base.terms(timer.now)
        async with self._base.pool.acquire() as con, con.transaction():
            work = Work(timer.due_at, f"{self.ACTOR}::{self._service}", terms)
            await work.load(con, [(kind, timer.subject)])
            if not await self._delete(con, kind_name, timer):
                return 0
            await ring(work, con, work.get((kind, timer.subject)), timer)
            await work.flush(con)
        if work.said:
            self._base.wake.set()
        return 1

    async def _delete(self, con: Connection, kind_name: str, timer: Timer) -> bool:
        done = await con.execute(
            "delete from timers where kind = $1 and subject = $2 and name = $3 and version = $4 and due_at = $5 "
            "and due_at <= (select town_now())",
            kind_name,
            timer.subject,
            timer.name,
            timer.version,
            timer.due_at,
        )
        return done == "DELETE 1"

    async def _set_aside(self, kind_name: str, timer: Timer, error: Exception) -> None:
        """A timer whose rule fails must not stop the others: it waits in quarantine."""
        name = f"{ref(kind_name, timer.subject)}/{timer.name}/{timer.version}"
        log.error("timer_failed", extra={"timer": name, "error": type(error).__name__}, exc_info=error)
        body = json.dumps({"due_at": timer.due_at.isoformat(), "data": timer.data}).encode()
        async with self._base.pool.acquire() as con, con.transaction():
            if await self._delete(con, kind_name, timer):
                record = Record("timers", name, {}, body)
                await self._quarantine.put(con, [(record, "failed", type(error).__name__)])

    async def replay(self, id: int, actor: str, reason: str) -> bool:
        """Set a timer again that was set aside."""
        async with self._base.pool.acquire() as con, con.transaction():
            record = await self._quarantine.take(con, id)
            kind, subject, name, version = record.record.split("/")
            was = json.loads(record.body)
            await con.execute(
                "insert into timers (kind, subject, name, version, due_at, data) values ($1, $2, $3, $4, $5, $6) "
                "on conflict do nothing",
                kind,
                UUID(subject),
                name,
                int(version),
                datetime.fromisoformat(was["due_at"]),
                json.dumps(was["data"]) if was["data"] is not None else None,
            )
            await self._quarantine.decide(con, id, "REPLAYED", actor, reason)
        return True
