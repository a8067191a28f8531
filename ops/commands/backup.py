"""`fiveplusn backup`: all databases as of one moment, while everything goes on."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ops.backup.embedded import drill
from ops.backup.folder import Manifest
from ops.backup.saving import save
from ops.commands.databases import Attachments, Databases, MasterKey, Programs, databases_of, show_drill
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json
from ops.embedded.keys import Keys
from ops.embedded.processes import StackError
from ops.embedded.stack import ATTACHMENTS


def backup(
    folder: Annotated[Path, typer.Argument(help="备份目录（新建）")],
    data: Data = DEFAULT_DATA,
    databases: Databases = None,
    with_keys: Annotated[bool, typer.Option("--with-keys", help="把主密钥也放进备份（请与备份一同妥善保管）")] = False,
    master_key: MasterKey = None,
    drill_it: Annotated[bool, typer.Option("--drill", help="随即演练：恢复到临时目录，启动，检查，删除")] = False,
    attachments: Attachments = None,
    programs: Programs = None,
    as_json: AsJson = False,
) -> None:
    """备份全部服务的数据库：同一时刻、互不超前，不停机。"""
    key = master_key or (None if databases else Keys(data.resolve()).master_key)
    if (with_keys or drill_it) and (key is None or not key.is_file()):
        raise StackError("no_key", "请用 --master-key 指出主密钥文件")
    manifest = asyncio.run(
        save(
            databases_of(databases, data),
            folder,
            master_key=key if with_keys else None,
            attachments=attachments or (None if databases else data.resolve() / ATTACHMENTS),
            programs=programs,
        )
    )
    drilled = asyncio.run(drill(folder, key, programs)) if drill_it else None
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "manifest": manifest.model_dump(mode="json"),
                "drill": drilled and {"ok": drilled.ok, "lines": drilled.lines},
            }
        )
    else:
        _show(folder, manifest, with_keys)
        if drilled:
            show_drill(drilled)
    raise typer.Exit(0 if drilled is None or drilled.ok else 1)


def _show(folder: Path, manifest: Manifest, with_keys: bool) -> None:
    table = Table("服务", "版本", "事实", "流", "进度", "待发送", "日志纪元")
    for service, state in manifest.services.items():
        numbers = (state.facts, state.streams, state.marks, state.outbox, state.epoch)
        table.add_row(service, state.revision or "", *map(str, numbers))
    console.print(table)
    console.print(f"备份完成：{folder}，{manifest.bytes:,} 字节；发送暂停 {manifest.held_ms:.0f} 毫秒，其余未受影响。")
    console.print(f"切面时刻 {manifest.at.isoformat(timespec='milliseconds')}：此后确认的写入不在本备份中。")
    if with_keys:
        console.print("备份内含主密钥：得到本目录即可读取居民信息，请加密保存。")
    else:
        console.print("备份不含主密钥：没有它，保险库（姓名、联系方式、原话）永远无法打开。请另处保存主密钥。")
