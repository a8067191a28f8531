"""查找: what somebody asks for in a list, as SQL, as far as the caller reaches."""

import re
from dataclasses import dataclass
from typing import Any, Self

import asyncpg

from shared.plumbing.caller import Person, Reach
from shared.plumbing.cursors import After
from shared.plumbing.database import Connection, Pool
from shared.plumbing.store import Kind

_VALUE = re.compile(r"\?(?!\|)")
"""The sign for a value; `?|` is an operator."""

OF_COMMUNITY = "community = any(?::text[])"
"""Whether a row is one of these communities', as SQL."""


class Search:
    """The WHERE clause of a question, as far as the caller reaches; its arguments."""

    def __init__(self) -> None:
        self.clauses = ["true"]
        self.arguments: list[Any] = []

    def where(self, clause: str, value: object) -> None:
        """Only rows for which this holds; `?` stands for the value. A value of None is no condition."""
        if value is not None:
            self.arguments.append(value)
            self.clauses.append(_VALUE.sub(f"${len(self.arguments)}", clause))

    def flag(self, clause: str, wanted: bool | None) -> None:
        """Only rows for which this holds, or does not."""
        if wanted is not None:
            self.clauses.append(f"({clause})" if wanted else f"not coalesce({clause}, false)")

    def within_reach(self, caller: Person, departments: str | None, communities: str = OF_COMMUNITY) -> None:
        """Only what is the caller's business. `departments`: when a department has to do with a row; so `communities`."""
        match caller.reach:
            case Reach.COMMUNITY:
                self.where(communities, sorted(caller.communities))
            case Reach.DEPARTMENT if departments:
                self.where(departments, caller.department or "")
            case Reach.DEPARTMENT:
                self.clauses.append("false")
            case Reach.TOWN:
                pass

    @property
    def clause(self) -> str:
        """All conditions."""
        return " and ".join(self.clauses)

    async def rows(
        self, con: Pool | Connection, kind: Kind[Any], order: str, limit: int, offset: int = 0
    ) -> list[asyncpg.Record]:
        """The rows of a kind, in order."""
        return await con.fetch(
            f"select {', '.join(kind.columns)} from {kind.table.name} where {self.clause} "
            f"order by {order} limit {limit:d} offset {offset:d}",
            *self.arguments,
        )


@dataclass(frozen=True, slots=True)
class Way:
    """How a list is walked through: the rows, and the value that orders them, with the id as the tie's end."""

    source: str
    value: str
    type: str
    backwards: bool

    @classmethod
    def by_change(cls, table: str, kind: str) -> Self:
        """Latest change first: an aggregate changed last when its last fact was said, in the journal's own order."""
        said = f"select position, stream as said_by, version as said_at from journal where kind = '{kind}'"
        source = f"({said}) last_said join {table} on id = said_by and version = said_at"
        return cls(source, "position", "bigint", backwards=True)

    def sql(self, search: Search, after: After | None, limit: int, columns: str) -> tuple[str, list[Any]]:
        """The statement for the next so many, with `value` after the columns, and its arguments."""
        arguments, clause = list(search.arguments), search.clause
        sign, word = ("<", "desc") if self.backwards else (">", "asc")
        if after is not None:
            arguments += [after.value, after.id]
            n = len(arguments)
            clause += f" and ({self.value}, id) {sign} (${n - 1}::text::{self.type}, ${n}::uuid)"
        return (
            f"select {columns}, ({self.value})::text as value from {self.source} where {clause} "
            f"order by {self.value} {word}, id {word} limit {limit:d}",
            arguments,
        )
