"""签到码: a party's card at the table carries a code; whoever comes uses it once, on a telephone, without a login.

Nothing is stored: the code follows from the meeting, its start and the party, and without the key nobody can make one.
A postponed meeting has new codes.
"""

import hmac
from datetime import UTC, datetime
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_READ = str.maketrans("OIL", "011", " -")
"""What is taken for what when a code is typed, and what is left out."""
_SIGNS = 8
"""40 bits: at 30 tries a minute from each of a thousand addresses a guess would take half a lifetime."""
_USE = b"check-in"


def check_in_code(lookup: bytes, meeting: UUID, starts_at: datetime, party: str) -> str:
    """签到码 of a party: `XXXX-XXXX`."""
    code = _code(lookup, meeting, starts_at, party)
    return f"{code[:4]}-{code[4:]}"


def fits(lookup: bytes, meeting: UUID, starts_at: datetime, party: str, typed: str) -> bool:
    """Whether that code was typed, however it was written."""
    read = typed.upper().translate(_READ)
    return read.isascii() and hmac.compare_digest(read, _code(lookup, meeting, starts_at, party))


def _code(lookup: bytes, meeting: UUID, starts_at: datetime, party: str) -> str:
    key = hmac.digest(lookup, _USE, "sha256")
    named = f"{meeting}\n{starts_at.astimezone(UTC).isoformat()}\n{party}"
    number = int.from_bytes(hmac.digest(key, named.encode(), "sha256")[:5])
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_SIGNS - 1), -1, -5))
