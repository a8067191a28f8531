"""A new era: after a restore the wire is told everything anew, and nobody may take it for the log that was there before.

What was said after the cut may have been heard outside. Its versions will be given again, to other facts. So a restore
raises the log epoch of every service to a number that no log ever had: `ERA` times the hours since the town began, or
one era more than the highest known, if that is more. Ordinary re-tellings add 1.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from ops.backup.cut import connected

ERA = 1000
_BEGINNING = datetime(2024, 2, 1, tzinfo=UTC)


def era_after(epochs: Iterable[int], now: datetime) -> int:
    """The first epoch of a new era, beyond all of these and beyond every restore of an earlier hour.

    The hour counts because the broker that knows of an earlier restore may be gone, and the same backup restored twice.
    """
    return ERA * max((now - _BEGINNING) // timedelta(hours=1), max(epochs, default=0) // ERA + 1)


async def begin_era(databases: Mapping[str, str], epoch: int) -> None:
    """Everything in the journals goes onto the wire again, under this epoch."""
    async with connected(databases) as towns:
        for con in towns.values():
            async with con.transaction():
                await con.execute("insert into outbox select position from journal on conflict do nothing")
                await con.execute("delete from relayed")
                await con.execute("update wire set epoch = $1", epoch)
