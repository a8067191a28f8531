"""A second start goes on where the first one stopped, whether the broker kept anything or not."""

from pathlib import Path

import pytest

from ops.client import OPERATOR, Address, Client
from ops.demo.town import DISPATCHER
from ops.embedded.processes import StackError
from ops.embedded.stack import Stack
from tests.e2e.test_town import complaint, fiveplusn
from tests.support import choice
from tests.support.nursery import Forked


async def test_everything_is_there_after_a_second_start(tmp_path: Path) -> None:
    first = Stack(tmp_path, servers=choice.town, child=Forked)
    await first.up()
    with pytest.raises(StackError) as refused:
        await Stack(tmp_path, servers=choice.town, child=Forked).up()
    assert refused.value.code == "already_up"
    async with Client(Address.read(tmp_path)) as client:
        ids = [(await client.post("intake", "/complaints", DISPATCHER, complaint()))["id"] for _ in range(10)]
        await client.settled()
        before = (await client.get("dashboard", "/facts", OPERATOR))["facts"]
    await first.down()
    assert not (tmp_path / "stack.json").exists()

    second = Stack(tmp_path, servers=choice.town, child=Forked)
    await second.up()
    try:
        async with Client(Address.read(tmp_path)) as client:
            ids.append((await client.post("intake", "/complaints", DISPATCHER, complaint()))["id"])
            await client.settled()
            after = (await client.get("dashboard", "/facts", OPERATOR))["facts"]
            assert after[: len(before)] == before
            assert {fact["stream"] for fact in after if fact["kind"] == "complaint"} == set(ids)
            code, out = await fiveplusn(tmp_path, "check", "--json")
            assert code == 0, out
            code, out = await fiveplusn(tmp_path, "events", "tail", "--no-follow", "--type", "ComplaintReceived")
            assert code == 0, out
            assert {line.split()[2] for line in out.splitlines()} == {f"complaint/{id}/1" for id in ids}
    finally:
        await second.down()
