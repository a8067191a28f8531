"""工作日: every limit may count working days; holidays that are announced later move a due date once and quietly."""

from datetime import date, datetime, timedelta

import pytest

from services.intake.domain.asked import Accept, Because, Contact, Dispatch, Finish, RequestExtension, RequestReturn
from services.intake.domain.clock import recount, watches
from services.intake.domain.complaint import Complaint, ComplaintState, evolve
from services.intake.domain.dispatching import accept, dispatch, request_return
from services.intake.domain.finishing import finish, reopen
from services.intake.domain.handling import contact, deny_extension, grant_extension, request_extension
from services.intake.domain.listing import end_listing, grant_listing
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CallbackRecorded,
    ComplaintDeadlineNear,
    ComplaintDeadlineRecounted,
    ComplaintFact,
    ComplaintOverdue,
    ComplaintReopened,
    ComplaintStep,
    ContactManner,
    ExtensionRequested,
    ReturnReason,
    SpokenWith,
)
from shared.events.vocabulary import Satisfaction, Urgency
from shared.rules.calendar import Calendar, CalendarOverrides
from shared.rules.deadline import Watch
from shared.rules.township import SHANGHAI
from tests.support.spec import given
from tests.unit.intake.builders import LEAD, LISTING_ASKED, TERMS, TOWN, called_back, received

URGENCIES = ("CRITICAL", "URGENT", "ROUTINE", "COMPLEX")
WORKING = Terms.model_validate(
    TERMS.model_dump(mode="json")
    | {
        "limits": dict.fromkeys(URGENCIES, "5WD"),
        "accept": dict.fromkeys(URGENCIES, "2WH"),
        "first_contact": dict.fromkeys(URGENCIES, "1WD"),
        "returns": {"window": dict.fromkeys(URGENCIES, "4WH"), "decision": "90WM"},
        "extension": {"times": 1, "factor": "0.5", "decision": "1WD"},
        "listing": {"review": "20WD", "least_rest": "1WD", "longest": "250WD"},
        "callback": {"tries": 3, "span": "3WD"},
        "rehandling": {"times": 2, "factor": "0.5", "least": "1WD"},
    }
)
KNOWN = Calendar()
RULES = {"terms": WORKING, "calendar": KNOWN}
ANNOUNCED = Calendar(
    CalendarOverrides(
        holidays=frozenset({date(2094, 1, 1), date(2094, 1, 4), date(2094, 1, 5)}),
        workdays=frozenset({date(2094, 1, 2)}),
        announced=frozenset({2093, 2094}),
    )
)


def at(day: str, hour: int = 10) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), SHANGHAI) + timedelta(hours=hour)


FRIDAY = at("2024-04-26")
"""Before a make-up Sunday (28 April) and the May holidays (1 to 5 May)."""


def sent(now: datetime = FRIDAY, calendar: Calendar = KNOWN) -> list[ComplaintFact]:
    asked = Dispatch(lead=LEAD, urgency=Urgency.ROUTINE)
    return [received(), *dispatch(_state(received()), asked, now=now, terms=WORKING, calendar=calendar, town=TOWN)]


def _state(*facts: ComplaintFact) -> Complaint:
    state = given(evolve, *facts).state
    assert state is not None
    return state


def handled() -> list[ComplaintFact]:
    facts = sent()
    facts += accept(_state(*facts), Accept(unit=LEAD), now=FRIDAY)
    spoken = Contact(unit=LEAD, contacted_at=FRIDAY, manner=ContactManner.PHONE)
    return facts + contact(_state(*facts), spoken, now=FRIDAY)


def test_a_dispatch_counts_the_make_up_day_and_leaves_the_holidays_out() -> None:
    state = _state(*sent())
    assert state.due_at == at("2024-05-07")  # 28, 29, 30 April; 6, 7 May
    assert state.accept_by == at("2024-04-26", 12)
    assert state.contact_by == at("2024-04-28")
    assert state.provisional is False


def test_the_window_of_a_return_is_open_in_working_time_only() -> None:
    evening = given(evolve, *sent(at("2024-04-26", 16)))
    asked = RequestReturn(unit=LEAD, reason=ReturnReason.DUPLICATE)
    (back,) = request_return(evening.state, asked, now=at("2024-04-28", 12), **RULES)
    assert back.decide_by == at("2024-04-28", 13) + timedelta(minutes=30)
    evening.when(request_return, asked, now=at("2024-04-28", 13), **RULES).then_refused("window_over")


def test_half_the_limit_more_is_three_working_days_and_decided_in_one() -> None:
    asked = RequestExtension(unit=LEAD, until=at("2024-05-10"), reason="需招标")
    (wish,) = request_extension(_state(*handled()), asked, now=FRIDAY, **RULES)
    assert wish.decide_by == at("2024-04-28")
    more = asked.model_copy(update={"until": at("2024-05-11")})
    given(evolve, *handled()).when(request_extension, more, now=FRIDAY, **RULES).then_refused("too_long")


def test_a_listing_is_reviewed_and_ends_by_working_days() -> None:
    asked = [*handled(), LISTING_ASKED]
    (listed,) = grant_listing(_state(*asked), now=at("2024-04-30"), **RULES)
    assert listed.review_by == at("2024-05-30")  # 11 May is worked
    (ended,) = end_listing(_state(*asked, listed), now=at("2024-07-05"), **RULES)
    assert ended.due_at == at("2024-07-12")  # seven days were left
    late = grant_listing(_state(*asked), now=at("2024-05-08"), **RULES)
    (ended,) = end_listing(_state(*asked, *late), now=at("2024-07-05"), **RULES)
    assert ended.due_at == at("2024-07-08")  # the least, over a weekend


def test_a_callback_and_a_rehandling_count_working_days() -> None:
    done = Finish(unit=LEAD, finished_at=FRIDAY, spoken_with=SpokenWith.FAMILY, measure="已修好")
    (finished,) = finish(_state(*handled()), done, open_routes=0, now=FRIDAY, **RULES)
    assert finished.callback_by == at("2024-04-30")
    bad = called_back(resolved=False, satisfaction=Satisfaction.DISSATISFIED)
    assert isinstance(bad, CallbackRecorded)
    (again,) = reopen(_state(*handled(), finished, bad), now=at("2024-04-30"), **RULES)
    assert isinstance(again, ComplaintReopened)
    assert again.due_at == at("2024-05-08")  # three working days: half of five, rounded up


# ---------------------------------------------------------------------------------------------- not announced yet

LATE = at("2093-12-28")
PROVISIONAL = at("2094-01-04")
RECOUNTED = ComplaintDeadlineRecounted(due_at=at("2094-01-06"), deadline_version=2, instead_of=PROVISIONAL)
WARNED = ComplaintDeadlineNear(percent=50, due_at=PROVISIONAL, deadline_version=1, lead=LEAD)


def test_a_year_that_nobody_has_announced_has_weekends_only_and_is_provisional() -> None:
    state = _state(*sent(LATE))
    assert (state.due_at, state.provisional) == (PROVISIONAL, True)
    given(evolve, *sent(LATE)).when(recount, **RULES).then_nothing()


def test_when_the_list_comes_there_is_a_new_deadline_version_and_no_second_warning() -> None:
    told = given(evolve, *sent(LATE), WARNED)
    told.when(recount, terms=WORKING, calendar=ANNOUNCED).then(RECOUNTED)
    running = watches(_state(*sent(LATE), WARNED, RECOUNTED))
    assert running["due"] == Watch(at("2094-01-06"), 2)
    assert "near-50" not in running
    assert running["near-80"].version == 2
    given(evolve, *sent(LATE), RECOUNTED).when(recount, terms=WORKING, calendar=ANNOUNCED).then_nothing()


def test_a_miss_that_was_said_is_not_said_again() -> None:
    missed = ComplaintOverdue(step=ComplaintStep.DUE, due_at=PROVISIONAL, deadline_version=1, lead=LEAD)
    given(evolve, *sent(LATE), missed).when(recount, terms=WORKING, calendar=ANNOUNCED).then(RECOUNTED)
    assert "due" not in watches(_state(*sent(LATE), missed, RECOUNTED))


def test_a_due_date_never_comes_nearer_by_being_counted_again() -> None:
    busy = Calendar(CalendarOverrides(workdays=frozenset({date(2094, 1, 2)}), announced=frozenset({2093, 2094})))
    given(evolve, *sent(LATE)).when(recount, terms=WORKING, calendar=busy).then(
        ComplaintDeadlineRecounted(due_at=PROVISIONAL, deadline_version=2, instead_of=PROVISIONAL)
    )


def test_only_what_still_runs_is_counted_again() -> None:
    over = _state(*sent(LATE))
    given(evolve).when(recount, terms=WORKING, calendar=ANNOUNCED).then_nothing()
    assert over.state is ComplaintState.DISPATCHED
    given(evolve, *sent()).when(recount, terms=WORKING, calendar=ANNOUNCED).then_nothing()


def test_an_extension_that_would_come_before_the_recounted_due_date_is_not_granted() -> None:
    wish = ExtensionRequested(
        unit=LEAD, until=at("2094-01-05"), reason="需招标", requested_at=LATE, decide_by=at("2093-12-29")
    )
    asked = given(evolve, *sent(LATE), wish, RECOUNTED)
    asked.when(grant_extension, now=at("2093-12-29")).then_refused("not_later")
    (denied,) = deny_extension(asked.state, Because(reason="期限已顺延"))
    assert type(denied).__name__ == "ExtensionDenied"


@pytest.mark.parametrize("urgency", list(Urgency))
def test_calendar_time_is_never_provisional(urgency: Urgency) -> None:
    asked = Dispatch(lead=LEAD, urgency=urgency)
    (dispatched,) = dispatch(_state(received()), asked, now=LATE, terms=TERMS, calendar=KNOWN, town=TOWN)
    assert dispatched.provisional is False
