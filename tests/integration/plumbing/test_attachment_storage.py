"""Where sealed objects lie: the same promises of a folder and of a bucket on a real S3 server."""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import obstore
import pytest
import pytest_asyncio
from obstore.store import S3Store

from ops.ports import Ports
from services.intake.main import PLAN
from shared.plumbing.attachments.storage import Away, Bucket, Folder, Missing, Storage, open_storage
from tests.integration.intake.test_attaching import WHY, added, complaint
from tests.integration.intake.town import BEGIN, DISPATCHER, Town
from tests.support import media
from tests.support.running import live
from tests.support.servers import Server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a local S3 server, a process of its own; who asks is known by the environment."""
    port = Ports(tmp_path_factory.mktemp("s3") / "ports.json").take("s3")
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as known:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            known.delenv(name)
        known.setenv("AWS_ACCESS_KEY_ID", "town")
        known.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
        command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            limit = time.monotonic() + 60
            while not _answers(url):
                assert server.poll() is None and time.monotonic() < limit
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/moto-api/data.json", trust_env=False, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def bucket(s3: str, name: str) -> str:
    """The URL of a new bucket."""
    assert httpx.put(f"{s3}/{name}", trust_env=False).status_code == 200
    return f"s3://{name}/town?endpoint={s3}"


@pytest_asyncio.fixture(params=["folder", "bucket"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "folder":
        yield open_storage((tmp_path / "attachments").as_uri())
    else:
        s3 = request.getfixturevalue("s3")
        yield open_storage(bucket(s3, f"b{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:20]}"))


async def names(storage: Storage) -> list[str]:
    return sorted([name async for page in storage.found("intake") for name, _ in page])


async def test_what_was_put_is_there_until_it_is_deleted(storage: Storage) -> None:
    content = os.urandom(6_000_000)
    for name in ("intake/ab/abcd", "intake/cd/cdef", "projects/ab/abcd"):
        await storage.put(name, content)
    assert await storage.get("intake/ab/abcd") == content
    assert await names(storage) == ["intake/ab/abcd", "intake/cd/cdef"]
    written = [moment async for page in storage.found("intake") for _, moment in page]
    assert all(abs(datetime.now(UTC) - moment) < timedelta(minutes=5) for moment in written)
    await storage.delete(["intake/ab/abcd", "intake/never/was"])
    assert await names(storage) == ["intake/cd/cdef"]
    with pytest.raises(Missing):
        await storage.get("intake/ab/abcd")
    assert await storage.get("projects/ab/abcd") == content


async def test_many_who_put_the_same_at_once_do_not_disturb_each_other(storage: Storage) -> None:
    content = os.urandom(300_000)
    await asyncio.gather(*(storage.put("intake/ab/abcd", content) for _ in range(8)))
    assert await storage.get("intake/ab/abcd") == content
    assert await names(storage) == ["intake/ab/abcd"]


async def test_a_storage_that_is_away_is_a_thing_of_the_world(s3: str) -> None:
    for away in (f"s3://nobody?endpoint={s3}", "s3://b?endpoint=http://127.0.0.1:1"):
        with pytest.raises(Away):
            await open_storage(away).put("intake/ab/abcd", b"x")
    full = Folder(Path("/proc/no/room"))
    with pytest.raises(OSError, match="proc"):
        await full.put("intake/ab/abcd", b"x")


@pytest.mark.parametrize(
    "url",
    [
        "attachments",
        "file:attachments",
        "file://host/folder",
        "http://bucket",
        "s3://",
        "s3://key:secret@bucket",
        "s3://bucket?endpoint=http://a&secret=b",
        "",
    ],
)
def test_an_address_that_means_nothing_stops_the_service_at_its_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"FIVEPLUSN_ATTACHMENTS|query"):
        open_storage(url)


async def test_a_photo_of_a_complaint_lies_sealed_in_the_bucket(postgres: Server, tmp_path: Path, s3: str) -> None:
    url = bucket(s3, "town")
    async with live(Town, postgres, tmp_path, PLAN, BEGIN, attachments=url) as here:
        path = await complaint(here)
        answer = await added(here, path, media.jpeg())
        store = S3Store("town", endpoint=s3, region="us-east-1", client_options={"allow_http": True})
        (entry,) = [entry for page in obstore.list(store) for entry in page]
        sealed = bytes(obstore.get(store, entry["path"]).bytes())
        assert entry["path"].startswith("town/intake/")
        assert hashlib.sha256(sealed).hexdigest() == entry["path"].rpartition("/")[2]
        assert media.SECRET not in sealed and b"JFIF" not in sealed
        shown = await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)
        assert shown.content.startswith(b"\xff\xd8\xff")
        assert here.service.attachments is not None
        assert isinstance(here.service.attachments.storage, Bucket)
        await here.service.attachments.storage.put("intake/00/orphan", b"x")
        assert await here.service.attachments.sweep(datetime.now(UTC) + timedelta(days=2)) == 1
        assert await names(here.service.attachments.storage) == [entry["path"].removeprefix("town/")]
