"""Doors: what comes in, and to whom it goes."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.intake.counting import arm_counts
from services.intake.deciding import answer, decide, timed
from services.intake.domain import dispatching, registration
from services.intake.domain.asked import (
    Accept,
    Answer,
    Because,
    Dispatch,
    NewComplaint,
    Redirect,
    RequestReturn,
)
from services.intake.domain.complaint import Complaint
from services.intake.domain.hotspot import spot
from services.intake.domain.locating import locate
from services.intake.following import follow_code
from services.intake.proposing import rules_of
from services.intake.registering import Desk, Here, incoming, stands_alone
from shared.plumbing.caller import Reach, Scope
from shared.plumbing.change import at_once, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.plumbing.work import Held, Work
from shared.rules.broken import Reason, refuse


@post("/complaints")
async def register_complaint(data: JSONBody[NewComplaint], service: Here, ask: Asking) -> dict[str, Any]:
    """诉求登记. `outcome`: NEW, or URGED when it urges an earlier complaint (whose id is answered), or KNOWN.

    `follow`: the code by which the complainant follows it without a login.
    """
    caller = ask.caller
    where = locate(service.town, data.community, data.place)
    refuse(
        caller.reach is Reach.COMMUNITY
        and not caller.reaches(Scope(where.community))
        and Reason("not_your_community", "只能登记本社区（村）的诉求", "/community")
    )
    item = incoming(service, data)
    desk: Desk | None = None

    async def prepare(con: Connection, work: Work) -> None:
        nonlocal desk
        desk = await Desk.open(service, con, work, [item])

    def register(work: Work) -> dict[str, Any]:
        assert desk is not None
        registered = desk.register(work, item)
        followed_by = follow_code(service.keys.lookup, registered.complaint.id)
        return answer(registered.complaint) | {"outcome": registered.outcome, "follow": followed_by}

    def register_alone(work: Work) -> dict[str, Any]:
        nonlocal desk
        desk = Desk(service, {}, service.terms.on(work.now))
        return register(work)

    if await stands_alone(service, item) and (done := await at_once(service.base, ask, register_alone)):
        return done
    return await together(service.base, [], ask, register, prepare)


@post("/complaints/{id:uuid}/answer", status_code=200)
async def answer_complaint(id: FromPath[UUID], data: JSONBody[Answer], service: Here, ask: Asking) -> dict[str, Any]:
    """直接答复."""
    return await decide(service, ask, id, timed(service, registration.answer, data), data)


@post("/complaints/{id:uuid}/redirect", status_code=200)
async def redirect_complaint(
    id: FromPath[UUID], data: JSONBody[Redirect], service: Here, ask: Asking
) -> dict[str, Any]:
    """引导至其他渠道."""
    return await decide(service, ask, id, timed(service, registration.redirect, data), data)


@post("/complaints/{id:uuid}/dispatch", status_code=200)
async def dispatch_complaint(
    id: FromPath[UUID], data: JSONBody[Dispatch], service: Here, ask: Asking
) -> dict[str, Any]:
    """派单. Where the dispatcher found another category or place, both are counted anew."""

    def count(work: Work, held: Held[Complaint]) -> None:
        if held.before is not None and held.state is not None and spot(held.before) != spot(held.state):
            arm_counts(work, held.before)
            arm_counts(work, held.state)

    return await decide(
        service,
        ask,
        id,
        lambda was: dispatching.dispatch(
            was,
            data,
            now=service.now(),
            terms=service.today,
            calendar=service.calendar,
            town=service.town,
            rules=rules_of(service).on(service.now()),
        ),
        data,
        then=count,
    )


@post("/complaints/{id:uuid}/accept", status_code=200)
async def accept_complaint(id: FromPath[UUID], data: JSONBody[Accept], service: Here, ask: Asking) -> dict[str, Any]:
    """签收."""
    return await decide(service, ask, id, lambda was: dispatching.accept(was, data, now=service.now()), data)


@post("/complaints/{id:uuid}/return-request", status_code=200)
async def request_return(
    id: FromPath[UUID],
    data: JSONBody[RequestReturn],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """申请退单."""
    return await decide(service, ask, id, timed(service, dispatching.request_return, data), data)


@post("/complaints/{id:uuid}/return", status_code=200)
async def approve_return(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """同意退单."""
    return await decide(service, ask, id, dispatching.approve_return)


@post("/complaints/{id:uuid}/return-rejection", status_code=200)
async def reject_return(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不同意退单."""
    return await decide(service, ask, id, lambda was: dispatching.reject_return(was, data), data)


DOORS = [
    register_complaint,
    answer_complaint,
    redirect_complaint,
    dispatch_complaint,
    accept_complaint,
    request_return,
    approve_return,
    reject_return,
]
