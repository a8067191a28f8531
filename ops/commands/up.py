"""`fiveplusn up`: the whole stack on this machine, until Ctrl-C."""

import asyncio
import signal
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from ops.client import Address
from ops.commands.login import link
from ops.commands.options import DEFAULT_DATA, Data, console
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError
from ops.embedded.stack import Stack

_WATCH_S = 0.5
LEADER = Bearer("supervisor")


def up(
    data: Data = DEFAULT_DATA,
    clock: Annotated[str | None, typer.Option(help="新数据目录的起始时间（ISO 8601，带时区）")] = None,
) -> None:
    """启动全部服务（本机、内置数据库与消息代理），按 Ctrl-C 停止。"""
    asyncio.run(_up(Stack(data, start_at=datetime.fromisoformat(clock) if clock else None, say=console.print)))


async def _up(stack: Stack) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(wanted, stop.set)
    starting = asyncio.create_task(stack.up())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        await starting
        table = Table("服务", "地址")
        for name, url in stack.urls.items():
            table.add_row(name, url)
        table.add_row("kafka", stack.broker.address)
        console.print(table)
        console.print(
            f"看板（链接只能打开一次）：{await link(Address.read(stack.data), stack.keys, LEADER)}", soft_wrap=True
        )
        console.print(f"已就绪。数据目录：{stack.data}。按 Ctrl-C 停止。")
        await _watch(stack, stopping)
    finally:
        console.print("正在停止……")
        await stack.down()
        console.print("已停止。")


async def _watch(stack: Stack, stopping: "asyncio.Task[bool]") -> None:
    """Until told to stop; a process that ends by itself ends the whole stack, loudly."""
    while not stopping.done():
        await asyncio.wait({stopping}, timeout=_WATCH_S)
        for child in stack.processes():
            if not child.alive and not stopping.done():
                raise StackError("process_ended", f"进程 {child.name} 意外结束（{child.code}）", child.last_words())
