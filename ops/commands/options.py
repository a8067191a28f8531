"""What several commands share: the data folder, the running stack, how things are shown."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from ops.client import Address, Client

DEFAULT_DATA = Path(".fiveplusn")
Data = Annotated[Path, typer.Option("--data", help="数据目录")]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]
console = Console() if Console().is_terminal else Console(width=120)
T = TypeVar("T")


def with_client(data: Path, work: Callable[[Client], Awaitable[T]]) -> T:
    """Run this with a client of the stack that runs on `data`."""

    async def go() -> T:
        async with Client(Address.read(data)) as client:
            return await work(client)

    return asyncio.run(go())


def print_json(value: Any) -> None:
    """Plain JSON, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
