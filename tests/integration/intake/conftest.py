"""A town for every test of intake's doors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.integration.intake.town import Town, town
from tests.support.servers import Server


@pytest_asyncio.fixture(loop_scope="session")
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Town]:
    """A town that begins on 2024-02-01."""
    async with town(postgres, tmp_path) as running:
        yield running
