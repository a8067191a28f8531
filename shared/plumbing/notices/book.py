"""The tables of notices: queueing, receipts of delivery, who does not want to be told, what an operator sees."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.plumbing.database import Connection, Pool
from shared.plumbing.notices.words import Addressee, Message, NoticeState, Told, notice_id

_QUEUE = """
insert into notices (id, kind, owner, template, parameters, critical, subject, made_at, due_at, next_at)
select id, kind, owner, template, parameters, critical, subject, $9::timestamptz, due, due
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::json[], $6::bool[], $7::uuid[], $8::timestamptz[])
    with ordinality n(id, kind, owner, template, parameters, critical, subject, due, place)
order by place on conflict (id) do nothing
"""
_COLUMNS = (
    "id, kind, owner, template, critical, state, reason, attempts, made_at, due_at, next_at, sent_at, delivered_at"
)
_LIST = f"""
select {_COLUMNS} from notices where ($1::uuid is null or owner = $1) and ($2::text is null or state = $2)
order by position desc limit $3
"""
_DELIVERED = """
update notices set state = 'DELIVERED', reason = null, busy_until = null, delivered_at = $2,
    sent_at = coalesce(sent_at, town_now()) where id = $1 and state in ('QUEUED', 'SENT', 'FAILED')
"""
_UNDELIVERED = """
update notices set state = 'FAILED', reason = $2, busy_until = null, sent_at = coalesce(sent_at, town_now())
where id = $1 and state in ('QUEUED', 'SENT')
"""
_REFUSE = "insert into notice_refusals values ($1, town_now(), $2) on conflict do nothing"
_ACCEPT = "delete from notice_refusals where subject = $1"
_FORGET = "update notices set subject = null where kind = $1 and owner = any($2::uuid[])"

Queued = tuple[Told, Addressee, Message, datetime]
"""A fact, whose matter it is, what is said of it, and from when on it may be sent."""


async def queue(con: Connection, queued: Sequence[Queued], now: datetime) -> int:
    """Queue these, each once for ever; how many are new."""
    if not queued:
        return 0
    rows = [
        (
            notice_id(message.to or told.owner, message),
            told.kind,
            message.to or told.owner,
            message.template,
            json.dumps(dict(message.parameters), ensure_ascii=False),
            to.critical,
            message.to or to.subject,
            due,
        )
        for told, to, message, due in queued
    ]
    done = await con.execute(_QUEUE, *map(list, zip(*rows, strict=True)), now)
    return int(done.rpartition(" ")[2])


async def entries(pool: Pool, owner: UUID | None, state: NoticeState | None, limit: int) -> list[dict[str, Any]]:
    """The notices, newest first: never what they say, nor to whom."""
    return [dict(row) for row in await pool.fetch(_LIST, owner, state, limit)]


async def receipt(con: Connection, id: UUID, undelivered: str | None, at: datetime) -> NoticeState | None:
    """What the gateway says of a delivery; the state afterwards, None if there is no such notice.

    Delivered is the end. A notice that was given up, because no answer came or an earlier receipt said so, may turn
    out to have arrived.
    """
    if undelivered is None:
        await con.execute(_DELIVERED, id, at)
    else:
        await con.execute(_UNDELIVERED, id, undelivered)
    state = await con.fetchval("select state from notices where id = $1", id)
    return NoticeState(state) if state else None


async def forget(con: Connection, kind: str, owners: Sequence[UUID], person: UUID | None = None) -> None:
    """Whom the notices of these matters were for; and what this person has wished."""
    await con.execute(_FORGET, kind, owners)
    if person is not None:
        await con.execute(_ACCEPT, person)


async def prefer(con: Connection, subject: UUID, actor: str, *, wanted: bool) -> None:
    """Whether this person wants to be told at all."""
    if wanted:
        await con.execute(_ACCEPT, subject)
    else:
        await con.execute(_REFUSE, subject, actor)
