"""Where aggregates are kept: one table each, real columns, and the SQL shapes that read and write them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, get_type_hints
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from shared.plumbing.caller import Scope
from shared.rules.deadline import Watch

S = TypeVar("S")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def table(metadata: MetaData, name: str, *columns: Column[Any] | Index) -> Table:
    """A table with the three columns the plumbing needs: id, version, and the hash of the last fact (`head`)."""
    return Table(
        name,
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("head", LargeBinary, nullable=False),
        *columns,
    )


class Evolve(Protocol[S]):
    """before, fact -> after."""

    def __call__(self, before: S | None, fact: Any, /) -> S: ...


def _nowhere(_: Any) -> Scope:
    return Scope()


def _nothing(_: Any) -> Mapping[str, Watch]:
    return {}


class Kind(Generic[S]):
    """A kind of aggregate: its state, its table, how a fact changes it, what it watches for, whose business it is.

    Without `evolve` it is a **note**: what this service remembers of others' facts without saying anything. A note has
    no journal; it is rebuilt by replay.
    """

    def __init__(
        self,
        name: str,
        state: type[S],
        table: Table,
        evolve: Evolve[S] | None = None,
        *,
        watches: Callable[[S], Mapping[str, Watch]] = _nothing,
        scope: Callable[[S], Scope] = _nowhere,
    ) -> None:
        assert is_dataclass(state)
        self.name, self.state, self.table, self.evolve = name, state, table, evolve
        self.watches, self.scope = watches, scope
        columns = [(c.name, str(c.type.compile(_DIALECT))) for c in table.c]
        expected = ["id", "version", "head", *(f.name for f in fields(state))]
        assert [name for name, _ in columns] == expected, f"{table.name}: {[n for n, _ in columns]} is not {expected}"
        self.columns = expected
        hints = get_type_hints(state)
        self._read = [_reader(table.c[f.name], hints[f.name]) for f in fields(state)]
        self._write = [_writer(table.c[f.name], hints[f.name]) for f in fields(state)]
        self._plain = not any(self._write)
        self._pick: Callable[[S], Any] = attrgetter(*expected[3:])
        self._one = len(expected) == 4
        self._build_sql(columns)

    def _build_sql(self, columns: list[tuple[str, str]]) -> None:
        names, n = ", ".join(self.columns), len(columns)
        arrays = ", ".join(f"${i}::{kind}[]" for i, (_, kind) in enumerate(columns, 1))
        single = ", ".join(f"${i}::{kind}" for i, (_, kind) in enumerate(columns, 1))
        rest = self.columns[1:]
        self.types = dict(columns)
        self.read_sql = f"select {names} from {self.table.name} where id = $1"
        self.renew_sql = (
            f"update {self.table.name} t set {', '.join(f'{c} = u.{c}' for c in rest)} "
            f"from unnest({arrays}, ${n + 1}::int[]) u({names}, was) where t.id = u.id and t.version = u.was"
        )
        tail = _tail(n)
        self.birth_one_sql = (
            f"with row as (insert into {self.table.name} ({names}) values ({single}) "
            f"on conflict (id) do nothing returning id), {tail}"
        )
        self.renew_one_sql = (
            f"with row as (update {self.table.name} set "
            f"{', '.join(f'{c} = ${i}::{self.types[c]}' for i, c in enumerate(rest, 2))} "
            f"where id = $1::uuid and version = ${n + _TAIL + 1}::int returning id), {tail}"
        )

    def load_sql(self, by: Iterable[str]) -> str:
        """Load and lock the rows of some ids ($1) or whose columns `by` ($2 …) have one of some values, in id order."""
        wheres = ["id = any($1::uuid[])"]
        wheres += [f"{column} = any(${i}::{self.types[column]}[])" for i, column in enumerate(by, 2)]
        return f"select {', '.join(self.columns)} from {self.table.name} where {' or '.join(wheres)} order by id for update"

    def parse(self, row: asyncpg.Record) -> tuple[UUID, int, bytes, S]:
        """id, version, head and state in a row of all columns."""
        id, version, head, *values = row
        return id, version, head, self.state(*self._decoded(values))

    def stored(self, row: asyncpg.Record) -> S:
        """The state in a row of these columns: for views."""
        return self.state(*self._decoded([row[name] for name in self.columns[3:]]))

    def _decoded(self, values: list[Any]) -> list[Any]:
        return [
            read(value) if read and value is not None else value for read, value in zip(self._read, values, strict=True)
        ]

    def values(self, id: UUID, version: int, head: bytes, state: S) -> tuple[Any, ...]:
        """The row of an aggregate."""
        picked = (self._pick(state),) if self._one else self._pick(state)
        if not self._plain:
            picked = tuple(
                write(value) if write and value is not None else value
                for write, value in zip(self._write, picked, strict=True)
            )
        return (id, version, head, *picked)


_TAIL = 30


def _tail(n: int) -> str:
    """What hangs from a written `row`: 0 rows written means that nobody wrote anything.

    The idempotency INSERT has no ON CONFLICT: a key that is there undoes everything, then its answer is read.
    Parameters after the n columns: kind, actor, at, terms (1-4); versions, types, data, causes, correlations, hashes
    (5-10); timers armed: names, versions, due (11-13) and gone: names, versions (14-15); key, body, answer (16-18);
    new vault keys: subjects, wrapped (19-20); vault entries of this row: fields, subjects, sealed (21-23); timers that
    no state lists: kinds, subjects, names, versions, due, data (24-29); the traces of the facts (30).

    PostgreSQL runs these parts from the last one up to the first: timers before keys, as a batch does.
    """
    p = [f"${n + i}" for i in range(_TAIL + 1)]
    return (
        "said as (insert into journal (kind, stream, version, type, data, actor, occurred_at, recorded_at, cause, "
        f"correlation, terms, hash) select {p[1]}::text, row.id, j.v, j.t, j.d, {p[2]}::text, {p[3]}::timestamptz, "
        f"(select town_now()), j.c, j.r, {p[4]}::text, j.h from row, unnest({p[5]}::int[], {p[6]}::text[], "
        f"{p[7]}::json[], {p[8]}::text[], {p[9]}::text[], {p[10]}::bytea[]) j(v, t, d, c, r, h) returning position, version), "
        f"out as (insert into outbox select position, ({p[30]}::text[])[version - ({p[5]}::int[])[1] + 1] from said), "
        "armed as (insert into timers (kind, subject, name, version, due_at) "
        f"select {p[1]}::text, row.id, t.n, t.v, t.d from row, "
        f"unnest({p[11]}::text[], {p[12]}::int[], {p[13]}::timestamptz[]) t(n, v, d) "
        "on conflict (subject, name, version, kind) do update set due_at = excluded.due_at), "
        f"gone as (delete from timers t using row, unnest({p[14]}::text[], {p[15]}::int[]) g(n, v) "
        f"where t.kind = {p[1]}::text and t.subject = row.id and t.name = g.n and t.version = g.v), "
        f"key as (insert into idempotency (key, body, answer) select {p[16]}::text, {p[17]}::bytea, {p[18]}::json "
        f"from row where {p[16]}::text is not null), "
        f"locks as (insert into vault_keys (subject, wrapped) select k.s, k.w from row, "
        f"unnest({p[19]}::uuid[], {p[20]}::bytea[]) k(s, w)), "
        f"kept as (insert into vault (owner, field, subject, sealed) select row.id, v.f, v.s, v.b from row, "
        f"unnest({p[21]}::text[], {p[22]}::uuid[], {p[23]}::bytea[]) v(f, s, b)), "
        "besides as (insert into timers (kind, subject, name, version, due_at, data) select t.* from row, "
        f"unnest({p[24]}::text[], {p[25]}::uuid[], {p[26]}::text[], {p[27]}::int[], {p[28]}::timestamptz[], "
        f"{p[29]}::json[]) t on conflict do nothing) "
        "select count(*) from row"
    )


def _reader(column: Column[Any], hint: Any) -> Callable[[Any], Any] | None:
    """How a stored value becomes a field: JSON by its type, a word by its enum, everything else as it is."""
    if isinstance(column.type, JSONB):
        return TypeAdapter(hint).validate_json
    word = _enum(hint)
    return word._value2member_map_.__getitem__ if word else None


def _writer(column: Column[Any], hint: Any) -> Callable[[Any], Any] | None:
    if isinstance(column.type, JSONB):
        dump = TypeAdapter(hint).dump_json
        return lambda value: dump(value).decode() if value != () else "[]"
    return None


def _enum(hint: Any) -> type[Enum] | None:
    options = getattr(hint, "__args__", (hint,))
    return next((option for option in options if isinstance(option, type) and issubclass(option, Enum)), None)
