"""报到: one called department's duty, its states, what changes them, and what it is watched for."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.events.base import derived, ref, ref_id
from shared.events.escalation import (
    DeadlineMove,
    DepartmentCheckedIn,
    DepartmentReleased,
    DutyAcknowledged,
    DutyCalled,
    DutyDeadlineMissed,
    DutyDeadlineMoved,
    DutyDeadlineNear,
    DutyDeadlinesLifted,
    DutyExcused,
    DutyFact,
    DutyFinished,
    DutyMadeLead,
    DutyObjected,
    DutyReopened,
    DutyRole,
    DutyStep,
    ObjectionRejected,
    WorkDone,
)
from shared.events.vocabulary import CheckInMode, WhistleKind
from shared.rules.broken import Reason, RuleBroken
from shared.rules.deadline import Watch


class DutyState(StrEnum):
    """报到状态."""

    CALLED = "CALLED"
    OBJECTED = "OBJECTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CHECKED_IN = "CHECKED_IN"
    FINISHED = "FINISHED"
    RELEASED = "RELEASED"
    EXCUSED = "EXCUSED"


PRESENT = (DutyState.CHECKED_IN, DutyState.FINISHED, DutyState.RELEASED)
"""Has reported in."""
ENDED = (DutyState.RELEASED, DutyState.EXCUSED)
OWED = {
    DutyStep.ACKNOWLEDGE: (DutyState.CALLED, DutyState.OBJECTED),
    DutyStep.CHECK_IN: (DutyState.CALLED, DutyState.OBJECTED, DutyState.ACKNOWLEDGED),
    DutyStep.DUE: (DutyState.CALLED, DutyState.OBJECTED, DutyState.ACKNOWLEDGED, DutyState.CHECKED_IN),
}
"""In which states each step is still owed."""
STATE_WORDS = {
    DutyState.CALLED: "待响应",
    DutyState.OBJECTED: "异议待决",
    DutyState.ACKNOWLEDGED: "已响应，待报到",
    DutyState.CHECKED_IN: "已报到",
    DutyState.FINISHED: "已办结，待撤离",
    DutyState.RELEASED: "已撤离",
    DutyState.EXCUSED: "免予报到",
}
"""What the states are called."""


@dataclass(frozen=True, slots=True)
class Duty:
    """报到.

    `warned`, `missed`: the steps of which it was said, in this deadline version. `objected`: once, at most.
    `lifted`: the issue is solved and nothing falls due. `communities`: whom the issue concerns besides `community`.
    """

    state: DutyState
    issue: UUID
    department: str
    role: DutyRole
    caller: str
    community: str
    whistle: WhistleKind
    sources: tuple[str, ...]
    called_at: datetime
    acknowledge_by: datetime
    acknowledge_near_at: datetime
    check_in_by: datetime
    check_in_near_at: datetime
    due_at: datetime | None
    due_near_at: datetime | None
    deadline_version: int
    provisional: bool
    warned: tuple[DutyStep, ...] = ()
    missed: tuple[DutyStep, ...] = ()
    acknowledged_at: datetime | None = None
    acknowledged_late: bool = False
    checked_in_at: datetime | None = None
    checked_in_late: bool = False
    mode: CheckInMode | None = None
    finished_at: datetime | None = None
    finished_late: bool = False
    done: tuple[WorkDone, ...] = ()
    objected: bool = False
    proposed: str | None = None
    released_at: datetime | None = None
    reason: str | None = None
    communities: tuple[str, ...] = ()
    lifted: bool = False

    @property
    def issue_ref(self) -> str:
        """`issue/uuid`."""
        return ref("issue", self.issue)


def duty_id(issue: UUID, department: str) -> UUID:
    """The id of a department's duty in an issue."""
    return derived("duty", issue, department)


def evolve(before: Duty | None, fact: DutyFact) -> Duty:
    """before, fact -> after: the whole lifecycle of a duty."""
    if isinstance(fact, DutyCalled):
        return _called(fact)
    assert before is not None, f"{type(fact).__name__} of a department that nobody called"
    match fact:
        case DutyAcknowledged():
            return replace(
                before,
                state=DutyState.ACKNOWLEDGED,
                acknowledged_at=fact.acknowledged_at,
                acknowledged_late=fact.late,
            )
        case DutyObjected():
            return replace(before, state=DutyState.OBJECTED, objected=True, reason=fact.reason, proposed=fact.proposed)
        case ObjectionRejected():
            return replace(before, state=DutyState.CALLED, reason=fact.reason, proposed=None)
        case DutyMadeLead():
            return replace(before, role=DutyRole.LEAD)
        case DepartmentCheckedIn():
            return replace(
                before,
                state=DutyState.CHECKED_IN,
                checked_in_at=fact.checked_in_at,
                checked_in_late=fact.late,
                mode=fact.mode,
            )
        case DutyFinished():
            return replace(
                before,
                state=DutyState.FINISHED,
                finished_at=fact.finished_at,
                finished_late=fact.late,
                done=fact.done,
            )
        case DutyDeadlinesLifted():
            return replace(before, lifted=True)
        case DutyReopened():
            return _reopened(before, fact)
        case DepartmentReleased():
            return replace(before, state=DutyState.RELEASED, released_at=fact.released_at)
        case DutyExcused():
            return replace(before, state=DutyState.EXCUSED, reason=fact.reason)
        case DutyDeadlineMoved():
            return _moved(before, fact)
        case DutyDeadlineNear():
            return replace(before, warned=(*before.warned, fact.step))
        case DutyDeadlineMissed():
            return replace(before, missed=(*before.missed, fact.step))
    raise AssertionError(f"a duty knows nothing of {type(fact).__name__}")


def _called(fact: DutyCalled) -> Duty:
    return Duty(
        state=DutyState.CALLED,
        issue=ref_id(fact.issue),
        department=fact.department,
        role=fact.role,
        caller=fact.caller,
        community=fact.community,
        whistle=fact.whistle,
        sources=fact.sources,
        called_at=fact.called_at,
        acknowledge_by=fact.acknowledge_by,
        acknowledge_near_at=fact.acknowledge_near_at,
        check_in_by=fact.check_in_by,
        check_in_near_at=fact.check_in_near_at,
        due_at=fact.due_at,
        due_near_at=fact.due_near_at,
        deadline_version=fact.deadline_version,
        provisional=fact.provisional,
        communities=fact.communities,
    )


def _reopened(before: Duty, fact: DutyReopened) -> Duty:
    """Back to where it stood before it had finished or left; one that never came is still expected."""
    if before.checked_in_at:
        state = DutyState.CHECKED_IN
    else:
        state = DutyState.ACKNOWLEDGED if before.acknowledged_at else DutyState.CALLED
    return replace(
        before,
        state=state,
        due_at=fact.due_at,
        due_near_at=fact.due_near_at,
        deadline_version=fact.deadline_version,
        warned=_without_due(before.warned),
        missed=_without_due(before.missed),
        finished_at=None,
        finished_late=False,
        released_at=None,
        lifted=False,
    )


def _moved(before: Duty, fact: DutyDeadlineMoved) -> Duty:
    """A new due date is warned of anew; holidays that were announced bring no second warning."""
    anew = fact.move is not DeadlineMove.CALENDAR
    return replace(
        before,
        acknowledge_by=fact.acknowledge_by,
        acknowledge_near_at=fact.acknowledge_near_at,
        check_in_by=fact.check_in_by,
        check_in_near_at=fact.check_in_near_at,
        due_at=fact.due_at,
        due_near_at=fact.due_near_at,
        deadline_version=fact.deadline_version,
        provisional=fact.provisional,
        warned=_without_due(before.warned) if anew else before.warned,
        missed=_without_due(before.missed) if anew else before.missed,
    )


def _without_due(steps: tuple[DutyStep, ...]) -> tuple[DutyStep, ...]:
    return tuple(step for step in steps if step is not DutyStep.DUE)


def is_owed(duty: Duty, step: DutyStep) -> bool:
    """Whether the department still owes this step, late or not."""
    return duty.state in OWED[step] and not duty.lifted


def owes(duty: Duty, step: DutyStep) -> bool:
    """Whether the department still owes this step and nobody has reproached it with that."""
    return is_owed(duty, step) and step not in duty.missed


def deadline(duty: Duty, step: DutyStep) -> tuple[datetime, datetime] | None:
    """When this step is warned of and when it is missed; None while the due date is paused."""
    match step:
        case DutyStep.ACKNOWLEDGE:
            return duty.acknowledge_near_at, duty.acknowledge_by
        case DutyStep.CHECK_IN:
            return duty.check_in_near_at, duty.check_in_by
        case DutyStep.DUE:
            return (duty.due_near_at, duty.due_at) if duty.due_near_at and duty.due_at else None


def near_timer(step: DutyStep) -> str:
    """The timer that warns of this step."""
    return f"{step}-near"


def missed_timer(step: DutyStep) -> str:
    """The timer of this step's deadline."""
    return f"{step}-missed"


def watches(duty: Duty) -> dict[str, Watch]:
    """Every step that is owed: its warning and its deadline."""
    found: dict[str, Watch] = {}
    for step in DutyStep:
        moments = deadline(duty, step)
        if moments is None or not owes(duty, step):
            continue
        near_at, by = moments
        found[missed_timer(step)] = Watch(by, duty.deadline_version)
        if step not in duty.warned and near_at < by:
            found[near_timer(step)] = Watch(near_at, duty.deadline_version)
    return found


def born(before: Duty | None) -> Duty:
    """The duty; refuses a department that nobody called."""
    if before is None:
        raise RuleBroken(Reason("not_found", "该部门未被召集"))
    return before


def must_be(duty: Duty, *states: DutyState) -> Reason | Literal[False]:
    """The reason against anything that is not done in this state."""
    return duty.state not in states and Reason("wrong_state", f"该部门{STATE_WORDS[duty.state]}，不能进行此操作")


def must_own(duty: Duty, by: str) -> Reason | Literal[False]:
    """The reason against anybody but the called department."""
    return duty.department != by and Reason("not_the_department", "只有被召集的部门可以进行此操作")


def must_call(duty: Duty, by: str) -> Reason | Literal[False]:
    """The reason against anybody but the caller."""
    return duty.caller != by and Reason("not_the_caller", "只有吹哨单位可以进行此操作")
