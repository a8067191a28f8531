"""三率 on the dashboard: what intake published, against the month before and the targets, down to the cases."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from services.intake.main import PLAN
from tests.integration.dashboard.beside import LEADER, Beside, beside, links, text_of, untranslated
from tests.integration.dashboard.town import HOUSING, OPERATOR, OTHERS
from tests.integration.intake.test_rates import PUBLISHED, VILLAGE, called, some_of_every_kind
from tests.integration.intake.town import BEGIN, Town
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
