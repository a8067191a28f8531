"""查询码: with it a resident follows a matter without a login.

The code is the beginning of the matter's id and a truncated HMAC-SHA256 of the whole id (FIPS 198-1, SP 800-107): nothing
is stored, nothing is looked up when it is made, and without the key nobody can make one, not even whoever knows the id.
Its last character is a check: whoever mistypes one character, or most swaps of two, is told so without a search.
"""

import hmac
from collections.abc import Sequence
from uuid import UUID

from shared.plumbing.database import Pool
from shared.plumbing.dictated import digits_of, heard, number_of, written

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
        digits = digits_of(number, _LENGTH - 1)
        return written([*digits, _check(digits)])

    async def followed(self, pool: Pool, table: str, code: str) -> UUID | None:
        """The matter of this code, among those of a table whose ids begin so."""
        digits = read_code(code)
        if digits is None:
            return None
        beginning = number_of(digits[:-1])
        first = beginning >> _TAG << 128 - _BEGINNING
        last = first | (1 << 128 - _BEGINNING) - 1
        rows = await pool.fetch(f"select id from {table} where id between $1 and $2", UUID(int=first), UUID(int=last))
        return next((row["id"] for row in rows if hmac.compare_digest(self.of(row["id"]), written(digits))), None)


def read_code(code: str) -> list[int] | None:
    """The digits of a code, however it is written; None for what is mistyped, or no code at all."""
    digits = heard(code)
    return digits if digits and len(digits) == _LENGTH and _check(digits[:-1]) == digits[-1] else None


def _check(digits: Sequence[int]) -> int:
    """The check character by the hybrid system of ISO/IEC 7064, for 32 characters (MOD 33,32)."""
    product = 32
    for digit in digits:
        product = ((product + digit) % 32 or 32) * 2 % 33
    return (1 - product) % 32
