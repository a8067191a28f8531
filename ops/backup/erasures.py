"""The log of erasures: a list outside the backups, so that a person who was erased does not come back with one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from ops.embedded.processes import StackError
from services.intake.forgetting import ERASED_BEFORE, forget_again

INTAKE = "intake"
_KNOWS = "select to_regclass('erasures') is not null and to_regclass('forgotten_people') is not null"


@dataclass(frozen=True, slots=True)
class Erased:
    """One line: which erasure, of whom (a keyed hash, of no use without the key), on which ground, when."""

    id: UUID
    subject: UUID
    ground: str
    at: datetime

    def line(self) -> str:
        """As JSON."""
        return json.dumps(
            {"id": str(self.id), "subject": str(self.subject), "ground": self.ground, "at": self.at.isoformat()}
        )


def read_log(file: Path) -> list[Erased]:
    """The lines of a log; raises `StackError` with the number of the first that is none."""
    found = []
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise StackError("no_log", f"无法读取 {file}（{type(error).__name__}）") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["at"])
            found.append(Erased(UUID(said["id"]), UUID(said["subject"]), str(said["ground"]), at))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StackError("bad_log", f"{file} 第 {number} 行不是删除记录") from error
    return found


async def read_erased(url: str) -> list[Erased]:
    """What intake's database knows, oldest first."""
    con = await asyncpg.connect(url)
    try:
        return [Erased(*row) for row in await con.fetch(ERASED_BEFORE)]
    finally:
        await con.close()


async def erase_again(url: str, log: Iterable[Erased]) -> int:
    """Execute those that the database does not know; how many. All or none."""
    con = await asyncpg.connect(url)
    try:
        if not await con.fetchval(_KNOWS):
            raise StackError(
                "older_schema", "该数据库早于删除功能：请先更新数据库结构，再运行 fiveplusn erasures again"
            )
        async with con.transaction():
            return sum([await forget_again(con, one.id, one.subject, one.ground, one.at) for one in log])
    finally:
        await con.close()
