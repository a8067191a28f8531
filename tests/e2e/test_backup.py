"""A town under load is backed up; what comes back is whole, forked nowhere, and goes on."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ops.backup.folder import MANIFEST, MASTER_KEY, read_manifest
from ops.client import OPERATOR, Address, Client
from ops.demo.town import DISPATCHER, officer
from ops.embedded.keys import Bearer, Keys
from ops.embedded.stack import Stack
from tests.e2e.test_town import complaint, fiveplusn
from tests.support import media
from tests.support.nursery import Forked
from tests.support.pair import until

UNIT = "town-planning-office"


@asynccontextmanager
async def town_on(data: Path) -> AsyncIterator[Client]:
    """The whole stack on this folder."""
    stack = Stack(data, child=Forked)
    await stack.up()
    try:
        async with Client(Address.read(data)) as client:
            yield client
    finally:
        await stack.down()


async def lead(client: Client) -> str:
    """One demand, registered, dispatched and accepted; every answer was 2xx."""
    demand = complaint(received_at=datetime.now(UTC).isoformat())
    id: str = (await client.post("intake", "/complaints", DISPATCHER, demand))["id"]
    body = {"lead": UNIT, "urgency": "ROUTINE", "community": "dahuichang", "category": "STREET_LIGHT"}
    await client.post("intake", f"/complaints/{id}/dispatch", DISPATCHER, body)
    await client.post("intake", f"/complaints/{id}/accept", officer(UNIT), {"unit": UNIT})
    return id


@asynccontextmanager
async def loaded(client: Client) -> AsyncIterator[list[str]]:
    """Demands come in all the time; a refused request fails the test. Their ids, as they were acknowledged."""
    acknowledged: list[str] = []
    over = asyncio.Event()

    async def load() -> None:
        while not over.is_set():
            acknowledged.append(await lead(client))

    loading = [asyncio.create_task(load()) for _ in range(4)]
    try:
        yield acknowledged
    finally:
        over.set()
        await asyncio.gather(*loading)


async def at_intake(client: Client, method: str, path: str, **more: Any) -> httpx.Response:
    """A request with a file, or for one; it must succeed."""
    token = Keys(client.address.data).token(Bearer("dispatcher"), now=datetime.now(UTC), lifetime=timedelta(hours=1))
    async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
        url, headers = client.address.services["intake"] + path, {"Authorization": f"Bearer {token}"}
        return (await http.request(method, url, headers=headers, **more)).raise_for_status()


async def counted(client: Client) -> dict[str, int]:
    return {name: sum(seen["said"].values()) for name, seen in (await client.flow()).items()}


async def database(client: Client, service: str, query: str, *arguments: object) -> Any:
    con = await asyncpg.connect(client.address.databases[service])
    try:
        return await con.fetchval(query, *arguments)
    finally:
        await con.close()


async def more(acknowledged: list[str], count: int) -> None:
    """Wait until so many more were acknowledged."""
    wanted = len(acknowledged) + count

    async def there() -> bool:
        return len(acknowledged) >= wanted

    await until(there, f"{count} more demands")


@pytest.mark.timeout(900)
async def test_a_town_under_load_comes_back_as_it_was_at_the_cut(tmp_path: Path) -> None:
    old, new, first, second = (tmp_path / name for name in ("old", "new", "first", "second"))
    async with town_on(old) as client:
        async with loaded(client) as acknowledged:
            await more(acknowledged, 20)
            before = list(acknowledged)
            photos = f"/complaints/{before[0]}/attachments"
            photo = (await at_intake(client, "POST", photos, files={"file": ("a.jpg", media.jpeg())})).json()["id"]
            code, out = await fiveplusn(old, "backup", str(first), "--json")
            assert code == 0, out
            await more(acknowledged, 20)
        await client.settled(120)
    assert not (first / MASTER_KEY).exists()
    manifest = read_manifest(first)
    assert len(before) * 3 <= manifest.services["intake"].facts < len(acknowledged) * 3

    code, out = await fiveplusn(new, "restore", str(first))
    assert (code, "no_key" in out) == (1, True), out
    code, out = await fiveplusn(new, "restore", str(first), "--master-key", str(old / "keys" / "master.key"))
    assert code == 0, out
    assert "没有分叉" in out
    code, out = await fiveplusn(new, "restore", str(first), "--master-key", str(old / "keys" / "master.key"))
    assert (code, "not_empty" in out) == (1, True), out
    await what_became_of_a_photo_is_seen(first, old, tmp_path / "torn")
    shutil.rmtree(old)

    async with town_on(new) as client:
        await client.settled(120)
        assert await counted(client) == {name: state.facts for name, state in manifest.services.items()}
        facts = await database(client, "dashboard", "select count(*) from facts")
        assert facts == manifest.facts
        kept = await database(client, "intake", "select count(*) from complaints where id = any($1::uuid[])", before)
        assert kept == len(before)
        (entry,) = (await at_intake(client, "GET", photos)).json()
        shown = (await at_intake(client, "GET", f"{photos}/{photo}?reason=核实情况")).content
        assert hashlib.sha256(shown).hexdigest() == entry["sha256"]
        async with loaded(client) as later:
            await more(later, 5)
        await client.settled(120)
        code, out = await fiveplusn(new, "check", "--json")
        assert code == 0, out
        await what_is_forked_is_seen(client, new)
        code, out = await fiveplusn(new, "backup", str(second), "--with-keys", "--drill", "--json")
        assert code == 0, out
        lines = json.loads(out)["drill"]["lines"]
        assert all(line["ok"] for line in lines)
        assert {"保险库", "互相一致", "流转", "intake 完整性", "intake 事实", "附件"} <= {
            line["what"] for line in lines
        }
    assert (second / MASTER_KEY).stat().st_mode & 0o777 == 0o600
    code, out = await fiveplusn(
        tmp_path / "other", "restore", str(first), "--drill", "--master-key", str(wrong_key(tmp_path))
    )
    assert (code, "wrong_key" in out) == (1, True), out


async def what_became_of_a_photo_is_seen(backup: Path, data: Path, torn: Path) -> None:
    """A damaged object is refused before anything is restored; one that is not in the backup is counted."""
    shutil.copytree(backup, torn)
    (kept,) = [path for path in (torn / "attachments").rglob("*") if path.is_file()]
    whole, key = kept.read_bytes(), str(data / "keys" / "master.key")
    kept.write_bytes(whole[:-1])
    code, out = await fiveplusn(torn.parent / "no", "restore", str(torn), "--master-key", key)
    assert (code, "damaged" in out) == (1, True), out
    kept.unlink()
    manifest = read_manifest(backup)
    name = kept.relative_to(torn).as_posix()
    files = {file: known for file, known in manifest.files.items() if file != name}
    (torn / MANIFEST).write_text(manifest.model_copy(update={"files": files}).model_dump_json())
    code, out = await fiveplusn(torn.parent / "poor", "restore", str(torn), "--master-key", key)
    assert (code, "缺 1 件" in out) == (0, True), out


async def what_is_forked_is_seen(client: Client, data: Path) -> None:
    """A fact that the dashboard has otherwise than its producer said it, and a database of another moment."""

    async def check() -> tuple[int, str]:
        code, out = await fiveplusn(data, "forks", "--json")
        found = json.loads(out)
        return code, f"{found['forked']} {found['forks']}"

    assert await check() == (0, "0 []")
    changed = (
        "update facts set data = (replace(data::text, $1, $2))::json where number = (select min(number) from facts "
    )
    await database(client, "dashboard", changed + "where kind = 'complaint')", "dahuichang", "village-01")
    code, words = await check()
    assert (code, words[0]) == (1, "1")
    assert "dashboard 保存的 complaint/" in words
    await database(client, "dashboard", changed + "where kind = 'complaint')", "village-01", "dahuichang")
    assert await check() == (0, "0 []")

    ahead = "update inbox set version = version + $1 where stream = (select stream from inbox order by stream limit 1)"
    await database(client, "projects", ahead, 2)
    code, words = await check()
    assert (code, words[0]) == (1, "1")
    assert "projects 已听到 intake 的 complaint/" in words
    await database(client, "projects", ahead, -2)
    assert (await client.get("projects", "/health/ready", OPERATOR))["database"]


def wrong_key(folder: Path) -> Path:
    """32 other bytes."""
    key = folder / "wrong.key"
    key.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    return key
