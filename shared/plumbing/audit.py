"""审计: who did what that is no fact of the town, and why.

Every way by which a person sees names, contacts or residents' own words in clear goes through `audited`, in the
transaction that shows them: without its row nothing is shown.
"""

from collections.abc import Sequence
from typing import Any

from shared.plumbing.caller import Person
from shared.plumbing.database import Connection, Pool
from shared.rules.township import Role

READ, LOOKED_UP, EXPORTED, CORRECTED = "vault.read", "vault.lookup", "vault.export", "vault.correct"
"""Looks into the vault: one person's words or contact were shown. Their names begin with `vault.`."""
ERASED, ASKED_TO_ERASE, NOT_ERASED = "person.erase", "erasure.request", "erasure.reject"
"""What was forgotten on request, or was not."""
NOBODY = "person/unknown"
"""The subject of a look that found nobody: neither a number nor anything made of it is kept."""
_HOUR_S = 3600

_WRITE = """
insert into audit (at, actor, action, subject, reason)
select now(), $1, $2, subject, $4 from unnest($3::text[]) with ordinality s(subject, n) order by n
"""
_LATELY = """
select count(distinct at) as times, extract(epoch from now() - min(at))::int as oldest from audit
where actor = $1 and action = $2 and at > now() - interval '1 hour'
"""


class TooOften(Exception):
    """Somebody has looked as often as is allowed in an hour. `retry_after`: in so many seconds they may again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("looked too often")
        self.retry_after = retry_after


async def audited(
    con: Connection,
    caller: Person | str,
    action: str,
    subject: str | Sequence[str],
    reason: str,
    *,
    per_hour: int | None = None,
) -> None:
    """Keep who (a caller, or the actor of a timer) did what to which subjects (`kind/uuid`), and why.

    `per_hour`: so often one caller may do this, over all processes; raises `TooOften`. The subjects of one transaction
    count once.
    """
    actor = caller if isinstance(caller, str) else caller.actor
    if per_hour is not None:
        await con.execute("select pg_advisory_xact_lock(20240201, hashtext($1))", f"{actor}\n{action}")
        lately = await con.fetchrow(_LATELY, actor, action)
        assert lately is not None
        if lately["times"] >= per_hour:
            raise TooOften(max(1, _HOUR_S - lately["oldest"]))
    await con.execute(_WRITE, actor, action, [subject] if isinstance(subject, str) else list(subject), reason)


_ENTRIES = """
select position, at, actor, action, subject, reason from audit
where ($1::text is null or substring(actor from '^[^:]*:[^:]*:(.*)$') = $1)
and ($2::text is null or actor = $2) and ($3::text is null or action = $3) and ($4::text is null or subject = $4)
and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
and ($7::bigint is null or position < $7)
order by position desc limit $8
"""


async def entries(pool: Pool, caller: Person, wanted: Sequence[Any], before: int | None, limit: int) -> dict[str, Any]:
    """审计记录, newest first; the auditor sees all of them, everybody else the own ones. Never what was seen.

    `wanted`: actor, action, subject, from, until, each a value or None. `next`: the cursor of the following page.
    """
    own = None if caller.role is Role.AUDITOR else caller.subject
    rows = [dict(row) for row in await pool.fetch(_ENTRIES, own, *wanted, before, limit)]
    return {"entries": rows, "next": rows[-1]["position"] if len(rows) == limit else None}
