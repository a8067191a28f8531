"""`fiveplusn quarantine`: what could not be handled, and what becomes of it."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import OPERATOR, Client
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from shared.rules.township import SHANGHAI

app = typer.Typer(no_args_is_help=True, help="隔离区：无法处理的记录")
Entry = Annotated[str, typer.Argument(help="服务/编号，例如 intake/3")]
Why = Annotated[str, typer.Option("--reason", help="理由（记入审计）")]


def _split(entry: str) -> tuple[str, int]:
    service, _, number = entry.partition("/")
    if not number.isdecimal():
        raise typer.BadParameter("须写成 服务/编号，例如 intake/3")
    return service, int(number)


@app.command("list")
def list_entries(
    everything: Annotated[bool, typer.Option("--all", help="包括已处理的")] = False,
    as_json: AsJson = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """列出隔离的记录。"""

    async def go(client: Client) -> list[dict[str, Any]]:
        names = list(client.address.services)
        path = f"/quarantine?state={'ALL' if everything else 'OPEN'}"
        answers = await asyncio.gather(*(client.get(name, path, OPERATOR) for name in names))
        return [entry | {"service": name} for name, found in zip(names, answers, strict=True) for entry in found]

    entries = with_client(data, go)
    if as_json:
        return print_json(entries)
    table = Table()
    for heading in ("编号", "来源", "原因", "说明", "时间", "状态"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(
            f"{entry['service']}/{entry['id']}",
            *(str(entry[name]) for name in ("source", "code", "reason")),
            datetime.fromisoformat(entry["since"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
            str(entry["state"]),
        )
    console.print(table if entries else "隔离区为空。")


@app.command("show")
def show(entry: Entry, data: Data = DEFAULT_DATA) -> None:
    """显示一条记录（个人信息保持密封）。"""
    service, id = _split(entry)
    print_json(with_client(data, lambda client: client.get(service, f"/quarantine/{id}", OPERATOR)))


@app.command("replay")
def replay(entry: Entry, reason: Why, data: Data = DEFAULT_DATA) -> None:
    """重新处理；其后等待的事实依次跟上。"""
    service, id = _split(entry)
    body = {"reason": reason}
    done = with_client(data, lambda client: client.post(service, f"/quarantine/{id}/replay", OPERATOR, body))
    typer.echo("已重新处理。" if done["replayed"] else "仍无法处理，已再次隔离。")
    raise typer.Exit(0 if done["replayed"] else 1)


@app.command("supplement")
def supplement(entry: Entry, reason: Why, data: Data = DEFAULT_DATA) -> None:
    """同号异文：作为补充记入已登记的诉求。"""
    service, id = _split(entry)
    body = {"decision": "SUPPLEMENT", "reason": reason}
    done = with_client(data, lambda client: client.post(service, f"/conflicts/{id}/decision", OPERATOR, body))
    typer.echo(f"已记入诉求 {done['id']}。")


@app.command("discard")
def discard(entry: Entry, reason: Why, data: Data = DEFAULT_DATA) -> None:
    """放弃一条记录；其后等待的事实依次跟上。"""
    service, id = _split(entry)
    body = {"reason": reason}
    with_client(data, lambda client: client.post(service, f"/quarantine/{id}/discard", OPERATOR, body))
    typer.echo("已放弃。")
