"""The tables of webhooks: registering, changing, replaying, and what can be seen of them. Never a secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.plumbing.database import Connection, Pool
from shared.plumbing.webhooks.words import DeliveryState, Told, message_id

_WEBHOOKS = """
select w.unit, w.version, w.url, w.types, case when w.thin then 'THIN' else 'FULL' end as payload, w.state, w.reason,
    w.fingerprint, w.previous_until, w.registered_at, w.changed_at, w.failures, w.failing_since, w.wait_until, w.code,
    (select count(*) from webhook_deliveries d where d.unit = w.unit and d.state = 'QUEUED') as pending,
    (select min(d.made_at) from webhook_deliveries d where d.unit = w.unit and d.state = 'QUEUED') as oldest,
    (select max(d.delivered_at) from webhook_deliveries d where d.unit = w.unit and d.state = 'DELIVERED') as delivered_at
from webhooks w where $1::text is null or w.unit = $1 order by w.unit
"""
_REGISTER = """
insert into webhooks (unit, url, types, thin, fingerprint, registered_at, changed_at)
values ($1, $2, $3, $4, $5, town_now(), town_now())
"""
_CHANGE = """
update webhooks set url = $2, types = $3, thin = $4, version = version + 1, changed_at = town_now() where unit = $1
"""
_EXCHANGE = """
update webhooks set fingerprint = $2, previous_until = $3, version = version + 1, changed_at = town_now() where unit = $1
"""
_PAUSE = """
update webhooks set state = 'PAUSED', reason = null, version = version + 1, changed_at = town_now() where unit = $1
"""
_RESUME = """
update webhooks set state = 'ACTIVE', reason = null, version = version + 1, changed_at = town_now(), failures = 0,
    failing_since = null, wait_until = null, code = null where unit = $1
"""
_AT_ONCE = "update webhook_deliveries set failures = 0, next_at = town_now() where unit = $1 and state = 'QUEUED'"
_DELIVERIES = """
select id as number, kind, stream, fact, type, state, attempts, status, code, made_at, next_at, tried_at, delivered_at
from webhook_deliveries where unit = $1 and ($2::text is null or state = $2) and ($3::bigint is null or id < $3)
and ($4::uuid is null or stream = $4) order by id desc limit $5
"""
_REPLAY = """
insert into webhook_deliveries (unit, position, kind, stream, fact, type, made_at, next_at)
select w.unit, j.position, j.kind, j.stream, j.version, j.type, town_now(), town_now()
from journal j join webhooks w on w.unit = $1 and (w.types = '{}' or j.type = any(w.types))
where j.type = any($2::text[]) and j.data->>$3 = $1 and ($4::timestamptz is null or j.recorded_at >= $4)
and ($5::uuid is null or (j.kind = $7 and j.stream = $5 and j.version = $6))
order by j.position on conflict (unit, position) do update set state = 'QUEUED', attempts = 0, failures = 0, status = null,
    code = null, made_at = excluded.made_at, next_at = excluded.next_at, tried_at = null, delivered_at = null
"""


async def webhooks(pool: Pool, unit: str | None = None) -> list[dict[str, Any]]:
    """Webhooks by unit: state, what waits, since when it fails."""
    return [dict(row) for row in await pool.fetch(_WEBHOOKS, unit)]


async def register(con: Connection, unit: str, url: str, types: Sequence[str], thin: bool, fingerprint: str) -> None:
    """A new webhook; raises `UniqueViolationError` when somebody was faster."""
    await con.execute(_REGISTER, unit, url, types, thin, fingerprint)


async def alter(con: Connection, unit: str, url: str, types: Sequence[str], thin: bool) -> None:
    """Another address, other types."""
    await con.execute(_CHANGE, unit, url, types, thin)


async def exchange(con: Connection, unit: str, fingerprint: str, until: datetime) -> None:
    """Another secret; the one before signs, too, until then."""
    await con.execute(_EXCHANGE, unit, fingerprint, until)


async def pause(con: Connection, unit: str) -> None:
    """Send nothing; what happens is kept for later."""
    await con.execute(_PAUSE, unit)


async def resume(con: Connection, unit: str) -> None:
    """Send again, as if nothing had failed, and at once."""
    await con.execute(_RESUME, unit)
    await con.execute(_AT_ONCE, unit)


async def remove(con: Connection, unit: str) -> None:
    """Forget the webhook with all that it was to get."""
    await con.execute("delete from webhooks where unit = $1", unit)


async def deliveries(
    pool: Pool, unit: str, state: DeliveryState | None, stream: UUID | None, before: int | None, limit: int
) -> list[dict[str, Any]]:
    """投递记录, newest first; `message`: the `webhook-id`."""
    found = []
    for row in await pool.fetch(_DELIVERIES, unit, state, before, stream, limit):
        shown = dict(row)
        found.append({"message": message_id(shown.pop("kind"), shown.pop("stream"), shown.pop("fact")), **shown})
    return found


async def replay(
    con: Connection, told: Told, unit: str, since: datetime | None, one: tuple[str, UUID, int] | None
) -> int:
    """Queue once more what was recorded since then, or this one fact; how many."""
    kind, stream, version = one or (None, None, None)
    done = await con.execute(_REPLAY, unit, told.types, told.unit, since, stream, version, kind)
    return int(done.rpartition(" ")[2])
