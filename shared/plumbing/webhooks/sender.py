"""The sender: takes what is due of each webhook, calls the receiver outside of any transaction, and remembers how it went.

Each receiver has calls of its own, so that a slow one blocks nobody else. The facts of one stream go out one after the
other. A delivery is taken for longer than a call may last; who dies in between leaves it taken, and it is sent again
with the same id.
"""

import asyncio
import json
import logging
import random
import time
from datetime import datetime, timedelta

import asyncpg

from shared.events.base import ref
from shared.plumbing.change import Base
from shared.plumbing.supervision import again
from shared.plumbing.vault import Erased, Vault
from shared.plumbing.webhooks.calling import Away, Caller, NotTaken, Refused
from shared.plumbing.webhooks.signing import key_of
from shared.plumbing.webhooks.words import FAILING, GONE, WebhookTerms, message, message_id, owner_of
from shared.rules.township import Dated

log = logging.getLogger(__name__)

SECRET, PREVIOUS = "secret", "previous"
"""The vault's fields for the secret, and for the one before it while it is exchanged."""
EACH = 4
"""So many calls to one receiver at once; one, while it fails."""
_GONE = 410

_DUE = """
select w.unit from webhooks w where w.state = 'ACTIVE' and (w.wait_until is null or w.wait_until <= town_now())
and exists (
    select from webhook_deliveries d where d.unit = w.unit and d.state = 'QUEUED' and d.next_at <= town_now()
    and (d.busy_until is null or d.busy_until < clock_timestamp())
)
"""
_TAKE = f"""
with due as (
    select q.id, w.url, w.thin, w.failures as failing, w.previous_until > town_now() as both
    from webhook_deliveries q join webhooks w using (unit)
    where q.unit = $1 and w.state = 'ACTIVE' and (w.wait_until is null or w.wait_until <= town_now())
    and q.state = 'QUEUED' and q.next_at <= town_now() and (q.busy_until is null or q.busy_until < clock_timestamp())
    and not exists (
        select from webhook_deliveries e where e.unit = q.unit and e.stream = q.stream and e.state = 'QUEUED'
        and e.position < q.position
    )
    order by q.attempts, q.position limit (select case when failures > 0 then 1 else {EACH} end from webhooks where unit = $1)
    for update of q skip locked
), taken as (
    update webhook_deliveries d set attempts = attempts + 1, busy_until = clock_timestamp() + $2::interval,
        tried_at = town_now()
    from due where d.id = due.id returning d.*, due.url, due.thin, due.failing, due.both
)
select t.*, j.data::text as data, j.occurred_at from taken t join journal j on j.position = t.position
"""
_DELIVERED = """
update webhook_deliveries set state = 'DELIVERED', status = $3, code = null, busy_until = null, delivered_at = town_now()
where id = $1 and attempts = $2 and state = 'QUEUED'
"""
_WELL = """
update webhooks set failures = 0, failing_since = null, wait_until = null, code = null where unit = $1 and failures > 0
"""
_LATER = """
update webhook_deliveries set state = $3, failures = $4, next_at = $5, status = $6, code = $7, busy_until = null
where id = $1 and attempts = $2 and state = 'QUEUED'
"""
_ILL = """
update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, town_now()), wait_until = $3,
    code = $4, state = case when $5 then 'DISABLED' else state end, reason = case when $5 then $6 else reason end,
    version = version + $5::int
where unit = $1 and failures = $2 and state = 'ACTIVE' and (wait_until is null or wait_until <= town_now())
"""
_DISABLE = """
update webhooks set state = 'DISABLED', reason = $2, code = $3, version = version + 1,
    failing_since = coalesce(failing_since, town_now()) where unit = $1 and state = 'ACTIVE'
"""
_FORGET = """
delete from webhook_deliveries where id in (
    select id from webhook_deliveries where state = 'DELIVERED' and delivered_at < $1 order by delivered_at limit 5000
)
"""


class Sender:
    """Sends the deliveries of one service. Any number of senders may run."""

    POLL, MAX_PAUSE = 0.5, 10.0
    MARGIN = timedelta(seconds=10)
    """A delivery is taken for so much longer than a call may last."""
    FORGET_EVERY_S = 3600.0

    def __init__(self, service: str, base: Base, vault: Vault, terms: Dated[WebhookTerms], caller: Caller) -> None:
        self._service, self._base, self._vault, self._terms = service, base, vault, terms
        self._caller = caller
        self._at: dict[str, asyncio.Task[None]] = {}
        self.outcomes: dict[str, int] = {"delivered": 0, "later": 0, "failed": 0}
        self.disabled = 0
        self._forgotten = 0.0
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Send what is in hand, then nothing more."""
        self._stopping.set()

    async def run(self) -> None:
        """Until told to stop."""

        async def turn() -> bool:
            await self.begin()
            await self._forget()
            return False

        try:
            await again("webhook_sender", turn, poll=self.POLL, longest=self.MAX_PAUSE, stopping=self._stopping)
            if self._at:
                await asyncio.wait(self._at.values())
        finally:
            for task in self._at.values():
                task.cancel()

    async def begin(self) -> list[str]:
        """Begin with every receiver for whom something is due, and who is not called already; who is called now."""
        for row in await self._base.pool.fetch(_DUE):
            if row["unit"] not in self._at:
                self._at[row["unit"]] = asyncio.create_task(self._all(row["unit"]), name=f"webhook {row['unit']}")
        return list(self._at)

    async def _all(self, unit: str) -> None:
        """Everything that is due for one receiver."""
        try:
            while not self._stopping.is_set() and await self.turn(unit):
                pass
        except Exception as error:
            log.warning("webhook_sender_failed", extra={"unit": unit, "error": type(error).__name__})
        finally:
            del self._at[unit]

    async def turn(self, unit: str) -> int:
        """Send some of what is due for one receiver; how many were taken in hand."""
        terms = self._terms.on(self._base.clock.now())
        seconds = terms.call.total_seconds()
        rows = await self._base.pool.fetch(_TAKE, unit, terms.call + self.MARGIN)
        if not rows:
            return 0
        keys = await self.keys(unit, both=bool(rows[0]["both"]))
        done = await asyncio.gather(*(self._one(row, keys, terms, seconds) for row in rows), return_exceptions=True)
        for error in done:
            if error is not None:
                raise error
        return len(rows)

    async def keys(self, unit: str, *, both: bool) -> list[bytes]:
        """The keys that sign for this receiver now; raises `Erased` rather than sending something unsigned."""
        owner = owner_of(self._service, unit)
        entries = [(owner, field) for field in ((SECRET, PREVIOUS) if both else (SECRET,))]
        kept = await self._vault.read_entries(self._base.pool, entries)
        found = [key_of(secret) for entry in entries if (secret := kept.get(entry))]
        if not found:
            raise Erased(unit)
        return found

    async def _one(self, row: asyncpg.Record, keys: list[bytes], terms: WebhookTerms, seconds: float) -> None:
        id = message_id(row["kind"], row["stream"], row["fact"])
        data = None if row["thin"] else json.loads(row["data"])
        body = message(row["type"], row["occurred_at"], ref(row["kind"], row["stream"]), row["fact"], data)
        try:
            status = await self._caller.post(row["url"], keys, id, body, seconds)
        except NotTaken as error:
            log.warning("webhook_not_taken", extra={"unit": row["unit"], "sent": id, "code": error.code})
            await self._not_taken(row, error, terms)
        else:
            await self._base.pool.execute(_DELIVERED, row["id"], row["attempts"], status)
            await self._base.pool.execute(_WELL, row["unit"])
            self.outcomes["delivered"] += 1

    async def _not_taken(self, row: asyncpg.Record, error: NotTaken, terms: WebhookTerms) -> None:
        """Whose fault was it? A message that is refused waits alone; otherwise the receiver is left alone.

        A message is given up when it was refused, or made a receiver that is well fail, all the schedule through. A
        receiver that takes nothing at all keeps every message waiting.
        """
        now = self._base.clock.now()
        if error.status == _GONE:
            await self._disable(row, error.code, now)
            return
        away, well = isinstance(error, Away), row["failing"] == 0
        failures = row["failures"] + (0 if away else 1)
        given_up = not away and well and terms.over(failures)
        next_at = now if away else now + terms.pause(failures, random.random())
        state = "FAILED" if given_up else "QUEUED"
        await self._base.pool.execute(
            _LATER, row["id"], row["attempts"], state, failures, next_at, error.status, error.code
        )
        self.outcomes["failed" if given_up else "later"] += 1
        if not isinstance(error, Refused):
            await self._ill(row, error, terms, now)

    async def _ill(self, row: asyncpg.Record, error: NotTaken, terms: WebhookTerms, now: datetime) -> None:
        """Leave the receiver alone for a while; disable it when it has failed the schedule through. Counted once a while."""
        failing = row["failing"] + 1
        wish = error.wait if isinstance(error, Away) else terms.pauses[0]
        until = now + max(terms.pause(failing, random.random()), wish)
        over = terms.over(failing)
        done = await self._base.pool.execute(_ILL, row["unit"], row["failing"], until, error.code, over, FAILING)
        if over and done == "UPDATE 1":
            self._was_disabled(row["unit"], FAILING)

    async def _disable(self, row: asyncpg.Record, code: str, now: datetime) -> None:
        """The receiver is gone; what it has not got stays."""
        await self._base.pool.execute(_LATER, row["id"], row["attempts"], "QUEUED", row["failures"], now, _GONE, code)
        if await self._base.pool.execute(_DISABLE, row["unit"], GONE, code) == "UPDATE 1":
            self._was_disabled(row["unit"], GONE)

    def _was_disabled(self, unit: str, reason: str) -> None:
        self.disabled += 1
        log.error("webhook_disabled", extra={"unit": unit, "reason": reason})

    async def _forget(self) -> None:
        if time.monotonic() - self._forgotten < self.FORGET_EVERY_S and self._forgotten:
            return
        now = self._base.clock.now()
        await self._base.pool.execute(_FORGET, now - self._terms.on(now).keep)
        self._forgotten = time.monotonic()
