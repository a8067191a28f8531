"""统计: what began before a complaint, what was kept, what came back, and the money, counted on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.projects.domain.figures import DEFINITIONS
from services.projects.main import PLAN
from shared.events.intake import DemandCounted
from tests.integration.projects.story import accepted, in_pool, lines, proposed, started
from tests.integration.projects.test_doors import BEGIN, BUILDER, ROAD, SUPERVISOR, VILLAGE
from tests.integration.projects.test_lists import ELSEWHERE, OTHERS, STRANGER, suggested
from tests.support.running import OPERATOR, Running, running
from tests.support.servers import Server, moment

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
SPRING = "/statistics?from=2024-02&until=2024-05"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Projects on 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def figures(here: Running, path: str = SPRING, who: Bearer = OPERATOR) -> dict[str, tuple[Any, Any, Any]]:
    """Numerator, denominator and value of each figure of the total."""
    total = (await here.get(path, who))["total"]
    return {name: (one["numerator"], one["denominator"], one["value"]) for name, one in total.items()}


async def test_what_began_before_a_complaint_is_counted_by_where_it_came_from(here: Running) -> None:
    route, topic, hotspot = (f"{kind}/{uuid4()}" for kind in ("route", "topic", "hotspot"))
    await proposed(here, "巡查发现")
    await proposed(here, "协商提出", sources=[topic, route])
    await proposed(here, "热点分析", sources=[hotspot])
    await proposed(here, "诉求转办", sources=[route])
    suggestion = await suggested(here, "居民建议")
    review = {"unit": BUILDER.department, "community": VILLAGE, "public_title": "居民建议"}
    await here.post(f"/suggestions/{suggestion}/review", SUPERVISOR, review)
    asked = {"project_category": "TRAVEL", "tags": ["SAFETY"]}
    await here.post(f"/suggestions/{suggestion}/convert", SUPERVISOR, asked)
    await suggested(here, "路口加灯", origin="INSPECTION")
    found = await figures(here)
    assert found["proposed"] == (5, None, 5)
    assert found["before_complaints"] == (3, 5, 60.0)
    assert found["before_complaints_with_route"] == (1, 3, 33.33)
    assert [found[f"from_{origin}"][0] for origin in ("deliberation", "analysis", "inspection", "complaint", "resident")] == [
        1, 1, 1, 1, 1,
    ]  # fmt: skip
    assert found["suggestions_before_complaints"] == (1, 2, 50.0)
    assert (await figures(here, "/statistics?from=2024-01&until=2024-01"))["before_complaints"] == (0, 0, None)


async def test_promises_money_and_recurrence_are_counted(here: Running) -> None:
    rails = await started(here)
    await in_pool(here, "楼道扶手", **ELSEWHERE)
    counted = {"category": "PARKING", "community": VILLAGE, "place": ROAD, "people": 1}
    await here.hears(f"demand/{uuid4()}", 1, DemandCounted(**counted, day="2024-03-10", complaints=1))
    answered = await suggested(here, "路口加灯")
    await accepted(here, rails)
    await here.at(moment("2024-05-30T03:00:00"))
    found = await figures(here)
    steps = ("proposed", "pooled", "approved", "started", "completed", "accepted", "evaluated", "closed")
    assert [found[step][0] for step in steps] == [2, 2, 1, 1, 1, 1, 1, 0]
    assert (found["due"][0], found["in_time"], found["overdue_now"]) == (1, (1, 1, 100.0), (0, 1, 0.0))
    assert (found["postponed"], found["over_the_year"]) == ((0, 1, 0.0), (0, 1, 0.0))
    assert (found["effective"], found["recurred"], found["asked_again"]) == ((0, 0, None), (1, 1, 100.0), (1, 1, 100.0))
    assert (found["answered_in_time"], found["unanswered_now"]) == ((0, 1, 0.0), (1, 1, 100.0))
    assert answered
    (money,) = (await here.get(SPRING, OPERATOR))["batches"]
    assert {name: (one["numerator"], one["denominator"]) for name, one in money["figures"].items()} == {
        "planned_yuan": (1000, None),
        "approved_yuan": (100, 1000),
        "spent_yuan": (90, 100),
    }
    assert (money["year"], money["quarter"], money["projects"]) == (2024, 1, 1)


async def test_figures_are_parted_by_community_category_tag_and_month(here: Running) -> None:
    await started(here)
    await in_pool(here, "楼道扶手", **ELSEWHERE | {"tags": ["ELDERLY_CARE", "SAFETY"]})
    await suggested(here, "路口加灯")
    for by, parts in (
        ("community", [("大灰厂社区", 1), ("张郭庄村", 1)]),
        ("project_category", [("改善居住条件", 1), ("便民出行", 1)]),
        ("tag", [("老有所养", 1), ("安全性", 2)]),
        ("category", [("停车管理", 1), ("物业服务", 1)]),
    ):
        found = (await here.get(f"{SPRING}&by={by}", OPERATOR))["parts"]
        assert [(one["name"], one["figures"]["pooled"]["value"]) for one in found] == parts, by
    months = (await here.get(f"{SPRING}&by_month=true", OPERATOR))["months"]
    assert [(one["month"], one["figures"]["started"]["value"]) for one in months] == [
        ("2024-02", 1), ("2024-03", 0), ("2024-04", 0), ("2024-05", 0),
    ]  # fmt: skip
    by_place = (await here.get(f"{SPRING}&by=community", OPERATOR))["parts"]
    assert [one["figures"]["suggestions"]["value"] for one in by_place] == [0, 1]


async def test_figures_say_what_they_were_made_of_and_reach_as_far_as_the_caller(here: Running) -> None:
    await started(here)
    await in_pool(here, "楼道扶手", **ELSEWHERE)
    found = await here.get(SPRING, OPERATOR)
    assert found["up_to"] == await here.service.pool.fetchval("select max(position) from journal")
    assert (found["configuration"], found["closed"]) == (["2019-01-01"], False)
    assert (found["from"], found["until"]) == ("2024-02-01T00:00:00+08:00", "2024-06-01T00:00:00+08:00")
    defined = {one["figure"] for one in await here.get("/statistics/definitions", OPERATOR)}
    assert defined == set(DEFINITIONS) == {*found["total"], *found["batches"][0]["figures"]}
    for who, pooled, money in ((OTHERS, 1, 0), (BUILDER, 1, 100), (STRANGER, 0, 0), (SUPERVISOR, 2, 100)):
        own = await here.get(SPRING, who)
        assert own["total"]["pooled"]["value"] == pooled, who
        assert own["batches"][0]["figures"]["approved_yuan"]["numerator"] == money, who
    assert (await here.call("GET", f"{SPRING}&community={VILLAGE}", OTHERS)).status_code == 404
    for query, code in (
        ("from=2024-05&until=2024-02", "wrong_order"),
        ("from=2000-01&until=2024-02", "too_many_months"),
        ("from=2024-02&until=2024-02&community=nowhere", "unknown_community"),
    ):
        answer = await here.call("GET", f"/statistics?{query}", OPERATOR)
        assert (answer.status_code, answer.json()["code"]) == (409, code), query


async def test_figures_are_a_file_too(here: Running) -> None:
    await started(here)
    headings, *rows = await lines(here, "/statistics/export?from=2024-02&until=2024-05")
    found = [dict(zip(headings, row, strict=True)) for row in rows]
    assert {(one["口径"], one["对象"]) for one in found} == {
        ("合计", "合计"), ("社区（村）", "张郭庄村"), ("项目分类", "便民出行"), ("七有/五性", "安全性"),
        ("诉求分类", "停车管理"), ("批次", "第一批"),
    }  # fmt: skip
    (money,) = [one for one in found if one["指标"] == "立项安排占资金总额"]
    assert (money["数值"], money["分子"], money["分母"], money["计量"]) == ("10.0", "100", "1000", "%")
