"""`fiveplusn rates`: are the published figures those of the journal?"""

from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import OPERATOR, Client, Refused
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client

app = typer.Typer(no_args_is_help=True, help="三率：公布数")
_WHAT = {"figure": "与日志计算的不一致", "missing": "缺少公布数", "digest": "与公布时的摘要不一致"}


@app.callback()
def rates() -> None:
    """三率：公布数。"""


@app.command("verify")
def verify(
    month: Annotated[str, typer.Option(help="考核月，例如 2024-02")], as_json: AsJson = False, data: Data = DEFAULT_DATA
) -> None:
    """用日志重新计算某月公布过的每一版，并与存储的逐项比较。一致时退出码为 0。"""

    async def go(client: Client) -> dict[str, Any]:
        try:
            found: dict[str, Any] = await client.get("intake", f"/rates/verification?month={month}", OPERATOR)
        except Refused as refused:
            if "sound" not in refused.problem:
                raise
            found = dict(refused.problem)
        return found

    found = with_client(data, go)
    if as_json:
        print_json(found)
    else:
        typer.echo(f"{month}：共 {found['versions']} 版，" + ("与日志一致。" if found["sound"] else "与日志不一致："))
        if found["differences"]:
            table = Table("版本", "类别", "对象", "问题")
            for one in found["differences"]:
                table.add_row(str(one["version"]), one.get("by", ""), one.get("value") or "", _WHAT[one["what"]])
            console.print(table)
        elif found["versions"] and not found["current"]:
            typer.echo("此后数字有变化，将自动发布新版。")
    raise typer.Exit(0 if found["sound"] else 1)
