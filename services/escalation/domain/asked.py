"""What people ask of escalation: issues and duties."""

from typing import Annotated

from pydantic import Field

from shared.events.base import Asked, Code, Flag, Kept, Line, Moment, Prose
from shared.events.escalation import PlanStep, Points, Sha256, SupervisionLevel, WorkDone
from shared.events.vocabulary import CheckInMode, WhistleKind

Departments = Annotated[tuple[Code, ...], Field(max_length=50)]
Communities = Annotated[tuple[Code, ...], Field(max_length=50)]
Evidence = Annotated[tuple[Sha256, ...], Field(max_length=100)]
Done = Annotated[tuple[WorkDone, ...], Field(max_length=100)]


class Because(Asked):
    """A decision that needs nothing but its reason."""

    reason: Line


class RequestWhistle(Asked):
    """请求吹哨 by hand. `communities`: whom it concerns besides (联合哨). `lead`, `support`, `due_at`: a proposal."""

    community: Code
    category: Code
    place: Code | None = None
    public_title: Line
    whistle: WhistleKind
    lead: Code | None = None
    support: Departments = ()
    due_at: Moment | None = None
    communities: Communities = ()


class ApproveWhistle(Asked):
    """同意吹哨."""

    note: Line | None = None


class Escalate(Asked):
    """吹哨. What is left out is taken from the request.

    `hard`: a hard matter may take longer. `order_extended`: the complaint it comes from has been extended or listed.
    """

    task: Prose
    lead: Code | None = None
    support: Departments | None = None
    due_at: Moment | None = None
    community: Code | None = None
    communities: Communities | None = None
    hard: Flag = False
    order_extended: Flag = False


class PlanAction(Asked):
    """行动方案."""

    steps: Annotated[tuple[PlanStep, ...], Field(min_length=1, max_length=100)]


class ReportProgress(Asked):
    """填报进展: all that the department has done so far. `evidence`: checksums of its duty's attachments."""

    done: Done = ()
    evidence: Evidence = ()
    note: Line | None = None


class Resolve(Asked):
    """确认解决."""

    result: Prose
    on_site: Flag


class Reopen(Asked):
    """重新处置, until when."""

    reason: Line
    due_at: Moment


class EvaluateDepartment(Asked):
    """考核部门: how far it solved its part and how well it cooperated, in percent."""

    department: Code
    solved: Points
    cooperation: Points
    comment: Line | None = None


class CommentOnScore(Asked):
    """得分申辩, by the department that was evaluated."""

    comment: Line


class EvaluateWhistle(Asked):
    """考核哨源."""

    justified: Flag
    clear: Flag
    comment: Line | None = None


class ExtendDeadline(Asked):
    """延期. `order_extended`: the complaint it comes from has been extended or listed."""

    due_at: Moment
    reason: Line
    order_extended: Flag = False


class Supervise(Asked):
    """督办 by hand."""

    level: SupervisionLevel
    reason: Line


class Present(Kept):
    """到场人员: name and number of one who came for a department."""

    name: Annotated[Line, Field(max_length=50)]
    phone: Annotated[Line, Field(max_length=30)] | None = None


class Arrival(Kept):
    """谁来了、到了哪里: for the vault, and never said in a fact. `place`: as the officer says it."""

    people: Annotated[tuple[Present, ...], Field(min_length=1, max_length=20)]
    place: Line | None = None


class CheckIn(Asked):
    """报到. `arrival`: who came, and where."""

    mode: CheckInMode
    arrival: Arrival | None = None


class FinishDuty(Asked):
    """部门办结: final quantities. `evidence`: checksums of the duty's attachments."""

    done: Done = ()
    evidence: Evidence = ()
    note: Line | None = None


class ObjectToDuty(Asked):
    """提出职责异议. `proposed`: whose duty it would be."""

    reason: Line
    proposed: Code | None = None


class ReassignLead(Asked):
    """改派主责部门."""

    lead: Code
    reason: Line
