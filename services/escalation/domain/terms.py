"""The numbers of escalation that are our default [D]: section `escalation` of `config/township.yaml`."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.events.base import Value
from shared.events.escalation import LadderStep, Points, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.rules import township
from shared.rules.attachment import AttachmentTerms
from shared.rules.deadline import Clock, Limit


class StepLimits(Value):
    """报到时限 of one kind of whistle: acknowledge, check in, and at most until the due date (`hard`: a hard matter)."""

    acknowledge: Limit
    check_in: Limit
    due: Limit
    hard: Limit | None = None

    @property
    def counts_working_time(self) -> bool:
        """Whether the holidays matter for answering or coming."""
        return any(limit.clock is not Clock.CALENDAR for limit in (self.acknowledge, self.check_in))

    def longest(self, *, hard: bool) -> Limit:
        """How far away a due date may be."""
        return self.hard if hard and self.hard else self.due


class ScoreWeights(Value):
    """部门得分构成: points for each part, 100 together."""

    acknowledge: Points
    check_in: Points
    solved: Points
    cooperation: Points

    @model_validator(mode="after")
    def _makes_a_hundred(self) -> Self:
        if self.acknowledge + self.check_in + self.solved + self.cooperation != 100:
            raise ValueError("部门得分各项合计须为 100")
        return self


class Terms(township.Terms):
    """吹哨报到的各项约定. `near_percent`: a department is warned when so much of its limit has passed.

    `arrivals_kept`: so long after the release of a department it is kept who came for it.
    """

    approval: Limit
    emergency_approval: Limit
    limits: dict[WhistleKind, StepLimits]
    near_percent: int = Field(ge=1, le=99)
    ladder: tuple[LadderStep, ...]
    score: ScoreWeights
    attachments: AttachmentTerms
    arrivals_kept: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3650))]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if set(self.limits) != set(WhistleKind):
            raise ValueError("须给出每一种吹哨的时限")
        if [step.level for step in self.ladder] != list(SupervisionLevel):
            raise ValueError("督办阶梯须依次列出全部层级")
        percents = [step.percent_past_due for step in self.ladder]
        if percents != sorted(set(percents)):
            raise ValueError("督办阶梯须逐级加长")
        return self

    def approval_limit(self, whistle: WhistleKind) -> Limit:
        """How long the town leader has; an emergency is blown first."""
        return self.emergency_approval if whistle is WhistleKind.EMERGENCY else self.approval
