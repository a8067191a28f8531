"""The program against a second telling of the same rules, over thousands of steps that nobody thought of.

Each step is a number; it decides, with what stands, which command is asked and when. A run that fails is cut down to
the steps it needs. `FIVEPLUSN_MODEL_SEED` and `FIVEPLUSN_MODEL_STEPS` look elsewhere, and longer.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import clock, demand, dispatching, finishing, handling, hotspot, listing, registration
from services.intake.domain import route as routing
from services.intake.domain.asked import (
    Accept,
    AddSupport,
    Answer,
    ApproveException,
    Because,
    Contact,
    Dispatch,
    Finish,
    RecordCallback,
    Redirect,
    ReportProgress,
    RequestExtension,
    RequestListing,
    RequestReturn,
    ReviewListing,
    RouteComplaint,
    TryCallback,
    Urge,
)
from services.intake.domain.complaint import Complaint, evolve
from services.intake.domain.route import Route
from services.intake.domain.terms import Terms
from shared.events import intake
from shared.events.base import Fact
from shared.rules.broken import RuleBroken
from shared.rules.calendar import Calendar, CalendarOverrides
from tests.support.disagreement import Disagreement, shrunk
from tests.unit.intake.builders import ID, TERMS, TOWN, an_order
from tests.unit.intake.model import (
    BEIJING,
    DAY,
    OVER,
    UNITS,
    Crowd,
    Days,
    Life,
    Refused,
    Said,
    some_command,
    some_jump,
    some_terms,
)

SEED = int(os.environ.get("FIVEPLUSN_MODEL_SEED", "20240201"))
STEPS = int(os.environ.get("FIVEPLUSN_MODEL_STEPS", "5000"))
LONGEST, AFTERWARDS = 70, 8
"""Steps of one life, and of what is still asked when it is over; then another one begins."""
BEGINNINGS = [
    datetime(2024, 2, 1, 8, tzinfo=BEIJING),
    datetime(2024, 2, 28, 23, 59, tzinfo=BEIJING),  # before the leap day
    datetime(2024, 4, 26, 16, 30, tzinfo=BEIJING),  # a make-up Sunday, then the May holidays
    datetime(2025, 1, 24, 17, tzinfo=BEIJING),  # a make-up Sunday before the Spring Festival
    datetime(2093, 12, 28, 10, tzinfo=BEIJING),  # nobody has announced any holidays
]
UNANNOUNCED = CalendarOverrides()
ANNOUNCED = CalendarOverrides(
    holidays=frozenset({date(2094, 1, 1), date(2094, 1, 4), date(2094, 1, 5)}),
    workdays=frozenset({date(2094, 1, 2)}),
    announced=frozenset({2093, 2094}),
)
BECAUSE = Because(reason="按规定")
FACTS = {fact.__name__ for fact in Fact.known.values() if fact.said_by == "intake" and fact.kind != "rates"}
AT = hotspot.Spot("PROPERTY_VACANCY", "dahuichang", "dahuichang-estate")


# ---------------------------------------------------------------------------------------------- the program

Rule = Callable[["Real", datetime, dict[str, Any]], list[Any]]
ASKED: dict[str, Rule] = {
    "receive_again": lambda real, now, a: registration.receive(
        real.state, real.order, now=now, terms=real.terms, town=TOWN, same_content=a["same"]
    ),
    "answer_it": lambda real, now, a: registration.answer(
        real.state, Answer(answered_at=a["at"], answer="请联系社区"), now=now, **real.rules
    ),
    "redirect": lambda real, now, a: registration.redirect(
        real.state, Redirect(told_at=a["at"], reason="属诉讼事项", right_channel="人民法院"), now=now, **real.rules
    ),
    "urge": lambda real, now, a: registration.urge(
        real.state, Urge(order=a["order"], urge=a["kind"], urged_at=now), terms=real.terms
    ),
    "dispatch": lambda real, now, a: dispatching.dispatch(real.state, Dispatch(**a), now=now, town=TOWN, **real.rules),
    "accept": lambda real, now, a: dispatching.accept(real.state, Accept(**a), now=now),
    "ask_back": lambda real, now, a: dispatching.request_return(real.state, RequestReturn(**a), now=now, **real.rules),
    "take_back": lambda real, now, a: dispatching.approve_return(real.state),
    "leave_it": lambda real, now, a: dispatching.reject_return(real.state, BECAUSE),
    "contact": lambda real, now, a: handling.contact(
        real.state, Contact(unit=a["unit"], contacted_at=a["at"], manner="PHONE"), now=now
    ),
    "report": lambda real, now, a: handling.report_progress(real.state, ReportProgress(**a, note="办理中")),
    "tell": lambda real, now, a: handling.progressed(
        real.state, step=intake.ProgressStep(a["step"]), cause=a["cause"], via=a["via"]
    ),
    "add_support": lambda real, now, a: handling.add_support(real.state, AddSupport(**a), town=TOWN),
    "supervise": lambda real, now, a: handling.supervise(real.state, BECAUSE),
    "mark_hard": lambda real, now, a: handling.mark_hard(real.state, BECAUSE),
    "ask_extension": lambda real, now, a: handling.request_extension(
        real.state, RequestExtension(**a, reason="需招标"), now=now, **real.rules
    ),
    "grant_extension": lambda real, now, a: handling.grant_extension(real.state, now=now),
    "deny_extension": lambda real, now, a: handling.deny_extension(real.state, BECAUSE),
    "ask_listing": lambda real, now, a: listing.request_listing(
        real.state, RequestListing(**a, plan="申请资金"), now=now, terms=real.terms
    ),
    "grant_listing": lambda real, now, a: listing.grant_listing(real.state, now=now, **real.rules),
    "deny_listing": lambda real, now, a: listing.deny_listing(real.state, BECAUSE, terms=real.terms),
    "review_listing": lambda real, now, a: listing.review_listing(
        real.state, ReviewListing(**a, finding="仍未解决"), now=now, **real.rules
    ),
    "end_listing": lambda real, now, a: listing.end_listing(real.state, now=now, **real.rules),
    "finish": lambda real, now, a: finishing.finish(
        real.state,
        Finish(unit=a["unit"], finished_at=a["at"], spoken_with="FAMILY", measure="已修好"),
        open_routes=sum(route.state is routing.RouteState.OPEN for route in real.routes.values()),
        now=now,
        **real.rules,
    ),
    "try_call": lambda real, now, a: finishing.try_callback(
        real.state, TryCallback(tried_at=a["at"], outcome="NO_ANSWER"), now=now, terms=real.terms
    ),
    "call_back": lambda real, now, a: finishing.record_callback(
        real.state,
        RecordCallback(
            called_at=a["at"],
            contacted=True,
            resolved=a["resolved"],
            satisfaction=a["satisfaction"],
            by_city=a["by_city"],
        ),
        now=now,
        terms=real.terms,
    ),
    "reopen": lambda real, now, a: finishing.reopen(real.state, now=now, **real.rules),
    "except_it": lambda real, now, a: finishing.approve_exception(
        real.state, ApproveException(**a, reason="经研究"), terms=real.terms
    ),
    "close": lambda real, now, a: finishing.close(real.state, now=now, **real.rules),
    "announce": lambda real, now, a: real.announce(),
    "ring": lambda real, now, a: real.ring(now, **a),
}
ROUTED: dict[str, Callable[["Real", Route | None, dict[str, Any]], list[Any]]] = {
    "route": lambda real, route, a: routing.route(
        route,
        RouteComplaint(wanted=a["wanted"], target=a["target"], public_title="无物业" if a["title"] else None),
        real.state,
        ID,
    ),
    "link": lambda real, route, a: routing.link(
        route, real.state, ID, wanted=intake.RouteTarget.TOPIC, target=a["topic"]
    ),
    "take": lambda real, route, a: routing.taken(route, target=a["target"]),
    "move": lambda real, route, a: routing.moved(route, target=a["target"]),
    "conclude": lambda real, route, a: routing.conclude(route, outcome=intake.RouteOutcome(a["outcome"]), by=a["by"]),
    "answer_suggestion": lambda real, route, a: routing.answered(
        route, outcome=routing.SuggestionOutcome(a["outcome"]), by=a["by"]
    ),
}


@dataclass
class Real:
    """The program's complaint, its routes, and everything that was said of them."""

    terms: Terms
    order: Any
    calendar: Calendar = field(default_factory=lambda: Calendar(UNANNOUNCED))
    state: Complaint | None = None
    routes: dict[UUID, Route] = field(default_factory=dict)
    journal: list[intake.ComplaintFact] = field(default_factory=list)

    @property
    def rules(self) -> dict[str, Any]:
        return {"terms": self.terms, "calendar": self.calendar}

    def receive(self, now: datetime) -> list[Any]:
        return self.keep(registration.receive(None, self.order, now=now, terms=self.terms, town=TOWN))

    def do(self, name: str, now: datetime, asked: dict[str, Any]) -> list[Any]:
        if name in ROUTED:
            facts = ROUTED[name](self, self.routes.get(asked["id"]), asked)
            for fact in facts:
                self.routes[asked["id"]] = routing.evolve(self.routes.get(asked["id"]), fact)
            return facts
        return self.keep(ASKED[name](self, now, asked))

    def keep(self, facts: list[Any]) -> list[Any]:
        for fact in facts:
            self.state = evolve(self.state, fact)
        self.journal += facts
        return facts

    def announce(self) -> list[Any]:
        self.calendar = Calendar(ANNOUNCED)
        return clock.recount(self.state, **self.rules)

    def ring(self, now: datetime, name: str, due_at: datetime, version: int) -> list[Any]:
        asked = {"due_at": due_at, "version": version, "now": now}
        if name == clock.LISTING_END:
            return listing.expire(self.state, **asked, **self.rules)
        if name == clock.RETENTION:  # the vault forgets; nothing is said
            return []
        return clock.TIMERS[name](self.state, **asked)


# ---------------------------------------------------------------------------------------------- side by side


def compared(what: str, model: Callable[[], Said], program: Callable[[], list[Any]], seen: Counter[str]) -> bool:
    """Ask both, and compare facts or refusals. Whether anything was said."""
    try:
        expected: Any = model()
    except Refused as refused:
        expected = refused.codes
    try:
        facts = program()
    except RuleBroken as broken:
        facts = []
        got: Any = sorted(reason.code for reason in broken.reasons)
    else:
        names = [name for name, _ in expected] if expected and isinstance(expected[0], tuple) else []
        got = [
            (type(fact).__name__, {key: getattr(fact, key) for key in (expected[i][1] if i < len(names) else ())})
            for i, fact in enumerate(facts)
        ]
    if got != expected:
        raise Disagreement(f"{what}\n  rule book: {expected}\n  program:   {got}")
    seen.update(type(fact).__name__ for fact in facts)
    seen["refused"] += bool(got) and not facts
    return bool(facts)


def same_state(life: Life, state: Complaint, routes: dict[UUID, Route]) -> None:
    """What both know of the complaint."""
    answer = state.callback and {
        name: getattr(state.callback, name) for name in ("valid", "contacted", "resolved", "satisfaction", "by_city")
    }
    pairs = {
        "state": (life.phase, state.state),
        "urgency": (life.urgency, state.urgency),
        "lead": (life.lead, state.lead),
        "first_handler": (life.first, state.first_handler),
        "support": (tuple(life.support), state.support),
        "dispatches": (life.sent, state.dispatches),
        "contact": (life.first_contact, state.first_contact_at),
        "due": (life.due, state.due_at),
        "deadline": (life.deadline, state.deadline_version),
        "provisional": (life.provisional, state.provisional),
        "warned": (life.warned, state.near),
        "missed": (life.missed, set(state.missed)),
        "missed once each": (len(state.missed), len(set(state.missed))),
        "returns": (tuple(life.asked_back), state.returned_by),
        "extensions": ((life.extensions, life.wish), (state.extensions, state.extension_until)),
        "listing": (life.listing, state.listing),
        "rest": (life.rest, state.rest_seconds),
        "finishes": ((life.finishes, life.finished_at), (state.finishes, state.finished_at)),
        "tries": (tuple(life.tries), state.callback_tries),
        "callback": (life.answer, answer),
        "reopenings": (life.reopened, state.reopenings),
        "exception": (life.exception, state.exception),
        "closed": (life.ground, state.closed),
        "flags": ((life.supervised, life.hard), (state.supervised, state.hard)),
        "urges": (tuple(life.urges), state.urges),
        "steps": (life.told, {(step.step, step.cause, step.via) for step in state.steps}),
        "timers": (life.timers(), {name: (w.due_at, w.version) for name, w in clock.watches(state).items()}),
        "routes": (
            {id: (route["open"], route["target"], route["outcome"]) for id, route in life.routes.items()},
            {id: (route.state is routing.RouteState.OPEN, route.target, route.outcome) for id, route in routes.items()},
        ),
    }
    if wrong := [f"{name}: {model} is not {program}" for name, (model, program) in pairs.items() if model != program]:
        raise Disagreement("after it: " + "; ".join(wrong))


class World:
    """One life and one crowd, told twice."""

    def __init__(self, seed: int, seen: Counter[str]) -> None:
        random = Random(seed)
        self.seen, self.now = seen, random.choice(BEGINNINGS)
        written = some_terms(random)
        terms = Terms.model_validate(TERMS.model_dump(mode="json") | written)
        self.life = Life(written, Days(), confidential=random.random() < 0.15)
        self.life.type = random.choice(("INQUIRY", "INQUIRY", "ASSISTANCE", "COMPLAINT", "SUGGESTION"))
        urgency, received_at = random.choice(tuple(TERMS.limits)), self.now - random.choice((DAY, -DAY))
        self.real = Real(
            terms,
            an_order(
                type=intake.ComplaintType(self.life.type),
                confidential=self.life.confidential,
                urgency=urgency,
                received_at=received_at,
            ),
        )
        asked = {"received_at": received_at, "urgency": urgency}
        self._both("receive", lambda: self.life.do("receive", self.now, **asked), lambda: self.real.receive(self.now))
        self.crowd = Crowd(sensitive=random.random() < 0.3)
        self.hotspot: hotspot.Hotspot | None = None
        self.demand: demand.Demand | None = None
        self.rung: list[dict[str, Any]] = []

    def step(self, seed: int) -> None:
        """Time passes, timers ring, and something is asked."""
        random = Random(seed)
        self.now = some_jump(random, self.life, self.now)
        if random.random() < 0.8:
            self.ring_all(self.now if random.random() < 0.5 else None)
        if random.random() < 0.15:
            self.ring_wrongly(random)
        if random.random() < (0.2 if self.life.provisional else 0.02):
            self._ask("announce", {"days": Days(ANNOUNCED.announced, ANNOUNCED.holidays, ANNOUNCED.workdays)})
        if random.random() < 0.2:
            self.gather(random)
        name, asked = some_command(random, self.life, self.now)
        self._ask(name, asked)

    def ring_all(self, late: datetime | None) -> None:
        """What is due rings, the earliest first; at its moment, or all of it late (`late`)."""
        tried: set[tuple[Any, ...]] = set()
        while True:
            due = [(at, name, version) for name, (at, version) in self.life.timers().items() if at <= self.now]
            waiting = sorted(timer for timer in due if timer not in tried)
            if not waiting:
                return
            at, name, version = waiting[0]
            tried.add(waiting[0])
            timer = {"name": name, "due_at": at, "version": version}
            self.rung.append(timer)
            self._ask("ring", timer, late or at)

    def ring_wrongly(self, random: Random) -> None:
        """A timer that rang before, or one that is not due yet."""
        early = [{"name": n, "due_at": at, "version": v} for n, (at, v) in self.life.timers().items() if at > self.now]
        early = [timer for timer in early if not timer["name"].startswith("near-")]
        if wrong := [*self.rung[-5:], *early]:
            self._ask("ring", random.choice(wrong))

    def gather(self, random: Random) -> None:
        """People ask for the same; somebody counts them."""
        crowd, topic = self.crowd, f"topic/{UUID(int=random.randrange(2), version=4)}"
        for _ in range(random.choice((0, 1, 1, 4, 7))):
            who = None if random.random() < 0.1 else UUID(int=random.randrange(9))
            crowd.asked.append((self.now, who))
        asked = [hotspot.Asking(at, who) for at, who in crowd.asked]
        seen = hotspot.look(asked, now=self.now, terms=TERMS)
        judge = partial(hotspot.judge, seen=seen, at=AT, sensitive=crowd.sensitive, now=self.now, terms=TERMS)
        self._counted("look", lambda: crowd.look(self.now), judge)
        match random.randrange(4):
            case 0:
                known = self.hotspot is not None
                opened = partial(hotspot.topic_opened, topic=topic)
                self._counted("topic", lambda: crowd.open_topic(topic, known), opened)
            case 1:
                self._counted("end", lambda: crowd.end_topic(topic), partial(hotspot.topic_ended, topic=topic))
            case _:
                self.count_days()

    def count_days(self) -> None:
        day = self.now.astimezone(BEIJING).date()
        who = [person for at, person in self.crowd.asked if at.astimezone(BEIJING).date() == day]

        def program() -> list[Any]:
            facts = demand.count(self.demand, at=AT, day=day, complaints=len(who), people=len(set(who)))
            for fact in facts:
                self.demand = demand.evolve(self.demand, fact)
            return facts

        self._both("count", lambda: self.crowd.count(day), program)

    def _counted(self, what: str, model: Callable[[], Said], rule: Callable[..., list[Any]]) -> None:
        def program() -> list[Any]:
            facts = rule(self.hotspot)
            for fact in facts:
                self.hotspot = hotspot.evolve(self.hotspot, fact)
            return facts

        self._both(what, model, program)

    def _ask(self, name: str, asked: dict[str, Any], now: datetime | None = None) -> None:
        now = now or self.now
        told = {"days": self.life.days} if name == "announce" else asked
        self._both(
            f"{now:%Y-%m-%d %H:%M} {name} {told}",
            lambda: self.life.do(name, now, **asked),
            lambda: self.real.do(name, now, asked),
        )
        assert self.real.state is not None
        same_state(self.life, self.real.state, self.real.routes)

    def _both(self, what: str, model: Callable[[], Said], program: Callable[[], list[Any]]) -> None:
        compared(what, model, program, self.seen)

    def told_again(self) -> None:
        """The journal, read from its bytes, gives the state."""
        state: Complaint | None = None
        for fact in self.real.journal:
            state = evolve(state, Fact.known[fact.wire_type].read(fact.model_dump_json()))
        if state != self.real.state:
            raise Disagreement("the journal tells another life")


def live(beginning: int, steps: list[int], seen: Counter[str]) -> int:
    """A life; how many steps it took. Raises `Disagreement`."""
    world, index, over = World(beginning, seen), 0, 0
    for index, step in enumerate(steps, 1):
        try:
            world.step(step)
        except Disagreement as error:
            error.args = (f"step {index}: {error}",)
            raise
        over += world.life.phase in OVER
        if over == AFTERWARDS:
            break
    world.told_again()
    return index


def wander(seed: int, most: int) -> Counter[str]:
    """So many steps from this seed; which facts were seen. A disagreement fails with the shortest way to it."""
    random, seen, done = Random(seed), Counter[str](), 0
    while done < most:
        beginning = random.getrandbits(32)
        steps = [random.getrandbits(32) for _ in range(min(LONGEST, most - done))]
        try:
            done += live(beginning, steps, seen)
        except Disagreement as error:
            fewest, found = shrunk(lambda some: live(beginning, some, Counter()), steps)  # noqa: B023
            pytest.fail(
                f"seed {seed}, after {done} steps and in the next life at {error}\n"
                f"shortest: live({beginning}, {fewest}, Counter())\n{found}"
            )
    return seen


def test_the_program_says_what_the_rule_book_says_and_every_fact_is_seen() -> None:
    seen = wander(SEED, STEPS)
    refused = seen.pop("refused")
    print(f"seed {SEED}: {STEPS} steps, {refused} refusals, {seen.total()} facts: {dict(sorted(seen.items()))}")
    assert FACTS - seen.keys() == set()
    assert refused > STEPS / 10


def test_a_wrong_rule_is_found_and_the_way_to_it_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wanderer can fail: a return whose window nobody closes."""
    request_return = dispatching.request_return

    def without_window(before: Complaint, asked: RequestReturn, **rules: Any) -> list[Any]:
        return request_return(before, asked, **rules | {"now": min(rules["now"], before.dispatched_at or rules["now"])})

    monkeypatch.setattr(dispatching, "request_return", without_window)
    with pytest.raises(pytest.fail.Exception, match=r"shortest: live\(\d+, \[(\d+(, )?){1,6}\]"):
        wander(SEED, STEPS)


def test_the_model_and_the_program_know_the_same_units() -> None:
    assert {unit.code for unit in TOWN.units} == set(UNITS)
