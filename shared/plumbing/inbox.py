"""The inbox: each fact of others has its effect once, in order, or waits, or is set aside with its reason.

One row per stream heard says how far (`mark`). version <= mark: a duplicate, dropped. version = mark + 1: applied.
Beyond: parked until the gap fills. A batch is one transaction: marks, aggregates, journal and outbox.
"""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.events.base import Fact
from shared.plumbing import logs, tracing
from shared.plumbing.change import Base
from shared.plumbing.database import Conflict, Connection, is_conflict, is_transient
from shared.plumbing.errors import pointer
from shared.plumbing.heard import Handler, Heard
from shared.plumbing.quarantine import NotOpen, Quarantine
from shared.plumbing.turn import Turn
from shared.plumbing.work import Undeclared, Wanted, Work
from shared.rules.broken import RuleBroken

log = logging.getLogger(__name__)
_NOTHING: tuple[Wanted, ...] = ()
Keeper = Callable[[Connection, list[Heard[Any]]], Awaitable[None]]


class Inbox:
    """All a service hears. `name` is the reader: its consumer group and its marks."""

    ACTOR = "service"
    TRIES = 3

    def __init__(self, name: str, base: Base, quarantine: Quarantine) -> None:
        self.name, self.base, self.quarantine = name, base, quarantine
        self.handlers: dict[str, Handler] = {}
        self.borders: dict[str, Handler] = {}
        self.kinds: set[str] | None = set()
        self.keeper: Keeper | None = None
        self.portion_s = 2.0
        self.applied = self.dropped = self.parked = self.quarantined = 0

    # -- what is heard

    def hears(
        self,
        model: type[Fact],
        *,
        touches: Callable[[Any], Sequence[Wanted]] = lambda _: _NOTHING,
        then: Callable[..., Sequence[Wanted]] | None = None,
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """On this fact run `handler(work, heard, *held)`.

        `touches(heard)` names the aggregates it needs; `then(heard, *held)` those that only the first ones can name.
        """

        def keep(run: Callable[..., None]) -> Callable[..., None]:
            assert model.wire_type not in self.handlers, f"{model.wire_type} is handled twice"
            self.handlers[model.wire_type] = Handler(run, model, touches, then, None)
            if self.kinds is not None:
                self.kinds.add(model.kind)
            return run

        return keep

    def hears_border(
        self,
        topic: str,
        model: type[BaseModel],
        *,
        touches: Callable[[Any], Sequence[Wanted]] = lambda _: _NOTHING,
        prepare: "Callable[[Connection, Work, list[Heard[Any]]], Awaitable[None]] | None" = None,
    ) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """On a record of a topic that others fill (no stream, no version, personal data) run the handler."""

        def keep(run: Callable[..., None]) -> Callable[..., None]:
            self.borders[topic] = Handler(run, model, touches, None, prepare)
            return run

        return keep

    def keeps_everything(self, keeper: Keeper) -> Keeper:
        """Hand every fact of every kind, once and in order per stream, to `keeper(con, heard)` in the same transaction."""
        self.keeper, self.kinds = keeper, None
        return keeper

    def read(
        self, source: str, place: str, headers: Iterable[tuple[str, bytes]], body: bytes | None
    ) -> Heard[Any] | None:
        """The record at `place`; None if it is of a kind that this service does not hear.

        A record without a stream is named by its content: a log that was begun anew gives its offsets to others.
        """
        decoded = {name: (value or b"").decode("utf-8", "replace") for name, value in headers}
        if border := self.borders.get(source):
            return Heard(source, _named(body), decoded, body or b"", handler=border)
        try:
            kind, _, id = decoded["ce_stream"].partition("/")
            if self.kinds is not None and kind not in self.kinds:
                return None
            version = int(decoded["ce_sequence"])
            if version < 1 or version > 2**31 - 1:
                raise ValueError("ce_sequence is out of range")
            type, stream = decoded["ce_type"], UUID(id)
        except (KeyError, ValueError) as error:
            return Heard(source, f"{place}/{_named(body)}", decoded, body or b"", version=-1, problem=error)
        return Heard(
            source,
            f"{kind}/{stream}/{version}",
            decoded,
            body or b"",
            kind,
            stream,
            version,
            type,
            self.handlers.get(type),
        )

    # -- one batch

    async def absorb(self, heard: list[Heard[Any]]) -> None:
        """All of them, in as many transactions as it takes."""
        while heard:
            heard = await self.absorb_some(heard)

    async def absorb_some(self, heard: list[Heard[Any]], tries: int = TRIES) -> list[Heard[Any]]:
        """One transaction, cut after `portion_s`; what it left over comes back.

        If the database refuses the whole, halve until the guilty record is alone: that takes 2·log2(n) transactions,
        not n. Transient errors go up to the caller, who tries again later; a lost race is one of them.
        """
        try:
            async with self.base.pool.acquire() as con, con.transaction():
                return await self._once(con, heard)
        except Exception as error:
            if is_conflict(error) and tries:
                if isinstance(error, Undeclared) and len(heard) > 1:
                    return await self._halves(heard)
                return await self.absorb_some(heard, tries - 1)
            if is_transient(error) or type(error) is Conflict:
                raise
            if len(heard) > 1:
                return await self._halves(heard)
            async with self.base.pool.acquire() as con, con.transaction():
                await self._set_aside(con, [(heard[0], error)])
            return []

    async def _halves(self, heard: list[Heard[Any]]) -> list[Heard[Any]]:
        half = len(heard) // 2
        left = await self.absorb_some(heard[:half])
        return [*left, *heard[half:]] if left else await self.absorb_some(heard[half:])

    async def _once(self, con: Connection, heard: list[Heard[Any]]) -> list[Heard[Any]]:
        turn = await self._turn(con, heard)
        now = self.base.clock.now()
        work = Work(now, f"{self.ACTOR}::{self.name}", self.base.terms(now))
        await self._load(con, work, [*turn.fresh, *turn.waiting.values()])
        turn.take(partial(self._apply, work), self.portion_s)
        await work.flush(con)
        await turn.settle(con)
        if self.keeper and turn.done:
            await self.keeper(con, turn.done)
        await self._set_aside(con, turn.bad)
        self.applied += len(turn.done)
        self.dropped += len(heard) - len(turn.fresh)
        self.parked += len(turn.parked)
        if work.said:
            self.base.wake.set()
        return turn.left

    async def _turn(self, con: Connection, heard: list[Heard[Any]]) -> Turn:
        streams = sorted({h.id for h in heard if h.version > 0})
        marks: dict[UUID, int] = {}
        waiting: dict[tuple[UUID, int], Heard[Any]] = {}
        if streams:
            rows = await con.fetch(
                "select stream, version from inbox where reader = $1 and stream = any($2::uuid[])", self.name, streams
            )
            marks = {row["stream"]: row["version"] for row in rows}
            for row in await con.fetch(
                "select kind, stream, version, envelope::text as envelope, body from parked "
                "where reader = $1 and stream = any($2::uuid[])",
                self.name,
                streams,
            ):
                headers = json.loads(row["envelope"])
                type = headers["ce_type"]
                waiting[row["stream"], row["version"]] = Heard(
                    "",
                    f"{row['kind']}/{row['stream']}/{row['version']}",
                    headers,
                    row["body"],
                    row["kind"],
                    row["stream"],
                    row["version"],
                    type,
                    self.handlers.get(type),
                )
        return Turn(self.name, heard, marks, waiting)

    async def _load(self, con: Connection, work: Work, heard: list[Heard[Any]]) -> None:
        wanted: list[Wanted] = []
        prepared: dict[Any, list[Heard[Any]]] = {}
        for h in heard:
            if h.handler is None:
                continue
            try:
                h._fact = h.handler.model.model_validate_json(h.body)
                wanted += h.handler.touches(h)
            except (ValidationError, ValueError) as error:
                h.problem = error
                continue
            if h.handler.prepare:
                prepared.setdefault(h.handler.prepare, []).append(h)
        for prepare, records in prepared.items():
            await prepare(con, work, records)
        await work.load(con, wanted)
        later: list[Wanted] = []
        for h in heard:
            if h.handler and h.handler.then and not h.problem:
                later += h.handler.then(h, *(work.get(item) for item in h.handler.touches(h)))
        if later:
            await work.load(con, later)

    def _apply(self, work: Work, h: Heard[Any]) -> None:
        if h.problem:
            raise h.problem
        if (handler := h.handler) is None:
            return
        held = [work.get(item) for item in handler.touches(h)]
        if handler.then:
            held += [work.get(item) for item in handler.then(h, *held)]
        work.trace = tracing.handed_on(h.headers)
        work.step(h.name if h.version else "", h.correlation, lambda: handler.run(work, h, *held))

    async def _set_aside(self, con: Connection, bad: list[tuple[Heard[Any], Exception]]) -> None:
        """The mark stays where it is: everything later of that stream is now beyond the gap, and parks itself."""
        if bad:
            self.quarantined += len(bad)
            reasons = [(h.record, *_reason(error)) for h, error in bad]
            await self.quarantine.put(con, reasons)
            belongs = {"correlation_id": found} if (found := logs.correlation_of(bad[0][0].correlation)) else {}
            first = {"first": bad[0][0].name, "code": reasons[0][1]}
            log.warning("set_aside", extra={"entries": len(bad), **first, **belongs})

    # -- decided by people

    async def replay(self, id: int, actor: str, reason: str) -> bool:
        """What was set aside, once more through the same door; what waited behind it follows. False: set aside again."""
        async with self.base.pool.acquire() as con, con.transaction():
            record = await self.quarantine.take(con, id)
            place = record.record
            h = self.read(record.source, place, [(k, v.encode()) for k, v in record.headers.items()], record.body)
            if h is None:
                raise NotOpen(str(id))
            h.name = place
            before = self.quarantined
            await self._once(con, [h])
            if self.quarantined > before:
                return False
            await self.quarantine.decide(con, id, "REPLAYED", actor, reason)
            return True

    async def discard(self, id: int, actor: str, reason: str) -> None:
        """Give a record up: its mark moves on, and what waited behind it follows."""
        async with self.base.pool.acquire() as con, con.transaction():
            record = await self.quarantine.take(con, id)
            await self.quarantine.decide(con, id, "DISCARDED", actor, reason)
            if record.stream and record.version:
                h = self.read(record.source, record.record, [(k, v.encode()) for k, v in record.headers.items()], b"")
                assert h is not None
                h.handler = None
                await self._once(con, [h])


def _named(body: bytes | None) -> str:
    return hashlib.sha256(body or b"").hexdigest()[:32]


def _reason(error: Exception) -> tuple[str, str]:
    """A stable code and words for why a record was set aside; never its content."""
    match error:
        case ValidationError():
            words = "; ".join(f"{pointer(e['loc'])}: {e['type']}" for e in error.errors()[:5])
            return "invalid", words
        case RuleBroken():
            return error.reasons[0].code, "；".join(reason.words for reason in error.reasons)
        case KeyError():
            return "no_envelope", f"缺少信封字段 {error}"
        case _:
            return "failed", type(error).__name__
