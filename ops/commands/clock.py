"""`fiveplusn clock`: the town's clock of the embedded stack."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ops.client import OPERATOR, Client
from ops.commands.options import DEFAULT_DATA, Data, with_client
from shared.rules.township import SHANGHAI

app = typer.Typer(no_args_is_help=True, help="镇里的时间（仅内置环境可调）")


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("时间须为 ISO 8601，例如 2024-02-01 或 2024-02-01T09:00:00+08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


async def _now(client: Client) -> datetime:
    return datetime.fromisoformat((await client.get("intake", "/clock", OPERATOR))["now"])


@app.command("show")
def show(data: Data = DEFAULT_DATA) -> None:
    """显示当前时间。"""
    typer.echo(with_client(data, _now).astimezone(SHANGHAI).isoformat(timespec="seconds"))


@app.command("set")
def set_to(at: Annotated[str, typer.Argument(help="时间；不带时区则为北京时间")], data: Data = DEFAULT_DATA) -> None:
    """拨到某一时刻。"""
    moment = _read(at)
    with_client(data, lambda client: client.set_clock(moment))
    show(data)


@app.command("forward")
def forward(
    by: Annotated[str, typer.Argument(help="时长，ISO 8601，例如 PT2H、P1D")], data: Data = DEFAULT_DATA
) -> None:
    """向前拨。"""
    try:
        step = TypeAdapter(timedelta).validate_python(by)
    except ValidationError:
        raise typer.BadParameter("时长须为 ISO 8601，例如 PT2H、P1D") from None

    async def go(client: Client) -> None:
        await client.set_clock(await _now(client) + step)

    with_client(data, go)
    show(data)
