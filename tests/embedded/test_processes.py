"""A child is stopped by its pid, is reaped, and does not outlive its parent."""

import os
import signal
import sys
import threading
from pathlib import Path

import psutil
import pytest

from ops.embedded.processes import Child, StackError, has_ended, until
from ops.embedded.stack import ROOT

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


def a_child(folder: Path, code: str) -> Child:
    return Child("child", [sys.executable, "-c", code], log=folder / "child.log", env={"PATH": os.defpath})


async def test_a_child_that_ignores_the_signal_is_killed_after_its_time(tmp_path: Path):
    child = a_child(tmp_path, DEAF)
    child.start()
    assert await until(lambda: "deaf" in child.last_words(), 60)
    await child.stop((signal.SIGTERM, 0.2))
    assert (child.alive, child.pid, child.code) == (False, None, -signal.SIGKILL)


async def test_a_child_that_listens_is_not_killed(tmp_path: Path):
    child = a_child(tmp_path, "import time; print('here', flush=True); time.sleep(60)")
    child.start()
    assert await until(lambda: "here" in child.last_words(), 60)
    await child.stop((signal.SIGTERM, 60))
    assert child.code == -signal.SIGTERM


async def test_a_killed_child_is_reaped(tmp_path: Path):
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    pid = child.pid
    await child.kill()
    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_a_running_child_is_not_started_twice(tmp_path: Path):
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    try:
        with pytest.raises(StackError) as refused:
            child.start()
    finally:
        await child.kill()
    assert refused.value.code == "already_running"


async def test_the_last_words_are_those_since_the_last_start(tmp_path: Path):
    first, second = a_child(tmp_path, "print('old')"), a_child(tmp_path, "print('new')")
    for child in (first, second):
        child.start()
        assert await child.ended(60)
    assert second.last_words() == "new"
    assert (tmp_path / "child.log").read_text() == "old\nnew\n"


async def test_ctrl_c_reaches_the_parent_alone(tmp_path: Path):
    child = a_child(tmp_path, "import time; time.sleep(60)")
    child.start()
    try:
        assert child.pid is not None
        assert os.getpgid(child.pid) == os.getsid(child.pid) == child.pid
    finally:
        await child.kill()


@LINUX
async def test_a_child_lives_on_when_the_thread_that_asked_for_it_ends(tmp_path: Path):
    child = a_child(tmp_path, "import time; time.sleep(60)")
    asking = threading.Thread(target=child.start)
    asking.start()
    asking.join()
    try:
        assert not await child.ended(0.3)
    finally:
        await child.kill()


@LINUX
async def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from ops.embedded.processes import Child; "
        "child = Child('child', [sys.executable, '-c', 'import time; time.sleep(60)'], "
        f"log=Path({str(tmp_path / 'child.log')!r}), env={{}}); "
        "child.start(); print('pid', child.pid, '.', flush=True); time.sleep(60)"
    )
    parent = Child("parent", [sys.executable, "-c", code], log=tmp_path / "parent.log", env={"PYTHONPATH": str(ROOT)})
    parent.start()
    try:
        assert await until(lambda: parent.last_words().endswith("."), 60)
        child = psutil.Process(int(parent.last_words().split()[1]))
        assert not has_ended(child)
    finally:
        await parent.kill()
    assert await until(lambda: has_ended(child), 60)
