"""Secrets of an embedded stack: made once at the first start, each in a file only its owner may read (0600)."""

import base64
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from ops.embedded.processes import StackError
from shared.plumbing.settings import EMBEDDED_ISSUER

AUDIENCE = "fiveplusn"
_SERVICE_TOKEN_LIFE = timedelta(days=366)


def write_private(file: Path, content: str) -> None:
    """Replace a file at once and as a whole, readable by its owner only."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who holds a token: a role, and the communities or the department it is for; neither means the whole town.

    `posts`: the posts they hold, by which a meeting names its recorder.
    """

    role: str
    communities: tuple[str, ...] = ()
    department: str | None = None
    posts: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """`role` or `role@scope`."""
        scope = "+".join(part for part in (*self.communities, self.department) if part)
        return f"{self.role}@{scope}" if scope else self.role


class Keys:
    """The `keys` folder of a data folder (0700).

    `master.key`: 32 random bytes in base64, wraps the vault's keys: without it no name or contact can be read.
    `issuer.pem`: ES256, signs tokens. `jwks.json`: its public half. `passwords.json`: database role → password.
    `api-keys.json`: hashes of the keys that `fiveplusn api-key` made; not there before the first.
    `service.token`: with it the services read each other's journals; made anew at every start.
    """

    def __init__(self, data: Path, issuer: str = EMBEDDED_ISSUER) -> None:
        self._folder = data / "keys"
        self._issuer_name = issuer
        self.master_key = self._folder / "master.key"
        self.issuer = self._folder / "issuer.pem"
        self.jwks = self._folder / "jwks.json"
        self.service_token = self._folder / "service.token"
        self.api_keys = self._folder / "api-keys.json"
        self._passwords = self._folder / "passwords.json"

    def make(self) -> None:
        """Make what is missing; what is there stays."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.master_key.exists():
            write_private(self.master_key, base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
        if not self.issuer.exists():
            write_private(self.issuer, ECKey.generate_key("P-256").as_pem(private=True).decode())
        key = self._key()
        public = {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}]}
        write_private(self.jwks, json.dumps(public, indent=2) + "\n")
        token = self.token(Bearer("service"), now=datetime.now(UTC), lifetime=_SERVICE_TOKEN_LIFE)
        write_private(self.service_token, token + "\n")

    def passwords(self, roles: Sequence[str]) -> dict[str, str]:
        """The password of each database role; a role asked for the first time gets a random one."""
        known: dict[str, str] = json.loads(self._passwords.read_text()) if self._passwords.exists() else {}
        if new := {role: secrets.token_urlsafe(24) for role in roles if role not in known}:
            known |= new
            write_private(self._passwords, json.dumps(known, indent=2) + "\n")
        return {role: known[role] for role in roles}

    def token(self, bearer: Bearer, *, now: datetime, lifetime: timedelta, roles: Sequence[str] = ()) -> str:
        """A bearer token (RFC 9068) that the services of this stack accept, and no others. `roles`: instead of the one."""
        if not self.issuer.exists():
            raise StackError("issuer_missing", f"找不到签发密钥 {self.issuer}，请先运行 fiveplusn up")
        key = self._key()
        issued = int(now.timestamp())
        claims: dict[str, object] = {
            "iss": self._issuer_name,
            "aud": AUDIENCE,
            "sub": bearer.subject,
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "jti": secrets.token_hex(16),
            "roles": list(roles) or [bearer.role],
            "communities": list(bearer.communities),
        }
        if bearer.department is not None:
            claims["department"] = bearer.department
        if bearer.posts:
            claims["posts"] = list(bearer.posts)
        return jwt.encode({"alg": "ES256", "kid": key.thumbprint(), "typ": "at+jwt"}, claims, key)

    def _key(self) -> ECKey:
        return ECKey.import_key(self.issuer.read_text())
