"""议事协商 on the dashboard: the board of communities and months, what waits, what is coming, the meetings of a month."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.deliberation.main import PLAN
from shared.rules.township import SHANGHAI
from tests.integration.dashboard.beside import Beside, beside, links, table, text_of, untranslated
from tests.integration.deliberation.test_doors import accepted
from tests.integration.deliberation.test_story import OTHERS, concluding, opened
from tests.integration.deliberation.town import BEGIN, SECRETARY, Town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
HOSTILE = "<script>alert(1)</script>"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Town]]:
    """A town that begins on 2024-02-01."""
    async with beside(Town, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


def at(month: int, day: int, hour: int = 10) -> datetime:
    """A moment of 2024 in Asia/Shanghai."""
    return datetime(2024, month, day, hour, tzinfo=SHANGHAI)


async def held(here: Beside[Town], starts_at: datetime, **topic: Any) -> tuple[str, str]:
    """A meeting that put its topic off: its id, and the topic's."""
    one = await accepted(here.owner, **topic)
    await here.owner.post(f"/topics/{one}/background", {"title": "说明"})
    path, _ = await opened(here.owner, starts_at, one)
    await here.owner.post(f"{path}/hold", concluding(one, conclusion="DEFERRED", reason="再议"))
    return path.rpartition("/")[2], str(one)


async def planned(here: Beside[Town], starts_at: datetime) -> tuple[str, str]:
    """A meeting that shall be, and its topic."""
    topic = await accepted(here.owner, public_title="楼道照明")
    asked = {"community": "dahuichang", "starts_at": starts_at, "recorder": "recorder-1", "topics": [topic]}
    return (await here.owner.post("/meetings", asked))["id"], str(topic)


async def test_every_community_and_month_stands_by_sign_word_and_colour(here: Beside[Town]) -> None:
    await held(here, at(2, 10))
    await here.at(at(3, 28))
    found = (await here.found("/meetings?year=2024"))["board"]["found"]
    assert len(found["communities"]) == 16 and {len(one["cells"]) for one in found["communities"]} == {12}
    (own,) = [one for one in found["communities"] if one["community"] == "dahuichang"]
    assert [cell["state"] for cell in own["cells"][:4]] == ["NOT_WATCHED", "HELD", "WARNED", "NOT_YET"]
    assert (own["met"], found["missed"]) == (1, 15)
    assert [(one["held"], one["watched"], one["over"]) for one in found["months"][:3]] == [
        (0, 0, True),
        (1, 16, True),
        (0, 16, False),
    ]
    assert (found["full"], found["over"]) == (0, 1)
    rows = table(await here.page("/meetings?year=2024"), "board")
    assert len(rows) == 1 + 16 + 1
    (line,) = [row for row in rows if row[0] == "大灰厂社区"]
    assert line[1:5] == ["—未纳入", "✓已召开", "!临期提醒", "·未安排"] and line[-1] == "1"
    (line,) = [row for row in rows if row[0] == "张郭庄村"]
    assert line[2] == "✕缺会"
    assert rows[-1][2] == "1/16"


async def test_a_month_is_met_in_full_when_all_that_are_watched_have_met(here: Beside[Town]) -> None:
    """The secretary's own town is one community."""
    await held(here, at(2, 10))
    await here.at(at(4, 2))
    board = (await here.found("/meetings?year=2024", SECRETARY))["board"]["found"]
    assert (board["full"], board["over"], board["missed"]) == (1, 2, 1)
    assert [one["community"] for one in board["communities"]] == ["dahuichang"]
    others = (await here.found("/meetings", OTHERS))["board"]["found"]
    assert (others["full"], others["over"]) == (0, 2)
    before = (await here.found("/meetings?year=2023", SECRETARY))["board"]["found"]
    assert (before["full"], before["over"], before["missed"]) == (0, 0, 0)


async def test_what_waits_is_said_until_it_is_done(here: Beside[Town]) -> None:
    meeting, _ = await held(here, at(2, 10))
    await here.at(at(2, 28))
    doing = (await here.found("/meetings"))["doing"]
    assert len(doing["warned"]) == 15 and "dahuichang" not in {one["community"] for one in doing["warned"]}
    assert [one["id"] for one in doing["minutes"]["found"]] == [meeting]
    await here.at(at(3, 2))
    assert len((await here.found("/meetings"))["doing"]["unexplained"]) == 15
    page = await here.page("/meetings")
    assert f"/journeys/meeting/{meeting}" in links(page)
    assert "/meetings/cases?community=zhangguozhuang&month=2024-02" in links(page)
    assert "会议记录应于" in text_of(page) and "缺会，尚未说明原因" in text_of(page)
    why = {"month": "2024-02-01", "reason": HOSTILE}
    await here.owner.post("/platforms/zhangguozhuang/missed-months", why, OTHERS)
    found = await here.found("/meetings", OTHERS)
    assert found["doing"]["unexplained"] == []
    page = await here.page("/meetings", OTHERS)
    assert HOSTILE not in page and HOSTILE in text_of(page)


async def test_meetings_to_come_have_date_and_topics_and_stand_as_late_once_their_time_is_over(
    here: Beside[Town],
) -> None:
    second, _ = await planned(here, at(3, 20))
    first, topic = await planned(here, at(2, 20))
    await here.told()
    coming = (await here.found("/meetings"))["coming"]["found"]
    assert [one["id"] for one in coming] == [first, second]
    assert coming[0]["topics"] == [{"id": topic, "title": "楼道照明", "conclusion": None, "says": None}]
    assert "大灰厂社区 2024年2月20日10:00 已拟定" in text_of(await here.page("/meetings"))
    await here.at(at(2, 21))
    found = await here.found("/meetings")
    assert [one["id"] for one in found["coming"]["found"]] == [second]
    assert [one["id"] for one in found["doing"]["late"]["found"]] == [first]
    assert "已过开会时间，尚未开始" in text_of(await here.page("/meetings"))


async def test_the_meetings_of_a_month_have_their_topics_conclusions_and_journeys(here: Beside[Town]) -> None:
    meeting, topic = await held(here, at(2, 10), public_title="<b>垃圾</b>清运")
    coming, _ = await planned(here, at(3, 20))
    await here.at(at(3, 2))
    await here.told()
    path = "/meetings/cases?community=dahuichang&month=2024-02"
    (one,) = (await here.found(path))["meetings"]["found"]
    assert (one["id"], one["says"], one["attendance"]["seats_present"]) == (meeting, "已结束", 3)
    assert [(t["id"], t["title"], t["conclusion"]) for t in one["topics"]] == [(topic, "<b>垃圾</b>清运", "DEFERRED")]
    page = await here.page(path)
    assert "<b>垃圾</b>" not in page and "<b>垃圾</b>清运 暂缓再议" in text_of(page)
    assert {f"/journeys/meeting/{meeting}", f"/journeys/topic/{topic}"} <= links(page)
    assert [one["id"] for one in (await here.found("/meetings/cases?community="))["meetings"]["found"]] == [coming]
    everybody = await here.page("/meetings/cases?month=2024-02")
    assert text_of(everybody).count("✕ 缺会") == 15
    assert "这个月没有会议。" in text_of(await here.page("/meetings/cases?month=2024-02", OTHERS))
    await here.page(path, OTHERS, status=404)
    await here.page("/meetings/cases?community=nowhere", status=404)
    await here.page("/meetings/cases?month=2024-13", status=422)


async def test_a_meeting_that_ended_in_the_next_month_stands_in_that_and_a_cancelled_one_where_it_was_to_be(
    here: Beside[Town],
) -> None:
    topic = await accepted(here.owner)
    await here.owner.post(f"/topics/{topic}/background", {"title": "说明"})
    path, _ = await opened(here.owner, at(2, 29, 20), topic)
    await here.at(at(3, 1, 0))
    await here.owner.post(f"{path}/hold", concluding(topic, conclusion="DEFERRED", reason="再议"))
    cancelled, _ = await planned(here, at(3, 20))
    await here.owner.post(f"/meetings/{cancelled}/cancel", {"reason": "合并召开"})
    february = (await here.found("/meetings/cases?month=2024-02"))["meetings"]["found"]
    march = (await here.found("/meetings/cases?month=2024-03"))["meetings"]["found"]
    assert (february, [one["id"] for one in march]) == ([], [path.rpartition("/")[2], cancelled])


async def test_an_owner_that_is_away_or_refuses_costs_its_parts_only(here: Beside[Town]) -> None:
    here.answers(None)
    found = await here.found("/meetings")
    assert {found[part]["missing"] for part in ("board", "coming", "statistics", "definitions")} == {"silent"}
    page = text_of(await here.page("/meetings"))
    assert "deliberation 服务暂时没有应答" in page and "没有临期" not in page
    assert "服务暂时没有应答" in text_of(await here.page("/meetings/cases"))
    here.answers(403)
    assert "您的角色看不到这一项。" in text_of(await here.page("/meetings"))


async def test_the_figures_are_the_owners_and_everything_reads_in_english(here: Beside[Town]) -> None:
    await held(here, at(2, 10))
    await planned(here, at(3, 20))
    await here.at(at(3, 28))
    await here.told()
    total = (await here.owner.get("/statistics?from=2024-01&until=2024-03"))["total"]
    assert (await here.found("/meetings"))["statistics"]["found"]["total"]["topics"] == total["topics"]
    for path in ("/meetings?lang=en", "/meetings/cases?lang=en&month=2024-02", "/meetings/cases?lang=en&month=2024-03"):
        assert untranslated(await here.page(path)) == []
    here.board.client.cookies.clear()
    assert untranslated(await here.page("/meetings")) != []
