"""会议记录: written by the recorder for the public, sealed, corrected only by new versions."""

from collections.abc import Container
from datetime import datetime
from difflib import unified_diff
from hashlib import sha256

from services.deliberation.domain.asked import CorrectMinutes, PublishMinutes
from services.deliberation.domain.meeting import MINUTES_OVERDUE, Meeting, MeetingState, not_in, planned, watches
from shared.events.deliberation import MeetingFact, MinutesCorrected, MinutesOverdue, MinutesPublished
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch


def publish_minutes(before: Meeting | None, asked: PublishMinutes, *, by: Container[str]) -> list[MeetingFact]:
    """公布会议记录 by the named recorder alone [S]. `by`: the posts and the login of who asks."""
    meeting, seal = planned(before), sealed(asked.text)
    again = meeting.state is MeetingState.MINUTES_PUBLISHED and meeting.minutes_sha256 == seal
    refuse(not again and not_in(meeting, MeetingState.HELD), _not_recorder(meeting, by))
    if again:
        return []
    assert meeting.recorder is not None
    return [MinutesPublished(recorder=meeting.recorder, version=1, text=asked.text, sha256=seal)]


def correct_minutes(before: Meeting | None, asked: CorrectMinutes, *, by: Container[str]) -> list[MeetingFact]:
    """更正会议记录 by the named recorder: a new version with the reason; the same text is no correction."""
    meeting, seal = planned(before), sealed(asked.text)
    refuse(not_in(meeting, MeetingState.MINUTES_PUBLISHED), _not_recorder(meeting, by))
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


def _not_recorder(meeting: Meeting, by: Container[str]) -> Reason | None:
    if meeting.recorder is None or meeting.recorder in by:
        return None
    return Reason("not_the_recorder", "会议记录只能由本次会议指定的记录人公布和更正")


def minutes_overdue(before: Meeting | None, *, due_at: datetime, version: int, now: datetime) -> list[MeetingFact]:
    """会议记录逾期, said once."""
    if before is None or watches(before).get(MINUTES_OVERDUE) != Watch(due_at, version):
        return []
    return [MinutesOverdue(due_at=due_at)]


def changes(before: str, after: str) -> tuple[list[str], list[str]]:
    """更正处: the lines that a correction took away, and those that it added."""
    lines = list(unified_diff(before.split("\n"), after.split("\n"), lineterm="", n=0))[2:]
    marked = [line for line in lines if not line.startswith("@@")]
    return [line[1:] for line in marked if line[0] == "-"], [line[1:] for line in marked if line[0] == "+"]


def sealed(text: str) -> str:
    """The seal of a text: SHA-256 of its UTF-8 bytes, in hexadecimal.

    The text is sealed as it was sent: not normalised, lines end with one newline (a text cannot have carriage returns).
    """
    return sha256(text.encode()).hexdigest()
