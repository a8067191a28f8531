"""What projects watches the clock for."""

from collections.abc import Callable
from typing import Any

from services.projects import demand
from services.projects.domain.carrying_out import finish_missed, finish_near, year_ended
from services.projects.domain.effect import evaluate
from services.projects.domain.project import Project
from services.projects.domain.suggesting import answer_missed, review_missed
from services.projects.domain.terms import Terms
from services.projects.store import PROJECTS, SUGGESTIONS
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.store import Kind
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work

_RULES: tuple[tuple[Kind[Any], str, Callable[..., Any]], ...] = (
    (SUGGESTIONS, "review", review_missed),
    (SUGGESTIONS, "answer", answer_missed),
    (PROJECTS, "near", finish_near),
    (PROJECTS, "finish", finish_missed),
    (PROJECTS, "year_end", year_ended),
)


def ring(timers: Timers, service: Service[Terms]) -> None:
    """One rule per timer; the effect check needs the demand before and after."""
    for kind, name, rule in _RULES:
        _plain(timers, kind, name, rule)

    @timers.at(PROJECTS, "effect")
    async def effect(work: Work, con: Connection, held: Held[Project], timer: Timer) -> None:
        """成效评估."""
        counted = await demand.of_project(con, held.state) if held.state else None
        if counted is None:
            return
        held.change(
            evaluate,
            demand_before=counted.counted_before.complaints,
            demand_after=counted.counted_after.complaints,
            recurred_on=counted.counted_after.first_day,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            terms=service.terms.on(timer.now),
        )


def _plain(timers: Timers, kind: Kind[Any], name: str, rule: Callable[..., Any]) -> None:
    @timers.at(kind, name)
    async def fire(work: Work, con: Connection, held: Held[Any], timer: Timer) -> None:
        held.change(rule, due_at=timer.due_at, version=timer.version, now=timer.now)
