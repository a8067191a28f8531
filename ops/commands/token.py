"""`fiveplusn token`: a token of the embedded issuer, or of the one that `fiveplusn secrets` made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ops.commands.options import DEFAULT_DATA, Data
from ops.commands.secrets import keys_of
from ops.embedded.keys import Bearer, Keys
from shared.rules.township import Role


def token(
    role: Annotated[Role, typer.Option(help="角色")],
    community: Annotated[list[str] | None, typer.Option(help="所属社区/村（可多次）")] = None,
    department: Annotated[str | None, typer.Option(help="所属部门")] = None,
    post: Annotated[list[str] | None, typer.Option(help="担任的岗位，如会议记录人（可多次）")] = None,
    minutes: Annotated[int, typer.Option(min=1, max=60 * 24, help="有效分钟数")] = 60,
    data: Data = DEFAULT_DATA,
    secrets: Annotated[Path | None, typer.Option(help="用 fiveplusn secrets 生成的密钥目录签发")] = None,
) -> None:
    """签发访问令牌，最后一行即令牌；缺省为内置环境的令牌。"""
    bearer = Bearer(role.value, tuple(community or ()), department, tuple(post or ()))
    keys = keys_of(secrets) if secrets else Keys(data.resolve())
    typer.echo(keys.token(bearer, now=datetime.now(UTC), lifetime=timedelta(minutes=minutes)))
