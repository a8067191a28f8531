"""Whatever is asked that the OpenAPI document allows or forbids is answered as it says: `make fuzz`."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from ops.client import Address
from ops.embedded.keys import Bearer, Keys
from ops.embedded.stack import SERVICES, Stack

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("FIVEPLUSN_FUZZ_EXAMPLES", "5")
SEED = os.environ.get("FIVEPLUSN_FUZZ_SEED", "20240201")
AT_ONCE = 2
"""So many services are tried at a time: the time goes into making up requests, on one core each."""
ROLES = ("dispatcher", "supervisor", "operator", "feeder", "auditor", "officer", "secretary")
Tried = dict[str, "asyncio.Task[tuple[int, str]]"]


async def schemathesis(address: str, token: str, turn: asyncio.Semaphore) -> tuple[int, str]:
    """All checks on one service: whether something was found, and what."""
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(HERE / "schemathesis.toml"), "--no-color", "run", f"{address}/schema/openapi.json"),
        *("--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure"),
        *("--header", f"Authorization: Bearer {token}"),
        *("--exclude-path", "/clock"),  # a moved clock is another town for all that follow
        *("--exclude-path", "/stream"),  # it has no end
    ]
    async with turn:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return process.returncode or 0, out.decode(errors="replace")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tried(town: Stack) -> AsyncIterator[Tried]:
    """All services, tried side by side. One caller has every role: a door that is closed is never tried."""
    bearer = Bearer("dispatcher", ("dahuichang",), "town-community-office")
    token = Keys(town.data).token(bearer, now=datetime.now(UTC), lifetime=timedelta(hours=8), roles=ROLES)
    turn = asyncio.Semaphore(AT_ONCE)
    urls = Address.read(town.data).services
    async with asyncio.TaskGroup() as tasks:
        tried = {name: tasks.create_task(schemathesis(urls[name], token, turn)) for name in SERVICES}
        yield tried
        for task in tried.values():
            task.cancel()


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("service", SERVICES)
async def test_schemathesis_finds_nothing(tried: Tried, service: str) -> None:
    found, out = await tried[service]
    assert not found, out[-20_000:]
