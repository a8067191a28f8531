"""谁看什么: which facts somebody asks for, as far as they reach; the same question as SQL and of a fact in memory."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Self
from uuid import UUID

import asyncpg
from pydantic import Field, StringConstraints

from shared.events.base import WHOLE, Asked, Code, Flag
from shared.plumbing.caller import Person, Scope
from shared.plumbing.searching import Search

LARGEST_PAGE = 1000
"""At most so many facts in one answer."""
Number = Annotated[int, Field(ge=0, le=2**63 - 1), WHOLE]
"""序号: the number of a fact on this dashboard; 0 is before the first."""
TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9.]{0,199}$")]
"""A type of fact, as `ComplaintReceived` or as `fiveplusn.intake.ComplaintReceived.v1`."""
KindName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,63}$")]
"""A kind of stream, such as `complaint`, or a service."""

COLUMNS = """number, service, kind, stream, version, position, type, data::text as data, actor, terms, at, received_at, cause,
    correlation, community, communities, departments, confidential"""
_COMMUNITIES = """(community = any(?::text[]) or communities && ?::text[])
    and (not confidential or departments && ?::text[])"""
_DEPARTMENTS = "?::text = any(departments)"


class Filters(Asked):
    """筛选. All conditions must hold; of several types or kinds any will do.

    `community`: facts that concern it, also besides another (联合哨); `department`: that concern this unit.
    """

    type: Annotated[tuple[TypeName, ...], Field(max_length=50)] = ()
    kind: Annotated[tuple[KindName, ...], Field(max_length=50)] = ()
    service: KindName | None = None
    stream: UUID | None = None
    community: Code | None = None
    department: Code | None = None


class FactPage(Filters):
    """翻页. `after`: the `next` of the page before, or the last number seen."""

    after: Number = 0
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), WHOLE] = LARGEST_PAGE


class Subscription(Filters):
    """订阅. `after`: the last number seen, 0 for everything; without it from now on. `follow=false`: end when all is told."""

    after: Number | None = None
    follow: Flag = True


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees: the conditions, as far as they reach. Two who ask for the same have the same view."""

    asked: Filters
    caller: Person

    @classmethod
    def of(cls, asked: Filters, caller: Person) -> Self:
        """Whoever reaches as far sees the same, whatever their name."""
        conditions = Filters.model_validate(asked.model_dump(include=set(Filters.model_fields)))
        return cls(conditions, replace(caller, subject="", posts=frozenset()))

    def shows(self, row: asyncpg.Record, scope: Scope) -> bool:
        """Whether this fact is part of it."""
        asked = self.asked
        return (
            self.caller.reaches(scope)
            and (not asked.type or row["type"] in asked.type or short(row["type"]) in asked.type)
            and (not asked.kind or row["kind"] in asked.kind)
            and (asked.service is None or row["service"] == asked.service)
            and (asked.stream is None or row["stream"] == asked.stream)
            and (asked.community is None or asked.community in (scope.community, *scope.communities))
            and (asked.department is None or asked.department in scope.departments)
        )

    def search(self) -> Search:
        """The same as SQL."""
        asked, found = self.asked, Search()
        found.within_reach(self.caller, _DEPARTMENTS, _COMMUNITIES)
        found.where("(type = any(?::text[]) or split_part(type, '.', 3) = any(?::text[]))", list(asked.type) or None)
        found.where("kind = any(?::text[])", list(asked.kind) or None)
        found.where("service = ?", asked.service)
        found.where("stream = ?", asked.stream)
        found.where("(community = ? or ? = any(communities))", asked.community)
        found.where("? = any(departments)", asked.department)
        return found


def short(type: str) -> str:
    """`ComplaintReceived` of `fiveplusn.intake.ComplaintReceived.v1`."""
    return type.split(".")[2]


def scope_of(row: asyncpg.Record | dict[str, Any]) -> Scope:
    """Whose business a row is."""
    return Scope(row["community"], tuple(row["departments"]), row["confidential"], tuple(row["communities"]))
