"""Whatever is asked in whatever order: a complaint's facts can be told, kept and told again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.intake.domain import dispatching, finishing, handling, listing, registration
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
    ReportProgress,
    RequestExtension,
    RequestListing,
    RequestReturn,
    ReviewListing,
    TryCallback,
    Urge,
)
from services.intake.domain.clock import LISTING_END, TIMERS, watches
from services.intake.domain.complaint import FINAL, Complaint, ComplaintState, evolve
from shared.events.base import Fact
from shared.events.intake import (
    CallbackOutcome,
    ComplaintFact,
    ContactManner,
    ExceptionGround,
    ListingReason,
    ReturnReason,
    SpokenWith,
    UrgeKind,
)
from shared.events.vocabulary import ComplaintType, ProgressStep, Satisfaction, Urgency
from shared.rules.broken import RuleBroken
from tests.unit.intake.builders import CALENDAR, DAY, ID, LEAD, MINUTE, START, SUPPORT, TERMS, TOWN, an_order

Ask = Callable[[Complaint | None, datetime], list[ComplaintFact]]
STATE = TypeAdapter(Complaint)
RULES = {"terms": TERMS, "calendar": CALENDAR}
TOLD = {"step": ProgressStep.ISSUE_RESOLVED, "cause": f"issue/{ID}"}


def callback(satisfaction: Satisfaction, *, resolved: bool, by_city: bool = False) -> Ask:
    def ask(was: Complaint | None, now: datetime) -> list[ComplaintFact]:
        asked = RecordCallback(
            called_at=now, contacted=True, resolved=resolved, satisfaction=satisfaction, by_city=by_city
        )
        return finishing.record_callback(was, asked, now=now, terms=TERMS)

    return ask


def ask_extension(was: Complaint | None, now: datetime) -> list[ComplaintFact]:
    due_at = was.due_at if was and was.due_at else now
    asked = RequestExtension(unit=LEAD, until=due_at + DAY, reason="需招标")
    return handling.request_extension(was, asked, now=now, **RULES)


def ask_listing(was: Complaint | None, now: datetime) -> list[ComplaintFact]:
    asked = RequestListing(unit=LEAD, reason=ListingReason.FUNDING, explained_at=now, plan="申请资金")
    return listing.request_listing(was, asked, now=now, terms=TERMS)


def ask_finish(was: Complaint | None, now: datetime) -> list[ComplaintFact]:
    asked = Finish(unit=LEAD, finished_at=now, spoken_with=SpokenWith.FAMILY, measure="已修好")
    return finishing.finish(was, asked, open_routes=0, now=now, **RULES)


def send(urgency: Urgency) -> Ask:
    return lambda was, now: dispatching.dispatch(was, Dispatch(lead=LEAD, urgency=urgency), now=now, town=TOWN, **RULES)


ASKS: dict[str, Ask] = {
    "receive": lambda was, now: registration.receive(
        was, an_order(type=ComplaintType.INQUIRY), now=now, terms=TERMS, town=TOWN
    ),
    "answer": lambda was, now: registration.answer(
        was, Answer(answered_at=now, answer="找社区"), now=now, terms=TERMS, calendar=CALENDAR
    ),
    "urge": lambda was, now: registration.urge(was, Urge(order=ID, urge=UrgeKind.URGE, urged_at=now), terms=TERMS),
    "dispatch": send(Urgency.ROUTINE),
    "dispatch urgently": send(Urgency.URGENT),
    "accept": lambda was, now: dispatching.accept(was, Accept(unit=LEAD), now=now),
    "ask back": lambda was, now: dispatching.request_return(
        was, RequestReturn(unit=LEAD, reason=ReturnReason.DUPLICATE), now=now, **RULES
    ),
    "take back": lambda was, now: dispatching.approve_return(was),
    "do not take back": lambda was, now: dispatching.reject_return(was, Because(reason="属本单位")),
    "contact": lambda was, now: handling.contact(
        was, Contact(unit=LEAD, contacted_at=now, manner=ContactManner.VISIT), now=now
    ),
    "report": lambda was, now: handling.report_progress(was, ReportProgress(unit=LEAD, note="办理中")),
    "tell": lambda was, now: handling.progressed(was, **TOLD),
    "add support": lambda was, now: handling.add_support(was, AddSupport(unit=SUPPORT), town=TOWN),
    "supervise": lambda was, now: handling.supervise(was, Because(reason="督办")),
    "ask extension": ask_extension,
    "grant extension": lambda was, now: handling.grant_extension(was, now=now),
    "deny extension": lambda was, now: handling.deny_extension(was, Because(reason="按期")),
    "ask listing": ask_listing,
    "grant listing": lambda was, now: listing.grant_listing(was, now=now, **RULES),
    "deny listing": lambda was, now: listing.deny_listing(was, Because(reason="可办"), terms=TERMS),
    "review listing": lambda was, now: listing.review_listing(was, ReviewListing(finding="仍在"), now=now, **RULES),
    "end listing": lambda was, now: listing.end_listing(was, now=now, **RULES),
    "finish": ask_finish,
    "try": lambda was, now: finishing.try_callback(
        was, TryCallback(tried_at=now, outcome=CallbackOutcome.NO_ANSWER), now=now, terms=TERMS
    ),
    "good callback": callback(Satisfaction.BASICALLY, resolved=True),
    "bad callback": callback(Satisfaction.NEUTRAL, resolved=True),
    "callback of the city": callback(Satisfaction.SATISFIED, resolved=False, by_city=True),
    "reopen": lambda was, now: finishing.reopen(was, now=now, **RULES),
    "except": lambda was, now: finishing.approve_exception(
        was, ApproveException(ground=ExceptionGround.UNREASONABLE, reason="不合理"), terms=TERMS
    ),
    "close": lambda was, now: finishing.close(was, now=now, terms=TERMS, calendar=CALENDAR),
}


def ring(state: Complaint | None, now: datetime) -> list[ComplaintFact]:
    """What the timers say that are due, the earliest first, each once."""
    said: list[ComplaintFact] = []
    while state is not None:
        due = {name: watch for name, watch in watches(state).items() if watch.due_at <= now}
        if not due:
            break
        name = min(due, key=lambda name: (due[name].due_at, name))
        watch = due[name]
        asked = {"due_at": watch.due_at, "version": watch.version, "now": watch.due_at}
        facts = listing.expire(state, **asked, **RULES) if name == LISTING_END else TIMERS[name](state, **asked)
        assert len(facts) == 1
        state = evolve(state, facts[0])
        assert watches(state).get(name) != watch
        said.extend(facts)
    return said


def keep_their_promises(was: Complaint, state: Complaint) -> None:
    assert (state.due_at is None) is (state.state is ComplaintState.LISTED or state.dispatches == 0)
    assert state.deadline_version >= was.deadline_version
    assert was.first_handler in (None, state.first_handler)
    assert was.received_at == state.received_at
    assert was.state not in FINAL or state.state is was.state
    assert state.reopenings <= 2
    assert state.extensions <= 1
    assert state.near == 0 or state.due_at is not None


def possible(state: Complaint | None, now: datetime) -> dict[str, list[ComplaintFact]]:
    """Everything that would be said if it were asked now."""
    said: dict[str, list[ComplaintFact]] = {}
    for name, ask in ASKS.items():
        with suppress(RuleBroken):
            if facts := ask(state, now):
                said[name] = facts
    return said


@settings(deadline=None, max_examples=60)
@every(st.data())
def test_any_life_can_be_told_kept_and_told_again(data: st.DataObject) -> None:
    told = ASKS["receive"](None, START)
    state = evolve(None, told[0])
    now = START
    for _ in range(data.draw(st.integers(1, 30))):
        now += data.draw(st.integers(1, 90) | st.integers(1, 3_000)) * MINUTE
        facts = ring(state, now)
        for fact in facts:
            state = evolve(state, fact)
        said = possible(state, now)
        if said:
            chosen = said[data.draw(st.sampled_from(sorted(said)))]
            was = state
            for fact in chosen:
                state = evolve(state, fact)
            keep_their_promises(was, state)
            facts += chosen
        told += facts
    again: Complaint | None = None
    for fact in told:
        again = evolve(again, Fact.known[fact.wire_type].read(fact.model_dump_json()))
    assert again == state
    assert STATE.validate_json(STATE.dump_json(state)) == state


def test_a_life_can_go_all_the_way() -> None:
    """Otherwise the test above would prove little."""
    state: Complaint | None = None
    now = START
    for name in (
        *("receive", "dispatch", "accept", "contact", "ask listing", "grant listing", "end listing", "finish"),
        *("bad callback", "reopen", "finish", "bad callback", "reopen", "finish", "bad callback", "except", "close"),
    ):
        now += MINUTE
        for fact in possible(state, now)[name]:
            state = evolve(state, fact)
    assert state is not None
    assert state.state is ComplaintState.CLOSED
