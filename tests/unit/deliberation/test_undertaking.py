"""协商事项落实."""

import pytest

from services.deliberation.domain.asked import (
    Amount,
    ExcuseUndertaking,
    FinishUndertaking,
    Promise,
    ReportUndertaking,
)
from services.deliberation.domain.undertaking import (
    assign,
    evolve,
    excuse,
    finish,
    overdue,
    report,
    undertaking_id,
    undertaking_ids,
    watches,
)
from shared.events.base import ref
from shared.events.deliberation import (
    UndertakingAssigned,
    UndertakingDone,
    UndertakingExcused,
    UndertakingOverdue,
    UndertakingReported,
    Workload,
)
from shared.events.vocabulary import Quantity
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.deliberation.builders import DAY, IN_MEETING, NOW, TOPIC

DUE = NOW + 20 * DAY
REPAIRS = Workload(work="道路修补", amount=19, quantity=Quantity.PLACES)
WASTE = Workload(work="清运垃圾", amount=8, quantity=Quantity.TRUCKLOADS)
ASSIGNED = UndertakingAssigned(
    topic=ref("topic", TOPIC),
    decided_by=IN_MEETING,
    community="dahuichang",
    owner="金鹏顺发物业",
    task="整治小区环境",
    due_at=DUE,
    planned=(REPAIRS, WASTE),
)
PHOTO = "a" * 64


def amount(of: Workload, done: int) -> Amount:
    return Amount(work=of.work, amount=done, quantity=of.quantity)


ALL = (amount(REPAIRS, 19), amount(WASTE, 8))
REPORTED = UndertakingReported(done=(REPAIRS,), evidence=(PHOTO,))
DONE = UndertakingDone(finished_at=DUE, done=(REPAIRS, WASTE), evidence=(), late=False)
PROMISE = Promise(owner="金鹏顺发物业", task="整治小区环境", due_at=DUE, planned=ALL)


def test_a_promise_becomes_an_undertaking_with_its_quantities() -> None:
    named = {"topic": TOPIC, "community": "dahuichang", "decided_by": IN_MEETING}
    given(evolve).when(assign, PROMISE, now=NOW, **named).then(ASSIGNED)
    given(evolve, ASSIGNED).when(assign, PROMISE, now=NOW, **named).then_nothing()
    given(evolve).when(assign, PROMISE, now=DUE, **named).then_refused("due_in_the_past")


def test_the_promises_of_a_decision_have_ids_of_their_own() -> None:
    ids = undertaking_ids(TOPIC, IN_MEETING, (PROMISE, PROMISE))
    assert ids == (undertaking_id(TOPIC, IN_MEETING, 1), undertaking_id(TOPIC, IN_MEETING, 2))
    assert len({*ids, *undertaking_ids(TOPIC, "assembly/x", (PROMISE,))}) == 3


def test_progress_is_reported_as_totals_with_evidence() -> None:
    asked = ReportUndertaking(done=(amount(REPAIRS, 19),), evidence=(PHOTO,))
    given(evolve, ASSIGNED).when(report, asked, kept=(PHOTO,)).then(REPORTED)
    given(evolve, ASSIGNED).when(report, ReportUndertaking(), kept=(PHOTO,)).then_refused("empty_report")
    given(evolve, ASSIGNED, DONE).when(report, asked, kept=(PHOTO,)).then_refused("undertaking_ended")
    after = fold(evolve, [ASSIGNED, REPORTED, REPORTED, UndertakingReported(note="继续推进")])
    assert after is not None
    assert (after.done, after.evidence, after.reports) == ((REPAIRS,), (PHOTO,), 3)


def test_it_is_done_when_everything_planned_is_done() -> None:
    given(evolve, ASSIGNED).when(finish, FinishUndertaking(finished_at=DUE, done=ALL), kept=(PHOTO,), now=DUE).then(
        DONE
    )
    less = (amount(REPAIRS, 18), amount(WASTE, 8))
    given(evolve, ASSIGNED).when(
        finish, FinishUndertaking(finished_at=DUE, done=less), kept=(PHOTO,), now=DUE
    ).then_refused("short_of_plan")
    given(evolve, ASSIGNED).when(finish, FinishUndertaking(finished_at=DUE), kept=(PHOTO,), now=DUE).then_refused(
        "short_of_plan", "short_of_plan"
    )


def test_the_same_amount_of_another_unit_is_not_what_was_planned() -> None:
    other = (amount(REPAIRS, 19), Amount(work="清运垃圾", amount=8, quantity=Quantity.PIECES))
    given(evolve, ASSIGNED).when(
        finish, FinishUndertaking(finished_at=DUE, done=other), kept=(PHOTO,), now=DUE
    ).then_refused("short_of_plan")


def test_what_was_reported_last_stands_when_it_is_finished() -> None:
    reported = UndertakingReported(done=(REPAIRS, WASTE), evidence=(PHOTO,))
    given(evolve, ASSIGNED, reported).when(finish, FinishUndertaking(finished_at=DUE), kept=(PHOTO,), now=DUE).then(
        DONE.model_copy(update={"evidence": (PHOTO,)})
    )


def test_a_late_end_is_late_and_a_future_one_is_refused() -> None:
    late = FinishUndertaking(finished_at=DUE + DAY, done=ALL)
    given(evolve, ASSIGNED).when(finish, late, kept=(PHOTO,), now=DUE + DAY).then(
        DONE.model_copy(update={"finished_at": DUE + DAY, "late": True})
    )
    given(evolve, ASSIGNED).when(finish, late, kept=(PHOTO,), now=DUE).then_refused("finished_in_the_future")


def test_it_ends_once() -> None:
    excused = UndertakingExcused(reason="已由产权单位完成")
    asked = ExcuseUndertaking(reason="已由产权单位完成")
    finishing = FinishUndertaking(finished_at=DUE, done=ALL)
    given(evolve, ASSIGNED).when(excuse, asked).then(excused)
    given(evolve, ASSIGNED, excused).when(excuse, asked).then_nothing()
    given(evolve, ASSIGNED, DONE).when(finish, finishing, kept=(PHOTO,), now=DUE).then_nothing()
    given(evolve, ASSIGNED, DONE).when(excuse, asked).then_refused("undertaking_ended")
    given(evolve, ASSIGNED, excused).when(finish, finishing, kept=(PHOTO,), now=DUE).then_refused("undertaking_ended")
    given(evolve).when(excuse, asked).then_refused("not_found")


def test_it_is_overdue_once_and_can_still_be_done() -> None:
    state = fold(evolve, [ASSIGNED])
    assert state is not None
    assert watches(state) == {"overdue": Watch(DUE)}
    late = UndertakingOverdue(due_at=DUE)
    given(evolve, ASSIGNED).when(overdue, due_at=DUE, version=1, now=DUE).then(late)
    given(evolve, ASSIGNED, late).when(overdue, due_at=DUE, version=1, now=DUE).then_nothing()
    given(evolve, ASSIGNED, late).when(
        finish, FinishUndertaking(finished_at=DUE, done=ALL), kept=(PHOTO,), now=DUE
    ).then(DONE)


@pytest.mark.parametrize("end", [DONE, UndertakingExcused(reason="已由产权单位完成")])
def test_what_has_ended_is_never_overdue(end: UndertakingDone | UndertakingExcused) -> None:
    given(evolve, ASSIGNED, end).when(overdue, due_at=DUE, version=1, now=DUE).then_nothing()
    given(evolve).when(overdue, due_at=DUE, version=1, now=DUE).then_nothing()
