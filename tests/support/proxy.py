"""A TCP proxy whose faults are switched while it runs: cut, black hole, delay, and "request delivered, answer lost"."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum

from ops.ports import LOOPBACK


class Fault(Enum):
    """What happens to bytes and to new connections."""

    PASS = "pass"
    REFUSE = "refuse"
    """Every connection is reset, new ones at once."""
    BLACKHOLE = "blackhole"
    """Everything is taken and nothing is handed on."""


class Proxy:
    """Forwards connections to `target`. `port` 0: any free one.

    `loses(answer)`: whether these bytes from the server are lost, and their connection reset, while everything that the
    client sent was delivered. `delay`: seconds that every piece waits.
    """

    def __init__(self, target: tuple[str, int], port: int = 0) -> None:
        self.target, self.port = target, port
        self.fault = Fault.PASS
        self.delay = 0.0
        self.loses: Callable[[bytes], bool] = lambda _: False
        self.lost = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Reset everything and listen no more."""
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, fault: Fault) -> None:
        """From now on."""
        self.fault = fault
        if fault is Fault.REFUSE:
            self.cut()

    def cut(self) -> None:
        """Reset every connection that is open."""
        for writer in list(self._open):
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault is Fault.REFUSE:
            return _reset(writer)
        self._tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]
        self._open.add(writer)
        try:
            server_reader, server = await asyncio.open_connection(*self.target)
        except OSError:
            _reset(writer)
        else:
            self._open.add(server)
            ways = (self._pump(reader, server, writer), self._pump(server_reader, writer, server, answers=True))
            await asyncio.gather(*ways)
            self._open.discard(server)
        finally:
            self._open.discard(writer)
            self._tasks.discard(task)  # type: ignore[arg-type]

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        *,
        answers: bool = False,
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(65_536):
                if answers and self.loses(piece):
                    self.lost += 1
                    _reset(sink)
                    break
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.fault is Fault.BLACKHOLE:
                    continue
                sink.write(piece)
                await sink.drain()
        for writer in (sink, back):
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN: nothing that is still on its way arrives."""
    if (sock := writer.get_extra_info("socket")) is not None:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def proxy(target: tuple[str, int]) -> AsyncIterator[Proxy]:
    """A proxy before this address, stopped afterwards."""
    opened = Proxy(target)
    await opened.start()
    try:
        yield opened
    finally:
        await opened.stop()
