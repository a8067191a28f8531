"""A stored position in this service's own journal, which no fact can slip past.

Positions are given out before their transactions commit, so a lower one may appear later. Whoever follows therefore goes
up to a position only when every transaction that ran as it first saw that position is over (decision 9).
"""

from dataclasses import dataclass

from shared.plumbing.database import Connection, Pool


@dataclass(frozen=True, slots=True)
class _Sight:
    """The last position seen, and a transaction that began after those that could still bring a lower one."""

    last: int
    fence: int


_FENCE = "select (select max(position) from journal) as last, pg_current_xact_id()::text::bigint as fence"


class Following:
    """Follows the journal. `cursor`: the table of one row whose `position` says how far."""

    def __init__(self, pool: Pool, cursor: str) -> None:
        self._pool, self._cursor = pool, cursor
        self._sight: _Sight | None = None
        self._look = f"""
            select c.position as read, (select max(position) from journal) as last,
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest from {cursor} c
        """

    async def settled(self) -> int | None:
        """Up to where the journal may be read now; None when there is nothing, or nothing is settled yet."""
        look = await self._pool.fetchrow(self._look)
        assert look is not None
        if (look["last"] or 0) <= look["read"]:
            return None
        if self._sight is None or self._sight.last <= look["read"]:
            self._sight = await self._see()
            look = await self._pool.fetchrow(self._look)
            assert look is not None
        return None if look["oldest"] <= self._sight.fence else self._sight.last

    async def _see(self) -> _Sight:
        """In one statement: its snapshot is older than the transaction id that it draws.

        Whoever has drawn a position has an id by then: a row of the same transaction was written or locked before.
        """
        row = await self._pool.fetchrow(_FENCE)
        assert row is not None
        return _Sight(row["last"], row["fence"])

    async def position(self, con: Connection) -> int | None:
        """How far it was read, locked until the transaction ends; None: somebody else reads just now."""
        found: int | None = await con.fetchval(f"select position from {self._cursor} for update skip locked")
        return found

    async def move(self, con: Connection, position: int) -> None:
        """From now on it has been read up to here."""
        await con.execute(f"update {self._cursor} set position = $1", position)
