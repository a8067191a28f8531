"""工单栏目: what the hotline's order says besides the core, as far as the field knows its columns.

Source: `docs/work-orders.md`, a union of the order forms of Beijing-style hotlines. Nothing here is a fact of ours: a
status, a handling time or a callback of the sender is kept with the order in the vault, and never replayed. Rules use
where and what it is about (`estate`, `location_point`, the categories), where the core does not say it.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from shared.events.base import Code, Line, Moment, Prose


def line_ends(text: object) -> object:
    """Exports write CR LF, old ones CR: neither is a reason to refuse a resident's words."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _yes_or_no(value: object) -> object:
    return {"是": True, "否": False}.get(value, value) if isinstance(value, str) else value


Text = Annotated[Line, BeforeValidator(line_ends)]
Long = Annotated[Prose, BeforeValidator(line_ends)]
YesNo = Annotated[bool, BeforeValidator(_yes_or_no), Field(strict=True)]
"""是/否, or true and false."""
Times = Annotated[int, Field(ge=0, le=100_000, strict=True)]
"""How often, or how many."""
Several = Annotated[tuple[Text, ...], Field(max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class Respondent(_Part):
    """被反映人/单位: whom the demand is about; personal."""

    name: Text | None = None
    phone: Text | None = None


class ReturnedOrder(_Part):
    """退回: when and why it was last sent back, and how often."""

    at: Moment | None = None
    reason: Long | None = None
    times: Times | None = None


class ExtendedOrder(_Part):
    """延期: by how many days, why, how often, until when."""

    days: Times | None = None
    reason: Long | None = None
    times: Times | None = None
    due_at: Moment | None = None


class HotlineCallback(_Part):
    """回访 by the hotline."""

    at: Moment | None = None
    times: Times | None = None
    connected: YesNo | None = None
    unreachable: YesNo | None = None
    clear: YesNo | None = None
    valid: YesNo | None = None
    contacted: YesNo | None = None
    resolved: YesNo | None = None
    satisfaction: Text | None = None


class Rehandled(_Part):
    """重新办理."""

    at: Moment | None = None
    opinion: Long | None = None
    times: Times | None = None


class Unreasonable(_Part):
    """不合理诉求, as applied for and decided at the hotline."""

    state: Text | None = None
    reason: Long | None = None
    at: Moment | None = None


class Further(_Part):
    """工单其余栏目: all optional; what stands in none of them is kept as it is.

    `tz_assumed`: a time without a zone was read as Asia/Shanghai (an import says so).
    """

    created_at: Moment | None = None
    order_nature: Text | None = None
    category_l1: Text | None = None
    category_l2: Text | None = None
    category_l3: Text | None = None
    category_code: Text | None = None
    tags: Several | None = None
    subject_kind: Text | None = None
    company_name: Text | None = None
    repeat_caller: YesNo | None = None
    repeat_of: Code | None = None
    urge_numbers: Several | None = None
    respondent: Respondent | None = None
    district: Text | None = None
    town: Text | None = None
    estate: Text | None = None
    location_point: Text | None = None
    address: Text | None = None
    dispatched_at: Moment | None = None
    dispatch_note: Long | None = None
    lead_unit: Text | None = None
    unit_l2: Text | None = None
    unit_l3: Text | None = None
    support_units: Several | None = None
    limit: Times | None = None
    limit_unit: Text | None = None
    due_at: Moment | None = None
    accepted_at: Moment | None = None
    accepted_in_time: YesNo | None = None
    returned: ReturnedOrder | None = None
    extension: ExtendedOrder | None = None
    supervised: YesNo | None = None
    hard_case: YesNo | None = None
    hard_case_at: Moment | None = None
    due_soon: YesNo | None = None
    overdue: YesNo | None = None
    handling_method: Text | None = None
    result: Long | None = None
    reply: Long | None = None
    feedback_in_time: YesNo | None = None
    finished_at: Moment | None = None
    finish_times: Times | None = None
    callback: HotlineCallback | None = None
    first_satisfaction: Text | None = None
    final_satisfaction: Text | None = None
    rehandled: Rehandled | None = None
    unreasonable: Unreasonable | None = None
    assessment_appeal: Text | None = None
    status: Text | None = None
    tz_assumed: YesNo | None = None


def further(said: dict[str, JsonValue]) -> Further:
    """The known columns among these; raises `ValidationError`, also for text that no writing has (half characters)."""
    known = Further.model_validate(said)
    _writable(said)
    return known


def _writable(value: JsonValue) -> None:
    match value:
        case str():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError("文本含有不完整的字符") from None
        case list():
            for inner in value:
                _writable(inner)
        case dict():
            for name, inner in value.items():
                _writable(name)
                _writable(inner)
