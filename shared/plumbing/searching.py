"""查找: what somebody asks for in a list, as SQL, as far as the caller reaches; and the conditions in a query."""

import re
from typing import Any, TypeVar

import asyncpg
from litestar import Request
from litestar.exceptions import ValidationException
from pydantic import BaseModel, ValidationError

from shared.plumbing.caller import Person, Reach
from shared.plumbing.database import Connection, Pool
from shared.plumbing.store import Kind

Q = TypeVar("Q", bound=BaseModel)
_VALUE = re.compile(r"\?(?!\|)")
"""The sign for a value; `?|` is an operator."""


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

    def within_reach(self, caller: Person, departments: str | None) -> None:
        """Only what is the caller's business. `departments`: when a department has to do with a row."""
        match caller.reach:
            case Reach.COMMUNITY:
                self.where("community = any(?::text[])", sorted(caller.communities))
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


def in_query(request: Request[Any, Any, Any], model: type[Q]) -> Q:
    """The conditions in the query; an unknown one would leave the list longer than was meant, and is refused."""
    named: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name == "state":
            named.setdefault(name, []).append(value)
        elif name in named:
            raise ValidationException(extra=[{"key": name, "message": "Value error, 只能给出一次"}])
        else:
            named[name] = value
    try:
        return model.model_validate(named)
    except ValidationError as error:
        found = [
            {"key": ".".join(str(part) for part in reason["loc"]), "message": reason["msg"]}
            for reason in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise ValidationException(extra=found) from None
