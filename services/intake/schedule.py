"""What intake does when the time has come: limits near and missed, listings that end, hotspots and demand counted."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.intake import importing
from services.intake.counting import arm_figures, askings, counted_at, days
from services.intake.domain import importing as imports
from services.intake.domain.clock import LISTING_END, RETENTION, TIMERS
from services.intake.domain.complaint import FINAL, Complaint
from services.intake.domain.demand import Day, Demand, count
from services.intake.domain.hotspot import Hotspot, HotspotState, Spot, judge, look, next_look
from services.intake.domain.listing import expire
from services.intake.domain.route import link
from services.intake.forgetting import forget_complaint
from services.intake.publishing import ring_figures
from services.intake.registering import IntakeService
from services.intake.store import COMPLAINTS, DEMANDS, HOTSPOTS, IMPORTS, ROUTES
from services.intake.tidying import ACTOR
from shared.events.base import Fact, derived
from shared.events.vocabulary import RouteTarget
from shared.plumbing.database import Connection
from shared.plumbing.timers import Ring, Timer, Timers
from shared.plumbing.work import Held, Work

_UNLINKED = """
select c.id from complaints c where c.category = $1 and c.place = $2 and c.community = $3 and not c.confidential
and (c.received_at > $4 or c.state <> all($5::text[]))
and not exists (select from routes r where r.complaint = c.id and r.target = $6) order by c.id
"""


def ring(timers: Timers, service: IntakeService) -> None:
    """What each timer does."""
    ring_figures(timers, service)
    for name, rule in TIMERS.items():
        timers.at(COMPLAINTS, name)(_says(service, rule))

    @timers.at(COMPLAINTS, LISTING_END)
    async def end_listing(work: Work, _con: Connection, held: Held[Complaint], timer: Timer) -> None:
        """挂账期满."""
        held.change(
            expire,
            due_at=timer.due_at,
            version=timer.version,
            now=timer.now,
            terms=service.terms.on(timer.now),
            calendar=service.calendar,
        )
        arm_figures(work, service.terms, held.before, held.state, timer.now)

    @timers.at(COMPLAINTS, RETENTION)
    async def forget(_work: Work, con: Connection, held: Held[Complaint], _timer: Timer) -> None:
        """保存期满: no fact; the vault forgets who asked, and in which words."""
        await forget_complaint(con, held.id, ACTOR, "保存期满，自动删除")

    @timers.at(HOTSPOTS, "review")
    @timers.at(HOTSPOTS, "evaluate")
    async def evaluate(work: Work, con: Connection, held: Held[Hotspot], timer: Timer) -> None:
        """热点研判: soon after a complaint came in, and again when the count falls by itself.

        It counts up to the present, not to the moment that was due: what came in meanwhile set no timer of its own.
        """
        at, now, terms = counted_at(timer.data), timer.now, service.terms.on(timer.now)
        window = timedelta(days=terms.hotspot.window_days)
        asked = await askings(con, at, now - 2 * window, now + timedelta(seconds=1))
        category = service.town.category(at.category)
        held.change(
            judge,
            look(asked, now=now, terms=terms),
            at=at,
            sensitive=category is not None and category.sensitive,
            now=now,
            terms=terms,
        )
        if held.state is None:
            return
        if held.state.topic:
            await _link(work, con, held, at, held.state.topic, window)
        again = next_look(asked, now=now, terms=terms)
        if held.state.state is HotspotState.ACTIVE and again:
            work.arm(HOTSPOTS, held.id, "review", again, data=timer.data)

    @timers.at(DEMANDS, "count")
    async def count_demand(_work: Work, con: Connection, held: Held[Demand], timer: Timer) -> None:
        """日诉求量 of every day that is over and whose numbers are not said yet, or not any more."""
        at = counted_at(timer.data)
        found = await days(con, at, timer.now)
        said = held.state.days if held.state else {}
        for day in sorted(found.keys() | said.keys()):
            numbers = found.get(day, Day(0, 0))
            held.change(count, at=at, day=day, complaints=numbers.complaints, people=numbers.people)

    @timers.at(IMPORTS, imports.DROP)
    async def drop_import(_work: Work, con: Connection, held: Held[imports.ImportRun], timer: Timer) -> None:
        """导入批次逾期未完成."""
        if held.state is not None:
            held.note(imports.drop(held.state, now=timer.now))
            await importing.forget_waiting(con, held.id)

    @timers.at(IMPORTS, imports.EXPIRE)
    async def expire_import(_work: Work, con: Connection, held: Held[imports.ImportRun], _timer: Timer) -> None:
        """退回行内容保存期满."""
        if held.state is not None:
            held.note(replace(held.state, expired=True))
            await importing.expire(con, held.id)


def _says(service: IntakeService, rule: Callable[..., Iterable[Fact]]) -> Ring:
    async def say(work: Work, _con: Connection, held: Held[Any], timer: Timer) -> None:
        if held.change(rule, due_at=timer.due_at, version=timer.version, now=timer.now):
            arm_figures(work, service.terms, held.before, held.state, timer.now)

    return say


async def _link(work: Work, con: Connection, hotspot: Held[Hotspot], at: Spot, topic: str, window: timedelta) -> None:
    """Every complaint of the hotspot that is open or recent is linked to its topic, once."""
    since = work.now - window
    rows = await con.fetch(_UNLINKED, at.category, at.place, at.community, since, sorted(FINAL), topic)
    await work.load(con, [(COMPLAINTS, row["id"]) for row in rows])
    for row in rows:
        complaint = work.born(COMPLAINTS, row["id"])
        route = work.born(ROUTES, derived("route", complaint.id, topic))
        route.change(link, complaint.state, complaint.id, wanted=RouteTarget.TOPIC, target=topic, hotspot=hotspot.ref)
