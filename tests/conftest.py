"""The servers every test may use: real ones, started once."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from ops import ports
from ops.embedded.processes import StackError
from ops.embedded.stack import Stack
from tests.support import choice
from tests.support.nursery import Forked
from tests.support.servers import Server

collect_ignore = [] if os.environ.get("FIVEPLUSN_EMBEDDED_BROKER") == "apache" else ["apache"]
"""The tests of Apache Kafka itself belong to `make test-kafka`."""


MEMORY, ENOUGH = Path("/dev/shm"), 8 << 30
"""Where files lie in memory, if there is enough of it: hundreds of databases are made and dropped, each of 400 files."""
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


WORKER, WORKERS = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
ports._RANGE = ports._RANGE[int(WORKER.removeprefix("gw")) :: int(WORKERS)]
"""A port is free until its process listens there: workers side by side would give the same one to two of theirs."""


settings.register_profile("any machine", deadline=None, suppress_health_check=(HealthCheck.too_slow,))
settings.load_profile("any machine")
"""An example may take more than 200 ms, and making them up long: others use this machine, too."""


LONGEST = (
    *("e2e/test_backup", "faults/test_red", "faults/test_wire", "faults/test_restore", "faults/test_drain"),
    *("faults/test_members", "e2e/test_town", "e2e/test_canary", "e2e/test_dahuichang", "faults/test_stream"),
    *("faults/test_town", "faults/test_upgrade", "e2e/test_restart", "embedded/test_stack", "faults/test_postgres"),
    *("faults/test_deadlines", "faults/test_metrics", "e2e/test_bench"),
)
"""The files that take longest come first: one that is begun last keeps the other worker waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest files first, all others as they were."""
    rank = {f"tests.{name.replace('/', '.')}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.module.__name__ if isinstance(item, pytest.Function) else "", len(rank)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say first which broker the tests run on; a worker beside others does not say it again."""
    if hasattr(session.config, "workerinput"):
        return
    try:
        words = asyncio.run(choice.broker_words())
    except StackError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
    session.config.get_terminal_writer().line(f"broker: {words}")


def pytest_sessionfinish() -> None:
    """Leave nothing behind."""
    asyncio.run(choice.end())


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for servers."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "logs").mkdir()
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres(data: Path) -> AsyncIterator[Server]:
    """A PostgreSQL server."""
    async with choice.postgres(data) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The whole town as real processes, for the tests of one file: a town that nobody asks costs a third of a core."""
    stack = Stack(tmp_path_factory.mktemp("town"), servers=choice.town, child=Forked)
    await stack.up()
    yield stack
    await stack.down()
