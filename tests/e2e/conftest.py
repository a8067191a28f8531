"""The whole town as real processes, once for the tests of a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ops.client import Address, Client
from ops.embedded.stack import Stack


@pytest.fixture
def data(stack: Stack) -> Path:
    return stack.data


@pytest_asyncio.fixture(loop_scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with Client(Address.read(stack.data)) as opened:
        yield opened
