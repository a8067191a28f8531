"""Restore: into empty databases, checked against the manifest and for forks, and only then opened for a new era."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from ops.backup.cut import connected
from ops.backup.era import begin_era, era_after
from ops.backup.erasures import INTAKE, erase_again, read_log
from ops.backup.folder import Manifest, dump_name, read_manifest
from ops.backup.forks import Compared, find_forks
from ops.backup.opening import open_with
from ops.backup.programs import load
from ops.backup.state import measure
from ops.backup.topics import highest_epoch, make_anew, nobody_listens
from ops.embedded.processes import StackError
from shared.plumbing.database import Connection

_OWN_THINGS = """
select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, what was compared, how much of the vaults was opened (None: no key), the epoch of the new era.

    `missing_attachments`: how many have no object where they shall lie (None: nobody has looked).
    `erased`: how many people were erased again.
    """

    manifest: Manifest
    services: list[str]
    compared: Compared
    opened: int | None
    epoch: int
    topics: int
    missing_attachments: int | None = None
    erased: int = 0


async def restore(
    folder: Path,
    databases: Mapping[str, str],
    *,
    kafka: str | None = None,
    only: Sequence[str] = (),
    master_key: Path | None = None,
    programs: Path | None = None,
    erasures: Path | None = None,
) -> Restored:
    """The backup in `folder` into these databases. `kafka`: the broker whose topics are made anew; None: a new one.

    `only`: these services alone; the other databases stay as they are, and are compared. Found forked, or unreadable
    with the master key, everything that was restored is taken away again. `erasures`: their log, kept outside the
    backups; those that the backup does not know are executed again.
    """
    manifest = read_manifest(folder)
    chosen = sorted(only or manifest.services)
    if missing := [name for name in (*chosen, *manifest.services) if name not in databases]:
        raise StackError("no_database", f"没有给出 {missing[0]} 的数据库地址：须给出全部服务，以便互相核对")
    if unknown := [name for name in chosen if name not in manifest.services]:
        raise StackError("not_in_backup", f"备份中没有 {unknown[0]}")
    targets = {name: databases[name] for name in chosen}
    async with connected(targets) as towns:
        for name, con in towns.items():
            await _must_be_empty(name, con)
    epochs = [state.epoch for state in manifest.services.values()]
    if kafka:
        await nobody_listens(kafka, list(databases))
        epochs.append(await highest_epoch(kafka, list(databases)))
    try:
        for name, url in targets.items():
            await load(url, folder / dump_name(name), programs)
        await _as_it_was(manifest, targets)
        erased = 0
        if erasures and INTAKE in targets:
            erased = await erase_again(targets[INTAKE], read_log(erasures))
        opened = await open_with(master_key, targets) if master_key else None
        compared = await find_forks({name: databases[name] for name in manifest.services})
        if compared.forked:
            raise StackError(
                "would_fork", f"恢复后历史将分叉（{compared.forked} 处），未予恢复", "\n".join(compared.forks)
            )
        epoch = era_after(epochs, datetime.now(UTC))
        await begin_era(databases, epoch)
        topics = await make_anew(kafka, list(databases)) if kafka else 0
    except BaseException:
        await _empty(targets)
        raise
    return Restored(manifest, chosen, compared, opened, epoch, topics, erased)


async def _must_be_empty(service: str, con: Connection) -> None:
    if await con.fetchval(_OWN_THINGS):
        raise StackError("not_empty", f"{service} 的数据库不是空的，请新建一个空库")


async def _as_it_was(manifest: Manifest, targets: Mapping[str, str]) -> None:
    """Every number of the manifest, measured again; a dump has no statistics, and the queries to come need them."""
    async with connected(targets) as towns:
        for service, con in towns.items():
            await con.execute("analyze")
            was, now = manifest.services[service], await measure(con)
            if now != was:
                raise StackError("differs", f"{service} 恢复后与备份清单不一致", f"备份 {was}\n恢复 {now}")


async def _empty(targets: Mapping[str, str]) -> None:
    """As it was before: nobody shall start a service on half a restore."""
    async with connected(targets) as towns:
        for con in towns.values():
            try:
                await con.execute("drop schema public cascade; create schema public")
            except asyncpg.PostgresError as error:
                raise StackError("not_emptied", "未能清空已恢复的数据库，请删除后重建") from error
