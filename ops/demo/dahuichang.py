"""大灰厂 (no property company): twelve people ask whom to turn to; departments bridge the gap; the owners decide."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from ops.demo.meeting import Sitting, carry_out, guide
from ops.demo.town import DISPATCHER, SUPERVISOR, DemoTown, at, officer, secretary

COMMUNITY, ESTATE = "dahuichang", "dahuichang-estate"
UNIT = "town-community-office"
HOUSING, WATER, CITY = "district-housing", "firm-water", "district-urban-management"
WORDS = "没有物业，家里的维修应该找谁"
CALLS = {"2024-02-01": 3, "2024-02-02": 4, "2024-02-03": 3, "2024-02-04": 2}
URGES = {"2024-02-04": (0, 5)}
"""Who calls a second time while the first demand is open: that urges it and is no demand of its own."""


async def story(town: DemoTown, found: dict[str, str]) -> AsyncIterator[datetime]:
    """`found`: ids for whoever wants to see the journey."""
    complaints: list[str] = []
    for day, count in CALLS.items():
        yield at(day, 9, 30)
        people = range(len(complaints), len(complaints) + count)
        await town.hotline([_order(f"DHC-{person:03d}", person, town.now) for person in people])
        new = [(await town.complaint("HOTLINE_12345", f"DHC-{person:03d}"))["id"] for person in people]
        await town.all(lambda one: _list(town, one), new)
        complaints += new
        await town.hotline([_order(f"DHC-U{person:02d}", person, town.now) for person in URGES.get(day, ())])
    found["complaint"] = complaints[0]
    yield at("2024-02-05", 9, 30)
    [topic_a] = await town.topics(COMMUNITY, category="PROPERTY_VACANCY")
    topic_b = await _motion(town)
    found |= {"topic": topic_a["id"], "motion": topic_b}
    who = secretary(COMMUNITY)
    for topic in (topic_a["id"], topic_b):
        await town.post("deliberation", f"/topics/{topic}/accept", who, scope="PROPERTY_MANAGEMENT")
    await guide(town, COMMUNITY)
    async for moment in _first_meeting(town, topic_a["id"], topic_b):
        yield moment
    async for moment in _whistle(town, topic_b, found):
        yield moment
    await town.all(lambda one: _review(town, one), complaints)
    async for moment in _second_and_third_meeting(town, topic_a["id"], complaints):
        yield moment
    async for moment in _owners_decide(town, topic_a["id"], found, complaints):
        yield moment
    yield at("2024-05-28", 9, 30)
    await town.all(lambda one: _finish(town, one), complaints)
    yield at("2024-05-29", 15)
    await town.all(lambda one: _close(town, one), complaints)


def _order(number: str, person: int, now: datetime) -> dict[str, Any]:
    return {
        "number": number,
        "channel": "HOTLINE_12345",
        "type": "ASSISTANCE",
        "received_at": now.isoformat(),
        "title": "没有物业",
        "content": WORDS,
        "community": COMMUNITY,
        "category": "PROPERTY_VACANCY",
        "place": ESTATE,
        "complainant": {"name": f"住户{person}", "phone": f"199000022{person:02d}"},
    }


async def _list(town: DemoTown, id: str) -> None:
    """Dispatched, accepted, the person contacted and told why it takes long, listed: the due date is suspended."""
    path, unit, now = f"/complaints/{id}", officer(UNIT), town.now.isoformat()
    await town.post("intake", f"{path}/dispatch", DISPATCHER, lead=UNIT, urgency="ROUTINE")
    await town.post("intake", f"{path}/accept", unit, unit=UNIT)
    await town.post("intake", f"{path}/contacts", unit, unit=UNIT, contacted_at=now, manner="PHONE")
    listed = {"unit": UNIT, "reason": "HISTORICAL", "explained_at": now, "plan": "引进物业企业，空窗期由镇里组织维修"}
    await town.post("intake", f"{path}/listing-request", unit, **listed)
    await town.post("intake", f"{path}/listing", SUPERVISOR)


async def _review(town: DemoTown, id: str) -> None:
    await town.post("intake", f"/complaints/{id}/listing-review", SUPERVISOR, finding="协商推进中，继续挂账")


async def _motion(town: DemoTown) -> str:
    asked = {
        "community": COMMUNITY,
        "category": "PROPERTY_SERVICE",
        "place": ESTATE,
        "public_title": "大灰厂小区物业空窗期公共设施维修",
        "origin": "TWO_COMMITTEES",
    }
    topic: str = (await town.post("deliberation", "/topics", secretary(COMMUNITY), **asked))["id"]
    return topic


async def _first_meeting(town: DemoTown, topic_a: str, topic_b: str) -> AsyncIterator[datetime]:
    """B needs departments, A needs more talks; seat 3 is vacant, and that blocks nobody."""
    yield at("2024-02-19", 9, 30)
    departments = {
        "conclusion": "NEEDS_DEPARTMENTS",
        "whistle": "PUBLIC_DEMAND",
        "lead": HOUSING,
        "support": [WATER, CITY],
        "due_at": at("2024-03-08", 17).isoformat(),
    }
    deferred = {"conclusion": "DEFERRED", "reason": "镇里会同产权单位洽谈物业企业，下次邀请区房管局到会"}
    conclusions = [{"topic": topic_b, "conclusion": departments}, {"topic": topic_a, "conclusion": deferred}]
    sitting = Sitting(
        town, COMMUNITY, at("2024-02-23", 14, 30), [topic_b, topic_a], conclusions, problem=("WATER", "供水站设备老化")
    )
    async for moment in sitting.life("会议通报小区无物业情况，决定就空窗期维修吹哨，引进物业继续协商。"):
        yield moment
        if moment == sitting.starts_at:
            await town.settle()


async def _whistle(town: DemoTown, topic: str, found: dict[str, str]) -> AsyncIterator[datetime]:
    """区房管局 leads; one department checks in late; nobody leaves before it is done."""
    await town.settle()
    [issue] = (await town.get("escalation", f"/issues?source=topic/{topic}", SUPERVISOR))["items"]
    path, caller = f"/issues/{issue['id']}", officer(UNIT)
    found["issue"] = issue["id"]
    await town.post("escalation", f"{path}/approve", SUPERVISOR)
    task = "修复扶手，清运积存垃圾，检修供水站"
    await town.post("escalation", f"{path}/escalate", caller, task=task, hard=True)
    duties = (await town.get("escalation", f"/duties?issue={issue['id']}", SUPERVISOR))["items"]
    duty = {one["department"]: f"/duties/{one['id']}" for one in duties}
    yield at("2024-02-26", 9, 30)
    for department in (HOUSING, WATER, CITY):
        await town.post("escalation", f"{duty[department]}/acknowledge", officer(department))
    for department in (HOUSING, WATER):
        await town.post("escalation", f"{duty[department]}/check-in", officer(department), mode="ON_SITE")
    yield at("2024-03-01", 9, 30)
    await town.post("escalation", f"{duty[CITY]}/check-in", officer(CITY), mode="ON_SITE")
    steps = [{"task": "修复楼道扶手", "owner": HOUSING, "due_at": at("2024-03-06", 17).isoformat()}]
    await town.post("escalation", f"{path}/plan", officer(HOUSING), steps=steps)
    yield at("2024-03-05", 9, 30)
    done = [{"work": "楼道扶手修复", "amount": 36, "quantity": "PLACES"}]
    await town.post("escalation", f"{path}/progress", officer(HOUSING), done=done)
    yield at("2024-03-07", 9, 30)
    for department in (HOUSING, WATER, CITY):
        await town.post("escalation", f"{duty[department]}/finish", officer(department))
    await town.post("escalation", f"{path}/resolve", caller, result="现场核实，三项维修均已完成", on_site=True)
    yield at("2024-03-08", 9, 30)
    for department, solved in ((HOUSING, 100), (WATER, 100), (CITY, 80)):
        score = {"department": department, "solved": solved, "cooperation": 90}
        await town.post("escalation", f"{path}/evaluations", caller, **score)
    await town.post("escalation", f"{path}/whistle-evaluation", officer(HOUSING), justified=True, clear=True)
    for department in (HOUSING, WATER, CITY):
        await town.post("escalation", f"{duty[department]}/release", caller)
    await town.post("escalation", f"{path}/close", caller)
    await town.settle()
    await carry_out(town, COMMUNITY, [topic])


async def _second_and_third_meeting(town: DemoTown, topic: str, complaints: list[str]) -> AsyncIterator[datetime]:
    """Deferred once more; after that only an assembly is left."""
    yield at("2024-03-18", 9, 30)
    deferred = {"conclusion": "DEFERRED", "reason": "物业企业方案和收费标准仍需与居民沟通"}
    sitting = Sitting(
        town,
        COMMUNITY,
        at("2024-03-22", 14, 30),
        [topic],
        [{"topic": topic, "conclusion": deferred}],
        guests=(HOUSING,),
    )
    async for moment in sitting.life("区房管局到会说明政策，物业企业方案继续征求意见。"):
        yield moment
    yield at("2024-03-29", 9, 30)
    await town.all(lambda one: _review(town, one), complaints)
    yield at("2024-04-08", 9, 30)
    assembly = {"conclusion": "REFERRED_TO_ASSEMBLY", "forum": "OWNERS", "matter": "HIRE_PROPERTY_COMPANY"}
    sitting = Sitting(
        town,
        COMMUNITY,
        at("2024-04-12", 14, 30),
        [topic],
        [{"topic": topic, "conclusion": assembly}],
        guests=(HOUSING,),
    )
    async for moment in sitting.life("两次协商未决，聘请物业企业依法提请业主大会决定。"):
        yield moment


async def _owners_decide(
    town: DemoTown, topic: str, found: dict[str, str], complaints: list[str]
) -> AsyncIterator[datetime]:
    """业主大会: fifteen days' notice, two thirds take part, more than half agree; then the work, counted."""
    who = secretary(COMMUNITY)
    yield at("2024-04-15", 9, 30)
    called = await town.post("deliberation", "/assemblies", who, topic=topic)
    found["assembly"] = called["id"]
    path = f"/assemblies/{called['id']}"
    notice = {
        "starts_at": at("2024-05-06", 9).isoformat(),
        "venue": "大灰厂社区议事厅",
        "form": "书面征求意见并现场计票",
    }
    await town.post("deliberation", f"{path}/notice", who, **notice)
    yield at("2024-04-26", 9, 30)
    await town.all(lambda one: _review(town, one), complaints)
    yield at("2024-05-06", 16)
    work = (
        ("道路维修", 19, "PLACES"),
        ("楼栋周边树木修剪", 18, "BUILDINGS"),
        ("平房区树木修剪", 5, "AREAS"),
        ("枝叶垃圾清运", 8, "TRUCKLOADS"),
    )
    planned = [{"work": name, "amount": amount, "quantity": quantity} for name, amount, quantity in work]
    promise = {
        "owner": "新聘物业企业",
        "task": "二十日内完成首批整治",
        "due_at": at("2024-05-26", 17).isoformat(),
        "planned": planned,
    }
    counts = [
        {"base": "OWNERS", "entitled": 2040, "taking_part": 1486, "agreeing": 1203},
        {"base": "AREA", "entitled": 11_520_000, "taking_part": 8_390_000, "agreeing": 6_910_000},
    ]
    await town.post(
        "deliberation",
        f"{path}/decision",
        who,
        held_at=at("2024-05-06", 15).isoformat(),
        counts=counts,
        promises=[promise],
    )
    yield at("2024-05-07", 9, 30)
    await town.post("deliberation", f"{path}/publication", who, text="业主大会同意聘请物业企业，决定予以公布。")
    await town.post("deliberation", f"/platforms/{COMMUNITY}/seats", who, seat=3, holder="金鹏顺发物业")
    [undertaking] = await town.pages("deliberation", f"/undertakings?topic={topic}", who)
    yield at("2024-05-17", 9, 30)
    half = [{"work": name, "amount": amount // 2, "quantity": quantity} for name, amount, quantity in work]
    await town.post("deliberation", f"/undertakings/{undertaking['id']}/reports", who, done=half)
    yield at("2024-05-24", 9, 30)
    await town.all(lambda one: _review(town, one), complaints)
    done = {"finished_at": town.now.isoformat(), "done": planned}
    await town.post("deliberation", f"/undertakings/{undertaking['id']}/done", who, **done)
    yield at("2024-05-27", 9, 30)
    await town.post(
        "deliberation", f"/topics/{topic}/disclose", who, result="物业企业已进驻，道路、修剪、清运首批整治完成。"
    )
    await town.post("deliberation", f"/topics/{topic}/close", who)
    await town.settle()


async def _finish(town: DemoTown, id: str) -> None:
    """The listing ends, the clock runs again, and the person is told what was done."""
    await town.post("intake", f"/complaints/{id}/listing-end", SUPERVISOR)
    told = {
        "unit": UNIT,
        "finished_at": town.now.isoformat(),
        "spoken_with": "COMPLAINANT",
        "measure": "物业企业已进驻，维修可报物业。",
    }
    await town.post("intake", f"/complaints/{id}/finish", officer(UNIT), **told)


async def _close(town: DemoTown, id: str) -> None:
    called = {"called_at": town.now.isoformat(), "contacted": True, "resolved": True, "satisfaction": "SATISFIED"}
    await town.post("intake", f"/complaints/{id}/callbacks", DISPATCHER, **called)
    await town.post("intake", f"/complaints/{id}/close", DISPATCHER)
