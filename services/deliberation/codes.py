"""签到码: a party's card at the table carries a code; whoever comes uses it once, on a telephone, without a login.

Nothing is stored: the code follows from the meeting, its start and the party, and without the key nobody can make one.
A postponed meeting has new codes.
"""

import hmac
from datetime import UTC, datetime
from uuid import UUID

from shared.plumbing.dictated import digits_of, heard, written

_SIGNS = 8
"""40 bits: at 30 tries a minute from each of a thousand addresses a guess would take half a lifetime."""
_USE = b"check-in"


def check_in_code(lookup: bytes, meeting: UUID, starts_at: datetime, party: str) -> str:
    """签到码 of a party: `XXXX-XXXX`."""
    return written(_digits(lookup, meeting, starts_at, party))


def fits(lookup: bytes, meeting: UUID, starts_at: datetime, party: str, typed: str) -> bool:
    """Whether that code was typed, however it was written."""
    typed_digits = heard(typed)
    return typed_digits is not None and hmac.compare_digest(
        bytes(typed_digits), bytes(_digits(lookup, meeting, starts_at, party))
    )


def _digits(lookup: bytes, meeting: UUID, starts_at: datetime, party: str) -> list[int]:
    key = hmac.digest(lookup, _USE, "sha256")
    named = f"{meeting}\n{starts_at.astimezone(UTC).isoformat()}\n{party}"
    return digits_of(int.from_bytes(hmac.digest(key, named.encode(), "sha256")[:5]), _SIGNS)
