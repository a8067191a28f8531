"""待办: what the inbox offers is what the rules let through, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.escalation.domain import evaluation, handling, reporting
from services.escalation.domain.asked import (
    CheckIn,
    EvaluateWhistle,
    FinishDuty,
    ObjectToDuty,
    PlanAction,
    ReportProgress,
)
from services.escalation.domain.duty import Duty, DutyState
from services.escalation.domain.inbox import OPEN_DUTIES, may, owed_next
from services.escalation.domain.issue import Issue, IssueState
from shared.events.escalation import DutyStep, PlanStep
from shared.events.vocabulary import CheckInMode
from shared.rules.broken import RuleBroken
from tests.unit.escalation.cases import CALLED, DUE, LEAD, NOW, TOWN, called, duty_of, state_of

STEP = PlanStep(task="修扶手", owner=LEAD, due_at=DUE)


def refused(rule: Callable[[], object]) -> bool:
    try:
        rule()
    except RuleBroken as broken:
        return any(reason.code != "owner_not_here" for reason in broken.reasons)
    return False


@pytest.mark.parametrize("issue_state", IssueState)
@pytest.mark.parametrize("duty_state", DutyState)
@pytest.mark.parametrize("late", [False, True])
def test_the_inbox_offers_exactly_what_the_rules_let_through(
    duty_state: DutyState, issue_state: IssueState, late: bool
) -> None:
    duty: Duty = replace(duty_of(called()), state=duty_state)
    issue: Issue = replace(state_of(*CALLED), state=issue_state)
    now = duty.acknowledge_by + timedelta(seconds=late)
    by, duties = LEAD, [duty]
    asked: dict[str, Callable[[], object]] = {
        "acknowledge_duty": lambda: (
            reporting.acknowledge(duty, by=by, now=now) or reporting.refuse(reporting.must_be(duty, DutyState.CALLED))
        ),
        "object_to_duty": lambda: reporting.object_to(
            duty, ObjectToDuty(reason="不属本部门"), by=by, now=now, town=TOWN
        ),
        "check_in_department": lambda: reporting.check_in(duty, CheckIn(mode=CheckInMode.ON_SITE), by=by, now=now),
        "plan_action": lambda: handling.plan(issue, PlanAction(steps=(STEP,)), by=by, duties=duties),
        "report_issue_progress": lambda: handling.progress(issue, ReportProgress(note="好"), by=by, duties=duties),
        "finish_duty": lambda: reporting.finish(duty, FinishDuty(), by=by, now=now),
        "evaluate_whistle": lambda: evaluation.evaluate_whistle(
            issue, EvaluateWhistle(justified=True, clear=True), by=by, duties=duties
        ),
    }
    assert may(duty, issue, now) == [name for name, rule in asked.items() if not refused(rule)]


def test_the_next_step_is_the_one_that_is_due_first_missed_or_not() -> None:
    duty = duty_of(called())
    assert owed_next(duty) == (DutyStep.ACKNOWLEDGE, duty.acknowledge_by)
    assert owed_next(replace(duty, missed=(DutyStep.ACKNOWLEDGE,))) == (DutyStep.ACKNOWLEDGE, duty.acknowledge_by)
    assert owed_next(replace(duty, state=DutyState.ACKNOWLEDGED)) == (DutyStep.CHECK_IN, duty.check_in_by)
    here = replace(duty, state=DutyState.CHECKED_IN)
    assert owed_next(here) == (DutyStep.DUE, DUE)
    assert owed_next(replace(here, due_at=None, due_near_at=None)) is None
    assert owed_next(replace(duty, state=DutyState.FINISHED)) is None
    assert DutyState.FINISHED in OPEN_DUTIES and DutyState.RELEASED not in OPEN_DUTIES
    assert NOW < duty.acknowledge_by < duty.check_in_by < DUE
