"""`fiveplusn restore`: a backup into a new data folder or into empty databases, or only as a drill."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ops.backup.attached import copy_attachments, kept_in, missing_attachments
from ops.backup.embedded import drill, fill
from ops.backup.folder import MASTER_KEY
from ops.backup.restoring import Restored
from ops.backup.restoring import restore as restore_into
from ops.commands.databases import Attachments, Databases, MasterKey, Programs, databases_of, show_drill
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json
from ops.embedded.keys import Keys
from ops.embedded.processes import StackError


def restore(
    folder: Annotated[Path, typer.Argument(help="备份目录")],
    data: Data = DEFAULT_DATA,
    databases: Databases = None,
    kafka: Annotated[str | None, typer.Option(help="Kafka 地址：旧主题将被删除重建（服务须已全部停止）")] = None,
    new_kafka: Annotated[bool, typer.Option("--new-kafka", help="Kafka 是全新的，没有旧主题")] = False,
    only: Annotated[list[str] | None, typer.Option(help="只恢复这个服务（可多次）；会分叉则拒绝")] = None,
    master_key: MasterKey = None,
    drill_it: Annotated[bool, typer.Option("--drill", help="只演练：恢复到临时目录，启动，检查，删除")] = False,
    attachments: Attachments = None,
    programs: Programs = None,
    erasures: Annotated[
        Path | None, typer.Option(help="删除记录（fiveplusn erasures log）：重新执行备份之后的删除")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """恢复备份：恢复到新的数据目录（--data），或恢复到空数据库（--databases）。"""
    if drill_it:
        drilled = asyncio.run(drill(folder, _key(master_key, folder, data), programs))
        if as_json:
            print_json({"ok": drilled.ok, "lines": drilled.lines})
        else:
            show_drill(drilled)
        raise typer.Exit(0 if drilled.ok else 1)
    if databases is None:
        if only:
            raise StackError("only_by_url", "只恢复部分服务时须用 --databases 给出全部服务的数据库")
        restored = asyncio.run(fill(folder, data, master_key, programs, erasures))
    else:
        if bool(kafka) == new_kafka:
            raise StackError("which_kafka", "请给出 --kafka（旧主题将删除重建），或声明 --new-kafka（全新、为空）")
        urls = databases_of(databases, data)
        restored = asyncio.run(
            restore_into(
                folder,
                urls,
                kafka=kafka,
                only=only or (),
                master_key=_key(master_key, folder, None),
                programs=programs,
                erasures=erasures,
            )
        )
        if attachments:
            copy_attachments(kept_in(folder), attachments)
            restored = replace(restored, missing_attachments=asyncio.run(missing_attachments(urls, attachments)))
    if as_json:
        print_json(
            {"at": restored.manifest.at, "services": restored.services, "epoch": restored.epoch, "forked": 0}
            | {"marks": restored.compared.marks, "causes": restored.compared.causes, "kept": restored.compared.kept}
        )
    else:
        _show(restored)


def _key(given: Path | None, folder: Path, data: Path | None) -> Path | None:
    """The key that was named, or the backup's own, or that of the data folder."""
    places = [given] if given else [folder / MASTER_KEY, *([Keys(data.resolve()).master_key] if data else [])]
    return next((place for place in places if place.is_file()), given)


def _show(restored: Restored) -> None:
    console.print(f"已恢复 {'、'.join(restored.services)}：{restored.manifest.facts} 条事实，与备份清单逐项相符。")
    console.print(f"没有分叉：{restored.compared.words}。")
    if restored.opened is None:
        console.print("没有给出主密钥：保险库与封签未验证。")
    else:
        console.print(f"主密钥相符：链与封签完好，保险库打开 {restored.opened} 件。")
    if restored.missing_attachments is not None:
        console.print(f"附件已放回，缺 {restored.missing_attachments} 件。")
    console.print(
        f"重新执行个人信息删除 {restored.erased} 项。" if restored.erased else "没有需要重新执行的个人信息删除。"
    )
    console.print(f"新的日志纪元 {restored.epoch}：全部事实将重新发送；重建主题 {restored.topics} 个。")
    console.print(
        f"{restored.manifest.at.isoformat(timespec='milliseconds')} 之后确认的写入已丢失，请告知相关单位补录。"
    )
