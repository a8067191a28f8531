"""A second, plain telling of escalation: written from the tables of the rule book, not from the program.

It shares no code with the program: its own words for states, its own arithmetic. A command is a name with plain
arguments; the book answers which facts follow, in order, or which reasons refuse it. One matter between two communities;
four departments that exist, one that does not; the town hall and one of its offices may whistle.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.unit.intake.model import BEIJING, Days, later, refuse

HOUSING, WATER, FIRE = "district-housing", "district-water", "district-fire"
OFFICE, TOWN, NOBODY = "town-request-centre", "town", "nobody"
UNITS = (HOUSING, WATER, FIRE, OFFICE)
CALLERS = (TOWN, OFFICE)
PLACES = ("dahuichang", "zhangguozhuang")
LIMITS = {
    "EMERGENCY": ("PT5M", "PT30M", "PT24H", "PT24H"),
    "JOINT_ENFORCEMENT": ("PT2H", "PT24H", "P7D", "P7D"),
    "PUBLIC_DEMAND": ("4WH", "2WD", "P7D", "P15D"),
    "KEY_TASK": ("4WH", "2WD", "P7D", "P15D"),
}
"""Acknowledge, check in, due, due of a hard matter."""
LEVELS = {"REMINDER": 0, "DEPARTMENT_HEAD": 25, "TOWN_LEADER": 50, "DISTRICT": 100}
"""Past the due date by so many percent of the limit."""
POINTS = {"acknowledge": 20, "check_in": 30, "solved": 40, "cooperation": 10}
WAITING = ("CALLED", "OBJECTED", "ACKNOWLEDGED")
HERE = ("CHECKED_IN", "FINISHED", "RELEASED")
GONE = ("RELEASED", "EXCUSED")
CALLED_OUT = ("ESCALATED", "MUSTERED", "PLANNED", "HANDLING")
SOLVED = ("RESOLVED", "EVALUATED")
OVER = ("REJECTED", "CLOSED", "WITHDRAWN")
STEPS = ("ACKNOWLEDGE", "CHECK_IN", "DUE")


def near(start: datetime, end: datetime) -> datetime:
    """Four fifths of the way."""
    return start + (end - start) * 4 / 5


@dataclass
class Department:
    lead: bool
    called: datetime
    by: dict[str, datetime | None]
    near: dict[str, datetime | None]
    provisional: bool
    version: int = 1
    phase: str = "CALLED"
    answered: bool = False
    answered_late: bool = False
    came: bool = False
    came_late: bool = False
    finished_late: bool = False
    objected: bool = False
    lifted: bool = False
    warned: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)

    def owes(self, step: str) -> bool:
        still = {"ACKNOWLEDGE": WAITING[:2], "CHECK_IN": WAITING, "DUE": (*WAITING, "CHECKED_IN")}[step]
        return self.phase in still and step not in self.missed and not self.lifted

    @property
    def works(self) -> bool:
        return self.phase in (*WAITING, "CHECKED_IN")


@dataclass
class Matter:
    kind: str
    asker: str
    place: str | None
    approve_by: datetime
    others: tuple[str, ...] = ()
    needed_by: datetime | None = None
    lead: str | None = None
    support: tuple[str, ...] = ()
    due: datetime | None = None
    phase: str = "REQUESTED"
    approved: bool = False
    approval_said: bool = False
    caller: str | None = None
    version: int = 0
    limit: timedelta = timedelta(0)
    paused: datetime | None = None
    level: str | None = None
    scores: dict[str, int] = field(default_factory=dict)
    comments: set[str] = field(default_factory=set)
    judges: set[str] = field(default_factory=set)


def against_units(lead: str | None, support: tuple[str, ...]) -> list[str | bool]:
    found: list[str | bool] = [lead is not None and lead not in UNITS and "unknown_unit"]
    for n, unit in enumerate(support):
        found += [unit not in UNITS and "unknown_unit", unit in (lead, *support[:n]) and "called_twice"]
    return found


def against_places(place: str | None, others: tuple[str, ...]) -> list[str | bool]:
    found: list[str | bool] = []
    for n, other in enumerate(others):
        found += [other not in PLACES and "unknown_community", other in (place, *others[:n]) and "named_twice"]
    return found


class Book:
    """What the rule book says of one matter."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.matter: Matter | None = None
        self.departments: dict[str, Department] = {}

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        command: Callable[..., list[str]] = getattr(self, name)
        return command(now, **asked)

    @property
    def it(self) -> Matter:
        assert self.matter is not None
        return self.matter

    def of(self, department: str) -> Department:
        refuse(department not in self.departments and "not_found")
        return self.departments[department]

    def must(self, *phases: str) -> str | bool:
        return self.it.phase not in phases and "wrong_state"

    def moments(self) -> list[datetime]:
        """Every moment at which something may be late."""
        if self.matter is None:
            return []
        ends = [end for one in self.departments.values() for end in (*one.by.values(), *one.near.values()) if end]
        return [*ends, self.matter.approve_by, *([self.matter.due] if self.matter.due else [])]

    def over(self, now: datetime) -> bool:
        return self.it.paused is None and self.it.due is not None and now >= self.it.due

    def too_late_for_order(self, due: datetime | None, extended: bool) -> str | bool:
        needed = self.it.needed_by
        late = due is not None and needed is not None and due > needed
        return late and not extended and "later_than_order"

    @property
    def expected(self) -> dict[str, Department]:
        return {name: one for name, one in self.departments.items() if one.phase != "EXCUSED"}

    # -- the whistle

    def request(
        self, now: datetime, kind: str, place: str, others: tuple[str, ...], lead: str | None, support: tuple[str, ...],
        due: datetime | None,
    ) -> list[str]:  # fmt: skip
        refuse(
            place not in PLACES and "unknown_community",
            due is not None and due <= now and "due_past",
            *against_places(place, others),
            *against_units(lead, support),
        )
        return self._requested(now, kind, PLACES[0], place, others, lead, support, due, None)

    def from_topic(
        self, now: datetime, kind: str, lead: str, support: tuple[str, ...], due: datetime
    ) -> list[str]:  # fmt: skip
        others = tuple(unit for n, unit in enumerate(support) if unit != lead and unit not in support[:n])
        return self._requested(now, kind, PLACES[0], PLACES[0], (), lead, others, due, None)

    def from_route(self, now: datetime, place: str | None, needed_by: datetime | None) -> list[str]:
        return self._requested(now, "PUBLIC_DEMAND", place or TOWN, place, (), None, (), None, needed_by)

    def _requested(
        self, now: datetime, kind: str, asker: str, place: str | None, others: tuple[str, ...], lead: str | None,
        support: tuple[str, ...], due: datetime | None, needed_by: datetime | None,
    ) -> list[str]:  # fmt: skip
        hours = timedelta(hours=24 if kind == "EMERGENCY" else 4)
        self.matter = Matter(kind, asker, place, now + hours, others, needed_by, lead, support, due)
        return ["WhistleRequested"]

    def approve(self, now: datetime) -> list[str]:
        if self.it.approved:
            return []
        refuse(self.it.phase in OVER and "decided")
        self.it.approved = True
        if self.it.phase == "REQUESTED":
            self.it.phase = "APPROVED"
        return ["WhistleApproved"]

    def reject(self, now: datetime) -> list[str]:
        if self.it.phase == "REJECTED":
            return []
        refuse(self.must("REQUESTED"))
        self.it.phase = "REJECTED"
        return ["WhistleRejected"]

    def escalate(
        self, now: datetime, by: str, lead: str | None, support: tuple[str, ...] | None, due: datetime | None,
        place: str | None, others: tuple[str, ...] | None, hard: bool, extended: bool,
    ) -> list[str]:  # fmt: skip
        it = self.it
        lead, due, place = lead or it.lead, due or it.due, place or it.place
        support = tuple(unit for unit in it.support if unit not in (by, lead)) if support is None else support
        others = it.others if others is None else others
        latest = later(now, LIMITS[it.kind][3 if hard else 2], self.days)
        agreed = it.approved and due == it.due
        refuse(
            self.must("REQUESTED", "APPROVED"),
            it.phase == "REQUESTED" and it.kind != "EMERGENCY" and "not_approved",
            place not in PLACES and "unknown_community",
            *against_places(place, others),
            lead is None and "lead_missing",
            by not in CALLERS and "not_a_town_unit",
            by == lead and "calls_itself",
            by in support and "calls_itself",
            *against_units(lead, support),
            due is None and "due_missing",
            due is not None and due <= now and "due_past",
            due is not None and due > latest and not agreed and "due_too_late",
            self.too_late_for_order(due, extended),
        )
        assert due and lead
        it.phase, it.caller, it.place, it.others, it.lead, it.support = "ESCALATED", by, place, others, lead, support
        it.due, it.limit, it.version = due, due - now, 1
        for department in (lead, *support):
            self._call(now, department, department == lead)
        return ["IssueEscalated", *["DutyCalled"] * (1 + len(support))]

    def _call(self, now: datetime, department: str, lead: bool) -> None:
        it, was = self.it, self.departments.get(department)
        assert it.due is not None
        by: dict[str, datetime | None] = {}
        for step, limit in zip(STEPS, LIMITS[it.kind], strict=False):
            end = later(now, limit, self.days)
            by[step] = min(end, it.due) if it.due > now else end
        by["DUE"] = None if it.paused else it.due
        arrive = by["CHECK_IN"]
        assert arrive
        working = it.kind in ("PUBLIC_DEMAND", "KEY_TASK")
        self.departments[department] = Department(
            lead,
            now,
            by,
            {step: end and near(now, end) for step, end in by.items()},
            working and not self.days.announced(arrive.astimezone(BEIJING).year),
            version=was.version + 1 if was else 1,
        )

    def withdraw(self, now: datetime, by: str) -> list[str]:
        it = self.it
        if it.phase == "WITHDRAWN":
            return []
        refuse(
            self.must("REQUESTED", "APPROVED", *CALLED_OUT),
            it.caller is not None and it.caller != by and "not_the_caller",
            it.caller is None and it.asker != by and "not_the_requester",
        )
        it.phase, facts = "WITHDRAWN", ["IssueWithdrawn"]
        for one in self.departments.values():
            if one.phase not in GONE:
                one.phase = "RELEASED" if one.phase in HERE else "EXCUSED"
                facts.append("DepartmentReleased" if one.phase == "RELEASED" else "DutyExcused")
        return facts

    # -- the departments

    def acknowledge(self, now: datetime, department: str, by: str) -> list[str]:
        one = self.of(department)
        if one.phase == "ACKNOWLEDGED" and by == department:
            return []
        refuse(by != department and "not_the_department", one.phase != "CALLED" and "wrong_state")
        self._answer(now, one)
        return ["DutyAcknowledged"]

    def _answer(self, now: datetime, one: Department) -> None:
        limit = one.by["ACKNOWLEDGE"]
        assert limit
        one.phase, one.answered, one.answered_late = "ACKNOWLEDGED", True, now > limit

    def check_in(self, now: datetime, department: str, by: str) -> list[str]:
        one = self.of(department)
        refuse(by != department and "not_the_department", one.phase not in ("CALLED", "ACKNOWLEDGED") and "wrong_state")
        facts = []
        if one.phase == "CALLED":
            self._answer(now, one)
            facts.append("DutyAcknowledged")
        limit = one.by["CHECK_IN"]
        assert limit
        one.phase, one.came, one.came_late = "CHECKED_IN", True, now > limit
        return [*facts, "DepartmentCheckedIn", *self._muster()]

    def _muster(self) -> list[str]:
        there = self.expected.values()
        complete = any(one.lead for one in there) and all(one.phase in HERE for one in there)
        if self.it.phase != "ESCALATED" or not complete:
            return []
        self.it.phase = "MUSTERED"
        return ["IssueMustered"]

    def objects(self, now: datetime, department: str, by: str, proposed: str | None) -> list[str]:
        one = self.of(department)
        limit = one.by["ACKNOWLEDGE"]
        assert limit
        refuse(
            by != department and "not_the_department",
            one.phase != "CALLED" and "wrong_state",
            now > limit and "too_late",
            one.objected and "objected_before",
            proposed is not None and proposed not in UNITS and "unknown_unit",
            proposed == department and "proposes_itself",
        )
        one.phase, one.objected = "OBJECTED", True
        return ["DutyObjected"]

    def reject_objection(self, now: datetime, department: str) -> list[str]:
        one = self.of(department)
        refuse(one.phase != "OBJECTED" and "wrong_state")
        one.phase = "CALLED"
        return ["ObjectionRejected"]

    def reassign(self, now: datetime, department: str, lead: str) -> list[str]:
        it, one = self.it, self.of(department)
        refuse(
            self.must(*CALLED_OUT),
            one.phase != "OBJECTED" and "no_objection",
            not one.lead and "not_the_lead",
            lead == it.lead and "same_lead",
            lead == it.caller and "calls_itself",
            lead not in UNITS and "unknown_unit",
        )
        one.phase = "EXCUSED"
        it.lead, it.support = lead, tuple(unit for unit in it.support if unit != lead)
        known = self.departments.get(lead)
        if known and known.phase != "EXCUSED":
            known.lead, word = True, "DutyMadeLead"
        else:
            self._call(now, lead, True)
            word = "DutyCalled"
        return ["LeadReassigned", "DutyExcused", word, *self._muster()]

    def excuse(self, now: datetime, department: str, by: str) -> list[str]:
        one = self.of(department)
        if one.phase == "EXCUSED":
            return []
        refuse(
            by != self.it.caller and "not_the_caller",
            one.phase not in WAITING and "wrong_state",
            one.lead and "lead_never_empty",
            self.it.phase in SOLVED and "solved",
        )
        one.phase = "EXCUSED"
        return ["DutyExcused", *self._muster()]

    def finish(self, now: datetime, department: str, by: str) -> list[str]:
        one = self.of(department)
        refuse(by != department and "not_the_department", one.phase != "CHECKED_IN" and "wrong_state")
        due = one.by["DUE"]
        one.phase, one.finished_late = "FINISHED", due is not None and now > due
        return ["DutyFinished"]

    def release(self, now: datetime, department: str, by: str) -> list[str]:
        one = self.of(department)
        if one.phase == "RELEASED":
            return []
        refuse(
            by != self.it.caller and "not_the_caller",
            one.phase == "EXCUSED" and "excused",
            self.it.phase not in SOLVED and "unsolved",
        )
        one.phase = "RELEASED"
        return ["DepartmentReleased"]

    # -- the work

    def plan(self, now: datetime, by: str, steps: list[tuple[str, datetime]]) -> list[str]:
        it = self.it
        here = [name for name, one in self.departments.items() if one.phase in HERE]
        refuse(
            self.must("MUSTERED", "PLANNED", "HANDLING"),
            by != it.lead and "not_the_lead",
            *(owner not in here and "owner_not_here" for owner, _ in steps),
            *(it.due is not None and at > it.due and "step_after_due" for _, at in steps),
        )
        if it.phase == "MUSTERED":
            it.phase = "PLANNED"
        return ["ActionPlanned"]

    def progress(self, now: datetime, by: str, something: bool) -> list[str]:
        one = self.departments.get(by)
        refuse(
            self.must("PLANNED", "HANDLING"),
            (one is None or one.phase not in HERE) and "not_checked_in",
            not something and "nothing_reported",
        )
        self.it.phase = "HANDLING"
        return ["IssueProgressed"]

    def resolve(self, now: datetime, by: str, on_site: bool) -> list[str]:
        it, all_ = self.it, self.departments.values()
        refuse(
            self.must("HANDLING"),
            by != it.caller and "not_the_caller",
            not on_site and "not_on_site",
            not any(one.lead and one.phase == "FINISHED" for one in all_) and "lead_unfinished",
        )
        it.phase, facts = "RESOLVED", ["IssueResolved"]
        for one in all_:
            if one.phase not in (*GONE, "FINISHED"):
                one.lifted = True
                facts.append("DutyDeadlinesLifted")
        return facts

    def reopen(self, now: datetime, by: str, due: datetime) -> list[str]:
        it = self.it
        refuse(
            self.must("RESOLVED"),
            by != it.caller and "not_the_caller",
            due <= now and "due_past",
            due > later(now, LIMITS[it.kind][3], self.days) and "due_too_late",
        )
        it.phase, it.due, it.limit, it.paused, it.level = "HANDLING", due, due - now, None, None
        it.version += 1
        it.scores, it.comments, it.judges = {}, set(), set()
        facts = ["IssueReopened"]
        for one in self.expected.values():
            one.phase = "CHECKED_IN" if one.came else "ACKNOWLEDGED" if one.answered else "CALLED"
            one.lifted = one.finished_late = False
            self._due(now, one, due)
            facts.append("DutyReopened")
        return facts

    def _due(self, now: datetime, one: Department, due: datetime | None) -> None:
        one.by["DUE"], one.near["DUE"] = due, due and near(now, due)
        one.version += 1
        one.warned.discard("DUE")
        one.missed.discard("DUE")

    # -- both sides

    def evaluate(self, now: datetime, by: str, department: str, solved: int, cooperation: int) -> list[str]:
        it, one = self.it, self.expected.get(department)
        refuse(
            self.must("RESOLVED"),
            by != it.caller and "not_the_caller",
            department == by and "scores_itself",
            one is None and "not_called",
            department in it.scores and "already_evaluated",
        )
        assert one
        points = POINTS["acknowledge"] * (one.answered and not one.answered_late)
        points += POINTS["check_in"] * (one.came and not one.came_late)
        for part, percent in (("solved", solved), ("cooperation", cooperation)):
            points += int(POINTS[part] * percent / 100 + 0.5)
        it.scores[department] = points
        self._both_sides()
        return ["DepartmentEvaluated"]

    def _both_sides(self) -> None:
        if self.it.judges and set(self.expected) <= set(self.it.scores):
            self.it.phase = "EVALUATED"

    def comment(self, now: datetime, by: str) -> list[str]:
        refuse(
            self.must(*SOLVED, "CLOSED"),
            by not in self.it.scores and "not_evaluated",
            by in self.it.comments and "already_commented",
        )
        self.it.comments.add(by)
        return ["ScoreCommented"]

    def judge(self, now: datetime, by: str) -> list[str]:
        it = self.it
        refuse(
            self.must(*SOLVED),
            by == it.caller and "scores_itself",
            by not in (*self.expected, it.caller, TOWN) and "not_called",
            by in it.judges and "already_evaluated",
        )
        it.judges.add(by)
        self._both_sides()
        return ["WhistleEvaluated"]

    def close(self, now: datetime, by: str) -> list[str]:
        it = self.it
        if it.phase == "CLOSED":
            return []
        refuse(
            self.must("EVALUATED"),
            by != it.caller and "not_the_caller",
            not it.approved and "not_approved",
            any(one.phase not in GONE for one in self.departments.values()) and "not_released",
        )
        it.phase = "CLOSED"
        return ["IssueClosed"]

    # -- the due date

    def extend(self, now: datetime, due: datetime, extended: bool) -> list[str]:
        it = self.it
        refuse(
            self.must(*CALLED_OUT),
            it.paused is not None and "paused",
            self.over(now) and "overdue",
            it.due is not None and due <= it.due and "not_later",
            self.too_late_for_order(due, extended),
        )
        assert it.due
        it.limit += due - it.due
        it.due, it.level = due, None
        return ["DeadlineExtended", *self._moved(now, due)]

    def pause(self, now: datetime) -> list[str]:
        it = self.it
        if it.paused:
            return []
        refuse(self.must(*CALLED_OUT), self.over(now) and "overdue")
        it.paused = now
        return ["DeadlinePaused", *self._moved(now, None)]

    def resume(self, now: datetime) -> list[str]:
        it = self.it
        refuse(self.must(*CALLED_OUT), it.paused is None and "not_paused")
        assert it.due and it.paused
        it.due, it.paused, it.level = it.due + (now - it.paused), None, None
        return ["DeadlineResumed", *self._moved(now, it.due)]

    def _moved(self, now: datetime, due: datetime | None) -> list[str]:
        self.it.version += 1
        facts = []
        for one in self.departments.values():
            if one.works:
                self._due(now, one, due)
                facts.append("DutyDeadlineMoved")
        return facts

    def supervise(self, now: datetime, level: str) -> list[str]:
        it, order = self.it, list(LEVELS)
        if it.level == level:
            return []
        higher = it.level is None or order.index(level) > order.index(it.level)
        refuse(self.must(*CALLED_OUT), not higher and "level_reached")
        it.level = level
        return ["IssueRaisedToDistrict" if level == "DISTRICT" else "SupervisionStarted"]

    def announce(self, now: datetime, days: Days) -> list[str]:
        """Holidays are known: counted again, never an earlier moment, nobody warned a second time."""
        self.days, facts = days, []
        for one in self.departments.values():
            told = one.by["CHECK_IN"]
            assert told
            known = days.announced(told.astimezone(BEIJING).year)
            if not one.provisional or not one.works or one.lifted or not known:
                continue
            for step, limit in zip(STEPS[:2], LIMITS[self.it.kind], strict=False):
                was, due = one.by[step], one.by["DUE"]
                assert was
                if one.owes(step):
                    count = later(one.called, limit, days)
                    one.by[step] = was = max(was, min(count, due) if due and due > one.called else count)
                one.near[step] = near(one.called, was)
            arrive = one.by["CHECK_IN"]
            assert arrive
            one.provisional = not days.announced(arrive.astimezone(BEIJING).year)
            one.version += 1
            facts.append("DutyDeadlineMoved")
        return facts

    # -- time

    def due(self, now: datetime) -> list[tuple[datetime, str, str]]:
        """What is to be said because its time has come: moment, fact, of what; once each."""
        it = self.it
        found: list[tuple[datetime, str, str]] = []
        if it.approve_by <= now and not it.approved and not it.approval_said and it.phase not in OVER:
            it.approval_said = True
            found.append((it.approve_by, "WhistleApprovalMissed", ""))
        if it.phase in CALLED_OUT and it.due and not it.paused:
            for level, percent in LEVELS.items():
                at, order = it.due + it.limit * percent / 100, list(LEVELS)
                if at <= now and (it.level is None or order.index(level) > order.index(it.level)):
                    it.level = level
                    word = "IssueRaisedToDistrict" if level == "DISTRICT" else "SupervisionStarted"
                    found.append((at, word, level))
        for name, one in self.departments.items():
            for step in STEPS:
                end, soon = one.by[step], one.near[step]
                if end is None or soon is None or not one.owes(step):
                    continue
                if end <= now:
                    one.missed.add(step)
                    found.append((end, "DutyDeadlineMissed", f"{name} {step}"))
                elif soon <= now and step not in one.warned:
                    one.warned.add(step)
                    found.append((soon, "DutyDeadlineNear", f"{name} {step}"))
        return sorted(found)
