"""Quarantine: what could not be handled, sealed, with its reason, until somebody decides."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.plumbing.audit import audited
from shared.plumbing.database import Connection, Pool
from shared.plumbing.vault import Sealer

_OLD = """
select id from quarantine where reader = $1 and source = $2 and state = 'OPEN'
and since < clock_timestamp() - make_interval(days => $3) order by id for update skip locked
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A raw record as it came: where from, which one, its headers and its body; its stream, where it has one."""

    source: str
    record: str
    headers: dict[str, str]
    body: bytes
    kind: str | None = None
    stream: UUID | None = None
    version: int | None = None


class NotOpen(Exception):
    """There is no such open entry."""


class Quarantine:
    """The quarantine of one reader."""

    def __init__(self, reader: str, sealer: Sealer) -> None:
        self.reader, self._sealer = reader, sealer

    async def put(self, con: Connection, bad: Sequence[tuple[Record, str, str]]) -> None:
        """Set these aside, each with a reason code and its words; the same record again only counts as an attempt."""
        await con.executemany(
            "insert into quarantine as q (reader, source, record, kind, stream, version, code, reason, sealed) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (reader, source, record) do update set "
            "attempts = q.attempts + 1, code = excluded.code, reason = excluded.reason where q.state = 'OPEN'",
            [
                (
                    self.reader,
                    record.source,
                    record.record,
                    record.kind,
                    record.stream,
                    record.version,
                    code,
                    words[:500],
                    self._seal(record),
                )
                for record, code, words in bad
            ],
        )

    def _seal(self, record: Record) -> bytes:
        clear = json.dumps({"headers": record.headers, "body": record.body.decode("latin-1")}).encode()
        return self._sealer.seal(clear, f"{record.source}/{record.record}")

    async def take(self, con: Connection | Pool, id: int) -> Record:
        """An open entry as it came, locked; raises `NotOpen`."""
        row = await con.fetchrow(
            "select * from quarantine where id = $1 and reader = $2 and state = 'OPEN' for update", id, self.reader
        )
        if row is None:
            raise NotOpen(str(id))
        clear = json.loads(self._sealer.open(row["sealed"], f"{row['source']}/{row['record']}"))
        return Record(
            row["source"],
            row["record"],
            clear["headers"],
            clear["body"].encode("latin-1"),
            row["kind"],
            row["stream"],
            row["version"],
        )

    async def decide(self, con: Connection, id: int, state: str, actor: str, reason: str) -> None:
        """Close an entry, leave a trace of who decided and why, and destroy what was sealed: nobody needs it any more."""
        await con.execute(
            "update quarantine set state = $2, decided_by = $3, decided_at = clock_timestamp(), decision = $4, "
            "sealed = '' where id = $1",
            id,
            state,
            actor,
            reason,
        )
        await audited(con, actor, f"quarantine.{state.lower()}", f"quarantine/{id}", reason)

    async def expire(self, pool: Pool, source: str, days: int, actor: str) -> int:
        """Give up what came from this border so many days ago and nobody decided; how many.

        Its content is personal data of people whom nobody can find by it, so it may not stay for ever.
        """
        async with pool.acquire() as con, con.transaction():
            old = await con.fetch(_OLD, self.reader, source, days)
            for row in old:
                await self.decide(con, row["id"], "DISCARDED", actor, "保存期满，自动删除")
        return len(old)

    async def entries(self, pool: Pool, state: str | None, limit: int = 200) -> list[dict[str, Any]]:
        """The entries, newest first, without what is sealed."""
        rows = await pool.fetch(
            "select id, source, record, kind, stream, version, code, reason, since, attempts, state, decided_by, "
            "decided_at, decision from quarantine where reader = $1 and ($2::text is null or state = $2) "
            "order by id desc limit $3",
            self.reader,
            state,
            limit,
        )
        return [dict(row) for row in rows]
