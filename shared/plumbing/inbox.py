"""The inbox: each fact of others has its effect once, in order, or waits, or is set aside with its reason.

One row per stream heard says how far (`mark`). version <= mark: a duplicate, dropped. version = mark + 1: applied.
Beyond: parked until the gap fills. A batch is one transaction: marks, aggregates, journal and outbox.
"""

import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.events.base import Fact, ref
from shared.plumbing import logs, tracing
from shared.plumbing.change import Base
from shared.plumbing.database import Conflict, Connection, is_conflict, is_transient
from shared.plumbing.quarantine import NotOpen, Quarantine, Record
from shared.plumbing.work import Undeclared, Wanted, Work
from shared.rules.broken import RuleBroken

log = logging.getLogger(__name__)
F = TypeVar("F")
_NOTHING: tuple[Wanted, ...] = ()
_NO_STREAM = UUID(int=0)


@dataclass(slots=True)
class Heard(Generic[F]):
    """A record as it was heard: whose stream, which version, what, when. `name` is the fact's id: `kind/uuid/version`.

    A border record (not a fact of ours) has no stream and version 0. A record whose envelope cannot be read has
    version -1.
    """

    source: str
    name: str
    headers: dict[str, str]
    body: bytes
    kind: str = ""
    id: UUID = _NO_STREAM
    version: int = 0
    type: str = ""
    handler: "Handler | None" = None
    problem: Exception | None = None
    _fact: F | None = field(default=None, repr=False)

    @property
    def fact(self) -> F:
        """What was said."""
        assert self._fact is not None
        return self._fact

    @property
    def ref(self) -> str:
        """The stream: `kind/uuid`."""
        return ref(self.kind, self.id)

    @property
    def correlation(self) -> str:
        """What this belongs to, handed on from cause to effect."""
        return self.headers.get("ce_correlationid", "")

    @property
    def at(self) -> datetime:
        """When it happened, as its producer says."""
        return datetime.fromisoformat(self.headers["ce_time"])

    @property
    def record(self) -> Record:
        """As quarantine keeps it."""
        stream = (self.kind, self.id, self.version) if self.version > 0 else (None, None, None)
        return Record(self.source, self.name, self.headers, self.body, *stream)


@dataclass(frozen=True, slots=True)
class Handler:
    """What to do on hearing one type of record."""

    run: Callable[..., None]
    model: type[BaseModel]
    touches: Callable[[Any], Sequence[Wanted]]
    then: Callable[..., Sequence[Wanted]] | None
    prepare: "Callable[[Connection, Work, list[Heard[Any]]], Awaitable[None]] | None"


Keeper = Callable[[Connection, list["Heard[Any]"]], Awaitable[None]]


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

    async def _turn(self, con: Connection, heard: list[Heard[Any]]) -> "Turn":
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

    async def _set_aside(self, con: Connection, bad: "list[tuple[Heard[Any], Exception]]") -> None:
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


class Turn:
    """Whose turn it is: the marks as they were, and how this batch moves them."""

    def __init__(
        self,
        reader: str,
        heard: list[Heard[Any]],
        marks: dict[UUID, int],
        waiting: dict[tuple[UUID, int], Heard[Any]],
    ) -> None:
        self.reader, self.known, self.marks, self.waiting = reader, marks, dict(marks), waiting
        self.stored = set(waiting)
        self.fresh = [h for h in heard if h.version > marks.get(h.id, 0) or h.version == 0]
        self.bad = [(h, h.problem or ValueError("no envelope")) for h in heard if h.version < 0]
        self.kinds = {h.id: h.kind for h in self.fresh}
        self.parked: dict[tuple[UUID, int], Heard[Any]] = {}
        self.done: list[Heard[Any]] = []
        self.left: list[Heard[Any]] = []
        self.failed: set[tuple[UUID, int]] = set()

    def take(self, apply: Callable[[Heard[Any]], None], seconds: float = inf) -> None:
        """Apply what has its turn, in order, and what waited for it; park what is too early.

        When the time is up the rest is `left`: a slow handler must not hold one transaction, or this process, too long.
        """
        end = time.monotonic() + seconds
        for n, h in enumerate(self.fresh):
            if n and time.monotonic() > end:
                self.left = self.fresh[n:]
                return
            if h.version == 0:
                self._one(h, apply)
                continue
            mark = self.marks.get(h.id, 0)
            if h.version <= mark:
                continue
            following: Heard[Any] | None = h
            if h.version > mark + 1:
                if (h.id, h.version) not in self.waiting:
                    self.waiting[h.id, h.version] = self.parked[h.id, h.version] = h
                following = self.waiting.pop((h.id, mark + 1), None)
            while following is not None and self._one(following, apply):
                self.marks[h.id] = following.version
                turn = (h.id, following.version + 1)
                self.parked.pop(turn, None)
                following = self.waiting.pop(turn, None)
            if following is not None:
                self.failed.add((following.id, following.version))

    def _one(self, h: Heard[Any], apply: Callable[[Heard[Any]], None]) -> bool:
        try:
            apply(h)
        except Conflict:
            raise
        except Exception as error:
            self.bad.append((h, error))
            return False
        self.done.append(h)
        return True

    async def settle(self, con: Connection) -> None:
        """Write the marks that moved and what is parked; the inbox comes last in the order of locks."""
        new = sorted((stream, version) for stream, version in self.marks.items() if stream not in self.known)
        moved = sorted(
            (stream, version, self.known[stream])
            for stream, version in self.marks.items()
            if stream in self.known and self.known[stream] != version
        )
        if new:
            await con.execute(
                "insert into inbox (reader, kind, stream, version) "
                "select $1, * from unnest($2::text[], $3::uuid[], $4::int[])",
                self.reader,
                [self.kinds[stream] for stream, _ in new],
                [stream for stream, _ in new],
                [version for _, version in new],
            )
        if moved:
            done = await con.execute(
                "update inbox i set version = u.v from unnest($2::uuid[], $3::int[], $4::int[]) u(s, v, was) "
                "where i.reader = $1 and i.stream = u.s and i.version = u.was",
                self.reader,
                *(list(column) for column in zip(*moved, strict=True)),
            )
            if done != f"UPDATE {len(moved)}":
                raise Conflict("inbox")
        if self.parked:
            await con.executemany(
                "insert into parked (reader, kind, stream, version, envelope, body) values ($1, $2, $3, $4, $5, $6) "
                "on conflict do nothing",
                [(self.reader, h.kind, h.id, h.version, json.dumps(h.headers), h.body) for h in self.parked.values()],
            )
        if self.stored and (new or moved):
            await con.execute(
                "delete from parked p using inbox i where p.reader = $1 and i.reader = $1 and i.stream = p.stream "
                "and p.version <= i.version and p.stream = any($2::uuid[])",
                self.reader,
                sorted({stream for stream, _ in self.stored}),
            )
        if aside := sorted(self.stored & self.failed):
            await con.executemany(
                "delete from parked where reader = $1 and stream = $2 and version = $3",
                [(self.reader, stream, version) for stream, version in aside],
            )


def _named(body: bytes | None) -> str:
    return hashlib.sha256(body or b"").hexdigest()[:32]


def _reason(error: Exception) -> tuple[str, str]:
    """A stable code and words for why a record was set aside; never its content."""
    match error:
        case ValidationError():
            words = "; ".join(f"/{'/'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors()[:5])
            return "invalid", words
        case RuleBroken():
            return error.reasons[0].code, "；".join(reason.words for reason in error.reasons)
        case KeyError():
            return "no_envelope", f"缺少信封字段 {error}"
        case _:
            return "failed", type(error).__name__
