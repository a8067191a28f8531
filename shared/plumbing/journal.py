"""The journal: every fact a service said, chained by hash, for ever."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.plumbing.database import Connection, Pool

ORIGIN = bytes(32)
"""The hash before the first fact of every stream."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(moment: datetime) -> int:
    """Microseconds since 1970, as PostgreSQL computes them from a timestamptz."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def seal(previous: bytes, lines: str) -> bytes:
    """The hash of a fact: its predecessor's, then `kind stream version type actor micros cause correlation terms data`,
    one a line. Position and recorded_at stay outside. `_CHAIN` is the same line in SQL."""
    return hashlib.sha256(previous + lines.encode()).digest()


_CHAIN = r"""
select stream, version from (
    select stream, version, hash = sha256(
        coalesce(lag(hash) over w, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws(E'\n', kind, stream, version,
        type, actor, (extract(epoch from occurred_at) * 1000000)::bigint, cause, correlation, terms, data), 'UTF8'))
        and version = row_number() over w as sound
    from journal window w as (partition by stream order by version)
) chained where not sound order by stream, version limit 1
"""
_HEADS = """
select j.stream, j.version from (select distinct on (stream) stream, version, hash from journal
order by stream, version desc) j left join {table} t on t.id = j.stream where
j.stream in (select stream from journal where kind = $1) and (t.id is null or t.version <> j.version or t.head <> j.hash)
limit 1
"""
_DIGEST = """
select coalesce(max(position), $1) as up_to, count(*) as facts,
    sha256(coalesce(string_agg(hash, ''::bytea order by position), ''::bytea)) as digest
from journal where position > $1 and position <= $2
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the journal does not hold, and in which way."""

    what: str
    stream: UUID | None
    version: int | None


async def verify(con: Connection, tables: dict[str, str], signer: Ed25519PrivateKey) -> Broken | None:
    """The first place where the chains, the heads in the tables or the signed seals do not hold; None if all is sound."""
    if bad := await con.fetchrow(_CHAIN):
        return Broken("chain", bad["stream"], bad["version"])
    for kind, table in tables.items():
        if bad := await con.fetchrow(_HEADS.format(table=table), kind):
            return Broken("head", bad["stream"], bad["version"])
    start, public = 0, signer.public_key()
    for sealed in await con.fetch("select up_to, facts, digest, sealed_at, signature from seals order by up_to"):
        found = await con.fetchrow(_DIGEST, start, sealed["up_to"])
        assert found is not None
        try:
            public.verify(sealed["signature"], _signed(sealed["up_to"], sealed["facts"], sealed["digest"]))
        except InvalidSignature:
            return Broken("seal", None, sealed["up_to"])
        if (found["facts"], found["digest"]) != (sealed["facts"], sealed["digest"]):
            return Broken("seal", None, sealed["up_to"])
        start = sealed["up_to"]
    return None


def _signed(up_to: int, facts: int, digest: bytes) -> bytes:
    return b"%d\n%d\n%s" % (up_to, facts, digest)


async def whole_end(con: Connection) -> int:
    """The last position of the journal, with nothing missing before it: what is up to it stays the same for ever.

    The table lock waits for the writers that are under way, so that no lower position can appear afterwards; other
    writers wait for it in turn, and so it is held for one look only. Not to be asked from within a transaction.
    """
    async with con.transaction():
        await con.execute("set local lock_timeout = '3s'; lock table journal in share mode")
        return int(await con.fetchval("select coalesce(max(position), 0) from journal"))


async def put_seal(pool: Pool, signer: Ed25519PrivateKey) -> int:
    """Sign everything written since the last seal; the number of facts newly under it. One seal at a time."""
    async with pool.acquire() as con:
        end = await whole_end(con)
        async with con.transaction():
            await con.execute("select pg_advisory_xact_lock(20240201, 3)")
            start = await con.fetchval("select coalesce(max(up_to), 0) from seals")
            row = await con.fetchrow(_DIGEST, start, end)
            assert row is not None
            if row["facts"]:
                await con.execute(
                    "insert into seals values ($1, $2, $3, town_now(), $4)",
                    row["up_to"],
                    row["facts"],
                    row["digest"],
                    signer.sign(_signed(row["up_to"], row["facts"], row["digest"])),
                )
            return int(row["facts"])


async def streams(con: Connection, kind: str) -> AsyncIterator[tuple[UUID, list[tuple[str, str]]]]:
    """Every stream of a kind with its facts (type, data) in order: for folding. Needs an open transaction."""
    current: UUID | None = None
    facts: list[tuple[str, str]] = []
    query = "select stream, type, data::text as data from journal where kind = $1 order by stream, version"
    async for row in con.cursor(query, kind, prefetch=5000):
        if row["stream"] != current:
            if current is not None:
                yield current, facts
            current, facts = row["stream"], []
        facts.append((row["type"], row["data"]))
    if current is not None:
        yield current, facts
