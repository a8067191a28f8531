"""The stream: every fact once and in order, whoever listens, however often they come again."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

from ops.embedded.keys import Bearer
from services.dashboard import streaming
from services.dashboard.feed import Feed
from tests.integration.dashboard.town import (
    HOUSING,
    OPERATOR,
    OTHERS,
    SECRETARY,
    complaint,
    everywhere,
    heard,
    ids,
    received,
    told,
)
from tests.support import pair
from tests.support.running import Running

LIMIT = 30


@pytest_asyncio.fixture
async def url(here: Running) -> AsyncIterator[str]:
    """The same dashboard on a real port: a stream that goes on cannot be read without one."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    transport = here.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    server = uvicorn.Server(uvicorn.Config(transport.app, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    here.service.draining = True
    server.should_exit = True
    await running
    here.service.draining = False


def token(here: Running, who: Bearer) -> dict[str, str]:
    return {"Authorization": f"Bearer {here.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))}"}


async def until(true: Callable[[], object], what: str) -> None:
    """Wait until it is."""

    async def holds() -> bool:
        return bool(true())

    await pair.until(holds, what, LIMIT)


class Reader:
    """Somebody who listens; `text` is all that came."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self.text, self.over = answer, "", False

    async def run(self) -> None:
        with suppress(httpx.TransportError):
            async for part in self.answer.aiter_text():
                self.text += part
        self.over = True

    @property
    def whole(self) -> list[str]:
        """The facts that have come as a whole."""
        return ids(self.text.rpartition("\n\n")[0])

    async def until(self, count: int) -> list[str]:
        """Wait until so many facts have come."""
        await until(lambda: self.over or len(self.whole) >= count, f"{count} facts")
        return self.whole

    async def ended(self) -> str:
        await until(lambda: self.over, "its end")
        return self.text


@asynccontextmanager
async def listening(
    here: Running, url: str, who: Bearer = OPERATOR, query: str = "after=0", **headers: str
) -> AsyncIterator[Reader]:
    async with httpx.AsyncClient(timeout=LIMIT, trust_env=False) as client:
        sent = token(here, who) | {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.stream("GET", f"{url}/stream?{query}", headers=sent) as answer:
            assert answer.status_code == 200
            reader = Reader(answer)
            running = asyncio.create_task(reader.run())
            try:
                yield reader
            finally:
                running.cancel()
                await asyncio.wait([running])


async def say(here: Running, first: int, last: int, community: str = "dahuichang") -> list[str]:
    said = [(complaint(n), 1, received(community)) for n in range(first, last)]
    await here.service.inbox.absorb(heard(here.service, said))
    return [f"{stream}/1" for stream, _, _ in said]


async def test_what_was_said_and_what_comes_is_told_once_in_order(here: Running, url: str) -> None:
    expected = await say(here, 0, 1200)
    async with listening(here, url) as reader:
        await reader.until(1200)
        expected += await say(here, 1200, 1230)
        assert await reader.until(1230) == expected
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["x-accel-buffering"] == "no"
        assert reader.answer.headers["cache-control"] == "no-store"
        assert [one["number"] for one in told(reader.text)] == list(range(1, 1231))


async def test_without_a_number_it_begins_now_and_says_where(here: Running, url: str) -> None:
    await say(here, 0, 5)
    async with listening(here, url, query="") as reader:
        await until(lambda: "id: 5" in reader.text, "where it begins")
        assert await say(here, 5, 7) == await reader.until(2)


async def test_a_line_ends_with_the_token_that_opened_it(here: Running, url: str) -> None:
    short = here.keys.token(OPERATOR, now=datetime.now(UTC), lifetime=timedelta(seconds=2))
    expected = await say(here, 0, 3)
    async with listening(here, url) as stays, listening(here, url, Authorization=f"Bearer {short}") as reader:
        await reader.ended()
        assert not stays.over
        expected += await say(here, 3, 5)
        assert await stays.until(5) == expected
    assert reader.whole == expected[:3]


async def test_each_hears_only_what_is_their_business(here: Running, url: str) -> None:
    async with (
        listening(here, url, OPERATOR) as all_,
        listening(here, url, OTHERS) as others,
        listening(here, url, HOUSING) as housing,
        listening(here, url, SECRETARY, "after=0&kind=issue") as issues,
    ):
        await here.service.inbox.absorb(heard(here.service, everywhere()))
        assert len(await all_.until(len(everywhere()))) == len(everywhere())
        assert len(await others.until(3)) == 3
        assert len(await housing.until(3)) == 3
        assert len(await issues.until(2)) == 2


async def test_it_goes_on_after_the_last_number_heard(here: Running, url: str) -> None:
    expected, got = await say(here, 0, 40), []
    last = 0
    for _ in range(4):
        async with listening(here, url, query="", Last_Event_ID=str(last)) as reader:
            got += (await reader.until(10))[:10]
            last += 10
    assert got == expected


async def test_the_header_comes_before_the_query(here: Running) -> None:
    await say(here, 0, 3)
    headers = token(here, OPERATOR) | {"Last-Event-ID": "2"}
    answer = await here.client.get("/stream?after=0&follow=false", headers=headers)
    assert [one["number"] for one in told(answer.text)] == [3]


async def test_a_number_that_never_was_is_told_and_ends_it(here: Running) -> None:
    await say(here, 0, 3)
    answer = await here.call("GET", "/stream?after=4", OPERATOR)
    assert "event: ahead\nid: 3\n" in answer.text


@pytest.mark.parametrize("wrong", ["x", "-1", "1.0", "9" * 19])
async def test_a_wrong_event_id_is_refused(here: Running, wrong: str) -> None:
    answer = await here.client.get("/stream", headers=token(here, OPERATOR) | {"Last-Event-ID": wrong})
    assert answer.status_code == 409
    assert answer.json()["code"] == "wrong_event_id"


async def test_a_silent_line_has_a_heartbeat_that_carries_the_number(
    here: Running, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(streaming, "LOOK_S", 0.1)
    async with listening(here, url, OTHERS) as reader:
        await say(here, 0, 4)
        await until(lambda: ":\nid: 4\n\n" in reader.text, "a heartbeat")
        assert ids(reader.text) == []


async def test_who_falls_behind_what_is_kept_is_cut_off_and_told_where_to_go_on(
    here: Running, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Feed, "KEPT", 10)
    monkeypatch.setattr(Feed, "PORTION", 5)
    expected = await say(here, 0, 3)
    async with listening(here, url) as reader:
        await reader.until(3)
        expected += await say(here, 3, 200)
        text = await reader.ended()
    got = ids(text)
    assert "event: behind\n" in text
    after = int(text.rpartition("id: ")[2].partition("\n")[0])
    assert got == expected[:after]
    answer = await here.client.get(
        "/stream?follow=false", headers=token(here, OPERATOR) | {"Last-Event-ID": str(after)}
    )
    assert got + ids(answer.text) == expected


async def test_who_takes_nothing_is_cut_off(here: Running, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "STALLED_S", 0.5)
    await say(here, 0, 20_000)
    host, _, port = url.removeprefix("http://").partition(":")
    lines = [f"GET /stream?after=0 HTTP/1.1\r\nHost: {host}\r\n", *map(": ".join, token(here, OPERATOR).items())]
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(stuck, (host, int(port)))
        await loop.sock_sendall(stuck, ("".join(lines) + "\r\n\r\n").encode())
        feed = await _feed(here, 1)
        await until(lambda: not feed.readers, "it is cut off")


async def test_when_we_go_everybody_is_let_go_at_once(here: Running, url: str) -> None:
    async with listening(here, url) as reader:
        expected = await say(here, 0, 3)
        await reader.until(3)
        here.service.draining = True
        text = await reader.ended()
        assert ids(text) == expected
    assert (await here.call("GET", "/stream", OPERATOR)).status_code == 503


async def test_one_more_than_may_listen_is_told_to_come_later(
    here: Running, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Feed, "READERS", 1)
    async with listening(here, url):
        feed = await _feed(here, 1)
        answer = await here.call("GET", "/stream", OPERATOR)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    await until(lambda: not feed.readers, "the place is free again")


async def test_many_who_come_at_once_share_one_reader_of_the_table(here: Running, url: str) -> None:
    async with AsyncExitStack() as those:
        readers = await asyncio.gather(*(those.enter_async_context(listening(here, url)) for _ in range(30)))
        expected = await say(here, 0, 20)
        for reader in readers:
            assert await reader.until(20) == expected


async def test_nobody_listens_and_nothing_is_asked(here: Running, url: str) -> None:
    async with listening(here, url):
        feed = await _feed(here, 1)
        await until(lambda: feed._task is not None, "the feed reads")
    await until(lambda: feed._task is None or feed._task.done(), "the feed rests")


async def _feed(here: Running, readers: int) -> Feed:
    transport = here.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    app: Any = transport.app
    await until(lambda: "feed" in app.state and app.state.feed.readers >= readers, "they listen")
    feed: Feed = app.state.feed
    return feed


@pytest.mark.timeout(120)
async def test_five_hundred_listen_to_one_process_and_miss_nothing(here: Running, url: str) -> None:
    """Half of them are of one community: that many are woken, and the table is asked no more often than for one."""
    limits = httpx.Limits(max_connections=600)
    texts = [""] * Feed.READERS
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as client:

        async def listen(n: int) -> None:
            headers = token(here, SECRETARY if n % 2 else OPERATOR)
            async with client.stream("GET", f"{url}/stream?after=0", headers=headers) as answer:
                assert answer.status_code == 200
                async for part in answer.aiter_text():
                    texts[n] += part

        running = [asyncio.create_task(listen(n)) for n in range(Feed.READERS)]
        await _feed(here, Feed.READERS)
        town = await say(here, 0, 50)
        town += await say(here, 50, 60, "zhangguozhuang")
        end = "id: 60\n"
        await until(lambda: all(end in text for text in texts[::2]), "the town has heard everything")
        await until(lambda: all("id: 50\n" in text for text in texts[1::2]), "the community has heard everything")
        assert all(ids(text.rpartition("\n\n")[0]) == town for text in texts[::2])
        assert all(ids(text.rpartition("\n\n")[0]) == town[:50] for text in texts[1::2])
        assert not any(task.done() for task in running)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
