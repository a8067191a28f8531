"""民心项目 on the dashboard: the pool by states and as a list, what is late, what waits for whom, the money."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.dashboard.pages import projects
from services.projects.main import PLAN
from tests.integration.dashboard.beside import LEADER, Beside, beside, links, table, text_of, untranslated
from tests.integration.projects.story import accepted, in_pool, proposed, started
from tests.integration.projects.test_doors import BEGIN, BUILDER, VILLAGE
from tests.integration.projects.test_lists import ELSEWHERE, OTHERS, OWN, STRANGER, suggested
from tests.support.running import Running
from tests.support.servers import Server, moment

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOSTILE = "<svg onload=alert(1)>"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Running]]:
    """Projects on 2024-02-01, 09:00."""
    async with beside(Running, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def test_the_pool_stands_by_states_with_what_is_suggested(here: Beside[Running]) -> None:
    wish = await suggested(here.owner, "村口设护栏")
    waits = await proposed(here.owner, "楼道照明")
    pooled = await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    runs = await started(here.owner)
    found = await here.found("/projects")
    columns = {one["state"]: [item["id"] for item in one["items"]] for one in found["columns"]["found"]}
    assert {state: those for state, those in columns.items() if those} == {
        "PROPOSED": [waits],
        "POOLED": [pooled],
        "IN_PROGRESS": [runs],
    }
    assert [one["id"] for one in found["suggestions"]["found"]] == [wish]
    page = await here.page("/projects")
    assert {f"/journeys/project/{one}" for one in (waits, pooled, runs)} | {f"/journeys/suggestion/{wish}"} <= links(
        page
    )
    assert "池外：已合并 0 · 不予立项 0 · 已取消 0" in text_of(page)
    assert "暂停中" not in text_of(page)
    await here.at(moment("2024-03-01T02:00:00"))
    (late,) = (await here.found("/projects"))["suggestions"]["found"]
    assert late["overdue"] is True


async def test_late_is_what_was_first_promised_whatever_was_promised_since(here: Beside[Running]) -> None:
    id = await started(here.owner)
    assert (await here.found("/projects"))["late"]["found"] == []
    moved = {"finish_on": "2024-04-30", "reason": "连续降雨"}
    await here.owner.post(f"/projects/{id}/delay", BUILDER, moved)
    await here.at(moment("2024-03-29T12:00:00"))
    assert (await here.found("/projects"))["late"]["found"] == [], "the day itself is in time"
    await here.at(moment("2024-04-02T12:00:00"))
    (one,) = (await here.found("/projects"))["late"]["found"]
    assert (one["id"], one["days_late"], one["until"]) == (id, 4, "2024-04-30")
    page = text_of(await here.page("/projects"))
    assert "✕ 首次承诺 2024年3月29日，已晚 4 天 已改期，目前 2024年4月30日" in page
    figures = (await here.found("/projects"))["statistics"]["found"]["total"]
    assert figures["overdue_now"]["numerator"] == 1
    await here.owner.post(
        f"/projects/{id}/complete", BUILDER, {"completed_on": "2024-04-02", "spent_yuan": 90, "done": []}
    )
    assert (await here.found("/projects"))["late"]["found"] == []


async def test_whose_turn_it_is(here: Beside[Running]) -> None:
    waits = await proposed(here.owner, "楼道照明")
    pooled = await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    runs = await started(here.owner)
    waiting = (await here.found("/projects"))["waiting"]["found"]
    assert [(one["id"], one["turn"], one["step"], one["until"]) for one in waiting] == [
        (runs, BUILDER.department, "完工", "2024-03-29"),
        (waits, "TOWN", "入池研判", None),
        (pooled, "LEADER", "立项决定", None),
    ]
    rows = table(await here.page("/projects"), "waiting")
    assert rows[1] == ["道路护栏", "城乡建设与环境保护办公室", "完工", "2024年3月29日"]
    await accepted(here.owner, runs)
    (one,) = [one for one in (await here.found("/projects"))["waiting"]["found"] if one["id"] == runs]
    assert (one["turn"], one["step"]) == ("LEADER", "办结")


async def test_the_money_of_a_batch_is_arranged_spent_and_left(here: Beside[Running]) -> None:
    id = await started(here.owner)
    batch = (await here.owner.get(f"/projects/{id}", LEADER))["batch"]
    await here.owner.post(f"/projects/{id}/progress", BUILDER, {"percent": 40, "spent_yuan": 30})
    page = await here.page("/projects?year=2024")
    assert table(page, "money")[1] == ["第一批", "1", "1,000", "100 10%", "900", "30 30%", "70"]
    assert page.count('<svg role="img"') == 1 and "aria-roledescription" not in page
    assert any(f"batch={batch}" in link for link in links(page))
    assert "这一年没有批次。" in text_of(await here.page("/projects?year=2023"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"楼道扶手", "道路护栏"}),
        ("community=dahuichang", {"楼道扶手"}),
        ("project_category=TRAVEL", {"道路护栏"}),
        ("tag=ELDERLY_CARE", {"楼道扶手"}),
        ("tag=SAFETY&community=dahuichang", set()),
        ("community=&project_category=&tag=&batch=", {"楼道扶手", "道路护栏"}),
    ],
)
async def test_the_board_and_the_list_are_narrowed_alike(here: Beside[Running], query: str, found: set[str]) -> None:
    await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    await started(here.owner)
    board = (await here.found(f"/projects?{query}"))["columns"]["found"]
    assert {one["public_title"] for column in board for one in column["items"]} == found
    listed = (await here.found(f"/projects?as=list&{query}"))["list"]["found"]["items"]
    assert {one["public_title"] for one in listed} == found
    page = text_of(await here.page(f"/projects?as=list&{query}"))
    assert ("没有符合条件的项目。" in page) is (not found)


async def test_the_list_goes_on_page_by_page(here: Beside[Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "SHOWN", 1)
    first = await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    second = await started(here.owner)
    page = await here.page("/projects?as=list")
    assert f"/journeys/project/{second}" in links(page)
    (forward,) = [link for link in links(page) if "after=" in link]
    (one,) = (await here.found(f"/projects{forward}"))["list"]["found"]["items"]
    assert one["id"] == first
    (only,) = (await here.found("/projects?as=list&state=POOLED"))["list"]["found"]["items"]
    assert only["id"] == first


async def test_everybody_sees_their_own_part(here: Beside[Running]) -> None:
    await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    await started(here.owner)
    for who, seen in ((OWN, {"道路护栏"}), (OTHERS, {"楼道扶手"}), (BUILDER, {"道路护栏"}), (STRANGER, set())):
        board = (await here.found("/projects", who))["columns"]["found"]
        assert {one["public_title"] for column in board for one in column["items"]} == seen, who
    await here.page(f"/projects?community={VILLAGE}", OTHERS, status=404)
    await here.page("/projects", Bearer("recorder", (VILLAGE,)), status=403)
    await here.page("/projects?state=LOST", status=404)
    for query in ("as=map", "tag=X", "year=1999", "batch=7", "project_category=ROADS"):
        await here.page(f"/projects?{query}", status=422)


async def test_all_tags_and_categories_stand_there_with_how_far_their_projects_came(here: Beside[Running]) -> None:
    await started(here.owner)
    page = await here.page("/projects")
    rows = table(page, "figures-of-year")
    assert len(rows) == 1 + 12
    assert [row for row in rows[1:] if row[1] != "0"] == [["安全性", "1", "1", "0", "0", "无 0/0"]]
    assert "?as=board&year=2024&tag=SAFETY" in links(page)


async def test_a_title_cannot_do_anything_to_whoever_reads_it(here: Beside[Running]) -> None:
    await proposed(here.owner, HOSTILE)
    await suggested(here.owner, HOSTILE)
    for path in ("/projects", "/projects?as=list"):
        page = await here.page(path)
        assert HOSTILE not in page and HOSTILE in text_of(page)


async def test_an_owner_that_is_away_or_refuses_costs_its_parts_only(here: Beside[Running]) -> None:
    here.answers(None)
    found = await here.found("/projects?as=list")
    parts = ("columns", "suggestions", "late", "waiting", "statistics", "list", "batches")
    assert {found[part]["missing"] for part in parts} == {"silent"}
    for path in ("/projects", "/projects?as=list"):
        page = text_of(await here.page(path))
        assert "projects 服务暂时没有应答" in page and "没有晚于首次承诺" not in page
    here.answers(403)
    assert "您的角色看不到这一项。" in text_of(await here.page("/projects"))


async def test_everything_reads_in_english(here: Beside[Running]) -> None:
    await suggested(here.owner, "村口设护栏")
    await in_pool(here.owner, "楼道扶手", **ELSEWHERE)
    await started(here.owner)
    await here.at(moment("2024-04-02T12:00:00"))
    for path in ("/projects?lang=en", "/projects?lang=en&as=list"):
        assert untranslated(await here.page(path)) == []
