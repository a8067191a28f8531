"""The numbers of projects that are our default [D]: section `projects` of `config/township.yaml`."""

from datetime import timedelta
from typing import Self

from pydantic import Field, model_validator

from shared.events.base import Value
from shared.events.projects import Count, Criterion, Percent, Yuan
from shared.rules import township
from shared.rules.attachment import AttachmentTerms
from shared.rules.deadline import Limit
from shared.rules.site import SiteTerms


class Scoring(Value):
    """评分办法: weights in percent, and what earns all points of the measured parts.

    `full_beneficiaries`, `full_people`: so many, or more, earn all points. `dear_per_head_yuan`: so much for one
    beneficiary, or more, earns none.
    """

    weights: dict[Criterion, Percent]
    full_beneficiaries: Count = Field(ge=1)
    full_people: Count = Field(ge=1)
    dear_per_head_yuan: Yuan = Field(ge=1)

    @model_validator(mode="after")
    def _weighs_everything(self) -> Self:
        if set(self.weights) != set(Criterion) or sum(self.weights.values()) != 100:
            raise ValueError("评分权重须覆盖全部评分项，合计 100")
        return self


class Terms(township.Terms):
    """民心项目池的各项约定. `persons_kept`: who suggested or was in charge, from the answer or the end of the project."""

    suggestion_review: Limit
    suggestion_answer: Limit
    attachments: AttachmentTerms
    public: SiteTerms
    scoring: Scoring
    voting: bool
    finish_warning_days: int = Field(ge=1, le=365)
    acceptance_residents: int = Field(ge=1)
    acceptance_satisfaction: Percent
    rectification: Limit
    effect_days: int = Field(ge=1, le=730)
    effect_small_below: int = Field(ge=0)
    effect_fall: Percent
    persons_kept: timedelta = Field(gt=timedelta(0))
