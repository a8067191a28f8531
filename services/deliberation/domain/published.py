"""公开的会议: what notices, their changes, results and minutes have made public of a meeting, folded from its facts."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.events.base import ref_id
from shared.events.deliberation import (
    AgendaOrdered,
    Attendance,
    MeetingCancelled,
    MeetingFact,
    MeetingForm,
    MeetingHeld,
    MeetingInvited,
    MeetingPostponed,
    MinutesCorrected,
    MinutesPublished,
    NoticePublished,
    TopicConcluded,
)


class PublicState(StrEnum):
    """公开状态: noticed, postponed and not noticed anew, cancelled, held."""

    NOTICED = "NOTICED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"
    HELD = "HELD"


STATE_WORDS = {
    PublicState.NOTICED: "公示中",
    PublicState.POSTPONED: "延期，待重新公示",
    PublicState.CANCELLED: "已取消",
    PublicState.HELD: "已召开",
}


@dataclass(frozen=True, slots=True)
class PublicMeeting:
    """公开的会议. `sequence`: how often its announcement has changed; `announced_at`: when it last did.

    `result_at`: when its result last changed. `minutes`: the newest published version.
    """

    id: UUID
    community: str
    state: PublicState
    starts_at: datetime
    stands_until: datetime
    topics: tuple[UUID, ...]
    participants: tuple[str, ...]
    moderator: str
    form: MeetingForm
    venue: str
    urgent: bool
    urgent_because: str | None
    text: str | None
    noticed_at: datetime
    announced_at: datetime
    sequence: int = 0
    reason: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    held_at: datetime | None = None
    attendance: Attendance | None = None
    conclusions: tuple[TopicConcluded, ...] = ()
    minutes: MinutesPublished | MinutesCorrected | None = None
    result_at: datetime | None = None

    @property
    def changed_at(self) -> datetime:
        """When anything of it last changed in public."""
        return max(self.announced_at, self.result_at or self.announced_at)

    def open_to_applications(self, now: datetime) -> bool:
        """Whether anybody may still apply to take part [S]."""
        return self.state is PublicState.NOTICED and now < self.stands_until


PUBLIC = (
    NoticePublished,
    AgendaOrdered,
    MeetingInvited,
    MeetingPostponed,
    MeetingCancelled,
    MeetingHeld,
    MinutesPublished,
    MinutesCorrected,
)
"""公开事实: nothing else of a meeting is looked at."""


def seen(before: PublicMeeting | None, id: UUID, fact: MeetingFact, at: datetime) -> PublicMeeting | None:
    """The meeting as everybody may know it after a fact of this time; None as long as no notice was published."""
    match fact:
        case NoticePublished():
            return PublicMeeting(
                id,
                fact.community,
                PublicState.NOTICED,
                fact.starts_at,
                fact.stands_until,
                tuple(ref_id(topic) for topic in fact.topics),
                fact.participants,
                fact.moderator,
                fact.form,
                fact.venue,
                fact.urgent,
                fact.urgent_because,
                fact.text,
                before.noticed_at if before else at,
                at,
                before.sequence + 1 if before else 0,
            )
    if before is None:
        return None
    changed = replace(before, announced_at=at, sequence=before.sequence + 1)
    match fact:
        case AgendaOrdered():
            return replace(changed, topics=tuple(ref_id(topic) for topic in fact.topics))
        case MeetingInvited() if fact.label:
            return replace(before, labels=(*before.labels, (fact.party, fact.label)))
        case MeetingPostponed():
            return replace(changed, state=PublicState.POSTPONED, starts_at=fact.starts_at, reason=fact.reason)
        case MeetingCancelled():
            return replace(changed, state=PublicState.CANCELLED, reason=fact.reason)
        case MeetingHeld():
            return replace(
                before,
                state=PublicState.HELD,
                held_at=fact.held_at,
                attendance=fact.attendance,
                conclusions=fact.conclusions,
                result_at=at,
            )
        case MinutesPublished() | MinutesCorrected():
            return replace(before, minutes=fact, result_at=at)
    return before
