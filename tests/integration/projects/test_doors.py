"""Projects through its real doors, on a real database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.projects.main import PLAN
from shared.events.base import derived
from shared.events.deliberation import CommonDemand, TopicNeedsProject, TopicProgressed
from shared.events.intake import ComplaintProgressed, DemandCounted
from shared.events.vocabulary import DisclosureStage, FiveQualities, ProgressStep, ProjectCategory
from tests.support.running import OPERATOR, Running, running
from tests.support.servers import Server, moment

BEGIN = moment("2024-02-01T01:00:00")
SUPERVISOR, BUILDER = Bearer("supervisor"), Bearer("officer", (), "town-planning-office")
VILLAGE, ROAD = "zhangguozhuang", "zhangguozhuang-road"


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def pooled(here: Running) -> str:
    """A project in the pool."""
    proposed = {
        "community": VILLAGE,
        "category": "PARKING",
        "place": ROAD,
        "public_title": "道路护栏",
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "sources": [f"inspection/{uuid4()}"],
    }
    id: str = (await here.post("/projects", SUPERVISOR, proposed))["id"]
    await here.post(f"/projects/{id}/pool", SUPERVISOR, {"finding": "具备条件"})
    return id


async def batch(here: Running, budget: int) -> str:
    """A batch with so much money."""
    opened = {"year": 2024, "quarter": 1, "public_title": "第一批"}
    id: str = (await here.post("/batches", SUPERVISOR, opened))["id"]
    await here.post(f"/batches/{id}/budget", SUPERVISOR, {"budget_yuan": budget})
    return id


def approval(batch: str, yuan: int) -> dict[str, object]:
    """Unit, post, money and dates."""
    return {
        "batch": batch,
        "unit": BUILDER.department,
        "post": "城建科负责人",
        "budget_yuan": yuan,
        "start_on": "2024-02-05",
        "finish_on": "2024-03-29",
    }


@pytest.mark.parametrize(("version", "status"), [("2", 412), ("*", 400), ('W/"4"', 400), ("4", 200), ('"4"', 200)])
async def test_if_match_names_the_version_that_stands_or_nothing_is_written(
    here: Running, version: str, status: int
) -> None:
    id = await pooled(here)
    here.client.headers["If-Match"] = version
    answer = await here.call("POST", f"/projects/{id}/reject", SUPERVISOR, {"reason": "不具备条件"})
    assert answer.status_code == status, answer.text
    assert ("ProjectRejected" in await here.said(id)) is (status == 200)


@pytest.mark.parametrize(
    ("key", "status"), [("", 400), ("a b", 400), ("\u00e9", 400), ("k" * 201, 400), ("k" * 200, 200)]
)
async def test_a_key_is_a_key_or_nothing_is_written(here: Running, key: str, status: int) -> None:
    id = await pooled(here)
    here.client.headers["Idempotency-Key"] = key
    answer = await here.call("POST", f"/projects/{id}/reject", SUPERVISOR, {"reason": "不具备条件"})
    assert answer.status_code == status, answer.text
    assert ("ProjectRejected" in await here.said(id)) is (status == 200)


async def test_approvals_at_the_same_moment_never_spend_more_than_the_pool(here: Running) -> None:
    money = await batch(here, 100)
    ids = [await pooled(here) for _ in range(24)]
    answers = await asyncio.gather(
        *(here.call("POST", f"/projects/{id}/approve", SUPERVISOR, approval(money, 15)) for id in ids)
    )
    approved = [answer.status_code for answer in answers].count(200)
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    assert (approved, set(refused)) == (6, {"pool_exceeded"})
    assert (await here.get(f"/batches/{money}", SUPERVISOR))["approved_yuan"] == 90
    assert len((await here.get("/projects?state=APPROVED", SUPERVISOR))["items"]) == 6
    assert (await here.get("/integrity", OPERATOR))["sound"] is True


async def test_a_topic_becomes_a_project_whose_sources_are_told_at_every_stage(here: Running) -> None:
    topic, route = f"topic/{uuid4()}", f"route/{uuid4()}"
    needs = TopicNeedsProject(
        meeting=f"meeting/{uuid4()}",
        community=VILLAGE,
        category="PARKING",
        place=ROAD,
        public_title="张郭庄村道路停车秩序整治",
        project_category=ProjectCategory.TRAVEL,
        tags=(FiveQualities.SAFETY,),
        common=CommonDemand.MEETING_FINDING,
        sources=(route,),
    )
    await here.hears(topic, 1, needs)
    id = derived("project", f"{topic}/1")
    assert await here.said(id) == ["ProjectProposed"]
    await here.post(f"/projects/{id}/pool", SUPERVISOR, {"finding": "具备条件"})
    told = {"step": ProgressStep.PROJECT_DISCLOSED, "cause": f"project/{id}", "stage": DisclosureStage.POOLED}
    await here.hears(topic, 2, TopicProgressed(**told))
    assert (await here.said(id))[-1] == "SourceTold"
    await here.hears(f"complaint/{uuid4()}", 1, ComplaintProgressed(**told, via=route))
    assert (await here.said(id))[-2:] == ["SourceTold", "SourcesNotified"]


async def test_the_effect_is_judged_by_the_demand_before_and_after(here: Running) -> None:
    id, money = await pooled(here), await batch(here, 1000)
    counted = {"category": "PARKING", "community": VILLAGE, "place": ROAD, "people": 1}
    demand = f"demand/{uuid4()}"
    days = [("2024-01-10", 4), ("2024-01-20", 4), ("2024-05-01", 3)]
    for version, (day, complaints) in enumerate(days, 1):
        await here.hears(demand, version, DemandCounted(**counted, day=day, complaints=complaints))
    path = f"/projects/{id}"
    await here.post(f"{path}/approve", SUPERVISOR, approval(money, 100))
    await here.at(moment("2024-02-05T02:00:00"))
    await here.post(f"{path}/start", BUILDER, {"started_on": "2024-02-05"})
    await here.at(moment("2024-03-01T02:00:00"))
    done = [{"work": "护栏", "amount": 800, "quantity": "METRES"}]
    await here.post(f"{path}/complete", BUILDER, {"completed_on": "2024-03-01", "spent_yuan": 90, "done": done})
    inspection = {
        "held_at": "2024-03-01T02:00:00+00:00",
        "group": {"residents": 3, "unit": BUILDER.department, "supervisor": True},
        "builder_present": False,
        "asked": 10,
        "satisfied": 9,
    }
    assert await here.refused(f"{path}/acceptance", SUPERVISOR, inspection | {"builder_present": True}) == [
        "builder_present"
    ]
    await here.post(f"{path}/acceptance", SUPERVISOR, inspection)
    await here.at(moment("2024-05-30T03:00:00"))
    word, evaluated = (await here.facts(id))[-1]
    assert word == "ProjectEvaluated"
    assert (evaluated["verdict"], evaluated["before"], evaluated["after"]) == ("EFFECTIVE", 8, 3)


async def test_personal_data_in_a_public_title_is_refused_with_its_place(here: Running) -> None:
    proposed = {
        "community": VILLAGE,
        "category": "PARKING",
        "place": ROAD,
        "public_title": "道路护栏，联系13800138000",
        "project_category": "TRAVEL",
        "tags": ["SAFETY"],
        "sources": [f"inspection/{uuid4()}"],
    }
    answer = await here.call("POST", "/projects", SUPERVISOR, proposed)
    assert (answer.status_code, answer.json()["code"]) == (422, "personal_data_in_public_text")
    assert answer.json()["errors"][0]["pointer"] == "/public_title"
    assert await here.service.pool.fetchval("select count(*) from journal") == 0
