"""Doors: how a complaint is handled, extended, listed."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from services.intake.deciding import decide, timed
from services.intake.domain import handling, listing
from services.intake.domain.asked import (
    AddSupport,
    Because,
    Contact,
    ReportProgress,
    RequestExtension,
    RequestListing,
    ReviewListing,
)
from services.intake.registering import Here
from shared.plumbing.service import Asking


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
    return await decide(service, ask, id, timed(service, handling.request_extension, data), data)


@post("/complaints/{id:uuid}/extension", status_code=200)
async def grant_extension(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """同意延期."""
    return await decide(service, ask, id, lambda was: handling.grant_extension(was, now=service.now()))


@post("/complaints/{id:uuid}/extension-denial", status_code=200)
async def deny_extension(id: FromPath[UUID], data: JSONBody[Because], service: Here, ask: Asking) -> dict[str, Any]:
    """不同意延期."""
    return await decide(service, ask, id, lambda was: handling.deny_extension(was, data), data)


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
    return await decide(service, ask, id, timed(service, listing.grant_listing))


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
    return await decide(service, ask, id, timed(service, listing.review_listing, data), data)


@post("/complaints/{id:uuid}/listing-end", status_code=200)
async def end_listing(id: FromPath[UUID], service: Here, ask: Asking) -> dict[str, Any]:
    """销账."""
    return await decide(service, ask, id, timed(service, listing.end_listing))


DOORS = [
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
]
