"""What was heard: a record from the wire, and what a service does on hearing it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.events.base import ref
from shared.plumbing.database import Connection
from shared.plumbing.quarantine import Record
from shared.plumbing.work import Wanted, Work

F = TypeVar("F")
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
