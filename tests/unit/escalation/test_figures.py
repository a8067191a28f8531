"""吹哨报到统计: every figure as it is defined."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from services.escalation.domain.duty import Duty, DutyState
from services.escalation.domain.figures import (
    COUNTED,
    DEFINITIONS,
    Called,
    Figure,
    How,
    Judged,
    Whistle,
    by_caller,
    by_department,
    how,
    of_caller,
    of_department,
)
from shared.events.escalation import DepartmentScore, DutyRole, DutyStep
from shared.rules.window import Window
from tests.unit.escalation.cases import (
    CALLER,
    DUE,
    LEAD,
    NOW,
    OTHER,
    SUPPORT,
    acknowledged,
    after,
    called,
    checked_in,
    duty_of,
    finished,
    support_called,
)

WAITS = duty_of(called())
ANSWERED = duty_of(called(), acknowledged())
CAME = duty_of(called(), acknowledged(), checked_in())
DONE = duty_of(called(), acknowledged(), checked_in(), finished())
WHISTLE = Whistle(CALLER)
STEPS = tuple(DutyStep)


def score(total: int, check_in: int = 30) -> DepartmentScore:
    return DepartmentScore(acknowledge=20, check_in=check_in, solved=40, cooperation=10, total=total)


def stands(duty: Duty, **after_call: float) -> list[How]:
    return [how(duty, step, after(**after_call)) for step in STEPS]


def test_what_is_open_waits_until_its_deadline_and_is_a_miss_from_that_moment_on() -> None:
    assert stands(WAITS, hours=3) == [How.WAITING] * 3
    assert how(WAITS, DutyStep.ACKNOWLEDGE, WAITS.acknowledge_by) is How.OVERDUE
    assert stands(WAITS, hours=4) == [How.OVERDUE, How.WAITING, How.WAITING]
    assert stands(WAITS, days=6) == [How.OVERDUE] * 3
    assert stands(ANSWERED, days=6) == [How.IN_TIME, How.OVERDUE, How.OVERDUE]


def test_a_miss_counts_though_its_timer_has_not_rung() -> None:
    assert WAITS.missed == ()
    missed = replace(WAITS, missed=STEPS)
    for moment in ({"hours": 3}, {"hours": 5}, {"days": 6}):
        assert stands(missed, **moment) == stands(WAITS, **moment)


def test_what_was_done_stays_in_time_or_late() -> None:
    late = duty_of(called(), acknowledged(late=True), checked_in(late=True), finished())
    assert stands(DONE, days=60) == [How.IN_TIME] * 3
    assert stands(late, days=60) == [How.LATE, How.LATE, How.IN_TIME]
    assert stands(replace(DONE, finished_late=True), days=60)[2] is How.LATE


def test_while_the_due_date_stands_still_nothing_is_overdue() -> None:
    assert stands(replace(CAME, due_at=None), days=60)[2] is How.WAITING


def test_who_was_excused_or_left_after_a_withdrawal_is_left_out() -> None:
    assert stands(replace(WAITS, state=DutyState.EXCUSED), days=6) == [How.LEFT_OUT] * 3
    assert stands(replace(ANSWERED, state=DutyState.EXCUSED), days=6) == [How.LEFT_OUT] * 3
    left = replace(CAME, state=DutyState.RELEASED, released_at=after(days=1))
    assert stands(left, days=6) == [How.IN_TIME, How.IN_TIME, How.LEFT_OUT]


def test_who_leaves_with_nothing_done_after_the_deadline_was_late() -> None:
    assert stands(replace(CAME, state=DutyState.RELEASED, released_at=DUE), days=6)[2] is How.LATE


@every(st.sampled_from([WAITS, ANSWERED, CAME, DONE]), st.sampled_from(STEPS), st.integers(0, 20_000))
def test_time_alone_never_makes_anything_better(duty: Duty, step: DutyStep, minutes: int) -> None:
    now, later = (how(duty, step, after(minutes=add)) for add in (minutes, minutes + 60))
    assert now is later or (now, later) == (How.WAITING, How.OVERDUE)


def test_rates_are_of_what_had_to_be_done_by_now() -> None:
    calls = [Called(duty, WHISTLE) for duty in (DONE, WAITS, replace(WAITS, state=DutyState.EXCUSED), CAME)]
    early, late = of_department(calls, after(hours=3)), of_department(calls, after(days=6))
    assert early["acknowledged_in_time"] == Figure(2, 2, 100.0)
    assert late["acknowledged_in_time"] == Figure(2, 3, 66.67)
    assert late["checked_in_in_time"] == Figure(2, 3, 66.67)
    assert (early["finished_in_time"], late["finished_in_time"]) == (Figure(1, 1, 100.0), Figure(1, 3, 33.33))
    assert (early["open_and_overdue"], late["open_and_overdue"]) == (Figure(0, 4, 0.0), Figure(2, 4, 50.0))
    assert late["minutes_to_check_in"] == Figure(240, 2, 120.0)
    assert late["called"] == Figure(4, None, 4)


def test_without_a_base_there_is_no_value() -> None:
    for figures in (of_department([], NOW), of_caller([])):
        for name, figure in figures.items():
            assert figure.value == (0 if name in ("called", "blown") else None), name


def test_objections_and_how_they_ended() -> None:
    objected = [replace(WAITS, state=state, objected=True) for state in (DutyState.EXCUSED, DutyState.CALLED)]
    found = of_department([Called(duty, WHISTLE) for duty in (*objected, CAME)], NOW)
    assert found["objections"] == Figure(2, 3, 66.67)
    assert found["objections_upheld"] == Figure(1, 2, 50.0)


def test_scores_are_the_mean_of_the_evaluations() -> None:
    first, second = (
        Whistle(CALLER, scores={LEAD: score(100)}),
        Whistle(CALLER, scores={LEAD: score(71, 1), OTHER: score(1)}),
    )
    found = of_department([Called(CAME, whistle) for whistle in (first, second, WHISTLE)], NOW)
    assert found["score"] == Figure(171, 2, 85.5)
    assert (found["score_check_in"], found["score_solved"]) == (Figure(31, 2, 15.5), Figure(80, 2, 40.0))
    assert (found["score_acknowledge"].value, found["score_cooperation"].value) == (20.0, 10.0)


def test_reopening_and_raising_are_the_leads() -> None:
    bad = Whistle(CALLER, reopened=2, raised=True)
    support = duty_of(support_called())
    assert support.role is DutyRole.SUPPORT
    found = by_department([Called(CAME, bad), Called(DONE, WHISTLE), Called(support, bad)], NOW)
    assert (found[LEAD]["reopened"], found[LEAD]["raised_to_district"]) == (Figure(1, 2, 50.0), Figure(1, 2, 50.0))
    assert (found[SUPPORT]["reopened"], found[SUPPORT]["called"]) == (Figure(0, 0, None), Figure(1, None, 1))
    assert found[None]["called"] == Figure(3, None, 3)
    excused = replace(WAITS, state=DutyState.EXCUSED)
    assert of_department([Called(excused, bad)], NOW)["reopened"] == Figure(0, 0, None)


def test_the_other_side_is_judged_too() -> None:
    judged = (Judged(True, True), Judged(True, False), Judged(False, False))
    whistles = {
        UUID(int=1): Whistle(CALLER, judged=judged),
        UUID(int=2): Whistle(CALLER, withdrawn=True),
        UUID(int=3): Whistle(OTHER),
    }
    found = by_caller(whistles)
    assert found[CALLER] == {
        "blown": Figure(2, None, 2),
        "withdrawn": Figure(1, 2, 50.0),
        "justified": Figure(2, 3, 66.67),
        "clear": Figure(1, 3, 33.33),
    }
    assert (found[OTHER]["justified"].value, found[None]["blown"].value) == (None, 3)


@every(
    st.lists(st.sampled_from([WAITS, ANSWERED, CAME, DONE, duty_of(support_called())]), max_size=12),
    st.integers(0, 200),
)
def test_the_departments_together_make_the_total(duties: list[Duty], hours: int) -> None:
    found = by_department([Called(duty, WHISTLE) for duty in duties], after(hours=hours))
    total = found.pop(None)
    for name, figure in total.items():
        assert figure.numerator == sum(one[name].numerator for one in found.values()), name
        if figure.denominator is not None:
            assert figure.denominator == sum(one[name].denominator or 0 for one in found.values()), name


def test_every_figure_is_defined_and_nothing_else() -> None:
    assert [*of_department([], NOW), *of_caller([])] == list(DEFINITIONS)
    assert set(COUNTED) == set(How) - {How.WAITING, How.LEFT_OUT}


def test_the_months_of_a_window_fill_it() -> None:
    months = Window.of(DUE.date().replace(day=1), DUE.date().replace(year=2025, day=1)).months()
    assert (len(months), f"{months[0].start:%Y-%m}", f"{months[-1].start:%Y-%m}") == (13, "2024-02", "2025-02")
    assert all(before.end == then.start for before, then in pairwise(months))


@pytest.mark.parametrize("step", STEPS)
def test_the_moment_after_the_deadline_is_late(step: DutyStep) -> None:
    by = {DutyStep.ACKNOWLEDGE: WAITS.acknowledge_by, DutyStep.CHECK_IN: WAITS.check_in_by, DutyStep.DUE: DUE}[step]
    assert how(WAITS, step, by - (after(seconds=1) - NOW)) is How.WAITING


def test_the_page_says_what_is_defined() -> None:
    page = (Path(__file__).parents[3] / "docs" / "escalation-figures.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{name}` | {words} | {unit} | {meaning} |" for name, (words, unit, meaning) in DEFINITIONS.items()
    ]
