"""What a service's database has, in a few numbers: measured at the cut, and again after the restore."""

from pydantic import BaseModel, ConfigDict

from shared.plumbing.database import Connection

_STATE = """
select facts, streams, "end", heads, marks, heard,
    (select epoch from wire) as epoch,
    (select count(*) from outbox) as outbox,
    (select count(*) from parked) as parked,
    (select count(*) from quarantine where state = 'OPEN') as quarantine,
    (select count(*) from vault) as vault
from (select count(*) as facts, coalesce(max(position), 0) as "end" from journal) j,
    (select count(*) as streams, encode(sha256(coalesce(string_agg(hash, ''::bytea order by stream), ''::bytea)), 'hex')
        as heads from (select distinct on (stream) stream, hash from journal order by stream, version desc) last) h,
    (select count(*) as marks, coalesce(sum(version), 0)::bigint as heard from inbox) i
"""


class State(BaseModel):
    """`end`: the last position of the journal; `heads`: SHA-256 over the last hash of every stream, in their order.

    The head of a chain stands for all its facts, so `heads` stands for the whole journal.
    """

    model_config = ConfigDict(frozen=True)

    revision: str | None
    facts: int
    streams: int
    end: int
    heads: str
    marks: int
    heard: int
    epoch: int
    outbox: int
    parked: int
    quarantine: int
    vault: int


async def measure(con: Connection) -> State:
    """As this connection sees it now."""
    row = await con.fetchrow(_STATE)
    assert row is not None
    known = await con.fetchval("select to_regclass('alembic_version') is not null")
    revision = await con.fetchval("select version_num from alembic_version") if known else None
    return State(revision=revision, **dict(row))
