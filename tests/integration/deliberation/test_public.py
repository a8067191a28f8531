"""公开: what everybody sees of meetings and topics, how it is followed, and how anybody applies to take part."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from tests.integration.deliberation.test_doors import accepted
from tests.integration.deliberation.test_story import DAY, OTHERS, SEATS, concluding, opened
from tests.integration.deliberation.town import BEGIN, RECORDER, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
NAME, PHONE = "王小满", "13912345678"
HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://town", "Host": "town"}


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


async def page(here: Town, path: str, **headers: str) -> httpx.Response:
    """What a browser gets."""
    return await here.client.get(path, headers=HTML | headers)


async def read(here: Town, path: str) -> str:
    """A page; it must be there."""
    answer = await page(here, path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def noticed(here: Town, *topics: UUID, starts_at: datetime = BEGIN + 4 * DAY) -> str:
    """A meeting of which a notice stands: its id."""
    members = list((await here.get("/platforms/dahuichang"))["members"])[:2]
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": starts_at, "topics": topics})
    notice = {
        "participants": [*SEATS, *(f"member/{member}" for member in members), "unit/district-housing"],
        "moderator": "secretary",
        "form": "DISCUSSION",
        "text": "欢迎参加",
    }
    await here.post(f"/meetings/{planned['id']}/notice", notice)
    return str(planned["id"])


async def send(here: Town, meeting: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
    """The form is sent, as a browser does."""
    path = f"/public/meetings/{meeting}/applications"
    return await here.client.post(path, content=str(httpx.QueryParams(fields)), headers=HTML | FORM | (headers or {}))


def person(**other: str) -> dict[str, str]:
    return {"applicant_kind": "RESIDENT", "name": NAME, "phone": PHONE} | other


async def test_nothing_is_public_before_its_notice(here: Town) -> None:
    topic = await accepted(here, public_title="楼道照明改造")
    planned = await here.post("/meetings", {"community": "dahuichang", "starts_at": BEGIN + 4 * DAY, "topics": [topic]})
    for path in (f"/public/meetings/{planned['id']}", f"/public/topics/{topic}", "/public/communities/nowhere"):
        answer = await page(here, path)
        assert (answer.status_code, "没有找到" in answer.text) == (404, True)
    for path in ("/public", "/public/communities/dahuichang", "/public/feed.atom", "/public/calendar.ics"):
        assert "楼道照明改造" not in await read(here, path)


async def test_a_notice_shows_all_five_items_and_how_to_apply(here: Town) -> None:
    topic = await accepted(here, public_title="楼道照明改造")
    meeting = await noticed(here, topic)
    text = await read(here, f"/public/meetings/{meeting}")
    for item in (
        "楼道照明改造", "2024年2月5日8:00", "大灰厂社区议事厅", "两委（大灰厂社区两委）", "N方代表（党员）", "区房管局",
        "社区（村）党组织书记", "座谈", "申请参会", "欢迎参加",
    ):  # fmt: skip
        assert item in text, item
    assert "楼道照明改造" in await read(here, "/public")
    assert "楼道照明改造" in await read(here, f"/public/topics/{topic}")
    own = await read(here, "/public/communities/dahuichang")
    for item in ("小区没有物业公司", "业主自治组织情况尚未登记", "2024年每月协商", "12月", "2024年2月5日8:00"):
        assert item in own, item
    shown = await here.get(f"/public/meetings/{meeting}", None)
    assert (shown["state"], shown["form"], shown["open_until"]) == ("NOTICED", "座谈", "2024-02-05T08:00:00+08:00")


async def test_somebody_applies_by_the_form_and_sees_the_answer_by_code(here: Town) -> None:
    meeting = await noticed(here, await accepted(here))
    sent = await send(here, meeting, **person())
    assert sent.status_code == 303
    path = sent.headers["Location"]
    assert "等待答复" in await read(here, path)
    assert (await send(here, meeting, **person())).headers["Location"] == path
    assert (await send(here, meeting, **person(name="李四"))).headers["Location"] != path
    listed = await here.get(f"/meetings/{meeting}/applicants?reason=安排座位", RECORDER)
    assert (listed[0]["name"], listed[0]["phone"], len(listed)) == (NAME, PHONE, 2)
    assert (await here.call("GET", f"/meetings/{meeting}/applicants?reason=看看", OTHERS)).status_code == 404
    declined = {"applicant": listed[0]["applicant"], "reason": "场地有限"}
    await here.post(f"/meetings/{meeting}/join-refusals", declined)
    answered = await page(here, path.lower())
    assert "未同意参会" in answered.text
    assert "场地有限" in answered.text
    assert answered.headers["Cache-Control"] == "no-store"
    code = path.rpartition("/")[2]
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert (await page(here, f"/public/applications/{changed}")).status_code == 404
