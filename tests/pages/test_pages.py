"""Every page, as people see it: with the demo's data, in both languages, narrow and wide, for everybody."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from ops.client import Client
from ops.demo.town import DISPATCHER
from services.dashboard.pages.frame import NAVIGATION
from services.dashboard.pages.words import LANGUAGES
from tests.e2e.test_town import complaint
from tests.pages.conftest import Reader

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
    await client.call("intake", "POST", "/complaints", DISPATCHER, complaint("PAGES-1"))
    await expect(received).to_have_text(str(before + 1), timeout=15_000)
    assert await leader.page.evaluate("window.mark") == "the same document", "the page was not loaded anew"
    assert leader.said == []


async def test_who_has_signed_out_sees_nothing(leader: Reader) -> None:
    await leader.page.get_by_role("button", name="退出").click()
    await expect(leader.page.get_by_role("heading", level=1)).to_have_text("登录")
    answer = await leader.page.goto(leader.home + "/rates")
    assert answer is not None
    assert answer.status == 401
    await expect(leader.page.get_by_role("main")).to_contain_text("一次性登录链接")
