"""What people ask intake for, and the work order as it comes in."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from shared.events.base import Asked, Code, Flag, Line, Moment, Prose
from shared.events.intake import (
    CallbackOutcome,
    ContactManner,
    ExceptionGround,
    ListingReason,
    ReturnReason,
    SpokenWith,
    UrgeKind,
)
from shared.events.vocabulary import Channel, ComplaintType, RouteTarget, Satisfaction, Urgency


def _line_ends(text: object) -> object:
    """Exports write CR LF, old ones CR: neither is a reason to refuse a resident's words."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("内容不能为空白")
    return text


Words = Annotated[
    Prose,
    BeforeValidator(_line_ends),
    AfterValidator(_visible),
    Field(json_schema_extra={"pattern": r"^(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
"""A resident's own words: for the vault, never for a fact."""
Named = Annotated[
    Line,
    BeforeValidator(_line_ends),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
"""A community, place or category as the sender calls it: code, name or alias."""
Phone = Annotated[str, StringConstraints(min_length=3, max_length=40, pattern=r"^[0-9+*()\- ]+$")]


class Complainant(BaseModel):
    """诉求人, for the vault. `person_key`: how the sender tells people apart, where it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line | None = None
    phone: Phone | None = None
    person_key: Line | None = None


class Order(BaseModel):
    """What every way in has in common.

    `supplement_of`, `urges`: the number, at the same channel, of the order that this one adds to or urges.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    channel: Channel
    type: ComplaintType
    received_at: Moment
    title: Words
    content: Words
    number: Code | None = None
    community: Named | None = None
    category: Named | None = None
    place: Named | None = None
    urgency: Urgency | None = None
    confidential: Flag = False
    complainant: Complainant = Field(default_factory=Complainant)
    supplement_of: Code | None = None
    urges: Code | None = None


class WorkOrder(Order):
    """工单 of the topic `hotline.work-orders` and of an import: unknown fields are kept for the vault."""

    model_config = ConfigDict(extra="allow")

    number: Code


class NewComplaint(Order):
    """诉求登记 by people: unknown fields are refused; without a number where the channel gives none."""

    model_config = ConfigDict(extra="forbid")


class Answer(Asked):
    """直接答复."""

    answered_at: Moment
    answer: Prose


class Redirect(Asked):
    """引导至其他渠道: why, and where to go instead."""

    told_at: Moment
    reason: Line
    right_channel: Line


class Dispatch(Asked):
    """派单. Community, category and place: what the dispatcher found out; left out, what is known stands."""

    lead: Code
    urgency: Urgency
    community: Code | None = None
    category: Code | None = None
    place: Code | None = None


class Accept(Asked):
    """签收 by the unit."""

    unit: Code


class RequestReturn(Asked):
    """申请退单."""

    unit: Code
    reason: ReturnReason
    note: Line | None = None


class Because(Asked):
    """A decision with its reason."""

    reason: Line


class Contact(Asked):
    """联系诉求人: who spoke to the complainant, when and how."""

    unit: Code
    contacted_at: Moment
    manner: ContactManner


class AddSupport(Asked):
    """增加协办单位."""

    unit: Code


class ReportProgress(Asked):
    """报告进展."""

    unit: Code
    note: Line


class RequestExtension(Asked):
    """申请延期 until a moment."""

    unit: Code
    until: Moment
    reason: Line


class RequestListing(Asked):
    """申请挂账: what blocks it, when that was explained to the complainant [S], and what is planned."""

    unit: Code
    reason: ListingReason
    explained_at: Moment
    plan: Line


class ReviewListing(Asked):
    """挂账复核: why it still stands. `renew`: its longest time begins anew."""

    finding: Line
    renew: Flag = False


class Finish(Asked):
    """办结: when, with whom, what."""

    unit: Code
    finished_at: Moment
    spoken_with: SpokenWith
    measure: Prose


class TryCallback(Asked):
    """回访未成."""

    tried_at: Moment
    outcome: CallbackOutcome


class RecordCallback(Asked):
    """回访 with clear answers. `by_city`: the city's own callback."""

    called_at: Moment
    contacted: Flag
    resolved: Flag
    satisfaction: Satisfaction
    by_city: Flag = False


class ApproveException(Asked):
    """批准例外办结."""

    ground: ExceptionGround
    reason: Line


class Urge(Asked):
    """催办 or 补充. `order`: the id of the urging order; the same order urges once."""

    order: UUID
    urge: UrgeKind
    urged_at: Moment


class RouteComplaint(Asked):
    """转办: link to what exists (`target`), or ask the other service to open it."""

    wanted: RouteTarget
    target: UUID | None = None
    public_title: Line | None = None


class PreferNotices(Asked):
    """通知意愿: whether the person wants to be told at all."""

    wanted: bool
