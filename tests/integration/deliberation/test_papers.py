"""Papers of deliberation: the dossier of a topic in HTML and PDF, the draft of minutes, and minutes as they were sealed."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from pypdf import PdfReader

from ops.embedded.keys import Bearer
from shared.events.base import derived, ref
from shared.events.deliberation import JoinRequested
from shared.events.escalation import IssueEscalated
from shared.events.vocabulary import WhistleKind
from tests.integration.deliberation.test_story import DAY, OTHERS, concluding, detected, opened, ready
from tests.integration.deliberation.town import BEGIN, RECORDER, SECRETARY, Town, town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
NOT_NAMED = Bearer("recorder", ("dahuichang",), posts=("recorder-2",))
MARKUP = '<script>alert(1)</script> #eval("1+1") $x$ *b* [c] \\u{0} {{ 7*7 }} & "引号"'
"""A title that would be something else in HTML, Typst or Jinja."""
CHAPTERS = (
    "议题来源",
    "受理和背景材料",
    "协商会议",
    "提请会议决定",
    "其他途径办理情况",
    "落实情况",
    "结果公开和办结",
    "事实清单",
)
READERS = ("supervisor", "dispatcher", "auditor", "operator", "officer", "secretary", "recorder")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running


async def held(here: Town) -> tuple[UUID, str]:
    """A topic after its meeting, with one undertaking, and the path of the meeting."""
    topic = await detected(here)
    await ready(here, topic)
    path, member = await opened(here, BEGIN + 5 * DAY, topic)
    for party, position in (("seat/1", "SUPPORT"), ("seat/4", "ABSTAIN"), (member, "SUPPORT")):
        await here.post(f"{path}/statements", {"party": party, "topic": topic}, RECORDER)
        await here.post(f"{path}/positions", {"party": party, "topic": topic, "position": position}, RECORDER)
    promise = {
        "owner": "社区两委",
        "task": "修补小区道路",
        "due_at": BEGIN + 30 * DAY,
        "planned": [{"work": "道路修补", "amount": 19, "quantity": "PLACES"}],
    }
    await here.post(f"{path}/hold", concluding(topic, conclusion="AGREED", promises=[promise]))
    return topic, path


async def finished(here: Town) -> tuple[UUID, str]:
    """The same topic with minutes, a correction, everything done, and closed."""
    topic, path = await held(here)
    await here.post(f"{path}/minutes", {"text": "第一行\n第二行"}, RECORDER)
    await here.post(f"{path}/minutes-corrections", {"text": "第一行\n改正的第二行", "reason": "笔误"}, RECORDER)
    (undertaking,) = (await here.get(f"/undertakings?topic={topic}"))["items"]
    await here.at(BEGIN + 20 * DAY)
    photo = await here.attached(f"/undertakings/{undertaking['id']}/attachments", "green", RECORDER)
    done = {
        "finished_at": here.service.now(),
        "done": [{"work": "道路修补", "amount": 19, "quantity": "PLACES"}],
        "evidence": [photo["sha256"]],
    }
    await here.post(f"/undertakings/{undertaking['id']}/done", done)
    await here.post(f"/topics/{topic}/disclose", {"result": "道路修补19处，已完工。"})
    await here.post(f"/topics/{topic}/close")
    return topic, path


class _Page(HTMLParser):
    """Text, tags and machine-readable times of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.times = "", [], []
        self._silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._silent = tag == "style"
        if tag == "time":
            self.times.append(dict(attrs)["datetime"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


async def page(here: Town, topic: UUID | str, who: Bearer = SECRETARY) -> _Page:
    """The dossier on the screen."""
    answer = await here.call("GET", f"/topics/{topic}/dossier", who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return _Page(answer.text)


async def printed(here: Town, topic: UUID | str, who: Bearer = SECRETARY) -> httpx.Response:
    """The dossier on paper."""
    answer = await here.call("GET", f"/topics/{topic}/dossier.pdf", who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer


def text_of(document: bytes) -> str:
    """All text of a PDF without its line breaks and spaces."""
    return re.sub(r"\s+", "", "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(document)).pages))


async def test_the_dossier_tells_the_whole_way_of_a_topic(here: Town) -> None:
    topic, path = await finished(here)
    shown, printed_text = (await page(here, topic)), text_of((await printed(here, topic)).content)
    titles = [
        "议题来源",
        "受理和背景材料",
        "协商会议",
        "提请会议决定",
        "其他途径办理情况",
        "落实情况",
        "结果公开和办结",
        "事实清单",
    ]
    for number, title in zip("一二三四五六七八", titles, strict=True):
        assert f"{number}、{title}" in shown.text
        assert f"{number}、{title}" in printed_text
    minutes = await here.get(f"{path}/minutes", None)
    (undertaking,) = (await here.get(f"/undertakings?topic={topic}"))["items"]
    positions = await here.service.pool.fetch("select position from journal where kind <> 'platform' order by position")
    for words in (
        "北宫镇大灰厂社区",
        "2024年2月21日",
        "（一）第一次会议（2024年2月6日）",
        "《情况说明》",
        "召集会议",
        "N方代表类别",
        "赞成2，反对0，弃权1",
        "大灰厂社区社区民警",
        "道路修补",
        "19处",
        "第1版校验码",
        "改正的第二行",
        "删去1行，新增1行",
        *undertaking["evidence"],
        *(version["sha256"] for version in minutes),
    ):
        assert words in shown.text, words
        assert words in printed_text, words
    assert shown.times[0] == "2024-02-01", "the day of the proposal, as GB/T 7408 writes it"
    assert "2024-02-06T08:00:00+08:00" in shown.times
    register = shown.text.rpartition("八、事实清单")[2]
    assert f"{positions[0]['position']}2024年2月1日8:00议题（1）议题提出" in register
    assert f"{positions[-1]['position']}2024年2月21日8:00议题（9）议题办结" in register


async def test_the_pdf_is_the_same_for_the_same_journal_and_has_no_date_but_the_datas(here: Town) -> None:
    topic, _ = await held(here)
    first = (await printed(here, topic)).content
    await here.at(BEGIN + 6 * DAY)
    assert (await printed(here, topic)).content == first
    information = PdfReader(BytesIO(first)).metadata
    assert information is not None
    assert information.creation_date is not None
    assert information.creation_date.astimezone(BEGIN.tzinfo) == BEGIN + 5 * DAY
    await here.post(f"/topics/{topic}/undertakings", {"owner": "物业", "task": "补栽", "due_at": BEGIN + 40 * DAY})
    assert (await printed(here, topic)).content != first


async def test_the_pdf_brings_its_fonts_and_a_table_of_contents_and_numbers_its_pages(here: Town) -> None:
    topic, _ = await finished(here)
    document = PdfReader(BytesIO((await printed(here, topic)).content))
    embedded = {}
    for sheet in document.pages:
        for font in sheet["/Resources"]["/Font"].values():  # type: ignore[index, union-attr]
            below = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = below["/FontDescriptor"].get_object()
            file = next(descriptor[name] for name in ("/FontFile", "/FontFile2", "/FontFile3") if name in descriptor)
            embedded[str(below["/BaseFont"])] = len(file.get_object().get_data())
    assert {name.partition("+")[2].partition("-")[0] for name in embedded} == {"NotoSerifSC", "NotoSansSC"}
    assert all(re.match(r"/[A-Z]{6}\+", name) for name in embedded), "a subset is named as one"
    assert all(size < 1_000_000 for size in embedded.values()), "what is not used is not in it"
    sheets = [re.sub(r"\s+", "", sheet.extract_text()) for sheet in document.pages]
    assert "—" not in sheets[0].replace("议题档案", "")
    assert "目录" in sheets[1]
    for number, sheet in enumerate(sheets[1:], 1):
        assert f"—{number}—" in sheet
    outline = [entry.title for entry in document.outline if not isinstance(entry, list)]
    assert outline[0] == "一、议题来源"
    assert len(outline) == 8
    width, height = (float(side) * 25.4 / 72 for side in document.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)


async def test_a_pdf_takes_less_than_two_seconds(here: Town) -> None:
    """Of this process' own time: what others do on this machine is not counted."""
    topic, _ = await finished(here)
    begun = process_time()
    await printed(here, topic)
    assert process_time() - begun < 2


async def test_a_title_is_a_text_whatever_it_looks_like(here: Town) -> None:
    proposed = await here.post(
        "/topics",
        {"community": "dahuichang", "category": "WASTE", "public_title": MARKUP, "origin": "RESIDENT"},
    )
    shown = await page(here, proposed["id"])
    assert "script" not in shown.tags
    assert MARKUP in shown.text
    assert re.sub(r"\s+", "", MARKUP) in text_of((await printed(here, proposed["id"])).content)
    answer = await here.call("GET", f"/topics/{proposed['id']}/dossier", SECRETARY)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    allowed = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in answer.headers["content-security-policy"]


async def test_a_long_word_is_broken_at_the_end_of_the_line_and_stays_one_word(here: Town) -> None:
    word = "".join(chr(33 + number % 90) for number in range(190))
    proposed = await here.post(
        "/topics", {"community": "dahuichang", "category": "WASTE", "public_title": word, "origin": "RESIDENT"}
    )
    document = PdfReader(BytesIO((await printed(here, proposed["id"])).content))
    assert word in "".join(sheet.extract_text() for sheet in document.pages).replace("\n", "")


async def test_whoever_may_see_the_topic_may_see_its_dossier_and_nobody_else(here: Town) -> None:
    topic = await detected(here)
    for form in ("dossier", "dossier.pdf"):
        for role in READERS:
            who = Bearer(role, ("dahuichang",), "district-housing")
            assert (await here.call("GET", f"/topics/{topic}/{form}", who)).status_code == 200, role
        assert (await here.call("GET", f"/topics/{topic}/{form}", OTHERS)).status_code == 404
        assert (await here.call("GET", f"/topics/{topic}/{form}", Bearer("feeder"))).status_code == 403
        assert (await here.call("GET", f"/topics/{topic}/{form}", None)).status_code == 401
        assert (await here.call("GET", f"/topics/{derived('test', 'none')}/{form}", SECRETARY)).status_code == 404


async def test_nobody_is_singled_out_in_the_dossier(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    platform = await here.get("/platforms/dahuichang")
    member, *_ = platform["members"]
    starts_at = BEGIN + 5 * DAY
    planned = await here.post(
        "/meetings",
        {"community": "dahuichang", "starts_at": starts_at, "recorder": "recorder-1", "topics": [topic]},
    )
    path, party = f"/meetings/{planned['id']}", f"member/{member}"
    parties = ["seat/1", "seat/4", "seat/5", party, *(f"member/{other}" for other in list(platform["members"])[1:])]
    await here.post(f"{path}/notice", {"participants": parties, "moderator": "secretary", "form": "CONVENED"})
    await here.post(f"{path}/invitations", {"invitees": [{"party": one} for one in parties]})
    asked = await here.post(f"{path}/join-requests", {"applicant_kind": "RESIDENT"}, None)
    await here.post(f"{path}/join-admissions", {"applicant": asked["applicant"]})
    await here.post(f"{path}/excuses", {"party": party, "reason": "金丝雀病假"})
    await here.post(f"{path}/excuses", {"party": "seat/5", "reason": "另有公务"})
    shown = await page(here, topic)
    assert "另有公务" in shown.text
    assert "居民申请参会1件：同意1件" in shown.text
    printed_text = text_of((await printed(here, topic)).content)
    for canary in (member, asked["applicant"], "金丝雀病假", "secretary@dahuichang", "recorder@dahuichang"):
        assert canary not in shown.text, canary
        assert canary not in printed_text, canary
    assert JoinRequested.__name__ in await here.said(planned["id"])


async def test_what_happened_elsewhere_stands_in_the_dossier(here: Town) -> None:
    topic, _ = await held(here)
    escalated = IssueEscalated(
        sources=(ref("topic", topic),),
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place=None,
        whistle=WhistleKind.PUBLIC_DEMAND,
        caller="town-community-office",
        lead="district-housing",
        due_at=BEGIN + timedelta(days=12),
        task="空窗期维修",
    )
    await here.hears(ref("issue", derived("test", "issue")), 1, escalated)
    shown = await page(here, topic)
    assert "已吹哨" in shown.text
    assert f"吹哨事项 {derived('test', 'issue')}" in shown.text


async def test_minutes_can_be_checked_by_anybody_with_sha256_alone(here: Town) -> None:
    _, path = await held(here)
    text = "会议记录\n第二行　全角空格，ﬁ 连字，é 组合"
    await here.post(f"{path}/minutes", {"text": text}, RECORDER)
    (published,) = await here.get(f"{path}/minutes", None)
    answer = await here.call("GET", f"{path}/minutes/1", None)
    assert answer.content == text.encode()
    assert sha256(answer.content).hexdigest() == published["sha256"]
    assert answer.headers["repr-digest"] == f"sha-256=:{b64encode(sha256(answer.content).digest()).decode()}:"
    for wrong in ("2", "0", "-1", "99999999999999999999"):
        assert (await here.call("GET", f"{path}/minutes/{wrong}", None)).status_code in (404, 422)


async def test_only_the_named_recorder_publishes_and_corrects(here: Town) -> None:
    _, path = await held(here)
    minutes, correction = {"text": "记录"}, {"text": "更正", "reason": "笔误"}
    assert await here.refused(f"{path}/minutes", minutes, NOT_NAMED) == ["not_the_recorder"]
    assert (await here.call("POST", f"{path}/minutes", SECRETARY, minutes)).status_code == 403
    await here.post(f"{path}/minutes", minutes, RECORDER)
    assert await here.refused(f"{path}/minutes-corrections", correction, NOT_NAMED) == ["not_the_recorder"]
    await here.post(f"{path}/recorder", {"recorder": "recorder-2"})
    assert await here.refused(f"{path}/minutes-corrections", correction, RECORDER) == ["not_the_recorder"]
    await here.post(f"{path}/minutes-corrections", correction, NOT_NAMED)
    versions: list[dict[str, Any]] = await here.get(f"{path}/minutes", None)
    assert [(one["version"], one["recorder"], one.get("reason")) for one in versions] == [
        (1, "recorder-1", None),
        (2, "recorder-2", "笔误"),
    ]
    assert (versions[1]["removed"], versions[1]["added"]) == (["记录"], ["更正"])


async def test_the_draft_says_what_was_recorded_and_the_recorder_publishes_it_edited(here: Town) -> None:
    _, path = await held(here)
    drafted = (await here.get(f"{path}/minutes/draft", RECORDER))["text"]
    assert "结论：协商一致。" in drafted
    assert "1. 两委（大灰厂社区两委）提出：垃圾清运。" in drafted
    assert (await here.call("GET", f"{path}/minutes/draft", OTHERS)).status_code == 404
    assert (await here.call("GET", f"{path}/minutes/draft", None)).status_code == 401
    await here.post(f"{path}/minutes", {"text": drafted.replace("【", "").replace("】", "")}, RECORDER)


async def test_there_is_no_draft_before_the_meeting_is_over(here: Town) -> None:
    topic = await detected(here)
    await ready(here, topic)
    path, _ = await opened(here, BEGIN + 5 * DAY, topic)
    answer = await here.call("GET", f"{path}/minutes/draft", RECORDER)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
