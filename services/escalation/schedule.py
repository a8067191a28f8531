"""What time does in escalation: decisions not taken, departments that are awaited, supervision level by level."""

from services.escalation.domain import due_date, duty_deadline, whistle
from services.escalation.domain.duty import Duty, missed_timer, near_timer
from services.escalation.domain.issue import APPROVAL, Issue, ladder_timer
from services.escalation.domain.terms import Terms
from services.escalation.store import DUTIES, ISSUES
from shared.events.escalation import DutyStep, SupervisionLevel
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work


def ring(timers: Timers, service: Service[Terms]) -> None:
    """Register every timer."""

    @timers.at(ISSUES, APPROVAL)
    async def approval(_: Work, con: Connection, issue: Held[Issue], timer: Timer) -> None:
        issue.change(whistle.approval_missed, due_at=timer.due_at, version=timer.version)

    for level in SupervisionLevel:
        _ring_for_level(timers, level)
    for step in DutyStep:
        _ring_for_step(timers, step)


def _ring_for_level(timers: Timers, level: SupervisionLevel) -> None:
    @timers.at(ISSUES, ladder_timer(level))
    async def climb(_: Work, con: Connection, issue: Held[Issue], timer: Timer) -> None:
        issue.change(due_date.climb, level, due_at=timer.due_at, version=timer.version)


def _ring_for_step(timers: Timers, step: DutyStep) -> None:
    @timers.at(DUTIES, near_timer(step))
    async def near(_: Work, con: Connection, duty: Held[Duty], timer: Timer) -> None:
        duty.change(duty_deadline.warn, step, version=timer.version, now=timer.now)

    @timers.at(DUTIES, missed_timer(step))
    async def missed(_: Work, con: Connection, duty: Held[Duty], timer: Timer) -> None:
        duty.change(duty_deadline.miss, step, due_at=timer.due_at, version=timer.version)
