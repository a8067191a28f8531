"""Processes that need not import everything anew: they are forked from one that has, and are as separate as any other.

Python's own fork server (`multiprocessing`) has everything in memory that services are made of: a service is there after a
third of the work. The child has a session, an environment and a log of its own, is stopped by its pid, and dies when the
fork server or the tests do.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from ops.embedded.processes import Child

_PR_SET_PDEATHSIG = 1
_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["tests.support.preloaded"])


class Forked(Child):
    """A child whose command is `python -m MODULE …`. What is read from the environment while importing is the tests' own."""

    def _fork(self) -> "_Running":  # type: ignore[override]
        assert self._command[:2] == [sys.executable, "-m"], self._command
        self.log.touch(mode=0o600)
        self._log_start = self.log.stat().st_size
        born = (self._command[2:], self._env, self.log, self._death)
        process = _nursery.Process(target=_born, args=born, daemon=True)
        process.start()
        return _Running(process)


class _Running:
    """What `Child` asks of its process."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self._process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, wanted: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, wanted)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int | None:
        self._process.join()
        return self.poll()


def _born(command: Sequence[str], environment: Mapping[str, str], log: Path, death: signal.Signals) -> None:
    """In the child: become what a command of its own would be."""
    nursery = os.getppid()
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if os.getppid() != nursery:  # it died before we could ask
        os._exit(1)
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(output, standard)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    module, *sys.argv[1:] = command
    runpy.run_module(module, run_name="__main__", alter_sys=True)
