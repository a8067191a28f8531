"""The smallest aggregate there can be: a meter that is put up and read."""

from dataclasses import dataclass, replace

from sqlalchemy import Column, Integer, MetaData, Text

from shared.events.base import Fact
from shared.plumbing.store import Kind, table


class MeterFact(Fact, abstract=True):
    """Anything said of a meter."""

    said_by = "bench"
    kind = "meter"


class MeterPutUp(MeterFact):
    """A meter is there."""

    place: str


class MeterRead(MeterFact):
    """It was read once more."""

    reading: int


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter."""

    place: str
    readings: int


def evolve(before: Meter | None, fact: MeterFact) -> Meter:
    """The meter after this fact."""
    match fact:
        case MeterPutUp():
            return Meter(fact.place, 0)
        case MeterRead() if before:
            return replace(before, readings=fact.reading)
    raise AssertionError(fact)


def put_up(before: Meter | None, place: str) -> list[Fact]:
    """Once."""
    return [] if before else [MeterPutUp(place=place)]


def read(before: Meter | None) -> list[Fact]:
    """Again and again."""
    assert before is not None
    return [MeterRead(reading=before.readings + 1)]


METADATA = MetaData()
METERS = Kind(
    "meter",
    Meter,
    table(METADATA, "meters", Column("place", Text, nullable=False), Column("readings", Integer, nullable=False)),
    evolve,
)
