"""公开接口: what programs of others may read and post, and what nobody ever learns there."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio

from shared.plumbing.api_keys import ApiKey, new_key, written
from tests.integration.intake.town import Town

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
V2 = "/open311/v2"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Desk:
    """A town with a client's API key."""

    def __init__(self, town: Town, file: Path) -> None:
        self.town, self.file = town, file
        self.key = self.more("app")

    def more(self, client: str, days: int = 90) -> str:
        """One more key in the file."""
        now = datetime.now(UTC)
        clear, kept = new_key(client, now, now + timedelta(days=days))
        known = json.loads(self.file.read_text()) if self.file.exists() else []
        self.file.write_text(written((*map(ApiKey.model_validate, known), kept)))
        return clear

    async def get(self, path: str) -> httpx.Response:
        return await self.town.client.get(f"{V2}/{path}")

    async def post(self, form: str = "json", headers: dict[str, str] | None = None, **fields: object) -> httpx.Response:
        content = urlencode({"api_key": self.key, **ASKED, **fields}, doseq=True)
        return await self.town.client.post(
            f"{V2}/requests.{form}", content=content, headers={"Content-Type": FORM, **(headers or {})}
        )


ASKED = {"service_code": "road-repair", "address_string": "大灰厂东路", "description": "路上有个大坑"}


@pytest_asyncio.fixture(loop_scope="session")
async def desk(here: Town, tmp_path: Path) -> AsyncIterator[Desk]:
    file = tmp_path / "api-keys.json"
    here.service.settings.api_keys_file = file
    yield Desk(here, file)


async def test_a_posted_request_can_be_read(desk: Desk) -> None:
    answer = await desk.post()
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()
    found = await desk.get(f"requests/{made['service_request_id']}.json")
    print(found.text)
    for path in ("discovery", "services", "services/street-light", "requests", "servicerequestupdates"):
        for form in ("json", "xml"):
            r = await desk.get(f"{path}.{form}")
            print(path, r.status_code, r.text[:1500])
            assert r.status_code == 200
            if form == "xml":
                ElementTree.fromstring(r.content)
