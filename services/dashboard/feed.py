"""实时事实: one reader of the table for all who listen to this process, and the last facts in memory.

Facts are numbered under a lock that is held until the commit, so that whoever has read up to a number has missed none
below it. The reader asks for what is new; whoever listens is woken once per batch and takes what its view shows.
"""

import asyncio
import json
import logging
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import asyncpg

from services.dashboard.looking import COLUMNS, View, scope_of
from shared.plumbing.caller import Scope
from shared.plumbing.database import Pool

log = logging.getLogger(__name__)
_NEXT = f"select {COLUMNS} from facts where number > $1 order by number limit $2"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact in memory, as it is sent."""

    number: int
    row: asyncpg.Record
    scope: Scope
    frame: bytes


class Feed:
    """What is new on the dashboard, for everybody on this process. It reads only while somebody listens."""

    POLL = 0.02
    """A question by the primary key, so many seconds after the one before; half of it is what a fact waits on average."""
    BATCH = 1000
    PORTION = 500
    """At most so many facts are sent at once: what a slow reader has not taken lies in memory once more."""
    KEPT = 10_000
    """So many facts stay in memory: who has fallen behind them is cut off."""
    READERS = 500
    """So many may listen to one process: the server takes 640 connections, and others want to be answered, too."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.readers = 0
        self.last = 0
        self._first = 0
        self._entries: list[Entry] = []
        self._numbers: list[int] = []
        self._chunks: dict[tuple[View, int], tuple[bytes, int]] = {}
        self._news = asyncio.Event()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.catching_up = asyncio.Semaphore(3)

    async def join(self) -> None:
        """Somebody listens."""
        self.readers += 1
        try:
            async with self._starting:
                if self._task is None or self._task.done():
                    self._begin(await self.head())
                    self._task = asyncio.create_task(self._run(), name="feed")
        except BaseException:
            self.readers -= 1
            raise

    @property
    def full(self) -> bool:
        """Whether nobody else may listen to this process."""
        return self.readers >= self.READERS

    def leave(self) -> None:
        """Somebody listens no more."""
        self.readers -= 1

    async def head(self) -> int:
        """The number of the last fact that is there."""
        return int(await self._pool.fetchval("select last from numbering"))

    def _begin(self, head: int) -> None:
        self.last, self._first = head, head
        self._entries, self._numbers, self._chunks = [], [], {}

    def holds(self, after: int) -> bool:
        """Whether everything after this number is in memory, or still to come."""
        return after >= self._first

    def since(self, view: View, after: int) -> tuple[bytes, int]:
        """What this view shows of the next facts after that number, as it is sent, and up to which number that is.

        Whoever sees the same shares it.
        """
        key = (view, after)
        if (found := self._chunks.get(key)) is None:
            start = bisect_right(self._numbers, after)
            entries = self._entries[start : start + self.PORTION]
            chunk = b"".join(one.frame for one in entries if view.shows(one.row, one.scope))
            found = self._chunks[key] = (chunk, entries[-1].number if entries else after)
        return found

    async def news(self, seconds: float) -> None:
        """Wait until something is new, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Let everybody who waits look."""
        self._news.set()
        self._news = asyncio.Event()

    async def _run(self) -> None:
        """As long as somebody listens."""
        pause = self.POLL
        while self.readers:
            rows: list[asyncpg.Record] = []
            try:
                rows = await self._pool.fetch(_NEXT, self.last, self.BATCH)
                pause = self.POLL
            except Exception as error:
                pause = min(pause * 2, 5.0)
                log.warning("feed_failed", extra={"error": type(error).__name__, "again_in_s": pause})
            if rows:
                self._add([Entry(row["number"], row, scope_of(row), frame(row)) for row in rows])
            if len(rows) < self.BATCH:
                await asyncio.sleep(pause)

    def _add(self, entries: list[Entry]) -> None:
        self._entries += entries
        self._numbers += [one.number for one in entries]
        self.last = self._numbers[-1]
        if len(self._entries) > 2 * self.KEPT:
            self._first = self._numbers[-self.KEPT - 1]
            del self._entries[: -self.KEPT], self._numbers[: -self.KEPT]
        self._chunks = {}
        self.wake()


def fact(row: asyncpg.Record) -> dict[str, Any]:
    """A fact as it is shown. `id`: by it a reader knows a fact again, whatever its number."""
    shown = dict(row) | {"id": f"{row['kind']}/{row['stream']}/{row['version']}", "data": json.loads(row["data"])}
    return shown


def frame(row: asyncpg.Record) -> bytes:
    """A fact as a server-sent event: its number is what a reader goes on from."""
    return event(json.dumps(fact(row), ensure_ascii=False, default=_plain, separators=(",", ":")), row["number"])


def event(data: str, number: int, name: str = "") -> bytes:
    """One server-sent event."""
    return f"{f'event: {name}' + chr(10) if name else ''}id: {number}\ndata: {data}\n\n".encode()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
