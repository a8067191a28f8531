"""查询码: with it a resident follows a matter without a login.

The code is the beginning of the matter's id and a truncated HMAC-SHA256 of the whole id (FIPS 198-1, SP 800-107): nothing
is stored, nothing is looked up when it is made, and without the key nobody can make one, not even whoever knows the id.
Its last character is a check: whoever mistypes one character, or most swaps of two, is told so without a search.
"""

import hmac
import re
from collections.abc import Sequence
from uuid import UUID

from shared.plumbing.database import Pool

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_READ = str.maketrans("OIL", "011")
"""What is taken for what, when a code is read or dictated."""
_LENGTH = 16
_BEGINNING, _TAG = 32, 43
"""Bits of the id and of the HMAC: with 5 bits a character they fill all but the last one."""


class FollowCodes:
    """The codes of one kind of matter. `use`: what they are for, so that no code opens a matter of another kind."""

    def __init__(self, lookup_key: bytes, use: bytes) -> None:
        self.key = hmac.digest(lookup_key, use, "sha256")

    def of(self, matter: UUID) -> str:
        """查询码: `XXXX-XXXX-XXXX-XXXX`."""
        digest = hmac.digest(self.key, matter.bytes, "sha256")
        number = matter.int >> 128 - _BEGINNING << _TAG | int.from_bytes(digest) >> 256 - _TAG
        digits = [number >> shift & 31 for shift in range(_BEGINNING + _TAG - 5, -1, -5)]
        return _grouped([*digits, _check(digits)])

    async def followed(self, pool: Pool, table: str, code: str) -> UUID | None:
        """The matter of this code, among those of a table whose ids begin so."""
        written = read_code(code)
        if written is None:
            return None
        beginning = 0
        for sign in written.replace("-", "")[:-1]:
            beginning = beginning << 5 | _ALPHABET.index(sign)
        first = beginning >> _TAG << 128 - _BEGINNING
        last = first | (1 << 128 - _BEGINNING) - 1
        rows = await pool.fetch(f"select id from {table} where id between $1 and $2", UUID(int=first), UUID(int=last))
        return next((row["id"] for row in rows if hmac.compare_digest(self.of(row["id"]), written)), None)


def read_code(code: str) -> str | None:
    """A code as we write it, however it is written; None for what is mistyped, or no code at all."""
    plain = re.sub(r"[\s\-]", "", code).upper().translate(_READ)
    digits = [_ALPHABET.find(sign) for sign in plain]
    if len(digits) != _LENGTH or -1 in digits or _check(digits[:-1]) != digits[-1]:
        return None
    return _grouped(digits)


def _check(digits: Sequence[int]) -> int:
    """The check character by the hybrid system of ISO/IEC 7064, for 32 characters (MOD 33,32)."""
    product = 32
    for digit in digits:
        product = ((product + digit) % 32 or 32) * 2 % 33
    return (1 - product) % 32


def _grouped(digits: Sequence[int]) -> str:
    signs = "".join(_ALPHABET[digit] for digit in digits)
    return "-".join(signs[at : at + 4] for at in range(0, _LENGTH, 4))
