"""A small domain for testing the plumbing: boxes that are opened, filled and shut."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB

from shared.events.base import Fact, derived
from shared.plumbing.caller import Scope
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.store import Kind, table
from shared.plumbing.work import Held, Where, Work
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch


class BoxFact(Fact, abstract=True):
    """Anything said of a box."""

    said_by = "sample"
    kind = "box"


class BoxOpened(BoxFact):
    """A box is there."""

    community: str
    closes_at: datetime | None = None


class BoxFilled(BoxFact):
    """Something was put into it."""

    amount: int


class BoxShut(BoxFact):
    """It was shut."""


class BoxEcho(Fact):
    """Another service repeats what it heard of a box."""

    said_by = "sample"
    kind = "echo"

    of: str
    amount: int


class BoxState(StrEnum):
    """Whether a box takes more."""

    OPEN = "OPEN"
    SHUT = "SHUT"


@dataclass(frozen=True, slots=True)
class Box:
    """A box."""

    community: str
    state: BoxState
    total: int
    amounts: tuple[int, ...]
    closes_at: datetime | None


def evolve(before: Box | None, fact: BoxFact) -> Box:
    """before, fact -> after."""
    match fact:
        case BoxOpened():
            return Box(fact.community, BoxState.OPEN, 0, (), fact.closes_at)
        case BoxFilled() if before:
            return replace(before, total=before.total + fact.amount, amounts=(*before.amounts, fact.amount)[-5:])
        case BoxShut() if before:
            return replace(before, state=BoxState.SHUT)
    raise AssertionError(fact)


def open_box(before: Box | None, community: str, closes_at: datetime | None = None) -> list[Fact]:
    """A box is opened once."""
    return [] if before else [BoxOpened(community=community, closes_at=closes_at)]


def fill(before: Box | None, amount: int) -> list[Fact]:
    """Only an open box takes something, and only something."""
    refuse(
        before is None and Reason("not_found", "没有这个箱子"),
        before is not None and before.state is BoxState.SHUT and Reason("shut", "箱子已关闭"),
        amount < 1 and Reason("nothing", "数量须大于零", "/amount"),
    )
    return [BoxFilled(amount=amount)]


def shut(before: Box | None) -> list[Fact]:
    """Shut is shut."""
    return [BoxShut()] if before and before.state is BoxState.OPEN else []


@dataclass(frozen=True, slots=True)
class Echo:
    """What was heard of one box."""

    of: str
    total: int
    times: int


def echo_evolve(before: Echo | None, fact: BoxEcho) -> Echo:
    """before, fact -> after."""
    before = before or Echo(fact.of, 0, 0)
    return replace(before, total=before.total + fact.amount, times=before.times + 1)


def echo(_: Echo | None, of: str, amount: int) -> list[Fact]:
    """Repeat it."""
    return [BoxEcho(of=of, amount=amount)]


METADATA = MetaData()
BOXES = Kind(
    "box",
    Box,
    table(
        METADATA,
        "boxes",
        Column("community", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("total", Integer, nullable=False),
        Column("amounts", JSONB, nullable=False),
        Column("closes_at", DateTime(timezone=True)),
    ),
    evolve,
    watches=lambda s: {"closing": Watch(s.closes_at)} if s.closes_at and s.state is BoxState.OPEN else {},
    scope=lambda s: Scope(s.community),
)
ECHOES = Kind(
    "echo",
    Echo,
    table(METADATA, "echoes", Column("of", Text), Column("total", Integer), Column("times", Integer)),
    echo_evolve,
)
POISON = 13
"""A handler that cannot cope with this amount, as long as `Listening.copes` is false."""


class Listening:
    """The handlers of the sample: echo every filling."""

    def __init__(self) -> None:
        self.copes = False

    def listen(self, inbox: Inbox) -> None:
        """Register them."""

        @inbox.hears(BoxOpened, touches=lambda h: [(ECHOES, derived("echo", h.id))])
        def on_opened(work: Work, heard: Heard[BoxOpened], held: Held[Echo]) -> None:
            held.change(echo, heard.ref, 0)

        @inbox.hears(BoxFilled, touches=lambda h: [Where(ECHOES, "of", h.ref)])
        def on_filled(work: Work, heard: Heard[BoxFilled], echoes: list[Held[Echo]]) -> None:
            if heard.fact.amount == POISON and not self.copes:
                raise ArithmeticError("a handler that cannot cope")
            for held in echoes:
                held.change(echo, heard.ref, heard.fact.amount)


def box_id(n: int) -> UUID:
    """The n-th box."""
    return derived("box", n)


SOON = timedelta(hours=1)
