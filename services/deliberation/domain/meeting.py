"""协商会议: its state, how facts change it, and who takes part. Notice, sitting and minutes stand beside."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.deliberation.domain.platform import CONVENER
from shared.events.base import ref_id
from shared.events.deliberation import (
    AbsenceUnexcused,
    AgendaOrdered,
    AttendanceRecorded,
    AttendanceWay,
    InvitationAccepted,
    InvitationExcused,
    JoinAdmitted,
    JoinDeclined,
    JoinRequested,
    MeetingCancelled,
    MeetingFact,
    MeetingForm,
    MeetingHeld,
    MeetingInvited,
    MeetingOpened,
    MeetingPostponed,
    MeetingScheduled,
    MinutesCorrected,
    MinutesOverdue,
    MinutesPublished,
    NoProblemRaised,
    NoticePublished,
    Position,
    PositionRecorded,
    ProblemRaised,
    RecorderNamed,
    StatementRecorded,
)
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch
from shared.rules.naming import STATES


class MeetingState(StrEnum):
    """会议状态."""

    SCHEDULED = "SCHEDULED"
    NOTICED = "NOTICED"
    OPEN = "OPEN"
    HELD = "HELD"
    MINUTES_PUBLISHED = "MINUTES_PUBLISHED"
    CANCELLED = "CANCELLED"


class Answer(StrEnum):
    """回复: what an invited party answered."""

    NONE = "NONE"
    ACCEPTED = "ACCEPTED"
    EXCUSED = "EXCUSED"


@dataclass(frozen=True, slots=True)
class Invitation:
    """邀请 and its answer. `unit`: which unit takes the invited seat."""

    label: str | None = None
    answer: Answer = Answer.NONE
    unit: str | None = None


class Application(StrEnum):
    """参会申请状态."""

    OPEN = "OPEN"
    ADMITTED = "ADMITTED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class PositionHeld:
    """表态: the latest of one party on one topic."""

    topic: UUID
    party: str
    position: Position


@dataclass(frozen=True, slots=True)
class Meeting:
    """协商会议. `notice_until`: until then anyone may apply, and it is not opened; parties are written as `Party`.

    `topics`: in the order of the agenda. `checked_in`: whose code was used. `no_problems`: asked for, there were none.
    """

    state: MeetingState
    community: str
    starts_at: datetime
    urgent: bool
    urgent_because: str | None = None
    topics: tuple[UUID, ...] = ()
    form: MeetingForm | None = None
    venue: str | None = None
    moderator: str | None = None
    recorder: str | None = None
    participants: tuple[str, ...] = ()
    notice_until: datetime | None = None
    invited: dict[str, Invitation] = field(default_factory=dict)
    applicants: dict[UUID, Application] = field(default_factory=dict)
    attendance: dict[str, bool] = field(default_factory=dict)
    checked_in: tuple[str, ...] = ()
    opened_at: datetime | None = None
    problems: int = 0
    no_problems: bool = False
    statements: int = 0
    positions: tuple[PositionHeld, ...] = ()
    unexcused: tuple[str, ...] = ()
    held_at: datetime | None = None
    minutes_due_at: datetime | None = None
    minutes_overdue: bool = False
    minutes_version: int = 0
    minutes_sha256: str | None = None

    @property
    def present(self) -> frozenset[str]:
        """Who is there."""
        return frozenset(party for party, there in self.attendance.items() if there)

    @property
    def exchanged(self) -> bool:
        """Whether the parties have exchanged the month's problems."""
        return self.problems > 0 or self.no_problems

    @property
    def units(self) -> tuple[str, ...]:
        """The units that are invited, or take an invited seat."""
        named = (party.partition("/")[2] for party in self.invited if party.startswith("unit/"))
        return (*named, *(invitation.unit for invitation in self.invited.values() if invitation.unit))

    @property
    def posts(self) -> frozenset[str]:
        """Convener, moderator and recorder, as parties."""
        return frozenset(f"post/{post}" for post in (CONVENER, self.moderator, self.recorder) if post)


def evolve(before: Meeting | None, fact: MeetingFact) -> Meeting:
    """The meeting after a fact."""
    match fact:
        case MeetingScheduled():
            return Meeting(
                state=MeetingState.SCHEDULED,
                community=fact.community,
                starts_at=fact.starts_at,
                urgent=fact.urgent,
                urgent_because=fact.urgent_because,
                topics=tuple(ref_id(topic) for topic in fact.topics),
                form=fact.form,
                venue=fact.venue,
                moderator=fact.moderator,
                recorder=fact.recorder,
            )
    assert before is not None
    match fact:
        case RecorderNamed():
            return replace(before, recorder=fact.recorder)
        case NoticePublished():
            return replace(
                before,
                state=MeetingState.NOTICED,
                topics=tuple(ref_id(topic) for topic in fact.topics),
                starts_at=fact.starts_at,
                participants=fact.participants,
                moderator=fact.moderator,
                form=fact.form,
                venue=fact.venue,
                notice_until=fact.stands_until,
            )
        case AgendaOrdered():
            return replace(before, topics=tuple(ref_id(topic) for topic in fact.topics))
        case MeetingPostponed():
            return replace(
                before,
                state=MeetingState.SCHEDULED,
                starts_at=fact.starts_at,
                participants=(),
                notice_until=None,
                invited={},
                attendance={},
                checked_in=(),
            )
        case MeetingCancelled():
            return replace(before, state=MeetingState.CANCELLED)
        case MeetingInvited():
            return replace(before, invited={**before.invited, fact.party: Invitation(fact.label, unit=fact.unit)})
        case InvitationAccepted():
            return _answered(before, fact.party, Answer.ACCEPTED)
        case InvitationExcused():
            return _answered(before, fact.party, Answer.EXCUSED)
        case JoinRequested():
            return replace(before, applicants={**before.applicants, fact.applicant: Application.OPEN})
        case JoinAdmitted():
            return replace(before, applicants={**before.applicants, fact.applicant: Application.ADMITTED})
        case JoinDeclined():
            return replace(before, applicants={**before.applicants, fact.applicant: Application.DECLINED})
        case AttendanceRecorded():
            used = (fact.party,) if fact.way is AttendanceWay.CODE else ()
            return replace(
                before,
                attendance={**before.attendance, fact.party: fact.present},
                checked_in=(*before.checked_in, *used),
            )
        case MeetingOpened():
            return replace(before, state=MeetingState.OPEN, opened_at=fact.opened_at)
        case ProblemRaised():
            return replace(before, problems=fact.number)
        case NoProblemRaised():
            return replace(before, no_problems=True)
        case StatementRecorded():
            return replace(before, statements=before.statements + 1)
        case PositionRecorded():
            topic = ref_id(fact.topic)
            others = tuple(held for held in before.positions if (held.topic, held.party) != (topic, fact.party))
            return replace(before, positions=(*others, PositionHeld(topic, fact.party, fact.position)))
        case AbsenceUnexcused():
            return replace(before, unexcused=(*before.unexcused, fact.party))
        case MeetingHeld():
            return replace(before, state=MeetingState.HELD, held_at=fact.held_at, minutes_due_at=fact.minutes_due_at)
        case MinutesPublished() | MinutesCorrected():
            return replace(
                before,
                state=MeetingState.MINUTES_PUBLISHED,
                minutes_version=fact.version,
                minutes_sha256=fact.sha256,
            )
        case MinutesOverdue():
            return replace(before, minutes_overdue=True)
    raise AssertionError(fact)


def _answered(meeting: Meeting, party: str, answer: Answer) -> Meeting:
    invitation = replace(meeting.invited[party], answer=answer)
    return replace(meeting, invited={**meeting.invited, party: invitation})


MINUTES_OVERDUE = "minutes-overdue"
"""The timer of the minutes."""


def watches(state: Meeting) -> dict[str, Watch]:
    """The due date of the minutes, once the meeting has been held."""
    if state.state is not MeetingState.HELD or state.minutes_overdue or state.minutes_due_at is None:
        return {}
    return {MINUTES_OVERDUE: Watch(state.minutes_due_at)}


def planned(before: Meeting | None) -> Meeting:
    """The meeting, or the refusal that there is none."""
    refuse(before is None and Reason("not_found", "没有该次会议"))
    assert before is not None
    return before


STATE_WORDS = {state: STATES["meeting"][state] for state in MeetingState}
"""How people call the states of a meeting."""


def not_in(meeting: Meeting, *wanted: MeetingState) -> Reason | None:
    """The meeting would have to be in one of these states."""
    if meeting.state in wanted:
        return None
    words = "、".join(f"“{STATE_WORDS[state]}”" for state in wanted)
    return Reason("wrong_state", f"会议现为“{STATE_WORDS[meeting.state]}”，只有{words}的会议可以这样办理")
