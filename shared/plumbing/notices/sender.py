"""The sender: takes what is due, reads the contacts from the vault, hands it to the gateway, and remembers how it went.

A notice is taken for longer than a call may last, so that two senders never have the same one. Who dies between the
gateway's answer and our commit leaves it taken; afterwards it is sent again with the same key, and the gateway has one
effect.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.plumbing.change import Base
from shared.plumbing.database import is_conflict, is_transient
from shared.plumbing.notices.gateway import CALLS, Gateway, Outgoing
from shared.plumbing.notices.words import (
    EXPIRED,
    UNREADABLE,
    Contact,
    NoticeState,
    NoticeTerms,
    Suppressed,
    Teller,
    Templates,
)
from shared.plumbing.supervision import again
from shared.plumbing.webhooks.calling import Away, Failed, Refused
from shared.rules.township import Dated

log = logging.getLogger(__name__)

_SLEEP = """
update notices set next_at = $1, due_at = greatest(due_at, $1) where state = 'QUEUED' and not critical
and next_at <= (select town_now()) and (busy_until is null or busy_until < clock_timestamp())
"""
_TAKE = """
update notices n set attempts = attempts + 1, busy_until = clock_timestamp() + $2::interval
from (
    select id from notices q where state = 'QUEUED' and next_at <= (select town_now())
    and (busy_until is null or busy_until < clock_timestamp())
    and (critical or not exists (
        select from notices e where e.owner = q.owner and e.state = 'QUEUED' and e.position < q.position
    ))
    order by critical desc, position limit $1 for update skip locked
) due where n.id = due.id
returning n.id, n.position, n.owner, n.template, n.parameters::text as parameters, n.critical, n.attempts, n.made_at, n.reason,
    exists (select from notice_refusals r where r.subject = n.subject) as unwanted
"""
_SENT = """
update notices set state = 'SENT', sent_at = town_now(), reason = null, busy_until = null where id = $1 and state = 'QUEUED'
"""
_LATER = """
update notices set next_at = $2, due_at = case when $5 then greatest(due_at, $2) else due_at end, reason = $3,
    attempts = attempts - $4, busy_until = null where id = $1 and state = 'QUEUED'
"""
_END = """
update notices set state = $2, reason = $3, busy_until = null, subject = case when $3 = 'ERASED' then null else subject end
where id = $1 and state = 'QUEUED'
"""
_FORGET = """
delete from notices where id in (
    select id from notices where made_at < $1 and state <> 'QUEUED' order by made_at limit 5000
)
"""


class Breaker:
    """Stays away from a gateway that fails again and again: longer each time, and then tries with one notice."""

    FAILURES = 5
    SHORTEST, LONGEST = 5.0, 300.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures, self._pause, self._until = 0, self.SHORTEST, 0.0

    def room(self, most: int) -> int:
        """How many may be tried now."""
        if self._clock() < self._until:
            return 0
        return 1 if self.tripped else most

    @property
    def tripped(self) -> bool:
        """Whether the gateway counts as away."""
        return self._failures >= self.FAILURES

    def good(self) -> None:
        """It answered."""
        self._failures, self._pause, self._until = 0, self.SHORTEST, 0.0

    def bad(self, wish: timedelta = timedelta(0)) -> None:
        """It did not, or not in a useful way; `wish`: how long it wants to be left alone."""
        trial = self.tripped and self._clock() >= self._until
        self._failures += 1
        if self._failures == self.FAILURES or trial:
            self._until = self._clock() + self._pause
            self._pause = min(self._pause * 2, self.LONGEST)
        if wish:
            self._failures = max(self._failures, self.FAILURES)
            self._until = max(self._until, self._clock() + wish.total_seconds())


class Sender:
    """Sends the notices of one service. Any number of senders may run; each counts the gateway's failures itself."""

    POLL, MAX_PAUSE = 0.5, 10.0
    MARGIN = timedelta(seconds=10)
    """A notice is taken for so much longer than a call may last."""
    FORGET_EVERY_S = 3600.0

    def __init__(
        self, base: Base, teller: Teller, templates: Templates, terms: Dated[NoticeTerms], gateway: Gateway
    ) -> None:
        self._base, self._teller, self._templates = base, teller, templates
        self._terms, self._gateway = terms, gateway
        self.breaker = Breaker()
        self.outcomes: dict[str, int] = {"sent": 0, "later": 0, "failed": 0, "suppressed": 0}
        self._writing = asyncio.Lock()
        self._forgotten = 0.0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Send what is in hand, then nothing more."""
        self._stopping.set()

    async def run(self) -> None:
        """Until told to stop."""

        async def turn() -> bool:
            full = await self.turn() == CALLS
            await self._forget()
            return full

        try:
            await again("notice_sender", turn, poll=self.POLL, longest=self.MAX_PAUSE, stopping=self._stopping)
        finally:
            await self._gateway.close()

    async def turn(self) -> int:
        """Send what is due now; how many were taken in hand."""
        room = self.breaker.room(CALLS)
        if not room:
            return 0
        now = self._base.clock.now()
        terms = self._terms.on(now)
        if (morning := terms.allowed(now, critical=False)) > now:
            await self._base.pool.execute(_SLEEP, morning)
        rows = await self._base.pool.fetch(_TAKE, room, terms.call + self.MARGIN)
        if not rows:
            return 0
        contacts = await self._contacts([row["owner"] for row in rows])
        done = await asyncio.gather(
            *(self._one(row, contacts.get(row["owner"]), terms, now) for row in rows), return_exceptions=True
        )
        for error in done:
            if error is not None:
                raise error
        return len(rows)

    async def _contacts(self, owners: Sequence[UUID]) -> Mapping[UUID, Contact | None]:
        """Read in bulk; one that cannot be read must not stop the others, and has no entry then."""
        try:
            return await self._teller.contacts(self._base.pool, owners)
        except Exception as error:
            if is_transient(error) or is_conflict(error):
                raise
        found: dict[UUID, Contact | None] = {}
        for owner in owners:
            try:
                found |= await self._teller.contacts(self._base.pool, [owner])
            except Exception as error:
                if is_transient(error) or is_conflict(error):
                    raise
                log.error("contact_unreadable", extra={"owner": str(owner), "error": type(error).__name__})
        return found

    async def _one(self, row: asyncpg.Record, contact: Contact | None, terms: NoticeTerms, now: datetime) -> None:
        id = row["id"]
        parameters = json.loads(row["parameters"])
        text = self._templates.render(row["template"], parameters)
        if row["made_at"] < now - terms.stale:
            await self._end(id, NoticeState.FAILED, EXPIRED)
        elif row["attempts"] > terms.attempts:
            await self._end(id, NoticeState.FAILED, row["reason"] or UNREADABLE)
        elif row["unwanted"]:
            await self._end(id, NoticeState.SUPPRESSED, Suppressed.UNWANTED)
        elif text is None:
            await self._end(id, NoticeState.SUPPRESSED, Suppressed.NO_TEMPLATE)
        elif contact is None:
            await self._later(row, terms, UNREADABLE)
        elif contact.to is None:
            await self._end(id, NoticeState.SUPPRESSED, contact.why)
        else:
            await self._send(row, Outgoing(id, contact.to, text, row["template"], parameters), terms)

    async def _send(self, row: asyncpg.Record, notice: Outgoing, terms: NoticeTerms) -> None:
        try:
            await self._gateway.send(notice, terms.call.total_seconds())
        except Refused as error:
            self.breaker.good()
            await self._end(notice.id, NoticeState.FAILED, error.code)
        except Away as error:
            self.breaker.bad(error.wait)
            log.warning("gateway_away", extra={"notice": str(notice.id), "code": error.code})
            await self._later(row, terms, error.code, count=False)
        except Failed as error:
            self.breaker.bad()
            log.warning("notice_not_sent", extra={"notice": str(notice.id), "code": error.code})
            await self._later(row, terms, error.code)
        else:
            self.breaker.good()
            await self._write(_SENT, notice.id)
            self.outcomes["sent"] += 1

    async def _later(self, row: asyncpg.Record, terms: NoticeTerms, code: str | None, *, count: bool = True) -> None:
        """Once more after a pause, never in the quiet hours; without `count` it was no attempt, and the breaker waits."""
        if count and row["attempts"] >= terms.attempts:
            await self._end(row["id"], NoticeState.FAILED, code or UNREADABLE)
            return
        now = self._base.clock.now()
        then = now + terms.pause(row["attempts"]) if count else now
        allowed = terms.allowed(then, critical=row["critical"])
        await self._write(_LATER, row["id"], allowed, code, 0 if count else 1, allowed > then)
        self.outcomes["later"] += 1

    async def _end(self, id: UUID, state: NoticeState, reason: str) -> None:
        await self._write(_END, id, state, reason)
        self.outcomes[state.lower()] += 1

    async def _write(self, sql: str, *arguments: Any) -> None:
        """One at a time: the doors need the connections more."""
        async with self._writing:
            await self._base.pool.execute(sql, *arguments)

    async def _forget(self) -> None:
        if time.monotonic() - self._forgotten < self.FORGET_EVERY_S and self._forgotten:
            return
        now = self._base.clock.now()
        await self._base.pool.execute(_FORGET, now - self._terms.on(now).keep)
        self._forgotten = time.monotonic()
