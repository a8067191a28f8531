"""`fiveplusn check`: is all well? Exit 0 only when it is."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import typer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from rich.table import Table

from ops.backup.forks import find_forks
from ops.client import OPERATOR, Client, Refused, unsettled
from ops.commands.options import DEFAULT_DATA, AsJson, Data, console, print_json, with_client
from ops.embedded.processes import StackError
from shared.plumbing.topics import SERVICES, WORK_ORDERS


def check(as_json: AsJson = False, data: Data = DEFAULT_DATA) -> None:
    """检查全部服务：就绪、主题、积压、隔离、哈希链、事实折叠与数据表一致、服务之间没有分叉。"""
    found = with_client(data, checks)
    sound = all(entry["ok"] for entry in found)
    if as_json:
        print_json({"ok": sound, "checks": found})
    else:
        table = Table("检查", "结果", "说明")
        for entry in found:
            table.add_row(entry["what"], "[green]正常" if entry["ok"] else "[red]异常", entry["words"])
        console.print(table)
    raise typer.Exit(0 if sound else 1)


async def checks(client: Client) -> list[dict[str, Any]]:
    """Every check, whether it holds, and words."""
    found = [await _one("消息主题", partial(_topics, client))]
    for name in client.address.services:
        found.append(await _one(f"{name} 就绪", partial(_ready, client, name)))
    found.append(await _one("流转", partial(_flow, client)))
    for name in client.address.services:
        found.append(await _one(f"{name} 完整性", partial(_integrity, client, name)))
    found.append(await _one("互相一致", partial(_forks, client)))
    return found


async def _one(what: str, look: Callable[[], Awaitable[tuple[bool, str]]]) -> dict[str, Any]:
    try:
        ok, words = await look()
    except (Refused, StackError, httpx.HTTPError, KafkaError, OSError) as error:
        ok, words = False, str(error) or type(error).__name__
    return {"what": what, "ok": ok, "words": words}


async def _topics(client: Client) -> tuple[bool, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=client.address.kafka)
    await admin.start()
    try:
        missing = {*(f"{name}.events" for name in SERVICES), WORK_ORDERS} - set(await admin.list_topics())
    finally:
        await admin.close()
    return not missing, f"缺少 {', '.join(sorted(missing))}" if missing else "齐全"


async def _ready(client: Client, name: str) -> tuple[bool, str]:
    found = await client.get(name, "/health/ready", OPERATOR)
    return all(found.values()), "、".join(found)


async def _flow(client: Client) -> tuple[bool, str]:
    flow = await client.flow()
    waiting = unsettled(flow)
    waiting += [f"{name}: 隔离 {seen['quarantine']}" for name, seen in flow.items() if seen["quarantine"]]
    return not waiting, "；".join(waiting) or "无积压，无隔离"


async def _integrity(client: Client, name: str) -> tuple[bool, str]:
    try:
        found = await client.get(name, "/integrity", OPERATOR)
    except Refused as refused:
        if refused.status != 409:
            raise
        found = refused.problem
    if found.get("sound"):
        return True, f"{found['streams']} 个流"
    return False, f"{found.get('what')} {found.get('stream') or ''} 第 {found.get('version')} 条"


async def _forks(client: Client) -> tuple[bool, str]:
    """Nobody has heard what its producer did not say, and the dashboard has all facts word for word."""
    compared = await find_forks(client.address.databases)
    return not compared.forked, "；".join(compared.forks) or compared.words
