"""公开: what everybody sees of meetings and topics, how it is followed, and how anybody applies to take part."""

from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import feedparser
import httpx
import pytest
import pytest_asyncio
import vobject
from ical.calendar_stream import IcsCalendarStream
from lxml import etree

from services.deliberation.telling import teller
from shared.events import deliberation as said
from shared.plumbing.notices.words import Told
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
    platform = await here.get("/platforms/dahuichang")
    members = [member for member, kind in platform["members"].items() if kind == "PARTY_MEMBER"]
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
    assert (shown["state"], shown["form"], shown["open_until"]) == ("NOTICED", "座谈", "2024-02-05T00:00:00+00:00")


async def test_somebody_applies_by_the_form_and_sees_the_answer_by_code(here: Town) -> None:
    meeting = await noticed(here, await accepted(here))
    sent = await send(here, meeting, **person())
    assert sent.status_code == 303
    path = sent.headers["Location"]
    assert "等待答复" in await read(here, path)
    assert (await send(here, meeting, **person())).headers["Location"] == path
    assert (await send(here, meeting, **person(name="李四"))).headers["Location"] != path
    listed = await here.get(f"/meetings/{meeting}/applicants?reason=安排座位", RECORDER)
    assert sorted((one["name"], one["phone"], one["state"]) for one in listed) == [
        ("李四", PHONE, "OPEN"),
        (NAME, PHONE, "OPEN"),
    ]
    (mine,) = [one["applicant"] for one in listed if one["name"] == NAME]
    assert (await here.call("GET", f"/meetings/{meeting}/applicants?reason=看看", OTHERS)).status_code == 404
    declined = {"applicant": mine, "reason": "场地有限"}
    await here.post(f"/meetings/{meeting}/join-refusals", declined)
    answered = await page(here, path.lower())
    assert "未同意参会" in answered.text
    assert "场地有限" in answered.text
    assert answered.headers["Cache-Control"] == "no-store"
    code = path.rpartition("/")[2]
    changed = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert (await page(here, f"/public/applications/{changed}")).status_code == 404


async def test_a_bad_form_comes_back_with_words_and_with_what_was_filled_in(here: Town) -> None:
    meeting = await noticed(here, await accepted(here))
    for fields, words in (
        (person(name=""), "必填"),
        (person(applicant_kind="KING"), "请选择"),
        ({"name": NAME}, "请选择"),
        (person(name="长" * 51), "长度不得超过 50"),
        (person(phone="1\x00"), "控制字符"),
        (person(other="x"), "没有这个字段"),
    ):
        answer = await send(here, meeting, **fields)
        assert (answer.status_code, words in answer.text) == (422, True), (fields, answer.text)
    kept = await send(here, meeting, **person(applicant_kind="KING", name='"><script>alert(1)</script>'))
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in kept.text
    path = f"/public/meetings/{meeting}/applications"
    for content, headers, status in (
        (b"name=a&name=b", FORM, 400),
        (b"name=%ff", FORM, 400),
        (b"\xff", FORM, 400),
        (b"&".join(b"n%d=1" % n for n in range(30)), FORM, 400),
        (b"{}", FORM | {"Content-Type": "application/json"}, 415),
        (b"name=a", FORM | {"Origin": "https://elsewhere.example"}, 400),
        (b"name=a", FORM | {"Sec-Fetch-Site": "cross-site"}, 400),
    ):
        await here.client._transport.app.state.rate_limits.forget()  # type: ignore[attr-defined]
        assert (await here.client.post(path, content=content, headers=HTML | headers)).status_code == status, content
    assert (await send(here, str(UUID(int=1)), **person())).status_code == 404
    assert await here.service.pool.fetchval("select count(*) from applications") == 0


async def test_nobody_applies_after_the_notice_is_over(here: Town) -> None:
    topic = await accepted(here)
    meeting = await noticed(here, topic)
    await here.at(BEGIN + 5 * DAY)
    late = await send(here, meeting, **person())
    assert (late.status_code, "公示已结束" in late.text) == (409, True)
    assert "提交申请" not in await read(here, f"/public/meetings/{meeting}")


async def test_one_address_applies_ten_times_a_minute_at_most(here: Town) -> None:
    meeting = await noticed(here, await accepted(here))
    sent = [await send(here, meeting, **person(name=f"甲{number}")) for number in range(11)]
    assert [one.status_code for one in sent] == [303] * 10 + [429]
    assert "Retry-After" in sent[-1].headers
    asked = await here.call("POST", f"/meetings/{meeting}/join-requests", None, {"applicant_kind": "UNIT"})
    assert asked.status_code == 429


async def test_an_applicants_name_and_number_stand_nowhere_but_in_the_vault(
    here: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    meeting = await noticed(here, await accepted(here))
    await here.client.get("/metrics")
    sent = await send(here, meeting, **person())
    asked = {"applicant_kind": "UNIT", "reachable": {"name": NAME, "phone": PHONE}}
    answered = await here.post(f"/meetings/{meeting}/join-requests", asked, None)
    assert "等待答复" in await read(here, f"/public/applications/{answered['code']}")
    seen = [sent.text, str(sent.headers), caplog.text, *capfd.readouterr()]
    for path in ("/public", f"/public/meetings/{meeting}", sent.headers["Location"], "/public/feed.atom"):
        seen.append(await read(here, path))
    seen.append((await here.client.get("/public/calendar.ics")).text)
    seen.append((await here.call("GET", f"/meetings/{meeting}", RECORDER)).text)
    tables = await here.service.pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    for row in tables:
        stored = await here.service.pool.fetchval(f"select string_agg(t::text, '') from {row['tablename']} t")
        seen.append(stored or "")
    for text in seen:
        assert NAME not in text
        assert PHONE not in text
    vault = "select count(*) from vault where field = 'applicant'"
    assert await here.service.pool.fetchval(vault) == 2
    await here.post(f"/meetings/{meeting}/cancel", {"reason": "停电"})
    tidy = here.service.plan.tidy
    assert tidy
    await tidy(here.service)
    assert await here.service.pool.fetchval(vault) == 2
    await here.at(BEGIN + 40 * DAY)
    await tidy(here.service)
    assert await here.service.pool.fetchval(vault) == 0


async def test_an_applicant_is_told_by_short_message_how_it_was_answered(here: Town) -> None:
    meeting = await noticed(here, await accepted(here))
    asked = {"applicant_kind": "RESIDENT", "reachable": {"name": NAME, "phone": PHONE}}
    applied = await here.post(f"/meetings/{meeting}/join-requests", asked, None)
    await here.post(f"/meetings/{meeting}/join-admissions", {"applicant": applied["applicant"]})
    told, owner, who = teller(here.service), UUID(meeting), UUID(applied["applicant"])
    async with here.service.pool.acquire() as con:
        whose = await told.look(con, [owner])
    fact = said.JoinAdmitted(applicant=who)
    message = told.tell(Told(1, "meeting", owner, f"meeting/{owner}/1", fact, BEGIN), whose[owner])
    assert message
    assert (message.template, message.to) == ("admitted", who)
    assert message.parameters == {"community": "大灰厂社区", "day": "2月5日", "code": applied["code"]}
    assert (await told.contacts(here.service.pool, [who]))[who].to == f"+86{PHONE}"


async def disclosed(here: Town) -> tuple[UUID, str]:
    """A topic whose result is public, and its meeting."""
    topic = await accepted(here, public_title="垃圾清运", people=4)
    await here.post(f"/topics/{topic}/background", {"title": "说明"})
    path, member = await opened(here, BEGIN + 5 * DAY, topic)
    await here.post(f"{path}/positions", {"party": member, "topic": topic, "position": "SUPPORT"}, RECORDER)
    promise = {"owner": "两委", "task": "清运", "due_at": BEGIN + 9 * DAY}
    held = await here.post(f"{path}/hold", concluding(topic, conclusion="SETTLED", promises=[promise]))
    await here.post(f"{path}/minutes", {"text": "会议记录正文"}, RECORDER)
    await here.post(f"/undertakings/{held['undertakings'][0]}/done", {"finished_at": BEGIN + 5 * DAY})
    await here.post(f"/topics/{topic}/disclose", {"result": "已清运 3 车"})
    return topic, path.rpartition("/")[2]


async def test_the_result_is_public_with_its_minutes_and_without_small_counts(here: Town) -> None:
    topic, meeting = await disclosed(here)
    text = await read(here, f"/public/meetings/{meeting}")
    (minutes,) = await here.get(f"/meetings/{meeting}/minutes", None)
    for item in ("当场解决", "会议记录正文", minutes["sha256"], "赞成 &lt;5", "代表 &lt;5 人", "席位 3/3"):
        assert item in text, item
    about = await read(here, f"/public/topics/{topic}")
    for item in ("已清运 3 车", "&lt;5 人", "议题上会", "当场解决", "结果公开"):
        assert item in about, item
    shown = await here.get(f"/public/topics/{topic}", None)
    assert shown["people"] == "<5"
    front = await read(here, "/public")
    assert "已清运 3 车" in front
    assert "已召开 1 次" in await read(here, "/public/communities/dahuichang")
    await here.at(BEGIN + 200 * DAY)
    assert "已清运 3 车" not in await read(here, "/public")


def valid(feed: bytes) -> Any:
    """The feed, read by a grammar and by a reader that are not ours."""
    grammar = etree.RelaxNG(etree.parse(Path("tests/support/atom.rng")))
    grammar.assertValid(etree.fromstring(feed))
    found = feedparser.parse(feed)
    assert found.bozo == 0, found.get("bozo_exception")
    return found


async def test_notices_and_results_are_followed_as_an_atom_feed(here: Town) -> None:
    empty = valid((await here.client.get("/public/feed.atom")).content)
    assert (empty.entries, empty.version) == ([], "atom10")
    topic, meeting = await disclosed(here)
    answer = await here.client.get("/public/feed.atom")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = valid(answer.content)
    assert [entry.id for entry in feed.entries] == [
        f"tag:beigong.example,2024:{name}"
        for name in (f"topic/{topic}/result", f"meeting/{meeting}/result", f"meeting/{meeting}/notice")
    ]
    assert "已清运 3 车" in feed.entries[0].content[0].value
    assert feed.feed.updated == feed.entries[0].updated > "2024-02-06T00:00:00+00:00"[:-6]
    told = datetime.fromisoformat(feed.feed.updated)
    assert answer.headers["Last-Modified"] == format_datetime(told.astimezone(UTC), usegmt=True)
    again = valid((await here.client.get("/public/feed.atom")).content)
    assert [entry.id for entry in again.entries] == [entry.id for entry in feed.entries]
    assert valid((await here.client.get("/public/communities/zhangguozhuang/feed.atom")).content).entries == []
    assert len(valid((await here.client.get("/public/communities/dahuichang/feed.atom")).content).entries) == 3
    assert (await here.client.get("/public/communities/nowhere/feed.atom")).status_code == 404


async def test_whoever_has_the_newest_is_told_so(here: Town) -> None:
    await noticed(here, await accepted(here))
    for path in ("/public/feed.atom", "/public/calendar.ics", "/public", "/public/communities/dahuichang"):
        first = await page(here, path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        same = await page(here, path, **{"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
        assert (same.status_code, same.content) == (304, b"")
        assert (await page(here, path, **{"If-None-Match": '"other"'})).status_code == 200
    first = await page(here, "/public/feed.atom")
    for since, status in (
        (first.headers["Last-Modified"], 304),
        ("Wed, 31 Jan 2024 23:59:59 GMT", 200),
        ("yesterday", 200),
    ):
        assert (await page(here, "/public/feed.atom", **{"If-Modified-Since": since})).status_code == status
    both = {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]}
    assert (await page(here, "/public/feed.atom", **both)).status_code == 200


def event(calendar: bytes) -> Any:
    """The only event of a calendar, read strictly by two libraries that are not ours."""
    vobject.readOne(calendar.decode()).validate(raiseException=True)
    (found,) = IcsCalendarStream.calendar_from_ics(calendar.decode()).events
    return found


async def test_meetings_are_followed_as_a_calendar(here: Town) -> None:
    topic = await accepted(here, public_title="停车, 充电; 照明")
    meeting = await noticed(here, topic)
    paths = [f"/public/{where}calendar.ics" for where in ("", "communities/dahuichang/", f"meetings/{meeting}/")]
    for path in paths:
        answer = await here.client.get(path)
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert b"BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai" in answer.content
        first = event(answer.content)
        assert (first.uid, first.sequence, first.status) == (f"{meeting}@beigong.example", 0, "CONFIRMED")
        assert first.dtstart == BEGIN + 4 * DAY
        assert "停车, 充电; 照明" in first.summary
    await here.post(f"/meetings/{meeting}/postpone", {"starts_at": BEGIN + 6 * DAY, "reason": "材料未齐"})
    moved = event((await here.client.get(paths[0])).content)
    assert (moved.uid, moved.sequence, moved.status) == (first.uid, 1, "TENTATIVE")
    assert moved.dtstart == BEGIN + 6 * DAY
    assert "材料未齐" in await read(here, f"/public/meetings/{meeting}")
    await here.post(f"/meetings/{meeting}/notice", {"participants": SEATS, "moderator": "secretary", "form": "ON_SITE"})
    assert event((await here.client.get(paths[0])).content).sequence == 2
    await here.post(f"/meetings/{meeting}/cancel", {"reason": "停电"})
    gone = event((await here.client.get(paths[0])).content)
    assert (gone.uid, gone.sequence, gone.status) == (first.uid, 3, "CANCELLED")
    assert (await here.client.get(f"/public/meetings/{UUID(int=1)}/calendar.ics")).status_code == 404


async def test_a_title_is_a_text_and_never_a_part_of_the_page(here: Town) -> None:
    title = "<script>alert(1)</script>\"'&]]>\ufffe"
    topic = await accepted(here, public_title=title)
    meeting = await noticed(here, topic)
    for path in ("/public", "/public/communities/dahuichang", f"/public/meetings/{meeting}", f"/public/topics/{topic}"):
        answer = await page(here, path)
        assert "<script" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        style = answer.text.partition("<style>")[2].partition("</style>")[0]
        assert b64encode(sha256(style.encode()).digest()).decode() in policy
    feed = valid((await here.client.get("/public/feed.atom")).content)
    content = feed.entries[0].content[0]
    assert content.type == "text/html"
    assert "议题：&lt;script&gt;alert(1)&lt;/script&gt;" in content.value
    assert title[:-1] in event((await here.client.get("/public/calendar.ics")).content).summary
