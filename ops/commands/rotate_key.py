"""`fiveplusn rotate-key`: another key wraps people's keys, and the old one is destroyed."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from ops.client import OPERATOR, Client
from ops.commands.databases import Databases, MasterKey, databases_of
from ops.commands.options import DEFAULT_DATA, Data, with_client
from ops.embedded.keys import Keys as KeyFolder
from ops.embedded.keys import write_private
from ops.embedded.processes import StackError
from ops.embedded.stack import SERVICES
from shared.plumbing.keyring import Ring
from shared.plumbing.vault import Keys, Wrapping, rewrap

_OLD = "select wrapped from vault_keys"


def rotate_key(
    data: Data = DEFAULT_DATA,
    databases: Databases = None,
    master_key: MasterKey = None,
    finish: Annotated[bool, typer.Option("--finish", help="第二步：重新包裹全部个人密钥，然后销毁旧密钥")] = False,
    restarted: Annotated[
        bool, typer.Option("--restarted", help="确认全部服务已用新密钥文件重启（--databases）")
    ] = False,
) -> None:
    """轮换包裹密钥。第一步生成新密钥；重启全部服务；第二步 --finish 重新包裹并销毁旧密钥。"""
    file = master_key or KeyFolder(data.resolve()).master_key
    try:
        ring = Ring.read(file, SERVICES)
    except (OSError, ValueError) as error:
        raise StackError("no_key", f"无法读取主密钥文件 {file}（{type(error).__name__}）") from error
    if not finish:
        _begin(file, ring)
        return
    if len(ring.masters) < 2:
        raise StackError("not_begun", "没有待完成的轮换：请先运行 fiveplusn rotate-key，并重启全部服务")
    if databases is None:
        with_client(data, lambda client: _everybody_knows(client, ring.newest))
    elif not restarted:
        raise StackError("not_restarted", "请先用新密钥文件重启全部服务，并以 --restarted 确认")
    done = asyncio.run(finish_rotation(file, ring, databases_of(databases, data)))
    typer.echo(f"重新包裹个人密钥 {done} 个；旧密钥已从 {file} 销毁。请同样销毁它的全部副本。")


def _begin(file: Path, ring: Ring) -> None:
    if len(ring.masters) > 1:
        raise StackError("begun", "上一次轮换尚未完成：请重启全部服务，再运行 fiveplusn rotate-key --finish")
    write_private(file, ring.grown().text())
    typer.echo(f"{file} 已含新密钥（版本 {ring.newest + 1}）。请重启全部服务，再运行 fiveplusn rotate-key --finish。")


async def _everybody_knows(client: Client, version: int) -> None:
    """A service that still wraps under the old version would make keys that nobody can open afterwards."""
    for name in client.address.services:
        if (await client.get(name, "/flow", OPERATOR))["key_version"] != version:
            raise StackError("not_restarted", f"{name} 仍在使用旧密钥：请先重启全部服务")


async def finish_rotation(file: Path, ring: Ring, databases: Mapping[str, str]) -> int:
    """Wrap every key of every vault under the newest version; only when none is left under another, forget the others."""
    if missing := [name for name in SERVICES if name not in databases]:
        raise StackError("no_database", f"没有给出 {missing[0]} 的数据库地址：须给出全部服务")
    done = 0
    for service, url in databases.items():
        done += await _rewrap(url, Keys(ring, service).wrap, service)
    write_private(file, ring.shrunk().text())
    return done


async def _rewrap(url: str, wrap: Wrapping, service: str) -> int:
    con = await asyncpg.connect(url)
    try:
        done = await rewrap(con, wrap)
        left = sum(wrap.version(row["wrapped"]) != wrap.newest for row in await con.fetch(_OLD))
        if left:
            raise StackError("still_wrapped", f"{service} 还有 {left} 个密钥由旧密钥包裹：旧密钥未销毁，请重试")
        return done
    finally:
        await con.close()
