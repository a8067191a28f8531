"""`fiveplusn secrets`: keys, passwords and tokens of a stack in containers, each made once, each in a file of its own."""

import secrets as random
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ops.embedded.keys import Bearer, Keys, write_private
from ops.embedded.processes import StackError
from ops.embedded.stack import ROOT, SERVICES
from shared.plumbing.rights import read_access

ACCESS = ROOT / "deploy" / "kafka" / "access.yaml"
ISSUER = "urn:fiveplusn:compose"
_TOKENS = {"token-service": Bearer("service"), "token-prometheus": Bearer("service")}


def secrets(
    folder: Annotated[Path, typer.Argument(help="密钥目录")] = Path(".secrets"),
    issuer: Annotated[str | None, typer.Option(help=f"令牌签发者；缺省保持已有的，否则为 {ISSUER}")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="服务令牌的有效天数")] = 365,
) -> None:
    """生成容器部署所需的密钥、口令与服务令牌；已有的保持不变，服务令牌每次续签。"""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    if issuer or not (folder / "issuer").exists():
        write_private(folder / "issuer", (issuer or ISSUER) + "\n")
    keys = keys_of(folder)
    if not keys.jwks.exists():  # a town puts its own provider's there
        keys.make()
    made = [file for file in map(folder.joinpath, passwords()) if not file.exists()]
    for file in made:
        write_private(file, random.token_urlsafe(24))
    if not (folder / "api-keys.json").exists():
        write_private(folder / "api-keys.json", "[]\n")  # `fiveplusn api-key` adds to it
    if not (folder / "notices").exists():
        write_private(folder / "notices", f"whsec_{b64encode(random.token_bytes(32)).decode()}\n")
    signs = keys.issuer.exists()  # without it the town's own provider does
    for name, bearer in _TOKENS.items() if signs else ():
        token = keys.token(bearer, now=datetime.now(UTC), lifetime=timedelta(days=days))
        (folder / name).write_text(token)  # in place: a container that runs sees the new one
    shown = (*passwords(), "api-keys.json", "notices")
    for file in (keys.master_key, keys.jwks, *map(folder.joinpath, shown), *folder.glob("token-*")):
        file.chmod(0o644)  # containers run as users of their own; on the host the folder keeps everybody else out
    typer.echo(
        f"{folder}：新增口令 {len(made)} 个，服务令牌有效至 {datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}。"
    )


def passwords() -> Iterator[str]:
    """The names of all files that hold a password."""
    yield from (f"database-{role}" for role in ("postgres", *SERVICES))
    yield from (f"kafka-{user}" for user in ("admin", "controller", *read_access(ACCESS)))
    yield "grafana-admin"


def keys_of(folder: Path) -> Keys:
    """The keys of such a folder, with the issuer it was made for."""
    try:
        return Keys(folder, (folder / "issuer").read_text().strip())
    except FileNotFoundError:
        raise StackError("secrets_missing", f"{folder} 不是密钥目录，请先运行 fiveplusn secrets {folder}") from None
