"""会议记录: written by the recorder for the public, sealed, corrected only by new versions."""

from datetime import datetime
from hashlib import sha256

from services.deliberation.domain.asked import CorrectMinutes, PublishMinutes
from services.deliberation.domain.meeting import MINUTES_OVERDUE, Meeting, MeetingState, not_in, planned, watches
from shared.events.deliberation import MeetingFact, MinutesCorrected, MinutesOverdue, MinutesPublished
from shared.rules.broken import refuse
from shared.rules.deadline import Watch


def publish_minutes(before: Meeting | None, asked: PublishMinutes) -> list[MeetingFact]:
    """公布会议记录 by the recorder."""
    meeting, seal = planned(before), sealed(asked.text)
    if meeting.state is MeetingState.MINUTES_PUBLISHED and meeting.minutes_sha256 == seal:
        return []
    refuse(not_in(meeting, MeetingState.HELD))
    assert meeting.recorder is not None
    return [MinutesPublished(recorder=meeting.recorder, version=1, text=asked.text, sha256=seal)]


def correct_minutes(before: Meeting | None, asked: CorrectMinutes) -> list[MeetingFact]:
    """更正会议记录: a new version with the reason; the same text is no correction."""
    meeting, seal = planned(before), sealed(asked.text)
    refuse(not_in(meeting, MeetingState.MINUTES_PUBLISHED))
    if meeting.minutes_sha256 == seal:
        return []
    assert meeting.recorder is not None
    return [
        MinutesCorrected(
            recorder=meeting.recorder,
            version=meeting.minutes_version + 1,
            text=asked.text,
            sha256=seal,
            reason=asked.reason,
        )
    ]


def minutes_overdue(before: Meeting | None, *, due_at: datetime, version: int, now: datetime) -> list[MeetingFact]:
    """会议记录逾期, said once."""
    if before is None or watches(before).get(MINUTES_OVERDUE) != Watch(due_at, version):
        return []
    return [MinutesOverdue(due_at=due_at)]


def sealed(text: str) -> str:
    """The seal of a text: SHA-256 of its UTF-8 bytes, in hexadecimal."""
    return sha256(text.encode()).hexdigest()
