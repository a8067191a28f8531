"""Secrets are made once, belong to their owner alone, and sign what the services accept."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from ops.embedded.keys import Bearer, Keys
from ops.embedded.processes import StackError
from shared.plumbing.auth import Issuers
from shared.plumbing.settings import EMBEDDED_ISSUER


def test_secrets_are_made_once(tmp_path: Path):
    keys = Keys(tmp_path)
    keys.make()
    before = (keys.master_key.read_text(), keys.issuer.read_text(), keys.passwords(["intake"]))
    Keys(tmp_path).make()
    assert before == (keys.master_key.read_text(), keys.issuer.read_text(), Keys(tmp_path).passwords(["intake"]))


def test_only_the_owner_may_read_them(tmp_path: Path):
    keys = Keys(tmp_path)
    keys.make()
    keys.passwords(["intake"])
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_the_master_key_is_32_random_bytes(tmp_path: Path):
    drawn = set()
    for name in ("a", "b"):
        keys = Keys(tmp_path / name)
        keys.make()
        drawn.add(base64.b64decode(keys.master_key.read_text(), validate=False))
    assert [len(key) for key in drawn] == [32, 32]


def test_the_public_keys_hold_nothing_private(tmp_path: Path):
    keys = Keys(tmp_path)
    keys.make()
    assert [sorted(key) for key in json.loads(keys.jwks.read_text())["keys"]] == [
        ["alg", "crv", "kid", "kty", "use", "x", "y"]
    ]


def test_a_token_says_who_for_what_and_until_when(tmp_path: Path):
    keys = Keys(tmp_path)
    keys.make()
    now = datetime(2024, 2, 1, tzinfo=UTC)
    token = keys.token(Bearer("secretary", ("hexi",)), now=now, lifetime=timedelta(minutes=10))
    decoded = jwt.decode(token, KeySet.import_key_set(json.loads(keys.jwks.read_text())), algorithms=["ES256"])
    assert decoded.header["typ"] == "at+jwt"
    assert len(decoded.claims.pop("jti")) == 32
    assert decoded.claims == {
        "iss": EMBEDDED_ISSUER,
        "aud": "fiveplusn",
        "sub": "secretary@hexi",
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int(now.timestamp()) + 600,
        "roles": ["secretary"],
        "communities": ["hexi"],
    }


def test_the_services_accept_it(tmp_path: Path):
    keys = Keys(tmp_path)
    keys.make()
    token = keys.token(Bearer("officer", department="housing"), now=datetime.now(UTC), lifetime=timedelta(minutes=1))
    claims = Issuers(keys.jwks, EMBEDDED_ISSUER, "fiveplusn").claims(token)
    assert (claims["sub"], claims["department"]) == ("officer@housing", "housing")


def test_without_a_key_the_reader_is_told_what_to_do(tmp_path: Path):
    with pytest.raises(StackError) as refused:
        Keys(tmp_path).token(Bearer("operator"), now=datetime.now(UTC), lifetime=timedelta(minutes=1))
    assert refused.value.code == "issuer_missing"
