"""Doors: how a complaint ends, and where it goes on."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.intake.deciding import answer, decide, timed, whose_words
from services.intake.domain import finishing
from services.intake.domain.asked import (
    ApproveException,
    Finish,
    RecordCallback,
    RouteComplaint,
    TryCallback,
)
from services.intake.domain.complaint import Complaint
from services.intake.domain.route import Route, RouteState, stands
from services.intake.domain.route import route as route_rule
from services.intake.registering import Here
from services.intake.store import COMPLAINTS, ROUTES
from shared.events.base import derived
from shared.plumbing.change import together
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Where, Work


@post("/complaints/{id:uuid}/finish", status_code=200)
async def finish_complaint(id: FromPath[UUID], data: JSONBody[Finish], service: Here, ask: Asking) -> dict[str, Any]:
    """办结: refused while a route is open."""

    def finish(was: Complaint | None, routes: list[Held[Route]]) -> Any:
        open_routes = sum(held.state is not None and held.state.state is RouteState.OPEN for held in routes)
        return finishing.finish(
            was,
            data,
            open_routes=open_routes,
            now=service.now(),
            terms=service.today,
            calendar=service.calendar,
        )

    return await decide(service, ask, id, finish, data, along=[Where(ROUTES, "complaint", id)])


@post("/complaints/{id:uuid}/callback-tries", status_code=200)
async def try_callback(id: FromPath[UUID], data: JSONBody[TryCallback], service: Here, ask: Asking) -> dict[str, Any]:
    """回访未成."""
    return await decide(
        service, ask, id, lambda was: finishing.try_callback(was, data, now=service.now(), terms=service.today)
    )


@post("/complaints/{id:uuid}/callbacks", status_code=200)
async def record_callback(
    id: FromPath[UUID],
    data: JSONBody[RecordCallback],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """回访."""
    return await decide(
        service, ask, id, lambda was: finishing.record_callback(was, data, now=service.now(), terms=service.today)
    )


@post("/complaints/{id:uuid}/reopen", status_code=200)
async def reopen_complaint(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """重办."""
    return await decide(service, ask, id, timed(service, finishing.reopen))


@post("/complaints/{id:uuid}/exception", status_code=200)
async def approve_exception(
    id: FromPath[UUID],
    data: JSONBody[ApproveException],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """批准例外办结."""
    return await decide(service, ask, id, lambda was: finishing.approve_exception(was, data, terms=service.today), data)


@post("/complaints/{id:uuid}/close", status_code=200)
async def close_complaint(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """归档."""
    return await decide(service, ask, id, timed(service, finishing.close))


@post("/complaints/{id:uuid}/routes")
async def route_complaint(
    id: FromPath[UUID],
    data: JSONBody[RouteComplaint],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """转办. What is asked for already, or linked already, is not routed twice: the route that stands is answered."""

    def run(work: Work, complaint: Held[Complaint], routes: list[Held[Route]]) -> dict[str, Any]:
        for held in routes:
            if held.state is not None and stands(held.state, data):
                return answer(held)
        route = work.born(ROUTES, derived("route", id, data.wanted, data.target or len(routes)))
        route.change(route_rule, data, complaint.state, id)
        return answer(route)

    await whose_words(service, ask.caller, id, data)
    return await together(service.base, [(COMPLAINTS, id), Where(ROUTES, "complaint", id)], ask, run)


DOORS = [
    finish_complaint,
    try_callback,
    record_callback,
    reopen_complaint,
    approve_exception,
    close_complaint,
    route_complaint,
]
