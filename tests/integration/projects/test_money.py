"""Money that is never overspent: two applications on one database, and everybody at the same moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest_asyncio

from ops.embedded.keys import Keys
from services.projects.main import PLAN
from shared.plumbing.service import Service, application
from shared.plumbing.settings import Mode, Settings
from tests.integration.projects.test_doors import BEGIN, SUPERVISOR, approval, batch, pooled
from tests.support.running import OPERATOR, Running, migrated
from tests.support.servers import Server

AT_ONCE = 200
EACH, POOL = 15, 1_000
"""So many yuan each; 66 of them fit, and 10 yuan are left."""


@dataclass
class Two:
    """Two applications that know nothing of each other but the database."""

    one: Running
    other: Running

    def turn(self, number: int) -> Running:
        """Every second request goes to the other."""
        return (self.one, self.other)[number % 2]


@pytest_asyncio.fixture(loop_scope="session")
async def two(postgres: Server, tmp_path: Path) -> AsyncIterator[Two]:
    keys = Keys(tmp_path)
    keys.make()
    async with migrated(postgres, PLAN.name, BEGIN) as url, AsyncExitStack() as opened:
        settings = Settings(
            service=PLAN.name,
            mode=Mode.EMBEDDED,
            database_url=url,
            kafka="127.0.0.1:1",
            master_key_file=keys.master_key,
            jwks_file=keys.jwks,
            config=Path("config"),
            attachments=(tmp_path / "attachments").as_uri(),
        )
        found = []
        for _ in range(2):
            app = application(PLAN, settings)
            service = app.state.service = await Service.open(PLAN, settings)
            opened.push_async_callback(service.pool.close)
            transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
            client = await opened.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://town", timeout=120)
            )
            found.append(Running(client, keys, service))
        yield Two(*found)


async def money(here: Running, id: str) -> tuple[int, dict[str, int], dict[str, int]]:
    """What a batch says is approved, what it reserves, and the budgets of the projects that are approved in it."""
    stands = await here.get(f"/batches/{id}", SUPERVISOR)
    rows = await here.service.pool.fetch(
        "select id, budget_yuan from projects where batch = $1 and state <> 'CANCELLED'", f"batch/{id}"
    )
    return stands["approved_yuan"], stands["reserved"], {f"project/{row['id']}": row["budget_yuan"] for row in rows}


async def test_two_hundred_approvals_at_once_through_two_applications_never_overspend(two: Two) -> None:
    fund = await batch(two.one, POOL)
    ids = [await pooled(two.turn(number)) for number in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(
            two.turn(number).call("POST", f"/projects/{id}/approve", SUPERVISOR, approval(fund, EACH))
            for number, id in enumerate(ids)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {200: POOL // EACH, 409: AT_ONCE - POOL // EACH}
    refused = [answer.json()["errors"] for answer in answers if answer.status_code == 409]
    assert {(reason["code"], reason["pointer"]) for reasons in refused for reason in reasons} == {
        ("pool_exceeded", "/budget_yuan")
    }
    approved, reserved, budgets = await money(two.one, fund)
    assert approved == sum(reserved.values()) == sum(budgets.values()) == POOL // EACH * EACH
    assert reserved == budgets, "every yuan is reserved for a project that is approved, and the other way round"
    said = await two.one.facts(fund)
    sums = [fact["approved_yuan"] for word, fact in said if word == "BudgetReserved"]
    assert sums == [EACH * number for number in range(1, POOL // EACH + 1)], "never above, at no moment"
    assert (await two.other.get("/integrity", OPERATOR))["sound"] is True


async def test_what_is_approved_cancelled_and_cut_at_once_still_adds_up(two: Two) -> None:
    """Some projects are cancelled and the budget is lowered while others are being approved."""
    fund = await batch(two.one, POOL)
    ids = [await pooled(two.turn(number)) for number in range(80)]
    early, late = ids[:40], ids[40:]
    for number, id in enumerate(early):
        await two.turn(number).post(f"/projects/{id}/approve", SUPERVISOR, approval(fund, EACH))
    calls = [
        *((f"/projects/{id}/approve", approval(fund, EACH)) for id in late),
        *((f"/projects/{id}/cancel", {"reason": "不再需要"}) for id in (*early[:20], *late[:20])),
        *((f"/batches/{fund}/budget", {"budget_yuan": yuan}) for yuan in (990, 700, 640, 605)),
    ]
    mixed = Random(20240201).sample(calls, len(calls))
    answers = await asyncio.gather(
        *(two.turn(number).call("POST", path, SUPERVISOR, body) for number, (path, body) in enumerate(mixed))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    codes = {reason["code"] for answer in answers if answer.status_code == 409 for reason in answer.json()["errors"]}
    assert codes <= {"pool_exceeded", "wrong_state", "below_approved"}
    approved, reserved, budgets = await money(two.one, fund)
    assert approved == sum(reserved.values()) == sum(budgets.values())
    assert {project: yuan for project, yuan in reserved.items() if yuan} == budgets
    limit = spent = 0
    for _, fact in await two.one.facts(fund):
        limit, spent = fact.get("budget_yuan", limit), fact.get("approved_yuan", spent)
        assert spent <= limit, "at no moment, whatever came first"
