"""三率."""

from datetime import date, datetime
from decimal import Decimal

from hypothesis import given as every
from hypothesis import strategies as st

from services.intake.domain.complaint import evolve
from services.intake.domain.rates import Assessed, Rates, assessed, month, rates, report_day
from shared.events.intake import ExceptionApproved, ExceptionGround
from shared.events.vocabulary import Satisfaction
from shared.rules.township import SHANGHAI
from tests.support.spec import fold
from tests.unit.intake.builders import TERMS, called_back, finished

SATISFIED, BASICALLY, NEUTRAL = Satisfaction.SATISFIED, Satisfaction.BASICALLY, Satisfaction.NEUTRAL
ROWS = st.builds(
    Assessed, st.booleans(), st.booleans(), st.booleans(), st.one_of(st.none(), st.sampled_from(Satisfaction))
)


def test_50_valid_50_contacted_46_resolved_40_satisfied_7_basically_make_93_04() -> None:
    answers = [SATISFIED] * 40 + [BASICALLY] * 7 + [NEUTRAL] * 3
    rows = [Assessed(True, True, number < 46, answer) for number, answer in enumerate(answers)]
    assert rates(rows, terms=TERMS) == Rates(
        50, Decimal("100.00"), Decimal("92.00"), Decimal("92.60"), Decimal("93.04")
    )


def test_an_empty_base_has_no_value() -> None:
    assert rates([], terms=TERMS) == Rates(0, None, None, None, None)
    assert rates([Assessed(False, False, False, None)], terms=TERMS).score is None


def test_halves_are_rounded_up() -> None:
    """1/32 is 3.125 %, which half-even would make 3.12."""
    rows = [Assessed(True, number == 0, False, None) for number in range(32)]
    assert rates(rows, terms=TERMS).response == Decimal("3.13")


@every(st.lists(ROWS, max_size=60))
def test_rates_lie_between_0_and_100_and_invalid_callbacks_change_nothing(rows: list[Assessed]) -> None:
    found = rates(rows, terms=TERMS)
    assert found == rates([row for row in rows if row.valid], terms=TERMS)
    for value in (found.response, found.resolution, found.satisfaction, found.score):
        assert value is None or 0 <= value <= 100


def test_a_month_runs_from_the_19th_to_the_next_19th() -> None:
    start, end = datetime(2023, 12, 19, tzinfo=SHANGHAI), datetime(2024, 1, 19, tzinfo=SHANGHAI)
    for day in (date(2023, 12, 19), date(2024, 1, 1), date(2024, 1, 18)):
        window = month(day, terms=TERMS)
        assert (window.start, window.end) == (start, end)
    assert month(date(2024, 1, 19), terms=TERMS).start == end


@every(st.dates(date(2019, 1, 1), date(2050, 12, 31)))
def test_every_day_belongs_to_one_month_and_months_follow_without_a_gap(day: date) -> None:
    window = month(day, terms=TERMS)
    assert window.start <= datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) < window.end
    assert month(window.end.date(), terms=TERMS).start == window.end


def test_a_report_day_runs_from_noon_to_noon() -> None:
    window = report_day(date(2024, 3, 1), terms=TERMS)
    assert window.start == datetime(2024, 2, 29, 12, tzinfo=SHANGHAI)
    assert window.end == datetime(2024, 3, 1, 12, tzinfo=SHANGHAI)


def test_what_was_approved_as_unreasonable_leaves_the_rates() -> None:
    facts = [*finished(), called_back(resolved=False)]
    counted = fold(evolve, facts)
    assert counted is not None
    assert assessed(counted) == Assessed(True, True, False, SATISFIED)
    for ground, counts in ((ExceptionGround.UNREASONABLE, False), (ExceptionGround.REHANDLED, True)):
        state = fold(evolve, [*facts, ExceptionApproved(ground=ground, why=None)])
        assert state is not None
        assert (assessed(state) is not None) is counts
