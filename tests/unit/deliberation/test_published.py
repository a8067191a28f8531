"""公开的会议: what everybody may know of a meeting follows from its published facts alone."""

from datetime import datetime, timedelta
from uuid import UUID

from services.deliberation.domain.published import PublicMeeting, PublicState, seen
from shared.events.base import ref
from shared.events.deliberation import (
    AgendaOrdered,
    MeetingCancelled,
    MeetingFact,
    MeetingForm,
    MeetingInvited,
    MeetingPostponed,
    MeetingScheduled,
    NoticePublished,
    RecorderNamed,
)
from shared.rules.township import SHANGHAI

NOW = datetime(2024, 2, 1, 8, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEETING, ONE, TWO = UUID(int=1), UUID(int=2), UUID(int=3)
PLANNED = MeetingScheduled(community="dahuichang", starts_at=NOW + 4 * DAY, urgent=False)
NOTICE = NoticePublished(
    community="dahuichang",
    topics=(ref("topic", ONE), ref("topic", TWO)),
    starts_at=NOW + 4 * DAY,
    participants=("seat/1",),
    moderator="secretary",
    form=MeetingForm.DISCUSSION,
    venue="议事厅",
    urgent=False,
    stands_until=NOW + 4 * DAY,
)
POSTPONED = MeetingPostponed(starts_at=NOW + 6 * DAY, reason="材料未齐")
CANCELLED = MeetingCancelled(reason="停电")


def after(*facts: MeetingFact) -> PublicMeeting | None:
    """What everybody knows after these facts, one every hour."""
    found: PublicMeeting | None = None
    for number, fact in enumerate(facts):
        found = seen(found, MEETING, fact, NOW + number * HOUR)
    return found


def test_a_meeting_is_public_from_its_notice_on() -> None:
    assert after(PLANNED, POSTPONED, CANCELLED) is None
    found = after(PLANNED, NOTICE)
    assert found
    assert (found.state, found.topics, found.noticed_at) == (PublicState.NOTICED, (ONE, TWO), NOW + HOUR)


def test_anybody_may_apply_while_the_notice_stands() -> None:
    found = after(NOTICE)
    assert found
    assert found.open_to_applications(NOW + 4 * DAY - HOUR)
    assert not found.open_to_applications(NOW + 4 * DAY)
    moved = after(NOTICE, POSTPONED)
    assert moved
    assert not moved.open_to_applications(NOW + 2 * DAY)


def test_every_change_of_an_announcement_is_counted() -> None:
    ordered = AgendaOrdered(topics=(ref("topic", TWO), ref("topic", ONE)))
    told = [after(*(NOTICE, ordered, POSTPONED, NOTICE, CANCELLED)[: number + 1]) for number in range(5)]
    assert [one and (one.sequence, one.state) for one in told] == [
        (0, PublicState.NOTICED),
        (1, PublicState.NOTICED),
        (2, PublicState.POSTPONED),
        (3, PublicState.NOTICED),
        (4, PublicState.CANCELLED),
    ]
    assert [one and one.announced_at for one in told] == [NOW + number * HOUR for number in range(5)]
    assert [one and one.noticed_at for one in told] == [NOW] * 5


def test_how_the_meeting_is_prepared_is_no_announcement() -> None:
    before = after(NOTICE)
    assert after(NOTICE, RecorderNamed(recorder="recorder-1")) == before
    invited = after(NOTICE, MeetingInvited(party="unit/agency", label="房屋中介"))
    assert invited
    assert before
    assert (invited.sequence, invited.announced_at) == (before.sequence, before.announced_at)
    assert invited.labels == (("unit/agency", "房屋中介"),)
