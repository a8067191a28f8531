"""A task in the background that ends by itself is seen, and is started again."""

import asyncio

import pytest

from shared.plumbing.supervision import Supervision


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervision, "SHORTEST", 0.01)
    monkeypatch.setattr(Supervision, "LONGEST", 0.02)


class Task:
    """A task that ends in these ways, one after the other; then it goes on."""

    def __init__(self, *ends: BaseException | None) -> None:
        self.ends = list(ends)
        self.begun = 0
        self.first = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def run(self) -> None:
        self.begun += 1
        self.first.set()
        if not self.ends:
            self.goes_on.set()
            await asyncio.Event().wait()
        if end := self.ends.pop(0):
            raise end


@pytest.mark.usefixtures("quick")
async def test_a_task_that_fails_ends_or_is_cancelled_by_mistake_is_started_again() -> None:
    task, tasks = Task(ValueError(), None, asyncio.CancelledError()), Supervision()
    tasks.keep("it", task.run)
    await asyncio.wait_for(task.goes_on.wait(), 10)
    assert task.begun == 4
    assert tasks.working() == {"it": True}
    await tasks.cancel()


async def test_a_task_that_waits_for_its_new_start_does_not_work() -> None:
    task, tasks = Task(ValueError()), Supervision()
    tasks.keep("it", task.run)
    await task.first.wait()
    assert tasks.working() == {"it": False}
    await tasks.cancel()


async def test_a_task_that_is_told_to_end_ends() -> None:
    task, tasks = Task(), Supervision()
    tasks.keep("it", task.run)
    await task.goes_on.wait()
    tasks.end()
    await tasks.ended("it", 0)
    assert tasks.working() == {}
    assert task.begun == 1


async def test_a_task_that_ends_while_everything_stops_is_not_started_again() -> None:
    task, tasks = Task(None), Supervision()
    tasks.keep("it", task.run)
    tasks.end()
    await tasks.ended("it", 10)
    assert task.begun <= 1


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    tasks, begun, swallowed = Supervision(), asyncio.Event(), 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                begun.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    tasks.keep("it", stubborn)
    await begun.wait()
    await asyncio.wait_for(tasks.ended("it", 0), 10)
    assert swallowed == 2
