"""A platform, topics and meetings as far as a test needs them."""

from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import yaml

from services.deliberation.domain import meeting, topic
from services.deliberation.domain.concluding import Tally, conclude
from services.deliberation.domain.conclusion import Conclusion
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.platform import Platform, evolve, found
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic
from shared.events.base import derived, ref
from shared.events.deliberation import (
    AttendanceRecorded,
    BackgroundDistributed,
    MeetingFact,
    MeetingForm,
    MeetingInvited,
    MeetingOpened,
    MeetingScheduled,
    NoticePublished,
    TopicAccepted,
    TopicFact,
    TopicOpened,
    TopicProposed,
    TopicScheduled,
    TopicScope,
)
from shared.events.vocabulary import CommunityKind, TopicOrigin
from shared.rules.calendar import Calendar
from shared.rules.township import SHANGHAI, Community, Dated, Town
from tests.support.spec import Outcome, fold, given

_CONFIGURED = yaml.safe_load(Path("config/township.yaml").read_text("utf-8"))
TERMS = Dated[Terms](versions=_CONFIGURED["deliberation"]).versions[0]
TOWN = Town.model_validate(_CONFIGURED["town"])
CALENDAR = Calendar()
NOW = datetime(2024, 2, 1, 9, 0, tzinfo=SHANGHAI)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAHUICHANG = Community(code="dahuichang", name="大灰厂社区", kind=CommunityKind.RESIDENTIAL)
ZHANGGUOZHUANG = Community(code="zhangguozhuang", name="张郭庄村", kind=CommunityKind.VILLAGE)
TOPIC, OTHER_TOPIC, MEETING = derived("test", "topic"), derived("test", "other"), derived("test", "meeting")
MEMBER = f"member/{derived('member', 'dahuichang', 1)}"
HOTSPOT, ISSUE, PROJECT = (ref(kind, derived("test", kind)) for kind in ("hotspot", "issue", "project"))
SEATS = ("seat/1", "seat/4", "seat/5")
"""The filled seats of 大灰厂社区: it has no owners' body and no property company."""
POSTS = ("post/secretary", "post/recorder-1")
IN_MEETING = ref("meeting", MEETING)
STARTS_AT = NOW + 3 * DAY


def platform(community: Community = DAHUICHANG) -> Platform:
    """The platform of a community as it was founded at NOW."""
    state = fold(evolve, found(None, community, now=NOW, terms=TERMS))
    assert state is not None
    return state


def proposed(*sources: str, people: int | None = None, community: str = "dahuichang") -> TopicProposed:
    """A topic that somebody has proposed."""
    return TopicProposed(
        community=community,
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="引进物业",
        origin=TopicOrigin.HOTSPOT if sources else TopicOrigin.TWO_COMMITTEES,
        sources=sources,
        people=people,
    )


def accepted(*sources: str, people: int | None = None, community: str = "dahuichang") -> list[TopicFact]:
    """A topic that is accepted and whose background is distributed."""
    return [
        proposed(*sources, people=people, community=community),
        TopicAccepted(scope=TopicScope.PROPERTY_MANAGEMENT),
        BackgroundDistributed(title="物业空缺情况说明"),
    ]


def scheduled(*sources: str, people: int | None = None) -> list[TopicFact]:
    """A topic on the notice of MEETING."""
    return [*accepted(*sources, people=people), TopicScheduled(meeting=IN_MEETING, starts_at=STARTS_AT)]


def in_deliberation(*sources: str, people: int | None = None) -> list[TopicFact]:
    """A topic that MEETING deliberates."""
    return [*scheduled(*sources, people=people), TopicOpened(meeting=IN_MEETING, round=1)]


def topic_state(*facts: TopicFact) -> Topic:
    """The topic after these facts."""
    state = fold(topic.evolve, facts)
    assert state is not None
    return state


def concluded(
    facts: list[TopicFact],
    asked: Conclusion,
    *,
    tally: Tally | None = None,
    kind: CommunityKind = CommunityKind.RESIDENTIAL,
) -> Outcome:
    """What comes of this conclusion about a topic with this past."""
    return given(topic.evolve, *facts).when(
        conclude,
        asked,
        topic=TOPIC,
        meeting=MEETING,
        tally=tally or Tally(support=4),
        community_kind=kind,
        now=NOW,
        terms=TERMS,
        town=TOWN,
    )


def planned(*topics: UUID, urgent: bool = False) -> MeetingScheduled:
    """A meeting that is scheduled, with everything but participants."""
    return MeetingScheduled(
        community="dahuichang",
        starts_at=STARTS_AT,
        urgent=urgent,
        topics=tuple(ref("topic", topic) for topic in topics),
        form=MeetingForm.CONVENED,
        venue="大灰厂社区议事厅",
        moderator="secretary",
        recorder="recorder-1",
    )


def noticed(*topics: UUID) -> list[MeetingFact]:
    """A meeting whose notice stands, for these topics or for TOPIC."""
    listed = topics or (TOPIC,)
    return [
        planned(*listed),
        NoticePublished(
            community="dahuichang",
            topics=tuple(ref("topic", topic) for topic in listed),
            starts_at=STARTS_AT,
            participants=(*SEATS, MEMBER),
            moderator="secretary",
            form=MeetingForm.CONVENED,
            venue="大灰厂社区议事厅",
            urgent=False,
            stands_until=STARTS_AT,
        ),
    ]


def invited(*topics: UUID) -> list[MeetingFact]:
    """A meeting to which everybody who must be is invited."""
    return [*noticed(*topics), *(MeetingInvited(party=party) for party in (*SEATS, MEMBER))]


def attended(*topics: UUID) -> list[MeetingFact]:
    """A meeting to which everybody has come."""
    present = (*SEATS, MEMBER, *POSTS)
    return [*invited(*topics), *(AttendanceRecorded(party=party, present=True) for party in present)]


def opened(*topics: UUID) -> list[MeetingFact]:
    """A meeting that is being held."""
    listed = topics or (TOPIC,)
    opening = MeetingOpened(
        opened_at=STARTS_AT,
        topics=tuple(ref("topic", topic) for topic in listed),
        seats_filled=3,
        seats_present=3,
        members_present=1,
    )
    return [*attended(*topics), opening]


def meeting_state(*facts: MeetingFact) -> Meeting:
    """The meeting after these facts."""
    state = fold(meeting.evolve, facts)
    assert state is not None
    return state


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """A moment in the town."""
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def first(year: int, month: int) -> date:
    """A month."""
    return date(year, month, 1)
