"""A running deliberation service on a database of its own, and the people who use it."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ops.embedded.keys import Bearer
from services.deliberation.main import PLAN
from shared.rules.township import SHANGHAI
from tests.support.running import Live, live
from tests.support.servers import Server

BEGIN = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
SECRETARY = Bearer("secretary", ("dahuichang",))
RECORDER = Bearer("recorder", ("dahuichang",), posts=("recorder-1",))


class Town(Live):
    """The service, mostly as the secretary uses it."""

    async def post(self, path: str, body: object = None, who: Bearer | None = SECRETARY) -> Any:
        """Write; it must succeed."""
        return await self.write(path, who, body)

    async def refused(self, path: str, body: object = None, who: Bearer | None = SECRETARY) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        return await self.reasons(path, who, body)

    async def attached(self, path: str, colour: str, who: Bearer = SECRETARY) -> dict[str, Any]:
        """A picture is attached; what the list says of it."""
        return await super().attached(path, colour, who)

    async def said(self, stream: UUID | str) -> list[str]:
        """The names of the facts of a stream, in order."""
        return await self.words(stream)


def town(server: Server, folder: Path) -> AbstractAsyncContextManager[Town]:
    """The service without its background."""
    return live(Town, server, folder, PLAN, BEGIN)
