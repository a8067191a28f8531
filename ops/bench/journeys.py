"""(f) The whole way of a demand, among so many: complaints that were dispatched, routed in twenties to a topic, and closed.

One caller asks the application for one after the other, in the same process, as in `ops.bench.views`.

`python -m ops.bench.journeys` reads a `Job` as JSON and writes milliseconds.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import quantiles
from uuid import UUID

import httpx
import uvloop

from ops.bench.bare import BATCH
from ops.bench.parts import Job, Record, hear, opened, said
from ops.embedded.keys import Bearer, Keys
from services.dashboard.main import PLAN as DASHBOARD
from shared.events.base import derived, ref
from shared.events.deliberation import TopicClosed, TopicProposed
from shared.events.intake import (
    CloseGround,
    ComplaintAccepted,
    ComplaintClosed,
    ComplaintDispatched,
    ComplaintReceived,
    ComplaintRouted,
    RouteConcluded,
    RouteOutcome,
    RouteTaken,
)
from shared.events.vocabulary import Channel, ComplaintType, RouteTarget, TopicOrigin, Urgency
from shared.plumbing.service import application

ROUNDS = 1000
ROUTED, OF_TOPIC = 5, 20
"""One complaint in so many is routed; so many of these to one topic."""
PLACE = {"community": "dahuichang", "category": "PARKING", "place": "dahuichang-estate"}
OPERATOR = Bearer("operator")
_JSON, _PAGE = ("application/json", '"steps"'), ("text/html", "</html>")
LOOKS = {
    "complaint": ("/journeys/complaint/{complaint}", *_JSON),
    "topic": ("/journeys/topic/{topic}", *_JSON),
    "complaint, page": ("/journeys/complaint/{complaint}", *_PAGE),
    "topic, page": ("/journeys/topic/{topic}", *_PAGE),
    "topic, print": ("/journeys/topic/{topic}/print", *_PAGE),
}
"""What is asked for: path, media type, and what the answer must hold."""


def facts(count: int) -> Iterator[Record]:
    """All that was said about so many complaints, each stream in order."""
    now = datetime.now(UTC)
    for n in range(count):
        yield from _complaint(n, now)
    for n in range(0, count, ROUTED):
        yield from _route(n)
    for n in range(0, count, ROUTED * OF_TOPIC):
        routes = [ref("route", derived("bench route", m)) for m in range(n, min(n + ROUTED * OF_TOPIC, count), ROUTED)]
        proposed = TopicProposed(**PLACE, public_title="停车", origin=TopicOrigin.ROUTE, sources=tuple(routes))
        yield said(proposed, _topic(n), 1)
        yield said(TopicClosed(result="已划定车位"), _topic(n), 2)


def _topic(n: int) -> UUID:
    """The topic that this complaint's route leads to."""
    return derived("bench topic", n // (ROUTED * OF_TOPIC))


def _complaint(n: int, now: datetime) -> Iterator[Record]:
    stream, unit = derived("bench", n), "town-enforcement"
    yield said(
        ComplaintReceived(
            **PLACE,
            type=ComplaintType.COMPLAINT,
            channel=Channel.HOTLINE_12345,
            number=f"12345-{n:08d}",
            urgency=Urgency.ROUTINE,
            received_at=now,
            confidential=False,
        ),
        stream,
        1,
    )
    yield said(
        ComplaintDispatched(
            **PLACE,
            lead=unit,
            first_handler=unit,
            dispatch=1,
            urgency=Urgency.ROUTINE,
            dispatched_at=now,
            clock_from=now,
            accept_by=now + timedelta(hours=2),
            contact_by=now + timedelta(days=1),
            due_at=now + timedelta(days=7),
            deadline_version=1,
        ),
        stream,
        2,
    )
    yield said(ComplaintAccepted(lead=unit, accepted_at=now, late=False), stream, 3)
    yield said(ComplaintClosed(ground=CloseGround.SATISFIED, closed_at=now), stream, 4)


def _route(n: int) -> Iterator[Record]:
    stream, complaint, topic = derived("bench route", n), ref("complaint", derived("bench", n)), ref("topic", _topic(n))
    yield said(ComplaintRouted(**PLACE, complaint=complaint, wanted=RouteTarget.TOPIC), stream, 1)
    yield said(RouteTaken(complaint=complaint, target=topic), stream, 2)
    yield said(RouteConcluded(complaint=complaint, outcome=RouteOutcome.DONE, by=topic), stream, 3)


async def run(job: Job) -> dict[str, dict[str, float]]:
    """Fill, look; milliseconds of a routed complaint's journey, and of a topic's: as JSON, as a page, on paper."""
    random, found = Random(1), {}
    async with opened(DASHBOARD, job) as service:
        records = facts(job.orders)
        while batch := list(islice(records, BATCH)):
            await hear(service.inbox, batch)
        for table in ("facts", "links", "streams"):
            await service.pool.execute(f"vacuum (analyze) {table}")
        app = application(DASHBOARD, service.settings)
        app.state.service = service
        token = Keys(Path(job.keys).parent).token(OPERATOR, now=datetime.now(UTC), lifetime=timedelta(hours=2))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),  # type: ignore[arg-type]
            base_url="http://bench",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            for name, (path, media, holds) in LOOKS.items():
                seconds = []
                for _ in range(ROUNDS):
                    n = random.randrange(0, job.orders, ROUTED)
                    address = path.format(complaint=derived("bench", n), topic=_topic(n))
                    start = time.perf_counter()
                    answer = await client.get(address, headers={"Accept": media})
                    seconds.append(time.perf_counter() - start)
                    assert answer.status_code == 200
                    assert holds in answer.text
                cut = quantiles(seconds, n=100, method="inclusive")
                found[name] = {"p50_ms": cut[49] * 1000, "p99_ms": cut[98] * 1000}
    return found


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Job(**json.load(sys.stdin))))))
