"""A page of the dashboard beside the service that owns its figures: both as they run, on databases of their own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from litestar import Litestar
from lxml import html

from ops.embedded.keys import Bearer
from services.dashboard.main import PLAN as DASHBOARD
from shared.events.base import Fact, ref
from shared.plumbing.service import Plan
from tests.integration.dashboard.town import heard
from tests.support.running import Live, Running, live
from tests.support.servers import Server

LEADER = Bearer("supervisor")
CHINESE = re.compile(r"[\u3400-\u9fff]")
O = TypeVar("O", bound=Live)  # noqa: E741 -- the owner


@dataclass
class Beside(Generic[O]):
    """The dashboard, and the owner that it asks."""

    board: Running
    owner: O
    app: Litestar

    async def page(self, path: str, who: Bearer = LEADER, status: int = 200) -> str:
        """What a browser is shown."""
        self.board.client.headers["Accept"] = "text/html"
        try:
            answer = await self.board.call("GET", path, who)
        finally:
            self.board.client.headers["Accept"] = "*/*"
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("text/html")
        return answer.text

    async def found(self, path: str, who: Bearer = LEADER) -> Any:
        """What a program is told."""
        return await self.board.get(path, who)

    async def told(self) -> None:
        """The dashboard hears what the owner has said."""
        rows = await self.owner.service.pool.fetch(
            "select kind, stream, version, type, data::text as data from journal order by position"
        )
        said = [
            (ref(row["kind"], row["stream"]), row["version"], Fact.known[row["type"]].read(row["data"])) for row in rows
        ]
        await self.board.service.inbox.absorb(heard(self.board.service, said))

    async def at(self, moment: datetime) -> None:
        """It is so late for both."""
        await self.owner.at(moment)
        await self.board.at(moment)

    def answers(self, status: int | None) -> None:
        """From now on the owner answers so, or not at all."""

        def answer(request: httpx.Request) -> httpx.Response:
            if status is None:
                raise httpx.ConnectError("nobody there", request=request)
            return httpx.Response(status, json={"status": status})

        self.app.state["peers"] = httpx.AsyncClient(transport=httpx.MockTransport(answer))


@asynccontextmanager
async def beside(
    kind: type[O], server: Server, folder: Path, plan: Plan[Any], begin: datetime
) -> AsyncIterator[Beside[O]]:
    """Both at the same time, in the same town, with the same keys."""
    peers = {plan.name: "http://owner"}
    async with (
        live(kind, server, folder, plan, begin) as owner,
        live(Running, server, folder, DASHBOARD, begin, peers=peers) as board,
    ):
        app: Litestar = board.client._transport.app  # type: ignore[attr-defined]
        app.state["peers"] = owner.client
        await board.at(begin)
        try:
            yield Beside(board, owner, app)
        finally:
            del app.state["peers"]


def text_of(page: str) -> str:
    """What is read on a page, one space between words."""
    main = html.fromstring(page).find(".//main")
    assert main is not None
    return " ".join(main.text_content().split())


def table(page: str, section: str) -> list[list[str]]:
    """The cells of the first table in the element with this id, its headings first."""
    (found,) = html.fromstring(page).xpath(f"(//*[@id='{section}']//table)[1]")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found.iter("tr")]


def links(page: str) -> set[str]:
    """Where a page leads to."""
    return {str(one) for one in html.fromstring(page).xpath("//main//a/@href")}


def untranslated(page: str) -> list[str]:
    """What an English page says in Chinese, where it does not say that it is Chinese."""
    main = html.fromstring(page).find(".//main")
    assert main is not None
    for one in main.xpath(".//*[@lang='zh'] | .//svg"):
        one.text = None
        for below in list(one):
            one.remove(below)
    return [part.strip() for part in main.itertext() if CHINESE.search(part)]
