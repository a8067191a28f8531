"""`fiveplusn secrets`: made once, nobody else's to read, and the tokens are good ones."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.exceptions import NotAuthorizedException
from typer.testing import CliRunner

from ops.cli import application
from ops.commands.secrets import keys_of
from ops.embedded.keys import AUDIENCE, Bearer
from ops.embedded.processes import StackError
from shared.plumbing.auth import Issuers
from shared.plumbing.vault import Keys as MasterKeys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    made(folder, "--issuer", "https://login.town")
    return folder


def made(folder: Path, *more: str) -> None:
    done = CliRunner().invoke(application(), ["secrets", str(folder), *more], catch_exceptions=False)
    assert done.exit_code == 0, done.output


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_nobody_else_on_the_machine_gets_into_the_folder_and_no_container_sees_the_issuers_key(folder: Path):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(keys_of(folder).issuer.stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "database-intake").stat().st_mode) == 0o644


def test_a_second_time_everything_stays_but_the_tokens(folder: Path):
    before = contents(folder)
    made(folder)
    after = contents(folder)
    assert {name for name in before if before[name] != after[name]} == {"token-service", "token-prometheus"}


def test_a_renewed_token_is_seen_where_the_file_is_already_mounted(folder: Path):
    inode = (folder / "token-service").stat().st_ino
    made(folder)
    assert (folder / "token-service").stat().st_ino == inode


def test_the_keys_of_the_towns_own_provider_are_left_alone(folder: Path):
    keys_of(folder).jwks.write_text('{"keys": []}')
    made(folder)
    assert keys_of(folder).jwks.read_text() == '{"keys": []}'


def test_where_the_towns_own_provider_signs_its_tokens_are_left_alone(folder: Path):
    keys_of(folder).issuer.unlink()
    (folder / "token-service").write_text("the provider's")
    made(folder)
    assert (folder / "token-service").read_text() == "the provider's"
    assert not keys_of(folder).issuer.exists()


def test_all_passwords_differ(folder: Path):
    passwords = [
        text for name, text in contents(folder).items() if name.startswith(("database-", "kafka-", "grafana-"))
    ]
    assert len(passwords) == 16 == len(set(passwords))
    assert min(map(len, passwords)) >= 32


def test_its_tokens_are_good_where_its_keys_are_known_and_nowhere_else(folder: Path):
    keys = keys_of(folder)
    assert Issuers(keys.jwks, "https://login.town", AUDIENCE).claims((folder / "token-service").read_text())[
        "roles"
    ] == ["service"]
    token = keys.token(Bearer("operator"), now=datetime.now(UTC), lifetime=timedelta(minutes=1))
    assert Issuers(keys.jwks, "https://login.town", AUDIENCE).claims(token)["sub"] == "operator"
    with pytest.raises(NotAuthorizedException):
        Issuers(keys.jwks, "https://elsewhere", AUDIENCE).claims(token)


def test_a_token_by_the_command(folder: Path):
    done = CliRunner().invoke(
        application(), ["token", "--secrets", str(folder), "--role", "dispatcher"], catch_exceptions=False
    )
    claims = Issuers(keys_of(folder).jwks, "https://login.town", AUDIENCE).claims(done.stdout.split()[-1])
    assert claims["roles"] == ["dispatcher"]


def test_the_master_key_opens_a_vault(folder: Path):
    MasterKeys.from_file(keys_of(folder).master_key, "intake")


def test_a_folder_without_keys_is_told_by_name(tmp_path: Path):
    with pytest.raises(StackError, match="secrets_missing"):
        keys_of(tmp_path)
