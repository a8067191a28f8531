"""查询码: with it a resident follows a complaint without a login.

The code is the beginning of the complaint's id and a truncated HMAC-SHA256 of the whole id (FIPS 198-1, SP 800-107): nothing
is stored, nothing is looked up when it is made, and without the key nobody can make one, not even whoever knows the id.
Its last character is a check: whoever mistypes one character, or most swaps of two, is told so without a search.
"""

import hmac
import re
from collections.abc import Sequence
from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.wording import STATES, sentence, text
from services.intake.history import Said
from shared.events import intake as said
from shared.plumbing.database import Pool
from shared.rules.township import Town

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
_READ = str.maketrans("OIL", "011")
"""What is taken for what, when a code is read or dictated."""
_LENGTH = 16
_BEGINNING, _TAG = 32, 43
"""Bits of the id and of the HMAC: with 5 bits a character they fill all but the last one."""
_USE = b"follow"

_WITH = "select id from complaints where id between $1 and $2"


def follow_code(lookup_key: bytes, complaint: UUID) -> str:
    """查询码 of a complaint: `XXXX-XXXX-XXXX-XXXX`."""
    digest = hmac.digest(hmac.digest(lookup_key, _USE, "sha256"), complaint.bytes, "sha256")
    number = complaint.int >> 128 - _BEGINNING << _TAG | int.from_bytes(digest) >> 256 - _TAG
    digits = [number >> shift & 31 for shift in range(_BEGINNING + _TAG - 5, -1, -5)]
    return _grouped([*digits, _check(digits)])


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


async def followed(pool: Pool, lookup_key: bytes, code: str) -> UUID | None:
    """The complaint of this code, among those whose ids begin so."""
    written = read_code(code)
    if written is None:
        return None
    beginning = 0
    for sign in written.replace("-", "")[:-1]:
        beginning = beginning << 5 | _ALPHABET.index(sign)
    first = beginning >> _TAG << 128 - _BEGINNING
    last = first | (1 << 128 - _BEGINNING) - 1
    rows = await pool.fetch(_WITH, UUID(int=first), UUID(int=last))
    return next((row["id"] for row in rows if hmac.compare_digest(follow_code(lookup_key, row["id"]), written)), None)


PUBLIC = (
    said.ComplaintReceived,
    said.ComplaintAnswered,
    said.ComplaintRedirected,
    said.ComplaintDispatched,
    said.ComplaintAccepted,
    said.ComplainantContacted,
    said.SupportUnitAdded,
    said.ExtensionGranted,
    said.ComplaintListed,
    said.ListingEnded,
    said.ComplaintFinished,
    said.CallbackTried,
    said.CallbackRecorded,
    said.ComplaintReopened,
    said.ComplaintClosed,
    said.ComplaintProgressed,
    said.ComplaintUrged,
    said.ComplaintRouted,
    said.RouteTaken,
    said.RouteConcluded,
)
"""公开环节: the steps that a resident is shown; how units and the town settle things among themselves is not one."""
_PLAIN = {
    said.ComplaintReceived: "已登记",
    said.ComplaintDispatched: "已派单",
    said.ComplaintAccepted: "已签收",
    said.ComplainantContacted: "已联系",
    said.SupportUnitAdded: "已增加协办单位",
    said.ExtensionGranted: "已延期",
    said.ComplaintListed: "暂时无法解决，已挂账，时限中止",
    said.ListingEnded: "恢复办理",
    said.ComplaintFinished: "已办结，等待回访",
    said.CallbackTried: "回访未能联系",
    said.CallbackRecorded: "已回访",
    said.ComplaintReopened: "重新办理",
    said.ComplaintClosed: "已归档",
    said.ComplaintAnswered: "已直接答复",
    said.ComplaintRedirected: "已引导至其他渠道",
    said.ComplaintUrged: "收到催办或补充",
}
"""Of a confidential complaint a step says no more than this."""


def public_view(complaint: Complaint, rows: list[Said], code: str, town: Town) -> dict[str, object]:
    """What whoever has the code sees: never a resident's own words or a name; of a confidential one no category and text."""
    category = community = place = None
    if not complaint.confidential:
        category, community, place = (
            town.category(complaint.category),
            town.community(complaint.community),
            town.place(complaint.place),
        )
    unit = town.unit(complaint.lead)
    steps = [
        {
            "at": row["occurred_at"].isoformat(),
            "says": _PLAIN.get(type(fact), "办理进展") if complaint.confidential else sentence(fact, town),
            "note": text(fact),
        }
        for row, fact in rows
        if isinstance(fact, PUBLIC)
    ]
    return {
        "code": code,
        "state": complaint.state,
        "says": STATES[complaint.state],
        "received_at": complaint.received_at.isoformat(),
        "unit": unit.name if unit else complaint.lead,
        "due_at": complaint.due_at.isoformat() if complaint.due_at else None,
        "category": category.name if category else None,
        "community": community.name if community else None,
        "place": place.name if place else None,
        "steps": steps,
    }
