"""Supervision: the tasks in the background of a service are kept going, and one that is down is seen."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)
Run = Callable[[], Coroutine[Any, Any, None]]


async def again(
    what: str,
    turn: Callable[[], Awaitable[bool]],
    *,
    poll: float,
    longest: float,
    stopping: asyncio.Event | None = None,
) -> None:
    """Take turns until told to stop: at once while one says that there is more, else after `poll` seconds.

    A turn that fails is logged as `what_failed` and taken again, after a pause that is doubled up to `longest`.
    """
    pause = poll
    stopping = stopping or asyncio.Event()
    while not stopping.is_set():
        more = False
        try:
            more = await turn()
            pause = poll
        except Exception as error:
            pause = min(pause * 2, longest)
            log.warning(f"{what}_failed", extra={"error": type(error).__name__, "again_in_s": pause})
        if not more:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)


class Supervision:
    """The background tasks of one service, by name."""

    SHORTEST, LONGEST = 0.4, 5.0
    """The pause before a task that ended is started again: doubled each time until it has lasted a minute."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._down: set[str] = set()
        self._stopping = asyncio.Event()

    def keep(self, name: str, run: Run) -> None:
        """Keep this going until it is cancelled, or until everything stops."""
        self._tasks[name] = asyncio.create_task(self._keep(name, run), name=name)

    async def _keep(self, name: str, run: Run) -> None:
        pause = self.SHORTEST
        while not self._stopping.is_set():
            began, reason = time.monotonic(), "ended"
            try:
                await run()
            except (Exception, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                    raise  # the Kafka client leaks stray cancellations: only one that was asked for ends us
                reason = type(error).__name__
            if self._stopping.is_set():
                return
            if time.monotonic() - began > 60:
                pause = self.SHORTEST
            self._down.add(name)
            log.error("task_ended", extra={"task": name, "error": reason, "again_in_s": pause})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            self._down.discard(name)
            pause = min(pause * 2, self.LONGEST)

    def working(self) -> dict[str, bool]:
        """Each task, and whether it runs now."""
        return {name: not task.done() and name not in self._down for name, task in self._tasks.items()}

    def end(self) -> None:
        """From now on a task that ends is not started again."""
        self._stopping.set()

    async def ended(self, name: str, seconds: float) -> None:
        """Give one task these seconds to end by itself; cancel it then."""
        if task := self._tasks.pop(name, None):
            _, late = await asyncio.wait([task], timeout=max(seconds, 0))
            if late and seconds:
                log.warning("drain_cut", extra={"what": name})
            await _cancelled([task])

    async def cancel(self) -> None:
        """End all that still run."""
        await _cancelled(self._tasks.values())


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them until they have ended: the Kafka client swallows a cancellation now and then."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)
