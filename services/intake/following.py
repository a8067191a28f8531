"""查询码 of a complaint, and what whoever has it is shown."""

from uuid import UUID

from services.intake.domain.complaint import Complaint
from services.intake.domain.wording import STATES, sentence, text
from services.intake.history import Said
from shared.events import intake as said
from shared.plumbing.database import Pool
from shared.plumbing.follow_codes import FollowCodes
from shared.rules.township import Town

_USE = b"follow"


def follow_code(lookup_key: bytes, complaint: UUID) -> str:
    """查询码 of a complaint: `XXXX-XXXX-XXXX-XXXX`."""
    return FollowCodes(lookup_key, _USE).of(complaint)


async def followed(pool: Pool, lookup_key: bytes, code: str) -> UUID | None:
    """The complaint of this code."""
    return await FollowCodes(lookup_key, _USE).followed(pool, "complaints", code)


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
