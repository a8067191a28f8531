"""Each protection is needed: the same town without it loses, doubles or hides something, and the check sees it."""

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from shared.plumbing import change as changing
from shared.plumbing.change import change, fingerprint
from shared.plumbing.turn import Turn
from tests.faults.test_clocks import close_boxes, fake_clock
from tests.faults.test_gaps import GAPS, said_but_not_sent, with_gaps
from tests.faults.test_members import backlog, fillings_at_once, freeze_and_thaw
from tests.faults.test_postgres import behind_a_proxy, cut_answers, hear_without_a_table, not_ready, one_row_written
from tests.faults.test_wire import BOXES, TIMES, on_the_wire, relay_everything_again
from tests.integration.plumbing.test_inbox import House, house, life
from tests.support.pair import Pair, until
from tests.support.sample import BOXES as BOX_KIND
from tests.support.sample import POISON, box_id, fill, open_box
from tests.support.servers import ask
from tests.support.wire import put
from tests.support.writers import Writers

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


async def test_without_the_key_a_commit_whose_answer_was_lost_has_its_effect_twice(pair: Pair) -> None:
    async with behind_a_proxy(pair) as between:
        pair.start("sample", "--without", "keys")
        await pair.ready("sample")
        writers = Writers(pair, ["sample"])
        await writers.open(range(6))
        await cut_answers(writers, between, one_row_written, 20)
    fillings = await pair.query("sample", "select count(*) as n from journal where type like '%.BoxFilled.%'")
    assert fillings[0]["n"] > writers.acknowledged.total()


async def test_without_patience_a_missing_table_puts_good_records_into_quarantine(pair: Pair) -> None:
    await hear_without_a_table(pair, "--without", "patience")
    assert await pair.query("listener", "select * from quarantine") != []


async def test_without_marks_a_member_that_was_thrown_out_doubles_what_the_other_did(pair: Pair) -> None:
    writers = await backlog(pair, 3)
    await freeze_and_thaw(pair, writers, "--without", "marks")
    echoes = await pair.query("listener", "select sum(times)::int as n from echoes")
    facts = await pair.query("sample", "select count(*) as n from journal")
    assert echoes[0]["n"] > facts[0]["n"]


async def test_without_portions_a_slow_batch_is_one_long_transaction(pair: Pair) -> None:
    writers = await backlog(pair, 5)
    pair.start("listener", "--without", "portions", plan="SLOW")
    await writers.until_heard()
    assert await fillings_at_once(pair) > 9


async def test_without_supervision_a_reader_that_was_cancelled_never_reads_again(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener", "--kill-reader", "3", "--without", "supervision")
    await pair.ready("sample")
    async with pair.client() as client:

        async def seen() -> bool:
            try:
                return "listener" in await not_ready(client, pair.urls["listener"])
            except httpx.TransportError:
                return False

        await until(seen, "the service says that its reader does not work")
        await pair.fill(3, 1)

        async def sent() -> bool:
            return (await pair.query("sample", "select count(*) as n from outbox"))[0]["n"] == 0

        await until(sent, "everything is on the wire")
        assert "listener" in await not_ready(client, pair.urls["listener"])
    assert await pair.heard() == {}


async def test_without_repair_a_gap_stays(pair: Pair) -> None:
    sent, _ = with_gaps(await said_but_not_sent(pair))
    pair.start("listener", "--without", "repair")
    await put(pair, sent)

    async def old() -> bool:
        rows = await pair.query(
            "listener",
            "select count(distinct stream) as n from parked where since < clock_timestamp() - interval '5 seconds'",
        )
        return rows[0]["n"] == GAPS

    await until(old, "the gaps are more than twice as old as those that are repaired")


async def test_without_the_towns_clock_a_process_that_is_behind_fires_at_once(pair: Pair, tmp_path: Path) -> None:
    pair.start("sample", "--without", "town-clock", environment=fake_clock(tmp_path / "behind", "-2d"))
    await pair.ready("sample")
    await close_boxes(pair, "sample", 0)

    async def all_shut() -> bool:
        return len(await pair.query("sample", "select * from boxes where state = 'SHUT'")) == 5

    await until(all_shut, "the boxes are shut")
    early = (
        "select * from boxes b join journal j on j.stream = b.id and j.version = 1 where b.closes_at < j.recorded_at"
    )
    assert len(await pair.query("sample", early)) == 5
