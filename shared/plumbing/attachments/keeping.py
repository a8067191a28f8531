"""Attachments of a service: taken in, listed, read with a reason, withdrawn, forgotten; and what nobody knows swept away.

The order that loses nothing: the sealed object first, then its row. A crash in between leaves an object that no row
names: sealed, never shown, and gone after a day.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.plumbing.attachments.content import ENDINGS, declared
from shared.plumbing.attachments.storage import Away, Missing, Storage
from shared.plumbing.attachments.upload import Upload
from shared.plumbing.audit import audited
from shared.plumbing.caller import NotFound
from shared.plumbing.change import Ask, Base, together
from shared.plumbing.confined import Crashed, Limits, Refused, TooHeavy, confined
from shared.plumbing.database import Conflict, Connection, Pool
from shared.plumbing.errors import BadBody
from shared.plumbing.store import Kind
from shared.plumbing.vault import Erased, Sealer, Vault
from shared.plumbing.work import Held, Work, not_found
from shared.rules.attachment import AttachmentTerms
from shared.rules.broken import Reason, refuse

log = logging.getLogger(__name__)

AT_ONCE = 8
"""So many files may come in at once; whoever comes then is told to come again."""
SWEEP_EVERY_S = 6 * 3600.0
ORPHAN_AFTER = timedelta(days=1)
_LIMITS = Limits(seconds=30)
NAME = "attachment"
"""The vault's field for the name that the sender gave a file: `attachment/` and its id."""

_REFUSALS = {
    "unknown_type": (
        415,
        "不支持的文件类型：请上传照片（JPEG、PNG、WebP、HEIC）或录音（MP3、M4A、AAC、AMR、WAV、OGG）",
    ),
    "video": (415, "暂不接收视频，请上传照片或录音"),
    "animated": (422, "不接收动图"),
    "polyglot": (422, "文件中夹带了其他内容，请上传原始照片或录音"),
    "too_many_pixels": (422, "图片尺寸过大"),
    "broken_file": (422, "文件已损坏，无法打开"),
    "too_heavy": (422, "文件过于复杂，无法处理"),
}

_SHOWN = """
select id, media_type, size, sha256, uploaded_at, substring(uploaded_by from '^[^:]*:[^:]*') as uploaded_by,
    withdrawn_at, erased_at
from attachments where kind = $1 and owner = $2 order by uploaded_at, id
"""
_ONE = "select * from attachments where kind = $1 and owner = $2 and id = $3"
_SAME = "select id, media_type, size from attachments where owner = $1 and came = $2 and withdrawn_at is null"
_COUNT = "select count(*) from attachments where owner = $1 and withdrawn_at is null"
_INSERT = """
insert into attachments (id, kind, owner, subject, address, media_type, size, sha256, came, uploaded_at, uploaded_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_FORGET = """
update attachments set erased_at = coalesce(erased_at, town_now()), sha256 = null, came = null
where kind = $1 and owner = any($2::uuid[]) returning address
"""
_CHECKSUMS = """
select sha256 from attachments where kind = $1 and owner = $2 and withdrawn_at is null and erased_at is null
"""
_LIVING = "select address from attachments where address = any($1::text[]) and erased_at is null"


async def forget(con: Connection, kind: str, owners: Sequence[UUID]) -> list[str]:
    """Within the transaction that destroys a person's key: what is left to `drop` when it is committed.

    That there was an attachment stays known; its checksums do not. Should `drop` never come, the sweep does it.
    """
    return [row["address"] for row in await con.fetch(_FORGET, kind, owners)]


async def checksums(pool: Pool, kind: Kind[Any], owner: UUID) -> frozenset[str]:
    """校验值 of the attachments that a matter has."""
    return frozenset(row["sha256"] for row in await pool.fetch(_CHECKSUMS, kind.name, owner))


class Busy(OSError):
    """More files come in at once than we have room for."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A clean copy, sealed, and its object's address; `key`: what it was sealed with."""

    id: UUID
    media_type: str
    size: int
    sha256: str
    address: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """An attachment in clear, for whoever may see it."""

    content: bytes
    media_type: str
    name: str


class Attachments:
    """One service's attachments. `lookup`: the key of hashes that nobody else shall be able to compute."""

    def __init__(self, service: str, base: Base, vault: Vault, lookup: bytes, storage: Storage) -> None:
        self._service, self._base, self._vault, self._lookup = service, base, vault, lookup
        self.storage = storage
        self._room = asyncio.Semaphore(AT_ONCE)
        self._decoding = asyncio.Semaphore(1)
        self.added: dict[str, int] = dict.fromkeys(ENDINGS, 0)
        self.bytes: dict[str, int] = dict.fromkeys(ENDINGS, 0)
        self.swept = 0

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Room in memory for one file on its way in; raises `Busy`."""
        if self._room.locked():
            raise Busy
        async with self._room:
            yield

    # -- in

    async def add(
        self, ask: Ask, kind: Kind[Any], owner: UUID, person: UUID | None, upload: Upload, terms: AttachmentTerms
    ) -> dict[str, Any]:
        """Attach a file to `owner`, sealed with the key of `person` (None: of the matter itself).

        `outcome`: NEW, or KNOWN when the matter has the same file already, whose id is answered. Raises `BadBody` for a
        file we do not take, `RuleBroken`, `Erased`, and what `together` raises.
        """
        subject = person or owner
        came = hmac.digest(self._lookup, owner.bytes + upload.content, "sha256")
        pool = self._base.pool
        copy: Copy | None = None
        if await pool.fetchrow(_SAME, owner, came) is None:
            _must_fit(await pool.fetchval(_COUNT, owner), terms)
            key = await self._key(pool, person, owner)
            copy = await self._store(owner, key, *await self._clean(upload, terms))
        known: asyncpg.Record | None = None
        count = 0

        async def prepare(con: Connection, _: Work) -> None:
            nonlocal known, count
            if copy and (await self._vault.unlock(con, [subject])).get(subject) != copy.key:
                raise Erased(str(owner))
            known = await con.fetchrow(_SAME, owner, came)
            count = await con.fetchval(_COUNT, owner)

        def decide(work: Work, held: Held[Any]) -> dict[str, Any]:
            not_found(held)
            if known is not None:
                return _answer(known["id"], known["media_type"], known["size"], "KNOWN")
            if copy is None:
                raise Conflict(held.ref)  # withdrawn just now
            _must_fit(count, terms)
            row = copy.id, kind.name, owner, subject, copy.address, copy.media_type, copy.size, copy.sha256, came

            async def write(con: Connection) -> None:
                await con.execute(_INSERT, *row, work.now, work.actor)
                await audited(con, work.actor, "attachment.add", _ref(held.ref, copy.id), copy.media_type)

            work.besides.append(write)
            if upload.name:
                name = json.dumps(upload.name, ensure_ascii=False)
                self._vault.keep(work, {subject: copy.key}, owner, subject, {f"{NAME}/{copy.id}": name})
            return _answer(copy.id, copy.media_type, copy.size, "NEW")

        answer = await together(self._base, [(kind, owner)], ask, decide, prepare)
        if copy and answer["id"] == str(copy.id):
            self.added[copy.media_type] += 1
            self.bytes[copy.media_type] += copy.size
        return answer

    async def _key(self, pool: Pool, person: UUID | None, owner: UUID) -> bytes:
        if person is None:
            return await self._vault.own_key(pool, owner)
        key = (await self._vault.unlock(pool, [person])).get(person)
        if key is None:
            raise Erased(str(owner))
        return key

    async def _clean(self, upload: Upload, terms: AttachmentTerms) -> tuple[str, bytes]:
        """Its type by its content, and the clean copy."""
        try:
            async with self._decoding:
                made = await confined(
                    "shared.plumbing.attachments.content:clean", upload.content, str(terms.pixels), limits=_LIMITS
                )
        except Refused as refused:
            raise _refusal(refused.code) from None
        except TooHeavy:
            raise _refusal("too_heavy") from None
        except Crashed as error:
            log.warning("decoder_crashed", extra={"code": str(error)})
            raise _refusal("broken_file") from None
        came_as, media_type, content = made.split(b"\n", 2)
        named = declared(upload.declared)
        if named is not None and named != came_as.decode():
            raise BadBody("type_mismatch", "文件内容与所声明的类型不符", 415, "/file")
        return media_type.decode(), content

    async def _store(self, owner: UUID, key: bytes, media_type: str, content: bytes) -> Copy:
        id = uuid4()
        sealed = await asyncio.to_thread(Sealer(key).seal, content, _bound(owner, id))
        address = hashlib.sha256(sealed).hexdigest()
        await self.storage.put(self._object(address), sealed)
        return Copy(id, media_type, len(content), hashlib.sha256(content).hexdigest(), address, key)

    # -- out

    async def of(self, kind: Kind[Any], owner: UUID) -> list[dict[str, Any]]:
        """附件清单, oldest first. By whom: role and unit; the person stays in the audit."""
        return [dict(row) for row in await self._base.pool.fetch(_SHOWN, kind.name, owner)]

    async def read(self, ask: Ask, kind: Kind[Any], owner: UUID, id: UUID, reason: str, withdrawn: bool) -> Shown:
        """One attachment in clear; who looked, and why, is kept first. `withdrawn`: whether that one may be seen, too.

        Raises `NotFound`, `Erased`, and `Away` when the object cannot be had or is not what was kept.
        """
        async with self._base.pool.acquire() as con, con.transaction():
            row = await con.fetchrow(_ONE, kind.name, owner, id)
            if row is None or (row["withdrawn_at"] and not withdrawn):
                raise NotFound(str(id))
            key = (await self._vault.unlock(con, [row["subject"]])).get(row["subject"])
            if row["erased_at"] or key is None:
                raise Erased(str(id))
            await audited(con, ask.caller, "vault.attachment", _ref(f"{kind.name}/{owner}", id), reason)
            entry = owner, f"{NAME}/{id}"
            name = (await self._vault.read_entries(con, [entry])).get(entry)
        try:
            sealed = await self.storage.get(self._object(row["address"]))
        except Missing:
            log.error("attachment_lost", extra={"attachment": str(id)})
            raise Away("missing") from None
        if hashlib.sha256(sealed).hexdigest() != row["address"]:
            log.error("attachment_damaged", extra={"attachment": str(id)})
            raise Away("damaged")
        content = await asyncio.to_thread(Sealer(key).open, sealed, _bound(owner, id))
        return Shown(content, row["media_type"], _file_name(json.loads(name) if name else None, id, row["media_type"]))

    async def withdraw(self, ask: Ask, kind: Kind[Any], owner: UUID, id: UUID, reason: str) -> dict[str, Any]:
        """撤回: it is kept, but shown to the town alone. Raises `NotFound`, `RuleBroken`."""
        row: asyncpg.Record | None = None

        async def prepare(con: Connection, _: Work) -> None:
            nonlocal row
            row = await con.fetchrow(f"{_ONE} for update", kind.name, owner, id)

        def decide(work: Work, held: Held[Any]) -> dict[str, Any]:
            not_found(held)
            if row is None:
                raise NotFound(str(id))
            refuse(row["withdrawn_at"] and Reason("already_withdrawn", "该附件已撤回"))

            async def write(con: Connection) -> None:
                await con.execute("update attachments set withdrawn_at = $2 where id = $1", id, work.now)
                await audited(con, work.actor, "attachment.withdraw", _ref(held.ref, id), reason)

            work.besides.append(write)
            return {"id": str(id), "withdrawn": True}

        return await together(self._base, [(kind, owner)], ask, decide, prepare)

    # -- away

    async def drop(self, addresses: Sequence[str]) -> None:
        """Delete the objects that `forget` has named; what the storage does not do now, the sweep does later."""
        try:
            await self.storage.delete([self._object(address) for address in addresses])
        except OSError as error:
            log.warning("drop_failed", extra={"error": type(error).__name__})

    async def keep_tidy(self) -> None:
        """Sweep a few times a day, for ever."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S * random.uniform(0.5, 1.0))
            try:
                await self.sweep(datetime.now(UTC))
            except Exception as error:
                log.warning("sweep_failed", extra={"error": type(error).__name__})

    async def sweep(self, now: datetime) -> int:
        """Delete the objects, older than a day by the storage's clock, that no living row names; how many.

        A database without any row is more likely the wrong one than the truth: then nothing is deleted.
        """
        if not await self._base.pool.fetchval("select exists (select from attachments)"):
            return 0
        swept = 0
        async for page in self.storage.found(self._service):
            old = {name: name.rpartition("/")[2] for name, written in page if written < now - ORPHAN_AFTER}
            rows = await self._base.pool.fetch(_LIVING, list(old.values())) if old else []
            living = {row["address"] for row in rows}
            orphans = [name for name, address in old.items() if address not in living]
            await self.storage.delete(orphans)
            swept += len(orphans)
        if swept:
            self.swept += swept
            log.info("swept", extra={"objects": swept})
        return swept

    def _object(self, address: str) -> str:
        return f"{self._service}/{address[:2]}/{address}"


def _must_fit(count: int, terms: AttachmentTerms) -> None:
    refuse(count >= terms.files and Reason("too_many_attachments", f"附件最多 {terms.files} 个", "/file"))


def _refusal(code: str) -> BadBody:
    status, words = _REFUSALS[code]
    return BadBody(code, words, status, "/file")


def _answer(id: UUID, media_type: str, size: int, outcome: str) -> dict[str, Any]:
    return {"id": str(id), "outcome": outcome, "media_type": media_type, "size": size}


def _bound(owner: UUID, id: UUID) -> str:
    return f"{owner}/{NAME}/{id}"


def _ref(owner: str, id: UUID) -> str:
    return f"{owner}/{NAME}/{id}"


def _file_name(given: str | None, id: UUID, media_type: str) -> str:
    """The sender's name for it, with the ending of what it is."""
    stem = given.rpartition(".")[0] or given if given else str(id)
    return f"{stem}.{ENDINGS[media_type]}"
