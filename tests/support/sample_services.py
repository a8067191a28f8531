"""Two small services on the sample domain: `sample` says what happens to boxes, `listener` echoes what it hears."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath

from shared.events.base import Asked
from shared.plumbing.change import Ask, change, together
from shared.plumbing.database import Connection
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.service import Plan, Service
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work
from shared.rules.township import Terms
from tests.support.sample import BOXES, ECHOES, Box, BoxFilled, Listening, fill, open_box, shut


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


class Closing(Asked):
    """After how many seconds the box shuts by itself."""

    seconds: float


@post("/boxes/{id:uuid}/both/{other:uuid}", status_code=200)
async def fill_both(
    id: FromPath[UUID], other: FromPath[UUID], data: Filling, service: Service[SampleTerms], ask: Ask
) -> dict[str, Any]:
    """Put the same into two boxes: one transaction of several statements."""

    def decide(_: Work, one: Held[Box], two: Held[Box]) -> dict[str, Any]:
        one.change(fill, data.amount)
        two.change(fill, data.amount)
        return {"versions": [one.version, two.version]}

    return await together(service.base, [(BOXES, id), (BOXES, other)], ask, decide)


@post("/boxes/{id:uuid}/closing")
async def create_closing_box(
    id: FromPath[UUID], data: Closing, service: Service[SampleTerms], ask: Ask
) -> dict[str, Any]:
    """Open a box that shuts by itself."""
    closes_at = service.now() + timedelta(seconds=data.seconds)
    return await change(service.base, BOXES, id, ask, open_box, "here", closes_at)


def _ring(timers: Timers, service: Service[SampleTerms]) -> None:
    @timers.at(BOXES, "closing")
    async def on_closing(work: Work, con: Connection, held: Held[Box], timer: Timer) -> None:
        held.change(shut)


def _deaf(inbox: Inbox, service: Service[SampleTerms]) -> None:
    """The first service hears nothing."""


def _listen(inbox: Inbox, service: Service[SampleTerms]) -> None:
    Listening().listen(inbox)


def _listen_and_cope(inbox: Inbox, service: Service[SampleTerms]) -> None:
    listening = Listening()
    listening.copes = True
    listening.listen(inbox)


def _listen_slowly(inbox: Inbox, service: Service[SampleTerms]) -> None:
    """Every filling takes 50 ms, during which this process does nothing else."""
    Listening().listen(inbox)
    handler = inbox.handlers[BoxFilled.wire_type]

    def slow(work: Work, heard: Heard[BoxFilled], *held: Any) -> None:
        time.sleep(0.05)
        handler.run(work, heard, *held)

    inbox.handlers[BoxFilled.wire_type] = replace(handler, run=slow)


DOORS = [create_box, fill_box, fill_both, create_closing_box]
SAMPLE = Plan("sample", SampleTerms, (BOXES,), ("listener.events",), DOORS, _deaf, _ring)
LISTENER = Plan("listener", SampleTerms, (ECHOES,), ("sample.events",), [], _listen)
COPING = Plan("listener", SampleTerms, (ECHOES,), ("sample.events",), [], _listen_and_cope)
SLOW = Plan("listener", SampleTerms, (ECHOES,), ("sample.events",), [], _listen_slowly)
