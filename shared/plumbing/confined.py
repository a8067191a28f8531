"""Confined: bytes that nobody trusts are read in a child process with limits; whatever they do there, we go on.

A decoder is a large program in C. The child has none of our settings in its environment, no connection, a bound on
memory and time, and is the first to go when the machine runs out of memory.
"""

import asyncio
import os
import re
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "PYTHONPATH": str(_ROOT),
    "PYTHONSAFEPATH": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_PROGRAM = "import sys; from shared.plumbing.confined import child; sys.exit(child(*sys.argv[1:]))"
_FILES = 64
_SAID = 40
"""So much of what the child says on its error channel is looked at: a code is no longer."""
_END_S = 10.0
"""So long is the end of a child waited for that was killed."""
REFUSED, TOO_HEAVY = 3, 4
"""Exit codes of the child: it said no with a code; it ran out of memory."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child: bytes of address space, seconds of CPU (twice as many by the wall clock), bytes of the result."""

    memory: int = 2**30
    seconds: int = 20
    result: int = 2**26


DEFAULT_LIMITS = Limits()


class Refused(Exception):
    """The child's function does not take these bytes; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TooHeavy(Exception):
    """Reading took more memory or time than it may, or the result was too long."""


class Crashed(Exception):
    """The child ended in a way that nobody foresaw."""


async def confined(function: str, given: bytes, *arguments: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """What `function` (`module:name`, takes the bytes and the arguments, returns bytes) makes of these bytes.

    Raises `Refused` as the function does, `TooHeavy`, `Crashed`.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, function, str(limits.memory), str(limits.seconds), *arguments),
        env=_ENVIRONMENT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(limits.seconds * 2):
            async with asyncio.TaskGroup() as group:
                group.create_task(_feed(process.stdin, given))
                reading = group.create_task(_read(process.stdout, limits.result, lambda: _kill(process)))
                listening = group.create_task(_read(process.stderr, _SAID))
            await process.wait()
    except TimeoutError:
        raise TooHeavy from None
    finally:
        _kill(process)
        await _ended(process)
    result, said, code = reading.result(), listening.result(), process.returncode
    if len(result) > limits.result:
        raise TooHeavy
    if code == 0:
        return result
    if code == REFUSED and re.fullmatch(rb"[a-z_]{1,40}", said):
        raise Refused(said.decode())
    if code is None or code < 0 or code == TOO_HEAVY:  # the kernel ends who takes too much CPU, or the last memory
        raise TooHeavy
    raise Crashed(str(code))


async def _feed(pipe: asyncio.StreamWriter, given: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # whoever has read enough to refuse reads no further
        pipe.write(given)
        await pipe.drain()
    pipe.close()


async def _read(pipe: asyncio.StreamReader, most: int, too_much: Callable[[], None] = lambda: None) -> bytes:
    """Up to the end; what comes after more than `most` bytes is thrown away."""
    found = bytearray()
    while piece := await pipe.read(2**16):
        if len(found) <= most:
            found += piece
            if len(found) > most:
                too_much()
    return bytes(found)


def _kill(process: asyncio.subprocess.Process) -> None:
    """The child, and whatever it may have started, unless it has ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for its end, reading its pipes to theirs: while a pipe is full, the event loop does not tell of an end."""
    assert process.stdout is not None
    assert process.stderr is not None
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_S):
            await asyncio.gather(_read(process.stdout, 0), _read(process.stderr, 0), process.wait())


def _limit(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))


def child(function: str, memory: str, seconds: str, *arguments: str) -> int:
    """The child: first who goes when memory is short, then the limits, and only then a look at what was given."""
    with suppress(OSError):  # not every kernel lets us
        Path("/proc/self/oom_score_adj").write_text("1000")
    _limit(int(memory), int(seconds))
    module, _, name = function.partition(":")
    try:
        run = getattr(import_module(module), name)
        result = run(sys.stdin.buffer.read(), *arguments)
    except MemoryError:
        return TOO_HEAVY
    except Refused as refused:
        sys.stderr.write(refused.code)
        return REFUSED
    sys.stdout.buffer.write(result)
    return 0
