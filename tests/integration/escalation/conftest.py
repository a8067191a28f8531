"""The service that the tests of escalation speak to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from services.escalation.main import PLAN
from tests.integration.escalation.town import BEGIN
from tests.support.running import Running, running
from tests.support.servers import Server


@pytest_asyncio.fixture
async def here(postgres: Server, tmp_path: Path) -> AsyncIterator[Running]:
    """Escalation on Thursday 2024-02-01, 09:00."""
    async with running(postgres, tmp_path, PLAN, BEGIN) as service:
        await service.at(BEGIN)
        yield service
