"""吹哨报到 on the dashboard: punctuality by department with its base, who is supervised, what is overdue and due now."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.escalation.main import PLAN
from tests.integration.dashboard.beside import LEADER, Beside, beside, links, table, text_of, untranslated
from tests.integration.escalation.town import BEGIN, DAY, FIRE, OTHERS, SECRETARY, WATER, blown, handled
from tests.support.running import Running
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOSTILE = "<img src=x onerror=alert(1)>"
HOUR_S = 3600
PERIOD = "from=2024-02&until=2024-03"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Running]]:
    """Escalation on Thursday 2024-02-01, 09:00."""
    async with beside(Running, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def asked(here: Beside[Running], title: str, **more: Any) -> str:
    """A whistle that waits for the town leader."""
    wish = {"community": "community-02", "category": "GAS", "public_title": title, "whistle": "KEY_TASK"} | more
    found: str = (await here.owner.post("/issues", LEADER, wish))["id"]
    return found


async def late(here: Beside[Running]) -> tuple[str, str, str]:
    """Water has come and housing has not, three days after both were called: the issue, and the duty of each."""
    issue, duties = await blown(here.owner)
    await here.owner.post(f"{duties['district-water']}/check-in", WATER, {"mode": "ON_SITE"})
    await here.at(BEGIN + 5 * DAY)
    return tuple(path.rpartition("/")[2] for path in (issue, duties["district-housing"], duties["district-water"]))  # type: ignore[return-value]


async def test_every_department_has_its_calls_and_punctuality_with_the_base(here: Beside[Running]) -> None:
    await late(here)
    told = await here.owner.get(f"/statistics?{PERIOD}&by_month=true", LEADER)
    found = (await here.found(f"/whistles?{PERIOD}"))["statistics"]["found"]
    for name in ("departments", "callers", "months"):
        assert found[name] == told[name]
    assert (await here.found("/whistles"))["open"]["found"] == {"district-housing": 1, "district-water": 1}
    total, housing, water = table(await here.page(f"/whistles?{PERIOD}"), "departments")[1:]
    assert total[:7] == ["合计", "2", "2", "✕ 1/2", "50% 1/2", "50% 1/2", "无 0/0"]
    assert housing[:7] == ["区房管局", "1", "1", "✕ 1/1", "0% 0/1", "0% 0/1", "无 0/0"]
    assert water[:8] == ["区水务局", "1", "1", "0/1", "100% 1/1", "100% 1/1", "无 0/0", "0 分钟"]
    months = table(await here.page(f"/whistles?{PERIOD}"), "months")
    assert [row[:3] for row in months[1:]] == [["2024年3月", "0", "无 0/0"], ["2024年2月", "2", "50% 1/2"]]


async def test_what_is_owed_now_stands_by_issue_the_most_urgent_first(here: Beside[Running]) -> None:
    issue, housing, water = await late(here)
    waits = await asked(here, "燃气管线占压")
    board = (await here.found("/whistles"))["board"]["found"]
    assert [one["issue"] for one in board["overdue"]] == [issue]
    assert [(step["step"], step["duty"], step["overdue"]) for step in board["overdue"][0]["steps"]] == [
        ("ACKNOWLEDGE", housing, True),
        ("CHECK_IN", housing, True),
    ]
    assert board["overdue_steps"] == 2 and board["due_steps"] == 3
    assert [one["issue"] for one in board["due"]] == [waits, issue]
    assert {step["duty"] for step in board["due"][1]["steps"]} == {housing, water}
    assert 4 * HOUR_S - 60 < board["due"][0]["steps"][0]["seconds"] <= 4 * HOUR_S, "the clock runs on"
    page = await here.page("/whistles")
    assert "· 审批 · 待镇领导审批 期限 2024年2月6日13:00" in text_of(page)
    assert {f"/journeys/issue/{issue}", f"/journeys/duty/{housing}", f"/journeys/issue/{waits}"} <= links(page)


async def test_the_ladder_shows_who_is_supervised_on_which_level(here: Beside[Running]) -> None:
    issue, _, _ = await late(here)
    ladder = (await here.found("/whistles"))["ladder"]["found"]
    assert [(one["level"], one["issues"]) for one in ladder] == [
        (level, []) for level in ("DISTRICT", "TOWN_LEADER", "DEPARTMENT_HEAD", "REMINDER")
    ]
    await here.at(BEGIN + 8 * DAY)
    ladder = {one["level"]: one["issues"] for one in (await here.found("/whistles"))["ladder"]["found"]}
    ((level, (one,)),) = [(level, issues) for level, issues in ladder.items() if issues]
    (row,) = (await here.owner.get("/issues?supervised=true", LEADER))["items"]
    assert (one["id"], level, one["lead_name"]) == (issue, row["supervision"], "区房管局")
    await here.at(BEGIN + 20 * DAY)
    top, *others = (await here.found("/whistles"))["ladder"]["found"]
    assert ([one["id"] for one in top["issues"]], [one["issues"] for one in others]) == ([issue], [[], [], []])
    assert "区级督办 1 项" in text_of(await here.page("/whistles"))


@pytest.mark.parametrize(
    ("query", "departments", "cases"),
    [
        ("", ["合计", "区房管局", "区水务局"], 2),
        ("department=district-water", ["合计", "区水务局"], 1),
        ("whistle=PUBLIC_DEMAND&community=dahuichang", ["合计", "区房管局", "区水务局"], 1),
        ("whistle=KEY_TASK", [], 1),
        ("community=community-02&department=", [], 1),
        ("from=2024-03&until=2024-03", [], 2),
        ("from=&until=&whistle=&community=", ["合计", "区房管局", "区水务局"], 2),
    ],
)
async def test_figures_and_cases_are_narrowed_alike(
    here: Beside[Running], query: str, departments: list[str], cases: int
) -> None:
    await late(here)
    await asked(here, "燃气管线占压")
    found = await here.found(f"/whistles?{query}")
    issues = {one["issue"] for part in ("overdue", "due") for one in found["board"]["found"][part]}
    assert len(issues) == cases
    page = await here.page(f"/whistles?{query}")
    shown = [row[0] for row in table(page, "departments")[1:]] if departments else []
    assert shown == departments
    assert ("这一时段没有召集过部门。" in text_of(page)) is (not departments)


async def test_everybody_sees_their_own_part(here: Beside[Running]) -> None:
    issue, housing, water = await late(here)
    assert (await here.found("/whistles", SECRETARY))["board"]["found"]["overdue_steps"] == 2
    assert (await here.found("/whistles", OTHERS))["board"]["found"]["overdue_steps"] == 0
    assert (await here.found("/whistles", WATER))["statistics"]["found"]["departments"][0]["figures"]["called"][
        "value"
    ] == 1
    assert f"/journeys/duty/{housing}" not in links(await here.page("/whistles", WATER))
    assert f"/journeys/duty/{water}" in links(await here.page("/whistles", WATER))
    assert f"/journeys/issue/{issue}" not in links(await here.page("/whistles", FIRE))
    await here.page("/whistles?community=dahuichang", OTHERS, status=404)
    await here.page("/whistles", Bearer("feeder"), status=403)


async def test_what_is_no_question_is_refused(here: Beside[Running]) -> None:
    await here.page("/whistles?from=2024-03&until=2024-02", status=409)
    await here.page("/whistles?from=2010-01&until=2024-02", status=409)
    for query in ("from=2024", "whistle=LOUD", "until=2024-13", "who=me"):
        await here.page(f"/whistles?{query}", status=422)
    await here.page("/whistles?department=nobody", status=404)


async def test_a_title_cannot_do_anything_to_whoever_reads_it(here: Beside[Running]) -> None:
    await asked(here, HOSTILE)
    page = await here.page("/whistles")
    assert HOSTILE not in page and HOSTILE in text_of(page)


async def test_an_owner_that_is_away_or_refuses_costs_its_parts_only(here: Beside[Running]) -> None:
    here.answers(None)
    found = await here.found("/whistles")
    assert {found[part]["missing"] for part in ("statistics", "board", "ladder", "open")} == {"silent"}
    page = text_of(await here.page("/whistles"))
    assert "escalation 服务暂时没有应答" in page and "没有逾期" not in page
    here.answers(403)
    assert "您的角色看不到这一项。" in text_of(await here.page("/whistles"))


async def test_the_months_are_drawn_and_everything_reads_in_english(here: Beside[Running]) -> None:
    await handled(here.owner)
    await asked(here, "燃气管线占压")
    await here.at(BEGIN + 8 * DAY)
    assert "<svg" not in await here.page("/whistles"), "one month is no line"
    page = await here.page("/whistles?lang=en")
    assert untranslated(page) == []
    assert "The score" not in page and "acknowledging and checking in in time give all their points" in page
