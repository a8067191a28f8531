"""三率 on the dashboard: what intake published, against the month before and the targets, down to the cases."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from services.intake.main import PLAN
from tests.integration.dashboard.beside import LEADER, Beside, beside, links, table, text_of, untranslated
from tests.integration.dashboard.town import HOUSING, OPERATOR, OTHERS
from tests.integration.intake.test_rates import PLACES, PUBLISHED, VILLAGE, called, finished, some_of_every_kind
from tests.integration.intake.town import BEGIN, DAY, HOUR, Town
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
RATES = ("response", "resolution", "satisfaction")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Town]]:
    """Intake, and the dashboard beside it."""
    async with beside(Town, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def filled(here: Beside[Town]) -> dict[str, UUID]:
    """A month with a complaint of every kind, published."""
    found = await some_of_every_kind(here.owner)
    await here.at(PUBLISHED)
    return found


async def test_the_figures_are_those_of_intake_with_their_parts(here: Beside[Town]) -> None:
    await filled(here)
    told = await here.owner.get("/rates?month=2024-02", LEADER)
    found = await here.found("/rates?month=2024-02")
    assert {name: found["figure"]["found"][name] for name in (*RATES, "version", "up_to", "terms")} == {
        name: told[name] for name in (*RATES, "version", "up_to", "terms")
    }
    text = text_of(await here.page("/rates?month=2024-02"))
    assert told["base"] == 3
    for rate in RATES:
        assert f"{told[rate]:.2f}" in text
    assert "低于目标" in text
    assert "配置版本 2019-01-01" in text
    assert "响应率＝已联系数÷有效回访数" in text


async def test_a_figure_opens_into_its_cases(here: Beside[Town]) -> None:
    ids = await filled(here)
    page = await here.page("/rates?month=2024-02")
    assert any(one.startswith("/rates/cases?") for one in links(page))
    failed = await here.page("/rates/cases?month=2024-02&rate=resolution&part=failed")
    assert f"/journeys/complaint/{ids['bad']}" in links(failed)
    assert f"/journeys/complaint/{ids['well']}" not in links(failed)
    met = await here.page("/rates/cases?month=2024-02&rate=resolution&part=met")
    assert {f"/journeys/complaint/{ids[name]}" for name in ("well", "half")} <= links(met)
    outside = text_of(await here.page("/rates/cases?month=2024-02&rate=resolution&part=outside"))
    assert all(why in outside for why in ("尚未回访", "无法联系", "批准的不合理诉求"))


async def test_a_late_callback_makes_a_new_version_that_is_shown(here: Beside[Town]) -> None:
    ids = await filled(here)
    await called(here.owner, ids["waiting"])
    await here.owner.pass_time(PUBLISHED - BEGIN)
    versions = (await here.found("/rates?month=2024-02"))["versions"]["found"]
    assert [one["version"] for one in versions] == [2, 1]
    assert "首次公布" in text_of(await here.page("/rates?month=2024-02"))


async def test_whoever_may_not_open_a_figure_sees_it_closed(here: Beside[Town]) -> None:
    await filled(here)
    for who in (VILLAGE, OTHERS, HOUSING):
        await here.page("/rates?month=2024-02", who)
    assert "大灰厂" in text_of(await here.page("/rates?month=2024-02", VILLAGE))
    await here.page("/rates/cases?month=2024-02&rate=response", OPERATOR, 403)
    assert not any("/rates/cases" in one for one in links(await here.page("/rates?month=2024-02", OPERATOR)))


@pytest.mark.parametrize(("status", "words"), [(None, "intake 服务暂时没有应答"), (403, "您的角色看不到这一项")])
async def test_an_owner_that_is_away_or_refuses_costs_its_part_only(
    here: Beside[Town], status: int | None, words: str
) -> None:
    here.answers(status)
    assert words in text_of(await here.page("/rates"))
    assert words in text_of(await here.page("/rates/cases?month=2024-02&rate=response"))


async def test_in_english_no_chinese_is_left(here: Beside[Town]) -> None:
    await filled(here)
    for path in ("/rates?month=2024-02&lang=en", "/rates/cases?month=2024-02&rate=resolution&part=base&lang=en"):
        left = untranslated(await here.page(path))
        town = {one.name for one in (*here.owner.service.town.communities, *here.owner.service.town.units)}
        assert [one for one in left if not any(name in one for name in town)] == [], path


@pytest.mark.parametrize("query", ["month=2024-13", "by=luck", "community=nowhere", "x=1"])
async def test_what_cannot_be_asked_is_refused_as_a_page(here: Beside[Town], query: str) -> None:
    answer = await here.page(f"/rates?{query}", status=404 if "nowhere" in query else 422)
    assert "<h1>" in answer


async def of_two_months(here: Beside[Town]) -> None:
    """February: 大灰厂 half solved, 张郭庄 wholly; March the other way round, and one that belongs to no community."""
    for month in (0, 1):
        for number, (community, place) in enumerate(PLACES * 2):
            resolved = number < len(PLACES) or (number + month) % 2 == 0
            id = await finished(here.owner, 10 * month + number, community=community, place=place)
            await called(here.owner, id, resolved=resolved)
        await here.at(PUBLISHED if month == 0 else PUBLISHED + 31 * DAY)


async def test_communities_stand_in_the_order_asked_for_the_lowest_first_against_the_month_before(
    here: Beside[Town],
) -> None:
    await of_two_months(here)
    told = {
        month: {
            one["value"]: one for one in (await here.owner.get(f"/rates?month={month}&by=community", LEADER))["figures"]
        }
        for month in ("2024-02", "2024-03")
    }
    found = (await here.found("/rates?month=2024-03&by=resolution"))["communities"]["found"]
    assert len(found) == len(here.owner.service.town.communities) + 1
    for one in found:
        for month, rates in (("2024-03", one), ("2024-02", one["before"])):
            known = told[month].get(one["value"])
            assert {rate: rates[rate] for rate in RATES} == {rate: known and known[rate] for rate in RATES}
    values = [one["resolution"] for one in found]
    with_value = [one for one in values if one is not None]
    assert with_value == sorted(with_value) and len(set(with_value)) > 1
    assert values[len(with_value) :] == [None] * (len(values) - len(with_value))
    assert [one["name"] for one in (await here.found("/rates?month=2024-03&by=community"))["communities"]["found"]][
        :2
    ] == [one.name for one in here.owner.service.town.communities][:2]
    lines = table(await here.page("/rates?month=2024-03&by=resolution"), "communities")
    assert [line[0] for line in lines[1 : 1 + len(with_value)]] == [one["name"] for one in found[: len(with_value)]]


async def test_without_a_month_the_last_one_with_a_figure_is_shown(here: Beside[Town]) -> None:
    await filled(here)
    await here.at(PUBLISHED + 62 * DAY)
    assert (await here.found("/rates"))["asked"]["month"] == "2024-02"
    months = (await here.found("/rates"))["months"]["found"]
    assert [one["month"] for one in months] == ["2024-02", "2024-03", "2024-04", "2024-05"]


async def test_an_old_version_opens_as_it_was(here: Beside[Town]) -> None:
    ids = await filled(here)
    await called(here.owner, ids["waiting"])
    await here.owner.pass_time(2 * HOUR)
    await here.board.at(here.owner.service.now())
    page = await here.page("/rates?month=2024-02")
    assert "本月公布后又更新过 1 次" in text_of(page)
    newer, older = table(page, "versions")[1:]
    assert (newer[0], newer[2], older[0], older[2]) == ("2", "回访", "1", "首次公布")
    (first,) = [one for one in links(page) if one.endswith("&version=1")]
    assert f"/journeys/complaint/{ids['waiting']}" not in links(await here.page(first))
    assert f"/journeys/complaint/{ids['waiting']}" in links(await here.page(first.replace("&version=1", "")))
    outside = await here.page("/rates/cases?month=2024-02&rate=resolution&part=outside&version=1")
    assert "此后有变化" in text_of(outside)


async def test_a_figure_that_is_not_what_the_journal_gives_is_said_loudly(here: Beside[Town]) -> None:
    await filled(here)
    assert "verify=true" in " ".join(links(await here.page("/rates?month=2024-02")))
    assert "已核验：1 版全部" in text_of(await here.page("/rates?month=2024-02&verify=true"))
    pool = here.owner.service.pool
    await pool.execute("alter table rate_figures disable trigger rate_figures_append_only")
    await pool.execute("update rate_figures set resolution = 100 where by = 'community'")
    page = text_of(await here.page("/rates?month=2024-02&verify=true"))
    assert "核验不符" in page and "已核验" not in page
    assert "您的角色看不到这一项" in text_of(await here.page("/rates?month=2024-02&verify=true", VILLAGE))


async def test_what_counts_and_is_none_of_the_readers_business_is_said(here: Beside[Town]) -> None:
    for number, kind in enumerate(("COMPLAINT", "REPORT")):
        await called(here.owner, await finished(here.owner, number, type=kind), resolved=False)
    await here.at(PUBLISHED)
    own = await here.page("/rates/cases?month=2024-02&rate=resolution", VILLAGE)
    assert "另有 1 件计入这个数" in text_of(own)
    assert len([one for one in links(own) if "/journeys/" in one]) == 1
    assert "另有" not in text_of(await here.page("/rates/cases?month=2024-02&rate=resolution"))


async def test_what_somebody_wrote_into_a_number_stays_text(here: Beside[Town]) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    id = await here.owner.received(hostile, 1)
    assert (await here.owner.get(f"/complaints/{id}", LEADER))["number"] == hostile
    page = await here.page("/rates/cases?month=2024-02&rate=response&part=outside")
    assert hostile in text_of(page)
    assert "<img" not in page
