"""`fiveplusn` in the test's own process, against one running service."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from click.testing import Result
from typer.testing import CliRunner

from ops.cli import application
from tests.support.running import Live


def run(*words: str) -> Result:
    """The command `fiveplusn` with these words."""
    return CliRunner().invoke(application(), list(words))


@asynccontextmanager
async def reached(here: Live, folder: Path) -> AsyncIterator[str]:
    """The service at an address, as `stack.json` in this folder says."""
    served = here.client._transport.app  # type: ignore[attr-defined]
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(served, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listening]))
    stack = {
        "services": {here.service.plan.name: f"http://127.0.0.1:{port}"},
        "kafka": "127.0.0.1:1",
        "data": str(folder),
        "databases": {},
    }
    (folder / "stack.json").write_text(json.dumps(stack))
    try:
        yield str(folder)
    finally:
        server.should_exit = True
        await serving
