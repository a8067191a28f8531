"""Whether the master key fits: chains, seals and the vault, read with it."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag

from ops.backup.cut import connected
from ops.embedded.processes import StackError
from shared.plumbing.journal import verify
from shared.plumbing.vault import Erased, Keys, Vault

_LOOKED_AT = 500
_OWNERS = "select distinct owner from vault order by owner limit $1"


async def open_with(master_key: Path, databases: Mapping[str, str]) -> int:
    """How many owners' entries in the vaults could be opened, of at most 500 per service; raises `StackError`."""
    opened = 0
    async with connected(databases) as towns:
        for service, con in towns.items():
            keys = Keys.from_file(master_key, service)
            vault = Vault(keys)
            for row in await con.fetch(_OWNERS, _LOOKED_AT):
                try:
                    await vault.read(con, row["owner"])
                except Erased:
                    continue
                except InvalidTag:
                    raise StackError("wrong_key", f"主密钥与备份不符：无法打开 {service} 的保险库") from None
                opened += 1
            if broken := await verify(con, {}, keys.signer):
                where = f"{broken.stream or ''} 第 {broken.version} 条"
                raise StackError("unsound", f"{service} 的日志不可信：{broken.what} {where}（或主密钥不符）")
    return opened
