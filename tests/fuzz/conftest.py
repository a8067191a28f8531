"""A town of its own for this: what is tried at random comes from one address, far more often than people come."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import yaml

from ops.embedded.stack import ROOT, Stack
from tests.support import choice
from tests.support.nursery import Forked

PER_MINUTE = 1_000_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The whole town as real processes, with doors that do not count who comes."""
    folder = tmp_path_factory.mktemp("fuzz")
    config = folder / "config"
    shutil.copytree(ROOT / "config", config)
    stack = Stack(
        folder / "town", servers=choice.town, child=Forked, environment={"FIVEPLUSN_CONFIG": str(uncounted(config))}
    )
    await stack.up()
    yield stack
    await stack.down()


def uncounted(config: Path) -> Path:
    """This configuration, with limits that nobody reaches."""
    file = config / "township.yaml"
    document = yaml.safe_load(file.read_text())
    for version in document["intake"]:
        version["open311"] |= {"requests_per_minute": PER_MINUTE, "posts_per_minute": PER_MINUTE}
    file.write_text(yaml.safe_dump(document, allow_unicode=True))
    return config
