"""大灰厂 from the first call to the closed complaint through HTTP alone: no fact is put anywhere, no SQL, no broker."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ops.client import Client
from ops.commands.journey import read
from ops.demo import dahuichang
from ops.demo.town import DISPATCHER, SUPERVISOR, DemoTown, at, officer, secretary
from ops.embedded.stack import ROOT, Stack
from shared.events.base import derived, ref
from shared.plumbing.settings import read_yaml
from shared.rules.township import Town
from tests.support import choice
from tests.support.nursery import Forked

COMPLAINT = """
    ComplaintReceived ComplaintDispatched ComplaintAccepted ComplainantContacted ListingRequested ComplaintListed
    TopicProposed TopicAccepted NoticePublished MeetingOpened TopicDeferred MeetingOpened TopicDeferred
    MeetingOpened TopicReferredToAssembly AssemblyCalled AssemblyNoticed AssemblyDecided TopicImplementing UndertakingDone
    TopicDisclosed TopicClosed RouteConcluded ListingEnded ComplaintFinished CallbackRecorded ComplaintClosed
"""
MOTION = """
    TopicProposed TopicAccepted NoticePublished MeetingOpened TopicNeedsDepartments WhistleRequested WhistleApproved
    IssueEscalated DepartmentCheckedIn DepartmentCheckedIn ActionPlanned IssueResolved DepartmentReleased IssueClosed
    TopicImplementing TopicDisclosed TopicClosed
"""

WHISTLE = """
    ComplaintRouted WhistleRequested WhistleApproved IssueEscalated DepartmentCheckedIn ActionPlanned IssueResolved
    DepartmentReleased IssueClosed RouteConcluded ComplaintFinished
"""


class Doors(DemoTown):
    """The demo's people, who enter the hotline's calls by hand at the request centre; nobody opens the broker."""

    async def hotline(self, orders: list[dict[str, Any]]) -> None:
        """Each call is entered."""
        for order in orders:
            await self.post("intake", "/complaints", DISPATCHER, **order)
        await self.settle()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A town whose time begins with the story."""
    stack = Stack(tmp_path_factory.mktemp("town"), start_at=at("2024-02-01", 0), servers=choice.town, child=Forked)
    await stack.up()
    yield stack
    await stack.down()


@pytest.fixture
def config() -> Town:
    return Town.model_validate(read_yaml(ROOT / "config" / "township.yaml")["town"])


async def test_the_story_of_dahuichang_runs_through_the_doors_alone(client: Client, config: Town) -> None:
    town, found = Doors(client, config, at("2024-02-01", 0)), dict[str, str]()
    async for moment in dahuichang.story(town, found):
        await town.to(moment)
    await town.settle()
    who, topic = secretary("dahuichang"), f"/topics/{found['topic']}"
    ended = await town.get("deliberation", topic, who)
    assert (ended["state"], ended["origin"], ended["deferrals"]) == ("CLOSED", "HOTSPOT", 2)
    assert ended["sources"][0].startswith("hotspot/"), "it came from the hotspot of twelve calls"
    complaints = await town.pages("intake", "/complaints?category=PROPERTY_VACANCY", DISPATCHER)
    assert len(complaints) == sum(dahuichang.CALLS.values())
    assert {one["state"] for one in complaints} == {"CLOSED"}
    path = f"/issues/{found['issue']}"
    issue = await town.get("escalation", path, SUPERVISOR)
    assert (issue["state"], issue["lead"], issue["sources"][0]) == (
        "CLOSED",
        "district-housing",
        f"topic/{found['motion']}",
    )
    late = {duty["department"]: duty["missed"] for duty in issue["duties"]}
    assert late == {"district-housing": [], "firm-water": [], "district-urban-management": ["CHECK_IN"]}
    for start, wanted in ((f"complaint/{found['complaint']}", COMPLAINT), (f"topic/{found['motion']}", MOTION)):
        steps = iter([step["type"] for step in (await read(client, start))["steps"]])
        assert [name for name in wanted.split() if name not in steps] == [], f"{start}: missing or out of order"
    year = await town.get("deliberation", "/duty?year=2024&community=dahuichang", who)
    assert [(month["state"], month["meetings"]) for month in year[1:4]] == [("HELD", 1)] * 3
    figures = await town.get("deliberation", "/statistics?from=2024-02&until=2024-05", SUPERVISOR)
    everything = figures["total"]["topics"][0]
    assert {kind: count for kind, count in everything["conclusions"].items() if count} == {
        "NEEDS_DEPARTMENTS": 1,
        "DEFERRED": 2,
        "REFERRED_TO_ASSEMBLY": 1,
    }
    assert (everything["steps"]["DISCLOSED"], everything["steps"]["CLOSED"]) == (2, 2)
    for meeting in await town.pages("deliberation", "/meetings?community=dahuichang", who):
        assert await town.get("deliberation", f"/meetings/{meeting['id']}/minutes", who), "every meeting is published"
    assert town._producer is None, "nobody opened the broker"


async def routed(town: Doors, person: int) -> tuple[str, str]:
    """Somebody calls, the unit asks for a whistle: the complaint, and the issue that was opened for it."""
    call = {
        "number": f"DHC-W{person}",
        "channel": "HOTLINE_12345",
        "type": "COMPLAINT",
        "received_at": town.now.isoformat(),
        "title": "私搭占道",
        "content": "楼前私搭占道，消防车进不来",
        "community": dahuichang.COMMUNITY,
        "category": "PROPERTY_SERVICE",
        "complainant": {"name": f"住户{person}", "phone": f"199000033{person:02d}"},
    }
    id: str = (await town.post("intake", "/complaints", DISPATCHER, **call))["id"]
    path, unit = f"/complaints/{id}", dahuichang.UNIT
    await town.post("intake", f"{path}/dispatch", DISPATCHER, lead=unit, urgency="ROUTINE")
    await town.post("intake", f"{path}/accept", officer(unit), unit=unit)
    contact = {"unit": unit, "contacted_at": town.now.isoformat(), "manner": "PHONE"}
    await town.post("intake", f"{path}/contacts", officer(unit), **contact)
    wish = {"wanted": "ISSUE", "public_title": "楼前占道整治"}
    route = (await town.post("intake", f"{path}/routes", officer(unit), **wish))["id"]
    await town.settle()
    return id, str(derived("issue", ref("route", UUID(route))))


async def test_whoever_asked_hears_what_became_of_the_whistle_of_a_complaint(client: Client, config: Town) -> None:
    """One is blown and closed, the other is not allowed: the routes end as their whistles do."""
    town = Doors(client, config, at("2024-06-03", 9))
    await town.to(at("2024-06-03", 9))
    complaint, issue = await routed(town, 1)
    refused, other = await routed(town, 2)
    order = await town.get("intake", f"/complaints/{complaint}", DISPATCHER)
    opened = await town.get("escalation", f"/issues/{issue}", SUPERVISOR)
    assert (opened["state"], opened["needed_by"]) == ("REQUESTED", order["due_at"])
    await town.post("escalation", f"/issues/{other}/reject", SUPERVISOR, reason="街面巡查即可解决")
    path, caller, fire = f"/issues/{issue}", officer(dahuichang.UNIT), officer("district-fire")
    await town.post("escalation", f"{path}/approve", SUPERVISOR)
    call = {"task": "拆除占道私搭", "lead": "district-fire", "support": [], "due_at": order["due_at"]}
    duties = (await town.post("escalation", f"{path}/escalate", caller, **call))["duties"]
    duty = f"/duties/{duties['district-fire']}"
    await town.post("escalation", f"{duty}/check-in", fire, mode="ON_SITE")
    step = {"task": "拆除", "owner": "district-fire", "due_at": order["due_at"]}
    await town.post("escalation", f"{path}/plan", fire, steps=[step])
    await town.post("escalation", f"{path}/progress", fire, note="已拆除")
    await town.post("escalation", f"{duty}/finish", fire)
    await town.post("escalation", f"{path}/resolve", caller, result="现场核实，通道畅通", on_site=True)
    grade = {"department": "district-fire", "solved": 100, "cooperation": 100}
    await town.post("escalation", f"{path}/evaluations", caller, **grade)
    await town.post("escalation", f"{path}/whistle-evaluation", fire, justified=True, clear=True)
    await town.post("escalation", f"{duty}/release", caller)
    await town.post("escalation", f"{path}/close", caller)
    await town.settle()
    for id, outcome in ((complaint, "DONE"), (refused, "DECLINED")):
        (route,) = (await town.get("intake", f"/complaints/{id}", DISPATCHER))["routes"]
        assert (route["state"], route["outcome"]) == ("CONCLUDED", outcome)
        done = {"unit": dahuichang.UNIT, "finished_at": town.now.isoformat(), "spoken_with": "COMPLAINANT"}
        await town.post("intake", f"/complaints/{id}/finish", caller, **done, measure="已答复")
    await town.settle()
    steps = iter([step["type"] for step in (await read(client, f"complaint/{complaint}"))["steps"]])
    assert [name for name in WHISTLE.split() if name not in steps] == [], "missing or out of order"
