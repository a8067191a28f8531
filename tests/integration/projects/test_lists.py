"""Lists, board and history of suggestions, projects and batches, on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.projects.domain.project import ProjectState
from services.projects.main import PLAN
from shared.plumbing import lists
from tests.integration.projects.story import accepted, ids, in_pool, lines, proposed, started
from tests.integration.projects.test_doors import BEGIN, BUILDER, SUPERVISOR, VILLAGE, batch
from tests.support.running import OPERATOR, Running, running
from tests.support.servers import Server, moment

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
OWN, OTHERS = Bearer("secretary", (VILLAGE,)), Bearer("secretary", ("dahuichang",))
STRANGER = Bearer("officer", (), "district-fire")
ELSEWHERE = {
    "community": "dahuichang",
    "place": "dahuichang-estate",
    "category": "PROPERTY_SERVICE",
    "project_category": "HOUSING_CONDITIONS",
    "tags": ["ELDERLY_CARE"],
}


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Projects on 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def suggested(here: Running, title: str, **other: Any) -> str:
    """A suggestion: its id."""
    asked = {"origin": "RESIDENT", "community": VILLAGE, "category": "PARKING", "public_title": title} | other
    id: str = (await here.post("/suggestions", SUPERVISOR, asked))["id"]
    return id


async def reviewed(here: Running, id: str) -> None:
    review = {"unit": BUILDER.department, "community": VILLAGE, "category": "PARKING", "public_title": "村路设护栏"}
    await here.post(f"/suggestions/{id}/review", SUPERVISOR, review)


async def test_projects_are_found_by_each_condition(here: Running) -> None:
    source = f"inspection/{uuid4()}"
    handrails = await in_pool(here, "楼道扶手", **ELSEWHERE | {"sources": [source]})
    rails = await started(here, await in_pool(here, "道路护栏 A%"))
    money = (await here.get(f"/projects/{rails}", SUPERVISOR))["batch"]
    for query, found in (
        ("", [rails, handrails]),
        ("state=IN_PROGRESS", [rails]),
        ("state=IN_PROGRESS&state=POOLED", [rails, handrails]),
        ("state=CLOSED", []),
        ("project_category=HOUSING_CONDITIONS", [handrails]),
        ("community=dahuichang", [handrails]),
        ("category=PARKING", [rails]),
        ("place=dahuichang-estate", [handrails]),
        ("tag=ELDERLY_CARE", [handrails]),
        ("tag=SAFETY&state=POOLED", []),
        (f"unit={BUILDER.department}", [rails]),
        (f"batch={money}", [rails]),
        (f"source={source}", [handrails]),
        ("text=%E6%8A%A4%E6%A0%8F%20a", [rails]),  # 护栏 a
        ("text=%25", [rails]),
        ("text=_", []),
        ("finish_until=2024-03-29", [rails]),
        ("finish_until=2024-03-28", []),
        ("overdue=true", []),
        ("overdue=false", [rails, handrails]),
        ("postponed=true", []),
        ("carried_over=false", [rails, handrails]),
        ("verdict=EFFECTIVE", []),
    ):
        assert await ids(here, f"/projects?{query}") == found, query
    assert await ids(here, "/projects", BUILDER) == [rails]
    assert await ids(here, "/projects", OWN) == [rails]
    assert await ids(here, "/projects", OTHERS) == [handrails]
    assert await ids(here, "/projects", STRANGER) == []
    await here.post(f"/projects/{rails}/delay", BUILDER, {"reason": "材料未到", "finish_on": "2024-04-30"})
    assert await ids(here, "/projects?postponed=true") == [rails]
    await here.at(moment("2024-04-30T15:00:00"))
    assert await ids(here, "/projects?overdue=true") == []
    await here.at(moment("2024-04-30T17:00:00"))
    assert await ids(here, "/projects?overdue=true") == [rails]
    await here.post(f"/projects/{rails}/suspend", BUILDER, {"reason": "汛期"})
    assert await ids(here, "/projects?overdue=true") == [], "the date of a suspended project does not run"


async def test_suggestions_are_found_by_each_condition(here: Running) -> None:
    second = await suggested(here, "路口加灯", origin="INSPECTION", category="STREET_LIGHT")
    first = await suggested(here, "护栏")
    await reviewed(here, first)
    for query, found in (
        ("", [first, second]),
        ("state=UNDER_REVIEW", [first]),
        ("origin=INSPECTION&origin=ROUTE", [second]),
        ("outcome=CONVERTED", []),
        ("category=STREET_LIGHT", [second]),
        (f"unit={BUILDER.department}", [first]),
        ("text=%E5%8A%A0%E7%81%AF", [second]),  # 加灯
        ("answer_until=2024-03-02T09:00:00%2B08:00", []),
        ("answer_until=2024-03-02T09:00:01%2B08:00", [first, second]),
        ("wants_project=true", []),
        ("overdue=false", [first, second]),
    ):
        assert await ids(here, f"/suggestions?{query}") == found, query
    assert await ids(here, "/suggestions", BUILDER) == [first]
    assert await ids(here, "/suggestions", OTHERS) == []
    await here.at(moment("2024-02-09T02:00:00"))
    assert await ids(here, "/suggestions?overdue=true") == [second], "its review is late"


async def test_batches_are_listed_the_latest_quarter_first(here: Running) -> None:
    first = await batch(here, 1000)
    later = {"year": 2024, "quarter": 3, "public_title": "第三批"}
    third = (await here.post("/batches", SUPERVISOR, later))["id"]
    await here.post(f"/batches/{third}/close", SUPERVISOR)
    for query, found in (
        ("", [third, first]),
        ("state=OPEN", [first]),
        ("year=2024&quarter=3", [third]),
        ("year=2023", []),
        ("text=%E7%AC%AC%E4%B8%80", [first]),  # 第一
    ):
        assert await ids(here, f"/batches?{query}") == found, query
    answer = await here.call("GET", f"/batches?community={VILLAGE}", SUPERVISOR)
    assert answer.status_code == 422, "money is the town's: nothing is silently left out"
    page = await here.get("/batches?limit=1", SUPERVISOR)
    assert [one["id"] for one in page["items"]] == [third]
    assert await ids(here, f"/batches?limit=1&after={page['next']}") == [first]


async def test_a_list_goes_on_from_page_to_page_and_only_there(here: Running) -> None:
    made = [await proposed(here, f"护栏{number}") for number in range(5)]
    seen, path = [], "/projects?limit=2"
    for _ in range(3):
        page = await here.get(path, SUPERVISOR)
        seen += [one["id"] for one in page["items"]]
        path = f"/projects?limit=2&after={page['next']}"
    assert seen == made[::-1]
    assert page["next"] is None
    cursor = (await here.get("/projects?limit=2", SUPERVISOR))["next"]
    for other in (f"/projects?state=POOLED&after={cursor}", f"/suggestions?after={cursor}", "/projects?after=AAAA"):
        answer = await here.call("GET", other, SUPERVISOR)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_cursor"), other


async def test_lists_are_files_too(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await in_pool(here, "=1+1", **ELSEWHERE)
    rails = await started(here, await in_pool(here, "道路护栏"))
    headings, *rows = await lines(here, "/projects/export?limit=1")
    found = [dict(zip(headings, row, strict=True)) for row in rows]
    assert [one["标题"] for one in found] == ["道路护栏", "'=1+1"]
    assert found[0]["编号"] == rails
    assert (found[0]["状态"], found[0]["预算（元）"], found[0]["首次承诺完成"]) == ("实施中", "100", "2024-03-29")
    assert (found[1]["项目分类"], found[1]["七有五性"], found[1]["来源"]) == ("改善居住条件", "老有所养", "巡查发现")
    await suggested(here, "路口加灯", origin="INSPECTION")
    headings, row = await lines(here, "/suggestions/export")
    assert dict(zip(headings, row, strict=True))["来源"] == "巡查发现"
    headings, row = await lines(here, "/batches/export")
    assert dict(zip(headings, row, strict=True))["项目数"] == "1"
    assert [row[1] for row in await lines(here, "/projects/export", BUILDER)] == ["标题", "道路护栏"]
    monkeypatch.setattr(lists, "MOST_LINES", 1)
    answer = await here.call("GET", "/projects/export", SUPERVISOR)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")


async def test_the_board_shows_every_state_and_how_late_its_projects_are(here: Running) -> None:
    await in_pool(here, "楼道扶手", **ELSEWHERE)
    rails = await started(here, await in_pool(here, "道路护栏"))
    columns = {one["state"]: one for one in await here.get("/board", SUPERVISOR)}
    assert list(columns) == list(ProjectState)
    assert {state: one["count"] for state, one in columns.items() if one["count"]} == {"POOLED": 1, "IN_PROGRESS": 1}
    (card,) = columns["IN_PROGRESS"]["items"]
    assert (card["id"], card["words"], columns["IN_PROGRESS"]["name"]) == (rails, "还有53天", "实施中")
    await here.at(moment("2024-04-01T02:00:00"))
    columns = {one["state"]: one for one in await here.get("/board?tag=SAFETY&project_category=TRAVEL", SUPERVISOR)}
    assert (columns["IN_PROGRESS"]["overdue"], columns["IN_PROGRESS"]["items"][0]["words"]) == (1, "逾期3天")
    assert columns["POOLED"]["count"] == 0
    own = {one["state"]: one["count"] for one in await here.get("/board", OTHERS)}
    assert (own["POOLED"], own["IN_PROGRESS"]) == (1, 0)


async def test_the_history_tells_a_project_from_its_suggestion_to_its_money_in_words(here: Running) -> None:
    suggestion = await suggested(here, "护栏", sources=[])
    await reviewed(here, suggestion)
    asked = {"project_category": "TRAVEL", "tags": ["SAFETY"]}
    id = (await here.post(f"/suggestions/{suggestion}/convert", SUPERVISOR, asked))["project"]
    await here.post(f"/projects/{id}/pool", SUPERVISOR, {"finding": "具备条件"})
    await started(here, id)
    await in_pool(here, "楼道扶手", **ELSEWHERE)
    await accepted(here, id)
    told = await here.get(f"/projects/{id}/history", OPERATOR)
    headings = [one["heading"] for one in told]
    assert [heading for heading in headings if heading != "安排资金"] == [
        "建议收集", "分类研判", "转化为项目", "项目提出", "入池", "项目公开", "全部来源已告知", "立项", "项目公开",
        "全部来源已告知", "开工", "项目公开", "全部来源已告知", "完工", "项目公开", "全部来源已告知", "验收通过", "项目公开",
        "全部来源已告知", "落实管护",
    ]  # fmt: skip
    assert headings.index("立项") < headings.index("安排资金") < headings.index("开工")
    said = {one["heading"]: one["words"] for one in told}
    assert said["立项"] == "城乡建设与环境保护办公室实施，预算100元；2024年2月5日至2024年3月29日"
    assert said["安排资金"] == "100元，本批次合计100元"
    assert said["完工"] == "2024年3月1日，支出90元；护栏800米"
    assert said["验收通过"] == "2024年3月1日10:00，居民（村民）3人参加；征求10人意见，9人满意"
    assert {one["role"] for one in told} == {"supervisor", "officer"}
    assert "落实管护" not in [one["heading"] for one in await here.get(f"/suggestions/{suggestion}/history", OPERATOR)]
    money = (await here.get(f"/projects/{id}", OPERATOR))["batch"].rpartition("/")[2]
    assert [one["words"] for one in await here.get(f"/batches/{money}/history", OPERATOR)] == [
        "2024年第1季度，第一批", "1,000元", "100元，本批次合计100元",
    ]  # fmt: skip
    for path in (f"/projects/{id}/history", f"/suggestions/{suggestion}/history"):
        assert (await here.call("GET", path, OTHERS)).status_code == 404
        assert (await here.call("GET", path, STRANGER)).status_code == 404
