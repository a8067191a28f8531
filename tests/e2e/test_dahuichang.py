"""大灰厂 from the first call to the closed complaint through HTTP alone: no fact is put anywhere, no SQL, no broker."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ops.client import Client
from ops.commands.journey import read
from ops.demo import dahuichang
from ops.demo.town import DISPATCHER, SUPERVISOR, DemoTown, at, secretary
from ops.embedded.stack import ROOT, Stack
from shared.plumbing.settings import read_yaml
from shared.rules.township import Town
from tests.support import choice

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
    stack = Stack(tmp_path_factory.mktemp("town"), start_at=at("2024-02-01", 0), servers=choice.town)
    await stack.up()
    yield stack
    await stack.down()


async def test_the_story_of_dahuichang_runs_through_the_doors_alone(client: Client) -> None:
    config = Town.model_validate(read_yaml(ROOT / "config" / "township.yaml")["town"])
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
