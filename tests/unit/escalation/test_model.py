"""The program against a second telling of the same tables, over thousands of steps that nobody thought of.

Each step is a number; with what stands it decides which command is asked and when. A run that fails is cut down to the
steps it needs. `FIVEPLUSN_MODEL_SEED` and `FIVEPLUSN_MODEL_STEPS` look elsewhere, and longer.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.escalation.domain import (
    asked as ask,
)
from services.escalation.domain import (
    due_date,
    duty,
    duty_deadline,
    evaluation,
    handling,
    issue,
    reporting,
    whistle,
)
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import TopicNeedsDepartments
from shared.events.escalation import DeadlineMove, DutyRole, DutyStep, PlanStep, SupervisionLevel
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import CheckInMode, RouteTarget, WhistleKind
from shared.rules.broken import Reason, RuleBroken
from shared.rules.calendar import Calendar, CalendarOverrides
from tests.support.disagreement import Disagreement, compared, wander
from tests.unit.escalation.cases import TERMS, TOWN
from tests.unit.escalation.model import (
    CALLED_OUT,
    FIRE,
    HERE,
    HOUSING,
    LEVELS,
    NOBODY,
    OFFICE,
    PLACES,
    STEPS,
    UNITS,
    WATER,
    Book,
    Department,
)
from tests.unit.intake.model import BEIJING, DAY, HOUR, MINUTE, Days, Refused

SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS_IN_ALL = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "8000"))
LONGEST = 60
"""Steps of one matter; then another one begins."""
BEGINNINGS = [
    datetime(2024, 2, 1, 9, tzinfo=BEIJING),
    datetime(2024, 4, 26, 16, 30, tzinfo=BEIJING),  # a make-up Sunday, then the May holidays
    datetime(2099, 12, 28, 10, tzinfo=BEIJING),  # years whose holidays nobody has announced
]
FACTS = {
    fact.__name__ for fact in Fact.known.values() if fact.said_by == "escalation" and fact.kind in ("issue", "duty")
}
DEPARTMENTS = (HOUSING, WATER, FIRE)
ANYBODY = (*UNITS, NOBODY)
BECAUSE = ask.Because(reason="理由")
HALL = "town"
ID = derived("model", "issue")


def overrides(days: Days) -> Calendar:
    """The same days for the program."""
    return Calendar(CalendarOverrides(holidays=days.off, workdays=days.on, announced=days.known))


class Program:
    """The rules of the program, put together as its doors do it."""

    def __init__(self, days: Days) -> None:
        self.calendar = overrides(days)
        self.issues: dict[UUID, issue.Issue] = {}
        self.duties: dict[str, duty.Duty] = {}
        self.journal: list[Fact] = []

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        """The names of the facts; nothing has happened where it is refused."""
        issues, duties, said = dict(self.issues), dict(self.duties), len(self.journal)
        command: Callable[..., None] = getattr(self, name)
        try:
            command(now, **asked)
        except RuleBroken:
            self.issues, self.duties = issues, duties
            del self.journal[said:]
            raise
        return [type(fact).__name__ for fact in self.journal[said:]]

    def _say(self, states: dict[Any, Any], id: Any, evolve: Any, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        facts = list(rule(states.get(id), *asked, **named))
        for fact in facts:
            states[id] = evolve(states.get(id), type(fact).read(fact.model_dump_json()))
        self.journal += facts
        return facts

    def _issue(self, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.issues, ID, issue.evolve, rule, *asked, **named)

    def _duty(self, department: str, rule: Any, *asked: Any, **named: Any) -> list[Fact]:
        return self._say(self.duties, department, duty.evolve, rule, *asked, **named)

    def _known(self, department: str) -> duty.Duty:
        if department not in self.duties:
            raise RuleBroken(Reason("not_found", "该部门未被召集"))
        return self.duties[department]

    @property
    def issue(self) -> issue.Issue:
        return self.issues[ID]

    @property
    def all(self) -> list[duty.Duty]:
        return list(self.duties.values())

    def _rules(self, now: datetime) -> dict[str, Any]:
        return {"now": now, "terms": TERMS, "calendar": self.calendar}

    # -- the whistle

    def request(self, now: datetime, kind: str, place: str, others: tuple[str, ...], **proposed: Any) -> None:
        wish = ask.RequestWhistle(
            community=place,
            communities=others,
            category="PROPERTY_VACANCY",
            public_title="供水管爆裂",
            whistle=WhistleKind(kind),
            lead=proposed["lead"],
            support=proposed["support"],
            due_at=proposed["due"],
        )
        self._issue(whistle.request, wish, by=PLACES[0], town=TOWN, **self._rules(now))

    def from_topic(self, now: datetime, kind: str, lead: str, support: tuple[str, ...], due: datetime) -> None:
        heard = TopicNeedsDepartments(
            meeting=ref("meeting", UUID(int=1)), community=PLACES[0], category="PROPERTY_VACANCY", place=None,
            public_title="空窗期维修", whistle=WhistleKind(kind), lead=lead, support=support, due_at=due,
        )  # fmt: skip
        self._issue(whistle.request_from_topic, heard, ref("topic", UUID(int=2)), **self._rules(now))

    def from_route(self, now: datetime, place: str | None, needed_by: datetime | None) -> None:
        heard = ComplaintRouted(
            complaint=ref("complaint", UUID(int=3)), community=place, category="PROPERTY_VACANCY", place=None,
            wanted=RouteTarget.ISSUE, due_at=needed_by,
        )  # fmt: skip
        self._issue(whistle.request_from_route, heard, ref("route", UUID(int=4)), title="供水", **self._rules(now))

    def approve(self, now: datetime) -> None:
        self._issue(whistle.approve, ask.ApproveWhistle(), now=now)

    def reject(self, now: datetime) -> None:
        self._issue(whistle.reject, BECAUSE)

    def escalate(self, now: datetime, by: str, place: str | None, others: tuple[str, ...] | None, **named: Any) -> None:
        wish = ask.Escalate(
            task="抢修", lead=named["lead"], support=named["support"], due_at=named["due"], community=place,
            communities=others, hard=named["hard"], order_extended=named["extended"],
        )  # fmt: skip
        self._issue(whistle.escalate, wish, by=by, town=TOWN, **self._rules(now))
        for department in self.issue.called:
            self._call(now, department, DutyRole.LEAD if department == self.issue.lead else DutyRole.SUPPORT)

    def _call(self, now: datetime, department: str, role: DutyRole) -> list[Fact]:
        rules = self._rules(now)
        return self._duty(department, reporting.call, department, role, issue=self.issue, issue_id=ID, **rules)

    def withdraw(self, now: datetime, by: str) -> None:
        if self._issue(whistle.withdraw, BECAUSE, by=by):
            for department in self.duties:
                self._duty(department, reporting.dismiss, BECAUSE, now=now)

    # -- the departments

    def acknowledge(self, now: datetime, department: str, by: str) -> None:
        self._duty(department, reporting.acknowledge, by=by, now=now)

    def check_in(self, now: datetime, department: str, by: str) -> None:
        self._duty(department, reporting.check_in, ask.CheckIn(mode=CheckInMode.ON_SITE), by=by, now=now)
        self._muster(now)

    def _muster(self, now: datetime) -> None:
        self._issue(handling.muster, duties=self.all, now=now)

    def objects(self, now: datetime, department: str, by: str, proposed: str | None) -> None:
        wish = ask.ObjectToDuty(reason="不属本局职责", proposed=proposed)
        self._duty(department, reporting.object_to, wish, by=by, now=now, town=TOWN)

    def reject_objection(self, now: datetime, department: str) -> None:
        self._duty(department, reporting.reject_objection, BECAUSE)

    def reassign(self, now: datetime, department: str, lead: str) -> None:
        wish = ask.ReassignLead(lead=lead, reason="改派")
        self._issue(whistle.reassign, wish, objecting=self._known(department), town=TOWN)
        self._duty(department, reporting.hand_over, wish)
        if not self._call(now, lead, DutyRole.LEAD):
            self._duty(lead, reporting.take_lead, wish)
        self._muster(now)

    def excuse(self, now: datetime, department: str, by: str) -> None:
        if self._duty(department, reporting.excuse, BECAUSE, by=by, issue=self.issue):
            self._muster(now)

    def finish(self, now: datetime, department: str, by: str) -> None:
        self._duty(department, reporting.finish, ask.FinishDuty(), by=by, now=now)

    def release(self, now: datetime, department: str, by: str) -> None:
        self._duty(department, reporting.release, by=by, issue=self.issue, now=now)

    # -- the work, and both sides

    def plan(self, now: datetime, by: str, steps: list[tuple[str, datetime]]) -> None:
        wish = ask.PlanAction(steps=tuple(PlanStep(task="修", owner=owner, due_at=at) for owner, at in steps))
        self._issue(handling.plan, wish, by=by, duties=self.all)

    def progress(self, now: datetime, by: str, something: bool) -> None:
        wish = ask.ReportProgress(note="进展" if something else None)
        self._issue(handling.progress, wish, by=by, duties=self.all)

    def resolve(self, now: datetime, by: str, on_site: bool) -> None:
        wish = ask.Resolve(result="已解决", on_site=on_site)
        self._issue(handling.resolve, wish, by=by, duties=self.all, now=now)
        for department in self.duties:
            self._duty(department, reporting.lift_deadlines)

    def reopen(self, now: datetime, by: str, due: datetime) -> None:
        self._issue(handling.reopen, ask.Reopen(reason="未解决", due_at=due), by=by, **self._rules(now))
        for department in self.duties:
            self._duty(department, reporting.call_back, due_at=due, now=now, terms=TERMS)

    def evaluate(self, now: datetime, by: str, department: str, solved: int, cooperation: int) -> None:
        wish = ask.EvaluateDepartment(department=department, solved=solved, cooperation=cooperation)
        self._issue(evaluation.evaluate_department, wish, by=by, duties=self.all, terms=TERMS)

    def comment(self, now: datetime, by: str) -> None:
        self._issue(evaluation.comment_on_score, ask.CommentOnScore(comment="说明"), by=by)

    def judge(self, now: datetime, by: str) -> None:
        wish = ask.EvaluateWhistle(justified=True, clear=True)
        self._issue(evaluation.evaluate_whistle, wish, by=by, duties=self.all)

    def close(self, now: datetime, by: str) -> None:
        self._issue(evaluation.close, by=by, duties=self.all)

    # -- the due date

    def extend(self, now: datetime, due: datetime, extended: bool) -> None:
        wish = ask.ExtendDeadline(due_at=due, reason="雨天", order_extended=extended)
        self._issue(due_date.extend, wish, now=now)
        self._follow(now, DeadlineMove.EXTENDED)

    def pause(self, now: datetime) -> None:
        if self._issue(due_date.pause, BECAUSE, now=now):
            self._follow(now, DeadlineMove.PAUSED)

    def resume(self, now: datetime) -> None:
        self._issue(due_date.resume, BECAUSE, now=now)
        self._follow(now, DeadlineMove.RESUMED)

    def _follow(self, now: datetime, move: DeadlineMove) -> None:
        due_at = None if self.issue.paused_at else self.issue.due_at
        for department in self.duties:
            self._duty(department, duty_deadline.follow, move, due_at=due_at, now=now, terms=TERMS)

    def supervise(self, now: datetime, level: str) -> None:
        self._issue(due_date.supervise, ask.Supervise(level=SupervisionLevel(level), reason="理由"))

    def announce(self, now: datetime, days: Days) -> None:
        self.calendar = overrides(days)
        for department in self.duties:
            self._duty(department, duty_deadline.recount, terms=TERMS, calendar=self.calendar)

    # -- time

    def due(self, now: datetime) -> list[tuple[datetime, str, str]]:
        """Every timer that is due rings, the earliest first."""
        found: list[tuple[datetime, str, str]] = []
        rung: set[tuple[str, str, int]] = set()
        while waiting := sorted(
            (watch.due_at, of, name, watch.version)
            for of, watches in self._watches()
            for name, watch in watches.items()
            if watch.due_at <= now and (of, name, watch.version) not in rung
        ):
            at, of, name, version = waiting[0]
            rung.add((of, name, version))
            for fact in self._ring(of, name, at, version, now):
                step = getattr(fact, "step", None)
                what = f"{of} {step}" if step else getattr(fact, "level", "DISTRICT") if "supervise" in name else ""
                found.append((at, type(fact).__name__, str(what)))
        return sorted(found)

    def _watches(self) -> list[tuple[str, Any]]:
        of_duties = [(department, duty.watches(state)) for department, state in self.duties.items()]
        return [("", issue.watches(self.issue)), *of_duties]

    def _ring(self, of: str, name: str, at: datetime, version: int, now: datetime) -> list[Fact]:
        if not of and name == issue.APPROVAL:
            return self._issue(whistle.approval_missed, due_at=at, version=version)
        if not of:
            level = next(level for level in SupervisionLevel if issue.ladder_timer(level) == name)
            return self._issue(due_date.climb, level, due_at=at, version=version)
        step = next(step for step in DutyStep if name in (duty.near_timer(step), duty.missed_timer(step)))
        if name == duty.near_timer(step):
            return self._duty(of, duty_deadline.warn, step, version=version, now=now)
        return self._duty(of, duty_deadline.miss, step, due_at=at, version=version)


# ---------------------------------------------------------------------------------------------- what may be asked


class Wish:
    """The next command: mostly what could come next, now and then anything."""

    def __init__(self, random: Random, book: Book, now: datetime) -> None:
        self.random, self.book, self.now = random, book, now

    def likely(self, share: float = 0.85) -> bool:
        return self.random.random() < share

    def soon(self, most: int = 6) -> datetime:
        return self.now + self.random.choice((-HOUR, HOUR, 20 * HOUR, DAY, DAY, 2 * DAY, most * DAY, 16 * DAY))

    def begin(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        kind = random.choice(tuple(WhistleKind))
        support = random.choice(((), (WATER,), (WATER, FIRE), (WATER, FIRE)))
        match random.choice(("request", "request", "from_topic", "from_route")):
            case "request":
                wrong = not self.likely(0.8)
                return "request", {
                    "kind": kind,
                    "place": random.choice((*PLACES, "nowhere")) if wrong else PLACES[0],
                    "others": random.choice(((PLACES[1],), (PLACES[0],), ("nowhere",))) if wrong else (),
                    "lead": random.choice((HOUSING, NOBODY)) if wrong else random.choice((HOUSING, HOUSING, None)),
                    "support": (WATER, NOBODY, WATER) if wrong else support,
                    "due": random.choice((self.soon(), None)),
                }
            case "from_topic":
                return "from_topic", {"kind": kind, "lead": HOUSING, "support": support, "due": self.soon()}
        needed = random.choice((None, self.now + 3 * DAY, self.now + 7 * DAY))
        return "from_route", {"place": random.choice((PLACES[0], PLACES[1], None)), "needed_by": needed}

    def next(self) -> tuple[str, dict[str, Any]]:
        it, random = self.book.it, self.random
        if not self.likely(0.85):
            return self.anything()
        if it.phase == "REQUESTED":
            quick = it.kind == "EMERGENCY" and self.likely(0.5)
            return self.escalate() if quick else random.choice([("approve", {})] * 8 + [("reject", {})])
        if it.phase == "APPROVED":
            return self.escalate()
        if it.phase in CALLED_OUT and self.now.year >= 2099 and self.likely(0.1):
            return "announce", {"days": self.announced()}
        if it.phase in CALLED_OUT:
            return self.departments() if self.likely(0.6) else self.work()
        return self.the_end()

    def escalate(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.it
        good, emergency = self.likely(), it.kind == "EMERGENCY"
        return "escalate", {
            "by": random.choice((HALL, OFFICE)) if good else random.choice((*ANYBODY, HOUSING)),
            "lead": (None if it.lead and self.likely(0.8) else HOUSING)
            if good
            else random.choice((None, WATER, NOBODY)),
            "support": random.choice((None, (WATER,), (WATER, FIRE)))
            if good
            else random.choice(((HOUSING,), (OFFICE,))),
            "due": self.now + random.choice((20 * MINUTE, 3 * HOUR, 20 * HOUR, 20 * HOUR if emergency else 6 * DAY))
            if good
            else random.choice((None, self.soon())),
            "place": (None if it.place else PLACES[0]) if good else random.choice((None, "nowhere", PLACES[1])),
            "others": random.choice((None, None, ())) if good else (PLACES[1], PLACES[1]),
            "hard": self.likely(0.2),
            "extended": self.likely(0.3),
        }

    def departments(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        waiting = [name for name, one in self.book.departments.items() if one.phase not in HERE]
        name = random.choice(waiting) if waiting and self.likely() else random.choice(DEPARTMENTS)
        one = self.book.departments.get(name)
        if one and one.phase == "OBJECTED" and self.likely():
            if one.lead and self.likely(0.7):
                gone = [other for other, what in self.book.departments.items() if what.phase == "EXCUSED"]
                other = gone[0] if gone and self.likely(0.6) else random.choice((FIRE, WATER, HOUSING, OFFICE, NOBODY))
                return "reassign", {"department": name, "lead": other}
            return "reject_objection", {"department": name}
        by = name if self.likely(0.93) else random.choice(ANYBODY)
        steps: list[tuple[str, dict[str, Any]]] = [
            ("acknowledge", {"department": name, "by": by}),
            ("check_in", {"department": name, "by": by}),
            ("check_in", {"department": name, "by": by}),
            ("check_in", {"department": name, "by": by}),
            ("objects", {"department": name, "by": by, "proposed": random.choice((None, None, None, WATER, NOBODY))}),
            ("objects", {"department": name, "by": by, "proposed": None}),
            ("objects", {"department": self.book.it.lead or name, "by": self.book.it.lead or name, "proposed": None}),
            ("excuse", {"department": name, "by": self.caller()}),
        ]
        return random.choice(steps)

    def caller(self) -> str:
        caller = self.book.it.caller
        return caller if caller and self.likely(0.93) else self.random.choice((HALL, *UNITS))

    def lead(self) -> str:
        lead = self.book.it.lead
        return lead if lead and self.likely(0.93) else self.random.choice(UNITS)

    def work(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.it
        lead = self.lead()
        if it.paused and self.likely(0.4):
            return "resume", {}
        if it.phase == "MUSTERED" and self.likely():
            at = it.due if it.due and self.likely() else self.soon()
            return "plan", {"by": lead, "steps": [(random.choice((lead, lead, WATER)), at)]}
        if it.phase == "PLANNED" and self.likely():
            return "progress", {"by": lead, "something": self.likely(0.95)}
        if it.phase == "HANDLING" and self.likely(0.6):
            finished = it.lead and self.book.departments[it.lead].phase == "FINISHED"
            if finished and self.likely():
                return "resolve", {"by": self.caller(), "on_site": self.likely(0.95)}
            return "finish", {"department": lead, "by": lead}
        steps: list[tuple[str, dict[str, Any]]] = [
            ("extend", {"due": (it.due or self.now) + random.choice((HOUR, DAY, -DAY)), "extended": self.likely(0.6)}),
            ("pause", {}),
            ("resume", {}),
            ("supervise", {"level": random.choice(tuple(LEVELS))}),
            ("finish", {"department": lead, "by": lead}),
            ("withdraw", {"by": self.caller()}),
        ]
        return random.choice(steps[:5] * 3 + steps[5:])

    def the_end(self) -> tuple[str, dict[str, Any]]:
        random, it = self.random, self.book.it
        unscored = [name for name in self.book.expected if name not in it.scores]
        name = random.choice(unscored or list(DEPARTMENTS))
        staying = [one for one, what in self.book.departments.items() if what.phase not in ("RELEASED", "EXCUSED")]
        if it.phase == "EVALUATED" and not staying and self.likely(0.5):
            return "close", {"by": self.caller()}
        grade = {
            "department": name,
            "solved": random.choice((0, 59, 80, 100)),
            "cooperation": random.choice((0, 55, 95)),
        }
        steps: list[tuple[str, dict[str, Any]]] = [
            ("evaluate", {"by": self.caller(), **grade}),
            ("evaluate", {"by": self.caller(), **grade}),
            ("judge", {"by": random.choice((*DEPARTMENTS, *DEPARTMENTS, HALL, OFFICE))}),
            ("comment", {"by": random.choice((*DEPARTMENTS, OFFICE))}),
            ("release", {"department": random.choice(staying or list(DEPARTMENTS)), "by": self.caller()}),
            ("release", {"department": random.choice(staying or list(DEPARTMENTS)), "by": self.caller()}),
            ("close", {"by": self.caller()}),
            ("reopen", {"by": self.caller(), "due": self.soon(5)}),
            ("approve", {}),
        ]
        return random.choice(steps)

    def anything(self) -> tuple[str, dict[str, Any]]:
        random = self.random
        steps: list[tuple[str, dict[str, Any]]] = [
            self.escalate(),
            self.departments(),
            self.work(),
            self.the_end(),
            ("approve", {}),
            ("reject", {}),
            ("withdraw", {"by": random.choice((PLACES[0], HALL, OFFICE))}),
            ("reject_objection", {"department": random.choice(DEPARTMENTS)}),
            ("reassign", {"department": random.choice(DEPARTMENTS), "lead": random.choice(ANYBODY)}),
            ("announce", {"days": self.announced()}),
        ]
        return random.choice(steps)

    def announced(self) -> Days:
        """What the State Council says of the years in which the third beginning lies."""
        days = [date(2099, 12, 28) + n * DAY for n in self.random.sample(range(12), 7)]
        years = self.random.choice(((2099,), (2099, 2100)))
        known = [day for day in days if day.year in years]
        return Days(frozenset(years), frozenset(known[:4]), frozenset(known[4:]))


# ---------------------------------------------------------------------------------------------- side by side


def known_of(one: Department) -> tuple[Any, ...]:
    """What the book knows of a department."""
    return (
        one.phase, one.lead, [one.by[step] for step in STEPS], [one.near[step] for step in STEPS], one.version,
        one.provisional, one.warned, one.missed, one.answered_late, one.came_late, one.finished_late, one.objected,
        one.lifted,
    )  # fmt: skip


def kept_of(state: duty.Duty) -> tuple[Any, ...]:
    """The same of the program."""
    return (
        state.state, state.role is DutyRole.LEAD,
        [state.acknowledge_by, state.check_in_by, state.due_at],
        [state.acknowledge_near_at, state.check_in_near_at, state.due_near_at], state.deadline_version,
        state.provisional, set(state.warned), set(state.missed), state.acknowledged_late, state.checked_in_late,
        state.finished_late, state.objected, state.lifted,
    )  # fmt: skip


def same_state(book: Book, real: Program) -> None:
    """What both know, of everything; and there is exactly one lead."""
    it, state = book.it, real.issue
    pairs: dict[str, tuple[Any, Any]] = {
        "issue": (
            (it.phase, it.kind, it.asker, it.place, it.others, it.lead, it.support, it.caller, it.approved),
            (state.state, state.whistle, state.requested_by, state.community, state.communities, state.lead,
             state.support, state.caller, state.approved_at is not None),
        ),
        "its time": (
            (it.due, it.version, it.paused, it.level, it.approve_by, it.approval_said),
            (state.due_at, state.deadline_version, state.paused_at, state.supervision, state.approval_due_at,
             state.approval_missed),
        ),
        "both sides": (
            (it.scores, it.comments, it.judges),
            ({name: score.total for name, score in state.scores.items()}, set(state.score_comments),
             set(state.whistle_evaluated_by)),
        ),
        "departments": (
            {name: known_of(one) for name, one in book.departments.items()},
            {name: kept_of(one) for name, one in real.duties.items()},
        ),
    }  # fmt: skip
    if it.phase in CALLED_OUT:
        pairs["lead"] = [name for name, one in book.expected.items() if one.lead], [state.lead]
    if wrong := [f"{name}: {model} is not {program}" for name, (model, program) in pairs.items() if model != program]:
        raise Disagreement("after it: " + "; ".join(wrong))


def live(beginning: int, steps: Sequence[int], seen: Counter[str]) -> None:
    """One matter's life. Raises `Disagreement`."""
    now, days = Random(beginning).choice(BEGINNINGS), Days()
    book, real = Book(days), Program(days)
    for index, step in enumerate(steps, 1):
        chance = Random(step)
        soon = sorted(at for at in book.moments() if at > now)
        jumps = [timedelta(0)] * 6 + [2 * MINUTE, 4 * MINUTE, 10 * MINUTE, HOUR, 5 * HOUR, 21 * HOUR]
        now = soon[0] if soon and chance.random() < 0.2 else now + chance.choice(jumps)
        when = f"step {index}, {now:%Y-%m-%d %H:%M}"
        wish = Wish(chance, book, now)
        if book.matter is not None:
            compared(f"{when} timers", lambda: book.due(now), lambda: real.due(now), seen, Refused)  # noqa: B023
        name, asked = wish.begin() if book.matter is None else wish.next()
        compared(
            f"{when} {name} {asked}",
            lambda: book.do(name, now, **asked),  # noqa: B023
            lambda: real.do(name, now, **asked),  # noqa: B023
            seen,
            Refused,
        )
        if book.matter is not None:
            same_state(book, real)


def test_the_program_says_what_the_rule_book_says_and_every_fact_is_seen() -> None:
    seen = wander(live, LONGEST, SEED, STEPS_IN_ALL)
    refused = seen.pop("refused")
    print(f"seed {SEED}: {STEPS_IN_ALL} steps, {refused} refusals, {seen.total()} facts: {dict(sorted(seen.items()))}")
    assert FACTS - seen.keys() == set()
    assert refused > STEPS_IN_ALL / 10


def lifts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A department is reproached although the matter is solved."""
    monkeypatch.setattr(reporting, "lift_deadlines", lambda before: [])


def goes_on_in_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was left of the limit is forgotten when the clock runs again."""
    resume = due_date.resume

    def careless(before: issue.Issue, asked: ask.Because, *, now: datetime) -> list[Any]:
        return [fact.model_copy(update={"due_at": before.due_at}) for fact in resume(before, asked, now=now)]

    monkeypatch.setattr(due_date, "resume", careless)


def leaves_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """A department is released before the matter is solved."""
    release = reporting.release

    def early(before: duty.Duty, *, issue: issue.Issue, **named: Any) -> list[Any]:
        return release(before, issue=replace(issue, state="RESOLVED"), **named)  # type: ignore[arg-type]

    monkeypatch.setattr(reporting, "release", early)


def remembers_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new due date is not warned of anew."""
    monkeypatch.setattr(duty, "_without_due", lambda steps: steps)


def reopens_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores stand although the matter was reopened."""
    evolve = issue.evolve

    def keeping(before: issue.Issue | None, fact: Any) -> issue.Issue:
        after = evolve(before, fact)
        again = before is not None and type(fact).__name__ == "IssueReopened"
        return replace(after, scores=before.scores) if again and before else after

    monkeypatch.setattr(issue, "evolve", keeping)


@pytest.mark.parametrize(
    "wrong", [lifts_nothing, goes_on_in_a_pause, leaves_early, remembers_no_warning, reopens_for_ever]
)
def test_a_wrong_rule_is_found_and_the_way_to_it_is_short(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[pytest.MonkeyPatch], None]
) -> None:
    wrong(monkeypatch)
    with pytest.raises(pytest.fail.Exception, match=r"shortest: live\(\d+, \[(\d+(, )?){1,20}\]"):
        wander(live, LONGEST, SEED, STEPS_IN_ALL)
