"""查询码: by which somebody without a login follows one complaint."""

import hmac
from uuid import UUID

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit or like another letter."""
_CHARACTERS, _GROUP = 16, 4


def follow_code(lookup_key: bytes, complaint: UUID) -> str:
    """The code of a complaint, `XXXX-XXXX-XXXX-XXXX`: 80 bits that nobody can guess without the key."""
    number = int.from_bytes(hmac.digest(lookup_key, f"follow\n{complaint}".encode(), "sha256")[:10], "big")
    digits = [_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(_CHARACTERS))]
    return "-".join("".join(digits[i : i + _GROUP]) for i in range(0, _CHARACTERS, _GROUP))
