"""Each fact of others has its effect once and in order, or waits, or is set aside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest_asyncio

from shared.events.base import Fact
from shared.plumbing.change import Base
from shared.plumbing.heard import Heard
from shared.plumbing.inbox import Inbox
from shared.plumbing.quarantine import Quarantine
from tests.support.sample import METADATA, POISON, BoxFilled, BoxOpened, Listening, box_id
from tests.support.servers import KEYS, Server, base


@dataclass
class House:
    """An inbox on a database, with the sample's handlers."""

    base: Base
    inbox: Inbox
    handlers: Listening

    async def totals(self) -> dict[str, int]:
        """What was echoed, per box."""
        rows = await self.base.pool.fetch("select of, total from echoes")
        return {row["of"]: row["total"] for row in rows}

    async def hear(self, *heard: Heard) -> None:  # type: ignore[type-arg]
        await self.inbox.absorb(list(heard))

    async def mark(self, n: int) -> int:
        """How far the n-th box was heard."""
        return await self.base.pool.fetchval("select version from inbox where stream = $1", box_id(n)) or 0


def record(inbox: Inbox, n: int, version: int, fact: Fact) -> Heard:  # type: ignore[type-arg]
    """The record of a fact of the n-th box."""
    headers = [
        ("ce_stream", f"box/{box_id(n)}".encode()),
        ("ce_sequence", str(version).encode()),
        ("ce_type", fact.wire_type.encode()),
        ("ce_time", b"2024-02-01T00:00:00+00:00"),
    ]
    heard = inbox.read("sample.events", f"0/{version}", headers, fact.model_dump_json().encode())
    assert heard is not None
    return heard


@pytest_asyncio.fixture(loop_scope="session")
async def house(postgres: Server) -> AsyncIterator[House]:
    async with postgres.database(METADATA) as url, base(url) as opened:
        handlers = Listening()
        inbox = Inbox("listener", opened, Quarantine("listener", KEYS.quarantine))
        handlers.listen(inbox)
        yield House(opened, inbox, handlers)


def life(inbox: Inbox, n: int, *amounts: int) -> list[Heard]:  # type: ignore[type-arg]
    """All records of the n-th box."""
    facts: list[Fact] = [BoxOpened(community="here"), *(BoxFilled(amount=amount) for amount in amounts)]
    return [record(inbox, n, version, fact) for version, fact in enumerate(facts, 1)]


async def test_facts_have_their_effect_once_however_often_they_come(house: House) -> None:
    records = life(house.inbox, 1, 5, 6, 7)
    for _ in range(3):
        await house.hear(*records)
        await house.hear(*records, *records)
    assert await house.totals() == {f"box/{box_id(1)}": 18}
    assert await house.base.pool.fetchval("select times from echoes") == 4


async def test_facts_of_one_stream_have_their_effect_in_order_whatever_order_they_come_in(house: House) -> None:
    records = [h for n in range(20) for h in life(house.inbox, n, *range(1, 11))]
    Random(7).shuffle(records)
    for start in range(0, len(records), 17):
        await house.hear(*records[start : start + 17])
    assert set((await house.totals()).values()) == {55}
    said = await house.base.pool.fetch(
        "select data::text as d from journal where kind = 'echo' order by stream, version"
    )
    assert [row["d"].rpartition(":")[2].rstrip("}") for row in said] == [str(n) for n in range(11)] * 20
    assert await house.base.pool.fetchval("select count(*) from parked") == 0


async def test_a_fact_beyond_a_gap_waits_until_the_gap_fills(house: House) -> None:
    one, two, three, four = life(house.inbox, 1, 5, 6, 7)
    await house.hear(one, three, four)
    assert await house.mark(1) == 1
    assert await house.base.pool.fetchval("select count(*) from parked") == 2
    await house.hear(two)
    assert await house.mark(1) == 4
    assert await house.base.pool.fetchval("select count(*) from parked") == 0
    assert await house.totals() == {f"box/{box_id(1)}": 18}


async def test_one_poison_record_among_many_stops_only_its_own_stream(house: House) -> None:
    batch = [h for n in range(50) for h in life(house.inbox, n, 1, POISON if n == 7 else 2, 3)]
    await house.hear(*batch)
    totals = await house.totals()
    assert totals.pop(f"box/{box_id(7)}") == 1
    assert set(totals.values()) == {6}
    entry = await house.base.pool.fetchrow("select * from quarantine")
    assert (entry["record"], entry["code"]) == (f"box/{box_id(7)}/3", "failed")
    assert await house.mark(7) == 2
    assert await house.base.pool.fetchval("select count(*) from parked") == 1


async def test_replay_puts_a_record_in_and_what_waited_follows_in_order(house: House) -> None:
    await house.hear(*life(house.inbox, 1, 1, POISON, 3, 4))
    [entry] = await house.inbox.quarantine.entries(house.base.pool, "OPEN")
    assert await house.inbox.replay(entry["id"], "operator::t", "again") is False
    house.handlers.copes = True
    assert await house.inbox.replay(entry["id"], "operator::t", "mended") is True
    assert await house.mark(1) == 5
    assert await house.totals() == {f"box/{box_id(1)}": 1 + POISON + 3 + 4}
    assert await house.inbox.quarantine.entries(house.base.pool, "OPEN") == []
    assert await house.base.pool.fetchval("select reason from audit") == "mended"


async def test_discard_lets_what_waited_go_on_without_the_record(house: House) -> None:
    await house.hear(*life(house.inbox, 1, 1, POISON, 3, 4))
    [entry] = await house.inbox.quarantine.entries(house.base.pool, "OPEN")
    await house.inbox.discard(entry["id"], "operator::t", "cannot be mended")
    assert await house.mark(1) == 5
    assert await house.totals() == {f"box/{box_id(1)}": 8}
    [decided] = await house.inbox.quarantine.entries(house.base.pool, "DISCARDED")
    assert (decided["decided_by"], decided["decision"]) == ("operator::t", "cannot be mended")


async def test_a_record_that_the_database_refuses_costs_one_record(house: House) -> None:
    spoiled = record(house.inbox, 3, 1, BoxOpened(community="here"))
    spoiled.headers["ce_correlationid"] = "a\x00b"
    await house.hear(
        *(life(house.inbox, n, 1)[0] for n in range(3)), spoiled, *(life(house.inbox, n, 1)[0] for n in range(4, 99))
    )
    assert await house.base.pool.fetchval("select count(*) from echoes") == 98
    assert await house.base.pool.fetchval("select count(*) from quarantine") == 1


async def test_a_record_without_a_readable_envelope_is_set_aside(house: House) -> None:
    broken = house.inbox.read("sample.events", "0/1", [("ce_stream", b"box/none"), ("ce_sequence", b"x")], b"{}")
    assert broken is not None
    await house.hear(broken)
    [entry] = await house.inbox.quarantine.entries(house.base.pool, "OPEN")
    assert entry["source"] == "sample.events"


async def test_a_body_that_is_not_the_contract_is_set_aside_without_quoting_it(house: House) -> None:
    opened, filled = life(house.inbox, 1, 5)
    filled.body = b'{"amount": "secret words"}'
    await house.hear(opened, filled)
    [entry] = await house.inbox.quarantine.entries(house.base.pool, "OPEN")
    assert entry["code"] == "invalid"
    assert "secret" not in entry["reason"]


async def test_a_kind_that_nobody_here_hears_is_not_even_marked(house: House) -> None:
    headers = [("ce_stream", f"other/{UUID(int=1)}".encode()), ("ce_sequence", b"9"), ("ce_type", b"x")]
    assert house.inbox.read("sample.events", "0/1", headers, b"{}") is None


async def test_a_fact_of_a_heard_kind_without_handler_moves_the_mark(house: House) -> None:
    opened, _ = life(house.inbox, 1, 5)
    unknown = life(house.inbox, 1, 5)[1]
    unknown.type, unknown.handler = "fiveplusn.sample.BoxPainted.v1", None
    await house.hear(opened, unknown)
    assert await house.mark(1) == 2
