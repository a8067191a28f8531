"""`fiveplusn bench`: how fast everything is, beside a bare loop in the same run."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ops.bench.report import table
from ops.bench.run import EVERYTHING, bench
from ops.commands.options import console


def measure(
    orders: Annotated[int, typer.Option(min=100, help="工单数")] = 50_000,
    only: Annotated[str | None, typer.Option(help="只测一项：http、pipeline、parts、views、sse 或 journeys")] = None,
    json_file: Annotated[Path, typer.Option("--json", help="把结果写入此文件")] = Path("bench.json"),
    keep: Annotated[Path | None, typer.Option("--data", help="保留在此数据目录（须为空）；缺省用临时目录")] = None,
) -> None:
    """测速：真实进程，全部数字当场测得，并与同一次运行中的对照循环相比。"""
    if only is not None and only not in EVERYTHING:
        raise typer.BadParameter("须为 http、pipeline、parts、views、sse 或 journeys", param_hint="--only")
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise typer.BadParameter("目录须为空", param_hint="--data")
    data = keep or Path(tempfile.mkdtemp(prefix="fiveplusn-bench-"))
    try:
        found = asyncio.run(bench(data, orders, (only,) if only else EVERYTHING, console.print))
    finally:
        if keep is None:
            shutil.rmtree(data, ignore_errors=True)
    json_file.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    console.print(table(found))
    console.print("，".join(f"{name} {value}" for name, value in found["machine"].items()))
