"""张郭庄 (parking): one resident tells the village; barriers on both sides of the road; after 90 days, did it help?"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from ops.demo.meeting import Sitting, carry_out
from ops.demo.town import DISPATCHER, SUPERVISOR, DemoTown, at, officer, secretary

VILLAGE, ROAD = "zhangguozhuang", "zhangguozhuang-road"
BUILDER = "town-planning-office"
NUMBER = "ZGZ-2024-001"


async def story(town: DemoTown, found: dict[str, str]) -> AsyncIterator[datetime]:
    """`found`: the complaint's id, for whoever wants to see its journey."""
    yield at("2024-02-02", 9, 30)
    told = await town.post(
        "intake",
        "/complaints",
        secretary(VILLAGE),
        number=NUMBER,
        channel="VILLAGE_OFFICE",
        type="COMPLAINT",
        received_at=town.now.isoformat(),
        title="路边乱停车",
        content="村里道路两侧停满车，老人孩子走路不安全。",
        community=VILLAGE,
        category="PARKING",
        place=ROAD,
        complainant={"name": "村民", "phone": "19900001111"},
    )
    complaint = found["complaint"] = told["id"]
    path = f"/complaints/{complaint}"
    dispatched = {"lead": VILLAGE, "urgency": "COMPLEX"}
    await town.post("intake", f"{path}/dispatch", DISPATCHER, **dispatched)
    unit = officer(VILLAGE)
    await town.post("intake", f"{path}/accept", unit, unit=VILLAGE)
    contact = {"unit": VILLAGE, "contacted_at": town.now.isoformat(), "manner": "VISIT"}
    await town.post("intake", f"{path}/contacts", unit, **contact)
    routed = {"wanted": "TOPIC", "public_title": "张郭庄村道路停车秩序整治"}
    await town.post("intake", f"{path}/routes", unit, **routed)
    await town.settle()
    yield at("2024-02-03", 9, 30)
    [topic] = await town.topics(VILLAGE, state="PROPOSED")
    found["topic"] = topic["id"]
    await town.post("deliberation", f"/topics/{topic['id']}/accept", secretary(VILLAGE), scope="PUBLIC_AFFAIRS")
    listed = {"unit": VILLAGE, "reason": "FUNDING", "explained_at": town.now.isoformat(), "plan": "纳入民心项目池解决"}
    await town.post("intake", f"{path}/listing-request", unit, **listed)
    await town.post("intake", f"{path}/listing", SUPERVISOR)
    project = {
        "conclusion": "NEEDS_PROJECT",
        "project_category": "TRAVEL",
        "tags": ["SAFETY", "CONVENIENCE"],
        "common": "MEETING_FINDING",
        "finding": "参会各方一致认为停车占道影响全村出行",
    }
    conclusion = [{"topic": topic["id"], "conclusion": project}]
    sitting = Sitting(
        town, VILLAGE, at("2024-02-07", 14, 30), [topic["id"]], conclusion, problem=("PARKING", "道路两侧停车")
    )
    async for moment in sitting.life("村民代表反映停车占道，会议认定为共性诉求，纳入民心项目池。"):
        yield moment
    await town.settle()
    async for moment in _project(town, found):
        yield moment
    await town.settle()
    yield at("2024-04-08", 9, 30)
    await carry_out(town, VILLAGE, [topic["id"]])
    await town.settle()
    yield at("2024-04-09", 9, 30)
    await town.post("intake", f"{path}/listing-end", SUPERVISOR)
    finished = {
        "unit": VILLAGE,
        "finished_at": town.now.isoformat(),
        "spoken_with": "COMPLAINANT",
        "measure": "道路两侧已安装护栏。",
    }
    await town.post("intake", f"{path}/finish", unit, **finished)
    yield at("2024-04-10", 9, 30)
    called = {"called_at": town.now.isoformat(), "contacted": True, "resolved": True, "satisfaction": "SATISFIED"}
    await town.post("intake", f"{path}/callbacks", DISPATCHER, **called)
    await town.post("intake", f"{path}/close", DISPATCHER)
    accepted_at = datetime.fromisoformat(found["accepted_at"])
    yield accepted_at + timedelta(days=90, minutes=1)


async def _project(town: DemoTown, found: dict[str, str]) -> AsyncIterator[datetime]:
    """From the pool to use."""
    yield at("2024-02-19", 9, 30)
    [project] = (await town.get("projects", f"/projects?community={VILLAGE}", SUPERVISOR))["items"]
    found["project"] = project["id"]
    path, unit = f"/projects/{project['id']}", officer(BUILDER)
    await town.post("projects", f"{path}/pool", SUPERVISOR, finding="群众需求明确，具备实施条件")
    score = {"beneficiaries": 800, "people": 1, "urgency": 4, "cost_yuan": 60_000, "feasibility": 5}
    await town.post("projects", f"{path}/score", SUPERVISOR, **score)
    batch = await town.post(
        "projects", "/batches", SUPERVISOR, year=2024, quarter=1, public_title="2024年第一批民心项目"
    )
    await town.post("projects", f"/batches/{batch['id']}/budget", SUPERVISOR, budget_yuan=500_000)
    await town.settle()
    yield at("2024-02-22", 9, 30)
    await town.post(
        "projects",
        f"{path}/approve",
        SUPERVISOR,
        batch=batch["id"],
        unit=BUILDER,
        post="城乡建设与环境保护办公室主任",
        budget_yuan=60_000,
        start_on="2024-02-26",
        finish_on="2024-03-29",
        milestones=[{"public_title": "护栏安装完成", "due_on": "2024-03-22"}],
    )
    await town.settle()
    yield at("2024-02-26", 9, 30)
    await town.post(
        "intake", f"/complaints/{found['complaint']}/listing-review", SUPERVISOR, finding="项目已立项，继续挂账"
    )
    await town.post("projects", f"{path}/start", unit, started_on="2024-02-26")
    yield at("2024-03-08", 9, 30)
    half = [{"work": "道路护栏", "amount": 400, "quantity": "METRES"}]
    await town.post("projects", f"{path}/progress", unit, percent=50, spent_yuan=30_000, done=half)
    yield at("2024-03-21", 9, 30)
    await town.post(
        "intake", f"/complaints/{found['complaint']}/listing-review", SUPERVISOR, finding="施工中，继续挂账"
    )
    await town.post("projects", f"{path}/milestones", unit, number=1, reached_on="2024-03-21")
    yield at("2024-03-22", 9, 30)
    done = [{"work": "道路两侧护栏", "amount": 800, "quantity": "METRES"}]
    await town.post("projects", f"{path}/complete", unit, completed_on="2024-03-22", spent_yuan=58_000, done=done)
    await town.settle()
    yield at("2024-03-28", 15)
    found["accepted_at"] = town.now.isoformat()
    await town.post(
        "projects",
        f"{path}/acceptance",
        SUPERVISOR,
        held_at=town.now.isoformat(),
        group={"residents": 5, "unit": BUILDER, "supervisor": True},
        builder_present=False,
        asked=20,
        satisfied=19,
    )
    await town.post(
        "projects",
        f"{path}/maintainer",
        unit,
        owner=VILLAGE,
        maintainer=VILLAGE,
        duties="日常巡查维护",
        manner="村级管护",
        funding="村集体",
    )
    await town.settle()
    yield at("2024-04-01", 9, 30)
    await town.post("projects", f"{path}/close", SUPERVISOR)
