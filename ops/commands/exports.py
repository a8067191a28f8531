"""`fiveplusn export`: complaints into a file that spreadsheets and maps can open."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer

from ops.client import Client
from ops.commands.options import DEFAULT_DATA, Data, console, with_client
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError

DISPATCHER = Bearer("dispatcher")


class Form(StrEnum):
    """By the file's ending."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"


def export_file(
    file: Annotated[Path, typer.Argument(help="要写入的文件：.csv、.xlsx 或 .geojson")],
    originals: Annotated[bool, typer.Option("--originals", help="含姓名、联系方式与原文（记入审计）")] = False,
    reason: Annotated[str | None, typer.Option(help="导出原文的理由")] = None,
    state: Annotated[str | None, typer.Option(help="诉求状态，例如 IN_PROGRESS")] = None,
    community: Annotated[str | None, typer.Option(help="社区（村）代码")] = None,
    category: Annotated[str | None, typer.Option(help="分类代码")] = None,
    place: Annotated[str | None, typer.Option(help="地点代码")] = None,
    lead: Annotated[str | None, typer.Option(help="主办单位代码")] = None,
    channel: Annotated[str | None, typer.Option(help="受理渠道，例如 HOTLINE_12345")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """导出诉求。含原文的导出可以再导入。"""
    try:
        form = Form(file.suffix[1:].lower())
    except ValueError:
        raise StackError("bad_form", "文件须以 .csv、.xlsx 或 .geojson 结尾") from None
    asked = {"format": form.value, "originals": "true" if originals else None, "reason": reason, "state": state}
    asked |= {"community": community, "category": category, "place": place, "lead": lead, "channel": channel}
    query = urlencode({name: value for name, value in asked.items() if value is not None})

    async def go(client: Client) -> int:
        return await client.download("intake", f"/complaints/export?{query}", DISPATCHER, file)

    rows = with_client(data, go)
    console.print(f"已导出 {rows} 件诉求到 {file}", highlight=False)
