"""Start a service that dies at a chosen point, or that lacks one of its protections.

`python -m tests.support.launch PLAN [--kill POINT:N] [--without PROTECTION]`. The services themselves have no test hooks:
known functions are wrapped from outside.
"""

import argparse
import asyncio
import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

from shared.plumbing.bus import Listener
from shared.plumbing.inbox import Inbox, Turn
from shared.plumbing.outbox import Relay
from shared.plumbing.service import Service, run

POINTS: dict[str, tuple[type, str]] = {
    "before-acknowledge": (Listener, "acknowledge"),  # the database has committed, the offsets have not
    "before-forget": (Relay, "forget"),  # the broker has acknowledged, the outbox still has the rows
}


def die(point: str, n: int) -> None:
    """SIGKILL this process when it comes to this point for the n-th time."""
    owner, name = POINTS[point]
    real, left = getattr(owner, name), n

    async def fatal(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return await real(*arguments, **named)

    setattr(owner, name, fatal)


def without_marks() -> None:
    """Every record counts as new: nothing drops what was heard before."""
    real = Turn.__init__

    def forgetful(self: Turn, reader: str, heard: Any, marks: Any, waiting: Any) -> None:
        real(self, reader, heard, {}, waiting)
        for h in heard:
            self.marks[h.id] = min(h.version - 1, self.marks.get(h.id, h.version))
        self.known = {}

    async def unmarked(self: Turn, con: Any) -> None:
        return None

    Turn.__init__, Turn.settle = forgetful, unmarked  # type: ignore[method-assign]


def without_waiting_for_acknowledgement() -> None:
    """The outbox forgets before the broker has the rows."""

    async def careless(self: Relay, con: Any, producer: Any) -> int:
        rows = await con.fetch("delete from outbox returning position")
        return len(rows)

    Relay._step = careless  # type: ignore[method-assign]


def without_probe() -> None:
    """The relay never doubts that the broker still has what it acknowledged."""

    async def trusting(self: Relay, con: Any) -> None:
        self._last = {}

    Relay._probe = Relay._tell_again = trusting  # type: ignore[method-assign]


def without_quarantine() -> None:
    """What cannot be handled is dropped, and its mark moves on."""

    async def dropped(self: Inbox, con: Any, bad: Any) -> None:
        return None

    real = Turn._one

    def one(self: Turn, h: Any, apply: Any) -> bool:
        real(self, h, apply)
        return True

    Inbox._set_aside, Turn._one = dropped, one  # type: ignore[method-assign]


def without_haste() -> None:
    """The relay takes its time: what was just written is still in the outbox when the process is told to go."""
    real = Relay.send

    async def slow(self: Relay, producer: Any, rows: Any, epoch: int) -> Any:
        await asyncio.sleep(0.4)
        return await real(self, producer, rows, epoch)

    Relay.send = slow  # type: ignore[method-assign]


def without_draining() -> None:
    """Told to go, the process is gone."""

    async def gone(self: Service[Any]) -> None:
        os._exit(0)

    Service.stop = gone  # type: ignore[method-assign]


PROTECTIONS: dict[str, Callable[[], None]] = {
    "marks": without_marks,
    "acknowledgement": without_waiting_for_acknowledgement,
    "probe": without_probe,
    "quarantine": without_quarantine,
    "haste": without_haste,
    "draining": without_draining,
}


def main() -> None:
    """Wrap, then run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("plan", help="module:NAME")
    parser.add_argument("--kill", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    asked = parser.parse_args()
    for kill in asked.kill:
        point, _, n = kill.partition(":")
        die(point, int(n))
    for protection in asked.without:
        PROTECTIONS[protection]()
    module, _, name = asked.plan.partition(":")
    run(getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main()
