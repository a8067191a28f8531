"""Signatures of messages to others, as Standard Webhooks 1.0 has them, scheme v1 (HMAC-SHA256)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
"""How Standard Webhooks marks a secret."""
LEAST_BYTES = 24
BYTES = 32
"""So many random bytes has a secret that we make."""


def new_secret() -> str:
    """A secret as its receiver gets it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret, with or without the mark; raises `ValueError` when it is too short or no base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if len(key) < LEAST_BYTES:
        raise ValueError(f"a webhook secret must have at least {LEAST_BYTES} bytes")
    return key


def fingerprint(secret: str) -> str:
    """By this a secret is told from others without being shown: there is too much chance in it to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def signature(key: bytes, id: str, stamp: int, body: bytes) -> str:
    """`v1,` and the HMAC of `id.timestamp.body`, in base64."""
    return "v1," + base64.b64encode(hmac.digest(key, f"{id}.{stamp}.".encode() + body, "sha256")).decode()


def headers(keys: Sequence[bytes], id: str, stamp: int, body: bytes) -> dict[str, str]:
    """The three headers. `keys`: two while a secret is exchanged. `id`: without a full stop; `stamp`: seconds since 1970."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signature(key, id, stamp, body) for key in keys),
    }
