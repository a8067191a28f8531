"""Restore into a new data folder of the embedded stack, and the drill: restore, start, check, throw away."""

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ops.backup.attached import copy_attachments, kept_in, missing_attachments
from ops.backup.cut import connected
from ops.backup.folder import MASTER_KEY, read_manifest, whole
from ops.backup.restoring import Restored, restore
from ops.client import Address, Client
from ops.commands.check import checks
from ops.embedded.keys import Keys, write_private
from ops.embedded.postgres import SUPERUSER, Postgres
from ops.embedded.processes import StackError
from ops.embedded.stack import ATTACHMENTS, Stack
from ops.ports import Ports

_SETTLE_LIMIT = 900.0


async def fill(
    backup: Path,
    data: Path,
    master_key: Path | None = None,
    programs: Path | None = None,
    erasures: Path | None = None,
) -> Restored:
    """A new data folder with everything of the backup; `fiveplusn up` goes on from there."""
    manifest = read_manifest(backup)
    key = master_key or backup / MASTER_KEY
    if not key.is_file():
        raise StackError("no_key", "备份不含主密钥：请用 --master-key 指出它；没有主密钥，保险库无法打开")
    with whole(data) as part:
        (part / "logs").mkdir()
        keys = Keys(part)
        keys.master_key.parent.mkdir(mode=0o700)
        write_private(keys.master_key, key.read_text())
        keys.make()
        passwords = keys.passwords([SUPERUSER, *manifest.services])
        postgres = Postgres(part, Ports(part / "ports.json").take("postgres"), passwords)
        try:
            await postgres.start()
            databases = {service: postgres.url(service) for service in manifest.services}
            restored = await restore(
                backup, databases, master_key=keys.master_key, programs=programs, erasures=erasures
            )
            copy_attachments(kept_in(backup), part / ATTACHMENTS)
            missing = await missing_attachments(databases, part / ATTACHMENTS)
            return replace(restored, missing_attachments=missing)
        finally:
            await postgres.stop()


@dataclass(slots=True)
class Drilled:
    """What the drill found, line by line, and how long a restore takes."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    restore_s: float = 0.0
    up_s: float = 0.0

    def line(self, what: str, ok: bool, words: str) -> None:
        """One line of the table."""
        self.lines.append({"what": what, "ok": ok, "words": words})

    @property
    def ok(self) -> bool:
        """All well."""
        return all(line["ok"] for line in self.lines)


async def drill(backup: Path, master_key: Path | None = None, programs: Path | None = None) -> Drilled:
    """Restore the backup into a folder that is thrown away, start everything on it beside what runs, and check it."""
    drilled = Drilled()
    with tempfile.TemporaryDirectory(prefix="fiveplusn-drill-") as place:
        data = Path(place) / "data"
        started = time.perf_counter()
        restored = await fill(backup, data, master_key, programs)
        drilled.restore_s = time.perf_counter() - started
        manifest = restored.manifest
        drilled.line("备份文件", True, f"{len(manifest.files)} 个文件，{manifest.bytes:,} 字节，校验和相符")
        drilled.line("恢复的内容", True, f"{manifest.facts} 条事实，与备份清单逐项相符")
        drilled.line("保险库", True, f"用主密钥打开 {restored.opened} 件")
        missing = restored.missing_attachments
        drilled.line("附件", not missing, f"缺 {missing} 件" if missing else "数据库所知的全部都在")
        stack = Stack(data)
        started = time.perf_counter()
        try:
            await stack.up()
            async with Client(Address.read(data)) as client:
                await client.settled(_SETTLE_LIMIT)
                drilled.up_s = time.perf_counter() - started
                drilled.lines += await checks(client)
            await _same_facts(drilled, restored, {name: stack.postgres.url(name) for name in manifest.services})
        finally:
            await stack.down()
    return drilled


async def _same_facts(drilled: Drilled, restored: Restored, databases: dict[str, str]) -> None:
    """Up to the cut the journals have what they had; what a service said since its start is counted apart."""
    async with connected(databases) as towns:
        for service, con in towns.items():
            was = restored.manifest.services[service]
            kept = await con.fetchval("select count(*) from journal where position <= $1", was.end)
            new = await con.fetchval("select count(*) from journal where position > $1", was.end)
            drilled.line(
                f"{service} 事实", kept == was.facts, f"备份 {was.facts} 条，恢复 {kept} 条，启动后新增 {new} 条"
            )
