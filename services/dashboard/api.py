"""The dashboard's doors for those who read."""

import re
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import ServiceUnavailableException

from services.dashboard import views
from services.dashboard.door import Here
from services.dashboard.feed import Feed
from services.dashboard.looking import FactPage, Subscription, View
from services.dashboard.pages import (
    foresight,
    hotspots,
    journey,
    meetings,
    projects,
    rates,
    signing_in,
    system,
    today,
    whistles,
)
from services.dashboard.pages.frame import read_static
from services.dashboard.streaming import Events, told
from services.dashboard.terms import DashboardTerms
from shared.plumbing import query
from shared.plumbing.auth import holds_for
from shared.plumbing.schemas import Document
from shared.plumbing.service import Asking, Service
from shared.rules.broken import Reason, RuleBroken

LAST_EVENT_ID = "[0-9]{1,18}"
"""How the number of an event is written."""


def _page(request: Request[Any, Any, Any]) -> FactPage:
    return query.asked(request, FactPage)


@get("/facts", dependencies={"asked": Provide(_page, sync_to_thread=False)}, opt={"query": FactPage})
async def list_facts(service: Here, ask: Asking, asked: NamedDependency[FactPage]) -> dict[str, Any]:
    """所有事实, as far as the caller reaches: numbered in the order of commits; poll with `after` = `last`."""
    return await views.facts(service.pool, View.of(asked, ask.caller), asked.after, asked.limit)


def _events(_: str, operation: Document) -> None:
    operation["responses"]["200"]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    operation["parameters"].append(
        {
            "name": "Last-Event-ID",
            "in": "header",
            "required": False,
            "description": "上次收到的序号，从其后继续；优先于 after",
            "schema": {"type": "string", "pattern": f"^{LAST_EVENT_ID}$"},
        }
    )


def _subscription(request: Request[Any, Any, Any]) -> Subscription:
    return query.asked(request, Subscription)


@get(
    "/stream",
    dependencies={"asked": Provide(_subscription, sync_to_thread=False)},
    opt={"query": Subscription, "described": _events},
)
async def stream_facts(
    service: Here, ask: Asking, state: State, request: Request[Any, Any, Any], asked: NamedDependency[Subscription]
) -> Events:
    """实时推送 of the facts, as far as the caller reaches, as server-sent events; `docs/streams.md` says how to go on."""
    after = asked.after
    if (said := request.headers.get("last-event-id")) is not None:
        if not re.fullmatch(LAST_EVENT_ID, said):
            raise RuleBroken(Reason("wrong_event_id", "Last-Event-ID 须为收到过的序号"))
        after = int(said)
    feed = _feed(state, service)
    if service.draining or feed.full:
        raise ServiceUnavailableException(headers={"Retry-After": "2"})
    return Events(told(service, feed, View.of(asked, ask.caller), after, asked.follow, holds_for(request)))


def _feed(state: State, service: Service[DashboardTerms]) -> Feed:
    """The one of this process."""
    if "feed" not in state:
        state["feed"] = Feed(service.pool)
    feed: Feed = state["feed"]
    return feed


@get("/summary")
async def read_summary(service: Here, ask: Asking) -> dict[str, Any]:
    """How many facts of which type, as far as the caller reaches."""
    return await views.summary(service.pool, ask.caller)


ROUTES = [
    list_facts,
    stream_facts,
    read_summary,
    read_static,
    *signing_in.ROUTES,
    *today.ROUTES,
    *hotspots.ROUTES,
    *system.ROUTES,
    *journey.ROUTES,
    *meetings.ROUTES,
    *whistles.ROUTES,
    *projects.ROUTES,
    *rates.ROUTES,
    *foresight.ROUTES,
]
