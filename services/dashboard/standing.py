"""现状: how a stream stands, as its own facts say, one after the other: since when, until when, ended or not, what it is.

Like whose business it is (`concerns.py`), it follows from the stream's own facts and from nothing else, so a dashboard that
is built again says the same. A stream has one date: that of the matter itself, not of the steps on the way to it (to
accept, to contact, to check in), which warnings and misses repeat.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple

from shared.events.base import Fact
from shared.events.deliberation import (
    AbsenceAnswered,
    AbsenceReported,
    AssemblyDecided,
    AssemblyDemanded,
    AssemblyPublished,
    MeetingCancelled,
    MeetingHeld,
    MinutesPublished,
    PlatformRulesAdopted,
    ProblemRaised,
    TopicCarriedOut,
    TopicClosed,
    TopicDisclosed,
    TopicImplementing,
    TopicRejected,
    TopicReopened,
    TopicReportedUpward,
    TopicReviewed,
    TopicsMerged,
    UndertakingAssigned,
    UndertakingDone,
    UndertakingExcused,
    UpwardAnswered,
)
from shared.events.escalation import (
    DeadlineExtended,
    DeadlinePaused,
    DeadlineResumed,
    DepartmentReleased,
    DutyCalled,
    DutyDeadlineMoved,
    DutyDeadlinesLifted,
    DutyExcused,
    DutyFinished,
    DutyReopened,
    IssueClosed,
    IssueEscalated,
    IssueReopened,
    IssueResolved,
    IssueWithdrawn,
    LeadReassigned,
    WhistleApproved,
    WhistleRejected,
    WhistleRequested,
)
from shared.events.intake import (
    CallbackRecorded,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeadlineRecounted,
    ComplaintDispatched,
    ComplaintFinished,
    ComplaintListed,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintReturned,
    ComplaintRouted,
    DemandCounted,
    ExtensionGranted,
    HotspotDetected,
    HotspotSubsided,
    ListingEnded,
    RouteConcluded,
)
from shared.events.projects import (
    BatchClosed,
    ProjectAbsorbed,
    ProjectApproved,
    ProjectCancelled,
    ProjectCarriedOver,
    ProjectClosed,
    ProjectCompleted,
    ProjectDelayed,
    ProjectRejected,
    ProjectResumed,
    ProjectsMerged,
    ProjectsUnmerged,
    ProjectSuspended,
    RectificationOrdered,
    SuggestionAnswered,
    SuggestionCollected,
    SuggestionHandledDirectly,
    SuggestionReferred,
    SuggestionReviewed,
)
from shared.rules.township import SHANGHAI

_Those = frozenset[type[Fact]]

DATES: Mapping[type[Fact], str] = {
    ComplaintDispatched: "due_at",
    ComplaintDeadlineRecounted: "due_at",
    ExtensionGranted: "due_at",
    ListingEnded: "due_at",
    ComplaintReopened: "due_at",
    ComplaintFinished: "callback_by",
    ComplaintRouted: "due_at",
    TopicReportedUpward: "review_on",
    TopicReviewed: "next_on",
    TopicCarriedOut: "disclose_by",
    MeetingHeld: "minutes_due_at",
    AssemblyDecided: "publish_by",
    UndertakingAssigned: "due_at",
    WhistleRequested: "approval_due_at",
    IssueEscalated: "due_at",
    IssueReopened: "due_at",
    DeadlineExtended: "due_at",
    DeadlineResumed: "due_at",
    DutyCalled: "due_at",
    DutyReopened: "due_at",
    DutyDeadlineMoved: "due_at",
    SuggestionCollected: "answer_due_at",
    ProjectApproved: "deadline",
    ProjectDelayed: "deadline",
    ProjectResumed: "deadline",
    ProjectCarriedOver: "deadline",
    RectificationOrdered: "deadline",
}
"""期限: the fields by which a fact says until when the matter has to be done. None there: there is no date any more.

A route's is the complaint's, as it stood when it was routed. What a topic names for departments (`TopicNeedsDepartments`)
is the issue's date, and stands there; when a decision is looked at again is no limit to anybody's work; a community's
monthly meeting is held on the meeting's own stream, so its platform does not know whether one is still due.
"""
SUSPENDS: _Those = frozenset((ComplaintListed, DeadlinePaused, DutyDeadlineMoved, ProjectSuspended))
"""挂账、暂停: the clock stands until a later fact names a date again; a duty's, when its new date is none."""
SETTLES: _Those = frozenset(
    (
        *(CallbackRecorded, WhistleApproved, IssueResolved, DutyFinished, DutyDeadlinesLifted, ProjectCompleted),
        *(UpwardAnswered, AssemblyDemanded, TopicImplementing, TopicDisclosed),
    )
)
"""What was due is done, or need not be done any more; the matter itself goes on."""
ENDS: _Those = frozenset(
    (
        *(ComplaintAnswered, ComplaintRedirected, ComplaintClosed, RouteConcluded, HotspotSubsided),
        *(TopicClosed, TopicRejected, TopicsMerged, MinutesPublished, MeetingCancelled, UndertakingDone),
        *(UndertakingExcused, AssemblyDecided, AssemblyPublished, AbsenceAnswered),
        *(IssueClosed, IssueWithdrawn, WhistleRejected, DutyExcused, DepartmentReleased),
        *(SuggestionAnswered, ProjectCancelled, ProjectClosed, ProjectRejected, ProjectsMerged, BatchClosed),
    )
)
"""办结: the end of the matter, unless it names a date by which something is still to be done."""
REOPENS: _Those = frozenset(
    (TopicReopened, IssueReopened, DutyReopened, ProjectsUnmerged, HotspotDetected, AbsenceReported)
)
"""重启: what was over is not; nor is what gets a date again. Whatever else is said after an end (the city's late callback, an
effect check, corrected minutes) leaves it ended."""
MATTERS = frozenset(fact.kind for fact in ENDS)
"""Kinds of streams that come to an end; the others (platforms, daily counts, rates) are never open or done."""
ONLY_AFTER: Mapping[type[Fact], tuple[type[Fact], ...]] = {
    CallbackRecorded: (ComplaintFinished,),
    WhistleApproved: (WhistleRequested,),
    TopicReviewed: (TopicReportedUpward, TopicReviewed),
    ProjectCarriedOver: (ProjectApproved, ProjectDelayed, ProjectResumed, ProjectCarriedOver, RectificationOrdered),
}
"""What concerns one date only: nothing happens while another stands. The city's own callback may come while a complaint is
handled again; an EMERGENCY is approved when it runs already; a decision's review moves no other date; a project that is
suspended when its year ends stays so."""
UNITS: Mapping[type[Fact], str | None] = {
    ComplaintDispatched: "lead",
    ComplaintReturned: None,
    UndertakingAssigned: "unit",
    IssueEscalated: "lead",
    LeadReassigned: "lead",
    DutyCalled: "department",
    SuggestionReviewed: "unit",
    SuggestionHandledDirectly: "unit",
    SuggestionReferred: "unit",
    ProjectApproved: "unit",
}
"""承办单位: the fields that name the one unit that has to do it; None: nobody has any more."""
DAYS = 60
"""日诉求量: so many days of a demand are kept: thirty, and the thirty before [D]."""
_TITLES: Mapping[type[Fact], str] = {UndertakingAssigned: "task", PlatformRulesAdopted: "title"}
"""Titles under another name than `public_title`."""
_OTHERS = (ProblemRaised, ProjectAbsorbed)
"""Their title, category and place are another matter's."""
_KEEPS_DATE = (ProjectCarriedOver,)
"""Without a date they leave the one that stands."""


class Standing(NamedTuple):
    """How a stream stands after its last fact: a row of columns, as it is kept. Instants are aware.

    `due_since`: the type of the fact that says `due_at`; or, without a date, of the one that suspends it. `ended_at`: None
    while it is open. `number`: of the work order. `days`: of a demand, complaints and people of each day (ISO, Asia/Shanghai)
    as last said, the newest `DAYS` alone. Types are whole (`fiveplusn.intake.ComplaintReceived.v1`).
    """

    began_at: datetime
    last_at: datetime
    last_type: str
    due_at: datetime | None = None
    due_since: str | None = None
    ended_at: datetime | None = None
    title: str | None = None
    category: str | None = None
    place: str | None = None
    unit: str | None = None
    number: str | None = None
    days: Mapping[str, Sequence[int]] | None = None


def stands(
    before: Standing | None, fact: type[Fact] | None, type: str, at: datetime, data: Mapping[str, Any]
) -> Standing:
    """How the stream stands after this fact. One that nobody knows here is the last that was said, and no more."""
    stood = before or Standing(at, at, type)
    changes: dict[str, Any] = {"last_at": at, "last_type": type}
    if fact is not None:
        reads = _reads(fact)
        for part, field in reads.named:
            changes[part] = data.get(field) if field else None
        if fact is DemandCounted:
            changes["days"] = _counted(stood.days or {}, data)
        if reads.clock and (not reads.only_after or stood.due_since in reads.only_after):
            changes |= _clock(stood, fact, type, at, data)
    return stood._replace(**changes)


def _counted(before: Mapping[str, Sequence[int]], data: Mapping[str, Any]) -> Mapping[str, Sequence[int]]:
    days = {**before, data["day"]: [data["complaints"], data["people"]]}
    oldest = (date.fromisoformat(max(days)) - timedelta(days=DAYS - 1)).isoformat()
    return {day: days[day] for day in sorted(days) if day >= oldest}


def _clock(before: Standing, fact: type[Fact], type: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is due after this fact, and whether the matter is over."""
    field = DATES.get(fact)
    due_at = _moment(data.get(field)) if field else None
    if due_at is not None:
        return {"due_at": due_at, "due_since": type, "ended_at": None}
    if fact in _KEEPS_DATE:
        return {}
    ended_at = None if fact in REOPENS else before.ended_at
    return {
        "due_at": None,
        "due_since": type if fact in SUSPENDS else None,
        "ended_at": ended_at or at if fact in ENDS else ended_at,
    }


class _Reads(NamedTuple):
    """What there is to read in a type of fact: (part of the standing, field) each; and what it does to the date."""

    named: tuple[tuple[str, str | None], ...]
    clock: bool
    only_after: frozenset[str]


@cache
def _reads(fact: type[Fact]) -> _Reads:
    fields: dict[str, str | None] = {}
    if fact not in _OTHERS:
        fields = {part: part for part in ("category", "place") if part in fact.model_fields}
        if (title := _TITLES.get(fact, "public_title")) in fact.model_fields:
            fields["title"] = title
    if fact is ComplaintReceived:
        fields["number"] = "number"
    if fact in UNITS:
        fields["unit"] = UNITS[fact]
    clock = fact in DATES or fact in SUSPENDS or fact in SETTLES or fact in ENDS or fact in REOPENS
    return _Reads(tuple(fields.items()), clock, frozenset(one.wire_type for one in ONLY_AFTER.get(fact, ())))


def _moment(value: Any) -> datetime | None:
    """An instant; the beginning of a day on which something is looked at; the end (24:00) of one on which it is finished.

    Days are Asia/Shanghai's.
    """
    if isinstance(value, Mapping):
        return _day(value["finish_on"]) + timedelta(days=1)
    if not isinstance(value, str):
        return None
    return datetime.fromisoformat(value) if "T" in value or " " in value else _day(value)


def _day(value: str) -> datetime:
    return datetime.combine(date.fromisoformat(value), time(), SHANGHAI)
