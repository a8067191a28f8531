"""PostgreSQL goes away, and its answers get lost: no acknowledged request is lost, none has two effects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from urllib.parse import urlsplit

import httpx
import pytest

from ops.embedded.postgres import Postgres
from tests.faults.test_clocks import check_shut_in_time, close_boxes
from tests.support.pair import Pair, until
from tests.support.proxy import Fault, Proxy, proxy
from tests.support.sample import box_id
from tests.support.writers import Writers

BOXES = range(6)


async def test_postgresql_stopped_killed_and_started_again_loses_no_acknowledged_request(
    fragile_pair: Pair, fragile: Postgres
) -> None:
    pair = fragile_pair
    pair.start("sample")
    pair.start("listener", plan="COPING")
    await pair.ready("sample")
    await pair.ready("listener")
    writers = Writers(pair, ["sample"])
    await writers.open(BOXES)
    async with pair.client() as client:
        body = '{"seconds": 2}'
        answer = await client.post(f"{pair.urls['sample']}/boxes/{box_id(500)}/closing", content=body)
        assert answer.status_code == 201
    async with writers.writing(BOXES):
        for goes in (fragile.stop, fragile.kill):
            await writers.more(30)
            await goes()
            await writers.more(30, of="503")
            await fragile.start()
        await writers.more(30)
    assert writers.answers.keys() == {"200", "201", "503"}
    await pair.ready("sample")
    await pair.ready("listener")
    await writers.check()
    await writers.check_heard()

    async def shut_once() -> bool:
        rows = await pair.query("sample", "select type from journal where stream = $1 order by version", box_id(500))
        return [row["type"].split(".")[2] for row in rows] == ["BoxOpened", "BoxShut"]

    await until(shut_once, "the timer that was due meanwhile has fired once")


def one_row_written(answer: bytes) -> bool:
    """PostgreSQL's answer to `change`: one count of one, outside a transaction, hence committed."""
    count = b"D\0\0\0\x12\0\x01\0\0\0\x08\0\0\0\0\0\0\0\x01"
    return count in answer and answer.endswith(b"Z\0\0\0\x05I")


def committed(answer: bytes) -> bool:
    """PostgreSQL's answer to COMMIT."""
    return b"C\0\0\0\x0bCOMMIT\0" in answer


@asynccontextmanager
async def behind_a_proxy(pair: Pair, service: str = "sample") -> AsyncIterator[Proxy]:
    url = urlsplit(pair.databases[service])
    assert url.hostname and url.port
    async with proxy((url.hostname, url.port)) as between:
        pair.ways[service] = url._replace(netloc=url.netloc.replace(f":{url.port}", f":{between.port}")).geturl()
        yield between


@pytest.mark.parametrize(("path", "answer"), [("fill", one_row_written), (f"both/{box_id(99)}", committed)])
async def test_a_request_whose_commit_was_not_answered_has_one_effect_when_it_is_sent_again(
    pair: Pair, path: str, answer
) -> None:
    async with behind_a_proxy(pair) as between:
        pair.start("sample")
        await pair.ready("sample")
        writers = Writers(pair, ["sample"], path)
        await writers.open([*BOXES, 99])
        await cut_answers(writers, between, answer, 50)
        await writers.check()


async def cut_answers(writers: Writers, between: Proxy, answer, times: int) -> None:
    """Write until so many answers were lost, half of all."""
    random = Random(5)
    async with writers.writing(BOXES):
        between.loses = lambda piece: answer(piece) and random.random() < 0.5

        async def lost() -> bool:
            return between.lost >= times

        await until(lost, f"{times} answers were lost")
        between.loses = lambda _: False


async def test_a_batch_or_a_timer_whose_commit_was_not_answered_has_one_effect(pair: Pair) -> None:
    """The next try finds the mark moved, and the timer gone."""
    async with behind_a_proxy(pair) as saying, behind_a_proxy(pair, "listener") as hearing:
        pair.start("sample")
        pair.start("listener", plan="COPING")
        await pair.ready("sample")
        await pair.ready("listener")
        writers = Writers(pair, ["sample"])
        await writers.open(BOXES)
        async with writers.writing(BOXES):
            await close_boxes(pair, "sample", 500)
            random = Random(5)
            saying.loses = hearing.loses = lambda piece: committed(piece) and random.random() < 0.3
            await writers.more(200)

            async def lost() -> bool:
                return saying.lost > 0 and hearing.lost > 0

            await until(lost, "answers were lost on both sides, while there was something to say and to hear")
        await check_shut_in_time(pair, 5)
        saying.loses = hearing.loses = lambda _: False
        await writers.check()
        await writers.check_heard()


async def test_a_database_that_does_not_answer_makes_nobody_wait_for_ever(pair: Pair) -> None:
    async with behind_a_proxy(pair) as between:
        pair.start("sample")
        await pair.ready("sample")
        writers = Writers(pair, ["sample"])
        await writers.open(BOXES)
        async with pair.client() as client:
            between.set(Fault.REFUSE)
            answer = await client.post(f"{pair.urls['sample']}/boxes/{box_id(0)}/fill", content='{"amount": 1}')
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            between.set(Fault.BLACKHOLE)
            answer = await client.post(f"{pair.urls['sample']}/boxes/{box_id(0)}/fill", content='{"amount": 1}')
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert await not_ready(client, pair.urls["sample"]) == {"database"}
            between.set(Fault.PASS)
            between.cut()
        async with writers.writing(BOXES):
            await writers.more(20)
        await writers.check()


async def not_ready(client: httpx.AsyncClient, url: str) -> set[str]:
    """What the service says does not work."""
    answer = await client.get(f"{url}/health/ready")
    return {part for part, works in answer.json().items() if not works}


async def test_a_database_that_is_not_ready_sets_no_record_aside(pair: Pair) -> None:
    """A table that a migration has yet to bring: the records wait, for they are good."""
    await hear_without_a_table(pair)
    await pair.all_heard(10, 2)
    assert await pair.query("listener", "select * from quarantine") == []


async def hear_without_a_table(pair: Pair, *faults: str) -> None:
    """Something is heard while a table is missing; then it is back."""
    pair.start("sample")
    pair.start("listener", *faults)
    await pair.ready("sample")
    await pair.ready("listener")
    await pair.query("listener", "alter table echoes rename to not_yet")
    await pair.fill(10, 2)

    async def noticed() -> bool:
        aside = await pair.query("listener", "select * from quarantine")
        return bool(aside) or "batch_failed" in pair.children["listener"].log.read_text()

    await until(noticed, "the listener has seen that something is wrong")
    await pair.query("listener", "alter table not_yet rename to echoes")
