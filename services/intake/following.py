"""查询码: with it a resident follows a complaint without a login.

The code is the complaint's id, encrypted: nothing is stored, nothing is looked up when it is made, and without the key
nobody can make one. It carries the first 64 bits of the id, which tell the town's complaints apart, and 16 zero bits:
of 65,536 guesses 65,535 are none before any complaint is asked for. What encrypts 80 bits is a Feistel network of ten
rounds with HMAC-SHA256 (the structure of FF1, NIST SP 800-38G).
"""

import hmac
import re
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
_CODE = re.compile(f"[{_ALPHABET}]{{16}}")
_ROUNDS = 10
_HALF = 5
_ZEROS = bytes(2)
_USE = b"follow"

_WITH = "select id from complaints where id between $1 and $2 limit 2"


def follow_code(lookup_key: bytes, complaint: UUID) -> str:
    """查询码 of a complaint: `XXXX-XXXX-XXXX-XXXX`."""
    left, right = _halves(complaint.bytes[:8] + _ZEROS)
    key = hmac.digest(lookup_key, _USE, "sha256")
    for turn in range(_ROUNDS):
        left, right = right, left ^ _mixed(key, turn, right)
    number = int.from_bytes(_joined(left, right))
    digits = "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def beginning_of(lookup_key: bytes, code: str) -> bytes | None:
    """The first 8 bytes of the id in a code, however it is written; None for what is no code of ours."""
    plain = re.sub(r"[\s\-]", "", code).upper().translate(_READ)
    if not _CODE.fullmatch(plain):
        return None
    number = 0
    for digit in plain:
        number = number << 5 | _ALPHABET.index(digit)
    left, right = _halves(number.to_bytes(2 * _HALF))
    key = hmac.digest(lookup_key, _USE, "sha256")
    for turn in reversed(range(_ROUNDS)):
        left, right = right ^ _mixed(key, turn, left), left
    clear = _joined(left, right)
    return clear[:8] if hmac.compare_digest(clear[8:], _ZEROS) else None


def _halves(ten: bytes) -> tuple[int, int]:
    return int.from_bytes(ten[:_HALF]), int.from_bytes(ten[_HALF:])


def _joined(left: int, right: int) -> bytes:
    return left.to_bytes(_HALF) + right.to_bytes(_HALF)


def _mixed(key: bytes, turn: int, half: int) -> int:
    return int.from_bytes(hmac.digest(key, bytes([turn]) + half.to_bytes(_HALF), "sha256")[:_HALF])


async def followed(pool: Pool, lookup_key: bytes, code: str) -> UUID | None:
    """The complaint of this code. The database is asked whatever the code is: the time it takes tells nothing."""
    beginning = beginning_of(lookup_key, code)
    asked = beginning or bytes(8)
    found = await pool.fetch(_WITH, UUID(bytes=asked + bytes(8)), UUID(bytes=asked + b"\xff" * 8))
    return found[0]["id"] if beginning is not None and len(found) == 1 else None


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
