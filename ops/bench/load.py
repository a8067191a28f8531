"""The HTTP load: a process of its own that keeps some connections busy with requests made before the clock starts.

`python -m ops.bench.load` reads a `Job` as JSON and writes what it saw.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast
from uuid import uuid4

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Job:
    """Post these new complaints, each with a key of its own, over `callers` connections."""

    port: int
    token: str
    callers: int
    bodies: list[str]


@dataclass
class Seen:
    """What came back: when each answer was complete after its request, and every status."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)


class Caller(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is complete."""

    def __init__(self, requests: Iterator[bytes], seen: Seen) -> None:
        self._requests, self._seen = requests, seen
        self._buffer, self._sent = b"", 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: nothing is sent before `begin`."""
        self._transport = cast(asyncio.Transport, transport)

    def begin(self) -> None:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Some of an answer."""
        self._buffer += data
        head, found, rest = self._buffer.partition(_END)
        if not found:
            return
        lower = head.lower()
        length = int(lower[lower.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._seen.seconds.append(time.perf_counter() - self._sent)
        status = head[9:12].decode()
        self._seen.statuses[status] = self._seen.statuses.get(status, 0) + 1
        self._buffer = b""
        self.begin()

    def connection_lost(self, error: Exception | None) -> None:
        """Closed by the other side before its time: that must not happen."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the connection was closed"))


def requests(job: Job) -> list[bytes]:
    """Everything that will be sent, ready."""
    made = []
    for body in (text.encode() for text in job.bodies):
        head = (
            f"POST /complaints HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {job.token}\r\n"
            f"Idempotency-Key: {uuid4().hex}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


async def run(job: Job) -> dict[str, object]:
    """How fast, how long, and which answers."""
    loop, seen, ready = asyncio.get_running_loop(), Seen(), iter(requests(job))
    callers = [
        (await loop.create_connection(lambda: Caller(ready, seen), "127.0.0.1", job.port))[1]
        for _ in range(job.callers)
    ]
    start = time.perf_counter()
    for caller in callers:
        caller.begin()
    await asyncio.gather(*(caller.done for caller in callers))
    took = time.perf_counter() - start
    ordered = sorted(seen.seconds)
    return {
        "per_s": len(ordered) / took,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)] * 1000,
        "statuses": seen.statuses,
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Job(**json.load(sys.stdin))))))
