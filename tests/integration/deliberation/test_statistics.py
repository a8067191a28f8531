"""协商统计 through the doors: for the town, a community, a department; as JSON and as files."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from tests.integration.deliberation.test_doors import accepted
from tests.integration.deliberation.test_story import LEADER, OTHERS, concluding, opened
from tests.integration.deliberation.town import BEGIN, RECORDER, SECRETARY, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
DAY = timedelta(days=1)
OFFICE = Bearer("officer", department="town-community-office")
HOUSING = Bearer("officer", department="district-housing")
SPRING = "from=2024-02&until=2024-04"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


async def two_meetings(here: Town) -> None:
    """Seat 5 stays away twice without reason; the topic is deferred, then agreed, carried out late, and public."""
    topic = await accepted(here)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    path, member = await opened(here, BEGIN + 10 * DAY, topic)
    await here.post(f"{path}/attendance", {"absent": ["seat/5"]}, RECORDER)
    for party in ("seat/1", "seat/1", "seat/4"):
        await here.post(f"{path}/statements", {"party": party, "topic": topic}, RECORDER)
    await here.post(f"{path}/positions", {"party": member, "topic": topic, "position": "ABSTAIN"}, RECORDER)
    await here.post(f"{path}/positions", {"party": "seat/1", "topic": topic, "position": "SUPPORT"}, RECORDER)
    await here.post(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="再议"))
    path, _ = await opened(here, BEGIN + 20 * DAY, topic)
    await here.post(f"{path}/attendance", {"absent": ["seat/5"]}, RECORDER)
    promise = {"owner": "房管局", "unit": "district-housing", "task": "维修", "due_at": BEGIN + 30 * DAY}
    held = await here.post(f"{path}/hold", concluding(topic, conclusion="AGREED", promises=[promise]))
    await here.at(BEGIN + 32 * DAY)
    await here.post(f"/undertakings/{held['undertakings'][0]}/done", {"finished_at": BEGIN + 32 * DAY})
    await here.post(f"/topics/{topic}/disclose", {"result": "已维修"})
    await here.post("/platforms/dahuichang/absence-answers", {"party": "seat/5", "answer": "已安排专人参会"})


def the(rows: list[dict[str, Any]], **wanted: object) -> dict[str, Any]:
    """The one row whose fields have these values."""
    (found,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


async def test_a_seat_a_unit_and_the_members_are_counted_over_months(here: Town) -> None:
    await two_meetings(here)
    found = await here.get(f"/statistics?{SPRING}&by_community=true", LEADER)
    assert found["from"] == "2024-02-01T00:00:00+08:00" and found["until"] == "2024-05-01T00:00:00+08:00"
    assert found["up_to"] == await here.service.pool.fetchval("select max(position) from journal")
    total = found["total"]
    assert (total["name"], total["meetings"], total["urgent"]) == ("合计", 2, 0)
    committees = the(total["parties"], by="SEAT", value="1")
    assert (committees["invited"], committees["present"], committees["statements"]) == (2, 2, 2)
    assert (committees["support"], committees["attendance"], committees["name"]) == (1, 100.0, "两委")
    for leaders in (
        the(total["parties"], by="SEAT", value="5"),
        the(total["parties"], by="UNIT", value="town-community-office"),
    ):
        assert (leaders["invited"], leaders["present"], leaders["unexcused"]) == (2, 0, 2)
        assert (leaders["superior_told"], leaders["attendance"]) == (1, 0.0)
    assert the(total["parties"], by="MEMBERS")["abstain"] == 1
    motions = the(total["topics"], origin="TWO_COMMITTEES")
    assert (motions["steps"]["PROPOSED"], motions["steps"]["DISCLOSED"]) == (1, 1)
    assert (motions["conclusions"]["DEFERRED"], motions["conclusions"]["AGREED"]) == (1, 1)
    assert motions["to_conclusion"] == {"count": 1, "median": 20.0, "longest": 20.0}
    assert motions["to_disclosure"] == {"count": 1, "median": 12.0, "longest": 12.0}
    assert the(total["topics"], origin="HOTSPOT")["steps"]["PROPOSED"] == 0
    housing = the(total["undertakings"], unit="district-housing")
    assert (housing["late"], housing["base"], housing["in_time_rate"]) == (1, 1, 0.0)
    assert len(found["communities"]) == 16
    assert the(found["communities"], community="dahuichang") | {"community": None, "name": "合计"} == total
    assert the(found["communities"], community="zhangguozhuang")["meetings"] == 0
    later = await here.get("/statistics?from=2024-03&until=2024-03", LEADER)
    assert (later["total"]["meetings"], later["total"]["parties"]) == (0, [])


async def test_two_absences_in_six_months_and_what_followed_are_shown(here: Town) -> None:
    await two_meetings(here)
    (absence,) = (await here.get(f"/statistics?{SPRING}", SECRETARY))["consequences"]
    assert (absence["party"], absence["unit"], absence["times"]) == ("seat/5", "town-community-office", 2)
    assert (absence["answer"], absence["superior_registered"]) == ("已安排专人参会", False)
    assert (await here.get("/statistics?from=2024-03&until=2024-04", SECRETARY))["consequences"] == []


async def test_a_community_sees_its_own_and_a_department_its_own_part(here: Town) -> None:
    await two_meetings(here)
    elsewhere = await here.get(f"/statistics?{SPRING}&by_community=true", OTHERS)
    assert (elsewhere["total"]["meetings"], elsewhere["consequences"]) == (0, [])
    assert [one["community"] for one in elsewhere["communities"]] == ["zhangguozhuang"]
    assert (await here.call("GET", f"/statistics?{SPRING}&community=dahuichang", OTHERS)).status_code == 404
    office = await here.get(f"/statistics?{SPRING}", OFFICE)
    assert [(one["by"], one["value"]) for one in office["total"]["parties"]] == [("UNIT", "town-community-office")]
    assert [one["party"] for one in office["consequences"]] == ["seat/5"]
    housing = await here.get(f"/statistics?{SPRING}", HOUSING)
    assert (housing["total"]["parties"], housing["consequences"]) == ([], [])
    assert the(housing["total"]["undertakings"], unit="district-housing")["late"] == 1
    assert [one["unit"] for one in office["total"]["undertakings"]] == [None]
    assert (await here.call("GET", f"/statistics?{SPRING}", None)).status_code == 401


async def test_a_window_that_cannot_be_is_refused(here: Town) -> None:
    for query, code in (
        ("from=2024-03&until=2024-02", "wrong_order"),
        ("from=2019-01&until=2024-01", "too_many_months"),
        (f"{SPRING}&community=nowhere", "unknown_community"),
    ):
        answer = await here.call("GET", f"/statistics?{query}", LEADER)
        assert [reason["code"] for reason in answer.json()["errors"]] == [code]
    for query in ("from=2024-13&until=2024-13", "from=2024-02", "from=2024-02&until=%00"):
        assert (await here.call("GET", f"/statistics?{query}", LEADER)).status_code in (400, 422), query


async def test_each_table_is_a_file(here: Town) -> None:
    await two_meetings(here)

    async def rows(table: str) -> list[dict[str, str]]:
        answer = await here.call("GET", f"/statistics/export?{SPRING}&table={table}", LEADER)
        assert answer.headers["content-disposition"] == f'attachment; filename="{table}-2024-02-2024-04.csv"'
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    parties, topics, undertakings = [await rows(table) for table in ("parties", "topics", "undertakings")]
    seat = {"社区（村）": "大灰厂社区", "类别": "席位", "对象": "联系领导和科室"}
    (leaders,) = [row for row in parties if seat.items() <= row.items()]
    assert (leaders["应到次数"], leaders["无故缺席次数"], leaders["到会率"]) == ("2", "2", "0.0")
    (motions,) = [row for row in topics if (row["社区（村）"], row["议题来源"]) == ("合计", "两委提议")]
    assert (motions["提出"], motions["协商一致"], motions["结论到公开中位天数"]) == ("1", "1", "12.0")
    (housing,) = [row for row in undertakings if (row["社区（村）"], row["按期落实率"]) == ("大灰厂社区", "0.0")][1:]
    assert housing["逾期完成"] == "1"
    assert (await here.call("GET", f"/statistics/export?{SPRING}&table=x", LEADER)).status_code in (400, 422)


async def test_every_figure_has_words(here: Town) -> None:
    words = await here.get("/statistics/definitions", SECRETARY)
    assert {"attendance", "unexcused", "to_conclusion", "in_time_rate"} <= {one["code"] for one in words}
    assert all(one["name"] and one["words"].endswith("。") for one in words)
