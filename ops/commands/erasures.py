"""`fiveplusn erasures`: who was erased is remembered outside the backups, and erased again after a restore."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ops.backup.erasures import INTAKE, erase_again, read_erased, read_log
from ops.commands.databases import Databases, databases_of
from ops.commands.options import DEFAULT_DATA, Data

app = typer.Typer(no_args_is_help=True, help="个人信息删除记录：留存于备份之外，恢复备份后重新执行。")


@app.command("log")
def log(data: Data = DEFAULT_DATA, databases: Databases = None) -> None:
    """输出已执行的删除（每行一条 JSON，只含加密散列）：请定期存放在备份之外。"""
    for one in asyncio.run(read_erased(databases_of(databases, data)[INTAKE])):
        typer.echo(one.line())


@app.command("again")
def again(
    file: Annotated[Path, typer.Argument(help="fiveplusn erasures log 的输出")],
    data: Data = DEFAULT_DATA,
    databases: Databases = None,
) -> None:
    """恢复备份后，重新执行备份之后执行过的删除；已知的不重复。"""
    done = asyncio.run(erase_again(databases_of(databases, data)[INTAKE], read_log(file)))
    typer.echo(f"重新执行删除 {done} 项。")
