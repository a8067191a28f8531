"""A running intake service on a database of its own, and the people who use it."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from ops.embedded.keys import Bearer, Keys
from services.intake.main import PLAN
from shared.events.base import Fact
from shared.plumbing.migrate import upgrade
from shared.plumbing.service import Service, application
from shared.plumbing.settings import Mode, Settings
from shared.plumbing.topics import WORK_ORDERS
from shared.rules.township import SHANGHAI
from tests.support.servers import Server

BEGIN = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
UNIT = "town-community-office"
DISPATCHER, SUPERVISOR, FEEDER = Bearer("dispatcher"), Bearer("supervisor"), Bearer("feeder")
OPERATOR = Bearer("operator")
OFFICER = Bearer("officer", department=UNIT)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@asynccontextmanager
async def migrated(server: Server) -> AsyncIterator[str]:
    """A new database, brought up to date by the real migrations, whose clock stands at BEGIN."""
    name = f"i_{secrets.token_hex(6)}"
    con = await asyncpg.connect(server.admin)
    await con.execute(f"create database {name}")
    url = server.admin.rpartition("/")[0] + f"/{name}"
    try:
        await asyncio.to_thread(upgrade, "intake", url, BEGIN)
        yield url
    finally:
        await con.execute(f"drop database {name} with (force)")
        await con.close()


@dataclass
class Town:
    """The service by HTTP, by facts, by work orders and by time."""

    client: httpx.AsyncClient
    keys: Keys
    service: Service[Any]

    async def call(self, method: str, path: str, who: Bearer, body: object = None) -> httpx.Response:
        """The answer, whatever it is."""
        token = self.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        content = json.dumps(body, default=str).encode() if body is not None else None
        return await self.client.request(method, path, content=content, headers=headers)

    async def get(self, path: str, who: Bearer = DISPATCHER) -> Any:
        """Read; it must succeed."""
        answer = await self.call("GET", path, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, who: Bearer = DISPATCHER, **body: object) -> Any:
        """Write; it must succeed."""
        answer = await self.call("POST", path, who, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, path: str, who: Bearer = DISPATCHER, **body: object) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        answer = await self.call("POST", path, who, body)
        assert answer.status_code == 409, answer.text
        return sorted(reason["code"] for reason in answer.json()["errors"])

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
        """A fact of another service arrives."""
        headers = {
            "ce_stream": stream,
            "ce_sequence": str(version),
            "ce_type": fact.wire_type,
            "ce_time": self.service.now().isoformat(),
            "ce_correlationid": stream,
        }
        body = fact.model_dump_json().encode()
        heard = self.service.inbox.read("", stream, [(name, text.encode()) for name, text in headers.items()], body)
        assert heard is not None
        await self.service.inbox.absorb([heard])
        assert await self.get("/quarantine", OPERATOR) == []

    async def pass_time(self, length: timedelta) -> None:
        """Move the clock on, and let every timer that is due ring."""
        answer = await self.call("PUT", "/clock", OPERATOR, {"at": (self.service.now() + length).isoformat()})
        assert answer.status_code == 200, answer.text
        while await self.service.timers.fire():
            pass

    async def said(self, stream: UUID | str) -> list[tuple[str, dict[str, Any]]]:
        """Name and content of the facts of a stream, in order."""
        rows = await self.service.pool.fetch(
            "select split_part(type, '.', 3) as word, data::text as data from journal where stream = $1 order by version",
            UUID(str(stream).rpartition("/")[2]),
        )
        return [(row["word"], json.loads(row["data"])) for row in rows]

    async def words(self, stream: UUID | str) -> list[str]:
        """The names of the facts of a stream, in order."""
        return [word for word, _ in await self.said(stream)]


@asynccontextmanager
async def town(server: Server, folder: Path) -> AsyncIterator[Town]:
    """The service, running."""
    keys = Keys(folder)
    keys.make()
    async with migrated(server) as url:
        settings = Settings(
            service="intake",
            mode=Mode.EMBEDDED,
            database_url=url,
            kafka="127.0.0.1:1",
            config=Path("config"),
            master_key_file=keys.master_key,
            jwks_file=keys.jwks,
        )
        app = application(PLAN, settings)
        up, over = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            """In a task of its own: what opens the service must close it."""
            async with app.lifespan():
                up.set()
                await over.wait()

        life = asyncio.create_task(live())
        opening = asyncio.create_task(up.wait())
        await asyncio.wait([life, opening], return_when=asyncio.FIRST_COMPLETED)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://town") as client:
                yield Town(client, keys, app.state.service)
        finally:
            opening.cancel()
            over.set()
            await life
