"""通知: the number of whoever suggested something is read from the vault, when the suggestion is answered."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from services.projects.main import PLAN
from services.projects.persons import SUGGESTER
from services.projects.store import SUGGESTIONS
from services.projects.telling import teller
from shared.events.projects import SuggestionAnswered, SuggestionOutcome
from shared.plumbing.caller import Person, Reach
from shared.plumbing.change import Ask, together
from shared.plumbing.notices.words import Told
from shared.plumbing.work import Held, Work
from shared.rules.township import Role
from tests.integration.projects.test_doors import BEGIN, SUPERVISOR, VILLAGE
from tests.support.running import OPERATOR, Running, running
from tests.support.servers import Server

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
PHONE = "13912345678"


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Projects on 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        yield service


async def suggested(here: Running) -> UUID:
    asked = {"origin": "RESIDENT", "community": VILLAGE, "public_title": "路边设护栏"}
    return UUID((await here.post("/suggestions", SUPERVISOR, asked))["id"])


async def leaves_a_number(here: Running, id: UUID) -> None:
    """Who suggested it is kept, as the door that collects suggestions does."""

    def decide(work: Work, held: Held[object]) -> dict[str, object]:
        here.service.vault.keep(work, {}, id, id, {SUGGESTER: json.dumps({"name": "王小满", "phone": PHONE})})
        return {}

    asks = Ask(Person("office", Role.SUPERVISOR, Reach.TOWN))
    await together(here.service.base, [(SUGGESTIONS, id)], asks, decide)


async def test_whoever_left_a_number_is_told_the_answer(here: Running) -> None:
    id, silent = await suggested(here), await suggested(here)
    await leaves_a_number(here, id)
    told = teller(here.service)
    async with here.service.pool.acquire() as con:
        whose = await told.look(con, [id, silent])
    assert list(whose) == [id]
    fact = SuggestionAnswered(answer="已列入二季度项目", outcome=SuggestionOutcome.CONVERTED)
    message = told.tell(Told(1, "suggestion", id, f"suggestion/{id}/5", fact, BEGIN), whose[id])
    assert message
    assert message.parameters == {"outcome": "转化为项目", "answer": "已列入二季度项目"}
    reached = await told.contacts(here.service.pool, [id, silent])
    assert (reached[id].to, reached[silent].to) == (f"+86{PHONE}", None)
    assert await here.get("/notices", OPERATOR) == []
