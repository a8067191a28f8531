"""One way to write: each wish has one effect, versions have no gap, and nothing is half written."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from shared.plumbing.caller import NotFound, Person, Reach
from shared.plumbing.change import Base, KeyReused, VersionMoved, change, fingerprint, together
from shared.plumbing.journal import put_seal, verify
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.township import Role
from tests.support.sample import BOXES, METADATA, SOON, fill, open_box, shut
from tests.support.servers import KEYS, Server, ask, base

TABLES = {"box": "boxes"}


@pytest_asyncio.fixture(loop_scope="session")
async def home(postgres: Server) -> AsyncIterator[Base]:
    async with postgres.database(METADATA) as url, base(url, 20) as opened:
        yield opened


async def test_a_birth_writes_row_journal_and_outbox_together(home: Base) -> None:
    id = uuid4()
    answer = await change(home, BOXES, id, ask(), open_box, "here")
    assert answer == {"id": str(id), "version": 1}
    row = await home.pool.fetchrow("select * from boxes where id = $1", id)
    said = await home.pool.fetchrow("select * from journal where stream = $1", id)
    assert (row["version"], row["community"], row["state"]) == (1, "here", "OPEN")
    assert (said["kind"], said["version"], said["type"]) == ("box", 1, "fiveplusn.sample.BoxOpened.v1")
    assert said["hash"] == row["head"]
    assert await home.pool.fetchval("select count(*) from outbox where position = $1", said["position"]) == 1


async def test_a_wish_that_is_already_true_writes_nothing(home: Base) -> None:
    id = uuid4()
    await change(home, BOXES, id, ask(), open_box, "here")
    await change(home, BOXES, id, ask(), open_box, "here")
    assert await home.pool.fetchval("select count(*) from journal") == 1


async def test_a_refusal_names_all_reasons_and_writes_nothing(home: Base) -> None:
    with pytest.raises(RuleBroken) as broken:
        await change(home, BOXES, uuid4(), ask(), fill, 0)
    assert [reason.code for reason in broken.value.reasons] == ["not_found", "nothing"]
    assert await home.pool.fetchval("select count(*) from journal") == 0


async def test_fifty_callers_at_one_box_leave_no_gap(home: Base) -> None:
    id = uuid4()
    await change(home, BOXES, id, ask(), open_box, "here")
    answers = await asyncio.gather(*(change(home, BOXES, id, ask(), fill, n + 1) for n in range(50)))
    assert sorted(answer["version"] for answer in answers) == list(range(2, 52))
    versions = await home.pool.fetch("select version from journal where stream = $1 order by version", id)
    assert [row["version"] for row in versions] == list(range(1, 52))
    assert await home.pool.fetchval("select total from boxes where id = $1", id) == sum(range(1, 51))


async def test_the_same_key_gives_the_same_answer_and_one_effect(home: Base) -> None:
    id, body = uuid4(), fingerprint(b"5")
    await change(home, BOXES, id, ask(), open_box, "here")
    answers = await asyncio.gather(*(change(home, BOXES, id, ask("k", body), fill, 5) for _ in range(8)))
    assert {answer["version"] for answer in answers} == {2}
    assert await home.pool.fetchval("select total from boxes where id = $1", id) == 5


async def test_a_repeated_request_that_would_be_refused_now_gets_the_first_answer(home: Base) -> None:
    id, body = uuid4(), fingerprint(b"5")
    await change(home, BOXES, id, ask(), open_box, "here")

    def fill_once(before, amount):  # type: ignore[no-untyped-def]
        refuse(before.total > 0 and Reason("full", "已满"))
        return fill(before, amount)

    answers = await asyncio.gather(*(change(home, BOXES, id, ask("k", body), fill_once, 5) for _ in range(12)))
    assert {answer["version"] for answer in answers} == {2}


async def test_a_repeated_request_names_the_old_version_and_gets_the_first_answer(home: Base) -> None:
    id, again = uuid4(), ask("k", fingerprint(b"5"), expected=1)
    await change(home, BOXES, id, ask(), open_box, "here")
    first = await change(home, BOXES, id, again, fill, 5)
    assert await change(home, BOXES, id, again, fill, 5) == first
    assert await together(home, [(BOXES, id)], again, lambda work, box: {"never": box.change(fill, 5)}) == first
    assert await home.pool.fetchval("select total from boxes where id = $1", id) == 5


async def test_a_repeated_request_for_several_that_would_say_more_now_says_it_once(home: Base) -> None:
    one, two, asked = uuid4(), uuid4(), ask("k", fingerprint(b"5"))
    for id in (one, two):
        await change(home, BOXES, id, ask(), open_box, "here")

    def fill_both(work, first, second):  # type: ignore[no-untyped-def]
        for box in (first, second):
            box.change(fill, 5)
        return {"versions": [first.version, second.version]}

    answers = [await together(home, [(BOXES, one), (BOXES, two)], asked, fill_both) for _ in range(3)]
    assert answers == [{"versions": [2, 2]}] * 3
    assert await home.pool.fetchval("select sum(total) from boxes where id = any($1)", [one, two]) == 10


async def test_without_a_second_look_at_the_key_a_repeated_request_is_refused(
    home: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, again = uuid4(), ask("k", fingerprint(b"5"), expected=1)
    await change(home, BOXES, id, ask(), open_box, "here")
    await change(home, BOXES, id, again, fill, 5)
    monkeypatch.setattr("shared.plumbing.change._REFUSED", ())
    with pytest.raises(VersionMoved):
        await change(home, BOXES, id, again, fill, 5)


async def test_the_same_key_with_another_body_is_refused(home: Base) -> None:
    id = uuid4()
    await change(home, BOXES, id, ask("k", fingerprint(b"open")), open_box, "here")
    with pytest.raises(KeyReused):
        await change(home, BOXES, id, ask("k", fingerprint(b"other")), fill, 5)
    assert await home.pool.fetchval("select count(*) from journal") == 1


async def test_if_match_must_name_the_version_that_stands(home: Base) -> None:
    id = uuid4()
    await change(home, BOXES, id, ask(), open_box, "here")
    await change(home, BOXES, id, ask(expected=1), fill, 1)
    with pytest.raises(VersionMoved):
        await change(home, BOXES, id, ask(expected=1), fill, 1)


async def test_foreign_business_does_not_exist_for_the_caller(home: Base) -> None:
    id = uuid4()
    await change(home, BOXES, id, ask(), open_box, "here")
    stranger = Person("s", Role.SECRETARY, Reach.COMMUNITY, frozenset({"elsewhere"}))
    with pytest.raises(NotFound):
        await change(home, BOXES, id, ask(caller=stranger), fill, 1)


async def test_several_aggregates_change_together_or_not_at_all(home: Base) -> None:
    one, two = uuid4(), uuid4()
    await change(home, BOXES, one, ask(), open_box, "here")

    def both(_, first, second):  # type: ignore[no-untyped-def]
        first.change(fill, 3)
        second.change(fill, 3)
        return {}

    with pytest.raises(RuleBroken):
        await together(home, [(BOXES, one), (BOXES, two)], ask(), both)
    assert await home.pool.fetchval("select total from boxes where id = $1", one) == 0
    await change(home, BOXES, two, ask(), open_box, "here")
    await together(home, [(BOXES, one), (BOXES, two)], ask(), both)
    assert await home.pool.fetchval("select sum(total) from boxes") == 6


async def test_what_a_state_watches_for_is_armed_and_cancelled_with_it(home: Base) -> None:
    id, due = uuid4(), home.clock.now() + SOON
    await change(home, BOXES, id, ask(), open_box, "here", due)
    assert await home.pool.fetchval("select due_at from timers where subject = $1 and name = 'closing'", id) == due
    await change(home, BOXES, id, ask(), fill, 1)
    assert await home.pool.fetchval("select count(*) from timers") == 1
    await change(home, BOXES, id, ask(), shut)
    assert await home.pool.fetchval("select count(*) from timers") == 0


async def test_the_journal_cannot_be_changed_and_a_change_by_force_is_found(home: Base) -> None:
    ids = [uuid4() for _ in range(3)]
    for id in ids:
        await change(home, BOXES, id, ask(), open_box, "here")
        await change(home, BOXES, id, ask(), fill, 2)
    async with home.pool.acquire() as con:
        assert await verify(con, TABLES, KEYS.signer) is None
    with pytest.raises(asyncpg.RestrictViolationError):
        await home.pool.execute("update journal set data = '{}'")
    await home.pool.execute("alter table journal disable trigger journal_append_only")
    await home.pool.execute("update journal set data = '{\"amount\":9}' where stream = $1 and version = 2", ids[1])
    async with home.pool.acquire() as con:
        broken = await verify(con, TABLES, KEYS.signer)
    assert broken is not None
    assert (broken.what, broken.stream, broken.version) == ("chain", ids[1], 2)


async def test_a_stream_taken_out_of_the_journal_is_found_by_the_seal(home: Base) -> None:
    ids = [uuid4() for _ in range(3)]
    for id in ids:
        await change(home, BOXES, id, ask(), open_box, "here")
    assert await put_seal(home.pool, KEYS.signer) == 3
    async with home.pool.acquire() as con:
        assert await verify(con, TABLES, KEYS.signer) is None
    await home.pool.execute("alter table journal disable trigger journal_append_only")
    await home.pool.execute("delete from journal where stream = $1", ids[1])
    await home.pool.execute("delete from boxes where id = $1", ids[1])
    async with home.pool.acquire() as con:
        broken = await verify(con, TABLES, KEYS.signer)
    assert broken is not None
    assert broken.what == "seal"


async def test_seals_put_by_several_at_once_while_others_write_are_sound(home: Base) -> None:
    async def write() -> None:
        for _ in range(20):
            await change(home, BOXES, uuid4(), ask(), open_box, "here")

    async def put() -> int:
        return sum([await put_seal(home.pool, KEYS.signer) for _ in range(10)])

    *_, first, second = await asyncio.gather(*(write() for _ in range(4)), put(), put())
    assert first + second + await put_seal(home.pool, KEYS.signer) == 80
    async with home.pool.acquire() as con:
        assert await verify(con, TABLES, KEYS.signer) is None
