"""From the journal to deliveries: every fact of a unit that has a webhook, whether that sends just now or not."""

import logging
from collections.abc import Sequence

from shared.plumbing.change import Base
from shared.plumbing.following import Following
from shared.plumbing.supervision import again
from shared.plumbing.webhooks.words import Told

log = logging.getLogger(__name__)

_QUEUE = """
insert into webhook_deliveries (unit, position, kind, stream, fact, type, made_at, next_at)
select w.unit, j.position, j.kind, j.stream, j.version, j.type, town_now(), town_now()
from journal j join webhooks w on w.unit = j.data->>$4 and (w.types = '{}' or j.type = any(w.types))
where j.position > $1 and j.position <= $2 and j.type = any($3::text[])
order by j.position on conflict do nothing
"""


class Reader:
    """Reads this service's own journal. There is nothing in a fact that could stop it: only the unit is looked at."""

    POLL, MAX_PAUSE = 0.5, 5.0
    BATCH = 5000
    """So many positions at a time."""

    def __init__(self, base: Base, told: Told) -> None:
        self._base, self._told = base, told
        self._journal = Following(base.pool, "webhook_cursor")
        self._types: Sequence[str] = told.types

    async def run(self) -> None:
        """For ever."""
        await again("webhook_reader", self.turn, poll=self.POLL, longest=self.MAX_PAUSE)

    async def turn(self) -> bool:
        """Read what is settled; whether there is more to read at once."""
        settled = await self._journal.settled()
        if settled is None:
            return False
        async with self._base.pool.acquire() as con, con.transaction():
            was = await self._journal.position(con)
            if was is None or was >= settled:
                return False
            end = min(settled, was + self.BATCH)
            await con.execute(_QUEUE, was, end, self._types, self._told.unit)
            await self._journal.move(con, end)
        return end < settled
