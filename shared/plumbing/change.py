"""The one way to write: lock, decide, and save rows, journal, outbox and timers in one transaction."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

import asyncpg

from shared.events.base import Fact
from shared.plumbing import tracing
from shared.plumbing.caller import NotFound, Person
from shared.plumbing.database import Clock, Conflict, Connection, Pool
from shared.plumbing.store import Kind
from shared.plumbing.work import Held, Wanted, Work, one_statement
from shared.rules.broken import RuleBroken

S = TypeVar("S")
P = ParamSpec("P")


class KeyReused(Exception):
    """The same Idempotency-Key came with another body."""


class VersionMoved(Exception):
    """If-Match names another version than the one that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the version is {version}")
        self.version = version


_REFUSED = (RuleBroken, NotFound, VersionMoved)


@dataclass(frozen=True, slots=True)
class Ask:
    """What comes with a request besides its body: who, the idempotency key with its body's hash, the expected version."""

    caller: Person
    key: str | None = None
    body: bytes = b""
    expected: int | None = None
    correlation: str = ""


@dataclass(slots=True)
class Base:
    """What every door needs in order to write: the pool, the clock, the version of the terms, and whom to wake."""

    pool: Pool
    clock: Clock
    terms: Callable[[datetime], str] = lambda _: ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@tracing.spanned
async def change(
    base: Base,
    kind: Kind[S],
    id: UUID,
    ask: Ask,
    rule: Callable[Concatenate[S | None, P], Iterable[Fact]],
    *asked: P.args,
    **named: P.kwargs,
) -> dict[str, Any]:
    """Change one aggregate: read, decide, write in one statement guarded by the version that was read.

    No lock is held while the rule thinks; a crowded aggregate is queued for after two lost races. Answers
    `{"id", "version"}`, again the same for the same key. Raises `RuleBroken`, `NotFound`, `VersionMoved`, `KeyReused`.
    """
    for again in (False, True):
        if again and (answered := await _answered(base.pool, ask)):
            return answered
        row = await base.pool.fetchrow(kind.read_sql, id)
        now = base.clock.now()
        work = Work(now, ask.caller.actor, base.terms(now), correlation=ask.correlation)
        held = Held(work, kind, id, *kind.parse(row)[1:]) if row else Held(work, kind, id)
        try:
            _permit(held, ask)
            held.change(rule, *asked, **named)
        except _REFUSED:
            if answered := await _answered(base.pool, ask):
                return answered
            raise
        answer = {"id": str(id), "version": held.version}
        if not work.said:
            return await _answered(base.pool, ask) or answer
        try:
            written = await base.pool.fetchval(*one_statement(work, held, ask.key, ask.body, json.dumps(answer)))
        except asyncpg.UniqueViolationError as error:
            if error.table_name not in ("idempotency", "journal"):
                raise
            continue
        if written:
            base.wake.set()
            return answer

    def decide(_: Work, held: "Held[S]") -> dict[str, Any]:
        held.change(rule, *asked, **named)
        return {"id": str(id), "version": held.version}

    return await together(base, [(kind, id)], ask, decide)


@tracing.spanned
async def together(
    base: Base,
    wanted: Sequence[Wanted],
    ask: Ask,
    decide: Callable[..., dict[str, Any]],
    prepare: "Callable[[Connection, Work], Any] | None" = None,
) -> dict[str, Any]:
    """Change several aggregates in one transaction: `decide(work, *held)` asks their rules and returns the answer.

    `If-Match` and the caller's scope are checked against the first of `wanted`. `prepare(con, work)` may load more
    before. Raises what `change` raises; nothing is written then.
    """
    for turn in (1, 2, 3):
        try:
            async with base.pool.acquire() as con, con.transaction():
                if turn > 1 and (answered := await _answered(con, ask)):
                    return answered
                now = base.clock.now()
                work = Work(now, ask.caller.actor, base.terms(now), correlation=ask.correlation)
                try:
                    if prepare is not None:
                        await prepare(con, work)
                    await work.load(con, wanted)
                    hands = [work.get(item) for item in wanted]
                    if hands and isinstance(hands[0], Held):
                        _permit(hands[0], ask)
                    answer = decide(work, *hands)
                except _REFUSED:
                    if answered := await _answered(con, ask):
                        return answered
                    raise
                if not work.said and (answered := await _answered(con, ask)):
                    return answered
                await work.flush(con, ask.key, ask.body, json.dumps(answer))
            base.wake.set()
            return answer
        except (Conflict, asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
            if turn == 3:
                raise
    raise AssertionError("unreachable")


async def at_once(base: Base, ask: Ask, decide: Callable[[Work], dict[str, Any]]) -> dict[str, Any] | None:
    """The birth of an aggregate on which nothing else bears, in one statement and without a lock.

    None: it was refused, or somebody was faster; nothing is written then, and `together` must decide.
    """
    now = base.clock.now()
    work = Work(now, ask.caller.actor, base.terms(now), correlation=ask.correlation)
    try:
        answer = decide(work)
        (held,) = work.changed()
        written = await base.pool.fetchval(*one_statement(work, held, ask.key, ask.body, json.dumps(answer)))
    except (RuleBroken, asyncpg.UniqueViolationError):
        return None
    if not written:
        return None
    base.wake.set()
    return answer


def _permit(held: Held[Any], ask: Ask) -> None:
    if held.state is not None and not ask.caller.reaches(held.kind.scope(held.state)):
        raise NotFound(held.ref)
    if ask.expected is not None and ask.expected != held.version:
        raise VersionMoved(held.version)


async def _answered(con: Pool | Connection, ask: Ask) -> dict[str, Any] | None:
    """The stored answer to this key, if it was answered before.

    Hardly ever it was, so that nobody looks before the work is done: a key that is there undoes the writing, and then
    the answer is read. So it is when a decision says nothing or refuses.
    """
    if ask.key is None:
        return None
    row = await con.fetchrow("select body, answer::text as answer from idempotency where key = $1", ask.key)
    if row is None:
        return None
    if row["body"] != ask.body:
        raise KeyReused
    answer: dict[str, Any] = json.loads(row["answer"])
    return answer


def fingerprint(body: bytes) -> bytes:
    """What binds an idempotency key to the body it came with."""
    return hashlib.sha256(body).digest()
