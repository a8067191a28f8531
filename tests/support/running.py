"""A service as it runs, on a database of its own: tests bring facts and time themselves."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import yaml
from litestar import Litestar
from PIL import Image

from ops.embedded.keys import Bearer, Keys
from ops.embedded.processes import Child
from ops.embedded.stack import ROOT
from shared.events.base import Fact
from shared.plumbing.migrate import begin_clock, upgrade
from shared.plumbing.service import Plan, Service, application, settle
from shared.plumbing.settings import Mode, Settings
from tests.support.nursery import Forked
from tests.support.servers import Server

OPERATOR = Bearer("operator")


@asynccontextmanager
async def migrated(server: Server, service: str, begin: datetime) -> AsyncIterator[str]:
    """A new database, brought up to date by the real migrations, whose clock begins there."""

    async def migrate(url: str) -> None:
        await asyncio.to_thread(upgrade, service, url)

    async with server.copy(service, migrate) as url:
        await begin_clock(url, begin)
        yield url


@dataclass
class Live:
    """What the tests of every service do: HTTP, facts and time."""

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

    async def write(self, path: str, who: Bearer | None, body: object) -> Any:
        """Write; it must succeed."""
        answer = await self.call("POST", path, who, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def reasons(self, path: str, who: Bearer | None, body: object) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        answer = await self.call("POST", path, who, body)
        codes = sorted(reason["code"] for reason in answer.json()["errors"])
        said = 422 if "personal_data_in_public_text" in codes else 409
        assert answer.status_code == said, answer.text
        return codes

    async def attached(self, path: str, colour: str, who: Bearer) -> dict[str, Any]:
        """A picture is attached; what the list says of it."""
        picture = BytesIO()
        Image.new("RGB", (8, 8), colour).save(picture, "PNG")
        files = {"file": ("材料.png", picture.getvalue(), "image/png")}
        token = self.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
        answer = await self.client.post(path, files=files, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 201, answer.text
        (found,) = [one for one in await self.get(path, who) if one["id"] == answer.json()["id"]]
        shown: dict[str, Any] = found
        return shown

    async def at(self, moment: datetime) -> None:
        """Move the clock there and let every timer that is due ring."""
        answer = await self.call("PUT", "/clock", OPERATOR, {"at": moment.isoformat()})
        assert answer.status_code == 200, answer.text
        while await self.service.timers.fire():
            pass

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

    async def facts(self, stream: UUID | str) -> list[tuple[str, dict[str, Any]]]:
        """Name and content of the facts of a stream, in order."""
        rows = await self.service.pool.fetch(
            "select split_part(type, '.', 3) as word, data::text as data from journal where stream = $1 order by version",
            UUID(str(stream).rpartition("/")[2]),
        )
        return [(row["word"], json.loads(row["data"])) for row in rows]

    async def words(self, stream: UUID | str) -> list[str]:
        """The names of the facts of a stream, in order."""
        return [word for word, _ in await self.facts(stream)]


class Running(Live):
    """A service whose tests say for every request who sends it."""

    async def post(self, path: str, who: Bearer, body: object = None) -> Any:
        """Write; it must succeed."""
        return await self.write(path, who, body)

    async def refused(self, path: str, who: Bearer, body: object = None) -> list[str]:
        """Write; it must be refused: the codes of all reasons."""
        return await self.reasons(path, who, body)

    async def said(self, stream: UUID | str) -> list[str]:
        """The names of the facts of a stream, in order."""
        return await self.words(stream)


_built: dict[int, list[Litestar]] = {}


@contextmanager
def built(plan: Plan[Any], settings: Settings) -> Iterator[Litestar]:
    """The application of a plan in new surroundings; one that no test uses any more is taken again."""
    free = _built.setdefault(id(plan), [])
    if free:
        app = free.pop()
        settle(app, plan, settings)
    else:
        app = application(plan, settings)
    yield app
    free.append(app)


@asynccontextmanager
async def quiet(plan: Plan[Any], settings: Settings) -> AsyncIterator[Litestar]:
    """The application without its background."""
    with built(plan, settings) as app:
        service = app.state.service = await Service.open(plan, settings)
        if plan.begin:
            await plan.begin(service)
        yield app
        await service.pool.close()


@asynccontextmanager
async def lively(plan: Plan[Any], settings: Settings) -> AsyncIterator[Litestar]:
    """The application with its background; no broker answers it."""
    up, over = asyncio.Event(), asyncio.Event()

    async def life(app: Litestar) -> None:
        """In a task of its own: what opens the service must close it."""
        async with app.lifespan():
            up.set()
            await over.wait()

    with built(plan, settings) as app:
        living, opening = asyncio.create_task(life(app)), asyncio.create_task(up.wait())
        await asyncio.wait([living, opening], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield app
        finally:
            opening.cancel()
            over.set()
            await living


Way = Callable[[Plan[Any], Settings], AbstractAsyncContextManager[Litestar]]
L = TypeVar("L", bound=Live)


@asynccontextmanager
async def live(
    kind: type[L], server: Server, folder: Path, plan: Plan[Any], begin: datetime, way: Way = quiet, **more: Any
) -> AsyncIterator[L]:
    """The service of this plan, for tests of this kind; its clock begins there, its attachments lie in the folder.

    `more`: other settings.
    """
    keys = Keys(folder)
    keys.make()
    async with migrated(server, plan.name, begin) as url:
        settings = Settings(
            service=plan.name,
            mode=Mode.EMBEDDED,
            database_url=url,
            kafka="127.0.0.1:1",
            master_key_file=keys.master_key,
            jwks_file=keys.jwks,
            **{"config": Path("config"), "attachments": (folder / "attachments").as_uri()} | more,
        )
        async with way(plan, settings) as app:
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://town") as client:
                yield kind(client, keys, app.state.service)


def running(server: Server, folder: Path, plan: Plan[Any], begin: datetime) -> AbstractAsyncContextManager[Running]:
    """The service of this plan; its clock begins there."""
    return live(Running, server, folder, plan, begin)


def configured(folder: Path, section: str, **changes: object) -> Path:
    """The town's configuration, with other terms in one section."""
    config = folder / "config"
    config.mkdir()
    for file in Path("config").glob("*.yaml"):
        (config / file.name).write_text(file.read_text())
    document = yaml.safe_load((config / "township.yaml").read_text())
    document[section][0] |= changes
    (config / "township.yaml").write_text(yaml.safe_dump(document, allow_unicode=True))
    return config


def child(service: str, name: str, folder: Path, settings: Settings, config: Path, port: int, **more: object) -> Child:
    """A service as a process of its own, on the database of one that runs here; no broker answers it. `more`: settings."""
    given = {
        "mode": "embedded",
        "database_url": settings.dsn,
        "kafka": settings.kafka,
        "port": port,
        "config": config,
        "master_key_file": settings.master_key_file,
        "jwks_file": settings.jwks_file,
        "log_level": "DEBUG",
    }
    environment = {f"FIVEPLUSN_{key.upper()}": str(value) for key, value in (given | more).items()}
    return Forked(
        name,
        [sys.executable, "-m", f"services.{service}.main"],
        log=folder / f"{name}.log",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)} | environment,
    )
