"""问各服务: a figure with a published definition is asked of the service that owns it, as whoever looks.

It exists once, and who may see what is decided where it belongs. A service that is away costs its part of a page only.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from litestar.datastructures import State

from shared.plumbing import logs
from shared.plumbing.auth import token_of
from shared.plumbing.public_pages import AnyRequest

log = logging.getLogger(__name__)
PATIENCE_S = 5.0
"""So long is an answer waited for before its part of the page says that there is none [D]."""
Query = Mapping[str, object]
SILENT, REFUSED = "silent", "refused"


@dataclass(frozen=True, slots=True)
class Told:
    """What a service answered, or why there is nothing: it is `silent`, or its reader may not know (`refused`).

    `status`: of its answer, None without any.
    """

    service: str
    found: Any = None
    missing: str = ""
    status: int | None = None


async def ask(request: AnyRequest, service: str, path: str, **query: object) -> Told:
    """What that service answers to `GET path`, as JSON. Of the query, what is None is left out."""
    state: State = request.app.state
    url = state.service.settings.peers.get(service)
    if url is None:
        return Told(service, missing=SILENT)
    try:
        answer = await _client(state).get(
            url + path,
            params={name: _written(value) for name, value in query.items() if value is not None},
            headers={
                "Authorization": f"Bearer {token_of(request)}",
                "Accept": "application/json",
                "X-Correlation-Id": logs.correlation(),
            },
        )
    except httpx.HTTPError as error:
        log.warning("service_silent", extra={"service": service, "error": type(error).__name__})
        return Told(service, missing=SILENT)
    if answer.status_code == httpx.codes.OK:
        return Told(service, answer.json(), status=answer.status_code)
    log.warning("service_refused", extra={"service": service, "status": answer.status_code})
    missing = REFUSED if answer.status_code in (401, 403, 404) else SILENT
    return Told(service, missing=missing, status=answer.status_code)


async def ask_all(request: AnyRequest, *asked: tuple[str, str, Query]) -> Sequence[Told]:
    """The same of several at once: (service, path, query)."""
    return await asyncio.gather(*(ask(request, service, path, **query) for service, path, query in asked))


def _written(value: object) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return [str(one) for one in value] if isinstance(value, tuple | list) else str(value)


def _client(state: State) -> httpx.AsyncClient:
    """The one of this process."""
    if "peers" not in state:
        state["peers"] = httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False)
    client: httpx.AsyncClient = state["peers"]
    return client
