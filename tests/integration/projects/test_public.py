"""公开: what everybody sees of projects, as pages, as JSON, on a map and in a feed."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from services.projects.main import PLAN
from shared.events.intake import DemandCounted
from shared.plumbing.public_pages import PER_MINUTE
from tests.integration.deliberation.test_public import valid
from tests.integration.projects.story import accepted, in_pool, proposed, started
from tests.integration.projects.test_doors import BEGIN, BUILDER, ROAD, SUPERVISOR, VILLAGE, pooled
from tests.support.running import Running, running
from tests.support.servers import Server, moment

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HTML = {"Accept": "text/html"}
LIST = "/public/projects"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Projects on 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def page(here: Running, path: str, **headers: str) -> httpx.Response:
    """What a browser gets."""
    return await here.client.get(path, headers=HTML | headers)


async def read(here: Running, path: str) -> str:
    """A page; it must be there."""
    answer = await page(here, path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def listed(here: Running, query: str = "") -> list[str]:
    """The titles on the first page of the list."""
    return [one["title"] for one in (await here.get(f"{LIST}{query}", None))["items"]]


async def test_nothing_is_public_before_its_pooling(here: Running) -> None:
    id = await proposed(here, "待定的护栏")
    answer = await page(here, f"{LIST}/{id}")
    assert (answer.status_code, "没有找到" in answer.text) == (404, True)
    assert (await here.call("GET", f"{LIST}/{id}", None)).headers["content-type"] == "application/problem+json"
    for path in (LIST, f"{LIST}.geojson", f"{LIST}/feed.atom"):
        assert "待定的护栏" not in await read(here, path), path
    await here.post(f"/projects/{id}/pool", SUPERVISOR, {"finding": "具备条件"})
    for path in (LIST, f"{LIST}.geojson", f"{LIST}/feed.atom", f"{LIST}/{id}"):
        assert "待定的护栏" in await read(here, path), path


async def test_a_project_is_shown_with_the_date_first_promised_its_steps_and_its_maintainer(here: Running) -> None:
    milestones = [{"public_title": "基础施工", "due_on": "2024-02-20"}]
    id = await started(here, await in_pool(here, "道路两侧护栏", people=12), milestones=milestones)
    await here.post(f"/projects/{id}/milestones", BUILDER, {"number": 1, "reached_on": "2024-02-05"})
    progress = {"percent": 40, "spent_yuan": 30, "done": [{"work": "护栏", "amount": 300, "quantity": "METRES"}]}
    await here.post(f"/projects/{id}/progress", BUILDER, progress)
    await here.post(f"/projects/{id}/delay", BUILDER, {"reason": "材料未到", "finish_on": "2024-04-30"})
    text = await read(here, f"{LIST}/{id}")
    for item in (
        "道路两侧护栏", "张郭庄村", "安全性", "便民出行", "巡查发现，12 人提出", "预算 100元；已支出 30元", "进度 40%",
        '<time datetime="2024-03-29">2024年3月29日</time> 完成', "2024年4月30日", "材料未到",
        "基础施工，2024年2月5日", "护栏300米", "入池", "立项", "开工", "项目延期",
    ):  # fmt: skip
        assert item in text, item
    await accepted(here, id)
    text = await read(here, f"{LIST}/{id}")
    for item in (
        "实际完工",
        "未晚于首次承诺",
        "征求 10 人意见，9 人满意",
        "管护主体",
        "村集体经费",
        "2024年5月30日评估",
        "验收通过",
    ):
        assert item in text, item
    shown = await here.get(f"{LIST}/{id}", None)
    assert shown["promise"] == {"first": "2024-03-29", "now": "2024-04-30", "moved": True, "days_late": 0}
    assert [stage["stage"] for stage in shown["disclosed"]] == [
        "POOLED", "APPROVED", "STARTED", "COMPLETED", "ACCEPTED",
    ]  # fmt: skip


async def test_fewer_than_five_residents_are_not_told_by_number(here: Running) -> None:
    id = await started(here, await in_pool(here, "护栏", people=4))
    await accepted(here, id, asked=4, satisfied=4)
    text = await read(here, f"{LIST}/{id}")
    for item in ("&lt;5 人提出", "居民（村民） &lt;5 人", "征求 &lt;5 人意见，&lt;5 人满意", "征求&lt;5人意见"):
        assert item in text.replace("居民（村民）&lt;5 人", "居民（村民） &lt;5 人"), item
    shown = await here.get(f"{LIST}/{id}", None)
    assert (shown["people"], shown["acceptance"]["asked"], shown["acceptance"]["residents"]) == ("<5", "<5", "<5")
    feed = valid((await here.client.get(f"{LIST}/feed.atom")).content)
    assert not any("4人" in entry.content[0].value for entry in feed.entries)


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"2024-01-10": 8, "2024-05-01": 3}, "同类诉求明显减少：同一地点的同类诉求，提出前90天8件，验收后90天<5件"),
        ({"2024-01-10": 6, "2024-05-01": 5}, "同类诉求减少不足，将重新协商"),
        ({"2024-01-10": 2}, "提出前90天同一地点的同类诉求很少（<5件），不足以比较增减；验收后90天内没有再次出现"),
        ({"2024-05-01": 7}, "不足以比较增减；验收后90天内再次出现"),
    ],
)  # fmt: skip
async def test_the_effect_is_worded_honestly(here: Running, days: dict[str, int], says: str) -> None:
    id = await started(here)
    counted = {"category": "PARKING", "community": VILLAGE, "place": ROAD, "people": 1}
    demand = f"demand/{uuid4()}"
    for version, (day, complaints) in enumerate(days.items(), 1):
        await here.hears(demand, version, DemandCounted(**counted, day=day, complaints=complaints))
    await accepted(here, id)
    await here.at(moment("2024-05-30T03:00:00"))
    shown = await here.get(f"{LIST}/{id}", None)
    assert says in shown["effect"]
    assert says in shown["steps"][-1]["note"]


async def test_a_project_nobody_can_count_at_is_not_judged(here: Running) -> None:
    id = await started(here, await in_pool(here, "护栏", place=None))
    await accepted(here, id)
    assert "不作成效评估" in await read(here, f"{LIST}/{id}")


async def test_the_list_is_narrowed_by_community_category_tag_and_state(here: Running) -> None:
    rails = await in_pool(here, "护栏")
    other = {"community": "dahuichang", "place": "dahuichang-estate", "category": "PROPERTY_SERVICE"}
    await in_pool(here, "扶手", project_category="HOUSING_CONDITIONS", tags=["ELDERLY_CARE", "CONVENIENCE"], **other)
    for query, titles in (
        ("", ["扶手", "护栏"]),
        ("?community=dahuichang", ["扶手"]),
        ("?category=PARKING", ["护栏"]),
        ("?project_category=HOUSING_CONDITIONS", ["扶手"]),
        ("?project_category=HOUSING_CONDITIONS&project_category=TRAVEL", ["扶手", "护栏"]),
        ("?tag=ELDERLY_CARE", ["扶手"]),
        ("?tag=SAFETY", ["护栏"]),
        ("?state=APPROVED", []),
        ("?state=POOLED&tag=CONVENIENCE", ["扶手"]),
    ):
        assert await listed(here, query) == titles, query
        map_data = json.loads((await here.client.get(f"{LIST}.geojson{query}")).content)
        assert [one["properties"]["title"] for one in map_data["features"]] == titles, query
    text = await read(here, f"{LIST}?tag=ELDERLY_CARE")
    assert "七有五性：老有所养" in text
    assert 'class="on" aria-current="true" href="/public/projects">老有所养' in text
    assert "护栏" not in text
    for query in ("?tag=KINGDOM", "?state=", "?title=护栏", "?community=a&community=b"):
        answer = await page(here, f"{LIST}{query}")
        assert answer.status_code in (400, 422), query
        assert answer.headers["content-type"].startswith("text/html")
    await here.post(f"/projects/{rails}/reject", SUPERVISOR, {"reason": "另有安排"})
    assert "另有安排" in await read(here, f"{LIST}/{rails}")


async def test_the_list_goes_on_from_page_to_page(here: Running) -> None:
    for number in range(5):
        await in_pool(here, f"护栏{number}")
    seen, path = [], f"{LIST}?limit=2"
    for _ in range(3):
        found = await here.get(path, None)
        seen += [one["title"] for one in found["items"]]
        path = f"{LIST}?limit=2&after={found['next']}"
    assert seen == [f"护栏{number}" for number in reversed(range(5))]
    assert found["next"] is None
    wrong = await page(here, f"{LIST}?after=x")
    assert (wrong.status_code, "翻页标记无效" in wrong.text) == (409, True)


async def test_a_merged_project_leads_to_the_one_it_was_merged_into(here: Running) -> None:
    keeper, merged = await in_pool(here, "护栏东段"), await in_pool(here, "护栏西段")
    await here.post(f"/projects/{merged}/merge", SUPERVISOR, {"into": keeper, "reason": "同一条路"})
    assert await listed(here) == ["护栏东段"]
    assert await listed(here, "?state=MERGED") == ["护栏西段"]
    text = await read(here, f"{LIST}/{merged}")
    assert f'href="/public/projects/{keeper}"' in text
    assert "同一条路" in text


async def test_projects_stand_on_a_map_where_the_town_knows_the_place(here: Running) -> None:
    await in_pool(here, "护栏")
    town = here.service.town
    places = tuple(
        place.model_copy(update={"position": (116.12, 39.79)}) if place.code == ROAD else place for place in town.places
    )
    here.service.town = town.model_copy(update={"places": places})
    await in_pool(here, "扶手", community="dahuichang", place="dahuichang-estate")
    try:
        answer = await here.client.get(f"{LIST}.geojson")
    finally:
        here.service.town = town
    assert answer.headers["Content-Type"] == "application/geo+json"
    found = json.loads(answer.content)
    assert (found["type"], found["left_off"]) == ("FeatureCollection", False)
    steps, rails = found["features"]
    assert rails["geometry"] == {"type": "Point", "coordinates": [116.12, 39.79]}
    assert (steps["geometry"], steps["type"]) == (None, "Feature")
    assert rails["properties"]["url"] == f"http://town{LIST}/{rails['id']}"


async def test_projects_are_followed_as_an_atom_feed(here: Running) -> None:
    empty = valid((await here.client.get(f"{LIST}/feed.atom")).content)
    assert empty.entries == []
    id = await started(here)
    await here.post(f"/projects/{id}/delay", BUILDER, {"reason": "材料未到", "finish_on": "2024-04-30"})
    answer = await here.client.get(f"{LIST}/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = valid(answer.content)
    assert [entry.title for entry in feed.entries] == [
        "项目延期：道路护栏", "开工：道路护栏", "立项：道路护栏", "入池：道路护栏",
    ]  # fmt: skip
    assert feed.entries[-1].id == f"tag:beigong.example,2024:project/{id}/3"
    assert "材料未到" in feed.entries[0].content[0].value
    told = datetime.fromisoformat(feed.feed.updated)
    assert answer.headers["Last-Modified"] == format_datetime(told.astimezone(UTC), usegmt=True)
    own = f"{LIST}/feed.atom?community={VILLAGE}"
    assert len(valid((await here.client.get(own)).content).entries) == 4
    assert valid((await here.client.get(f"{LIST}/feed.atom?community=dahuichang")).content).entries == []
    assert (await here.client.get(f"{LIST}/feed.atom?community=nowhere")).status_code == 409


async def test_whoever_has_the_newest_is_told_so(here: Running) -> None:
    id = await pooled(here)
    for path in (LIST, f"{LIST}/{id}", f"{LIST}.geojson", f"{LIST}/feed.atom"):
        first = await page(here, path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        same = await page(here, path, **{"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
        assert (same.status_code, same.content) == (304, b"")
        assert (await page(here, path, **{"If-None-Match": '"other"'})).status_code == 200
        since = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert (await page(here, path, **since)).status_code == 304, path
        assert (await page(here, path, **since, **{"If-None-Match": '"other"'})).status_code == 200
    await here.at(moment("2024-02-01T05:00:00"))
    await here.post(f"/projects/{id}/reject", SUPERVISOR, {"reason": "另有安排"})
    for path in (LIST, f"{LIST}/{id}"):
        assert (await page(here, path, **since)).status_code == 200, path


async def test_one_address_looks_so_often_a_minute_at_most(here: Running) -> None:
    answers = [await page(here, LIST)]
    while answers[-1].status_code == 200 and len(answers) < 2 * PER_MINUTE:
        answers.append(await page(here, LIST))
    assert answers[-1].status_code == 429
    assert PER_MINUTE <= len(answers) - 1 <= PER_MINUTE + 2, "one more, where the minute turns"
    assert "Retry-After" in answers[-1].headers
    assert "请过一分钟再试" in answers[-1].text
    assert (await here.client.get(f"{LIST}/feed.atom")).status_code == 429


async def test_a_title_is_a_text_and_never_a_part_of_the_page(here: Running) -> None:
    title = "<script>alert(1)</script>\"'&]]>\ufffe"
    id = await in_pool(here, title)
    for path in (LIST, f"{LIST}/{id}"):
        answer = await page(here, path)
        assert "<script" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        style = answer.text.partition("<style>")[2].partition("</style>")[0]
        assert b64encode(sha256(style.encode()).digest()).decode() in policy
        assert " style=" not in answer.text
    assert "alert(1)" in valid((await here.client.get(f"{LIST}/feed.atom")).content).entries[0].title
    assert json.loads((await here.client.get(f"{LIST}.geojson")).content)["features"][0]["properties"]["title"] == title


async def test_what_is_public_says_nothing_of_posts_persons_or_streams(here: Running) -> None:
    route = f"route/{uuid4()}"
    id = await started(here, await in_pool(here, "护栏", sources=[route]))
    seen: list[Any] = [(await page(here, path)).text for path in (LIST, f"{LIST}/{id}", f"{LIST}/feed.atom")]
    seen.append(json.dumps(await here.get(f"{LIST}/{id}", None), ensure_ascii=False))
    for text in seen:
        assert route.partition("/")[2] not in text
        assert "城建科负责人" not in text
    assert UUID(id)
