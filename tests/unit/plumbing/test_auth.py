"""Tokens: every claim is checked, and no token names its own key."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from litestar.exceptions import NotAuthorizedException

from shared.plumbing.auth import Issuers
from shared.plumbing.caller import NotFound, Person, Reach, Role, Scope

KEY = ECKey.generate_key("P-256")
GOOD = {"iss": "urn:town", "aud": "fiveplusn", "sub": "s", "roles": ["secretary"], "nbf": 0}


@pytest.fixture
def issuers(tmp_path: Path) -> Issuers:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [{**KEY.as_dict(private=False), "kid": "k", "use": "sig", "alg": "ES256"}]}))
    return Issuers(file, "urn:town", "fiveplusn")


def token(changes: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: Any = KEY) -> str:
    claims = GOOD | {"exp": int(time.time()) + 600} | (changes or {})
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k", "typ": "at+jwt"} | (header or {}), claims, key)


def test_a_good_token_is_accepted_again_and_again(issuers: Issuers) -> None:
    good = token()
    assert issuers.claims(good)["sub"] == "s"
    assert issuers.claims(good)["sub"] == "s"


@pytest.mark.parametrize(
    "bad",
    [
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iss": "urn:other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=["expired", "no exp", "other iss", "no iss", "other aud", "no aud", "no sub", "not yet"],
)
def test_a_token_with_a_wrong_or_missing_claim_is_refused(issuers: Issuers, bad: dict[str, Any]) -> None:
    with pytest.raises(NotAuthorizedException):
        issuers.claims(token(bad))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"kid": "other"}], ids=str)
def test_a_token_with_another_header_is_refused(issuers: Issuers, header: dict[str, Any]) -> None:
    with pytest.raises(NotAuthorizedException):
        issuers.claims(token(header=header))


def test_a_token_signed_by_another_key_is_refused(issuers: Issuers) -> None:
    with pytest.raises(NotAuthorizedException):
        issuers.claims(token(key=ECKey.generate_key("P-256")))


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_token_signed_with_the_public_key_or_not_at_all_is_refused(issuers: Issuers, algorithm: str) -> None:
    parts = [{"alg": algorithm, "kid": "k", "typ": "at+jwt"}, GOOD | {"exp": int(time.time()) + 600}]
    signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.digest(KEY.as_pem(private=False), signed, "sha256") if algorithm == "HS256" else b""
    forged = signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")
    with pytest.raises(NotAuthorizedException):
        issuers.claims(forged.decode())


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_token_is_refused(issuers: Issuers, text: str) -> None:
    with pytest.raises(NotAuthorizedException):
        issuers.claims(text)


def test_reach_decides_whose_business_it_is() -> None:
    secretary = Person("s", Role.SECRETARY, Reach.COMMUNITY, frozenset({"here"}))
    officer = Person("o", Role.OFFICER, Reach.DEPARTMENT, department="fire")
    assert secretary.reaches(Scope("here"))
    assert not secretary.reaches(Scope("there"))
    assert not secretary.reaches(Scope(None))
    assert officer.reaches(Scope("there", ("water", "fire")))
    assert not officer.reaches(Scope("there", ("water",)))
    with pytest.raises(NotFound):
        secretary.must_reach(Scope("there"))


def test_what_the_journal_calls_an_actor() -> None:
    assert Person("x1", Role.SECRETARY, Reach.COMMUNITY, frozenset({"here"})).actor == "secretary:here:x1"
    assert Person("x2", Role.OFFICER, Reach.DEPARTMENT, department="fire").actor == "officer:fire:x2"
    assert Person("x3", Role.SUPERVISOR, Reach.TOWN).actor == "supervisor::x3"
