"""Photos and voice of a complaint: taken in clean, sealed, read with a reason, erased with their person."""

import asyncio
import contextlib
import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from ops.embedded.keys import Bearer
from shared.plumbing.attachments import keeping
from shared.plumbing.attachments import upload as uploading
from shared.plumbing.attachments.keeping import Attachments
from tests.integration.intake.test_people import ended, erased
from tests.integration.intake.town import DAY, DISPATCHER, FEEDER, OFFICER, SUPERVISOR, Town
from tests.support import media
from tests.support.running import OPERATOR

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


def attachments(here: Town) -> Attachments:
    assert here.service.attachments is not None
    return here.service.attachments


def objects(here: Town) -> list[Path]:
    return [path for path in attachments(here).storage.root.rglob("*") if path.is_file()]  # type: ignore[attr-defined]


async def code(here: Town, path: str, content: bytes, **more: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    answer = await upload(here, path, content, **more)
    return answer.status_code, answer.json()["code"]


async def complaint(here: Town, number: str = "1", person: int = 1, **more: object) -> str:
    """The path of a new complaint."""
    return f"/complaints/{await here.received(number, person, **more)}"


async def rows(here: Town) -> int:
    found: int = await here.service.pool.fetchval("select count(*) from attachments")
    return found


async def audit(here: Town) -> list[tuple[str, str]]:
    return [tuple(row) for row in await here.service.pool.fetch("select action, reason from audit order by position")]


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


async def test_a_voice_is_kept_and_is_nobodys_business_but_the_handlers(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}"
    village, others = Bearer("secretary", ("dahuichang",)), Bearer("officer", department="town-enforcement")
    answer = await added(here, path, media.voice("mp3", "libmp3lame"), who=FEEDER, name="a.wav", type="audio/mp3")
    one = f"{path}/attachments/{answer['id']}"
    assert (await here.call("GET", f"{one}{WHY}", OFFICER)).status_code == 404
    await here.handled(id)
    assert (await here.call("GET", f"{one}{WHY}", OFFICER)).headers["content-type"] == "audio/mpeg"
    assert (await here.call("GET", f"{one}{WHY}", village)).status_code == 404
    assert (await here.call("GET", f"{one}{WHY}", others)).status_code == 404
    assert (await here.call("GET", f"{path}/attachments", others)).status_code == 404
    assert (await here.call("GET", f"{one}{WHY}", FEEDER)).status_code == 403
    assert (await here.call("GET", one, DISPATCHER)).status_code in (400, 422)
    assert (await code(here, path, media.png(), who=others))[0] == 404
    await added(here, path, media.png(), who=village)
    assert await audit(here) == [
        ("attachment.add", "audio/mpeg"),
        ("vault.attachment", "核实情况"),
        ("attachment.add", "image/png"),
    ]


async def test_an_attachment_of_another_complaint_is_not_found(here: Town) -> None:
    first, second = await complaint(here), await complaint(here, "2", 2)
    answer = await added(here, first, media.png())
    assert (await here.call("GET", f"{second}/attachments/{answer['id']}{WHY}", DISPATCHER)).status_code == 404
    assert (await code(here, f"/complaints/{UUID(int=1)}", media.png()))[0] == 404


async def test_the_same_file_again_is_known_and_kept_once(here: Town) -> None:
    path, other = await complaint(here), await complaint(here, "2", 2)
    photo = media.jpeg()
    first = await added(here, path, photo)
    again = await added(here, path, photo, name="另一个名字.jpg")
    assert (again["outcome"], again["id"]) == ("KNOWN", first["id"])
    assert (await added(here, other, photo))["outcome"] == "NEW"
    assert await rows(here) == len(objects(here)) == 2


async def test_the_same_file_at_the_same_moment_is_kept_once(here: Town) -> None:
    path, photo = await complaint(here), media.png()
    answers = await asyncio.gather(*(added(here, path, photo) for _ in range(4)))
    assert sorted(answer["outcome"] for answer in answers) == ["KNOWN", "KNOWN", "KNOWN", "NEW"]
    assert len({answer["id"] for answer in answers}) == await rows(here) == 1


async def test_an_idempotency_key_holds_for_the_file_whatever_the_boundary(here: Town) -> None:
    path = await complaint(here)
    first = await added(here, path, media.png(), key="k")
    assert await added(here, path, media.png(), key="k") == first
    assert await code(here, path, media.jpeg(), key="k") == (422, "key_reused")
    assert await rows(here) == 1


async def test_a_complaint_has_so_many_attachments_and_withdrawn_ones_do_not_count(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await complaint(here)
    few = here.service.today.attachments.model_copy(update={"files": 2})
    monkeypatch.setitem(here.service.today.__dict__, "attachments", few)
    answers = [await added(here, path, content) for content in (media.png(), media.jpeg())]
    assert await code(here, path, media.webp()) == (409, "too_many_attachments")
    one = f"{path}/attachments/{answers[0]['id']}"
    await here.post(f"{one}/withdraw", reason="传错了工单")
    assert await here.refused(f"{one}/withdraw", reason="传错了工单") == ["already_withdrawn"]
    await added(here, path, media.webp())
    assert ("attachment.withdraw", "传错了工单") in await audit(here)
    assert [entry["withdrawn_at"] is not None for entry in await here.get(f"{path}/attachments")].count(True) == 1
    assert (await here.call("GET", f"{one}{WHY}", SUPERVISOR)).status_code == 200
    await here.handled(UUID(path.rpartition("/")[2]))
    assert (await here.call("GET", f"{one}{WHY}", OFFICER)).status_code == 404


async def test_files_that_come_at_once_do_not_pass_the_limit_together(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await complaint(here)
    few = here.service.today.attachments.model_copy(update={"files": 1})
    monkeypatch.setitem(here.service.today.__dict__, "attachments", few)
    answers = await asyncio.gather(*(upload(here, path, content) for content in (media.png(), media.jpeg())))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await rows(here) == 1


@pytest.mark.parametrize(
    ("content", "type", "expected"),
    [
        (b"", "", (422, "empty_file")),
        (media.EICAR, "image/jpeg", (415, "unknown_type")),
        (media.SVG, "image/svg+xml", (415, "unknown_type")),
        (media.png(), "image/jpeg", (415, "type_mismatch")),
        (media.jpeg() + media.ZIP, "image/jpeg", (422, "polyglot")),
        (media.jpeg()[:400], "image/jpeg", (422, "broken_file")),
        (media.png_bomb(50_000, 50_000), "image/png", (422, "too_many_pixels")),
        (media.film(), "video/mp4", (415, "video")),
    ],
)
async def test_a_file_that_we_do_not_take_leaves_nothing(
    here: Town, content: bytes, type: str, expected: tuple[int, str]
) -> None:
    path = await complaint(here)
    assert await code(here, path, content, type=type) == expected
    assert await rows(here) == 0 and objects(here) == [] and await audit(here) == []


async def test_a_file_is_called_what_it_is_whatever_its_name_says(here: Town) -> None:
    path = await complaint(here)
    answer = await added(here, path, media.jpeg(), name="C:\\照片\\门口.png")
    shown = await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)
    assert shown.headers["content-disposition"].endswith("''%E9%97%A8%E5%8F%A3.jpg")
    assert shown.headers["x-content-type-options"] == "nosniff"
    for name in ("a\u202egpj.exe", "a\x07.png", "长" * 201):
        answer = await send(here, path, part(media.png(), named=name) + b"--b--\r\n")
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_file_name")


async def send(
    here: Town, path: str, body: Any, content_type: str = "multipart/form-data; boundary=b"
) -> httpx.Response:
    """A body as we write it."""
    token = here.keys.token(DISPATCHER, now=datetime.now(UTC), lifetime=timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
    return await here.client.post(f"{path}/attachments", content=body, headers=headers)


def part(content: bytes, field: str = "file", named: str = "a.png") -> bytes:
    heading = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{named}"\r\n\r\n'
    return heading.encode() + content + b"\r\n"


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"{}", "application/json", (415, "not_multipart")),
        (b"x", "multipart/form-data", (415, "not_multipart")),
        (media.png(), "image/png", (415, "not_multipart")),
        (part(b"x", "photo") + b"--b--\r\n", "multipart/form-data; boundary=b", (422, "no_file")),
        (part(b"x") + part(b"y") + b"--b--\r\n", "multipart/form-data; boundary=b", (422, "one_file")),
        (part(b"x"), "multipart/form-data; boundary=b", (400, "bad_multipart")),
        (b"no multipart at all", "multipart/form-data; boundary=b", (400, "bad_multipart")),
        (b"", "multipart/form-data; boundary=b", (400, "bad_multipart")),
    ],
)
async def test_a_body_that_is_not_one_file_is_refused(
    here: Town, body: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    answer = await send(here, await complaint(here), body, content_type)
    assert (answer.status_code, answer.json()["code"]) == expected


async def test_a_file_is_counted_while_it_streams(here: Town) -> None:
    path, most, sent = await complaint(here), here.service.today.attachments.size, 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield part(b"")[:-2]
        while sent < 10 * most:
            sent += 1_000_000
            yield bytes(1_000_000)

    answer = await send(here, path, endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    answer = await send(here, path, bytes(most + 100_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "PIECE_S", 0.2)
    started: list[bool] = []

    async def stalled() -> AsyncIterator[bytes]:
        yield part(b"")[:-2]
        started.append(True)
        await asyncio.Event().wait()

    answer = await send(here, await complaint(here), stalled())
    assert started and (answer.status_code, answer.json()["code"]) == (408, "too_slow")


async def test_more_files_at_once_than_there_is_room_for_come_again(here: Town) -> None:
    path, kept = await complaint(here), attachments(here)
    async with contextlib.AsyncExitStack() as full:
        for _ in range(keeping.AT_ONCE):
            await full.enter_async_context(kept.room())
        answer = await upload(here, path, media.png())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    await added(here, path, media.png())


async def test_a_crash_between_object_and_row_leaves_an_orphan_that_is_swept_after_a_day(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now = await complaint(here), datetime.now(UTC)
    kept = await added(here, path, media.png())
    (living,) = objects(here)
    with monkeypatch.context() as broken:
        broken.setattr(keeping, "_INSERT", "select missing, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11")
        assert (await upload(here, path, media.jpeg())).status_code == 503
    assert await rows(here) == 1 and len(objects(here)) == 2
    half = living.with_name(f".{living.name}.part")
    half.write_bytes(b"half")
    assert await attachments(here).sweep(now + timedelta(hours=23)) == 0
    assert await attachments(here).sweep(now + DAY + timedelta(hours=1)) == 2
    assert objects(here) == [living]
    assert (await here.call("GET", f"{path}/attachments/{kept['id']}{WHY}", DISPATCHER)).status_code == 200


async def test_a_database_without_any_attachment_sweeps_nothing(here: Town) -> None:
    """A service that was given the wrong database must not empty the storage of the right one."""
    await added(here, await complaint(here), media.png())
    await here.service.pool.execute("delete from attachments")
    assert await attachments(here).sweep(datetime.now(UTC) + 2 * DAY) == 0
    assert len(objects(here)) == 1


async def test_after_erasing_a_person_nothing_of_their_attachments_can_be_read(here: Town) -> None:
    id = await here.received("1", 1)
    path = f"/complaints/{id}"
    answer = await added(here, path, media.jpeg())
    stays = await added(here, await complaint(here, "2", 2), media.png())
    (sealed,) = [file for file in objects(here) if file.name != await address(here, stays["id"])]
    async with here.service.pool.acquire() as con, con.transaction():
        await con.execute(
            "delete from vault_keys where subject = (select subject from vault where owner = $1 limit 1)", id
        )
        addresses = await keeping.forget(con, "complaint", [id])
    assert addresses == [sealed.name]
    assert (await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)).status_code == 410
    await attachments(here).drop(addresses)
    await attachments(here).drop(addresses)
    assert [file.name for file in objects(here)] == [await address(here, stays["id"])]
    (entry,) = await here.get(f"{path}/attachments")
    assert entry["sha256"] is None and entry["erased_at"] is not None
    assert await code(here, path, media.webp()) == (410, "erased")
    assert len(objects(here)) == 1


async def test_an_erased_persons_objects_are_gone_when_the_door_answers(here: Town) -> None:
    id = await ended(here, "1", 1)
    await added(here, f"/complaints/{id}", media.jpeg())
    await erased(here)
    assert objects(here) == []
    (entry,) = await here.get(f"/complaints/{id}/attachments")
    assert entry["sha256"] is None and entry["erased_at"] is not None


async def test_what_the_eraser_did_not_live_to_drop_is_swept(here: Town) -> None:
    id = await here.received("1", 1)
    await added(here, f"/complaints/{id}", media.jpeg())
    await keeping.forget(here.service.pool, "complaint", [id])  # type: ignore[arg-type]
    assert await attachments(here).sweep(datetime.now(UTC) + 2 * DAY) == 1
    assert objects(here) == []


async def test_a_person_erased_while_their_photo_comes_in_gets_no_row(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await complaint(here)
    put = attachments(here).storage.put

    async def erased_meanwhile(name: str, content: bytes) -> None:
        await put(name, content)
        await here.service.pool.execute("delete from vault_keys")

    monkeypatch.setattr(attachments(here).storage, "put", erased_meanwhile)
    assert await code(here, path, media.png()) == (410, "erased")
    assert await rows(here) == 0


async def test_an_object_that_is_lost_or_damaged_is_never_shown(here: Town) -> None:
    path = await complaint(here)
    answer = await added(here, path, media.png())
    (kept,) = objects(here)
    whole = kept.read_bytes()
    for damage in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        kept.write_bytes(damage)
        assert (await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)).status_code == 503
    kept.unlink()
    assert (await here.call("GET", f"{path}/attachments/{answer['id']}{WHY}", DISPATCHER)).status_code == 503


async def test_neither_names_nor_content_stand_in_any_table(here: Town) -> None:
    path = await complaint(here)
    await added(here, path, media.jpeg(), name="张三家漏水.jpg")
    tables = await here.service.pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
    )
    for table in tables:
        text = await here.service.pool.fetchval(f"select string_agg(t::text, ' ') from {table['table_name']} t") or ""
        for personal in ("张三家", json.dumps("张三家")[1:-1], "张三家".encode().hex(), b"JFIF".hex()):
            assert personal not in text, table["table_name"]
    original = await here.get(f"{path}/original{WHY}")
    assert original["order"]["number"] == "1"


async def test_count_and_bytes_are_measured_and_no_more(here: Town) -> None:
    path = await complaint(here)
    answer = await added(here, path, media.png())
    text = (await here.call("GET", "/metrics", OPERATOR)).text
    assert 'fiveplusn_attachments_added_total{media_type="image/png"} 1.0' in text
    assert f'fiveplusn_attachments_added_bytes_total{{media_type="image/png"}} {float(answer["size"])}' in text
    assert answer["id"] not in text


async def test_without_a_storage_the_doors_say_so(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here.service, "attachments", None)
    assert await code(here, await complaint(here), media.png()) == (501, "no_attachments")


async def address(here: Town, id: str) -> str:
    found: str = await here.service.pool.fetchval("select address from attachments where id = $1", UUID(id))
    return found


async def test_the_history_tells_who_brought_what_and_when_and_never_what_it_was_called(here: Town) -> None:
    path = await complaint(here)
    photo = await added(here, path, media.jpeg(), name="张三家漏水.jpg")
    voice = await added(here, path, media.voice("mp3", "libmp3lame"), who=FEEDER, name="张三.mp3")
    await here.post(f"{path}/attachments/{photo['id']}/withdraw", reason="传错了")
    auditor, operator = Bearer("auditor"), OPERATOR
    found = await here.get(f"{path}/history", auditor)
    shown = {one["words"]: one for one in found["attachments"]}
    assert (shown["照片"]["media_type"], shown["照片"]["size"]) == ("image/jpeg", photo["size"])
    assert (shown["录音"]["attachment"], shown["录音"]["withdrawn_at"]) == (voice["id"], None)
    assert shown["照片"]["withdrawn_at"] is not None
    assert shown["照片"]["who"] == {"role": "dispatcher", "words": "派单员", "unit": None, "subject": "dispatcher"}
    assert "张三" not in json.dumps(found, ensure_ascii=False)
    assert all("subject" not in one["who"] for one in (await here.get(f"{path}/history"))["attachments"])
    assert "attachments" not in await here.get(f"{path}/history", operator)
    await here.service.pool.execute("update attachments set erased_at = now()")
    again = (await here.get(f"{path}/history"))["attachments"]
    assert all(one["erased_at"] for one in again)
