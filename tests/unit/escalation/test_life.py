"""Whatever is asked in whatever order: facts can be told, kept and told again, and every timer falls silent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.escalation.domain import (
    due_date,
    duty_deadline,
    evaluation,
    handling,
    reporting,
    whistle,
)
from services.escalation.domain import duty as duties
from services.escalation.domain import issue as issues
from services.escalation.domain.asked import (
    ApproveWhistle,
    Because,
    CheckIn,
    Escalate,
    EvaluateDepartment,
    EvaluateWhistle,
    ExtendDeadline,
    FinishDuty,
    ObjectToDuty,
    PlanAction,
    ReassignLead,
    Reopen,
    ReportProgress,
    Resolve,
    Supervise,
)
from services.escalation.domain.duty import Duty, DutyState, missed_timer, near_timer
from services.escalation.domain.issue import APPROVAL, UNDER_WAY, Issue, IssueState, ladder_timer
from shared.events.base import Fact
from shared.events.escalation import (
    DeadlineMove,
    DutyFact,
    DutyRole,
    DutyStep,
    IssueFact,
    PlanStep,
    SupervisionLevel,
)
from shared.events.vocabulary import CheckInMode, WhistleKind
from shared.rules.broken import RuleBroken
from tests.unit.escalation.cases import CALENDAR, CALLER, ISSUE, LEAD, NOW, OTHER, SUPPORT, TERMS, TOWN, requested

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

BECAUSE = Because(reason="理由")


@dataclass
class World:
    """One issue and its duties, as the service keeps them."""

    now: datetime = NOW
    issue: Issue | None = None
    issue_facts: list[IssueFact] = field(default_factory=list)
    duties: dict[str, Duty] = field(default_factory=dict)
    duty_facts: dict[str, list[DutyFact]] = field(default_factory=dict)

    def say(self, facts: Sequence[IssueFact]) -> bool:
        for fact in facts:
            self.issue = issues.evolve(self.issue, fact)
        self.issue_facts += facts
        return bool(facts)

    def say_of(self, department: str, facts: Sequence[DutyFact]) -> None:
        for fact in facts:
            self.duties[department] = duties.evolve(self.duties.get(department), fact)
        self.duty_facts.setdefault(department, []).extend(facts)

    def call(self, department: str, role: DutyRole) -> None:
        assert self.issue is not None
        before = self.duties.get(department)
        self.say_of(
            department,
            reporting.call(
                before,
                department,
                role,
                issue=self.issue,
                issue_id=ISSUE,
                now=self.now,
                terms=TERMS,
                calendar=CALENDAR,
            ),
        )

    def follow(self, move: DeadlineMove, due_at: datetime | None) -> None:
        for department, duty in list(self.duties.items()):
            self.say_of(department, duty_deadline.follow(duty, move, due_at=due_at, now=self.now, terms=TERMS))

    def ring(self, until: datetime) -> None:
        """Fire everything that is due, in order, each at most once."""
        while due := self.due(until):
            moment, fire = min(due, key=lambda one: one[0])
            self.now = max(self.now, moment)
            fire()
        self.now = until

    def due(self, until: datetime) -> list[tuple[datetime, Callable[[], None]]]:
        found: list[tuple[datetime, Callable[[], None]]] = []
        if self.issue:
            for name, watch in issues.watches(self.issue).items():
                if watch.due_at <= until:
                    found.append((watch.due_at, lambda n=name, w=watch: self.fire_issue(n, w.due_at, w.version)))  # type: ignore[misc]
        for department, duty in self.duties.items():
            for name, watch in duties.watches(duty).items():
                if watch.due_at <= until:
                    found.append(
                        (watch.due_at, lambda d=department, n=name, w=watch: self.fire_duty(d, n, w.due_at, w.version))  # type: ignore[misc]
                    )
        return found

    def fire_issue(self, name: str, due_at: datetime, version: int) -> None:
        levels = {ladder_timer(level): level for level in SupervisionLevel}
        if name == APPROVAL:
            self.say(whistle.approval_missed(self.issue, due_at=due_at, version=version))
        else:
            self.say(due_date.climb(self.issue, levels[name], due_at=due_at, version=version))
        assert self.issue is not None
        assert name not in issues.watches(self.issue), "a timer rings once"

    def fire_duty(self, department: str, name: str, due_at: datetime, version: int) -> None:
        duty = self.duties[department]
        near = {near_timer(step): step for step in DutyStep}
        missed = {missed_timer(step): step for step in DutyStep}
        if name in near:
            self.say_of(department, duty_deadline.warn(duty, near[name], version=version, now=due_at))
        else:
            self.say_of(department, duty_deadline.miss(duty, missed[name], due_at=due_at, version=version))
        assert name not in duties.watches(self.duties[department]), "a timer rings once"


def escalate(world: World, by: str, other: str) -> None:
    asked = Escalate(task="核查", due_at=world.now + 20 * HOUR)
    if world.say(whistle.escalate(world.issue, asked, by=by, now=world.now, terms=TERMS, calendar=CALENDAR, town=TOWN)):
        world.call(LEAD, DutyRole.LEAD)
        world.call(SUPPORT, DutyRole.SUPPORT)


def check_in(world: World, by: str, other: str) -> None:
    world.say_of(
        other, reporting.check_in(world.duties.get(other), CheckIn(mode=CheckInMode.ON_SITE), by=other, now=world.now)
    )
    world.say(handling.muster(world.issue, duties=world.duties.values(), now=world.now))


def excuse(world: World, by: str, other: str) -> None:
    world.say_of(other, reporting.excuse(world.duties.get(other), BECAUSE, by=by, issue=world.issue))
    world.say(handling.muster(world.issue, duties=world.duties.values(), now=world.now))


def reassign(world: World, by: str, other: str) -> None:
    asked = ReassignLead(lead=OTHER if other == LEAD else other, reason="改派")
    objecting = next((duty for duty in world.duties.values() if duty.state is DutyState.OBJECTED), None)
    if world.say(whistle.reassign(world.issue, asked, objecting=objecting, town=TOWN)):
        assert objecting is not None
        world.say_of(objecting.department, reporting.hand_over(objecting, asked))
        known = world.duties.get(asked.lead)
        if known and known.state is not DutyState.EXCUSED:
            world.say_of(asked.lead, reporting.take_lead(known, asked))
        else:
            world.call(asked.lead, DutyRole.LEAD)


def plan(world: World, by: str, other: str) -> None:
    assert world.issue is not None
    asked = PlanAction(steps=(PlanStep(task="核查", owner=LEAD, due_at=NOW),))
    world.say(handling.plan(world.issue, asked, by=world.issue.lead or other, duties=world.duties.values()))


def extend(world: World, by: str, other: str) -> None:
    asked = ExtendDeadline(due_at=world.now + 3 * DAY, reason="理由")
    if world.say(due_date.extend(world.issue, asked, now=world.now)):
        world.follow(DeadlineMove.EXTENDED, asked.due_at)


def pause(world: World, by: str, other: str) -> None:
    if world.say(due_date.pause(world.issue, BECAUSE, now=world.now)):
        world.follow(DeadlineMove.PAUSED, None)


def resume(world: World, by: str, other: str) -> None:
    if world.say(due_date.resume(world.issue, BECAUSE, now=world.now)):
        assert world.issue is not None
        world.follow(DeadlineMove.RESUMED, world.issue.due_at)


def resolve(world: World, by: str, other: str) -> None:
    asked = Resolve(result="已解决", on_site=True)
    if world.say(handling.resolve(world.issue, asked, by=by, duties=world.duties.values(), now=world.now)):
        for department, duty in list(world.duties.items()):
            world.say_of(department, reporting.lift_deadlines(duty))


def reopen(world: World, by: str, other: str) -> None:
    asked = Reopen(reason="理由", due_at=world.now + DAY)
    if world.say(handling.reopen(world.issue, asked, by=by, now=world.now, terms=TERMS, calendar=CALENDAR)):
        for department, duty in list(world.duties.items()):
            world.say_of(department, reporting.call_back(duty, due_at=asked.due_at, now=world.now, terms=TERMS))


def withdraw(world: World, by: str, other: str) -> None:
    if world.say(whistle.withdraw(world.issue, BECAUSE, by=by)):
        for department, duty in list(world.duties.items()):
            world.say_of(department, reporting.dismiss(duty, BECAUSE, now=world.now))


Act = Callable[[World, str, str], None]
ACTS: dict[str, Act] = {
    "approve": lambda w, by, o: void(w.say(whistle.approve(w.issue, ApproveWhistle(), now=w.now))),
    "reject": lambda w, by, o: void(w.say(whistle.reject(w.issue, BECAUSE))),
    "escalate": escalate,
    "acknowledge": lambda w, by, o: w.say_of(o, reporting.acknowledge(w.duties.get(o), by=o, now=w.now)),
    "check_in": check_in,
    "object": lambda w, by, o: w.say_of(
        o,
        reporting.object_to(w.duties.get(o), ObjectToDuty(reason="理由"), by=o, now=w.now, town=TOWN),
    ),
    "reject_objection": lambda w, by, o: w.say_of(o, reporting.reject_objection(w.duties.get(o), BECAUSE)),
    "reassign": reassign,
    "excuse": excuse,
    "plan": plan,
    "progress": lambda w, by, o: void(
        w.say(handling.progress(w.issue, ReportProgress(note="进展"), by=o, duties=w.duties.values()))
    ),
    "finish": lambda w, by, o: w.say_of(o, reporting.finish(w.duties.get(o), FinishDuty(), by=o, now=w.now)),
    "resolve": resolve,
    "reopen": reopen,
    "evaluate": lambda w, by, o: void(
        w.say(
            evaluation.evaluate_department(
                w.issue,
                EvaluateDepartment(department=o, solved=90, cooperation=80),
                by=by,
                duties=w.duties.values(),
                terms=TERMS,
            )
        )
    ),
    "evaluate_whistle": lambda w, by, o: void(
        w.say(
            evaluation.evaluate_whistle(
                w.issue, EvaluateWhistle(justified=True, clear=False), by=o, duties=w.duties.values()
            )
        )
    ),
    "release": lambda w, by, o: w.say_of(o, reporting.release(w.duties.get(o), by=by, issue=w.issue, now=w.now)),
    "close": lambda w, by, o: void(w.say(evaluation.close(w.issue, by=by, duties=w.duties.values()))),
    "withdraw": withdraw,
    "extend": extend,
    "pause": pause,
    "resume": resume,
    "supervise": lambda w, by, o: void(
        w.say(due_date.supervise(w.issue, Supervise(level=SupervisionLevel.TOWN_LEADER, reason="理由")))
    ),
}


def void(_: bool) -> None:
    """An act answers nothing."""


Step = tuple[str, str, str, timedelta]
TO_THE_END: list[Step] = [
    (name, CALLER, other, HOUR)
    for name, other in (
        ("approve", LEAD),
        ("escalate", LEAD),
        ("acknowledge", LEAD),
        ("check_in", LEAD),
        ("check_in", SUPPORT),
        ("plan", LEAD),
        ("progress", LEAD),
        ("finish", LEAD),
        ("resolve", LEAD),
        ("evaluate", LEAD),
        ("evaluate", SUPPORT),
        ("evaluate_whistle", LEAD),
        ("release", LEAD),
        ("release", SUPPORT),
        ("close", LEAD),
    )
]
RARE = ("reject", "withdraw")
STEPS = st.tuples(
    st.sampled_from([name for name in ACTS if name not in RARE] * 4 + list(RARE)),
    st.sampled_from([CALLER, CALLER, CALLER, LEAD]),
    st.sampled_from([LEAD, SUPPORT, OTHER]),
    st.timedeltas(timedelta(0), 6 * HOUR),
)


def told_again(facts: Sequence[Fact]) -> list[Fact]:
    return [type(fact).read(fact.model_dump_json()) for fact in facts]


def test_a_whistle_goes_all_the_way() -> None:
    world = World()
    world.say([requested()])
    for name, by, other, later in TO_THE_END:
        world.ring(world.now + later)
        ACTS[name](world, by, other)
    assert world.issue is not None
    assert world.issue.state is IssueState.CLOSED
    assert {duty.state for duty in world.duties.values()} == {DutyState.RELEASED}


@every(st.sampled_from(WhistleKind), st.integers(0, len(TO_THE_END)), st.lists(STEPS, max_size=30))
@settings(max_examples=150, deadline=None)
def test_whatever_is_asked_the_lead_is_never_empty_and_timers_ring_once(
    kind: WhistleKind, begun: int, steps: list[Step]
) -> None:
    world = World()
    world.say([requested(kind)])
    for name, by, other, later in (*TO_THE_END[:begun], *steps):
        world.ring(world.now + later)
        try:
            ACTS[name](world, by, other)
        except RuleBroken as broken:
            assert broken.reasons
        assert world.issue is not None
        if world.issue.state in UNDER_WAY:
            leading = [
                duty
                for duty in world.duties.values()
                if duty.role is DutyRole.LEAD and duty.state is not DutyState.EXCUSED
            ]
            assert [duty.department for duty in leading] == [world.issue.lead]
    world.ring(world.now + 200 * DAY)
    assert world.issue is not None
    assert issues.watches(world.issue) == {}
    assert all(duties.watches(duty) == {} for duty in world.duties.values())

    again: Issue | None = None
    for fact in told_again(world.issue_facts):
        assert isinstance(fact, IssueFact)
        again = issues.evolve(again, fact)
    assert again == world.issue
    kept = TypeAdapter(Issue)
    assert kept.validate_json(kept.dump_json(world.issue)) == world.issue
    for department, facts in world.duty_facts.items():
        duty: Duty | None = None
        for fact in told_again(facts):
            assert isinstance(fact, DutyFact)
            duty = duties.evolve(duty, fact)
        assert duty == world.duties.get(department)
