"""Which databases a command works on: those of the running stack, or those of a file."""

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.table import Table

from ops.backup.embedded import Drilled
from ops.client import Address
from ops.commands.options import console
from ops.embedded.processes import StackError
from shared.plumbing.settings import read_yaml

Databases = Annotated[
    Path | None,
    typer.Option("--databases", help="YAML：服务名 → postgresql://…（生产环境；省略时用 --data 上正在运行的系统）"),
]
MasterKey = Annotated[Path | None, typer.Option("--master-key", help="主密钥文件")]
Attachments = Annotated[
    Path | None, typer.Option("--attachments", help="附件所在文件夹（S3 存储不在备份之列，见 docs/backup.md）")
]
Programs = Annotated[
    Path | None, typer.Option("--programs", help="pg_dump、pg_restore 所在目录（省略时用内置的 PostgreSQL 18）")
]


def databases_of(file: Path | None, data: Path) -> dict[str, str]:
    """Service → URL. A file keeps passwords off the command line, which is everybody's to read."""
    if file is None:
        return Address.read(data).databases
    try:
        known = read_yaml(file)
    except (OSError, yaml.YAMLError) as error:
        raise StackError("no_databases", f"无法读取 {file}（{type(error).__name__}）") from error
    if not isinstance(known, dict) or not all(isinstance(text, str) for pair in known.items() for text in pair):
        raise StackError("no_databases", f"{file} 须逐行写：服务名: postgresql://…")
    return known


def show_drill(drilled: Drilled) -> None:
    """The drill as a table."""
    table = Table("演练", "结果", "说明")
    for line in drilled.lines:
        table.add_row(line["what"], "[green]正常" if line["ok"] else "[red]异常", line["words"])
    console.print(table)
    console.print(f"恢复用时 {drilled.restore_s:.1f} 秒，启动并处理完毕 {drilled.up_s:.1f} 秒。演练环境已停止并删除。")
