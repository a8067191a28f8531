"""How often somebody may come: per address and per door, and what counts as one address."""

from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.plumbing import rate_limit
from shared.plumbing.errors import answer
from shared.plumbing.rate_limit import RateLimits, per_address

PROXY, ONE, OTHER = "10.0.0.1", "203.0.113.1", "203.0.113.2"


@get("/tight", guards=[per_address("tight", lambda _: 2)])
async def tight() -> None:
    """A door."""


@get("/beside", guards=[per_address("tight", lambda _: 2)])
async def beside() -> None:
    """Another door, counted with it."""


@get("/another", guards=[per_address("another", lambda _: 2)])
async def another() -> None:
    """A door as tight, counted for itself."""


@get("/wide", guards=[per_address("wide", lambda _: 100)])
async def wide() -> None:
    """A door with a count of its own."""


@pytest.fixture
def doors() -> Litestar:
    app = Litestar([tight, beside, another, wide], exception_handlers={Exception: answer}, openapi_config=None)
    app.state.rate_limits = RateLimits()
    return app


async def ask(app: Any, host: str, path: str = "/tight", forwarded: str | None = None) -> httpx.Response:
    """From this address, through a server that believes the proxy alone."""
    server = ProxyHeadersMiddleware(app, trusted_hosts=PROXY)
    transport = httpx.ASGITransport(app=server, client=(host, 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://town") as client:
        return await client.get(path, headers={"X-Forwarded-For": forwarded} if forwarded else {})


async def statuses(app: Litestar, times: int, host: str, *more: Any) -> list[int]:
    return [(await ask(app, host, *more)).status_code for _ in range(times)]


async def test_an_address_that_comes_too_often_is_told_when_to_come_again(doors: Litestar) -> None:
    assert await statuses(doors, 2, ONE) == [200, 200]
    refused = await ask(doors, ONE)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    assert (await ask(doors, OTHER)).status_code == 200


async def test_every_door_counts_for_itself_and_doors_of_one_name_together(doors: Litestar) -> None:
    assert await statuses(doors, 1, ONE) + await statuses(doors, 2, ONE, "/beside") == [200, 200, 429]
    assert await statuses(doors, 3, ONE, "/another") == [200, 200, 429]
    assert await statuses(doors, 5, ONE, "/wide") == [200] * 5
    await doors.state.rate_limits.forget()
    assert (await ask(doors, ONE)).status_code == 200


async def test_the_address_that_a_trusted_proxy_names_counts_and_nobody_elses_word_does(doors: Litestar) -> None:
    assert await statuses(doors, 2, PROXY, "/tight", ONE) == [200, 200]
    assert await statuses(doors, 2, PROXY, "/tight", OTHER) == [200, 200]
    assert await statuses(doors, 1, ONE) == [429]
    liar = [(await ask(doors, "198.51.100.7", forwarded=f"192.0.2.{n}")).status_code for n in range(3)]
    assert liar == [200, 200, 429]


async def test_a_network_of_ipv6_is_one_address_and_a_mapped_one_is_its_own(doors: Litestar) -> None:
    network = [(await ask(doors, f"2001:db8:0:1::{n:x}")).status_code for n in range(1, 4)]
    assert network == [200, 200, 429]
    assert (await ask(doors, "2001:db8:0:2::1")).status_code == 200
    assert [(await ask(doors, host)).status_code for host in (ONE, f"::ffff:{ONE}", ONE)] == [200, 200, 429]


async def test_however_many_addresses_there_are_the_memory_is_bounded(
    doors: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "BUCKETS", 4)
    for n in range(60):
        await ask(doors, f"198.51.100.{n}", "/wide")
    counts = doors.state.rate_limits._storage.storage
    assert sum(counts.values()) == 60
    assert len(counts) <= 2 * 4, "a count of this minute and of the one before"
