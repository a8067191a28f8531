"""A service that tells people, whose test reads the journal and sends when it wants to."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.plumbing.notices.gateway import CALLS
from shared.plumbing.notices.noticing import Noticing
from tests.support.pair import until
from tests.support.running import OPERATOR, Live


class Noticed(Live):
    """What such tests do."""

    @property
    def noticing(self) -> Noticing:
        assert self.service.noticing is not None
        return self.service.noticing

    async def read(self) -> None:
        """Until everything is read; others on this server may still be writing elsewhere."""

        async def all_read() -> bool:
            while await self.noticing.reader.turn():
                pass
            return bool(
                await self.service.pool.fetchval(
                    "select (select position from notice_cursor) = (select coalesce(max(position), 0) from journal)"
                )
            )

        await until(all_read, "the journal is read")

    async def tell(self) -> None:
        """Read, then send what is due."""
        await self.read()
        while await self.noticing.sender.turn() == CALLS:
            pass

    async def told(self, owner: UUID | None = None) -> list[tuple[str, str]]:
        """Template and state of the notices, oldest first."""
        found = await self.get(f"/notices?limit=1000{f'&owner={owner}' if owner else ''}", OPERATOR)
        return [(notice["template"], notice["state"]) for notice in reversed(found)]


def letters(folder: Path) -> list[dict[str, Any]]:
    """What lies in the mailbox of this folder."""
    return [json.loads(file.read_text()) for file in (folder / "mailbox").glob("*.json")]
