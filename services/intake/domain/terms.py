"""The numbers of intake that are our default [D]: section `intake` of `config/township.yaml`."""

from datetime import time
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.intake.domain.open311 import Open311Terms
from shared.events.base import Code, Value
from shared.events.vocabulary import Urgency
from shared.rules import township
from shared.rules.attachment import AttachmentTerms
from shared.rules.deadline import Limit

Share = Annotated[Decimal, Field(ge=0, le=1)]
"""A part of a whole, written `0.4`."""
Percent = Annotated[Decimal, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1)]


class Returns(Value):
    """退单. `window`: from the dispatch; `decision`: from the request."""

    window: dict[Urgency, Limit]
    decision: Limit


class Extension(Value):
    """延期. `times`: how often it may be asked for; `factor`: at most so much of the original limit."""

    times: Count
    factor: Annotated[Decimal, Field(gt=0, le=1)]
    decision: Limit


class ListingTerms(Value):
    """挂账. `least_rest`: so much is left at least when it ends; `longest`: then it ends unless renewed."""

    review: Limit
    least_rest: Limit
    longest: Limit


class CallbackTerms(Value):
    """回访. `tries`: so many failed ones, at different hours, make the complainant unreachable; `span`: to be done in."""

    tries: Count
    span: Limit


class Rehandling(Value):
    """重办. `times`: at most; `factor`: of the limit each; `least`: but never less than this."""

    times: Count
    factor: Annotated[Decimal, Field(gt=0, le=1)]
    least: Limit


class HotspotTerms(Value):
    """共性诉求. Over `window_days`, and the same number of days before them for comparison.

    `surge`: so much more than before, with `surge_complaints`; `growth`: so many more people than last said;
    `subsided_below`: fewer people end it.
    """

    window_days: Count
    people: Count
    surge: Annotated[Decimal, Field(gt=0)]
    surge_complaints: Count
    growth: Annotated[Decimal, Field(gt=0)]
    subsided_below: Count


class RateTargets(Value):
    """三率目标, in percent: what the town wants to reach; it changes no figure."""

    response: Percent
    resolution: Percent
    satisfaction: Percent


class RateTerms(Value):
    """三率. The three weights add up to one; `basically`: what 基本满意 counts.

    `month_starts_on`: day of the month, 00:00; `day_starts_at`: hour of the day; both Asia/Shanghai.
    `publish_after`: a month is published so long after its end; `gather_minutes`: later changes are gathered so long
    before it is published again. `targets`: None where the town has set none.
    """

    response: Share
    resolution: Share
    satisfaction: Share
    basically: Share
    month_starts_on: Annotated[int, Field(ge=1, le=28)]
    day_starts_at: time
    publish_after: Limit
    gather_minutes: Annotated[int, Field(ge=1, le=1440)]
    targets: RateTargets | None = None

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        if self.response + self.resolution + self.satisfaction != 1:
            raise ValueError("三率权重之和须为 1")
        return self


class ImportTerms(Value):
    """导入. `unfinished`: then a run that nobody finished is dropped; `rejections`: so long the content of a rejected row
    is kept, sealed; `atomic_rows`: at most so many rows are taken in one transaction.
    """

    unfinished: Limit
    rejections: Limit
    atomic_rows: Count


class Retention(Value):
    """保存期限. `after_end`: so long after its end the vault keeps what a complaint's person said."""

    after_end: Limit


class PrivacyTerms(Value):
    """个人信息. Looks by one person in an hour; days for what is set aside, and for which erasures are known."""

    lookups_per_hour: Count
    exports_per_hour: Count
    quarantine_days: Count
    erasures_days: Count


class Terms(township.Terms):
    """接诉的时限与数值. `urgency_of`: what a category proposes; every other category is ROUTINE.

    `repeated_urges`: from so many urges of one complaint on, an urge puts it under supervision.
    """

    limits: dict[Urgency, Limit]
    accept: dict[Urgency, Limit]
    first_contact: dict[Urgency, Limit]
    returns: Returns
    extension: Extension
    listing: ListingTerms
    callback: CallbackTerms
    rehandling: Rehandling
    hotspot: HotspotTerms
    rates: RateTerms
    attachments: AttachmentTerms
    repeat_window_days: Count
    repeated_urges: Count
    imports: ImportTerms
    retention: Retention
    privacy: PrivacyTerms
    urgency_of: dict[Code, Urgency]
    open311: Open311Terms

    @model_validator(mode="after")
    def _for_every_urgency(self) -> Self:
        for limits in (self.limits, self.accept, self.first_contact, self.returns.window):
            if missing := [urgency for urgency in Urgency if urgency not in limits]:
                raise ValueError(f"缺少紧急程度的时限: {', '.join(missing)}")
        return self
