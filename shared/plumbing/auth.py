"""Who asks, and what they may: JWT bearer tokens, and `config/authz.yaml` (route x role x reach)."""

import json
import time
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from pydantic import TypeAdapter

from shared.plumbing.caller import Person, Reach
from shared.plumbing.settings import read_yaml
from shared.rules.township import Role

Authz = dict[str, dict[Role, Reach]]
"""operation -> role -> reach. What is not listed is denied; `{}` is open to everybody."""


ANYBODY = Person("anybody", Role.RESIDENT, Reach.TOWN)
"""Whoever comes to an open route."""
COOKIE = "__Host-fiveplusn"
"""Where a browser keeps the token of whoever signed in; no script can read it, no other site makes it be sent."""


def load_authz(path: Path, service: str) -> Authz:
    """This service's part of `authz.yaml`, and the part all services share."""
    document = read_yaml(path)
    return TypeAdapter(Authz).validate_python(document["every-service"] | document[service])


class Issuers:
    """Checks tokens: every claim, only keys from our own file, never one that the token itself names.

    A token that was found good stays good until it expires; its signature is not computed again.
    """

    ALGORITHMS = ("ES256", "EdDSA", "RS256")
    LEEWAY = 30
    CACHED = 4096

    def __init__(self, jwks: Path, issuer: str, audience: str) -> None:
        self._keys = KeySet.import_key_set(json.loads(jwks.read_text()))
        self._claims = jwt.JWTClaimsRegistry(
            leeway=self.LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._good: dict[str, tuple[float, dict[str, Any]]] = {}

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a good token; raises `NotAuthorizedException`."""
        known = self._good.get(token)
        if known and known[0] > time.time():
            return known[1]
        try:
            decoded = jwt.decode(token, self._keys, algorithms=list(self.ALGORITHMS))
            if decoded.header.get("typ") != "at+jwt":
                raise NotAuthorizedException
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise NotAuthorizedException from error
        if len(self._good) >= self.CACHED:
            self._good.clear()
        self._good[token] = (float(decoded.claims["exp"]), decoded.claims)
        return decoded.claims


def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The guard of every route: who is it, is one of their roles listed here, and how far does it reach."""
    if connection.scope["path"].startswith("/schema"):
        return
    listed: dict[Role, Reach] | None = connection.app.state.authz.get(handler.handler_name)
    if listed is None:
        raise PermissionDeniedException
    if not listed:
        connection.scope["user"] = ANYBODY
        return
    claims = connection.app.state.issuers.claims(token_of(connection))
    for role, reach in listed.items():
        if role in claims.get("roles", ()):
            connection.scope["user"] = Person(
                str(claims["sub"]),
                role,
                reach,
                frozenset(claims.get("communities") or ()),
                claims.get("department"),
                frozenset(claims.get("posts") or ()),
            )
            return
    raise PermissionDeniedException


def token_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The token that somebody shows; raises `NotAuthorizedException`.

    Who only looks may show it as a cookie where pages are looked at: what changes something asks for the header, which
    no browser sends by itself.
    """
    said = connection.headers.get("authorization")
    if said is None and connection.app.state.pages and connection.scope.get("method") in ("GET", "HEAD"):
        said = f"Bearer {connection.cookies.get(COOKIE, '')}"
    scheme, _, token = (said or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthorizedException(headers={"WWW-Authenticate": "Bearer"})
    return token


def holds_for(connection: ASGIConnection[Any, Any, Any, Any], token: str | None = None) -> float:
    """So many seconds until a token expires, by default the one that somebody shows; raises `NotAuthorizedException`."""
    claims = connection.app.state.issuers.claims(token or token_of(connection))
    return float(claims["exp"]) - time.time()
