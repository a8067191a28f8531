"""`fiveplusn api-key`: a key is shown once, its hash is kept, and it can be exchanged and taken back."""

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops.cli import application
from ops.embedded.processes import StackError
from shared.plumbing.api_keys import ApiKeys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "api-keys.json"


def run(file: Path, *words: str) -> Result:
    done = CliRunner().invoke(application(), ["api-key", *words, "--file", str(file)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def made(file: Path, client: str = "app", *more: str) -> str:
    return run(file, "new", client, *more).output.strip().splitlines()[-1]


def test_a_new_key_is_good_until_its_end_and_only_its_hash_is_kept(file: Path):
    key = made(file, "app", "--days", "30")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key)
    assert key not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys, now = ApiKeys(file), datetime.now(UTC)
    assert keys.client(key, now) == "app"
    assert keys.client(key, now + timedelta(days=29)) == "app"
    assert keys.client(key, now + timedelta(days=31)) is None
    assert keys.client(key[:-1], now) is None
    assert key not in run(file, "list").output


def test_keys_are_exchanged_two_at_a_time_while_the_service_runs(file: Path):
    keys, now = ApiKeys(file), datetime.now(UTC)
    old, new = made(file), made(file)
    assert [keys.client(key, now) for key in (old, new)] == ["app", "app"]
    with pytest.raises(StackError, match="too_many_keys"):
        made(file)
    other = made(file, "other")
    run(file, "revoke", "app", "--older")
    assert [keys.client(key, now) for key in (old, new, other)] == [None, "app", "other"]
    run(file, "revoke", "app")
    assert [keys.client(key, now) for key in (old, new, other)] == [None, None, "other"]


def test_a_file_that_is_there_keeps_its_place_and_its_rights(file: Path):
    made(file)
    file.chmod(0o644)
    before = file.stat()
    made(file)
    assert (file.stat().st_ino, file.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("client", ["App", "", "a b", "a\n", "x" * 41, "../x"])
def test_a_client_has_a_plain_name(file: Path, client: str):
    with pytest.raises(StackError, match="bad_client_name"):
        made(file, client)
    assert not file.exists()


def test_a_broken_file_is_not_written_over(file: Path):
    file.parent.mkdir()
    file.write_text("[{")
    with pytest.raises(StackError, match="api_keys_unreadable"):
        made(file)
    assert file.read_text() == "[{"
