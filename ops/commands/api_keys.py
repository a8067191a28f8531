"""`fiveplusn api-key`: keys of programs that use the public interface. A key is shown once; the file keeps its hash."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table

from ops.commands.options import DEFAULT_DATA, console
from ops.embedded.keys import write_private
from ops.embedded.processes import StackError
from shared.plumbing.api_keys import AT_ONCE, ApiKey, ClientName, new_key, read_keys, written
from shared.rules.township import SHANGHAI

DAYS = 90
File = Annotated[Path, typer.Option("--file", help="密钥文件，即 FIVEPLUSN_API_KEYS_FILE")]
Client = Annotated[str, typer.Argument(help="客户端名称：小写字母、数字和连字符")]
DEFAULT_FILE = DEFAULT_DATA / "keys" / "api-keys.json"
app = typer.Typer(no_args_is_help=True, help="公开接口（Open311）的密钥")


@app.command("new")
def new(
    client: Client,
    days: Annotated[int, typer.Option(min=1, max=366, help="有效天数")] = DAYS,
    file: File = DEFAULT_FILE,
) -> None:
    """生成一个密钥，最后一行即密钥，只显示这一次；过期的同时清除。换发期间新旧两个密钥同时有效。"""
    try:
        TypeAdapter(ClientName).validate_python(client)
    except ValidationError:
        raise StackError("bad_client_name", "客户端名称须为小写字母、数字和连字符，至多 40 个字") from None
    now = datetime.now(UTC)
    good = tuple(key for key in _known(file) if now < key.expires_at)
    if sum(key.client == client for key in good) >= AT_ONCE:
        raise StackError("too_many_keys", f"{client} 已有 {AT_ONCE} 个有效密钥，请先运行 fiveplusn api-key revoke")
    clear, kept = new_key(client, now, now + timedelta(days=days))
    _write(file, (*good, kept))
    typer.echo(f"{client} 的密钥，有效至 {_day(kept.expires_at)}，请妥善保存：")
    typer.echo(clear)


@app.command("list")
def list_keys(file: File = DEFAULT_FILE) -> None:
    """列出密钥：客户端、生成和失效日期；密钥本身不再显示。"""
    table = Table()
    for heading in ("客户端", "生成", "失效"):
        table.add_column(heading)
    for key in _known(file):
        table.add_row(key.client, _day(key.made_at), _day(key.expires_at))
    console.print(table)


@app.command("revoke")
def revoke(
    client: Client,
    older: Annotated[bool, typer.Option("--older", help="保留最新的一个")] = False,
    file: File = DEFAULT_FILE,
) -> None:
    """收回一个客户端的密钥，立即生效。"""
    known = _known(file)
    own = sorted((key for key in known if key.client == client), key=lambda key: key.made_at)
    gone = own[:-1] if older else own
    _write(file, tuple(key for key in known if key not in gone))
    typer.echo(f"已收回 {client} 的密钥 {len(gone)} 个。")


def _known(file: Path) -> tuple[ApiKey, ...]:
    try:
        return read_keys(file)
    except ValueError:
        raise StackError("api_keys_unreadable", f"{file} 不是密钥文件") from None


def _write(file: Path, keys: tuple[ApiKey, ...]) -> None:
    """A file that is there is written in place, with its rights: a container that runs sees the new one."""
    if file.exists():
        file.write_text(written(keys))
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(file, written(keys))


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d}"
