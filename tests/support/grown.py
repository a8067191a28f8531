"""The sample pair one version later: its contract, its table and its handlers have grown. Run it with `launch`.

A process speaks one version of a contract, so this module takes the older class of a fact out of the catalogue: import
it in a process of its own only.
"""

from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath
from sqlalchemy import Column, MetaData, Text

from shared.events.base import Asked, Fact
from shared.plumbing.change import Ask, change
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Service
from shared.plumbing.store import Kind, table
from shared.plumbing.work import Held, Where, Work
from tests.support import sample, sample_services
from tests.support.sample import ECHOES, Box, BoxFact, Echo, Listening, echo, fill
from tests.support.sample_services import SampleTerms

EXPAND = "alter table boxes add column place text not null default 'here'"
"""The migration, run while the older version is still at work: only added to, with a default."""
MOVED = 1000
"""What an echo of a move adds to the total."""

del Fact.known[sample.BoxFilled.wire_type]


class BoxFilled(sample.BoxFilled):
    """Something was put into it. `note` is new, and optional."""

    note: str | None = None


class BoxMoved(BoxFact):
    """It stands somewhere else: a fact that the older version has never heard of."""

    place: str


@dataclass(frozen=True, slots=True)
class GrownBox(Box):
    """A box, and where it stands."""

    place: str = "here"


def evolve(before: GrownBox | None, fact: BoxFact) -> GrownBox:
    """before, fact -> after."""
    if before and isinstance(fact, BoxMoved):
        return replace(before, place=fact.place)
    after = sample.evolve(before, fact)
    return GrownBox(*(getattr(after, f.name) for f in fields(Box)), place=before.place if before else "here")


BOXES = Kind(
    "box",
    GrownBox,
    table(
        MetaData(),
        "boxes",
        *(Column(column.name, column.type, nullable=column.nullable) for column in list(sample.BOXES.table.c)[3:]),
        Column("place", Text, nullable=False),
    ),
    evolve,
    watches=sample.BOXES.watches,
    scope=sample.BOXES.scope,
)


def fill_and_move(before: GrownBox | None, amount: int, note: str | None) -> list[Fact]:
    """With a note the filling says it, and the box moves there."""
    fill(before, amount)
    filled = BoxFilled(amount=amount, note=note)
    return [filled, BoxMoved(place=note)] if note else [filled]


class Filling(Asked):
    """How much to put in, and where it goes then."""

    amount: int
    note: str | None = None


@post("/boxes/{id:uuid}/fill", status_code=200)
async def fill_box(id: FromPath[UUID], data: Filling, service: Service[SampleTerms], ask: Ask) -> dict[str, Any]:
    """Put something in."""
    return await change(service.base, BOXES, id, ask, fill_and_move, data.amount, data.note)


def _listen(inbox: Inbox, service: Service[SampleTerms]) -> None:
    """What it heard before, and the new fact."""
    Listening().listen(inbox)

    @inbox.hears(BoxMoved, touches=lambda h: [Where(ECHOES, "of", h.ref)])
    def on_moved(work: Work, heard: Heard[BoxMoved], echoes: list[Held[Echo]]) -> None:
        for held in echoes:
            held.change(echo, heard.ref, MOVED)


_DOORS = [fill_box if door.handler_name == "fill_box" else door for door in sample_services.SAMPLE.routes]
SAMPLE_GROWN = replace(sample_services.SAMPLE, kinds=(BOXES,), routes=_DOORS)
LISTENER_GROWN = replace(sample_services.LISTENER, listen=_listen)
