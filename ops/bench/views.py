"""(d) What people look at: the list with each of its conditions, searches, one complaint, its history, the resident's page,
and a file of many.

The orders come in by the way of the hotline, in bulk; most are then dispatched, handled, finished and closed by the
service's own rules. Then one caller asks the application for each view again and again, in the same process: what is
measured is the service and PostgreSQL, without the network and without other load.

`python -m ops.bench.views` reads a `Job` as JSON and writes milliseconds.
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles
from typing import Any

import httpx
import uvloop
from litestar import Litestar

from ops.bench.parts import Job as PartsJob
from ops.bench.parts import batches, hear, opened, orders
from ops.embedded.keys import Bearer, Keys
from services.intake.domain import dispatching, finishing, handling
from services.intake.domain.asked import Accept, Because, Contact, Dispatch, Finish, RecordCallback
from services.intake.following import follow_code
from services.intake.main import PLAN as INTAKE
from services.intake.registering import IntakeService
from services.intake.store import COMPLAINTS
from shared.events.intake import ContactManner, SpokenWith
from shared.events.vocabulary import Satisfaction, Urgency
from shared.plumbing.service import application
from shared.plumbing.work import Held, Work

ROUNDS = 100
SLOW = 10
"""So often a search is asked for that opens the vault, and a file."""
UNITS = (
    "town-community-office",
    "town-enforcement",
    "town-safety-office",
    "district-housing",
    "firm-heating",
    "firm-gas",
)
DISPATCHER, SUPERVISOR = Bearer("dispatcher"), Bearer("supervisor")
OFFICER, SECRETARY = Bearer("officer", department=UNITS[1]), Bearer("secretary", ("dahuichang",))
EXPORTED = 10_000
"""So many complaints stand in the file, if there are so many."""
RARE = 500
"""One in so many is supervised, and one in so many a hard case."""


@dataclass(frozen=True)
class Job(PartsJob):
    """`rounds`: how often each view is asked for."""

    rounds: int = ROUNDS


@dataclass(frozen=True, slots=True)
class View:
    """Something to look at: who asks for what; `body`: by POST."""

    name: str
    path: str
    who: Bearer | None = DISPATCHER
    body: dict[str, Any] | None = None


async def live_on(service: IntakeService) -> None:
    """Most complaints are dispatched soon after they came, half of them closed, some still under way, some too late."""
    rows = await service.pool.fetch("select id, received_at from complaints order by received_at, id")
    for batch in batches(rows):
        now = max(row["received_at"] for row in batch) + timedelta(minutes=10)
        async with service.pool.acquire() as con, con.transaction():
            work = Work(now, "dispatcher::bench", service.terms.on(now).version)
            await work.load(con, [(COMPLAINTS, row["id"]) for row in batch])
            for row in batch:
                _live(service, work, work.get((COMPLAINTS, row["id"])))
            await work.flush(con)
    await service.pool.execute("delete from outbox")
    for table in ("complaints", "journal", "vault", "vault_keys", "routes"):
        await service.pool.execute(f"vacuum (analyze) {table}")


def _live(service: IntakeService, work: Work, held: Held[Any]) -> None:
    random, now, terms = Random(held.id.int), work.now, service.terms.on(work.now)
    fate, unit = random.random(), random.choice(UNITS)
    if fate < 0.1:
        return
    asked = Dispatch(lead=unit, urgency=random.choice((Urgency.ROUTINE, Urgency.ROUTINE, Urgency.URGENT)))
    held.change(dispatching.dispatch, asked, now=now, terms=terms, calendar=service.calendar, town=service.town)
    if random.randrange(RARE) == 0:
        held.change(handling.supervise, Because(reason="领导批示"))
        held.change(handling.mark_hard, Because(reason="涉及多个部门"))
    if fate < 0.2:
        return
    held.change(dispatching.accept, Accept(unit=unit), now=now)
    held.change(handling.contact, Contact(unit=unit, contacted_at=now, manner=ContactManner.PHONE), now=now)
    if fate < 0.4:
        return
    finish = Finish(unit=unit, finished_at=now, spoken_with=SpokenWith.COMPLAINANT, measure="已到现场处理并告知。")
    held.change(finishing.finish, finish, open_routes=0, now=now, terms=terms, calendar=service.calendar)
    if fate < 0.45:
        return
    called = RecordCallback(called_at=now, contacted=True, resolved=True, satisfaction=Satisfaction.SATISFIED)
    held.change(finishing.record_callback, called, now=now, terms=terms)
    held.change(finishing.close, now=now, terms=terms, calendar=service.calendar)


async def views(service: IntakeService, call: "Call") -> list[View]:
    """Everything there is to look at."""
    middle = await service.pool.fetchrow(
        "select id, number, received_at from complaints where state = 'CLOSED' and not confidential "
        "order by received_at offset (select count(*) / 4 from complaints) limit 1"
    )
    assert middle is not None
    id, number = middle["id"], middle["number"]
    day = middle["received_at"].replace(microsecond=0)
    conditions = {
        "state": "state=IN_PROGRESS&state=DISPATCHED",
        "unit": f"unit={UNITS[0]}",
        "due_within": "due_within=48",
        "overdue": "overdue=true",
        "overdue, soonest first": "overdue=true&sort=due",
        "community": "community=dahuichang",
        "category": "category=PARKING",
        "place": "place=dahuichang-estate",
        "channel": "channel=HOTLINE_12345",
        "channel, none": "channel=QQ",
        "type": "type=INQUIRY",
        "type, rare": "type=REPORT",
        "urgency": "urgency=URGENT",
        "supervised": "supervised=true",
        "hard": "hard=true",
        "listed": "listed=true",
        "repeat": "repeat=true",
        "received": f"received_from={_url(day - timedelta(days=1))}&received_until={_url(day)}",
        "number": f"number={number}",
        "text, name": "text=停车",
        "text, staff": "text=已到现场",
        "text, nowhere": "text=没有人写过",
        "by due date": "sort=due",
        "by change": "sort=updated",
    }
    border = await service.pool.fetchval(
        "select received_at from complaints order by received_at offset $1 limit 1", EXPORTED
    )
    until = f"&received_until={_url(border)}" if border else ""
    after = ""
    for _ in range(50):
        page = await call.ask(View("", f"/complaints?limit=200{after}"))
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    return [
        View("list", "/complaints"),
        View("list, page 51", f"/complaints?limit=200{after}"),
        View("list, officer", "/complaints", OFFICER),
        View("list, secretary", "/complaints", SECRETARY),
        *(View(name, f"/complaints?{query}") for name, query in conditions.items()),
        View("originals, often", "/complaints/search", DISPATCHER, {"text": "居民"}),
        View("originals, nowhere", "/complaints/search", DISPATCHER, {"text": "没有人说过"}),
        View("complaint", f"/complaints/{id}"),
        View("history", f"/complaints/{id}/history"),
        View("export, CSV", f"/complaints/export?channel=HOTLINE_12345{until}"),
        View("follow", f"/follow/{follow_code(service.keys.lookup, id)}", None),
    ]


def _url(moment: datetime) -> str:
    return moment.isoformat().replace("+", "%2B")


class Call:
    """One caller of the application."""

    def __init__(self, app: Litestar, keys: Keys) -> None:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        self._http = httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=120)
        self._keys, self._tokens = keys, dict[Bearer, str]()
        self._app = app

    async def ask(self, view: View) -> Any:
        """The answer, which must be a good one; of a file how many rows it has."""
        headers = {}
        if view.who is not None:
            if view.who not in self._tokens:
                self._tokens[view.who] = self._keys.token(view.who, now=datetime.now(UTC), lifetime=timedelta(hours=2))
            headers["Authorization"] = f"Bearer {self._tokens[view.who]}"
        else:
            await self._app.state.rate_limits.forget()
        answer = await self._http.request("POST" if view.body else "GET", view.path, json=view.body, headers=headers)
        answer.raise_for_status()
        rows = answer.headers.get("x-rows")
        return answer.json() if rows is None else int(rows)


async def run(job: Job) -> dict[str, dict[str, float]]:
    """Fill, live, look; milliseconds by view, of a file its rows per second, too."""
    async with opened(INTAKE, job) as service:
        await hear(service.inbox, orders(job.orders))
        await live_on(service)
        app = application(INTAKE, service.settings)
        app.state.service = service
        call = Call(app, Keys(service.settings.master_key_file.parent.parent))
        found = {}
        for view in await views(service, call):
            slow = any(word in view.name for word in ("originals", "text", "export"))
            rounds = max(2, job.rounds // SLOW if slow else job.rounds)
            found[view.name] = await _timed(call, view, rounds)
        return found


async def _timed(call: Call, view: View, rounds: int) -> dict[str, float]:
    answer = await call.ask(view)
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        await call.ask(view)
        seconds.append(time.perf_counter() - start)
    cut: Sequence[float] = quantiles(seconds, n=100, method="inclusive")
    rows = {"rows": float(answer), "rows_per_s": answer / cut[49]} if isinstance(answer, int) else {}
    return {"p50_ms": cut[49] * 1000, "p99_ms": cut[98] * 1000} | rows


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Job(**json.load(sys.stdin))))))
