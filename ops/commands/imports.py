"""`fiveplusn import`: a file of demands, row by row; every row ends as one of four things, and the sums are printed."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.progress import Progress
from rich.table import Table

from ops.client import Client
from ops.commands.options import DEFAULT_DATA, Data, console, with_client
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError
from ops.importing.profile import BadRow, Profile
from ops.importing.reading import Row, rows

BATCH = 200
ENDS = ("accepted", "duplicate", "rejected", "quarantined")
FEEDER = Bearer("feeder")


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV 或 XLSX 文件")],
    profile: Annotated[Path, typer.Option(help="列对应关系（YAML）")],
    json_file: Annotated[Path | None, typer.Option("--json", help="把合计写入此文件")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """导入诉求：每一行都有结果（接收、重复、退回、隔离），并打印合计。"""
    try:
        mapping = Profile.load(profile)
    except FileNotFoundError:
        raise StackError("no_profile", f"找不到列对应关系 {profile}") from None
    except ValidationError as error:
        raise StackError("bad_profile", f"列对应关系有误：{error}") from None
    headings, found = rows(file)
    if missing := mapping.check_headings(headings):
        raise StackError("missing_columns", f"文件缺少列：{'、'.join(missing)}")
    listed = list(found)
    results = with_client(data, lambda client: send(client, mapping, listed))
    sums = Counter(end for _, end, _ in results)
    summary = {"rows": len(listed)} | {end: sums[end] for end in ENDS}
    _show(results, summary)
    if json_file:
        json_file.write_text(json.dumps(summary) + "\n")
    if sum(sums.values()) != len(listed) or sums.keys() - set(ENDS):
        raise StackError("sums_differ", "合计与行数不符")


async def send(client: Client, mapping: Profile, listed: list[Row]) -> list[tuple[int, str, str]]:
    """(row number, how it ended, why) for every row."""
    results: list[tuple[int, str, str]] = []
    with Progress(console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("导入", total=len(listed))
        for start in range(0, len(listed), BATCH):
            orders: list[dict[str, Any]] = []
            for number, row in listed[start : start + BATCH]:
                try:
                    orders.append({"row": number, "order": mapping.order(row)})
                except BadRow as bad:
                    results.append((number, "rejected", bad.words))
            if orders:
                answer = await client.post("intake", "/imports/rows", FEEDER, {"rows": orders})
                results += [(end["row"], end["result"], end.get("reason") or "") for end in answer["rows"]]
            progress.advance(bar, len(listed[start : start + BATCH]))
    return sorted(results)


def _show(results: list[tuple[int, str, str]], summary: dict[str, int]) -> None:
    table = Table("行数", "接收", "重复", "退回", "隔离")
    table.add_row(*(str(number) for number in summary.values()))
    console.print(table)
    for number, end, why in [result for result in results if result[1] in ("rejected", "quarantined")][:50]:
        console.print(f"第 {number} 行 {end}：{why}", highlight=False)
