"""The dashboard that its tests ask."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from services.dashboard.main import PLAN
from tests.integration.dashboard.town import BEGIN
from tests.support.running import Running, running
from tests.support.servers import Server


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """The dashboard on Thursday 2024-02-01, 09:00; nothing was said yet."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        await service.at(BEGIN)
        yield service
