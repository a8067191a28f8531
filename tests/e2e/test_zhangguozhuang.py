"""张郭庄 from the first word to the effect check through HTTP alone: no fact is put anywhere, no SQL, no broker."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from ops.client import Client
from ops.commands.journey import read
from ops.demo import zhangguozhuang
from ops.demo.town import DISPATCHER, SUPERVISOR, DemoTown, at, secretary
from ops.embedded.stack import ROOT, Stack
from shared.plumbing.settings import read_yaml
from shared.rules.township import Town
from tests.support import choice
from tests.support.nursery import Forked

JOURNEY = """
    ComplaintReceived ComplaintDispatched ComplaintAccepted ComplainantContacted ComplaintRouted TopicProposed
    TopicAccepted ComplaintListed NoticePublished MeetingOpened TopicNeedsProject ProjectProposed
    ProjectPooled ProjectDisclosed TopicProgressed SourcesNotified
    ProjectApproved ProjectDisclosed SourcesNotified ProjectStarted ProjectDisclosed SourcesNotified
    ProjectProgressed MilestoneReached ProjectCompleted ProjectDisclosed SourcesNotified
    ProjectAccepted ProjectDisclosed SourcesNotified ProjectClosed TopicImplementing
    TopicDisclosed TopicClosed RouteConcluded ListingEnded ComplaintFinished CallbackRecorded ComplaintClosed
    ProjectEvaluated
"""
STAGES = ("POOLED", "APPROVED", "STARTED", "COMPLETED", "ACCEPTED")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A town whose time begins with the story."""
    stack = Stack(tmp_path_factory.mktemp("town"), start_at=at("2024-02-01", 0), servers=choice.town, child=Forked)
    await stack.up()
    yield stack
    await stack.down()


async def test_the_story_of_zhangguozhuang_runs_through_the_doors_alone(client: Client) -> None:
    config = Town.model_validate(read_yaml(ROOT / "config" / "township.yaml")["town"])
    town, found = DemoTown(client, config, at("2024-02-01", 0)), dict[str, str]()
    async for moment in zhangguozhuang.story(town, found):
        await town.to(moment)
    await town.settle()
    steps = iter([step["type"] for step in (await read(client, f"complaint/{found['complaint']}"))["steps"]])
    assert [name for name in JOURNEY.split() if name not in steps] == [], "missing or out of order"
    complaint = await town.get("intake", f"/complaints/{found['complaint']}", DISPATCHER)
    topic = await town.get("deliberation", f"/topics/{found['topic']}", secretary(zhangguozhuang.VILLAGE))
    project = await town.get("projects", f"/projects/{found['project']}", SUPERVISOR)
    assert [one["state"] for one in (complaint, topic, project)] == ["CLOSED"] * 3
    assert (project["project_category"], project["tags"]) == ("TRAVEL", ["SAFETY", "CONVENIENCE"])
    assert project["origin"] == "DELIBERATION", "the town acted before a second person had to ask"
    assert project["done"] == [{"quantity": "METRES", "amount": 800, "work": "道路两侧护栏"}]
    assert set(project["disclosures"]) == set(STAGES)
    assert all(stage["notified"] and stage["told"] for stage in project["disclosures"].values())
    points = sum(part["points"] * part["weight"] for part in project["score_parts"])
    assert abs(points - 100 * project["score"]) <= 50, "the score is shown with its parts"
    assert (project["maintenance"]["owner"], project["first_finish_on"]) == (zhangguozhuang.VILLAGE, "2024-03-29")
    demand = await town.get("projects", f"/projects/{found['project']}/demand", SUPERVISOR)
    assert [demand[name]["complaints"] for name in ("counted_before", "counted_after", "since")] == [1, 0, 0]
    assert project["verdict"] == "NOT_RECURRED", "one complaint before is too few to speak of a percentage"
    batch = await town.get("projects", f"/batches/{project['batch'].partition('/')[2]}", SUPERVISOR)
    assert batch["reserved"] == {f"project/{found['project']}": batch["approved_yuan"]}
    assert town._producer is None, "nobody opened the broker"
