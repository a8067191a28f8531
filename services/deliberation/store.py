"""Where deliberation keeps its platforms, topics, meetings, assemblies, undertakings and absences, and its notes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Index, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.deliberation.domain import absence, assembly, meeting, platform, topic, undertaking
from services.deliberation.domain.absence import Absence
from services.deliberation.domain.assembly import Assembly
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.platform import Platform
from services.deliberation.domain.topic import Topic
from services.deliberation.domain.undertaking import Undertaking
from shared.events.base import derived
from shared.plumbing.caller import Scope
from shared.plumbing.store import Kind, table


@dataclass(frozen=True, slots=True)
class MonthMeetings:
    """本月会议: how many meetings a community has held in a month (by its first day, Asia/Shanghai)."""

    community: str
    month: date
    meetings: int


@dataclass(frozen=True, slots=True)
class Absences:
    """无故缺席记录 of a community: when each party was absent without reason."""

    community: str
    parties: dict[str, tuple[datetime, ...]]


@dataclass(frozen=True, slots=True)
class HotspotTopic:
    """热点的议题: the latest one of a hotspot."""

    topic: UUID


@dataclass(frozen=True, slots=True)
class JoinApplication:
    """参会申请: to which meeting; how it is answered, the meeting says."""

    meeting: UUID


def month_id(community: str, month: date) -> UUID:
    """The note of a community's month."""
    return derived("month", community, month)


def absences_id(community: str) -> UUID:
    """The note of a community's absences."""
    return derived("absences", community)


def hotspot_topic_id(hotspot: str) -> UUID:
    """The note of a hotspot, by its `hotspot/uuid`."""
    return derived("hotspot-topic", hotspot)


def _community(state: Platform | Topic | Assembly | Absence) -> Scope:
    return Scope(state.community)


def _meeting(state: Meeting) -> Scope:
    """Its community's, and that of the units that are invited or take an invited seat."""
    return Scope(state.community, state.units)


def _undertaking(state: Undertaking) -> Scope:
    """Its community's, and that of the unit that does it."""
    return Scope(state.community, (state.unit,) if state.unit else ())


METADATA = MetaData()
PLATFORMS = Kind(
    "platform",
    Platform,
    table(
        METADATA,
        "platforms",
        Column("community", Text, nullable=False, unique=True),
        Column("community_kind", Text, nullable=False),
        Column("rules_title", Text, nullable=False),
        Column("duty_month", Date, nullable=False),
        Column("warn_at", DateTime(timezone=True), nullable=False),
        Column("warned", Boolean, nullable=False),
        Column("convener", Text),
        Column("organisation", Text),
        Column("venue", Text),
        Column("seats", JSONB, nullable=False),
        Column("members", JSONB, nullable=False),
        Column("member_terms", JSONB, nullable=False),
        Column("guidance", Integer, nullable=False),
        Column("missed", JSONB, nullable=False),
    ),
    platform.evolve,
    watches=platform.watches,
    scope=_community,
)
TOPICS = Kind(
    "topic",
    Topic,
    table(
        METADATA,
        "topics",
        Column("state", Text, nullable=False),
        Column("community", Text, nullable=False),
        Column("category", Text, nullable=False),
        Column("place", Text),
        Column("public_title", Text, nullable=False),
        Column("origin", Text, nullable=False),
        Column("sources", JSONB, nullable=False),
        Column("people", Integer),
        Column("scope", Text),
        Column("background", Boolean, nullable=False),
        Column("meeting", Uuid),
        Column("rounds", Integer, nullable=False),
        Column("deferrals", Integer, nullable=False),
        Column("conclusion", Text),
        Column("decided_by", Text),
        Column("undertakings", JSONB, nullable=False),
        Column("forum", Text),
        Column("matter", Text),
        Column("authorised", Boolean, nullable=False),
        Column("referrals", Integer, nullable=False),
        Column("review_on", Date),
        Column("review_due", Boolean, nullable=False),
        Column("result", Text),
        Column("merged_into", Uuid),
        Column("progressed", JSONB, nullable=False),
        Column("reopened", Integer, nullable=False),
        Column("disclose_by", DateTime(timezone=True)),
        Column("disclosure_overdue", Boolean, nullable=False),
    ),
    topic.evolve,
    watches=topic.watches,
    scope=_community,
)
Index("topics_of_community", TOPICS.table.c.community, TOPICS.table.c.state)
Index("topics_by_source", TOPICS.table.c.sources, postgresql_using="gin")
MEETINGS = Kind(
    "meeting",
    Meeting,
    table(
        METADATA,
        "meetings",
        Column("state", Text, nullable=False),
        Column("community", Text, nullable=False),
        Column("starts_at", DateTime(timezone=True), nullable=False),
        Column("urgent", Boolean, nullable=False),
        Column("urgent_because", Text),
        Column("topics", JSONB, nullable=False),
        Column("form", Text),
        Column("venue", Text),
        Column("moderator", Text),
        Column("recorder", Text),
        Column("participants", JSONB, nullable=False),
        Column("notice_until", DateTime(timezone=True)),
        Column("invited", JSONB, nullable=False),
        Column("applicants", JSONB, nullable=False),
        Column("attendance", JSONB, nullable=False),
        Column("checked_in", JSONB, nullable=False),
        Column("opened_at", DateTime(timezone=True)),
        Column("problems", Integer, nullable=False),
        Column("no_problems", Boolean, nullable=False),
        Column("statements", Integer, nullable=False),
        Column("positions", JSONB, nullable=False),
        Column("unexcused", JSONB, nullable=False),
        Column("held_at", DateTime(timezone=True)),
        Column("minutes_due_at", DateTime(timezone=True)),
        Column("minutes_overdue", Boolean, nullable=False),
        Column("minutes_version", Integer, nullable=False),
        Column("minutes_sha256", Text),
    ),
    meeting.evolve,
    watches=meeting.watches,
    scope=_meeting,
)
Index("meetings_of_community", MEETINGS.table.c.community, MEETINGS.table.c.starts_at)
ASSEMBLIES = Kind(
    "assembly",
    Assembly,
    table(
        METADATA,
        "assemblies",
        Column("state", Text, nullable=False),
        Column("topic", Uuid, nullable=False, index=True),
        Column("community", Text, nullable=False),
        Column("public_title", Text, nullable=False),
        Column("forum", Text, nullable=False),
        Column("matter", Text, nullable=False),
        Column("authorised", Boolean, nullable=False),
        Column("calls", Integer, nullable=False),
        Column("legal_check_due", Boolean, nullable=False),
        Column("starts_at", DateTime(timezone=True)),
        Column("venue", Text),
        Column("held_at", DateTime(timezone=True)),
        Column("publish_by", DateTime(timezone=True)),
        Column("published", Boolean, nullable=False),
        Column("publication_overdue", Boolean, nullable=False),
        Column("shown_until", DateTime(timezone=True)),
    ),
    assembly.evolve,
    watches=assembly.watches,
    scope=_community,
)
UNDERTAKINGS = Kind(
    "undertaking",
    Undertaking,
    table(
        METADATA,
        "undertakings",
        Column("state", Text, nullable=False),
        Column("topic", Uuid, nullable=False, index=True),
        Column("decided_by", Text, nullable=False),
        Column("community", Text, nullable=False),
        Column("owner", Text, nullable=False),
        Column("unit", Text),
        Column("task", Text, nullable=False),
        Column("due_at", DateTime(timezone=True), nullable=False),
        Column("planned", JSONB, nullable=False),
        Column("done", JSONB, nullable=False),
        Column("evidence", JSONB, nullable=False),
        Column("reports", Integer, nullable=False),
        Column("finished_at", DateTime(timezone=True)),
        Column("overdue", Boolean, nullable=False),
    ),
    undertaking.evolve,
    watches=undertaking.watches,
    scope=_undertaking,
)
ABSENCE_REPORTS = Kind(
    "absence",
    Absence,
    table(
        METADATA,
        "absence_reports",
        Column("community", Text, nullable=False, index=True),
        Column("party", Text, nullable=False),
        Column("meeting", Text, nullable=False),
        Column("times", Integer, nullable=False),
        Column("reports", Integer, nullable=False),
        Column("answer", Text),
    ),
    absence.evolve,
    scope=_community,
)
MONTHS = Kind(
    "month-meetings",
    MonthMeetings,
    table(
        METADATA,
        "month_meetings",
        Column("community", Text, nullable=False),
        Column("month", Date, nullable=False),
        Column("meetings", Integer, nullable=False),
    ),
)
ABSENCES = Kind(
    "absences",
    Absences,
    table(METADATA, "absences", Column("community", Text, nullable=False), Column("parties", JSONB, nullable=False)),
)
HOTSPOT_TOPICS = Kind(
    "hotspot-topic", HotspotTopic, table(METADATA, "hotspot_topics", Column("topic", Uuid, nullable=False, index=True))
)
APPLICATIONS = Kind(
    "application",
    JoinApplication,
    table(METADATA, "applications", Column("meeting", Uuid, nullable=False, index=True)),
)
KINDS = (
    PLATFORMS,
    TOPICS,
    MEETINGS,
    ASSEMBLIES,
    UNDERTAKINGS,
    ABSENCE_REPORTS,
    MONTHS,
    ABSENCES,
    HOTSPOT_TOPICS,
    APPLICATIONS,
)
