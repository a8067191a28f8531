"""协商事项落实: reports, completion, excuses."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from services.deliberation import history, listing, views
from services.deliberation.api.door import Answer, DeliberationService, Here, answered
from services.deliberation.domain.asked import ExcuseUndertaking, FinishUndertaking, ReportUndertaking
from services.deliberation.domain.implementation import carried_out
from services.deliberation.domain.undertaking import Undertaking, excuse, finish, report
from services.deliberation.listing import UndertakingFilters
from services.deliberation.store import TOPICS, UNDERTAKINGS
from shared.plumbing import query
from shared.plumbing.attachments.keeping import checksums
from shared.plumbing.change import change, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Where, Work


def _asked(request: Request[Any, Any, Any]) -> UndertakingFilters:
    return query.asked(request, UndertakingFilters)


@get("/undertakings", dependencies={"asked": Provide(_asked, sync_to_thread=False)}, opt={"query": UndertakingFilters})
async def list_undertakings(service: Here, ask: Asking, asked: NamedDependency[UndertakingFilters]) -> Answer:
    """落实任务, by due date: `items`, and `next` for the page after, or null.

    Conditions (all must hold): community, state (several), topic, unit, overdue, due_until.
    """
    return await listing.listed(service.pool, service.keys, ask.caller, asked)


@get("/undertakings/{id:uuid}")
async def show_undertaking(id: FromPath[UUID], service: Here, ask: Asking) -> Answer:
    """一项落实任务, with its history."""
    found = await views.one(service.pool, UNDERTAKINGS, id, views.reach_of(ask.caller))
    if found is None:
        raise NotFoundException
    return found | {"history": await history.of(service.pool, id)}


@post("/undertakings/{id:uuid}/reports", status_code=200)
async def report_undertaking(
    id: FromPath[UUID],
    data: JSONBody[ReportUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """报告落实进展."""
    kept = await checksums(service.pool, UNDERTAKINGS, id)
    return await change(service.base, UNDERTAKINGS, id, ask, report, data, kept=kept)


@post("/undertakings/{id:uuid}/done", status_code=200)
async def finish_undertaking(
    id: FromPath[UUID],
    data: JSONBody[FinishUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """落实完成; after the last one the result must be public in time."""
    kept = await checksums(service.pool, UNDERTAKINGS, id)

    def decide(work: Work, held: Held[Undertaking]) -> Answer:
        return _ended(service, work, held, bool(held.change(finish, data, kept=kept, now=work.now)))

    return await together(service.base, [(UNDERTAKINGS, id)], ask, decide, _with_topic(id))


@post("/undertakings/{id:uuid}/excuse", status_code=200)
async def excuse_undertaking(
    id: FromPath[UUID],
    data: JSONBody[ExcuseUndertaking],
    service: Here,
    ask: Asking,
) -> Answer:
    """免除落实."""

    def decide(work: Work, held: Held[Undertaking]) -> Answer:
        return _ended(service, work, held, bool(held.change(excuse, data)))

    return await together(service.base, [(UNDERTAKINGS, id)], ask, decide, _with_topic(id))


def _with_topic(id: UUID) -> Callable[[Connection, Work], Awaitable[None]]:
    """Load the undertaking with its topic and all undertakings of that, in the order in which everybody locks them."""

    async def prepare(con: Connection, work: Work) -> None:
        if topic := await con.fetchval("select topic from undertakings where id = $1", id):
            await work.load(con, [(TOPICS, topic), (UNDERTAKINGS, id), Where(UNDERTAKINGS, "topic", topic)])

    return prepare


def _ended(service: DeliberationService, work: Work, held: Held[Undertaking], anew: bool) -> Answer:
    if anew:
        assert held.state is not None
        siblings = work.get(Where(UNDERTAKINGS, "topic", held.state.topic))
        work.get((TOPICS, held.state.topic)).change(
            carried_out,
            undertakings=[each.state for each in siblings],
            now=work.now,
            terms=service.today,
            calendar=service.calendar,
        )
    return answered(held)


ROUTES = [list_undertakings, show_undertaking, report_undertaking, finish_undertaking, excuse_undertaking]
