"""What one transaction has in hand: aggregates as loaded, facts as said; and the SQL that writes all of it."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from shared.events.base import Fact, ref
from shared.plumbing import tracing
from shared.plumbing.database import Conflict, Connection
from shared.plumbing.journal import ORIGIN, micros, seal
from shared.plumbing.store import Kind
from shared.rules.broken import Reason, RuleBroken
from shared.rules.deadline import Watch

S = TypeVar("S")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Where:
    """All aggregates of a kind whose `column` has this value, those in hand included."""

    kind: Kind[Any]
    column: str
    value: Any


One = tuple[Kind[Any], UUID]
Wanted = One | Where


class Undeclared(Conflict):
    """A handler reached for an aggregate that was not loaded: decide again with a smaller batch."""


class Sealed(NamedTuple):
    """One vault entry: whose aggregate, which field, of which person."""

    owner: UUID
    field: str
    subject: UUID
    sealed: bytes


Said = tuple[str, UUID, int, str, str, str, str, bytes]
"""kind, stream, version, type, data, cause, correlation, hash: one journal row; actor and time belong to the work."""


class Held(Generic[S]):
    """An aggregate in hand: its state, its version, the hash of its last fact; `was`: the version as loaded (0: not born).

    Only a `Work` hands them out.
    """

    __slots__ = ("before", "head", "id", "kind", "state", "version", "was", "work")

    def __init__(
        self, work: "Work", kind: Kind[S], id: UUID, version: int = 0, head: bytes = ORIGIN, state: S | None = None
    ) -> None:
        self.work, self.kind, self.id, self.version, self.head, self.state = work, kind, id, version, head, state
        self.was, self.before = version, state

    @property
    def ref(self) -> str:
        """`kind/uuid`."""
        return ref(self.kind.name, self.id)

    def change(
        self, rule: Callable[Concatenate[S | None, P], Iterable[Fact]], *asked: P.args, **named: P.kwargs
    ) -> list[Fact]:
        """Ask a rule and say what it returns; raises `RuleBroken`. The facts, for whoever must know."""
        work, kind = self.work, self.kind
        assert kind.evolve is not None, f"{kind.name} is a note: it says nothing"
        facts = list(rule(self.state, *asked, **named))
        if facts:
            work.remember(self)
        for fact in facts:
            data = fact.__pydantic_serializer__.to_json(fact).decode()
            self.version += 1
            cause, correlation = work.cause, work.correlation or self.ref
            self.head = seal(
                self.head,
                f"{kind.name}\n{self.id}\n{self.version}\n{fact.wire_type}\n{work.actor}\n{work.micros}\n{cause}\n"
                f"{correlation}\n{work.terms}\n{data}",
            )
            work.said.append((kind.name, self.id, self.version, fact.wire_type, data, cause, correlation, self.head))
            if tracing.ON:
                work.traces[self.id, self.version] = work.trace
            self.state = kind.evolve(self.state, fact)
        return facts

    def note(self, state: S) -> S:
        """Remember this, without saying anything (notes only)."""
        assert self.kind.evolve is None, f"{self.kind.name} has a journal: its state changes by facts"
        if state != self.state:
            self.work.remember(self)
            self.state = state
            self.version += 1
        return state


class Work:
    """What one transaction has in hand: aggregates as loaded, facts as said; later decisions see earlier ones.

    Nothing reaches the database before `flush`.
    """

    def __init__(self, now: datetime, actor: str, terms: str, cause: str = "", correlation: str = "") -> None:
        self.now, self.actor, self.terms = now, actor, terms
        self.cause, self.correlation, self.trace = cause, correlation, tracing.current()
        self.traces: dict[tuple[UUID, int], str | None] = {}
        self.micros = micros(now)
        self.said: list[Said] = []
        self.arms: dict[tuple[str, UUID, str, int], tuple[datetime, str | None]] = {}
        self.locks: dict[UUID, bytes] = {}
        self.kept: list[Sealed] = []
        self.besides: list[Callable[[Connection], Awaitable[None]]] = []
        """What else belongs into the same transaction, by way of its connection."""
        self._hand: dict[tuple[str, UUID], Held[Any]] = {}
        self._undo: list[tuple[Held[Any], int, bytes, Any]] = []

    # -- in hand

    async def load(self, con: Connection, wanted: Iterable[Wanted]) -> None:
        """Load and lock: kinds by name, then rows by id, so that two works never wait for each other in a circle."""
        ids: dict[Kind[Any], set[UUID]] = defaultdict(set)
        columns: dict[Kind[Any], dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
        for item in wanted:
            if isinstance(item, Where):
                columns[item.kind][item.column].add(item.value)
            elif (item[0].name, item[1]) not in self._hand:
                ids[item[0]].add(item[1])
        for kind in sorted(ids.keys() | columns.keys(), key=lambda kind: kind.name):
            by = sorted(columns[kind])
            values = [list(columns[kind][column]) for column in by]
            for row in await con.fetch(kind.load_sql(by), list(ids[kind]), *values):
                if (kind.name, row["id"]) not in self._hand:
                    id, version, head, state = kind.parse(row)
                    self._hand[kind.name, id] = Held(self, kind, id, version, head, state)
            for id in ids[kind]:
                self.born(kind, id)

    def born(self, kind: Kind[S], id: UUID) -> Held[S]:
        """The aggregate in hand, or a new one: only for ids that cannot be in the database, or were loaded."""
        held = self._hand.get((kind.name, id))
        if held is None:
            held = self._hand[kind.name, id] = Held(self, kind, id)
        return held

    def get(self, item: Wanted) -> Any:
        """What was loaded for this: one `Held`, or for a `Where` all that match now."""
        if isinstance(item, Where):
            return [
                held
                for held in self._hand.values()
                if held.kind is item.kind and held.state and getattr(held.state, item.column) == item.value
            ]
        try:
            return self._hand[item[0].name, item[1]]
        except KeyError:
            raise Undeclared(ref(item[0].name, item[1])) from None

    # -- decided

    def remember(self, held: Held[Any]) -> None:
        """Keep what stood before this decision, for `step`."""
        self._undo.append((held, held.version, held.head, held.state))

    def step(self, cause: str, correlation: str, run: Callable[[], None]) -> None:
        """All or nothing in memory: a handler that fails half-way leaves no trace, and no savepoint was needed."""
        self.cause, self.correlation, self._undo = cause, correlation, []
        said, arms, kept, locks = len(self.said), len(self.arms), len(self.kept), len(self.locks)
        try:
            run()
        except BaseException:
            for held, version, head, state in reversed(self._undo):
                held.version, held.head, held.state = version, head, state
            del self.said[said:], self.kept[kept:]
            for grown, before in ((self.arms, arms), (self.locks, locks)):
                while len(grown) > before:
                    grown.popitem()
            raise

    def arm(
        self, kind: Kind[Any], id: UUID, name: str, due_at: datetime, *, version: int = 1, data: object = None
    ) -> None:
        """Set a timer that no state lists, unless it is set already."""
        timer = (kind.name, id, name, version)
        if timer not in self.arms:
            self.arms[timer] = due_at, None if data is None else json.dumps(data)

    # -- written

    def changed(self) -> list[Held[Any]]:
        """What is to be written."""
        return [held for held in self._hand.values() if held.version != held.was]

    async def flush(self, con: Connection, key: str | None = None, body: bytes = b"", answer: str = "") -> None:
        """Write everything: in one statement where one aggregate changed, in bulk otherwise."""
        for write in self.besides:
            await write(con)
        changed = self.changed()
        if len(changed) == 1 and changed[0].kind.evolve:
            if not await con.fetchval(*one_statement(self, changed[0], key, body, answer)):
                raise Conflict(changed[0].ref)
            return
        await self._flush_rows(con, changed)
        await self._flush_timers(con, changed)
        if self.said:
            await con.execute(_JOURNAL, *zip(*self.said, strict=True), self.actor, self.now, self.terms)
        if self.traces:
            await con.execute(_TRACES, *zip(*self.traces, strict=True), list(self.traces.values()))
        if self.locks:
            await copy(con, "vault_keys", ("subject", "wrapped"), sorted(self.locks.items(), key=_by_person))
        if self.kept:
            await copy(con, "vault", Sealed._fields, self.kept)
        if key and (self.said or self.kept or self.besides):
            await con.execute("insert into idempotency (key, body, answer) values ($1, $2, $3)", key, body, answer)

    async def _flush_rows(self, con: Connection, changed: list[Held[Any]]) -> None:
        for kind in sorted({held.kind for held in changed}, key=lambda kind: kind.name):
            mine = sorted((held for held in changed if held.kind is kind), key=lambda held: held.id.int)
            if new := [kind.values(h.id, h.version, h.head, h.state) for h in mine if h.was == 0]:
                await copy(con, kind.table.name, kind.columns, new)
            if old := [(*kind.values(h.id, h.version, h.head, h.state), h.was) for h in mine if h.was]:
                done = await con.execute(kind.renew_sql, *zip(*old, strict=True))
                if done != f"UPDATE {len(old)}":
                    raise Conflict(kind.name)

    def timers(self) -> list[tuple[Any, ...]]:
        """The timers that no state lists, in order, as columns."""
        rows = [(*timer, *self.arms[timer]) for timer in sorted(self.arms)]
        return list(zip(*rows, strict=True)) or [()] * 6

    async def _flush_timers(self, con: Connection, changed: list[Held[Any]]) -> None:
        armed: list[tuple[str, UUID, str, int, datetime]] = []
        gone: list[tuple[str, UUID, str, int]] = []
        for held in changed:
            new, old = watched(held)
            armed += [(held.kind.name, held.id, name, watch.version, watch.due_at) for name, watch in new]
            gone += [(held.kind.name, held.id, name, watch.version) for name, watch in old]
        if gone:
            await con.execute(_GONE, *zip(*gone, strict=True))
        if armed:
            await con.execute(_ARMED, *zip(*armed, strict=True))
        if self.arms:
            await con.execute(_ARMS, *self.timers())


async def copy(con: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows: an array for each of forty columns costs PostgreSQL and us three times as much."""
    await con.copy_records_to_table(table, records=rows, columns=columns)


def _by_person(lock: tuple[UUID, bytes]) -> int:
    """A number is compared ten times as fast as the UUID that it is."""
    return lock[0].int


def watched(held: Held[Any]) -> tuple[list[tuple[str, Watch]], list[tuple[str, Watch]]]:
    """Which timers this change arms, and which it cancels."""
    before = held.kind.watches(held.before) if held.before is not None else {}
    after = held.kind.watches(held.state) if held.state is not None else {}
    armed = [(name, watch) for name, watch in after.items() if before.get(name) != watch]
    gone = [
        (name, watch) for name, watch in before.items() if name not in after or after[name].version != watch.version
    ]
    return armed, gone


_JOURNAL = """
with said as (
    insert into journal (kind, stream, version, type, data, cause, correlation, hash, actor, occurred_at, terms, recorded_at)
    select k, s, v, t, d, c, r, h, $9, $10, $11, (select town_now())
    from unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::json[], $6::text[], $7::text[], $8::bytea[])
    j(k, s, v, t, d, c, r, h) returning position
) insert into outbox select position from said
"""
_TRACES = """
update outbox o set traceparent = t.trace from unnest($1::uuid[], $2::int[], $3::text[]) t(stream, version, trace)
join journal j on j.stream = t.stream and j.version = t.version where o.position = j.position
"""
_ARMED = """
insert into timers (kind, subject, name, version, due_at)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::timestamptz[])
on conflict (subject, name, version, kind) do update set due_at = excluded.due_at
"""
_GONE = """
delete from timers t using unnest($1::text[], $2::uuid[], $3::text[], $4::int[]) g(k, s, n, v)
where t.kind = g.k and t.subject = g.s and t.name = g.n and t.version = g.v
"""
_ARMS = """
insert into timers (kind, subject, name, version, due_at, data)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::int[], $5::timestamptz[], $6::json[]) on conflict do nothing
"""


def one_statement(work: Work, held: Held[Any], key: str | None, body: bytes, answer: str) -> tuple[Any, ...]:
    """The statement that writes one changed aggregate with all that hangs from it, and its arguments."""
    kind = held.kind
    armed, gone = watched(held)
    columns = list(zip(*work.said, strict=True))[2:] if work.said else [()] * 6
    arguments = (
        *kind.values(held.id, held.version, held.head, held.state),
        *(kind.name, work.actor, work.now, work.terms),
        *columns,
        *([name for name, _ in armed], [watch.version for _, watch in armed], [watch.due_at for _, watch in armed]),
        *([name for name, _ in gone], [watch.version for _, watch in gone]),
        *(key, body, answer or None),
        *(list(work.locks), list(work.locks.values())),
        *([e.field for e in work.kept], [e.subject for e in work.kept], [e.sealed for e in work.kept]),
        *work.timers(),
        [work.traces[held.id, row[2]] for row in work.said] if work.traces else None,
    )
    return (kind.renew_one_sql, *arguments, held.was) if held.was else (kind.birth_one_sql, *arguments)


def not_found(held: Held[S]) -> S:
    """The state of an aggregate that must exist; refuses with `not_found`."""
    if held.state is None:
        raise RuleBroken(Reason("not_found", "不存在"))
    return held.state
