"""Photos and voice of a complaint: taken in clean, sealed, read with a reason, erased with their person."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from ops.embedded.keys import Bearer
from tests.integration.intake.town import DISPATCHER, FEEDER, OFFICER, SUPERVISOR, Town
from tests.support import media

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")
WHY = "?reason=核实情况"


async def upload(
    here: Town,
    path: str,
    content: bytes,
    who: Bearer = DISPATCHER,
    *,
    name: str = "漏水.jpg",
    type: str = "",
    key: str | None = None,
) -> httpx.Response:
    """The answer, whatever it is."""
    token = here.keys.token(who, now=datetime.now(UTC), lifetime=timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    part = (name, content, type or "application/octet-stream")
    return await here.client.post(f"{path}/attachments", files={"file": part}, headers=headers)


async def added(here: Town, path: str, content: bytes, **more: Any) -> dict[str, Any]:
    answer = await upload(here, path, content, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def objects(here: Town) -> list[Path]:
    attachments = here.service.attachments
    assert attachments is not None
    return [path for path in attachments.storage.root.rglob("*") if path.is_file()]  # type: ignore[attr-defined]


async def test_a_photo_is_kept_clean_and_sealed_and_shown_with_a_reason(here: Town) -> None:
    path = f"/complaints/{await here.received('1', 1)}"
    answer = await added(here, path, media.jpeg(), type="image/jpeg")
    assert (answer["outcome"], answer["media_type"]) == ("NEW", "image/jpeg")
    (entry,) = await here.get(f"{path}/attachments")
    assert (entry["id"], entry["uploaded_by"]) == (answer["id"], "dispatcher:")
    shown = await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["content-disposition"] == "attachment; filename*=UTF-8''%E6%BC%8F%E6%B0%B4.jpg"
    assert hashlib.sha256(shown.content).hexdigest() == entry["sha256"]
    assert Image.open(io.BytesIO(shown.content)).size == (64, 32)
    (kept,) = objects(here)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == kept.name
    for text in (media.SECRET, b"\xff\xd8\xff", "漏水".encode()):
        assert text not in kept.read_bytes()
    assert media.SECRET not in shown.content
