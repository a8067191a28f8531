"""The HTTP server, and how it goes: it tells the service first, and ends with 0."""

import asyncio
import signal
import socket
import sys
from typing import NoReturn

import uvicorn
from litestar import Litestar

REQUESTS_S = 5
"""So long may requests under way take to end."""
KEEP_S = 75
"""Longer than clients keep an idle connection: who closes first may cut off a request on its way."""
CONNECTIONS = 640
"""Above that many connections and requests, new ones are answered 503 at once."""


class Server(uvicorn.Server):
    """uvicorn; on SIGTERM readiness turns 503 at once, and after `notice` seconds the doors are closed.

    The notice is for a load balancer that asks `/health/ready`: until it has asked, requests still come and are answered.
    """

    def __init__(self, app: Litestar, host: str, port: int, notice: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                loop="uvloop",
                http="httptools",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_S,
                timeout_graceful_shutdown=REQUESTS_S,
                limit_concurrency=CONNECTIONS,
            )
        )
        self._app, self._notice = app, notice

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say that we go, then close the doors, wait for the requests under way, and end the service."""
        self._app.state.service.draining = True
        await asyncio.sleep(self._notice)
        await super().shutdown(sockets)

    def run_to_the_end(self) -> NoReturn:
        """Run, and leave: 0 after a signal, because that is how a service is stopped."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: sys.exit(0))  # uvicorn raises the signal again after its end
        self.run()
        sys.exit(0 if self.started else 1)
