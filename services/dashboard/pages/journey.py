"""全过程: the whole way of a demand as JSON, as a page with its picture and its timeline, and on paper."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import east_asian_width
from uuid import UUID

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from services.dashboard import views
from services.dashboard.door import Here
from services.dashboard.pages import frame
from services.dashboard.pages.frame import look
from services.dashboard.pages.graph import Box, Line, draw
from services.dashboard.pages.telling import Shown, Telling, is_stream
from services.dashboard.terms import DashboardTerms
from shared.plumbing.public_pages import AnyRequest, wants_page
from shared.plumbing.service import Asking, Service
from shared.rules.township import SHANGHAI

Found = dict[str, Any]
_WIDEST = 26
"""So many columns has a line of a box; a Chinese character takes two."""
_WAIT_S = 60
"""What follows sooner has not waited."""


@get("/journeys/{kind:str}/{id:uuid}", **look())
async def read_journey(
    kind: FromPath[str], id: FromPath[UUID], service: Here, ask: Asking, request: AnyRequest
) -> Response[bytes]:
    """一件诉求的全过程: from what it comes to what it led to."""
    found = await _found(service, ask, kind, id)
    told = _told(found, request, service, down=False) if wants_page(request) else {}
    return frame.shown(request, "journey.html", found, **told)


@get("/journeys/{kind:str}/{id:uuid}/print", **look())
async def print_journey(
    kind: FromPath[str], id: FromPath[UUID], service: Here, ask: Asking, request: AnyRequest
) -> Response[bytes]:
    """全过程打印页: the same, as it is printed."""
    found = await _found(service, ask, kind, id)
    told = _told(found, request, service, down=True) if wants_page(request) else {}
    return frame.shown(request, "journey_print.html", found, **told)


async def _found(service: Service[DashboardTerms], ask: Asking, kind: str, id: UUID) -> Found:
    found = await views.journey(service, ask.caller, kind, id)
    if found is None:
        raise NotFoundException
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Boxed:
    """A box with what stands in it. `state`: of the worst one; `counts`: how many stand how, where they are many."""

    box: Box
    node: Mapping[str, Any]
    state: str
    counts: Mapping[str, int]
    title: str
    leads_to: Sequence[int]

    @property
    def many(self) -> int:
        """How many stand for one."""
        return len(self.box.streams)


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing, and what stands in it."""

    width: float
    height: float
    boxes: Sequence[Boxed]
    lines: Sequence[Line]


def _told(found: Found, request: AnyRequest, service: Service[DashboardTerms], *, down: bool) -> dict[str, Any]:
    """What only people need: words, the picture, days."""
    telling = Telling(frame.words_of(request), service.town)
    nodes = {node["stream"]: node for node in found["nodes"]}
    drawn = picture(found, down=down)
    return {
        "telling": telling,
        "about": nodes[found["id"]],
        "by_stream": nodes,
        "picture": drawn,
        "days": days(found, drawn, telling),
        "called": {one["id"]: one for one in found["steps"]},
        "says_so": _says_so(found),
        "fitting": fitting,
        "anchor": anchor,
        "step_anchor": step_anchor,
        "is_stream": is_stream,
        "most_streams": views.MOST_STREAMS,
        "most_steps": views.MOST_STEPS,
    }


def _says_so(found: Found) -> dict[str, Mapping[str, Any]]:
    """Of every stream with a date, the step that says it."""
    since = {one["stream"]: one["since"] for one in found["due"]}
    return {
        stream: step
        for step in found["steps"]
        if since.get(stream := f"{step['kind']}/{step['stream']}") == step["type"]
    }


def picture(found: Found, *, down: bool) -> Picture:
    """The graph of a journey, every box with its words."""
    nodes = {node["stream"]: node for node in found["nodes"]}
    links = [(link["from"], link["to"]) for link in found["links"] if link["from"] in nodes and link["to"] in nodes]
    drawing = draw(list(nodes), links, found["id"], down=down)
    leads: dict[int, list[int]] = defaultdict(list)
    for line in drawing.lines:
        leads[line.source].append(line.target)
    boxes = []
    for n, box in enumerate(drawing.boxes):
        its = [nodes[stream] for stream in box.streams]
        counts = {state: sum(one["state"] == state for one in its) for state in ("overdue", "open", "ended")}
        worst = next(state for state, count in counts.items() if count)
        titles = {one["title"] for one in its}
        title = titles.pop() if len(titles) == 1 else ""
        boxes.append(Boxed(box, its[0], worst, counts, title, leads[n]))
    return Picture(drawing.width, drawing.height, boxes, drawing.lines)


@dataclass(frozen=True, slots=True)
class Step:
    """One step with what it says. `first`: of its stream, where links to the stream lead."""

    id: str
    at: datetime
    stream: str
    first: bool
    read: Mapping[str, Shown]
    folded: Mapping[str, Shown]
    led_to: Sequence[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody did, once or several times in a row, with one stream or with several that share a box."""

    boxed: Boxed
    kind: str
    type: str
    actor: str
    who: Sequence[str]
    waited: float | None
    steps: list[Step]


def days(found: Found, shown: Picture, telling: Telling) -> list[tuple[datetime, list[Entry]]]:
    """The steps, day by day in Asia/Shanghai; those that follow each other and are alike stand together."""
    boxes = {stream: boxed for boxed in shown.boxes for stream in boxed.box.streams}
    grouped: list[tuple[datetime, list[Entry]]] = []
    said: dict[str, dict[str, object]] = {}
    for step in found["steps"]:
        at = step["at"].astimezone(SHANGHAI)
        if not grouped or grouped[-1][0].date() != at.date():
            grouped.append((at, []))
        entries = grouped[-1][1]
        stream, kind, type, actor = f"{step['kind']}/{step['stream']}", step["kind"], step["type"], step["actor"]
        boxed = boxes[stream]
        waited = step["waited_s"] if (step["waited_s"] or 0) >= _WAIT_S else None
        last = entries[-1] if entries else None
        alike = last and (last.boxed, last.type, last.actor, last.waited) == (boxed, type, actor, waited)
        if last is None or not alike:
            last = Entry(boxed, kind, type, actor, telling.who(actor), waited, [])
            entries.append(last)
        first = stream not in said
        read, folded = telling.fields(kind, type, step["data"], step["at"], said.setdefault(stream, {}))
        last.steps.append(Step(step["id"], step["at"], stream, first, read, folded, step["led_to"]))
    return grouped


def anchor(stream: str) -> str:
    """Where in the page a stream begins."""
    return f"s-{stream.replace('/', '-')}"


def step_anchor(id: str) -> str:
    """Where in the page a step stands."""
    return f"f-{id.replace('/', '-')}"


def fitting(text: str, widest: int = _WIDEST) -> str:
    """As much of a text as a line of a box holds."""
    room = widest
    for at, sign in enumerate(text):
        room -= 2 if east_asian_width(sign) in "WF" else 1
        if room < 0:
            return text[: max(at - 1, 0)] + "…"
    return text


ROUTES = [read_journey, print_journey]
