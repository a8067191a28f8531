"""Members come and go, handlers are slow, readers die: one effect each, in order, and nothing waits for ever."""

import asyncio
import signal

from tests.support.pair import Pair, until
from tests.support.writers import Writers

BOXES = range(8)


async def test_members_that_join_and_leave_every_two_seconds_have_one_effect_each(pair: Pair) -> None:
    for replica in (0, 1):
        pair.start("sample", replica=replica)
        pair.start("listener", plan="COPING", replica=replica)
    for name in ("sample", "sample-1", "listener", "listener-1"):
        await pair.ready(name)
    writers = Writers(pair, ["sample", "sample-1"])
    await writers.open(BOXES)
    async with writers.writing(BOXES):
        for coming in range(2, 10):
            name = pair.start("listener", plan="COPING", replica=coming)
            await asyncio.sleep(2)
            if coming % 2:
                await pair.children[name].kill()
            else:
                await pair.children[name].stop((signal.SIGTERM, 10))
            if coming == 5:
                await pair.children["listener-1"].kill()
                await pair.children["sample-1"].kill()
                pair.start("sample", replica=1)
                pair.start("listener", plan="COPING", replica=1)
        await writers.more(50)
    await writers.check()
    await writers.check_heard()


async def backlog(pair: Pair, times: int) -> Writers:
    """Much to hear for whoever comes."""
    pair.start("sample")
    await pair.ready("sample")
    writers = Writers(pair, ["sample"])
    await writers.open(BOXES)
    async with pair.client() as client:
        for amount in range(1, times + 1):
            await asyncio.gather(*(writers.fill(client, n, amount) for n in BOXES))
    return writers


async def test_a_handler_that_takes_longer_than_the_brokers_patience_keeps_its_membership(pair: Pair) -> None:
    """80 fillings of 50 ms are one batch of 4 s; a member that is silent for 2 s is thrown out."""
    writers = await backlog(pair, 10)
    pair.start("listener", plan="SLOW")
    await writers.check_heard()
    assert "batch_failed" not in pair.children["listener"].log.read_text()


async def test_a_member_that_was_thrown_out_in_the_middle_of_its_batch_does_no_harm(pair: Pair) -> None:
    """Both read the same records: the marks let each of them have one effect."""
    writers = await backlog(pair, 10)
    for replica in (0, 1):
        pair.start("listener", "--without", "portions", plan="SLOW", replica=replica)
    await writers.check_heard()


async def test_a_reader_that_was_cancelled_by_mistake_is_started_again(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener", "--kill-reader", "3")
    await pair.ready("sample")
    await pair.fill(20, 5)
    await pair.all_heard(20, 5)
    await pair.check(20, 5)
    await pair.ready("listener")

    async def noticed() -> bool:
        return "task_ended" in pair.children["listener"].log.read_text()

    await until(noticed, "the reader's end is in the log")
