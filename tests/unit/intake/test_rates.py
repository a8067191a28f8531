"""三率."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from services.intake.domain.complaint import evolve
from services.intake.domain.rates import (
    NO_RATES,
    Counts,
    Month,
    Rates,
    Window,
    counted,
    definitions,
    ended,
    month_at,
    month_window,
    rate_terms,
    rates,
    report_day,
    rules_in_words,
)
from services.intake.domain.terms import Terms
from shared.events.intake import (
    CallbackRecorded,
    ComplaintAnswered,
    ComplaintOverdue,
    ComplaintRedirected,
    ComplaintStep,
    ExceptionApproved,
    ExceptionGround,
)
from shared.events.vocabulary import ComplaintType, Satisfaction
from shared.rules.township import SHANGHAI, Dated
from tests.support.spec import fold
from tests.unit.intake.builders import DAY, START, TERMS, called_back, finished, listed, received, reopened

NUMBERS = TERMS.rates
ALWAYS = Dated[Terms](versions=(TERMS,))
UNREACHABLE = CallbackRecorded(called_at=START + 3 * DAY, valid=False, contacted=None, resolved=None, satisfaction=None)
MONTHS = st.builds(Month, st.integers(2001, 2098), st.integers(1, 12))


def from_day(effective: date, starts_on: int, **more: object) -> Terms:
    return TERMS.model_copy(
        update={"effective": effective, "rates": NUMBERS.model_copy(update={"month_starts_on": starts_on, **more})}
    )


@st.composite
def one(draw: st.DrawFn) -> Counts:
    """Counts as they can be: no more above the line than below it."""
    valid = draw(st.integers(0, 60))
    satisfied = draw(st.integers(0, valid))
    return Counts(
        valid=valid,
        contacted=draw(st.integers(0, valid)),
        resolved=draw(st.integers(0, valid)),
        satisfied=satisfied,
        basically=draw(st.integers(0, valid - satisfied)),
    )


def town(hour: int, minute: int, *day: int) -> datetime:
    year, month, of_month = day
    return datetime(year, month, of_month, hour, minute, tzinfo=SHANGHAI)


def test_50_valid_50_contacted_46_resolved_40_satisfied_7_basically_make_93_04() -> None:
    found = Counts(valid=50, contacted=50, resolved=46, satisfied=40, basically=7)
    assert rates(found, numbers=NUMBERS) == Rates(
        Decimal("100.00"), Decimal("92.00"), Decimal("92.60"), Decimal("93.04")
    )


def test_an_empty_base_has_no_value() -> None:
    assert rates(Counts(), numbers=NUMBERS) == NO_RATES
    assert rates(Counts(received=9, unreachable=9), numbers=NUMBERS).score is None


def test_halves_are_rounded_up() -> None:
    """1/32 is 3.125 %, which half-even would make 3.12."""
    assert rates(Counts(valid=32, contacted=1), numbers=NUMBERS).response == Decimal("3.13")


@every(one())
def test_rates_lie_between_0_and_100_and_the_score_between_the_worst_and_the_best(found: Counts) -> None:
    values = rates(found, numbers=NUMBERS)
    parts = [values.response, values.resolution, values.satisfaction]
    if not found.valid:
        assert values == NO_RATES
        return
    known = [value for value in parts if value is not None]
    assert len(known) == 3
    assert all(0 <= value <= 100 for value in known)
    assert values.score is not None
    assert min(known) - Decimal("0.01") <= values.score <= max(known) + Decimal("0.01")


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ([received(type=ComplaintType.INQUIRY), ComplaintAnswered(answered_at=START, answer="请找社区")], "answered"),
        ([received(), ComplaintRedirected(told_at=START, reason="非镇域", right_channel="区热线")], "redirected"),
        (
            [
                *finished(),
                called_back(resolved=False),
                ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why=None),
            ],
            "excluded",
        ),
        ([*finished(), UNREACHABLE], "unreachable"),
        ([*finished(), UNREACHABLE, ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why=None)], "excluded"),
        ([*finished(), called_back()], "valid"),
        ([*finished(), called_back(resolved=False), reopened(1)], "valid"),
        (
            [*finished(), called_back(resolved=False), ExceptionApproved(ground=ExceptionGround.REHANDLED, why=None)],
            "valid",
        ),
        (finished(), "waiting"),
        (listed(), "waiting"),
        ([received()], "waiting"),
    ],
)
def test_every_complaint_is_exactly_one_of_six_things(facts: list[object], name: str) -> None:
    state = fold(evolve, facts)  # type: ignore[arg-type]
    assert state is not None
    found = counted(state)
    six = ("answered", "redirected", "excluded", "unreachable", "valid", "waiting")
    assert [which for which in six if getattr(found, which)] == [name]
    assert found.received == 1


def test_what_was_approved_as_unreasonable_leaves_the_rates_with_all_its_answers() -> None:
    state = fold(evolve, [*finished(), called_back(), ExceptionApproved(ground=ExceptionGround.UNREASONABLE, why=None)])
    assert state is not None
    found = counted(state)
    assert (found.valid, found.contacted, found.resolved, found.satisfied) == (0, 0, 0, 0)


def test_the_answers_of_a_callback_are_counted_each_for_itself() -> None:
    for answer, satisfied, basically in (
        (Satisfaction.SATISFIED, 1, 0),
        (Satisfaction.BASICALLY, 0, 1),
        (Satisfaction.NEUTRAL, 0, 0),
        (Satisfaction.DISSATISFIED, 0, 0),
    ):
        state = fold(evolve, [*finished(), called_back(resolved=False, satisfaction=answer)])
        assert state is not None
        found = counted(state)
        assert (found.valid, found.contacted, found.resolved) == (1, 1, 0)
        assert (found.satisfied, found.basically) == (satisfied, basically)


def test_listed_finished_and_overdue_are_counted_beside_the_rates() -> None:
    state = fold(evolve, listed())
    assert state is not None
    assert (counted(state).listed, counted(state).open, counted(state).finished) == (1, 1, 0)
    overdue = ComplaintOverdue(step=ComplaintStep.DUE, due_at=START + 7 * DAY, deadline_version=1, lead=None)
    late = fold(evolve, [*finished(), overdue, called_back()])
    assert late is not None
    assert (counted(late).overdue, counted(late).finished, counted(late).valid) == (1, 1, 1)


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        (town(0, 0, 2024, 2, 19), "2024-03"),
        (town(0, 0, 2024, 2, 19) - timedelta(microseconds=1), "2024-02"),
        (datetime(2024, 2, 18, 16, 0, tzinfo=UTC), "2024-03"),
        (datetime(2024, 2, 18, 15, 59, 59, tzinfo=UTC), "2024-02"),
        (town(12, 0, 2023, 12, 31), "2024-01"),
        (town(0, 0, 2024, 1, 1), "2024-01"),
        (town(23, 59, 2023, 12, 18), "2023-12"),
        (town(0, 0, 2023, 12, 19), "2024-01"),
        (town(9, 0, 2024, 2, 29), "2024-03"),
    ],
)
def test_a_complaint_belongs_to_the_month_in_which_it_was_received_and_the_border_to_the_later_one(
    moment: datetime, month: str
) -> None:
    assert str(month_at(moment, terms=ALWAYS)) == month


def test_a_month_runs_from_the_19th_to_the_next_19th() -> None:
    assert month_window(Month(2024, 1), terms=ALWAYS) == Window(town(0, 0, 2023, 12, 19), town(0, 0, 2024, 1, 19))
    assert month_window(Month(2024, 2), terms=ALWAYS) == Window(town(0, 0, 2024, 1, 19), town(0, 0, 2024, 2, 19))


@every(
    st.datetimes(datetime(2010, 1, 1), datetime(2090, 12, 31), timezones=st.just(UTC)),
    st.integers(1, 28),
    st.integers(1, 28),
    st.dates(date(2011, 1, 1), date(2089, 12, 31)),
)
def test_months_follow_without_a_gap_or_an_overlap_also_when_the_border_moves(
    moment: datetime, starts_on: int, later: int, changed: date
) -> None:
    terms = Dated[Terms](versions=(from_day(date(2010, 1, 1), starts_on), from_day(changed, later)))
    month = month_at(moment, terms=terms)
    window = month_window(month, terms=terms)
    assert window.start <= moment < window.end
    assert month_window(month.later(), terms=terms).start == window.end
    first = datetime(month.year, month.month, 1, tzinfo=SHANGHAI)
    assert window.start <= first < window.end


def test_when_the_border_moves_the_month_of_the_change_is_longer() -> None:
    terms = Dated[Terms](versions=(TERMS, from_day(date(2024, 3, 1), 1)))
    assert month_window(Month(2024, 2), terms=terms).end == town(0, 0, 2024, 2, 19)
    assert month_window(Month(2024, 3), terms=terms) == Window(town(0, 0, 2024, 2, 19), town(0, 0, 2024, 4, 1))
    assert month_window(Month(2024, 4), terms=terms).end == town(0, 0, 2024, 5, 1)


def test_a_month_is_computed_by_the_terms_in_force_when_it_begins_whatever_changes_inside() -> None:
    new = from_day(date(2024, 2, 1), 19, basically=Decimal("0.5"))
    terms = Dated[Terms](versions=(TERMS, new))
    assert rate_terms(month_window(Month(2024, 2), terms=terms), terms=terms) == TERMS
    assert rate_terms(month_window(Month(2024, 3), terms=terms), terms=terms) == new


def test_a_month_is_over_from_its_last_instant_on_and_not_before() -> None:
    last = town(23, 59, 2024, 2, 18)
    assert ended(last, town(23, 59, 2024, 2, 18), terms=ALWAYS) is None
    assert ended(last, town(0, 0, 2024, 2, 19), terms=ALWAYS) == Month(2024, 2)
    assert ended(town(0, 0, 2024, 2, 19), town(0, 0, 2024, 2, 19), terms=ALWAYS) is None
    assert ended(town(0, 0, 2024, 1, 19), town(23, 0, 2024, 2, 18), terms=ALWAYS) is None


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-00", "24-02", "2024-2", "2024-02-01", "１２３４-02", "20２４-02", ""]
)
def test_a_month_is_written_one_way(text: str) -> None:
    with pytest.raises(ValueError, match="月份"):
        Month.parse(text)


@every(MONTHS, st.integers(-24, 24))
def test_months_are_reckoned_there_and_back(month: Month, months: int) -> None:
    assert month.later(months).later(-months) == month
    assert Month.parse(str(month)) == month


def test_a_report_day_runs_from_noon_to_noon() -> None:
    window = report_day(date(2024, 3, 1), terms=ALWAYS)
    assert window.start == town(12, 0, 2024, 2, 29)
    assert window.end == town(12, 0, 2024, 3, 1)


def test_definitions_say_the_numbers_in_force() -> None:
    words = {one.code: one.words for one in definitions(NUMBERS)}
    assert words["satisfaction"] == "满意率＝（满意数＋基本满意数×0.9）÷有效回访数×100%；一般、不满意不计。"
    assert words["score"].startswith("综合成绩＝响应率×0.1＋解决率×0.5＋满意率×0.4，")
    other = NUMBERS.model_copy(update={"basically": Decimal("0.80"), "month_starts_on": 1})
    assert "基本满意数×0.8）" in {one.code: one.words for one in definitions(other)}["satisfaction"]
    assert "上月 1 日 0 时" in rules_in_words(TERMS.model_copy(update={"rates": other}))[0]


def test_the_document_says_what_is_published() -> None:
    text = (Path(__file__).parents[3] / "docs" / "rates.md").read_text()
    for words in (*(one.words for one in definitions(NUMBERS)), *rules_in_words(TERMS)):
        assert words in text
