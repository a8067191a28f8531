"""Confined: bytes that nobody trusts are read in a child process with limits; whatever they do there, we go on.

A decoder is a large program in C. The child has none of our settings in its environment, no connection, a bound on
memory and time, and is the first to go when the machine runs out of memory.
"""

import asyncio
import os
import re
import resource
import sys
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
_SAID = 200
"""So much of what the child says on its error channel is looked at."""
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
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(limits.seconds * 2):
            result, said, _ = await asyncio.gather(
                _read(process.stdout, limits.result), _read(process.stderr, None), _feed(process.stdin, given)
            )
            code = await process.wait()
    except TimeoutError:
        raise TooHeavy from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code == 0:
        return result
    if code == REFUSED and re.fullmatch(rb"[a-z_]{1,40}", said):
        raise Refused(said.decode())
    if code == TOO_HEAVY or code < 0:  # the kernel ends whoever takes too much CPU, or the machine's last memory
        raise TooHeavy
    raise Crashed(str(code))


async def _feed(pipe: asyncio.StreamWriter, given: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # whoever has read enough to refuse reads no further
        pipe.write(given)
        await pipe.drain()
    pipe.close()


async def _read(pipe: asyncio.StreamReader, most: int | None) -> bytes:
    """Everything up to the end. `most`: more is too heavy; None: a little is kept, the rest is thrown away."""
    found = bytearray()
    while piece := await pipe.read(2**16):
        if most is not None or len(found) < _SAID:
            found += piece
        if most is not None and len(found) > most:
            raise TooHeavy
    return bytes(found if most is not None else found[:_SAID])


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
