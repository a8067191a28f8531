"""七种结论 as they are asked for: one per topic and meeting. Their rules stand in `concluding`."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.deliberation.domain.asked import Promises
from shared.events.base import Asked, Code, Line, Moment, Prose
from shared.events.deliberation import AssemblyForum, AssemblyMatter, CommonDemand, UpwardReason
from shared.events.vocabulary import ProjectCategory, Tag, WhistleKind


class Settle(Asked):
    """当场解决 (exit a)."""

    conclusion: Literal["SETTLED"] = "SETTLED"
    promises: Promises
    review_on: date | None = None


class ReferToAssembly(Asked):
    """提交会议决定 (exit b)."""

    conclusion: Literal["REFERRED_TO_ASSEMBLY"] = "REFERRED_TO_ASSEMBLY"
    forum: AssemblyForum
    matter: AssemblyMatter
    authorised: bool = False


class ReportUpward(Asked):
    """上报并说明 (exit c)."""

    conclusion: Literal["REPORTED_UPWARD"] = "REPORTED_UPWARD"
    reason: UpwardReason
    reported_to: Code | None = None
    explanation: Prose | None = None
    review_on: date


class NeedDepartments(Asked):
    """需吹哨 (exit d)."""

    conclusion: Literal["NEEDS_DEPARTMENTS"] = "NEEDS_DEPARTMENTS"
    whistle: WhistleKind = WhistleKind.PUBLIC_DEMAND
    lead: Code | None = None
    support: Annotated[tuple[Code, ...], Field(max_length=30)] = ()
    due_at: Moment | None = None


class NeedProject(Asked):
    """纳入民心项目池 (exit e)."""

    conclusion: Literal["NEEDS_PROJECT"] = "NEEDS_PROJECT"
    project_category: ProjectCategory
    tags: Annotated[tuple[Tag, ...], Field(max_length=12)] = ()
    common: CommonDemand
    finding: Line | None = None


class Agree(Asked):
    """协商一致."""

    conclusion: Literal["AGREED"] = "AGREED"
    promises: Promises
    review_on: date | None = None


class Defer(Asked):
    """暂缓再议."""

    conclusion: Literal["DEFERRED"] = "DEFERRED"
    reason: Line


Conclusion = Annotated[
    Settle | ReferToAssembly | ReportUpward | NeedDepartments | NeedProject | Agree | Defer,
    Field(discriminator="conclusion"),
]
"""One of the seven conclusions."""


class ConcludeTopic(Asked):
    """一项议题的结论."""

    topic: UUID
    conclusion: Conclusion


class HoldMeeting(Asked):
    """结束会议. `held_at`: when it ended, if not now; `no_problems`: the parties had none to exchange this month."""

    conclusions: Annotated[tuple[ConcludeTopic, ...], Field(max_length=50)]
    held_at: Moment | None = None
    no_problems: bool = False
