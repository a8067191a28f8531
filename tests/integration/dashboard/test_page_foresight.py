"""未诉先办 on the dashboard: what rises and nobody has taken up, what began before a complaint, what came back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from services.projects.main import PLAN
from tests.integration.dashboard.beside import Beside, beside, text_of
from tests.integration.dashboard.test_hotspots import HERE, ONE, TOPIC, detected, fill
from tests.integration.dashboard.test_today import say
from tests.integration.dashboard.town import BEGIN, OTHERS, SECRETARY, proposed
from tests.integration.projects.story import started
from tests.support.running import Running
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Beside[Running]]:
    """Projects, and the dashboard beside it; deliberation is away."""
    async with beside(Running, postgres, tmp_path, PLAN, BEGIN) as both:
        yield both


async def test_what_rises_is_named_until_somebody_takes_it_up(here: Beside[Running]) -> None:
    await say(here.board, (ONE, 1, detected(HERE)))
    await fill(here.board)
    found = (await here.found("/foresight"))["untaken"]
    assert ("WATER", "dahuichang-estate") in {(one["category"], one["place"]) for one in found}
    await say(here.board, (TOPIC, 1, proposed(ONE).model_copy(update={"place": HERE["place"]})))
    found = (await here.found("/foresight"))["untaken"]
    assert ("WATER", "dahuichang-estate") not in {(one["category"], one["place"]) for one in found}


async def test_it_is_the_readers_own_community(here: Beside[Running]) -> None:
    await fill(here.board)
    seen = {who.subject: (await here.found("/foresight", who))["untaken"] for who in (SECRETARY, OTHERS)}
    assert [{one["community"] for one in found} for found in seen.values()] == [{"dahuichang"}, set()]


async def test_the_shares_are_those_of_projects(here: Beside[Running]) -> None:
    await started(here.owner)
    found = await here.found("/foresight")
    told = await here.owner.get(f"/statistics?from={found['asked']['from']}&until={found['asked']['until']}")
    assert found["whole"]["found"]["total"] == told["total"]
    share = told["total"]["before_complaints"]
    assert share["denominator"] == 1
    text = text_of(await here.page("/foresight"))
    assert f"{share['numerator']} / {share['denominator']}" in text
    assert "指标怎么算" in text


async def test_who_is_away_costs_its_part_only(here: Beside[Running]) -> None:
    await fill(here.board)
    text = text_of(await here.page("/foresight"))
    assert "deliberation 服务暂时没有应答" in text
    assert "供水" in text
    here.answers(None)
    assert "projects 服务暂时没有应答" in text_of(await here.page("/foresight"))
