"""`examples/consumer.py` does what the README says of it."""

import asyncio
import sys

from ops.client import Address, Client
from ops.demo.town import DISPATCHER
from ops.embedded.stack import ROOT, Stack
from tests.e2e.test_town import complaint


async def test_the_example_prints_every_fact_once(stack: Stack) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "examples/consumer.py"), str(stack.data), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with Client(Address.read(stack.data)) as client:
            ids = {(await client.post("intake", "/complaints", DISPATCHER, complaint()))["id"] for _ in range(10)}
        printed: list[str] = []
        async with asyncio.timeout(60):
            while len(printed) < len(ids):
                words = (await process.stdout.readline()).decode().split(" ", 3)
                if words[1] == "fiveplusn.intake.ComplaintReceived.v1":
                    printed.append(words[2].removeprefix("complaint/"))
        assert sorted(printed) == sorted(ids)
    finally:
        process.kill()
        await process.wait()
