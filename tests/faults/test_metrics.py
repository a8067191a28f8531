"""What a scrape says is what is so; and it answers when nothing else does."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.test_drain import locked
from tests.support.pair import Pair, pair_on, until
from tests.support.sample import POISON, box_id
from tests.support.servers import Server

Scrape = dict[str, dict[tuple[str, ...], float]]
"""Name → values of the labels, in the order of their names → value."""


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        opened.start("sample")
        opened.start("listener")
        await opened.ready("sample")
        await opened.ready("listener")
        yield opened


async def text(pair: Pair, name: str) -> str:
    async with pair.client() as client:
        answer = await client.get(f"{pair.urls[name]}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


async def scrape(pair: Pair, name: str) -> Scrape:
    found: Scrape = {}
    for family in text_string_to_metric_families(await text(pair, name)):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


async def caught_up(pair: Pair) -> None:
    """A batch is acknowledged after its effects are in the database: wait until nothing counts as unread."""

    async def nothing_unread() -> bool:
        return set((await scrape(pair, "listener"))["fiveplusn_lag_records"].values()) == {0}

    await until(nothing_unread, "nothing counts as unread")


async def test_what_was_written_and_heard_is_counted(pair: Pair) -> None:
    await pair.fill(10, 2)
    await pair.all_heard(10, 2)
    await caught_up(pair)
    sample, listener = await scrape(pair, "sample"), await scrape(pair, "listener")
    assert sample["fiveplusn_http_requests_total"]["create_box", "2xx"] == 10
    assert sample["fiveplusn_http_requests_total"]["fill_box", "2xx"] == 20
    assert sample["fiveplusn_http_request_seconds_count"]["fill_box",] == 20
    assert sample["fiveplusn_relay_sent_total"][()] == 30
    assert sample["fiveplusn_outbox_facts"][()] == 0
    assert listener["fiveplusn_records_heard_total"]["applied", "listener"] == 30
    assert set(listener["fiveplusn_lag_records"].values()) == {0}
    assert listener["fiveplusn_lag_seconds"]["sample.events",] == 0
    for found in (sample, listener):
        assert set(found["fiveplusn_up"].values()) == {1}
        assert found["fiveplusn_pool_connections"]["most",] == 8
        assert found["fiveplusn_wire_epoch"][()] == 1


async def test_a_path_never_becomes_a_label(pair: Pair) -> None:
    await pair.fill(1, 1)
    async with pair.client() as client:
        for path in (f"/boxes/{box_id(5)}/nowhere?who=me", "/nothing/here?who=me", f"/boxes/{box_id(9)}/fill"):
            assert (await client.post(f"{pair.urls['sample']}{path}", json={"amount": 1})).status_code == 404
    said = await text(pair, "sample")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|nowhere|nothing|who=", said)
    found = await scrape(pair, "sample")
    assert found["fiveplusn_http_requests_total"]["unknown", "4xx"] == 2
    assert found["fiveplusn_problems_total"]["not_found",] == 3


async def test_what_is_set_aside_is_seen_with_its_code_and_what_waits_behind_it(pair: Pair) -> None:
    await pair.fill(1, 1, amount=POISON)
    await pair.fill(1, 2)

    async def parked() -> bool:
        return (await scrape(pair, "listener"))["fiveplusn_parked_facts"][()] == 2

    await until(parked, "two facts wait behind the poison")
    found = await scrape(pair, "listener")
    assert found["fiveplusn_quarantine_open"] == {("failed",): 1}
    assert found["fiveplusn_quarantine_age_seconds"]["failed",] > 0
    assert found["fiveplusn_parked_age_seconds"][()] > 0


async def test_a_batch_in_hand_counts_as_unread(pair: Pair) -> None:
    async with locked(pair.databases["listener"], "inbox"):
        await pair.fill(5, 1)

        async def behind() -> bool:
            found = await scrape(pair, "listener")
            return sum(found["fiveplusn_lag_records"].values()) == 10

        await until(behind, "all that was said counts as unread")
        assert (await scrape(pair, "listener"))["fiveplusn_lag_seconds"]["sample.events",] > 0
    await pair.all_heard(5, 1)
    await caught_up(pair)


async def test_it_answers_while_the_database_is_away(pair: Pair, postgres: Server) -> None:
    name = pair.databases["sample"].rpartition("/")[2]
    con = await asyncpg.connect(postgres.admin)
    await con.execute(f"alter database {name} allow_connections false")
    await con.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)

    async def away() -> bool:
        found = await scrape(pair, "sample")
        return found["fiveplusn_up"]["database",] == 0 and "fiveplusn_outbox_facts" not in found

    await until(away, "the scrape says that the database is away")
    await con.execute(f"alter database {name} allow_connections true")
    await con.close()

    async def back() -> bool:
        return (await scrape(pair, "sample"))["fiveplusn_up"]["database",] == 1

    await until(back, "the scrape says that it is back")


async def test_it_answers_while_all_connections_are_taken_and_says_who_waits(pair: Pair) -> None:
    async with locked(pair.databases["sample"], "boxes"):
        writing = asyncio.create_task(pair.fill(12, 0))

        async def crowded() -> bool:
            found = await scrape(pair, "sample")
            return found["fiveplusn_pool_waiting"][()] >= 4 and found["fiveplusn_pool_connections"]["in_use",] == 8

        await until(crowded, "eight work and four wait")
    await writing


async def test_it_answers_while_the_broker_is_away(pair: Pair) -> None:
    await pair.broker.kill()

    async def away() -> bool:
        return (await scrape(pair, "listener"))["fiveplusn_up"]["broker",] == 0

    await until(away, "the scrape says that the broker is away")
    await pair.fill(2, 0)
    found = await scrape(pair, "sample")
    assert found["fiveplusn_outbox_facts"][()] == 2
    assert found["fiveplusn_outbox_age_seconds"][()] > 0
