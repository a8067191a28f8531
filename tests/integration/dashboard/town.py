"""Facts of others as the dashboard hears them, and the people who read them."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ops.embedded.keys import Bearer
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import TopicProposed
from shared.events.escalation import IssueEscalated, WhistleRequested
from shared.events.intake import (
    ComplaintDispatched,
    ComplaintReceived,
    ComplaintReturned,
    ComplaintRouted,
    ReturnReason,
)
from shared.events.vocabulary import Channel, ComplaintType, RouteTarget, TopicOrigin, Urgency, WhistleKind
from shared.plumbing.heard import Heard
from shared.plumbing.service import Service
from shared.rules.township import SHANGHAI

BEGIN = datetime(2024, 2, 1, 9, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRETARY, OTHERS = Bearer("secretary", ("dahuichang",)), Bearer("secretary", ("zhangguozhuang",))
HOUSING, WATER = Bearer("officer", department="district-housing"), Bearer("officer", department="district-water")
OPERATOR = Bearer("operator")
EVERYBODY = (OPERATOR, SECRETARY, OTHERS, HOUSING, WATER)
Said = tuple[str, int, Fact]


def complaint(n: int) -> str:
    """The stream of a complaint."""
    return ref("complaint", derived("test", n))


def received(community: str | None = "dahuichang", *, confidential: bool = False) -> ComplaintReceived:
    return ComplaintReceived(
        type=ComplaintType.COMPLAINT,
        channel=Channel.HOTLINE_12345,
        number=None,
        community=community,
        category="WATER",
        place=None,
        urgency=Urgency.ROUTINE,
        received_at=BEGIN,
        confidential=confidential,
    )


def dispatched(lead: str, community: str | None = "dahuichang", n: int = 1) -> ComplaintDispatched:
    return ComplaintDispatched(
        lead=lead,
        first_handler=lead,
        dispatch=n,
        urgency=Urgency.ROUTINE,
        community=community,
        category="WATER",
        place=None,
        dispatched_at=BEGIN,
        clock_from=BEGIN,
        accept_by=BEGIN + HOUR,
        contact_by=BEGIN + DAY,
        due_at=BEGIN + 5 * DAY,
        deadline_version=n,
    )


def returned(lead: str) -> ComplaintReturned:
    return ComplaintReturned(lead=lead, reason=ReturnReason.NOT_MY_DUTY)


def heard(service: Service[Any], said: Iterable[Said], cause: str = "") -> list[Heard[Any]]:
    """These facts, as they come over the wire."""
    found = []
    for stream, version, fact in said:
        headers = {
            "ce_stream": stream,
            "ce_sequence": str(version),
            "ce_type": fact.wire_type,
            "ce_time": service.now().isoformat(),
            "ce_position": str(version),
            "ce_actor": "dispatcher:town",
            "ce_causationid": cause,
            "ce_correlationid": stream,
        }
        sent = [(name, text.encode()) for name, text in headers.items()]
        one = service.inbox.read(f"{fact.said_by}.events", stream, sent, fact.model_dump_json().encode())
        assert one is not None
        found.append(one)
    return found


def everywhere() -> list[Said]:
    """Facts of two communities and two departments: open, confidential, returned, called, and of nobody."""
    one, other, secret, lost = (complaint(n) for n in range(4))
    issue = ref("issue", derived("test", "issue"))
    return [
        (one, 1, received()),
        (one, 2, dispatched("district-housing")),
        (one, 3, returned("district-housing")),
        (one, 4, dispatched("district-water", n=2)),
        (other, 1, received("zhangguozhuang")),
        (other, 2, dispatched("district-water", "zhangguozhuang")),
        (secret, 1, received(confidential=True)),
        (secret, 2, dispatched("district-housing")),
        (lost, 1, received(None)),
        (issue, 1, whistle()),
        (issue, 2, escalated()),
    ]


def whistle() -> WhistleRequested:
    return WhistleRequested(
        community="dahuichang",
        category="WATER",
        place=None,
        public_title="水站停用",
        whistle=WhistleKind.PUBLIC_DEMAND,
        requested_by="dahuichang",
        requested_at=BEGIN,
        approval_due_at=BEGIN + DAY,
        lead="district-housing",
    )


def escalated() -> IssueEscalated:
    return IssueEscalated(
        community="dahuichang",
        category="WATER",
        place=None,
        whistle=WhistleKind.PUBLIC_DEMAND,
        caller="dahuichang",
        lead="district-water",
        due_at=BEGIN + 5 * DAY,
        task="恢复水站",
        communities=("zhangguozhuang",),
    )


def routed(n: int, target: str | None = None, community: str = "dahuichang") -> ComplaintRouted:
    return ComplaintRouted(
        complaint=complaint(n),
        community=community,
        category="WATER",
        place=None,
        wanted=RouteTarget.TOPIC,
        target=target,
        due_at=BEGIN + 5 * DAY,
    )


def proposed(*sources: str, community: str = "dahuichang") -> TopicProposed:
    return TopicProposed(
        community=community,
        category="WATER",
        place=None,
        public_title="水站停用",
        origin=TopicOrigin.ROUTE,
        sources=sources,
    )


def ids(body: str) -> list[str]:
    """The facts in an event stream, in order."""
    return [one["id"] for one in told(body)]


def told(body: str) -> list[dict[str, Any]]:
    """The same, whole."""
    blocks = [dict(line.split(": ", 1) for line in one.splitlines() if ": " in line) for one in body.split("\n\n")]
    return [json.loads(one["data"]) for one in blocks if "data" in one and "event" not in one]
