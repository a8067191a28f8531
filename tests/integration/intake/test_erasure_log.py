"""The log of erasures: who was erased does not come back with a backup."""

import json
from pathlib import Path

import pytest

from ops.backup.erasures import erase_again, read_erased, read_log
from ops.embedded.processes import StackError
from tests.integration.intake.test_people import PHONE, ended, erased, status
from tests.integration.intake.town import Town

pytestmark = pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")


async def test_what_a_backup_does_not_know_is_executed_again_from_the_log(here: Town, tmp_path: Path) -> None:
    """Seen red: without executing again the person's words are readable after the restore."""
    url = here.service.settings.dsn
    id, stays = await ended(here, "1", 1), await ended(here, "2", 2)
    pool = here.service.pool
    backup = {table: await pool.fetch(f"select * from {table}") for table in ("vault_keys", "vault")}
    await erased(here)
    file = tmp_path / "erasures.jsonl"
    file.write_text("\n".join(one.line() for one in await read_erased(url)) + "\n")
    assert PHONE not in file.read_text()
    for table in ("vault", "vault_keys", "erasures", "forgotten_people", "forgotten_orders"):
        await pool.execute(f"delete from {table}")
    for table, rows in backup.items():
        for row in rows:
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await pool.execute(f"insert into {table} values ({places})", *row.values())
    assert await status(here, id) == 200, "the backup has it"
    assert await erase_again(url, read_log(file)) == 1
    assert await erase_again(url, read_log(file)) == 0
    assert (await status(here, id), await status(here, stays)) == (410, 200)
    assert len(await read_erased(url)) == 1, "the log is whole again"


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", json.dumps({"id": "1", "subject": "2", "at": "x"})])
def test_a_line_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "log"
    file.write_text(f"\n{line}\n")
    with pytest.raises(StackError) as error:
        read_log(file)
    assert (error.value.code, "第 2 行" in error.value.words) == ("bad_log", True)
    with pytest.raises(StackError):
        read_log(tmp_path / "none")
