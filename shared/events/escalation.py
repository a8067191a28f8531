"""What escalation (吹哨报到) says on `escalation.events`: issues and the duties of the departments."""

from shared.events.base import Code, Fact, Line, Moment, Prose, Ref
from shared.events.vocabulary import CheckInMode, WhistleKind


class EscalationFact(Fact, abstract=True):
    """Anything escalation says."""

    said_by = "escalation"


class IssueFact(EscalationFact, abstract=True):
    """A fact of one issue (吹哨事项). `sources`: the topics, routes or hotspots it comes from."""

    kind = "issue"
    sources: tuple[Ref, ...] = ()


class WhistleRequested(IssueFact):
    """请求吹哨: nobody has been called yet; the town leader decides."""

    community: Code
    category: Code
    place: Code | None
    public_title: Line
    whistle: WhistleKind
    requested_by: Code
    lead: Code | None = None
    support: tuple[Code, ...] = ()
    due_at: Moment | None = None


class WhistleRejected(IssueFact):
    """不予吹哨, with the reason."""

    reason: Line


class IssueEscalated(IssueFact):
    """吹哨: the caller calls exactly one lead department, any support, with a due date [S]."""

    community: Code
    category: Code
    place: Code | None
    whistle: WhistleKind
    caller: Code
    lead: Code
    support: tuple[Code, ...] = ()
    due_at: Moment
    task: Prose


class IssueResolved(IssueFact):
    """问题解决: the caller confirmed it on site."""

    confirmed_at: Moment
    result: Prose


class IssueClosed(IssueFact):
    """吹哨办结: evaluated from both sides, every duty released or excused."""


class IssueWithdrawn(IssueFact):
    """撤哨: by the caller, with the reason."""

    reason: Line


class DutyFact(EscalationFact, abstract=True):
    """A fact of one called department's duty (报到)."""

    kind = "duty"
    issue: Ref
    department: Code


class DepartmentCheckedIn(DutyFact):
    """部门报到: when, on site or online, and whether after the limit. Who came stands in the vault."""

    checked_in_at: Moment
    mode: CheckInMode
    late: bool
    sources: tuple[Ref, ...] = ()
