"""Every page, as people see it: with the demo's data, in both languages, narrow and wide, for everybody."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from ops.client import Client
from ops.demo.town import DISPATCHER
from services.dashboard.pages.frame import NAVIGATION
from services.dashboard.pages.words import LANGUAGES
from tests.e2e.test_town import complaint
from tests.pages.conftest import LEADER, Demo, Reader

pytestmark = pytest.mark.timeout(900)
"""The town lives half a year before the first test."""
PAGES = tuple(NAVIGATION)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
GRAVE = ("serious", "critical")


async def sound(reader: Reader, path: str) -> None:
    """Nothing for the browser to complain about, nothing asked of others, no grave barrier, nothing wider than the screen."""
    found = await Axe().run(reader.page)
    grave = [
        (one["id"], [node["target"] for node in one["nodes"]][:3])
        for one in found.response["violations"]
        if one["impact"] in GRAVE
    ]
    assert grave == [], path
    assert not await reader.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), (
        f"{path} is too wide"
    )
    assert reader.said == [], path
    assert reader.outside == [], path


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sound_in_both_languages_wide_and_narrow(leader: Reader, path: str) -> None:
    for language in ("zh", "en"):
        for size in (WIDE, PHONE):
            await leader.page.set_viewport_size(size)
            await leader.open(f"{path}?lang={language}")
            await expect(leader.page.get_by_role("heading", level=1)).to_have_text(
                LANGUAGES[language].say(NAVIGATION[path])
            )
            await sound(leader, f"{path} {language} {size['width']}")


async def test_the_three_rates_are_those_that_intake_published(leader: Reader, client: Client) -> None:
    await leader.open("/rates?month=2024-03")
    rates = await client.call("intake", "GET", "/rates?month=2024-03", LEADER)
    for rate in ("response", "resolution", "satisfaction"):
        await expect(leader.page.locator("main")).to_contain_text(f"{rates[rate]:.2f}")
    await expect(leader.page.locator("svg[role=img]").first).to_be_visible()
    cases = leader.page.locator("a[href*='/rates/cases']").first
    await cases.click()
    await expect(leader.page.locator("a[href^='/journeys/complaint/']").first).to_be_visible()
    await sound(leader, "the cases of a rate")


async def test_the_board_names_the_month_that_was_missed(leader: Reader) -> None:
    await leader.open("/meetings?year=2024")
    row = leader.page.locator("tr", has=leader.page.get_by_role("rowheader", name="村06"))
    await expect(row.filter(has_text="缺会")).to_have_count(1)
    missed = leader.page.locator("tr").filter(has_text="缺会").filter(has=leader.page.get_by_role("rowheader"))
    await expect(missed).to_have_count(1)


async def test_the_departments_are_those_that_were_called(leader: Reader, client: Client) -> None:
    await leader.open("/whistles?from=2024-01&until=2024-06")
    told = await client.call("escalation", "GET", "/statistics?from=2024-01&until=2024-06", LEADER)
    text = await leader.page.locator("main").inner_text()
    assert len(told["departments"]) > 1
    for row in told["departments"]:
        came = row["figures"]["checked_in_in_time"]
        assert row["name"] in text
        assert f"{came['numerator']}/{came['denominator']}" in text


async def test_the_project_of_zhangguozhuang_stands_on_the_board_and_in_the_list(leader: Reader) -> None:
    for path in ("/projects?year=2024", "/projects?as=list"):
        await leader.open(path)
        await expect(leader.page.get_by_role("link", name="张郭庄村道路停车秩序整治").first).to_be_visible()


async def test_everything_flows(leader: Reader) -> None:
    await leader.open("/system")
    await expect(leader.page.locator("main")).to_contain_text("各服务运行正常，没有积压")


@pytest.mark.parametrize("story", [0, 1, 2])
async def test_every_story_is_a_page_a_picture_and_a_sheet_of_paper(leader: Reader, demo: Demo, story: int) -> None:
    journey = demo.found["journeys"][story]
    await leader.open(f"/journeys/{journey['id']}")
    await expect(leader.page.locator("svg").first).to_be_visible()
    assert await leader.page.locator("time").count() > 20
    await sound(leader, journey["id"])
    await leader.page.set_viewport_size(PHONE)
    await sound(leader, f"{journey['id']} on a telephone")
    await leader.open(f"/journeys/{journey['id']}/print")
    await sound(leader, f"{journey['id']} on paper")
    assert (await leader.page.pdf(format="A4")).startswith(b"%PDF-")


async def test_the_language_is_switched_and_stays(leader: Reader) -> None:
    await leader.page.get_by_role("link", name="English").click()
    await expect(leader.page.get_by_role("heading", level=1)).to_have_text("Today")
    assert await leader.page.locator("html").get_attribute("lang") == "en"
    await leader.page.get_by_role("link", name="Whistles").click()
    await expect(leader.page.get_by_role("heading", level=1)).to_have_text("Whistles")
    await leader.page.get_by_role("link", name="中文").click()
    await expect(leader.page.get_by_role("heading", level=1)).to_have_text("吹哨报到")
    assert leader.said == []


async def test_the_keyboard_comes_to_the_text_at_once(leader: Reader) -> None:
    await leader.page.keyboard.press("Tab")
    await expect(leader.page.get_by_role("link", name="跳到正文")).to_be_focused()
    await leader.page.keyboard.press("Enter")
    await expect(leader.page.locator("main")).to_be_focused()


async def test_a_new_complaint_stands_there_at_once(leader: Reader, client: Client) -> None:
    await expect(leader.page.locator("#line")).to_have_text("实时更新")
    received = leader.page.locator("#received")
    before = int(await received.inner_text())
    await leader.page.evaluate("window.mark = 'the same document'")
    await client.call("intake", "POST", "/complaints", DISPATCHER, complaint())
    await expect(received).to_have_text(str(before + 1))
    assert await leader.page.evaluate("window.mark") == "the same document", "the page was not loaded anew"
    assert leader.said == []


async def test_who_has_signed_out_sees_nothing(leader: Reader) -> None:
    await leader.page.get_by_role("button", name="退出").click()
    await expect(leader.page.get_by_role("heading", level=1)).to_have_text("登录")
    answer = await leader.page.goto(leader.home + "/rates")
    assert answer is not None
    assert answer.status == 401
    await expect(leader.page.get_by_role("main")).to_contain_text("一次性登录链接")
