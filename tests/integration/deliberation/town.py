"""A running deliberation service on a database of its own, and the people who use it."""

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
from services.deliberation.main import PLAN, begin
from shared.events.base import Fact
from shared.plumbing.migrate import upgrade
from shared.plumbing.service import Service, application
from shared.plumbing.settings import Mode, Settings
from shared.rules.township import SHANGHAI
from tests.support.servers import Server

BEGIN = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
SECRETARY = Bearer("secretary", ("dahuichang",))
RECORDER = Bearer("recorder", ("dahuichang",))
OPERATOR = Bearer("operator")


@asynccontextmanager
async def migrated(server: Server) -> AsyncIterator[str]:
    """A new database, brought up to date by the real migrations, whose clock stands at BEGIN."""
    name = f"d_{secrets.token_hex(6)}"
    con = await asyncpg.connect(server.admin)
    await con.execute(f"create database {name}")
    url = server.admin.rpartition("/")[0] + f"/{name}"
    try:
        await asyncio.to_thread(upgrade, "deliberation", url, BEGIN)
        yield url
    finally:
        await con.execute(f"drop database {name} with (force)")
        await con.close()


@dataclass
class Town:
    """The service by HTTP, by facts and by time."""

    client: httpx.AsyncClient
    keys: Keys
    service: Service[Any]

    async def call(self, method: str, path: str, who: Bearer | None, body: object = None) -> httpx.Response:
        """The answer, whatever it is."""
        headers = {"Content-Type": "application/json"}
        if who:
            token = self.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
            headers["Authorization"] = f"Bearer {token}"
        content = None if method == "GET" else json.dumps({} if body is None else body, default=str).encode()
        return await self.client.request(method, path, content=content, headers=headers)

    async def get(self, path: str, who: Bearer | None = OPERATOR) -> Any:
        """Read; it must succeed."""
        answer = await self.call("GET", path, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: object = None, who: Bearer | None = SECRETARY) -> Any:
        """Write; it must succeed."""
        answer = await self.call("POST", path, who, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, path: str, body: object = None, who: Bearer | None = SECRETARY) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        answer = await self.call("POST", path, who, body)
        assert answer.status_code == 409, answer.text
        return sorted(reason["code"] for reason in answer.json()["errors"])

    async def at(self, moment: datetime) -> datetime:
        """Move the clock there and let every timer that is due ring."""
        answer = await self.call("PUT", "/clock", OPERATOR, {"at": moment.isoformat()})
        assert answer.status_code == 200, answer.text
        while await self.service.timers.fire():
            pass
        return moment

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

    async def said(self, stream: UUID | str) -> list[str]:
        """The names of the facts of a stream, in order."""
        rows = await self.service.pool.fetch(
            "select split_part(type, '.', 3) as word from journal where stream = $1 order by version", UUID(str(stream))
        )
        return [row["word"] for row in rows]


@asynccontextmanager
async def town(server: Server, folder: Path) -> AsyncIterator[Town]:
    """The service without its background: tests bring facts and time themselves."""
    keys = Keys(folder)
    keys.make()
    async with migrated(server) as url:
        settings = Settings(
            service="deliberation",
            mode=Mode.EMBEDDED,
            database_url=url,
            kafka="127.0.0.1:1",
            config=Path("config"),
            master_key_file=keys.master_key,
            jwks_file=keys.jwks,
        )
        app, service = application(PLAN, settings), await Service.open(PLAN, settings)
        app.state.service = service
        await begin(service)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://town") as client:
            yield Town(client, keys, service)
        await service.pool.close()
