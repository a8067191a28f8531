"""`fiveplusn forks`: has anybody heard what its producer did not say? Exit 0 only if nobody has."""

import asyncio

import typer

from ops.backup.forks import find_forks
from ops.commands.databases import Databases, databases_of
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json


def forks(data: Data = DEFAULT_DATA, databases: Databases = None, as_json: AsJson = False) -> None:
    """核对各服务的数据库：没有一个服务听到过别人没有说过的事实（恢复后、服务启动前也可用）。"""
    compared = asyncio.run(find_forks(databases_of(databases, data)))
    if as_json:
        print_json({"forked": compared.forked, "forks": compared.forks} | {"compared": compared.words})
    else:
        console.print(f"{compared.words}：{f'分叉 {compared.forked} 处' if compared.forked else '没有分叉'}。")
        for words in compared.forks:
            console.print(f"[red]forked[/red] {words}")
    raise typer.Exit(1 if compared.forked else 0)
