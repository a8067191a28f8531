"""Each protection is needed: the same town without it loses, doubles or hides something, and the check sees it."""

import asyncio
from uuid import uuid4

import pytest

from shared.plumbing import change as changing
from shared.plumbing.change import change, fingerprint
from shared.plumbing.inbox import Turn
from tests.faults.test_wire import BOXES, TIMES, on_the_wire, relay_everything_again
from tests.integration.plumbing.test_inbox import House, house, life
from tests.support.pair import Pair, until
from tests.support.sample import BOXES as BOX_KIND
from tests.support.sample import POISON, box_id, fill, open_box
from tests.support.servers import ask

__all__ = ["house"]


async def start(pair: Pair, *, sample: str = "", listener: str = "") -> None:
    pair.start("sample", *(("--without", sample) if sample else ()))
    pair.start("listener", *(("--without", listener) if listener else ()))
    await pair.ready("sample")
    await pair.ready("listener")


async def test_without_marks_a_fact_relayed_twice_has_two_effects(pair: Pair) -> None:
    await start(pair, listener="marks")
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await relay_everything_again(pair)
    await pair.read_to_the_end(first=1000)
    with pytest.raises(AssertionError):
        await pair.check(BOXES, TIMES)


async def test_without_marks_a_consumer_killed_between_its_commits_has_effects_twice(pair: Pair) -> None:
    pair.start("sample")
    await pair.ready("sample")
    await pair.fill(BOXES, TIMES)
    pair.start("listener", "--without", "marks", "--kill", "before-acknowledge:1")
    await pair.ended("listener")
    pair.start("listener", "--without", "marks")
    await pair.read_to_the_end(first=1000)
    with pytest.raises(AssertionError):
        await pair.check(BOXES, TIMES)


async def test_without_waiting_for_the_broker_the_outbox_forgets_what_was_never_sent(pair: Pair) -> None:
    await start(pair, sample="acknowledgement")
    await pair.fill(BOXES, TIMES)

    async def forgotten() -> bool:
        return (await pair.query("sample", "select count(*) as n from outbox"))[0]["n"] == 0

    await until(forgotten, "the outbox is empty")
    assert len(await on_the_wire(pair, 0)) < BOXES * (TIMES + 1)


async def test_without_the_probe_an_empty_broker_stays_empty(pair: Pair) -> None:
    await start(pair, sample="probe")
    await pair.fill(BOXES, TIMES)
    await pair.all_heard(BOXES, TIMES)
    await pair.broker.kill()
    await pair.broker.start(empty=True)
    await pair.make_topics()
    await pair.read_to_the_end(first=1000)
    assert len(await on_the_wire(pair, 2)) < BOXES * (TIMES + 1)


async def test_without_quarantine_a_poison_record_is_lost_in_silence(pair: Pair) -> None:
    await start(pair, listener="quarantine")
    await pair.fill(BOXES, 1)
    await pair.fill(1, 1, amount=POISON, first=7)
    await pair.fill(BOXES, 1)

    async def heard() -> bool:
        return sum(times for _, times in (await pair.heard()).values()) == BOXES * 3

    await until(heard, "all but the poison are heard")
    assert (await pair.heard())[f"box/{box_id(7)}"] == (2, 3)
    assert await pair.query("listener", "select * from quarantine") == []


async def test_without_parking_facts_have_their_effect_out_of_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hasty(self: Turn, apply, _seconds) -> None:  # type: ignore[no-untyped-def]
        for h in self.fresh:
            if self._one(h, apply):
                self.marks[h.id] = max(h.version, self.marks.get(h.id, 0))

    monkeypatch.setattr(Turn, "take", hasty)
    one, two, three = life(house.inbox, 1, 5, 6)
    await house.hear(one, three, two)
    said = await house.base.pool.fetch("select data::text as d from journal order by position")
    assert [int(row["d"].rpartition(":")[2].rstrip("}")) for row in said] == [0, 6, 5]


async def test_without_the_key_a_repeated_request_has_two_effects(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = uuid4()
    await change(house.base, BOX_KIND, id, ask(), open_box, "here")
    real = changing.one_statement

    async def never(*_: object) -> None:
        return None

    monkeypatch.setattr(changing, "_answered", never)
    monkeypatch.setattr(changing, "one_statement", lambda work, held, *_: real(work, held, None, b"", ""))
    for _ in range(2):
        await change(house.base, BOX_KIND, id, ask("k", fingerprint(b"5")), fill, 5)
    assert await house.base.pool.fetchval("select total from boxes where id = $1", id) == 10


async def test_without_the_version_guard_fifty_callers_lose_each_others_work(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = uuid4()
    await change(house.base, BOX_KIND, id, ask(), open_box, "here")
    monkeypatch.setattr(
        BOX_KIND, "renew_one_sql", BOX_KIND.renew_one_sql.replace("and version = $", "and version + 0 * $")
    )
    monkeypatch.setattr(
        BOX_KIND,
        "renew_one_sql",
        BOX_KIND.renew_one_sql.replace("::int returning id", "::int is not null returning id"),
    )
    await house.base.pool.execute("alter table journal drop constraint journal_stream_version_key")
    await asyncio.gather(*(change(house.base, BOX_KIND, id, ask(), fill, 1) for _ in range(50)))
    total = await house.base.pool.fetchval("select total from boxes where id = $1", id)
    assert total < 50
