"""热点: its charts say what its tables say, nothing is drawn of nothing, and nobody reads a nought where they see nothing."""

import re

import pytest
from lxml import html

from shared.events.base import derived, ref
from tests.integration.dashboard.beside import table, text_of, untranslated
from tests.integration.dashboard.test_hotspots import HERE, ONE, TOPIC, counted, detected, fill
from tests.integration.dashboard.test_page_standing import page
from tests.integration.dashboard.test_today import say
from tests.integration.dashboard.town import OPERATOR, SECRETARY, proposed
from tests.support.running import Running


def drawn(text: str, says: str) -> list[str]:
    """The words in the chart of this name."""
    (svg,) = html.fromstring(text).xpath(f"//*[@aria-label='{says}'][local-name()='svg']")
    return [one for one in svg.itertext() if one.strip()]


def communities(text: str) -> list[str]:
    return [
        str(one.text_content()) for one in html.fromstring(text).xpath("//table[contains(@class,'heat')]/tbody//th")
    ]


async def test_the_categories_are_drawn_with_the_numbers_of_the_table_most_first(here: Running) -> None:
    await fill(here)
    text = await page(here, "/hotspots")
    (sums,) = html.fromstring(text).xpath("//table[contains(@class,'heat')]/tfoot/tr")
    assert [cell.text_content() for cell in sums] == ["合计", "7", "3"]
    words = drawn(text, "近三十日各类诉求量")
    assert words.index("供水") < words.index("停车管理")
    assert {"7", "3"} <= set(words)


async def test_the_days_stand_in_a_table_too(here: Running) -> None:
    await fill(here)
    text = await page(here, "/hotspots")
    assert drawn(text, "近三十日每日诉求量")
    (days,) = html.fromstring(text).xpath("//table[@class='days']/tbody")
    rows = [tuple(cell.text_content() for cell in row) for row in days]
    assert len(rows) == 30
    assert [row for row in rows if row[1] != "0"] == [
        ("2024年1月3日", "1"),
        ("2024年1月30日", "3"),
        ("2024年2月1日", "6"),
    ]


async def test_there_is_no_half_complaint(here: Running) -> None:
    name = ref("demand", derived("test", "one"))
    await say(here, (name, 1, counted(HERE, 1, 1)))
    text = await page(here, "/hotspots")
    for says in ("近三十日每日诉求量", "近三十日各类诉求量"):
        assert not [one for one in drawn(text, says) if "." in one]


async def test_of_nothing_there_is_no_picture(here: Running) -> None:
    text = await page(here, "/hotspots")
    assert "<svg" not in text
    assert "近三十日没有诉求" in text_of(text)


async def test_a_secretary_reads_no_nought_of_communities_out_of_reach(here: Running) -> None:
    await fill(here)
    assert communities(await page(here, "/hotspots", SECRETARY)) == ["大灰厂社区"]
    assert len(communities(await page(here, "/hotspots", OPERATOR))) == 16


async def test_what_counts_as_a_rise_is_said_beside_it(here: Running) -> None:
    lift = ref("demand", derived("test", "lift"))
    await say(here, (lift, 1, counted(HERE, 1, 3)))
    text = await page(here, "/hotspots")
    assert "近三十日不少于 3 件、比之前三十日多的" in text_of(text)
    assert table(text, "rising")[1][2:] == ["3", "0", "▲ 3"]


@pytest.mark.parametrize("width", [1, 2, 5])
async def test_the_shades_go_to_the_highest_number(here: Running, width: int) -> None:
    for n in range(width):
        name = ref("demand", derived("test", str(n)))
        where = HERE | {"category": ("WATER", "PARKING", "HEATING", "NOISE", "LIFT")[n]}
        await say(here, (name, 1, counted(where, 1, n + 1)))
    text = await page(here, "/hotspots")
    shades = {int(n): int(shade) for shade, n in re.findall(r'heat-(\d)">(\d+)<', text)}
    assert shades[width] == 5
    assert list(shades.values()) == sorted(shades.values(), reverse=True)


async def test_names_of_the_town_are_chinese_on_an_english_page_and_all_else_is_english(here: Running) -> None:
    await fill(here)
    await say(here, (ONE, 1, detected(HERE)), (TOPIC, 1, proposed(ONE)))
    assert untranslated(await page(here, "/hotspots?lang=en")) == []
