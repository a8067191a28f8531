"""Two clients that others have written, as they come from PyPI, against the service on a real port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
import uvicorn
from civicbot.http import HttpError, HttpTransport, RateLimiter
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

from shared.plumbing.api_keys import new_key, written
from tests.integration.intake.town import UNIT, Town

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
T = TypeVar("T")
LIMIT_S = 30


class Port(uvicorn.Server):
    """A server that says when it is up."""

    def __init__(self, app: Any) -> None:
        super().__init__(uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
        self.up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """The application on a free port; where."""
    server = Port(app)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.wait_for(server.up.wait(), LIMIT_S)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/open311/v2"
    finally:
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(loop_scope="session")
async def where(here: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The interface on a real port."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with served(here.client._transport.app) as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def key(here: Town, tmp_path: Path) -> str:
    """A client's key."""
    clear, kept = new_key("civicbot", datetime.now(UTC), datetime.now(UTC) + timedelta(days=1))
    here.service.settings.api_keys_file = tmp_path / "api-keys.json"
    here.service.settings.api_keys_file.write_text(written((kept,)))
    return clear


async def aside(call: Callable[..., T], *asked: Any, **named: Any) -> T:
    """These clients block: they run beside the service."""
    return await asyncio.to_thread(call, *asked, **named)


def civicbot(where: str) -> Open311Client:
    endpoint = Endpoint("beigong", "北宫镇", where, write=True)
    return Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(min_interval=0)))


async def test_civicbot_lists_checks_posts_and_follows_a_request(here: Town, where: str, key: str) -> None:
    client = civicbot(where)
    services = await aside(client.list_services)
    assert "street-light" in [service["service_code"] for service in services]
    made = await aside(
        client.create_request,
        "street-light",
        dry_run=False,
        confirm="SEND",
        api_key=key,
        validate_remote=True,
        address_string="大灰厂东路",
        lat=39.86,
        lng=116.15,
        description="路灯不亮",
        phone="19900000001",
        attributes={"FAULT": "DARK"},
    )
    (answer,) = made.response
    id = answer["service_request_id"]
    await here.post(f"/complaints/{id}/dispatch", lead=UNIT, urgency="ROUTINE")
    found = await aside(client.get_request, id)
    assert found is not None
    assert (found["status"], found["status_notes"]) == ("open", "已派单，由社区建设办公室办理")
    assert await aside(client.list_requests, service_code="street-light", status="open", page_size=5) == [found]
    assert await aside(client.list_requests, service_request_ids=[id]) == [found]
    assert await aside(client.get_token, id) == [{"service_request_id": id, "token": id}]
    several = await aside(
        client.create_request,
        "waste",
        dry_run=False,
        confirm="SEND",
        api_key=key,
        validate_remote=True,
        address_id="dahuichang-estate",
        attributes={"KIND": ["BULKY", "BUILDING"]},
    )
    assert several.response[0]["service_request_id"] != id
    with pytest.raises(HttpError) as refused:
        await aside(
            client.create_request, "noise", dry_run=False, confirm="SEND", api_key="wrong", address_string="大灰厂东路"
        )
    assert refused.value.status == 403


@pytest.mark.parametrize("output", ["json", "xml"])
async def test_georeport_lists_services_and_reads_requests(here: Town, where: str, output: str) -> None:
    first = str(await here.received("1", 1, category="路灯照明"))
    second = str(await here.received("2", 2, category="停车管理"))
    client = GeoReport(where, output_format=output)
    services = await aside(client.get_service_list)
    assert {"service_code", "service_name", "metadata", "type", "group"} <= set(services[0])
    definition = await aside(client.get_service_definition, "street-light")
    assert definition["service_code"] == "street-light"
    found = await aside(client.get_service_requests, status="open,closed", start_date="2024-01-31T00:00:00+08:00")
    assert [request["service_request_id"] for request in found] == [second, first]
    of_one = await aside(client.get_service_request, first)
    assert (of_one["service_code"], of_one["address"]) == ("street-light", "大灰厂小区，大灰厂社区，北宫镇")
