"""The whole town as real processes, once for all end-to-end tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ops.client import Address, Client
from ops.embedded.stack import Stack
from tests.support import choice


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("town"), servers=choice.town)
    await stack.up()
    yield stack
    await stack.down()


@pytest.fixture
def data(stack: Stack) -> Path:
    return stack.data


@pytest_asyncio.fixture(loop_scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    async with Client(Address.read(stack.data)) as opened:
        yield opened
