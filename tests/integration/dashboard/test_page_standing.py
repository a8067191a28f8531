"""The pages of what stands: today, hotspots, the state of the system; as people see them."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from lxml import html

from ops.embedded.keys import Bearer
from services.dashboard.pages import asking
from services.dashboard.pages.asking import Told
from shared.events.deliberation import TopicProposed
from shared.events.vocabulary import TopicOrigin
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.topics import SERVICES
from tests.integration.dashboard.test_hotspots import HERE, ONE, TOPIC, detected, fill
from tests.integration.dashboard.test_today import say
from tests.integration.dashboard.town import (
    BEGIN,
    DAY,
    HOUR,
    OPERATOR,
    OTHERS,
    SECRETARY,
    WATER,
    complaint,
    dispatched,
    proposed,
    received,
)
from tests.support.running import Running

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


async def page(here: Running, path: str, who: Bearer = OPERATOR, status: int = 200) -> str:
    here.client.headers["Accept"] = "text/html"
    try:
        answer: httpx.Response = await here.call("GET", path, who)
    finally:
        here.client.headers["Accept"] = "*/*"
    assert answer.status_code == status, answer.text
    return answer.text


def words(text: str, id: str | None = None) -> str:
    """What is read there."""
    found: Any = html.fromstring(text)
    return " ".join((found.get_element_by_id(id) if id else found).text_content().split())


async def test_today_says_what_came_is_late_and_is_due(here: Running) -> None:
    await say(here, (complaint(1), 1, received()), (complaint(1), 2, dispatched("district-housing")))
    await say(here, (complaint(2), 1, received()))
    assert words(await page(here, "/"), "received") == "2"
    assert "没有超期的事项。" in words(await page(here, "/"), "overdue")
    await here.at(BEGIN + 5 * DAY - HOUR)
    soon = words(await page(here, "/"), "soon")
    assert "供水" in soon
    assert "区房管局" in soon
    assert "59 分钟" in soon or "1 小时" in soon
    await here.at(BEGIN + 6 * DAY)
    late = words(await page(here, "/"), "overdue")
    assert "诉求 1" in late
    assert "1 天" in late
    assert words(await page(here, "/"), "received") == "0"


async def test_today_is_the_readers_own(here: Running) -> None:
    await say(here, (complaint(1), 1, received()), (complaint(2), 1, received("zhangguozhuang")))
    seen = {who.subject: words(await page(here, "/", who), "received") for who in (OPERATOR, SECRETARY, OTHERS, WATER)}
    assert list(seen.values()) == ["2", "1", "1", "0"]


async def test_what_others_wrote_is_text(here: Running) -> None:
    topic = TopicProposed(**{**proposed(ONE).model_dump(), "public_title": HOSTILE, "origin": TopicOrigin.HOTSPOT})
    await say(here, (ONE, 1, detected(HERE)), (TOPIC, 1, topic))
    for path in ("/", "/hotspots"):
        shown = await page(here, path)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    assert HOSTILE.split("<img")[0] in words(await page(here, "/hotspots"))


async def test_hotspots_say_who_many_are_where_and_what_became_of_it(here: Running) -> None:
    await say(here, (ONE, 1, detected(HERE, 8)))
    await fill(here)
    text = await page(here, "/hotspots")
    assert "还没有去向" in words(text, "standing")
    assert "8" in words(text, "standing")
    await say(here, (TOPIC, 1, proposed(ONE)))
    assert "水站停用 进行中" in words(await page(here, "/hotspots"), "standing")
    rising = words(await page(here, "/hotspots"), "rising")
    assert "▲ 5" in rising
    (row,) = [
        line
        for line in html.fromstring(text).iterfind(".//table[@class='heat']/tbody/tr")
        if "大灰厂" in line.text_content()
    ]
    assert next((cell.text_content(), cell.get("class")) for cell in row.iterfind("td")) == ("7", "n heat-5")


async def test_a_secretary_sees_the_own_hotspots_and_a_department_has_no_such_page(here: Running) -> None:
    await say(here, (ONE, 1, detected(HERE)))
    assert "供水" in words(await page(here, "/hotspots", SECRETARY), "standing")
    assert "现在没有共性诉求。" in words(await page(here, "/hotspots", OTHERS), "standing")
    assert "您的角色看不到这个页面" in words(await page(here, "/hotspots", WATER, 403))


async def test_a_service_that_is_away_is_named(here: Running) -> None:
    text = words(await page(here, "/system"))
    assert "5 个服务需要看一看" in text, "nobody is told where the others are"
    assert text.count("没有应答") == 5
    assert text.count("还没有事实") == 4


async def test_what_waits_anywhere_is_said(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = {"outbox": 0, "outbox_age_s": None, "parked": 0, "quarantine": 0, "due": 0}
    flows = {name: Told(name, dict(fine)) for name in (*SERVICES, "dashboard")}

    async def answered(_: AnyRequest, service: str, path: str, **__: object) -> Told:
        return flows[service] if path == "/flow" else Told(service, {}, status=200)

    monkeypatch.setattr(asking, "ask", answered)
    await say(here, (complaint(1), 1, received()))
    text = words(await page(here, "/system"))
    assert "各服务运行正常，没有积压" in text
    assert "诉求登记" in text
    flows["intake"] = Told("intake", fine | {"outbox": 7, "outbox_age_s": 31.5})
    flows["projects"] = replace(flows["projects"], found=None, missing=asking.REFUSED)
    flows["escalation"] = Told("escalation", fine | {"parked": 1, "quarantine": 2, "due": 3})
    text = words(await page(here, "/system"))
    assert "2 个服务需要看一看" in text
    assert "发件箱积压" in text
    assert "31.5 s" in text
    for sign in ("有事实在等前一条", "有待处置的隔离项", "有到时未办的定时"):
        assert sign in text
    assert text.count("您的角色看不到这一项") == 1
    assert (await here.get("/system"))["parts"][0]["wrong"] == ["outbox_old"]


async def test_who_has_a_community_or_a_department_does_not_look_after_the_system(here: Running) -> None:
    for who in (SECRETARY, WATER):
        await page(here, "/system", who, 403)


async def test_nobody_is_led_to_a_page_that_they_may_not_open(here: Running) -> None:
    for who in (OPERATOR, SECRETARY, WATER):
        links = [str(one) for one in html.fromstring(await page(here, "/", who)).xpath("//nav//a/@href")]
        assert ("/system" in links, "/hotspots" in links) == (who is OPERATOR, who is not WATER)
        for path in links:
            await page(here, path, who)


@pytest.mark.parametrize("path", ["/", "/hotspots", "/system"])
async def test_in_english_the_same(here: Running, path: str) -> None:
    await say(here, (complaint(1), 1, received()), (ONE, 1, detected(HERE)))
    text = await page(here, f"{path}?lang=en")
    assert '<html lang="en">' in text
    assert (await page(here, f"{path}?lang=fr", status=422)).count("<h1>") == 1
