"""The page of a journey and what is printed of it: the same as the JSON says, in words, for whom it concerns."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from ops.embedded.keys import Bearer
from services.dashboard import views, wording
from services.dashboard.pages.telling import Telling
from services.dashboard.pages.words import LANGUAGES
from shared.events.base import derived, ref
from shared.events.deliberation import TopicClosed
from shared.events.intake import ComplaintAnswered
from tests.integration.dashboard.test_journeys import ISSUE, ROUTE, TOPIC, chain
from tests.integration.dashboard.town import (
    BEGIN,
    DAY,
    HOUSING,
    OPERATOR,
    OTHERS,
    SECRETARY,
    complaint,
    heard,
    proposed,
    received,
    routed,
)
from tests.support.running import Running

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_ELEMENTS = ("script", "img", "iframe", "object", "style", "svg", "b", "a", "details", "math", "form", "body", "video")
HOSTILE = [
    *(f"<{element} onload=alert(1) onerror=alert(1) src=x>" for element in _ELEMENTS),
    *(f"</{element}><script>alert(1)</script>" for element in ("title", "svg", "text", "h1", "a", "textarea", "style")),
    *(f"{quote}><svg/onload=alert(1)>" for quote in ("'", '"', "`", "-->", "]]>", "&quot;", "&#34;", "\\'", "\\x3c")),
    *(f"{scheme}:alert(1)" for scheme in ("javascript", "JaVaScRiPt", "data", "vbscript", "java&#115;cript", "&#106;")),
    *(
        f'" {name}="alert(1)'
        for name in ("onmouseover", "onfocus", "style", "href", "xlink:href", "id", "class", "srcdoc")
    ),
    *("{{ 7*7 }}", "{% raw %}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%(n)s", "%s %d %", "{0}", "{n}", "\\u003cscript>"),
    *("&lt;script&gt;", "&amp;lt;", "<!--", "<![CDATA[", "<?php", "]]>", "&", "<", "'\"<>&"),
]


class Page(HTMLParser):
    """A page as a browser reads it: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """Everything that is read, in order."""
        return " ".join(" ".join(self.words).split())

    def all(self, name: str) -> list[str]:
        """Every value of an attribute."""
        return [value for _, attributes in self.elements if (value := attributes.get(name))]


async def look(here: Running, path: str, who: Bearer = OPERATOR, **headers: str) -> httpx.Response:
    token = here.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
    return await here.client.get(path, headers={"Accept": BROWSER, "Authorization": f"Bearer {token}", **headers})


async def page(here: Running, path: str, who: Bearer = OPERATOR) -> Page:
    answer = await look(here, path, who)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


@pytest.fixture(params=["", "/print"])
def suffix(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_page_says_who_did_what_when_what_it_caused_how_long_it_waited_and_what_is_due(
    here: Running, suffix: str
) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{complaint(0)}{suffix}")
    text = found.text
    assert "2024年2月1日" in text
    assert "09:00 诉求登记" in text
    assert "派单员 · 北宫镇 · 等了 30 分钟" in text
    assert "引出 议题提出" in text
    assert re.search("还有 (4 天|3 天 23 小时)", text)  # the town's clock goes on
    assert "期限 2024年2月6日9:00 · 派单，2024年2月1日9:30" in text
    await here.at(BEGIN + 6 * DAY)
    late = (await page(here, f"/journeys/{complaint(0)}{suffix}")).text
    assert "! 已超 1 天" in late
    assert late.count("! 逾期") >= 3  # in the picture, for every stream whose date is over


async def test_the_picture_has_a_box_for_every_stream_that_leads_to_its_steps(here: Running, suffix: str) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{TOPIC}{suffix}")
    boxes = [
        str(attributes["href"]).removeprefix("#")
        for tag, attributes in found.elements
        if tag == "a" and str(attributes.get("class")).startswith("box ")
    ]
    assert boxes == [f"s-{stream.replace('/', '-')}" for stream in (complaint(0), ROUTE, TOPIC, ISSUE)]
    ids = found.all("id")
    assert set(boxes) < set(ids)
    assert sum(attributes.get("class") == "line" for _, attributes in found.elements) == 3


async def test_every_link_within_the_page_leads_somewhere_and_no_id_stands_twice(here: Running, suffix: str) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{TOPIC}{suffix}")
    ids = found.all("id")
    assert len(ids) == len(set(ids))
    assert {href.removeprefix("#") for href in found.all("href") if href.startswith("#")} <= set(ids)


async def test_many_alike_stand_in_one_box_and_each_keeps_its_steps(here: Running) -> None:
    routes = [ref("route", derived("test", "route", n)) for n in range(20)]
    said = [(complaint(n), 1, received()) for n in range(20)]
    said += [(route, 1, routed(n)) for n, route in enumerate(routes)]  # type: ignore[misc]
    await here.service.inbox.absorb(heard(here.service, [*said, (TOPIC, 1, proposed(*routes))]))
    answered = ComplaintAnswered(answered_at=BEGIN, answer=None)
    await here.service.inbox.absorb(heard(here.service, [(complaint(n), 2, answered) for n in range(5)]))
    found = await page(here, f"/journeys/{TOPIC}")
    assert "诉求 ×20" in found.text
    assert "办理中 15 已结束 5" in found.text
    assert "诉求登记 ×20" in found.text
    ids = found.all("id")
    assert {f"s-{stream.replace('/', '-')}" for stream in (*routes, *(complaint(n) for n in range(20)))} <= set(ids)
    assert len(ids) == len(set(ids))


async def test_of_a_way_too_long_to_show_the_matter_itself_is_shown(
    here: Running, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chain(here)
    monkeypatch.setattr(views, "MOST_STEPS", 2)
    found = await page(here, f"/journeys/{TOPIC}{suffix}")
    assert "全过程很长，这里没有列全" in found.text
    assert "议题提出" in found.text
    assert "诉求登记" in found.text
    assert "请求吹哨" not in found.text
    ids = found.all("id")
    assert {href.removeprefix("#") for href in found.all("href") if href.startswith("#")} <= set(ids)


async def test_what_ended_is_said_so(here: Running) -> None:
    await here.service.inbox.absorb(
        heard(here.service, [(TOPIC, 1, proposed()), (TOPIC, 2, TopicClosed(result="已办结"))])
    )
    found = (await page(here, f"/journeys/{TOPIC}")).text
    assert "✓ 已结束" in found
    assert "已结束，没有未到期的事项。" in found


async def test_programs_get_what_they_got(here: Running, suffix: str) -> None:
    await chain(here)
    found = await here.get(f"/journeys/{TOPIC}{suffix}")
    assert found["streams"] == sorted((complaint(0), ROUTE, TOPIC, ISSUE))
    nodes = {node["stream"]: node for node in found["nodes"]}
    assert nodes.keys() == set(found["streams"])
    assert {stream: node["title"] for stream, node in nodes.items()} == {
        complaint(0): "供水",
        ROUTE: "供水",
        TOPIC: "水站停用",
        ISSUE: "水站停用",
    }
    assert {node["state"] for node in nodes.values()} == {"open"}


async def test_who_has_nothing_to_do_with_it_is_told_that_there_is_no_such_page(here: Running, suffix: str) -> None:
    await chain(here)
    for who, stream in ((OTHERS, complaint(0)), (HOUSING, ISSUE), (OPERATOR, complaint(9))):
        answer = await look(here, f"/journeys/{stream}{suffix}", who)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "没有这个页面，或不在您的职责范围内。" in answer.text
        assert "水站停用" not in answer.text
    assert (await look(here, f"/journeys/{complaint(0)}{suffix}", Bearer("feeder"))).status_code == 403
    assert (await here.client.get(f"/journeys/{complaint(0)}{suffix}")).status_code == 401


async def test_what_lies_beyond_the_reach_is_counted_and_not_shown(here: Running, suffix: str) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{ISSUE}{suffix}", OTHERS)
    assert "另有 3 件不在您的职责范围内，没有列出。" in found.text
    assert not any(stream.partition("/")[2] in href for stream in (complaint(0), ROUTE) for href in found.all("href"))
    assert "另有" not in (await page(here, f"/journeys/{ISSUE}{suffix}", SECRETARY)).text


@pytest.mark.parametrize("path", ["", "/print", "?lang=en"])
async def test_a_hostile_title_is_text_and_nothing_else(here: Running, path: str) -> None:
    mild = ("停车", "停" * 41)
    topics = {ref("topic", derived("test", "hostile", n)): title for n, title in enumerate([*mild, *HOSTILE])}
    said = [(topic, 1, proposed().model_copy(update={"public_title": title})) for topic, title in topics.items()]
    await here.service.inbox.absorb(heard(here.service, said))
    shapes: dict[bool, list[tuple[str, list[str]]]] = {}
    for topic, title in topics.items():
        found = await page(here, f"/journeys/{topic}{path}")
        shape = [(tag, sorted(attributes.keys() - {"lang"})) for tag, attributes in found.elements]
        assert shape == shapes.setdefault(len(title) > 40, shape), title
        assert " ".join(title.split()) in found.text
        assert not [href for href in found.all("href") if ":" in href]


def test_there_are_sixty_of_them() -> None:
    assert len(set(HOSTILE)) >= 60


async def test_nothing_in_a_page_needs_more_than_its_policy_allows(here: Running, suffix: str) -> None:
    await chain(here)
    answer = await look(here, f"/journeys/{TOPIC}{suffix}")
    found = Page(answer.text)
    assert not found.all("style")
    assert not [tag for tag, _ in found.elements if tag in ("style", "iframe", "object", "img")]
    assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
    assert all(attributes.get("src") == "/static/live.js" for tag, attributes in found.elements if tag == "script")
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]


async def test_the_printed_page_has_no_live_parts_and_says_when_it_was_printed(here: Running) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{TOPIC}/print")
    assert not [tag for tag, _ in found.elements if tag in ("script", "nav", "form", "button")]
    assert "北宫镇 · 接诉即办 · 全过程" in found.text
    assert "打印时间 2024年2月2日9:00" in found.text
    assert all("open" in attributes for tag, attributes in found.elements if tag == "details")
    style = (await here.client.get("/static/journey.css")).text
    assert "@page { size: A4;" in style
    assert "counter(page)" in style


async def test_in_english_no_chinese_is_left_but_names_and_titles(here: Running, suffix: str) -> None:
    await chain(here)
    found = await page(here, f"/journeys/{TOPIC}{suffix}?lang=en")
    town = here.service.town
    text = found.text.replace("中文", "")
    telling = Telling(LANGUAGES["en"], town)
    for name in ("水站停用", "恢复水站", *(telling.code(code) for code in ("dahuichang", "zhangguozhuang", "WATER"))):
        text = text.replace(name, "")
    for name in wording.names(town).values():
        text = text.replace(name, "")
    assert not [sign for sign in text if "\u3400" <= sign <= "\u9fff"], text
    assert "Topic proposed" in text
    assert "waited 30 min" in text


async def test_an_unknown_question_is_refused(here: Running, suffix: str) -> None:
    await chain(here)
    assert (await look(here, f"/journeys/{TOPIC}{suffix}?x=1")).status_code == 422
    assert (await look(here, f"/journeys/topic/not-a-uuid{suffix}")).status_code in (400, 404)


def test_no_style_stands_in_a_template() -> None:
    for file in (Path("services") / "dashboard" / "pages" / "templates").glob("journey*.html"):
        assert " style=" not in file.read_text()
