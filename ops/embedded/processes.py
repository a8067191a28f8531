"""Child processes: each in a session of its own, stopped by its pid, never outliving its parent."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

_POLL = 0.02
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_forks = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forks")
"""All children are forked by one thread that lives as long as this process.

Linux sends the parent-death signal when the *thread* that forked ends: forked by a short-lived thread, a child would
die in the middle of its work.
"""


class StackError(Exception):
    """The embedded stack cannot do what was asked: a stable `code`, Chinese `words`, and the end of the guilty log."""

    def __init__(self, code: str, words: str, log: str = "") -> None:
        super().__init__(f"{code}: {words}" + (f"\n{log}" if log else ""))
        self.code = code
        self.words = words
        self.log = log


async def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until this holds; False when the time is over first."""
    limit = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= limit:
            return False
        await asyncio.sleep(_POLL)
    return True


def has_ended(process: psutil.Process) -> bool:
    """Whether it runs no more. A zombie that nobody has reaped yet has ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def end(process: psutil.Process, *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal to a process that is not our child, and give it these seconds to end."""
    for step, seconds in steps:
        try:
            process.send_signal(step)
        except psutil.NoSuchProcess:
            return
        if await until(lambda: has_ended(process), seconds):
            return


def _dies_with(parent: int, death: signal.Signals) -> Callable[[], None] | None:
    """What the forked child does before it becomes the command: ask for this signal when its parent dies."""
    if _libc is None:
        return None
    prctl = _libc.prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


class Child:
    """One process of ours, with its log file (0600, appended to).

    `user`: uid and gid to run as, for a parent that is root. `death`: what it gets when the parent dies without
    stopping it (Linux only). Ctrl-C reaches the parent alone, because the child has a session of its own.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        user: tuple[int, int] | None = None,
        death: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = dict(env)
        self._user = user
        self._death = death
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int | None:
        """Its pid while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, minus the signal's number if one ended it; None before the end."""
        return None if self._process is None else self._process.poll()

    def listens_on(self, port: int) -> bool:
        """Whether this very process accepts connections there: who answers on a port may be a stranger."""
        if (pid := self.pid) is None:
            return False
        try:
            sockets = psutil.Process(pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in sockets)

    def start(self) -> None:
        """Start it; returns when it exists. Does not yield to the event loop, so that no child is ever forgotten."""
        if self.alive:
            raise StackError("already_running", f"{self.name} 已在运行")
        self._process = _forks.submit(self._fork).result()

    def _fork(self) -> subprocess.Popen[bytes]:
        uid, gid = self._user or (None, None)
        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._log_start = os.fstat(output).st_size
            return subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._env,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=None if uid is None else [],
                preexec_fn=_dies_with(os.getpid(), self._death),
            )
        finally:
            os.close(output)

    async def ended(self, seconds: float) -> bool:
        """Wait for its end; False when the time is over first."""
        return await until(lambda: not self.alive, seconds)

    async def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and give it these seconds; what still runs then is killed. Ends when the process has."""
        for step, seconds in steps:
            if self._process is None or not self.alive:
                return
            self._process.send_signal(step)
            if await self.ended(seconds):
                return
        await self.kill()

    async def kill(self) -> None:
        """SIGKILL, and reaped: a zombie would keep its pid, and PostgreSQL its lock."""
        if self._process is not None and self.alive:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def last_words(self, lines: int = 20) -> str:
        """The end of what it wrote since its start."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - 16_384))
            written = log.read().decode("utf-8", errors="replace")
        return "\n".join(written.splitlines()[-lines:])
