"""实时推送: server-sent events to one reader, from where it stopped, until it goes, lags too far, or we go."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
from anyio import CancelScope
from litestar import Request
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Message, Receive, Send

from services.dashboard.feed import Feed, event, frame
from services.dashboard.looking import COLUMNS, View
from shared.plumbing.database import Pool
from shared.plumbing.service import Service

log = logging.getLogger(__name__)
HEARTBEAT_S = 15.0
"""So often something is sent, so that proxies and readers know that the line lives [D]."""
STALLED_S = 60.0
"""Who takes nothing for so long is cut off [D]."""
LONGEST_S = 3600.0
"""After so long a reader has to come again [D], and as soon as the token holds no more."""
SHORTEST_S = 1.0
"""A token that has expired is still good for some seconds: clocks differ."""
LOOK_S = 1.0
"""So often a reader who waits sees whether we go."""
RETRY_MS = 2000
"""So soon a browser comes again [D]."""
PAGE = 500
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def page(pool: Pool, view: View, after: int, limit: int) -> tuple[list[asyncpg.Record], int]:
    """What a view shows after a number, in order, and up to which number that is everything."""
    head = int(await pool.fetchval("select last from numbering"))
    found = view.search()
    found.where("number > ?", after)
    found.where("number <= ?", head)
    statement = f"select {COLUMNS} from facts where {found.clause} order by number limit {limit:d}"
    rows = await pool.fetch(statement, *found.arguments)
    return rows, rows[-1]["number"] if len(rows) == limit else max(head, after)


async def told(
    service: Service[Any], feed: Feed, view: View, after: int | None, follow: bool, seconds: float = LONGEST_S
) -> AsyncGenerator[bytes, None]:
    """Every fact of the view after that number, once and in order; `follow`: and all that come, for so many `seconds`.

    The number stands in every event and in every heartbeat: a reader whose facts are rare need not begin far back.
    """
    began = sent = time.monotonic()
    live = False
    end = began + min(LONGEST_S, max(SHORTEST_S, seconds))
    await feed.join()
    try:
        head = await feed.head()
        position = head if after is None else after
        yield f"retry: {RETRY_MS}\nid: {position}\n\n".encode()
        if position > head:
            yield event(f'{{"last":{head}}}', head, "ahead")
            return
        while not service.draining and time.monotonic() < end:
            chunk = b""
            if feed.holds(position):
                chunk, position = feed.since(view, position)
            elif live:
                yield event(f'{{"after":{position}}}', position, "behind")
                return
            else:
                async with feed.catching_up:
                    rows, position = await page(service.pool, view, position, PAGE)
                chunk = b"".join(map(frame, rows))
            if not chunk and time.monotonic() - sent >= HEARTBEAT_S:
                chunk = f":\nid: {position}\n\n".encode()
            if chunk:
                yield chunk
                sent = time.monotonic()
            if not follow and position >= head:
                return
            live = live or feed.holds(position)
            if live and position >= feed.last:
                await feed.news(LOOK_S)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("stream_ended", extra={"error": type(error).__name__})
    finally:
        feed.leave()


class _Patient(ASGIStreamingResponse):
    """A stream whose reader may take its time, but not for ever."""

    def __init__(self, events: AsyncGenerator[bytes, None], **given: Any) -> None:
        super().__init__(iterator=events, **given)
        self._events = events

    async def send_body(self, send: Send, receive: Receive) -> None:
        async def bounded(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            await super().send_body(bounded, receive)
        except* TimeoutError:
            log.warning("reader_stalled")
        finally:
            with CancelScope(shield=True):
                await self._events.aclose()


class Events(Stream):
    """`text/event-stream`, never stored on the way."""

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(events, media_type="text/event-stream", headers=HEADERS)
        self._events = events

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **given: Any) -> ASGIResponse:
        """The same, with a limit for every step."""
        return _Patient(
            self._events,
            headers={**(given.get("headers") or {}), **self.headers},
            cookies=given.get("cookies"),
            is_head_response=given.get("is_head_response", False),
            media_type="text/event-stream",
            status_code=given.get("status_code"),
        )
