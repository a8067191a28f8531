"""Members come and go, handlers are slow, readers die: one effect each, in order, and nothing waits for ever."""

import asyncio
import signal

import psutil

from tests.support.pair import Pair, until
from tests.support.writers import Writers

BOXES = range(8)


async def test_members_that_join_and_leave_all_the_time_have_one_effect_each(pair: Pair) -> None:
    for replica in (0, 1):
        pair.start("sample", replica=replica)
        pair.start("listener", plan="COPING", replica=replica)
    for name in ("sample", "sample-1", "listener", "listener-1"):
        await pair.ready(name)
    writers = Writers(pair, ["sample", "sample-1"])
    await writers.open(BOXES)
    here: list[str] = []
    async with writers.writing(BOXES):
        for coming in range(2, 9):
            here.append(pair.start("listener", plan="COPING", replica=coming))
            await takes_part(pair, here[-1])
            if len(here) > 3:
                await leave(pair, here.pop(0), killed=coming % 2 == 0)
            if coming == 5:
                await leave(pair, "listener-1", killed=True)
                await leave(pair, "sample-1", killed=True)
                pair.start("sample", replica=1)
        await writers.more(50)
    await writers.check()
    await writers.check_heard()
    assert assignments(pair, "listener") > 2, "partitions have moved to those who came"


async def takes_part(pair: Pair, name: str) -> None:
    """Wait until it was given its share, which is nothing where others have all partitions."""

    async def assigned() -> bool:
        return assignments(pair, name) > 0

    await until(assigned, f"{name} takes part")


async def leave(pair: Pair, name: str, *, killed: bool) -> None:
    """In good order, or not."""
    if killed:
        await pair.children[name].kill()
    else:
        await pair.children[name].stop((signal.SIGTERM, 10))


def assignments(pair: Pair, name: str) -> int:
    """How often this process was given partitions to read."""
    return pair.children[name].log.read_text().count("partitions_assigned")


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


async def test_a_slow_batch_is_cut_so_that_the_process_answers_the_broker_in_between(pair: Pair) -> None:
    """40 fillings of 50 ms: a member that is silent for 2 s is thrown out, hence 0.4 s for one transaction."""
    writers = await backlog(pair, 5)
    pair.start("listener", plan="SLOW")
    await writers.check_heard()
    assert await fillings_at_once(pair) <= 9


async def fillings_at_once(pair: Pair) -> int:
    """The most that were heard in one transaction."""
    rows = await pair.query(
        "listener",
        "select count(*) as n from journal where data::text not like '%\"amount\":0%' group by xmin::text order by 1",
    )
    return rows[-1]["n"]


async def test_a_member_that_was_thrown_out_in_the_middle_of_its_batch_does_no_harm(pair: Pair) -> None:
    """It has read the marks and freezes; another one reads the same records; then it goes on."""
    writers = await backlog(pair, 5)
    await freeze_and_thaw(pair, writers)
    await writers.check_heard()


async def freeze_and_thaw(pair: Pair, writers: Writers, *faults: str) -> None:
    """Until the frozen one reads again."""
    pair.start("listener", "--freeze", "before-load:1", *faults, plan="COPING")
    pid = pair.children["listener"].pid
    assert pid

    async def frozen() -> bool:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED

    await until(frozen, "the first member is in the middle of its batch")
    pair.start("listener", *faults, plan="COPING", replica=1)
    await writers.until_heard()
    psutil.Process(pid).send_signal(signal.SIGCONT)

    async def reads_again() -> bool:
        return assignments(pair, "listener") >= 2

    await until(reads_again, "it has come back to the group")
    await pair.ready("listener")


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
