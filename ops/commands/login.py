"""`fiveplusn login`: a link that signs a browser in on the dashboard, once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
import typer

from ops.client import Address
from ops.commands.options import DEFAULT_DATA, Data
from ops.embedded.keys import Bearer, Keys
from shared.rules.township import Role

LIFE = timedelta(hours=12)
"""So long does a browser stay signed in."""


def login(
    role: Annotated[Role, typer.Option(help="角色")] = Role.SUPERVISOR,
    community: Annotated[list[str] | None, typer.Option(help="所属社区/村（可多次）")] = None,
    department: Annotated[str | None, typer.Option(help="所属部门")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """看板的一次性登录链接：在浏览器里打开，最后一行即链接。"""
    bearer = Bearer(role.value, tuple(community or ()), department)
    address = Address.read(data.resolve())
    typer.echo(asyncio.run(link(address, Keys(address.data), bearer)))


async def link(address: Address, keys: Keys, bearer: Bearer) -> str:
    """A link for this bearer; it opens once."""
    token = keys.token(bearer, now=datetime.now(UTC), lifetime=LIFE)
    dashboard = address.services["dashboard"]
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        answer = await client.post(f"{dashboard}/logins", headers={"Authorization": f"Bearer {token}"})
    return dashboard + str(answer.raise_for_status().json()["path"])
