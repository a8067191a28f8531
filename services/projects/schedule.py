"""What projects watches the clock for."""

from collections.abc import Callable
from typing import Any

from services.projects.domain.carrying_out import finish_missed, finish_near, year_ended
from services.projects.domain.effect import Window, anchors, evaluate, windows
from services.projects.domain.project import Project
from services.projects.domain.suggesting import answer_missed, review_missed
from services.projects.domain.terms import Terms
from services.projects.store import PROJECTS, SUGGESTIONS, demand_id
from shared.plumbing.database import Connection
from shared.plumbing.service import Service
from shared.plumbing.store import Kind
from shared.plumbing.timers import Timer, Timers
from shared.plumbing.work import Held, Work

_DEMAND = """
select coalesce(sum(d.value::int), 0) from demand_days n, jsonb_each_text(n.days) d
where n.id = any($1::uuid[]) and d.key >= $2 and d.key < $3
"""
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
        before, after = await _demand(con, held.state)
        held.change(
            evaluate,
            demand_before=before,
            demand_after=after,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            terms=service.terms.on(timer.now),
        )


def _plain(timers: Timers, kind: Kind[Any], name: str, rule: Callable[..., Any]) -> None:
    @timers.at(kind, name)
    async def fire(work: Work, con: Connection, held: Held[Any], timer: Timer) -> None:
        held.change(rule, due_at=timer.due_at, version=timer.version, now=timer.now)


async def _demand(con: Connection, project: Project | None) -> tuple[int, int]:
    """Complaints at the project's anchors in the two windows."""
    if project is None or (both := windows(project)) is None:
        return 0, 0
    ids = [demand_id(category, place) for category, place in anchors(project)]

    async def count(window: Window) -> int:
        return int(await con.fetchval(_DEMAND, ids, window.first.isoformat(), window.after.isoformat()))

    return await count(both[0]), await count(both[1])
