"""A version of the sample that broke its contract: a field that listeners need has another name. Run it with `launch`."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath

from shared.events.base import Fact
from shared.plumbing.change import Ask, change
from shared.plumbing.service import Service
from shared.plumbing.store import Kind
from tests.support import sample, sample_services
from tests.support.sample import Box, BoxFact
from tests.support.sample_services import Filling, SampleTerms

del Fact.known[sample.BoxFilled.wire_type]


class BoxFilled(BoxFact):
    """Something was put into it: the amount is called quantity now."""

    quantity: int


def evolve(before: Box | None, fact: BoxFact) -> Box:
    """before, fact -> after."""
    if before and isinstance(fact, BoxFilled):
        return replace(before, total=before.total + fact.quantity)
    return sample.evolve(before, fact)


BOXES = Kind("box", Box, sample.BOXES.table, evolve)


def fill(_: Box | None, quantity: int) -> list[Fact]:
    """Say it under the new name."""
    return [BoxFilled(quantity=quantity)]


@post("/boxes/{id:uuid}/fill", status_code=200)
async def fill_box(id: FromPath[UUID], data: Filling, service: Service[SampleTerms], ask: Ask) -> dict[str, Any]:
    """Put something in."""
    return await change(service.base, BOXES, id, ask, fill, data.amount)


_DOORS = [fill_box if door.handler_name == "fill_box" else door for door in sample_services.SAMPLE.routes]
SAMPLE_SHRUNK = replace(sample_services.SAMPLE, kinds=(BOXES,), routes=_DOORS)
