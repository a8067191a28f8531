"""Two small services on the sample domain: `sample` says what happens to boxes, `listener` echoes what it hears."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath

from shared.events.base import Asked
from shared.plumbing.change import Ask, change
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Plan, Service
from shared.rules.township import Terms
from tests.support.sample import BOXES, ECHOES, Listening, fill, open_box


class SampleTerms(Terms):
    """Nothing but a date."""


class Filling(Asked):
    """How much to put in."""

    amount: int


@post("/boxes/{id:uuid}")
async def create_box(id: FromPath[UUID], service: Service[SampleTerms], ask: Ask) -> dict[str, Any]:
    """Open a box."""
    return await change(service.base, BOXES, id, ask, open_box, "here")


@post("/boxes/{id:uuid}/fill", status_code=200)
async def fill_box(id: FromPath[UUID], data: Filling, service: Service[SampleTerms], ask: Ask) -> dict[str, Any]:
    """Put something in."""
    return await change(service.base, BOXES, id, ask, fill, data.amount)


def _deaf(inbox: Inbox, service: Service[SampleTerms]) -> None:
    """The first service hears nothing."""


def _listen(inbox: Inbox, service: Service[SampleTerms]) -> None:
    Listening().listen(inbox)


def _listen_and_cope(inbox: Inbox, service: Service[SampleTerms]) -> None:
    listening = Listening()
    listening.copes = True
    listening.listen(inbox)


SAMPLE = Plan("sample", SampleTerms, (BOXES,), ("listener.events",), [create_box, fill_box], _deaf)
LISTENER = Plan("listener", SampleTerms, (ECHOES,), ("sample.events",), [], _listen)
COPING = Plan("listener", SampleTerms, (ECHOES,), ("sample.events",), [], _listen_and_cope)
