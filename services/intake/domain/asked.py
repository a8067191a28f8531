"""What people ask intake for, and the work order as it comes in."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.intake.domain.hotline import Further, further, line_ends
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


def given(field: str) -> dict[str, Any]:
    """That a text is there, as a JSON Schema says it: for models of which one field of several must be."""
    return {"required": [field], "properties": {field: {"type": "string"}}}


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("内容不能为空白")
    return text


Words = Annotated[
    Prose,
    BeforeValidator(line_ends),
    AfterValidator(_visible),
    Field(json_schema_extra={"pattern": r"^(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
"""A resident's own words: for the vault, never for a fact."""
LONGEST_TITLE = 200
"""So many characters has a title at most (`Line`); the content has room for all the rest."""
Title = Annotated[
    Line,
    BeforeValidator(line_ends),
    AfterValidator(_visible),
    Field(json_schema_extra={"pattern": r"^(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
"""标题: a resident's own words too, one line long. What was kept before may be longer; what comes in is not."""
Named = Annotated[
    Line,
    BeforeValidator(line_ends),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}),
]
"""A community, place or category as the sender calls it: code, name or alias."""
Phone = Annotated[str, StringConstraints(min_length=3, max_length=40, pattern=r"^[0-9+*()\- ]+$")]


class Complainant(BaseModel):
    """诉求人, for the vault. `person_key`: how the sender tells people apart, where it does; `contact`: another way to
    reach them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line | None = None
    phone: Phone | None = None
    person_key: Line | None = None
    gender: Line | None = None
    email: Line | None = None
    contact: Line | None = None


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

    @property
    def place_words(self) -> tuple[str, ...]:
        """Where it is, in the sender's words."""
        return _given(self.place)

    @property
    def category_words(self) -> tuple[str, ...]:
        """What it is about, in the sender's words."""
        return _given(self.category)


def _given(*words: str | None) -> tuple[str, ...]:
    return tuple(word for word in words if word is not None)


class KeptOrder(Order):
    """An order as it was written down, with or without a number: what else came with it stays beside the core."""

    model_config = ConfigDict(extra="allow")

    @model_validator(mode="after")
    def _columns_are_readable(self) -> Self:
        """Most orders have the core only: fifty optional fields would cost each of them as much as all the rest."""
        if self.model_extra:
            further(self.model_extra)
        return self

    @property
    def further(self) -> Further:
        """The other columns of the hotline."""
        return further(self.model_extra or {})

    @property
    def place_words(self) -> tuple[str, ...]:
        """Where it is, best word first: the place, else the estate and the point that the sender's columns name."""
        if self.place is not None or not self.model_extra:
            return super().place_words
        return _given(self.further.estate, self.further.location_point)

    @property
    def category_words(self) -> tuple[str, ...]:
        """What it is about, best word first: the category, else the code and the levels of the sender's columns."""
        if self.category is not None or not self.model_extra:
            return super().category_words
        said = self.further
        return _given(said.category_code, said.category_l3, said.category_l2, said.category_l1)


class WorkOrder(KeptOrder):
    """工单 of the topic `hotline.work-orders` and of an import. Its other columns: `services/intake/domain/hotline.py`."""

    number: Code
    title: Title


class NewComplaint(Order):
    """诉求登记 by people: unknown fields are refused; without a number where the channel gives none."""

    model_config = ConfigDict(extra="forbid")

    title: Title


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

    wanted: Flag
