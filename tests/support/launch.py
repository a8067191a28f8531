"""Start a service that dies or freezes at a chosen point, or that lacks one of its protections.

`python -m tests.support.launch PLAN [--kill POINT:N] [--freeze POINT:N] [--kill-reader N] [--without PROTECTION]
[--grace SECONDS]`. The services themselves have no test hooks: known functions are wrapped from outside. A gap is old
after 2 s here, and so soon new topics are seen. `--grace`: so long may draining take.
"""

import argparse
import asyncio
import importlib
import math
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer

from shared.plumbing import change, inbox, outbox, server, service
from shared.plumbing.bus import Listener
from shared.plumbing.database import Clock
from shared.plumbing.inbox import Inbox
from shared.plumbing.outbox import Relay
from shared.plumbing.repair import Repair
from shared.plumbing.service import Service, run
from shared.plumbing.supervision import Supervision
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.turn import Turn
from shared.plumbing.work import Work

POINTS: dict[str, tuple[type, str]] = {
    "before-acknowledge": (Listener, "acknowledge"),  # the database has committed, the offsets have not
    "before-forget": (Relay, "forget"),  # the broker has acknowledged, the outbox still has the rows
    "before-load": (Inbox, "_load"),  # the marks are read, nothing is decided
}


def hit(point: str, n: int, by: signal.Signals) -> None:
    """Send this process a signal when it comes to this point for the n-th time."""
    owner, name = POINTS[point]
    real, left = getattr(owner, name), n

    async def fatal(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), by)
        return await real(*arguments, **named)

    setattr(owner, name, fatal)


def cancel_reader(n: int) -> None:
    """The Kafka client's n-th reading ends by a cancellation that nobody asked for."""
    real, left = AIOKafkaConsumer.getmany, n

    async def stray(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise asyncio.CancelledError
        return await real(*arguments, **named)

    AIOKafkaConsumer.getmany = stray


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


def without_new_producer() -> None:
    """The relay keeps its producer after an error."""
    real, kept = outbox.AIOKafkaProducer, []

    class Kept(real):  # type: ignore[misc, valid-type]
        def __new__(cls, **_: Any) -> Any:
            return kept[0] if kept else super().__new__(cls)

        def __init__(self, **options: Any) -> None:
            if not kept:
                super().__init__(**options)

        async def start(self) -> None:
            if not kept:
                await super().start()
                kept.append(self)

        async def stop(self) -> None:
            return None

    outbox.AIOKafkaProducer = Kept  # type: ignore[misc]


def without_keys() -> None:
    """Nobody remembers which requests were answered."""

    async def never(*_: Any) -> None:
        return None

    one_statement, flush = change.one_statement, Work.flush

    async def unkeyed(self: Work, con: Any, *_: Any) -> None:
        await flush(self, con)

    change._answered = never  # type: ignore[assignment]
    change.one_statement = lambda work, held, *_: one_statement(work, held, None, b"", "")
    Work.flush = unkeyed  # type: ignore[method-assign]


def without_patience() -> None:
    """Whatever goes wrong is the record's fault."""
    inbox.is_transient = lambda _: False


def without_repair() -> None:
    """Gaps stay."""

    async def idle(self: Repair, client: Any) -> None:
        return None

    Repair.look = idle  # type: ignore[method-assign]


def without_town_clock() -> None:
    """The process' own clock counts."""
    Clock.now = lambda self: datetime.now(UTC)  # type: ignore[method-assign]


def without_portions() -> None:
    """A batch is one transaction, however long it takes."""
    real = Turn.take

    def whole(self: Turn, apply: Any, _: float) -> None:
        real(self, apply)

    Turn.take = whole  # type: ignore[method-assign]


def without_supervision() -> None:
    """A task in the background that ends has ended."""

    def once(self: Supervision, name: str, run: Any) -> None:
        self._tasks[name] = asyncio.create_task(run())

    Supervision.keep = once  # type: ignore[method-assign]


def without_claims() -> None:
    """Whoever has picked a timer fires it, whether or not somebody else did so meanwhile."""
    real = Timers._delete

    async def anyway(self: Timers, con: Any, kind_name: str, timer: Timer) -> bool:
        await real(self, con, kind_name, timer)
        return True

    Timers._delete = anyway  # type: ignore[method-assign]


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
    "new-producer": without_new_producer,
    "quarantine": without_quarantine,
    "keys": without_keys,
    "patience": without_patience,
    "repair": without_repair,
    "town-clock": without_town_clock,
    "portions": without_portions,
    "supervision": without_supervision,
    "claims": without_claims,
    "haste": without_haste,
    "draining": without_draining,
}


def main() -> None:
    """Wrap, then run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("plan", help="module:NAME")
    parser.add_argument("--kill", action="append", default=[])
    parser.add_argument("--freeze", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("--kill-reader", type=int)
    parser.add_argument("--grace", type=float, default=service.GRACE_S)
    asked = parser.parse_args()
    if asked.kill_reader:
        cancel_reader(asked.kill_reader)
    for where, by in ((asked.kill, signal.SIGKILL), (asked.freeze, signal.SIGSTOP)):
        for place in where:
            point, _, n = place.partition(":")
            hit(point, int(n), by)
    Repair.POLL, Repair.GAP_AGE = 0.3, 2.0
    service.GRACE_S, server.REQUESTS_S = asked.grace, math.ceil(asked.grace)
    service.METADATA_MS = 2_000
    for protection in asked.without:
        PROTECTIONS[protection]()
    module, _, name = asked.plan.partition(":")
    run(getattr(importlib.import_module(module), name))


if __name__ == "__main__":
    main()
