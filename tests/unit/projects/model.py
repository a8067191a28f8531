"""A second, plain telling of the project pool: written from the tables of the rule book, not from the program.

It shares no code with the program: its own words, its own arithmetic. A command is a name with plain arguments; the book
answers which facts follow, in order, or which reasons refuse it. Streams are called by kind and number: `topic/1`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from tests.unit.intake.model import BEIJING, DAY, refuse

VILLAGE, ESTATE = "zhangguozhuang", "dahuichang"
PLACES = {"zgz-road": VILLAGE, "dhc-estate": ESTATE}
UNITS = ("planning", VILLAGE, ESTATE)
"""Whoever can be given work: the town's unit, and its communities."""
STAGES = ("POOLED", "APPROVED", "STARTED", "COMPLETED", "ACCEPTED")
UNFINISHED = ("APPROVED", "IN_PROGRESS", "SUSPENDED")
TELL = ("hotspot", "topic", "route")
WEIGHTS = {"beneficiaries": 30, "people": 25, "urgency": 20, "cost": 15, "feasibility": 10}
REVIEW, ANSWER, WARNING, RECTIFY, EFFECT = 7 * DAY, 30 * DAY, 14 * DAY, 15 * DAY, 90
SMALL = 3
Timers = list[tuple[datetime, str]]


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + DAY


def today(now: datetime) -> date:
    return now.astimezone(BEIJING).date()


def kind(source: str) -> str:
    return source.partition("/")[0]


def where(community: str | None, place: str | None) -> Iterable[str | bool]:
    """Why a demand cannot be anchored there."""
    yield community is not None and community not in (VILLAGE, ESTATE) and "unknown_community"
    yield place is not None and place not in PLACES and "unknown_place"
    yield place in PLACES and community is not None and PLACES[place] != community and "place_elsewhere"


def half_up(share: Fraction) -> int:
    return floor(share + Fraction(1, 2))


@dataclass
class Suggestion:
    origin: str
    community: str | None
    place: str | None
    title: bool
    sources: set[str]
    review_by: datetime
    answer_by: datetime
    phase: str = "COLLECTED"
    unit: str | None = None
    outcome: str | None = None
    leads: str | None = None
    late: set[str] = field(default_factory=set)


@dataclass
class Told:
    waits: set[str]
    told: set[str] = field(default_factory=set)
    all: bool = False


@dataclass
class Batch:
    open: bool = True
    limit: int | None = None
    reserved: dict[int, int] = field(default_factory=dict)


@dataclass
class Project:
    community: str
    place: str | None
    own: set[str]
    since: date
    origin: str
    phase: str = "PROPOSED"
    absorbed: dict[int, tuple[str | None, set[str]]] = field(default_factory=dict)
    into: int | None = None
    told: dict[str, Told] = field(default_factory=dict)
    stages: set[str] = field(default_factory=set)
    measured: tuple[int, ...] | None = None
    score: int | None = None
    vote: tuple[date, int, int, int] | None = None
    plan: dict[str, Any] | None = None
    finish: date | None = None
    first: date | None = None
    version: int = 0
    warn: datetime | None = None
    warned: int = 0
    missed: int = 0
    year: int | None = None
    carried: int = 0
    carried_into: int | None = None
    reached: list[date | None] = field(default_factory=list)
    started: date | None = None
    percent: int = 0
    spent: int = 0
    work: int = 0
    completed: date | None = None
    accepted: datetime | None = None
    verdict: str | None = None
    upkeep: tuple[str, str] | None = None

    @property
    def sources(self) -> set[str]:
        return self.own.union(*(sources for _, sources in self.absorbed.values()))

    @property
    def places(self) -> set[str]:
        places = {self.place, *(place for place, _ in self.absorbed.values())}
        return {place for place in places if place is not None}

    @property
    def money(self) -> int:
        return self.plan["yuan"] + self.plan["raised"] if self.plan else 0

    def until(self, day: date, now: datetime) -> None:
        """Another finish date: a deadline version of its own, with a warning unless its time is over."""
        self.version += 1
        warn = midnight_after(day) - WARNING
        self.finish, self.warn = day, warn if warn > now else None


class Book:
    """What the rule book says of one town's pool."""

    def __init__(self, voting: bool) -> None:
        self.voting = voting
        self.suggestions: dict[int, Suggestion] = {}
        self.projects: dict[int, Project] = {}
        self.batches: dict[int, Batch] = {}
        self.assemblies: dict[int, tuple[str, bool, bool | None]] = {}
        self.demand: dict[tuple[str, date], int] = {}

    def do(self, name: str, now: datetime, **asked: Any) -> list[str]:
        command: Callable[..., list[str]] = getattr(self, name)
        return command(now, **asked)

    # -- suggestions

    def collect(
        self,
        now: datetime,
        number: int,
        origin: str,
        community: str | None,
        place: str | None,
        sources: tuple[str, ...],
    ) -> list[str]:
        if number in self.suggestions:
            return []
        refuse(
            *where(community, place),
            *(kind(source) not in ("inspection", "meeting") and "source_kind" for source in sources),
        )
        self._collected(now, number, origin, community, place, True, set(sources))
        return ["SuggestionCollected"]

    def route(self, now: datetime, number: int, wanted: str, known: bool, community: str | None) -> list[str]:
        """Heard of intake: nobody is refused."""
        if number in self.suggestions or known or wanted not in ("SUGGESTION", "PROJECT"):
            return []
        self._collected(now, number, "ROUTE", community, None, False, {f"route/{number}"})
        return ["SuggestionCollected"]

    def _collected(
        self, now: datetime, number: int, origin: str, community: str | None, place: str | None, title: bool,
        sources: set[str],
    ) -> None:  # fmt: skip
        self.suggestions[number] = Suggestion(origin, community, place, title, sources, now + REVIEW, now + ANSWER)

    def _suggestion(self, number: int) -> Suggestion:
        refuse(number not in self.suggestions and "not_found")
        return self.suggestions[number]

    def review(self, now: datetime, number: int, unit: str, community: str, place: str | None) -> list[str]:
        it = self._suggestion(number)
        refuse(
            it.phase not in ("COLLECTED", "UNDER_REVIEW") and "wrong_state",
            *where(community, place),
            unit not in UNITS and "unknown_unit",
        )
        if it.phase == "UNDER_REVIEW" and (it.unit, it.community, it.place) == (unit, community, place):
            return []
        it.phase, it.unit, it.community, it.place, it.title = "UNDER_REVIEW", unit, community, place, True
        return ["SuggestionReviewed"]

    def convert(self, now: datetime, number: int, tags: bool) -> list[str]:
        it, project = self.suggestions.get(number), 10 + number
        if it is not None and it.leads == f"project/{project}":
            return []
        described = it is not None and it.community is not None and it.title
        refuse(
            it is None and "not_found",
            it is not None and it.phase != "UNDER_REVIEW" and "wrong_state",
            not described and "not_reviewed",
            described and not tags and "tag_missing",
        )
        assert it is not None
        assert it.community is not None
        self._decided(it, "CONVERTED", f"project/{project}")
        origin = "COMPLAINT" if it.origin == "ROUTE" else it.origin
        self._born(now, project, it.community, it.place, {f"suggestion/{number}", *it.sources}, origin)
        return ["SuggestionConverted", "ProjectProposed"]

    def _decided(self, it: Suggestion, outcome: str, leads: str | None = None) -> None:
        it.phase, it.outcome, it.leads = "DECIDED", outcome, leads

    def merge_suggestion(self, now: datetime, number: int, into: int) -> list[str]:
        it, other = self._suggestion(number), self.suggestions.get(into)
        if it.leads == f"suggestion/{into}":
            return []
        refuse(
            it.phase != "UNDER_REVIEW" and "wrong_state",
            number == into and "same_suggestion",
            other is None and "unknown_suggestion",
            other is not None and other.phase not in ("COLLECTED", "UNDER_REVIEW") and "decided_already",
        )
        assert other is not None
        self._decided(it, "MERGED", f"suggestion/{into}")
        other.sources |= {f"suggestion/{number}", *it.sources}
        return ["SuggestionMerged", "SuggestionAbsorbed"]

    def decide(self, now: datetime, number: int, outcome: str, unit: str) -> list[str]:
        """HANDLED_DIRECTLY or REFERRED by or to a unit, or DECLINED."""
        it = self._suggestion(number)
        if it.outcome == outcome and (outcome == "DECLINED" or it.unit == unit):
            return []
        refuse(
            it.phase != "UNDER_REVIEW" and "wrong_state",
            outcome != "DECLINED" and unit not in UNITS and "unknown_unit",
        )
        self._decided(it, outcome)
        if outcome != "DECLINED":
            it.unit = unit
        names = {"HANDLED_DIRECTLY": "HandledDirectly", "REFERRED": "Referred", "DECLINED": "Declined"}
        return [f"Suggestion{names[outcome]}"]

    def answer(self, now: datetime, number: int) -> list[str]:
        it = self._suggestion(number)
        if it.phase == "ANSWERED":
            return []
        refuse(it.outcome is None and "not_decided")
        it.phase = "ANSWERED"
        return ["SuggestionAnswered"]

    # -- into the pool

    def _born(
        self, now: datetime, number: int, community: str, place: str | None, sources: set[str], origin: str
    ) -> None:
        self.projects[number] = Project(community, place, sources, today(now), origin)

    def propose(
        self, now: datetime, number: int, community: str, place: str | None, tags: bool, sources: tuple[str, ...]
    ) -> list[str]:
        if number in self.projects:
            return []
        refuse(
            *where(community, place),
            not sources and "source_missing",
            *(kind(source) not in (*TELL, "inspection") and "source_kind" for source in sources),
            not tags and "tag_missing",
        )
        from_ = {kind(source) for source in sources}
        reasons = (("topic", "DELIBERATION"), ("hotspot", "ANALYSIS"), ("inspection", "INSPECTION"))
        origin = next((origin for kind, origin in reasons if kind in from_), "COMPLAINT")
        self._born(now, number, community, place, set(sources), origin)
        return ["ProjectProposed"]

    def needed(self, now: datetime, number: int) -> list[str]:
        """A meeting has found a common demand."""
        if number in self.projects:
            return []
        self._born(now, number, VILLAGE, "zgz-road", {f"topic/{number}", f"route/{number}"}, "DELIBERATION")
        return ["ProjectProposed"]

    def _project(self, number: int) -> Project:
        refuse(number not in self.projects and "not_found")
        return self.projects[number]

    def _stage(self, it: Project, phase: str, stage: str) -> list[str]:
        """A stage is disclosed when it is reached, once."""
        it.phase = phase
        it.stages.add(stage)
        if stage in it.told:
            return []
        waits = {source for source in it.sources if kind(source) in TELL}
        it.told[stage] = Told(waits, all=not waits)
        return ["ProjectDisclosed"] if waits else ["ProjectDisclosed", "SourcesNotified"]

    def pool(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "POOLED":
            return []
        refuse(it.phase != "PROPOSED" and "wrong_state")
        return ["ProjectPooled", *self._stage(it, "POOLED", "POOLED")]

    def reject(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "REJECTED":
            return []
        refuse(it.phase not in ("PROPOSED", "POOLED") and "wrong_state")
        it.phase = "REJECTED"
        return ["ProjectRejected"]

    def merge(self, now: datetime, number: int, into: int) -> list[str]:
        it, other = self._project(number), self.projects.get(into)
        if it.into == into:
            return []
        refuse(
            it.phase != "POOLED" and "wrong_state",
            bool(it.absorbed) and "has_absorbed",
            number == into and "same_project",
            other is None and "unknown_project",
            other is not None and other.phase != "POOLED" and "not_pooled",
        )
        assert other is not None
        it.phase, it.into = "MERGED", into
        other.absorbed[number] = it.place, set(it.sources)
        return ["ProjectsMerged", "ProjectAbsorbed"]

    def unmerge(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "POOLED":
            return []
        keeper = self.projects[it.into] if it.into is not None else None
        refuse(
            it.phase != "MERGED" and "wrong_state",
            keeper is not None and keeper.phase != "POOLED" and "decided_already",
        )
        assert keeper is not None
        it.phase, it.into = "POOLED", None
        del keeper.absorbed[number]
        return ["ProjectsUnmerged", "ProjectReleased"]

    def rate(
        self, now: datetime, number: int, beneficiaries: int, people: int, urgency: int, cost: int, feasibility: int
    ) -> list[str]:
        it = self._project(number)
        refuse(it.phase != "POOLED" and "wrong_state")
        measured = beneficiaries, people, urgency, cost, feasibility
        if it.measured == measured:
            return []
        dear = 10_000 * beneficiaries
        shares = {
            "beneficiaries": min(Fraction(1), Fraction(beneficiaries, 500)),
            "people": min(Fraction(1), Fraction(people, 30)),
            "urgency": Fraction(urgency - 1, 4),
            "cost": max(Fraction(0), Fraction(dear - cost, dear)) if dear else Fraction(0),
            "feasibility": Fraction(feasibility - 1, 4),
        }
        points = {name: half_up(100 * share) for name, share in shares.items()}
        it.measured, it.score = measured, half_up(sum(Fraction(points[name] * WEIGHTS[name], 100) for name in points))
        return ["ProjectScored"]

    def ballot(self, now: datetime, number: int, held: date, yes: int, no: int, neither: int) -> list[str]:
        it = self._project(number)
        if it.vote == (held, yes, no, neither):
            return []
        refuse(
            it.phase != "POOLED" and "wrong_state",
            not self.voting and "voting_off",
            yes + no + neither == 0 and "nobody_voted",
            held > today(now) and "in_future",
        )
        it.vote = held, yes, no, neither
        return ["ProjectVoted"]

    # -- money

    def open_batch(self, now: datetime, batch: int) -> list[str]:
        if batch in self.batches:
            return []
        self.batches[batch] = Batch()
        return ["BatchOpened"]

    def fund(self, now: datetime, batch: int, yuan: int) -> list[str]:
        it = self._batch(batch)
        if it.limit == yuan:
            return []
        refuse(not it.open and "batch_closed", yuan < sum(it.reserved.values()) and "below_approved")
        it.limit = yuan
        return ["PoolBudgetSet"]

    def close_batch(self, now: datetime, batch: int) -> list[str]:
        it = self._batch(batch)
        if not it.open:
            return []
        it.open = False
        return ["BatchClosed"]

    def _batch(self, batch: int) -> Batch:
        refuse(batch not in self.batches and "not_found")
        return self.batches[batch]

    def assembly(self, now: datetime, assembly: int, community: str, welfare: bool, adopted: bool | None) -> list[str]:
        """Heard of deliberation: called, and where it has decided, what."""
        self.assemblies[assembly] = community, welfare, adopted
        return []

    def approve(self, now: datetime, number: int, batch: int, **plan: Any) -> list[str]:
        """`plan`: unit, yuan, raised, assembly, start, finish, steps (days)."""
        it, fund = self.projects.get(number), self.batches.get(batch)
        wanted = {"batch": batch} | {name: value for name, value in plan.items() if name != "assembly"}
        same = it is not None and it.phase == "APPROVED" and it.plan == wanted and it.finish == plan["finish"]
        there = fund is not None and fund.reserved.get(number) == plan["yuan"]
        reasons: list[str | bool] = []
        if it is None:
            reasons.append("not_found")
        elif not same:
            reasons += [
                it.phase != "POOLED" and "wrong_state",
                plan["unit"] not in UNITS and "unknown_unit",
                plan["finish"] < plan["start"] and "finish_before_start",
                midnight_after(plan["finish"]) <= now and "date_over",
                *(not plan["start"] <= step <= plan["finish"] and "milestone_outside" for step in plan["steps"]),
                *(self._raising(plan["assembly"], it.community) if plan["raised"] else ()),
                self.voting and it.vote is None and "vote_missing",
                self.voting and it.vote is not None and 2 * it.vote[1] <= sum(it.vote[1:]) and "voted_down",
            ]
        if fund is None:
            reasons.append("not_found")
        elif not there:
            reasons += [
                not fund.open and "batch_closed",
                number in fund.reserved and "reserved_already",
                fund.limit is None and "budget_not_set",
                fund.limit is not None and sum(fund.reserved.values()) + plan["yuan"] > fund.limit and "pool_exceeded",
            ]
        refuse(*reasons)
        assert it is not None
        assert fund is not None
        if same:
            return []
        it.plan, it.first, it.year = wanted, plan["finish"], plan["finish"].year
        it.reached = [None for _ in plan["steps"]]
        it.until(plan["finish"], now)
        fund.reserved[number] = plan["yuan"]
        return ["ProjectApproved", "BudgetReserved", *self._stage(it, "APPROVED", "APPROVED")]

    def _raising(self, assembly: int | None, community: str) -> Iterable[str | bool]:
        """A village raises money itself only by the adopted decision of its own assembly on just this."""
        if assembly is None or assembly not in self.assemblies:
            yield "assembly_missing" if assembly is None else "assembly_unknown"
            return
        of, welfare, adopted = self.assemblies[assembly]
        yield of != community and "assembly_elsewhere"
        yield not welfare and "assembly_other_matter"
        yield adopted is not True and "assembly_not_adopted"

    # -- carried out

    def start(self, now: datetime, number: int, day: date) -> list[str]:
        it = self._project(number)
        if it.started == day:
            return []
        refuse(it.phase != "APPROVED" and "wrong_state", day > today(now) and "in_future")
        it.started = day
        return ["ProjectStarted", *self._stage(it, "IN_PROGRESS", "STARTED")]

    def milestone(self, now: datetime, number: int, step: int, day: date) -> list[str]:
        it = self._project(number)
        planned = step <= len(it.reached)
        if planned and it.reached[step - 1]:
            return []
        refuse(
            it.phase != "IN_PROGRESS" and "wrong_state",
            not planned and "unknown_milestone",
            day > today(now) and "in_future",
            self._too_soon(it, day),
        )
        it.reached[step - 1] = day
        return ["MilestoneReached"]

    def _too_soon(self, it: Project, day: date) -> str | bool:
        return it.started is not None and day < it.started and "before_start"

    def report(self, now: datetime, number: int, percent: int, spent: int, work: int, note: bool) -> list[str]:
        it = self._project(number)
        refuse(
            it.phase != "IN_PROGRESS" and "wrong_state",
            spent > it.money and "over_budget",
            percent < it.percent and not note and "percent_fell",
            spent < it.spent and not note and "spent_fell",
        )
        if (it.percent, it.spent, it.work) == (percent, spent, work) and not note:
            return []
        it.percent, it.spent, it.work = percent, spent, work
        return ["ProjectProgressed"]

    def delay(self, now: datetime, number: int, day: date) -> list[str]:
        it = self._project(number)
        if it.finish == day:
            return []
        refuse(
            it.phase not in ("APPROVED", "IN_PROGRESS") and "wrong_state",
            it.finish is not None and day < it.finish and "not_later",
            *self._new_date(it, day, now),
        )
        it.until(day, now)
        return ["ProjectDelayed"]

    def _new_date(self, it: Project, day: date, now: datetime) -> Iterable[str | bool]:
        yield midnight_after(day) <= now and "date_over"
        yield it.year is not None and day.year > it.year and "next_year"

    def suspend(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "SUSPENDED":
            return []
        refuse(it.phase != "IN_PROGRESS" and "wrong_state")
        it.phase = "SUSPENDED"
        return ["ProjectSuspended"]

    def resume(self, now: datetime, number: int, day: date) -> list[str]:
        it = self._project(number)
        if it.phase == "IN_PROGRESS" and it.finish == day:
            return []
        refuse(it.phase != "SUSPENDED" and "wrong_state", *self._new_date(it, day, now))
        it.phase = "IN_PROGRESS"
        it.until(day, now)
        return ["ProjectResumed"]

    def cancel(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "CANCELLED":
            return []
        refuse(it.phase not in UNFINISHED and "wrong_state")
        assert it.plan is not None
        it.phase = "CANCELLED"
        reserved = self.batches[it.plan["batch"]].reserved
        if it.spent >= reserved[number]:
            return ["ProjectCancelled"]
        reserved[number] = it.spent
        return ["ProjectCancelled", "BudgetReleased"]

    def carry(self, now: datetime, number: int, day: date, batch: int) -> list[str]:
        it, into = self._project(number), self.batches.get(batch)
        if it.finish == day and it.carried_into == batch:
            return []
        refuse(
            it.phase not in UNFINISHED and "wrong_state",
            midnight_after(day) <= now and "date_over",
            it.finish is not None and day.year <= it.finish.year and "same_year",
            into is None and "unknown_batch",
            into is not None and not into.open and "batch_closed",
        )
        it.until(day, now)
        it.carried_into = batch
        self._over_the_year(it, day.year)
        return ["ProjectCarriedOver"]

    def _over_the_year(self, it: Project, year: int) -> None:
        assert it.year is not None
        if year > it.year:
            it.year, it.carried = year, it.carried + 1

    def complete(self, now: datetime, number: int, day: date, spent: int, work: int) -> list[str]:
        it = self._project(number)
        if it.phase == "COMPLETED":
            return []
        refuse(
            it.phase != "IN_PROGRESS" and "wrong_state",
            None in it.reached and "milestone_open",
            day > today(now) and "in_future",
            self._too_soon(it, day),
            spent > it.money and "over_budget",
        )
        it.completed, it.percent, it.spent, it.work = day, 100, spent, work
        return ["ProjectCompleted", *self._stage(it, "COMPLETED", "COMPLETED")]

    # -- accepted

    def accept(self, now: datetime, number: int, held: datetime, **group: Any) -> list[str]:
        it = self._project(number)
        if it.accepted == held:
            return []
        low = group["satisfied"] * 5 < group["asked"] * 4
        refuse(*self._no_inspection(it, now, held, **group), low and "satisfaction_low")
        it.accepted = held
        return ["ProjectAccepted", *self._stage(it, "ACCEPTED", "ACCEPTED")]

    def rectify(self, now: datetime, number: int, held: datetime, **group: Any) -> list[str]:
        it = self._project(number)
        refuse(*self._no_inspection(it, now, held, **group))
        assert it.year is not None
        it.phase, it.completed, it.year = "IN_PROGRESS", None, max(it.year, today(held).year)
        it.stages.discard("COMPLETED")
        it.until(today(now + RECTIFY), now)
        return ["RectificationOrdered"]

    def _no_inspection(
        self, it: Project, now: datetime, held: datetime, residents: int, unit: str, committee: bool, builder: bool,
        asked: int, satisfied: int,
    ) -> Iterable[str | bool]:  # fmt: skip
        yield it.phase != "COMPLETED" and "wrong_state"
        yield held > now and "in_future"
        yield it.completed is not None and today(held) < it.completed and "before_completion"
        yield residents < 3 and "residents_missing"
        yield (it.plan is None or unit != it.plan["unit"]) and "unit_missing"
        yield not committee and "supervisor_missing"
        yield builder and "builder_present"
        yield asked == 0 and "nobody_asked"
        yield satisfied > asked and "more_than_asked"

    def maintain(self, now: datetime, number: int, owner: str, maintainer: str) -> list[str]:
        it = self._project(number)
        if it.upkeep == (owner, maintainer):
            return []
        refuse(
            it.phase not in ("COMPLETED", "ACCEPTED") and "wrong_state",
            owner not in UNITS and "unknown_unit",
            maintainer not in UNITS and "unknown_unit",
        )
        it.upkeep = owner, maintainer
        return ["MaintainerAssigned"]

    def tell(self, now: datetime, number: int, source: str, stage: str, by: str) -> list[str]:
        """A unit tells a source in person."""
        it = self._project(number)
        stands = it.told.get(stage)
        refuse(
            stands is None and "not_disclosed",
            stands is not None and source not in stands.waits and "not_a_source",
            by not in UNITS and "unknown_unit",
        )
        return self._hear(it, source, stage)

    def told(self, now: datetime, number: int, source: str, stage: str) -> list[str]:
        """Intake or deliberation has told a source: nobody is refused."""
        return self._hear(self.projects[number], source, stage) if number in self.projects else []

    def _hear(self, it: Project, source: str, stage: str) -> list[str]:
        stands = it.told.get(stage)
        if stands is None or source not in stands.waits or source in stands.told:
            return []
        stands.told.add(source)
        stands.all = stands.told == stands.waits
        return ["SourceTold", "SourcesNotified"] if stands.all else ["SourceTold"]

    def close(self, now: datetime, number: int) -> list[str]:
        it = self._project(number)
        if it.phase == "CLOSED":
            return []
        accepted = it.told.get("ACCEPTED")
        refuse(
            it.phase != "ACCEPTED" and "wrong_state",
            it.upkeep is None and "maintainer_missing",
            accepted is None and "not_disclosed",
            accepted is not None and not accepted.all and "sources_not_told",
        )
        it.phase = "CLOSED"
        return ["ProjectClosed"]

    def count(self, now: datetime, place: str, day: date, complaints: int) -> list[str]:
        """Heard of intake: a later count of the same day stands."""
        self.demand[place, day] = complaints
        return []

    # -- time

    def due(self, now: datetime) -> Timers:
        """What the clock says, as it stands now."""
        found: Timers = []
        for wish in self.suggestions.values():
            if wish.phase == "COLLECTED" and wish.review_by <= now and "REVIEW" not in wish.late:
                wish.late.add("REVIEW")
                found.append((wish.review_by, "SuggestionOverdue"))
            if wish.phase != "ANSWERED" and wish.answer_by <= now and "ANSWER" not in wish.late:
                wish.late.add("ANSWER")
                found.append((wish.answer_by, "SuggestionOverdue"))
        for it in self.projects.values():
            found += self._dates(it, now)
            while it.phase in UNFINISHED and it.year is not None and (over := _new_year(it.year)) <= now:
                self._over_the_year(it, it.year + 1)
                found.append((over, "ProjectCarriedOver"))
            if it.accepted and it.places and it.verdict is None and it.accepted + EFFECT * DAY <= now:
                self._judge(it)
                found.append((it.accepted + EFFECT * DAY, "ProjectEvaluated"))
        return sorted(found)

    def _dates(self, it: Project, now: datetime) -> Timers:
        if it.phase not in ("APPROVED", "IN_PROGRESS") or it.finish is None or it.missed == it.version:
            return []
        end = midnight_after(it.finish)
        if end <= now:
            it.missed = it.version
            return [(end, "ProjectOverdue")]
        if it.warn is not None and it.warn <= now and it.warned < it.version:
            it.warned = it.version
            return [(it.warn, "ProjectDeadlineNear")]
        return []

    def _judge(self, it: Project) -> None:
        assert it.accepted is not None
        accepted = today(it.accepted)

        def asked(first: date) -> int:
            days = [first + timedelta(days=number) for number in range(EFFECT)]
            return sum(self.demand.get((place, day), 0) for place in it.places for day in days)

        before, after = asked(it.since - EFFECT * DAY), asked(accepted)
        if before < SMALL:
            it.verdict = "RECURRED" if after else "NOT_RECURRED"
        else:
            it.verdict = "EFFECTIVE" if 2 * after <= before else "NOT_EFFECTIVE"


def _new_year(year: int) -> datetime:
    return datetime(year + 1, 1, 1, tzinfo=BEIJING)
