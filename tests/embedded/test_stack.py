"""The whole stack: up, down, alone on its folder, and honest about who failed."""

import asyncio
import json
import signal
import stat
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest
import pytest_asyncio

from ops.embedded.processes import Child, StackError, has_ended, until
from ops.embedded.stack import ROOT, Stack
from ops.ports import is_free

STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_in(manner: str) -> Callable[[str], Sequence[str]]:
    return lambda service: [sys.executable, str(STAND_IN), service, manner]


def a_stack(data: Path, manner: str = "ready") -> Stack:
    return Stack(data, command=stand_in(manner), services=("dashboard",))


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest_asyncio.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    stack = a_stack(tmp_path / "data")
    await stack.up()
    yield stack
    await stack.down()


async def test_it_says_where_everything_is_while_it_is_up(stack: Stack):
    told = json.loads(stack.file.read_text())
    assert stat.S_IMODE(stack.file.stat().st_mode) == 0o600
    assert told["data"] == str(stack.data)
    assert told["pids"].keys() == {"postgres", "broker", "dashboard"}
    assert all(psutil.pid_exists(pid) for pid in told["pids"].values())
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(told["services"]["dashboard"] + "/health/ready")).status_code == 200
    con = await asyncpg.connect(told["databases"]["dashboard"])
    assert await con.fetchval("select count(*) from facts") == 0
    await con.close()


async def test_after_the_end_nothing_of_it_runs_and_it_begins_again_at_the_same_place(stack: Stack):
    told = json.loads(stack.file.read_text())
    con = await asyncpg.connect(told["databases"]["dashboard"])
    await con.execute("create table kept ()")
    await con.close()
    await stack.down()
    assert not stack.file.exists()
    assert not [pid for pid in told["pids"].values() if psutil.pid_exists(pid)]
    assert is_free(port_of(told["kafka"]))

    again = a_stack(stack.data)
    await again.up()
    try:
        assert {**json.loads(again.file.read_text()), "pids": {}} == {**told, "pids": {}}
        con = await asyncpg.connect(told["databases"]["dashboard"])
        assert await con.fetchval("select count(*) from kept") == 0
        await con.close()
    finally:
        await again.down()


async def test_a_second_one_on_the_folder_is_refused_and_disturbs_nothing(stack: Stack):
    second = a_stack(stack.data)
    with pytest.raises(StackError) as refused:
        await second.up()
    await second.down()
    assert refused.value.code == "already_up"
    assert stack.file.exists()
    assert stack.children["dashboard"].alive


async def test_a_killed_replica_leaves_the_other_and_can_start_again(stack: Stack):
    url = stack.start_service("dashboard", replica=1)
    await stack.ready("dashboard-1", url)
    await stack.kill("dashboard-1")
    assert stack.children["dashboard"].alive
    assert stack.start_service("dashboard", replica=1) == url
    await stack.ready("dashboard-1", url)
    stack.publish()
    assert "dashboard-1" in json.loads(stack.file.read_text())["pids"]


async def test_a_running_replica_is_not_replaced_by_another(stack: Stack):
    with pytest.raises(StackError) as refused:
        stack.start_service("dashboard")
    assert refused.value.code == "already_running"


async def test_a_service_that_ends_at_its_start_is_named_with_its_last_words(tmp_path: Path):
    stack = a_stack(tmp_path / "data", "broken")
    with pytest.raises(StackError) as failed:
        await stack.up()
    assert failed.value.code == "service_not_ready"
    assert "dashboard" in failed.value.words
    assert failed.value.log.splitlines() == ["dashboard begins", "no such table: complaints"]
    assert not [child for child in (stack.postgres.process, stack.broker.process) if child.alive]
    assert not stack.file.exists()


async def test_a_start_that_is_given_up_leaves_nothing_running(tmp_path: Path):
    stack = a_stack(tmp_path / "data", "never")
    starting = asyncio.create_task(stack.up())
    assert await until(lambda: "dashboard" in stack.children and stack.children["dashboard"].alive, 60)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not [
        child for child in (stack.postgres.process, stack.broker.process, *stack.children.values()) if child.alive
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_a_killed_stack_takes_its_processes_along_and_the_next_start_goes_on(tmp_path: Path):
    data = tmp_path / "data"
    code = (
        "import asyncio; from pathlib import Path; from tests.embedded.test_stack import a_stack\n"
        "async def main():\n"
        f"    await a_stack(Path({str(data)!r})).up()\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    parent = Child("parent", [sys.executable, "-c", code], log=tmp_path / "parent.log", env={"PYTHONPATH": str(ROOT)})
    parent.start()
    try:
        assert await until(lambda: (data / "stack.json").exists() or not parent.alive, 60), parent.last_words()
        told = json.loads((data / "stack.json").read_text())
        processes = [psutil.Process(pid) for pid in told["pids"].values()]
    finally:
        await parent.kill()
    assert await until(lambda: all(has_ended(process) for process in processes), 20)
    again = a_stack(data)
    await again.up()
    await again.down()


async def test_it_may_be_told_twice_to_end(stack: Stack):
    await stack.down()
    await stack.down()
    assert stack.children["dashboard"].code == -signal.SIGTERM
