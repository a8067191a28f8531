"""What time does in deliberation: the monthly duty, and what was not done by its date."""

from services.deliberation.domain import (
    assembly,
    implementation,
    meeting,
    minutes,
    platform,
    review,
    topic,
    undertaking,
)
from services.deliberation.domain.assembly import Assembly
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.platform import Platform
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic
from services.deliberation.domain.undertaking import Undertaking
from services.deliberation.members import forget
from services.deliberation.store import ASSEMBLIES, MEETINGS, PLATFORMS, TOPICS, UNDERTAKINGS, month_id
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work


def ring(timers: Timers, service: Service[Terms]) -> None:
    """Register every timer."""

    @timers.at(PLATFORMS, platform.MONTH_WARNING)
    async def month_warning(_: Work, con: Connection, held: Held[Platform], timer: Timer) -> None:
        held.change(
            platform.warn_of_month,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            meetings_held=await _meetings(con, held),
            terms=service.terms.on(timer.due_at),
        )

    @timers.at(PLATFORMS, platform.MONTH_END)
    async def month_end(_: Work, con: Connection, held: Held[Platform], timer: Timer) -> None:
        held.change(
            platform.end_month,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            meetings_held=await _meetings(con, held),
            terms=service.terms.on(timer.due_at),
        )

    @timers.at(PLATFORMS, platform.MEMBER_TERM)
    async def member_term(work: Work, _: Connection, held: Held[Platform], timer: Timer) -> None:
        forget(work, held.change(platform.end_terms, due_at=timer.due_at, version=timer.version, now=timer.now))

    @timers.at(TOPICS, topic.DECISION_REVIEW)
    async def decision_review(_: Work, con: Connection, held: Held[Topic], timer: Timer) -> None:
        held.change(review.review_due, due_at=timer.due_at, version=timer.version, now=timer.now)

    @timers.at(TOPICS, topic.DISCLOSURE)
    async def disclosure(_: Work, con: Connection, held: Held[Topic], timer: Timer) -> None:
        held.change(
            implementation.disclosure_overdue,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            undertakings_open=await con.fetchval(_STILL_OPEN, held.id),
        )

    @timers.at(TOPICS, topic.UPWARD_REVIEW)
    async def upward_review(_: Work, con: Connection, held: Held[Topic], timer: Timer) -> None:
        held.change(topic.review_upward, due_at=timer.due_at, version=timer.version, now=timer.now)

    @timers.at(MEETINGS, meeting.MINUTES_OVERDUE)
    async def minutes_overdue(_: Work, con: Connection, held: Held[Meeting], timer: Timer) -> None:
        held.change(minutes.minutes_overdue, due_at=timer.due_at, version=timer.version, now=timer.now)

    @timers.at(ASSEMBLIES, assembly.PUBLICATION_OVERDUE)
    async def publication_overdue(_: Work, con: Connection, held: Held[Assembly], timer: Timer) -> None:
        held.change(assembly.publication_overdue, due_at=timer.due_at, version=timer.version, now=timer.now)

    @timers.at(UNDERTAKINGS, undertaking.OVERDUE)
    async def overdue(_: Work, con: Connection, held: Held[Undertaking], timer: Timer) -> None:
        held.change(undertaking.overdue, due_at=timer.due_at, version=timer.version, now=timer.now)


_STILL_OPEN = "select count(*) from undertakings where topic = $1 and state = 'ASSIGNED'"


async def _meetings(con: Connection, held: Held[Platform]) -> int:
    """How many meetings the community has held in the month that is being watched."""
    if held.state is None:
        return 0
    id = month_id(held.state.community, held.state.duty_month)
    return await con.fetchval("select meetings from month_meetings where id = $1", id) or 0
