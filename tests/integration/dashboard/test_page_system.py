"""系统状态 beside a service that answers: what is not ready, what nobody may see, and where the runbook says what to do."""

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from ops.embedded.stack import ROOT
from services.dashboard.pages.system import NAMES, RUNBOOK
from services.escalation.main import PLAN
from tests.integration.dashboard.beside import Beside, beside, table, text_of, untranslated
from tests.integration.escalation.town import BEGIN
from tests.support.running import Running
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
Answer = Callable[[httpx.Request], httpx.Response]


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Running]]:
    """Escalation on Thursday 2024-02-01, 09:00; the others are away."""
    async with beside(Running, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def flow_of(here: Beside[Running]) -> dict[str, Any]:
    """What escalation really says of itself."""
    found: dict[str, Any] = await here.owner.get("/flow")
    return found


def everybody_is(here: Beside[Running], answer: Answer) -> None:
    """From now on every service answers so."""
    here.board.service.settings.peers.update({name: f"http://{name}" for name in NAMES})
    here.app.state["peers"] = httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def test_a_service_says_itself_what_waits_and_the_others_do_not_answer(here: Beside[Running]) -> None:
    parts = {part["name"]: part for part in (await here.found("/system"))["parts"]}
    assert tuple(parts) == NAMES
    assert parts["escalation"]["flow"] == await flow_of(here)
    assert parts["escalation"]["wrong"] == ["not_ready"], "it has no broker here, and says so itself"
    assert {name for name, part in parts.items() if part["wrong"] == ["silent"]} == {*NAMES} - {"escalation"}
    page = text_of(await here.page("/system"))
    assert "5 个服务需要看一看" in page
    assert "接诉：ServiceDown" in page


async def test_a_service_that_is_not_ready_is_not_fine_although_nothing_waits(here: Beside[Running]) -> None:
    flow = await flow_of(here)
    ready = dict.fromkeys((await here.owner.call("GET", "/health/ready", None)).json(), True)
    broken: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/flow":
            return httpx.Response(200, json=flow)
        assert request.url.path == "/health/ready"
        is_broken = request.url.host in broken
        return httpx.Response(503 if is_broken else 200, json=ready | {"broker": not is_broken})

    everybody_is(here, answer)
    assert "各服务运行正常，没有积压" in text_of(await here.page("/system"))
    broken.add("projects")
    (wrong,) = [part for part in (await here.found("/system"))["parts"] if part["wrong"]]
    assert (wrong["name"], wrong["wrong"]) == ("projects", ["not_ready"])
    page = text_of(await here.page("/system"))
    assert "1 个服务需要看一看" in page
    assert "民心项目：DatabaseAway、BrokerAway、TaskDead" in page
    assert "✕ 没有就绪" in page


async def test_what_nobody_could_see_is_not_called_fine(here: Beside[Running]) -> None:
    everybody_is(here, lambda request: httpx.Response(403 if request.url.path == "/flow" else 200, json={}))
    page = text_of(await here.page("/system"))
    assert "各服务运行正常" not in page
    assert "5 个服务的情况您看不到" in page


async def test_every_table_says_what_it_is_and_everything_reads_in_english(here: Beside[Running]) -> None:
    page = await here.page("/system?lang=en")
    assert untranslated(page) == []
    assert page.count("<caption>") == page.count("<table")
    assert table(page, "services")[0][:3] == ["Service", "State", "Outbox"]


def test_the_runbook_has_every_heading_that_is_named() -> None:
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs/operations.md").read_text(), re.MULTILINE))
    assert {heading for named in RUNBOOK.values() for heading in named} <= headings
