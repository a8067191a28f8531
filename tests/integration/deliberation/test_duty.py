"""月度协商: the board of communities and months, its file, and what is said when a month goes by."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from ops.embedded.keys import Bearer
from services.deliberation.domain.platform import platform_id
from shared.rules.township import SHANGHAI
from tests.integration.deliberation.test_doors import accepted
from tests.integration.deliberation.test_story import LEADER, OTHERS, concluding, opened
from tests.integration.deliberation.town import BEGIN, SECRETARY, Town, town
from tests.support.running import OPERATOR
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
DEFERRED = {"conclusion": "DEFERRED", "reason": "再议"}
WATCH = ("MonthlyMeetingDue", "MonthlyMeetingMissed", "MonthlyDutyMet")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


def at(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of 2024 in Asia/Shanghai."""
    return datetime(2024, month, day, hour, minute, tzinfo=SHANGHAI)


async def sitting(here: Town, starts_at: datetime) -> tuple[str, UUID]:
    """A meeting that is open: its path and topic."""
    topic = await accepted(here)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    path, _ = await opened(here, starts_at, topic)
    return path, topic


async def board(here: Town, community: str = "dahuichang", who: Bearer | None = None) -> list[dict[str, Any]]:
    """The twelve months of a community."""
    months: list[dict[str, Any]] = await here.get(f"/duty?year=2024&community={community}", who or LEADER)
    return months


async def watched(here: Town, community: str = "dahuichang") -> list[tuple[str, str]]:
    """What was said about months, in order."""
    facts = await here.facts(platform_id(community))
    return [(word, data["month"]) for word, data in facts if word in WATCH]


async def test_the_board_shows_all_communities_and_every_month_as_it_stands(here: Town) -> None:
    everything = await here.get("/duty?year=2024", LEADER)
    assert len(everything) == 16 * 12
    assert {row["state"] for row in everything if row["month"] == "2024-01-01"} == {"NOT_WATCHED"}
    assert {row["state"] for row in everything if row["month"] > "2024-01-01"} == {"NOT_YET"}
    path, topic = await sitting(here, at(2, 10))
    (february,) = [row for row in await board(here) if row["month"] == "2024-02-01"]
    id = path.rpartition("/")[2]
    assert (february["state"], february["meetings"], february["held"]) == ("PLANNED", 0, [])
    assert [one["id"] for one in february["planned"]] == [id]
    await here.post(f"{path}/hold", concluding(topic, **DEFERRED))
    await here.at(at(3, 28))
    held, warned = (await board(here))[1:3]
    assert (held["state"], held["meetings"], held["name"]) == ("HELD", 1, "大灰厂社区")
    assert [one["id"] for one in held["held"]] == [id] and held["planned"] == []
    assert (warned["state"], warned["warned"], warned["missed"]) == ("WARNED", True, False)
    assert {row["community"] for row in await here.get("/duty?year=2024", SECRETARY)} == {"dahuichang"}
    assert await board(here, "zhangguozhuang", SECRETARY) == []
    assert {row["state"] for row in await here.get("/duty?year=2023", LEADER)} == {"NOT_WATCHED"}
    assert (await here.call("GET", "/duty?year=1999", LEADER)).status_code in (400, 422)


async def test_a_meeting_counts_in_the_month_in_which_it_ended(here: Town) -> None:
    """It began in the last hour of March, in Shanghai, and ended on 1 April: by UTC it would still be March."""
    path, topic = await sitting(here, at(3, 31, 22))
    await here.at(at(4, 1, 0, 30))
    ended = at(4, 1, 0, 20)
    await here.post(f"{path}/hold", concluding(topic, **DEFERRED) | {"held_at": ended})
    assert ended.astimezone(UTC).month == 3
    march, april = (await board(here))[2:4]
    assert (march["state"], march["meetings"]) == ("MISSED", 0)
    assert (april["state"], april["meetings"]) == ("HELD", 1)


async def test_a_month_is_warned_of_and_missed_once_though_nobody_was_there_at_the_time(here: Town) -> None:
    """The clock jumps over both moments, as when the service was down; later it rings again and says nothing more."""
    await here.at(at(4, 2))
    february, march = "2024-02-01", "2024-03-01"
    everything = [
        ("MonthlyMeetingDue", february),
        ("MonthlyMeetingMissed", february),
        ("MonthlyMeetingDue", march),
        ("MonthlyMeetingMissed", march),
    ]
    for community in ("dahuichang", "zhangguozhuang"):
        assert await watched(here, community) == everything
    await here.at(at(4, 3))
    assert await watched(here) == everything


async def test_nothing_is_said_when_the_meeting_was_held_meanwhile(here: Town) -> None:
    """Held on the 26th, while the reminder of the 25th was still waiting: it does not come any more."""
    path, topic = await sitting(here, at(2, 24, 10))
    await here.call("PUT", "/clock", OPERATOR, {"at": at(2, 26)})
    await here.post(f"{path}/hold", concluding(topic, **DEFERRED))
    await here.at(at(3, 2))
    assert await watched(here) == [("MonthlyDutyMet", "2024-02-01")]
    assert [row["state"] for row in (await board(here))[1:3]] == ["HELD", "NOT_YET"]


async def test_a_meeting_that_is_entered_late_shows_that_the_month_was_not_missed(here: Town) -> None:
    path, topic = await sitting(here, at(2, 29, 15))
    await here.at(at(3, 2))
    await here.post(f"{path}/hold", concluding(topic, **DEFERRED) | {"held_at": at(2, 29, 17)})
    assert await watched(here) == [("MonthlyMeetingDue", "2024-02-01"), ("MonthlyMeetingMissed", "2024-02-01")]
    february = (await board(here))[1]
    assert (february["state"], february["missed"], february["meetings"]) == ("HELD", True, 1)


async def test_the_secretary_says_afterwards_why_a_month_was_missed(here: Town) -> None:
    door = "/platforms/dahuichang/missed-months"
    why = {"month": "2024-02-01", "reason": "春节前后居民外出，各方未能到齐"}
    refused = await here.call("POST", door, SECRETARY, why)
    assert (refused.status_code, refused.json()["errors"][0]["detail"]) == (
        409,
        "2024年2月没有缺会记录，无须说明原因",
    )
    await here.at(at(3, 1))
    assert (await here.call("POST", door, OTHERS, why)).status_code == 404
    assert (await here.call("POST", door, LEADER, why)).status_code == 403
    assert (await here.call("POST", door, SECRETARY, why | {"reason": ""})).status_code == 422
    await here.post(door, why)
    february = (await board(here))[1]
    assert (february["state"], february["reason"]) == ("MISSED", why["reason"])
    assert (await here.said(platform_id("dahuichang")))[-1] == "MonthlyMeetingExplained"
    assert (await here.get("/integrity"))["sound"]


async def test_the_board_is_a_file_that_a_spreadsheet_does_not_run(here: Town) -> None:
    await here.at(at(3, 1))
    await here.post("/platforms/dahuichang/missed-months", {"month": "2024-02-01", "reason": "=HYPERLINK(1)"})
    answer = await here.call("GET", "/duty/export?year=2024", LEADER)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "duty-2024.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 16 * 12
    (february,) = [row for row in rows if (row["社区（村）"], row["月份"]) == ("大灰厂社区", "2024-02")]
    assert (february["状态"], february["已记缺会"], february["缺会原因"]) == ("缺会", "是", "'=HYPERLINK(1)")
    assert (await here.call("GET", "/duty/export?year=2024", None)).status_code == 401
    own = (await here.call("GET", "/duty/export?year=2024", SECRETARY)).content.decode("utf-8-sig")
    assert "长辛店" not in own and own.count("\r\n") == 13
    assert here.service.now() > BEGIN
