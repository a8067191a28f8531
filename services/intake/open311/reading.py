"""Doors: what everybody may read."""

from datetime import datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.intake.domain.open311 import LISTS, Attribute, PublicService, window
from services.intake.open311 import views
from services.intake.open311.answering import FORMATS, V2, answered, described, moment, named, refused
from services.intake.open311.gate import admit
from services.intake.open311.given import Question, question
from services.intake.registering import Here, IntakeService
from shared.rules.broken import Reason, refuse
from shared.rules.township import SHANGHAI

read = partial(
    get,
    guards=[admit],
    exception_handlers={Exception: refused},
    opt={"any_query": True, "described": described},
)
"""A door of this interface that reads."""
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
"""The name that the standard gives itself."""
Asked = Request[Any, Any, Any]
_ASKED = {"any_query": True, "described": described, "query": Question}


@read(["/open311/discovery.json", "/open311/discovery.xml", f"{V2}/discovery.json", f"{V2}/discovery.xml"])
async def open311_discovery(request: Asked, service: Here) -> Response[bytes]:
    """服务发现: where which version is, and whom to ask."""
    today = service.today
    changed = moment(datetime.combine(today.effective, time(), SHANGHAI))
    endpoint = {
        "specification": SPECIFICATION,
        "url": today.open311.url or f"{str(request.base_url).rstrip('/')}{V2}",
        "changeset": changed,
        "type": "test" if service.settings.embedded else "production",
        "formats": [media.partition(";")[0] for media in FORMATS.values()],
    }
    found = {
        "changeset": changed,
        "contact": today.open311.contact,
        "key_service": today.open311.key_service,
        "endpoints": [endpoint],
    }
    return answered(request, "discovery", found)


@read([f"{V2}/services.json", f"{V2}/services.xml"])
async def list_open311_services(request: Asked, service: Here) -> Response[bytes]:
    """公开服务清单."""
    return answered(request, "services", [_service(offered) for offered in service.today.open311.services])


@read(f"{V2}/services/{{resource:str}}")
async def show_open311_service(resource: FromPath[str], request: Asked, service: Here) -> Response[bytes]:
    """公开服务的附加问题."""
    code, _ = named(resource, request.url.path)
    offered = service.today.open311.service(code)
    if offered is None:
        raise NotFoundException
    attributes = [_attribute(order, attribute) for order, attribute in enumerate(offered.attributes, 1)]
    return answered(request, "service_definition", {"service_code": offered.code, "attributes": attributes})


@read(f"{V2}/tokens/{{resource:str}}")
async def show_open311_token(resource: FromPath[str], request: Asked, service: Here) -> Response[bytes]:
    """请求编号. Every request has its number at once; it is its own token."""
    token, _ = named(resource, request.url.path)
    (found,) = await _one(service, token)
    shown = [{"service_request_id": found["service_request_id"], "token": token}]
    return answered(request, "service_requests", shown)


@read([f"{V2}/requests.json", f"{V2}/requests.xml"], opt=_ASKED)
async def list_open311_requests(request: Asked, service: Here) -> Response[bytes]:
    """服务请求清单, newest first: of at most 90 days and 1,000 results, or those that are named."""
    asked, terms = question(request), service.today.open311
    if asked.service_request_id:
        ids = filter(None, map(_id, asked.service_request_id))
        found = await views.requests(service.pool, terms, service.town, ids=ids)
        return answered(request, "service_requests", found)
    refuse(
        any(terms.service(code) is None for code in asked.service_code)
        and Reason("unknown_service", "没有这项服务", "/service_code")
    )
    found = await views.requests(
        service.pool,
        terms,
        service.town,
        codes=asked.service_code,
        statuses=asked.status,
        between=window(asked.start_date, asked.end_date, service.now()),
        limit=asked.page_size,
        offset=asked.offset,
    )
    return answered(request, "service_requests", found)


@read(f"{V2}/requests/{{resource:str}}")
async def show_open311_request(resource: FromPath[str], request: Asked, service: Here) -> Response[bytes]:
    """一件服务请求."""
    id, _ = named(resource, request.url.path)
    return answered(request, "service_requests", await _one(service, id))


@read([f"{V2}/servicerequestupdates.json", f"{V2}/servicerequestupdates.xml"], opt=_ASKED)
async def list_open311_updates(request: Asked, service: Here) -> Response[bytes]:
    """办理进展 of all requests, oldest first (the extension of FixMyStreet)."""
    asked = question(request)
    between = window(asked.start_date, asked.end_date, service.now())
    found = await views.updates(
        service.pool, service.today.open311, service.town, between, asked.page_size, asked.offset
    )
    return answered(request, "service_request_updates", found)


async def _one(service: IntakeService, name: str) -> list[dict[str, Any]]:
    id = _id(name)
    found = await views.requests(service.pool, service.today.open311, service.town, ids=[id]) if id else []
    if not found:
        raise NotFoundException
    return found


def _id(name: str) -> UUID | None:
    """A number as we write it; no other way of writing it is one."""
    try:
        id = UUID(name)
    except ValueError:
        return None
    return id if str(id) == name else None


def _service(offered: PublicService) -> dict[str, Any]:
    return {
        "service_code": offered.code,
        "service_name": offered.name,
        "description": offered.description,
        "metadata": bool(offered.attributes),
        "type": "realtime",
        "keywords": ", ".join(offered.keywords),
        "group": offered.group,
    }


def _attribute(order: int, attribute: Attribute) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "variable": True,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": attribute.required,
        "datatype_description": attribute.datatype_description,
        "order": order,
        "description": attribute.description,
    }
    if attribute.datatype in LISTS:
        shown["values"] = [{"key": option.key, "name": option.name} for option in attribute.values]
    return shown


DOORS = [
    open311_discovery,
    list_open311_services,
    show_open311_service,
    show_open311_token,
    list_open311_requests,
    show_open311_request,
    list_open311_updates,
]
