"""`fiveplusn journey`: the whole way of one demand."""

from datetime import datetime
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.table import Table

from ops.client import OPERATOR, Client
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from ops.embedded.processes import StackError
from shared.rules.township import SHANGHAI


def journey(
    id: Annotated[str, typer.Argument(help="kind/uuid，或仅 uuid")], as_json: AsJson = False, data: Data = DEFAULT_DATA
) -> None:
    """显示一件诉求、议题、吹哨事项或项目的全过程。"""
    found = with_client(data, lambda client: read(client, id))
    if as_json:
        return print_json(found)
    console.print(table(found))


async def read(client: Client, id: str) -> dict[str, Any]:
    """The journey of `kind/uuid`, or of a bare uuid whatever its kind."""
    if "/" not in id:
        known = (await client.get("dashboard", f"/facts?stream={id}&limit=1", OPERATOR))["facts"]
        if not known:
            raise StackError("unknown", f"没有编号为 {id} 的事项")
        id = f"{known[0]['kind']}/{id}"
    found: dict[str, Any] = await client.get("dashboard", f"/journeys/{id}", OPERATOR)
    return found


def table(found: dict[str, Any], title: str = "") -> Table:
    """The steps as a table: when, which service, what, of what, by whom; the same again in a row is counted."""
    shown = Table("时间", "服务", "事实", "对象", "谁", title=title or found["id"], title_justify="left")
    for line, steps in groupby(found["steps"], key=_line):
        at, service, type, of, who = line
        again = sum(1 for _ in steps)
        shown.add_row(at, service, type + (f" ×{again}" if again > 1 else ""), of, who)
    return shown


def _line(step: dict[str, Any]) -> tuple[str, str, str, str, str]:
    at = datetime.fromisoformat(step["at"]).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return at, step["service"], step["type"], f"{step['kind']}/{step['stream'][:8]}", step["actor"].rstrip(":")
