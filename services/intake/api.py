"""Intake's doors for people."""

import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from services.intake import importing, views
from services.intake.counting import arm_counts
from services.intake.deciding import SAID, answer, decide
from services.intake.domain import dispatching, finishing, handling, listing, registration
from services.intake.domain.asked import (
    Accept,
    AddSupport,
    Answer,
    ApproveException,
    Because,
    Contact,
    Dispatch,
    Finish,
    NewComplaint,
    RecordCallback,
    Redirect,
    ReportProgress,
    RequestExtension,
    RequestListing,
    RequestReturn,
    ReviewListing,
    RouteComplaint,
    TryCallback,
)
from services.intake.domain.complaint import Complaint, ComplaintState
from services.intake.domain.hotspot import HotspotState, spot
from services.intake.domain.locating import locate
from services.intake.domain.rates import month as month_of
from services.intake.domain.rates import report_day
from services.intake.domain.route import Route, RouteState, stands
from services.intake.domain.route import route as route_rule
from services.intake.registering import ORDER, WHEREABOUTS, Desk, Here, incoming, number_id
from services.intake.store import COMPLAINTS, ROUTES
from shared.events.base import derived
from shared.events.vocabulary import Channel
from shared.plumbing.caller import NotFound, Person, Reach, Scope
from shared.plumbing.change import Held, Where, Work, together
from shared.plumbing.database import Connection
from shared.plumbing.service import Asking
from shared.rules.broken import Reason, refuse

# ---------------------------------------------------------------------------------------------- what comes in


@post("/complaints")
async def register_complaint(data: JSONBody[NewComplaint], service: Here, ask: Asking) -> dict[str, Any]:
    """诉求登记. `outcome`: NEW, or URGED when it urges an earlier complaint (whose id is answered), or KNOWN."""
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
        return answer(registered.complaint) | {"outcome": registered.outcome}

    return await together(service.base, [], ask, register, prepare)


@post("/imports/rows", status_code=200)
async def import_rows(data: JSONBody[importing.ImportRows], service: Here, ask: Asking) -> dict[str, Any]:
    """导入 of at most 500 rows; each ends as accepted, duplicate, rejected or quarantined."""
    return await importing.import_all(service, ask, data)


# ---------------------------------------------------------------------------------------------- what is shown


@get("/complaints")
async def list_complaints(
    service: Here,
    ask: Asking,
    standing: Annotated[ComplaintState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    place: FromQuery[str | None] = None,
    lead: FromQuery[str | None] = None,
    channel: FromQuery[Channel | None] = None,
    number: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=1_000_000)] = 0,
) -> list[dict[str, Any]]:
    """诉求清单, newest first. `number` with its `channel` finds the complaint of that order, a confidential one too."""
    exact: dict[str, object] = {"state": standing, "community": community, "category": category, "place": place}
    exact["lead"] = lead
    if number is not None and channel is not None:
        exact["id"] = number_id(service.keys, channel, number)
    else:
        exact |= {"channel": channel, "number": number}
    return await views.complaints(service.pool, ask.caller, exact, limit, offset)


@get("/complaints/{id:uuid}")
async def read_complaint(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """一件诉求 with its routes."""
    found = await views.complaint(service.pool, ask.caller, id)
    if found is None:
        raise NotFoundException
    return found


@get("/complaints/{id:uuid}/original")
async def read_original(
    id: FromPath[UUID],
    reason: Annotated[str, QueryParameter(min_length=2, max_length=200)],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """原始诉求 with name and contact: who looked, and why, is kept."""
    caller = ask.caller
    async with service.pool.acquire() as con, con.transaction():
        row = await con.fetchrow(COMPLAINTS.read_sql, id)
        if row is None or not _holds(caller, COMPLAINTS.stored(row)):
            raise NotFound(str(id))
        await con.execute(
            "insert into audit (actor, action, subject, reason) values ($1, 'vault.read', $2, $3)",
            caller.actor,
            f"complaint/{id}",
            reason,
        )
        kept = {field: json.loads(text) for field, text in (await service.vault.read(con, id)).items()}
    return {
        "id": str(id),
        "order": kept.get(ORDER),
        "added": [kept[field] for field in sorted(kept) if field.startswith(f"{ORDER}/")],
        "whereabouts": kept.get(WHEREABOUTS),
        "said": {field.removeprefix(f"{SAID}/"): kept[field] for field in kept if field.startswith(f"{SAID}/")},
    }


def _holds(caller: Person, complaint: Complaint) -> bool:
    """The request centre and the units that handle it; a village where it merely happened may be whom it is about."""
    handling = {complaint.lead, *complaint.support}
    match caller.reach:
        case Reach.TOWN:
            return True
        case Reach.DEPARTMENT:
            return caller.department in handling
        case Reach.COMMUNITY:
            return not handling.isdisjoint(caller.communities)


@get("/routes")
async def list_routes(
    service: Here,
    ask: Asking,
    complaint: FromQuery[UUID | None] = None,
    target: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 1000,
) -> list[dict[str, Any]]:
    """转办清单 of a complaint, or to a target (`topic/uuid`)."""
    return await views.routes(service.pool, ask.caller, complaint, target, limit)


@get("/hotspots")
async def list_hotspots(
    service: Here,
    ask: Asking,
    standing: Annotated[HotspotState | None, QueryParameter(name="state")] = None,
    community: FromQuery[str | None] = None,
) -> list[dict[str, Any]]:
    """热点清单."""
    return await views.hotspots(service.pool, ask.caller, standing, community)


@get("/rates")
async def read_rates(
    service: Here,
    ask: Asking,
    month: Annotated[str | None, QueryParameter(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] = None,
    day: FromQuery[date | None] = None,
    community: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
) -> dict[str, Any]:
    """三率 of a month (2024-02: from 19 January to 19 February) or a day (from noon to noon); else of this month."""
    terms = service.today
    if day is not None:
        window = report_day(day, terms=terms)
    elif month is not None:
        window = month_of(date.fromisoformat(f"{month}-01"), terms=terms)
    else:
        window = month_of(service.now().date(), terms=terms)
    return await views.assessment(service.pool, ask.caller, window, terms, community, unit)


# ---------------------------------------------------------------------------------------------- answer, dispatch


@post("/complaints/{id:uuid}/answer", status_code=200)
async def answer_complaint(id: FromPath[UUID], data: JSONBody[Answer], service: Here, ask: Asking) -> dict[str, Any]:
    """直接答复."""
    return await decide(service, ask, id, lambda was: registration.answer(was, data, now=service.now()), data)


@post("/complaints/{id:uuid}/redirect", status_code=200)
async def redirect_complaint(
    id: FromPath[UUID], data: JSONBody[Redirect], service: Here, ask: Asking
) -> dict[str, Any]:
    """引导至其他渠道."""
    return await decide(service, ask, id, lambda was: registration.redirect(was, data, now=service.now()), data)


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
            was, data, now=service.now(), terms=service.today, calendar=service.calendar, town=service.town
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
    return await decide(
        service,
        ask,
        id,
        lambda was: dispatching.request_return(
            was, data, now=service.now(), terms=service.today, calendar=service.calendar
        ),
        data,
    )


@post("/complaints/{id:uuid}/return", status_code=200)
async def approve_return(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """同意退单."""
    return await decide(service, ask, id, dispatching.approve_return)


@post("/complaints/{id:uuid}/return-rejection", status_code=200)
async def reject_return(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不同意退单."""
    return await decide(service, ask, id, lambda was: dispatching.reject_return(was, data), data)


# ---------------------------------------------------------------------------------------------- handle


@post("/complaints/{id:uuid}/contacts", status_code=200)
async def record_contact(id: FromPath[UUID], data: JSONBody[Contact], service: Here, ask: Asking) -> dict[str, Any]:
    """联系诉求人."""
    return await decide(service, ask, id, lambda was: handling.contact(was, data, now=service.now()), data)


@post("/complaints/{id:uuid}/progress", status_code=200)
async def report_progress(
    id: FromPath[UUID],
    data: JSONBody[ReportProgress],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """报告进展."""
    return await decide(service, ask, id, lambda was: handling.report_progress(was, data), data)


@post("/complaints/{id:uuid}/support-units", status_code=200)
async def add_support_unit(
    id: FromPath[UUID], data: JSONBody[AddSupport], service: Here, ask: Asking
) -> dict[str, Any]:
    """增加协办单位."""
    return await decide(service, ask, id, lambda was: handling.add_support(was, data, town=service.town))


@post("/complaints/{id:uuid}/supervise", status_code=200)
async def supervise_complaint(
    id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking
) -> dict[str, Any]:
    """督办."""
    return await decide(service, ask, id, lambda was: handling.supervise(was, data), data)


@post("/complaints/{id:uuid}/hard-case", status_code=200)
async def mark_hard_case(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """列为疑难."""
    return await decide(service, ask, id, lambda was: handling.mark_hard(was, data), data)


@post("/complaints/{id:uuid}/extension-request", status_code=200)
async def request_extension(
    id: FromPath[UUID],
    data: JSONBody[RequestExtension],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """申请延期."""
    return await decide(
        service,
        ask,
        id,
        lambda was: handling.request_extension(
            was, data, now=service.now(), terms=service.today, calendar=service.calendar
        ),
        data,
    )


@post("/complaints/{id:uuid}/extension", status_code=200)
async def grant_extension(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """同意延期."""
    return await decide(service, ask, id, lambda was: handling.grant_extension(was, now=service.now()))


@post("/complaints/{id:uuid}/extension-denial", status_code=200)
async def deny_extension(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不同意延期."""
    return await decide(service, ask, id, lambda was: handling.deny_extension(was, data), data)


# ---------------------------------------------------------------------------------------------- list


@post("/complaints/{id:uuid}/listing-request", status_code=200)
async def request_listing(
    id: FromPath[UUID],
    data: JSONBody[RequestListing],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """申请挂账."""
    return await decide(
        service,
        ask,
        id,
        lambda was: listing.request_listing(was, data, now=service.now(), terms=service.today),
        data,
    )


@post("/complaints/{id:uuid}/listing", status_code=200)
async def grant_listing(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """同意挂账."""
    return await decide(
        service,
        ask,
        id,
        lambda was: listing.grant_listing(was, now=service.now(), terms=service.today, calendar=service.calendar),
    )


@post("/complaints/{id:uuid}/listing-denial", status_code=200)
async def deny_listing(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不同意挂账."""
    return await decide(service, ask, id, lambda was: listing.deny_listing(was, data, terms=service.today), data)


@post("/complaints/{id:uuid}/listing-review", status_code=200)
async def review_listing(
    id: FromPath[UUID],
    data: JSONBody[ReviewListing],
    service: Here,
    ask: Asking,
) -> dict[str, Any]:
    """挂账复核."""
    return await decide(
        service,
        ask,
        id,
        lambda was: listing.review_listing(
            was, data, now=service.now(), terms=service.today, calendar=service.calendar
        ),
        data,
    )


@post("/complaints/{id:uuid}/listing-end", status_code=200)
async def end_listing(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """销账."""
    return await decide(
        service,
        ask,
        id,
        lambda was: listing.end_listing(was, now=service.now(), terms=service.today, calendar=service.calendar),
    )


# ---------------------------------------------------------------------------------------------- finish


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
    return await decide(
        service,
        ask,
        id,
        lambda was: finishing.reopen(was, now=service.now(), terms=service.today, calendar=service.calendar),
    )


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
    return await decide(service, ask, id, lambda was: finishing.close(was, now=service.now()))


# ---------------------------------------------------------------------------------------------- route


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

    return await together(service.base, [(COMPLAINTS, id), Where(ROUTES, "complaint", id)], ask, run)


DOORS = [
    register_complaint,
    import_rows,
    list_complaints,
    read_complaint,
    read_original,
    list_routes,
    list_hotspots,
    read_rates,
    answer_complaint,
    redirect_complaint,
    dispatch_complaint,
    accept_complaint,
    request_return,
    approve_return,
    reject_return,
    record_contact,
    report_progress,
    add_support_unit,
    supervise_complaint,
    mark_hard_case,
    request_extension,
    grant_extension,
    deny_extension,
    request_listing,
    grant_listing,
    deny_listing,
    review_listing,
    end_listing,
    finish_complaint,
    try_callback,
    record_callback,
    reopen_complaint,
    approve_exception,
    close_complaint,
    route_complaint,
]
