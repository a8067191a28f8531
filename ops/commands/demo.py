"""`fiveplusn demo`: two demands on their whole way through the town, among everything else that goes on."""

import asyncio
import json
import shutil
import tempfile
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ops.client import Address, Client
from ops.commands.journey import table
from ops.commands.options import console
from ops.demo.living import FIRST, live
from ops.demo.town import at
from ops.embedded.stack import ROOT, Stack
from shared.plumbing.settings import read_yaml
from shared.rules.township import Town

_TITLES = (
    "大灰厂（一）没有物业，家里的维修应该找谁：接诉 → 协商 → 业主大会 → 落实 → 办结",
    "大灰厂（二）空窗期维修：两委动议 → 协商 → 吹哨报到 → 落实",
    "张郭庄 村里道路停车占道：接诉 → 协商 → 民心项目 → 办结 → 成效评估",
)
_EXPECTED_DAYS = 148


def demo(
    json_file: Annotated[Path | None, typer.Option("--json", help="把结果写入此文件")] = None,
    keep: Annotated[Path | None, typer.Option("--data", help="保留在此数据目录（须为空）；缺省用临时目录")] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="停在这一天（与 --data 同用，之后 fiveplusn up 可见进行中的一天）"),
    ] = None,
) -> None:
    """两件诉求从接诉到办结的全过程：全部服务真实运行，时间从 2024-02-01 开始逐日推进。"""
    if until and keep is None:
        raise typer.BadParameter("--until 须与 --data 同用")
    data = keep or Path(tempfile.mkdtemp(prefix="fiveplusn-demo-"))
    try:
        started = time.monotonic()
        found = asyncio.run(_demo(data, until.date() if until else None))
        if until:
            console.print(f"已停在 {until:%Y-%m-%d}：fiveplusn up --data {data}")
            return
        _show(found)
        console.print(f"用时 {time.monotonic() - started:.0f} 秒。")
        if json_file:
            json_file.write_text(json.dumps(_summary(found), ensure_ascii=False, indent=2, default=str) + "\n")
    finally:
        if keep is None:
            shutil.rmtree(data, ignore_errors=True)


async def _demo(data: Path, until: date | None) -> dict[str, Any]:
    stack = Stack(data, start_at=at(FIRST, 0), say=console.print)
    town = Town.model_validate(read_yaml(ROOT / "config" / "township.yaml")["town"])
    await stack.up()
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        async with Client(Address.read(data)) as client:
            with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
                bar = progress.add_task("2024-02-01", total=_EXPECTED_DAYS)
                said: set[str] = set()

                def say(day: date, complaints: int, stories: int) -> None:
                    words = f"{day}  诉求 {complaints}  进行中的故事 {stories}"
                    progress.update(bar, completed=(day - FIRST).days, description=words)
                    if not console.is_terminal and day.day == 1 and str(day) not in said:
                        said.add(str(day))
                        console.print(words)

                return await live(client, town, say, until)
    finally:
        await stack.down()


def _show(found: dict[str, Any]) -> None:
    for title, journey in zip(_TITLES, found["journeys"], strict=True):
        console.print(table(journey, title))
    console.print(_rates(found["rates"]))
    console.print(_duty(found["duty"]))
    console.print(f"诉求 {found['complaints']} 件，已办结 {found['closed']} 件；事实 {found['facts']} 条。")


def _summary(found: dict[str, Any]) -> dict[str, Any]:
    steps = ("service", "type", "at")
    return {
        "complaints": found["complaints"],
        "closed": found["closed"],
        "journeys": [
            {"id": journey["id"], "steps": [{name: step[name] for name in steps} for step in journey["steps"]]}
            for journey in found["journeys"]
        ],
        "rates": found["rates"],
        "duty": found["duty"],
    }


def _rates(rates: dict[str, Any]) -> Table:
    shown = Table("月份", "有效回访", "响应率", "解决率", "满意率", "综合成绩", title="三率", title_justify="left")
    for month, found in rates.items():
        values = (found[name] for name in ("base", "response", "resolution", "satisfaction", "score"))
        shown.add_row(month, *("—" if value is None else str(value) for value in values))
    return shown


def _duty(duty: list[dict[str, Any]]) -> Table:
    """A number: meetings held; 提醒: warned of; 未开: missed."""
    months = [f"2024-{month:02d}" for month in range(2, 7)]
    shown = Table("社区/村", *months, title="每月至少议事一次", title_justify="left")
    held: dict[str, dict[str, str]] = {}
    for row in duty:
        words = (
            str(row["meetings"]) if row["meetings"] else "未开" if row["missed"] else "提醒" if row["warned"] else ""
        )
        held.setdefault(row["community"], {})[row["month"][:7]] = words
    for community, found in held.items():
        shown.add_row(community, *(found[month] for month in months))
    return shown
