"""Facts that come out of order wait; facts that never come are fetched from the journal of the service that said them."""

import json
from random import Random

import asyncpg

from tests.support.pair import Pair, until
from tests.support.sample import POISON, box_id
from tests.support.wire import journal, put

BOXES, TIMES = 12, 6
GAPS = BOXES + 2
POISONED, SHORT = box_id(500), box_id(501)


async def said_but_not_sent(pair: Pair) -> list[asyncpg.Record]:
    """A producer whose journal has everything, and whose relay sends nothing."""
    pair.start("sample", "--without", "acknowledgement")
    await pair.ready("sample")
    await pair.fill(BOXES, TIMES)
    await pair.fill(1, 1, first=500)
    await pair.fill(1, 1, first=500, amount=POISON)
    await pair.fill(1, 2, first=500)
    await pair.fill(1, 5, first=501)
    return await journal(pair)


def with_gaps(facts: list[asyncpg.Record]) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    """In disorder, and what is missing: of every box one fact (the poisoned one lacks 4 of 5), of one the last two."""
    random = Random(11)
    lacks = {box_id(n): (random.randint(1, TIMES),) for n in range(BOXES)} | {POISONED: (4,), SHORT: (2, 5, 6)}
    missing = [row for row in facts if row["version"] in lacks[row["stream"]]]
    sent = [row for row in facts if row not in missing]
    random.shuffle(sent)
    return sorted(sent, key=lambda row: row["stream"] == POISONED and row["version"]), missing


async def waiting(pair: Pair) -> int:
    rows = await pair.query("listener", "select count(distinct stream) as n from parked")
    return rows[0]["n"]


async def test_what_never_came_is_fetched_from_the_journal_of_the_service_that_said_it(pair: Pair) -> None:
    facts = await said_but_not_sent(pair)
    sent, missing = with_gaps(facts)
    await pair.children["sample"].kill()
    pair.start("listener")
    await put(pair, sent)

    async def all_wait() -> bool:
        return await waiting(pair) == GAPS

    async def in_vain() -> bool:
        return "gap_not_repaired" in pair.children["listener"].log.read_text()

    await until(all_wait, "every stream waits behind its gap")
    await until(in_vain, "the producer was asked while it was away")
    assert await waiting(pair) == GAPS

    pair.start("sample", "--without", "acknowledgement")
    marks = {box_id(n): TIMES + 1 for n in range(BOXES)} | {POISONED: 2, SHORT: 4}
    await marked(pair, marks)
    await put(pair, missing)  # what was lost comes after all
    marks |= {SHORT: 6}
    await marked(pair, marks)
    await everything_once(pair)


async def marked(pair: Pair, marks: dict[object, int]) -> None:
    async def there() -> bool:
        rows = await pair.query("listener", "select stream, version from inbox")
        return {row["stream"]: row["version"] for row in rows} == marks

    await until(there, "every stream was heard as far as the wire goes")


async def everything_once(pair: Pair) -> None:
    """The poisoned stream waits for somebody to decide; all others had their effect, once and in order."""
    heard = await pair.heard()
    assert heard.pop(f"box/{POISONED}") == (1, 2)
    assert heard.pop(f"box/{SHORT}") == (5, 6)
    assert set(heard.values()) == {(TIMES, TIMES + 1)}
    assert len(heard) == BOXES
    rows = await pair.query("listener", "select distinct stream from parked")
    assert [row["stream"] for row in rows] == [POISONED]
    [aside] = await pair.query("listener", "select stream, version from quarantine")
    assert (aside["stream"], aside["version"]) == (POISONED, 3)
    echoed = await pair.query("listener", "select * from journal where data::text like $1", f"%{SHORT}%")
    assert len(echoed) == 6


async def test_a_fact_that_waits_although_it_has_its_turn_is_heard(pair: Pair) -> None:
    """One member parks it while another moves the mark: no later fact need come to wake it."""
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.fill(1, 2)
    await pair.all_heard(1, 2)
    await pair.children["sample"].kill()
    await pair.query(
        "listener",
        "insert into parked (reader, kind, stream, version, envelope, body) "
        "select 'listener', 'box', $1, 4, $2::json, $3",
        box_id(0),
        parked_envelope(4),
        b'{"amount": 1}',
    )

    async def heard() -> bool:
        return (await pair.heard())[f"box/{box_id(0)}"] == (3, 4) and await waiting(pair) == 0

    await until(heard, "it has had its effect")


def parked_envelope(version: int) -> str:
    return json.dumps(
        {
            "ce_source": "/fiveplusn/sample",
            "ce_stream": f"box/{box_id(0)}",
            "ce_sequence": str(version),
            "ce_type": "fiveplusn.sample.BoxFilled.v1",
            "ce_time": "2024-02-01T00:00:00+00:00",
        }
    )
