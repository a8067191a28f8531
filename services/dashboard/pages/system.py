"""系统状态: whether everything flows, as every service says of itself, and what was heard of it last."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from litestar import Response, get
from litestar.status_codes import HTTP_503_SERVICE_UNAVAILABLE as NOT_READY

from services.dashboard.door import Here
from services.dashboard.pages.asking import SILENT, Told, ask_all
from services.dashboard.pages.frame import look, shown, words_of
from services.dashboard.pages.telling import Telling
from services.dashboard.sources import Source, sources
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.topics import SERVICES

OLD_S = 30.0
"""What waits longer for the wire is late [D]: half of what the alert OutboxOld allows."""
NAMES = (*SERVICES, "dashboard")
RUNBOOK: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "silent": ("ServiceDown",),
        "not_ready": ("DatabaseAway", "BrokerAway", "TaskDead"),
        "outbox_old": ("OutboxOld",),
        "parked": ("ParkedOld",),
        "quarantine": ("QuarantineOpen",),
        "timers_late": ("TimersLate",),
        "behind": ("LagGrowing",),
    }
)
"""What may be wrong with a service, and the headings of docs/operations.md that say what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """一个服务. `flow`: what it says of itself (`GET /flow`), None where its reader may not know; `silent`: it does not
    answer; `wrong`: codes of what must be looked after; `source`: what was heard of it, None for this dashboard itself."""

    name: str
    flow: dict[str, Any] | None
    silent: bool
    wrong: tuple[str, ...]
    source: Source | None

    @property
    def headings(self) -> tuple[str, ...]:
        """Where the runbook says what to do."""
        return tuple(heading for one in self.wrong for heading in RUNBOOK[one])


@get("/system", **look())
async def show_system(service: Here, request: AnyRequest) -> Response[bytes]:
    """系统状态: every service, how much waits on its way, and its last fact; nothing of any matter.

    `parts`: `flow` as `GET /flow` of each service has it; `wrong`: names of `RUNBOOK`. `sources`: what this dashboard has
    heard, and what it has not heard yet.
    """
    heard = await sources(service)
    told = await ask_all(request, *((name, path, {}) for path in ("/flow", "/health/ready") for name in NAMES))
    flows, ready = told[: len(NAMES)], told[len(NAMES) :]
    by_name = {one.service: one for one in heard.sources}
    parts = [_part(flow, health, by_name.get(flow.service)) for flow, health in zip(flows, ready, strict=True)]
    found = {"parts": parts, "sources": heard}
    return shown(
        request,
        "system.html",
        found,
        telling=Telling(words_of(request), service.town),
        troubles=[part for part in parts if part.wrong],
        unseen=sum(not part.flow and not part.wrong for part in parts),
    )


def _part(told: Told, ready: Told, source: Source | None) -> Part:
    flow: dict[str, Any] | None = told.found
    silent = told.missing == SILENT
    says = flow or {}
    signs = {
        "silent": silent,
        "not_ready": ready.status == NOT_READY,
        "outbox_old": (says.get("outbox_age_s") or 0) > OLD_S,
        "parked": says.get("parked", 0) > 0,
        "quarantine": says.get("quarantine", 0) > 0,
        "timers_late": says.get("due", 0) > 0,
        "behind": bool(source and source.lag_seconds and source.lag_seconds > OLD_S),
    }
    return Part(told.service, flow, silent, tuple(name for name, is_so in signs.items() if is_so), source)


ROUTES = [show_system]
