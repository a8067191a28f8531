"""导入批次: a run counts every row of its file, once, and ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.domain.complaint import evolve
from services.intake.domain.importing import (
    DROP,
    EXPIRE,
    End,
    ImportFile,
    ImportRun,
    RunState,
    begin,
    drop,
    finish,
    open_run,
    taken,
    watches,
)
from services.intake.domain.registration import AHEAD, AheadOfTime, receive
from shared.rules.broken import RuleBroken
from tests.support.spec import given
from tests.unit.intake.builders import CALENDAR, DAY, START, TERMS, TOWN, an_order, received

ALL = (End.ACCEPTED, End.DUPLICATE, End.REJECTED, End.QUARANTINED)


def a_run(rows: int = 4, *, atomic: bool = False) -> ImportRun:
    file = ImportFile(source="hotline", checksum="0" * 64, rows=rows, atomic=atomic)
    return begin(file, actor="feeder::feeder", now=START, terms=TERMS, calendar=CALENDAR)


def codes(refused: pytest.ExceptionInfo[RuleBroken]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def test_a_finished_run_has_the_rows_of_its_file() -> None:
    run = finish(taken(taken(a_run(), ALL[:3]), ALL[3:]), [], now=START)
    assert (run.state, run.counted) == (RunState.FINISHED, run.rows)
    assert (run.accepted, run.duplicate, run.rejected, run.quarantined) == (1, 1, 1, 1)


def test_a_row_too_few_and_a_row_too_many_are_refused() -> None:
    with pytest.raises(RuleBroken) as missing:
        finish(taken(a_run(), ALL[:3]), [], now=START)
    assert codes(missing) == ["rows_missing"]
    with pytest.raises(RuleBroken) as many:
        taken(taken(a_run(), ALL), [End.ACCEPTED])
    assert codes(many) == ["too_many_rows"]


def test_what_waited_has_ended_when_the_run_is_finished() -> None:
    waiting = taken(a_run(2, atomic=True), [End.WAITING, End.WAITING])
    run = finish(waiting, [End.ACCEPTED, End.DUPLICATE], now=START)
    assert (run.waiting, run.accepted, run.duplicate, run.counted) == (0, 1, 1, 2)


@pytest.mark.parametrize(("atomic", "state"), [(True, RunState.DROPPED), (False, RunState.STOPPED)])
def test_a_run_that_nobody_finishes_ends_after_a_day(atomic: bool, state: RunState) -> None:
    run = a_run(atomic=atomic)
    assert {name: watch.due_at for name, watch in watches(run).items()} == {
        DROP: START + DAY,
        EXPIRE: START + 90 * DAY,
    }
    dropped = drop(run, now=START + DAY)
    assert (dropped.state, set(watches(dropped))) == (state, {EXPIRE})
    assert drop(dropped, now=START + 2 * DAY) == dropped
    assert watches(replace(dropped, expired=True)) == {}
    with pytest.raises(RuleBroken) as over:
        open_run(dropped)
    assert codes(over) == ["not_open"]


def test_a_file_that_is_ahead_of_the_clock_is_for_a_person_to_look_at_and_the_hotline_is_set_back() -> None:
    order = an_order(received_at=START + AHEAD + timedelta(microseconds=1))
    with pytest.raises(AheadOfTime):
        receive(None, order, now=START, terms=TERMS, town=TOWN, imported=True)
    given(evolve).when(receive, order, now=START, terms=TERMS, town=TOWN).then(received())
    just = an_order(received_at=START + AHEAD)
    given(evolve).when(receive, just, now=START, terms=TERMS, town=TOWN, imported=True).then(received())
