"""A running intake service on a database of its own, and the people who use it."""

import json
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ops.embedded.keys import Bearer
from services.intake.main import PLAN
from shared.events.base import Fact
from shared.plumbing.topics import WORK_ORDERS
from shared.rules.township import SHANGHAI
from tests.support.running import OPERATOR, Live, live, lively
from tests.support.servers import Server

BEGIN = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
UNIT = "town-community-office"
DISPATCHER, SUPERVISOR, FEEDER = Bearer("dispatcher"), Bearer("supervisor"), Bearer("feeder")
OFFICER = Bearer("officer", department=UNIT)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Town(Live):
    """The service, mostly as the dispatcher uses it, and by work orders."""

    async def get(self, path: str, who: Bearer | None = DISPATCHER) -> Any:
        """Read; it must succeed."""
        return await super().get(path, who)

    async def listed(self, path: str, who: Bearer = DISPATCHER) -> list[dict[str, Any]]:
        """The items of one page of a list."""
        items: list[dict[str, Any]] = (await self.get(path, who))["items"]
        return items

    async def post(self, path: str, who: Bearer = DISPATCHER, **body: object) -> Any:
        """Write; it must succeed."""
        return await self.write(path, who, body)

    async def refused(self, path: str, who: Bearer = DISPATCHER, **body: object) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        return await self.reasons(path, who, body)

    def order(self, number: str, person: int | None, **more: object) -> dict[str, Any]:
        """A work order of a made-up person."""
        complainant = {} if person is None else {"name": f"居民{person}", "phone": f"199000{person:05d}"}
        return {
            "channel": "HOTLINE_12345",
            "number": number,
            "type": "ASSISTANCE",
            "received_at": self.service.now(),
            "title": "没有物业",
            "content": "没有物业，家里的维修应该找谁",
            "community": "大灰厂社区",
            "category": "无物业管理",
            "place": "大灰厂小区",
            "complainant": complainant,
        } | more

    async def received(self, number: str, person: int | None, **more: object) -> UUID:
        """A complaint of its own."""
        answer = await self.post("/complaints", **self.order(number, person, **more))
        assert answer["outcome"] == "NEW"
        return UUID(answer["id"])

    async def handled(self, id: UUID) -> str:
        """Dispatched, accepted, and the complainant contacted; the complaint's path."""
        path = f"/complaints/{id}"
        await self.post(f"{path}/dispatch", lead=UNIT, urgency="ROUTINE")
        await self.post(f"{path}/accept", OFFICER, unit=UNIT)
        await self.post(f"{path}/contacts", OFFICER, unit=UNIT, contacted_at=self.service.now(), manner="PHONE")
        return path

    async def hotline(self, *orders: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        """Work orders of the hotline arrive, in one batch."""
        named = [(name, text.encode()) for name, text in (headers or {}).items()]
        heard = [
            self.service.inbox.read(WORK_ORDERS, "0", named, json.dumps(order, default=str).encode())
            for order in orders
        ]
        await self.service.inbox.absorb([one for one in heard if one])

    async def hears(self, stream: str, version: int, fact: Fact) -> None:
        """A fact of another service arrives, and nothing is set aside."""
        await super().hears(stream, version, fact)
        assert await self.get("/quarantine", OPERATOR) == []

    async def pass_time(self, length: timedelta) -> None:
        """Move the clock on, and let every timer that is due ring."""
        await self.at(self.service.now() + length)

    async def said(self, stream: UUID | str) -> list[tuple[str, dict[str, Any]]]:
        """Name and content of the facts of a stream, in order."""
        return await self.facts(stream)


def town(server: Server, folder: Path) -> AbstractAsyncContextManager[Town]:
    """The service with its background."""
    return live(Town, server, folder, PLAN, BEGIN, lively)
