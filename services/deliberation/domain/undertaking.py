"""协商事项落实: who does what until when."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.deliberation.domain.asked import ExcuseUndertaking, FinishUndertaking, Promise, ReportUndertaking
from services.deliberation.domain.named import unknown_unit
from shared.events.base import Mention, derived, ref
from shared.events.deliberation import (
    UndertakingAssigned,
    UndertakingDone,
    UndertakingExcused,
    UndertakingFact,
    UndertakingOverdue,
    UndertakingReported,
    Workload,
)
from shared.rules.attachment import unknown_files
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch
from shared.rules.township import Town


class UndertakingState(StrEnum):
    """落实状态."""

    ASSIGNED = "ASSIGNED"
    DONE = "DONE"
    EXCUSED = "EXCUSED"


@dataclass(frozen=True, slots=True)
class Undertaking:
    """协商事项落实. `done`, `evidence`: as reported last."""

    state: UndertakingState
    topic: UUID
    decided_by: str
    community: str
    owner: str
    unit: str | None
    task: str
    due_at: datetime
    planned: tuple[Workload, ...] = ()
    done: tuple[Workload, ...] = ()
    evidence: tuple[str, ...] = ()
    reports: int = 0
    finished_at: datetime | None = None
    overdue: bool = False

    @property
    def open(self) -> bool:
        """Whether it still has to be done."""
        return self.state is UndertakingState.ASSIGNED


def undertaking_id(topic: UUID, decided_by: Mention, number: int) -> UUID:
    """The id of the `number`-th promise (from 1) of a decision about a topic."""
    return derived("undertaking", topic, decided_by, number)


def undertaking_ids(topic: UUID, decided_by: Mention, promises: Sequence[Promise]) -> tuple[UUID, ...]:
    """The ids of all promises of a decision about a topic, in order."""
    return tuple(undertaking_id(topic, decided_by, number) for number in range(1, len(promises) + 1))


def evolve(before: Undertaking | None, fact: UndertakingFact) -> Undertaking:
    """The undertaking after a fact."""
    match fact:
        case UndertakingAssigned():
            return Undertaking(
                state=UndertakingState.ASSIGNED,
                topic=UUID(fact.topic.rpartition("/")[2]),
                decided_by=fact.decided_by,
                community=fact.community,
                owner=fact.owner,
                unit=fact.unit,
                task=fact.task,
                due_at=fact.due_at,
                planned=fact.planned,
            )
    assert before is not None
    match fact:
        case UndertakingReported():
            return replace(
                before,
                done=fact.done or before.done,
                evidence=(*before.evidence, *(sum for sum in fact.evidence if sum not in before.evidence)),
                reports=before.reports + 1,
            )
        case UndertakingDone():
            return replace(
                before,
                state=UndertakingState.DONE,
                done=fact.done,
                evidence=fact.evidence,
                finished_at=fact.finished_at,
            )
        case UndertakingExcused():
            return replace(before, state=UndertakingState.EXCUSED)
        case UndertakingOverdue():
            return replace(before, overdue=True)
    raise AssertionError(fact)


OVERDUE = "overdue"
"""The timer of an undertaking."""


def watches(state: Undertaking) -> dict[str, Watch]:
    """The due date, while it is open."""
    return {OVERDUE: Watch(state.due_at)} if state.open and not state.overdue else {}


def assign(
    before: Undertaking | None, promise: Promise, *, topic: UUID, community: str, decided_by: Mention, now: datetime
) -> list[UndertakingFact]:
    """确定落实任务: one promise of a decision about a topic."""
    if before:
        return []
    refuse(_past(promise, now, "/due_at"))
    return [
        UndertakingAssigned(
            topic=ref("topic", topic),
            decided_by=decided_by,
            community=community,
            owner=promise.owner,
            unit=promise.unit,
            task=promise.task,
            due_at=promise.due_at,
            planned=tuple(amount.said() for amount in promise.planned),
        )
    ]


def unfit_promises(promises: Sequence[Promise], now: datetime, town: Town, pointer: str) -> list[Reason]:
    """Why these promises cannot be made: a due date that is over, a unit that is not ours.

    `pointer`: where the promises are in the request.
    """
    reasons = (
        reason
        for number, promise in enumerate(promises)
        for reason in (
            _past(promise, now, f"{pointer}/{number}/due_at"),
            unknown_unit(town, promise.unit, f"{pointer}/{number}/unit"),
        )
    )
    return [reason for reason in reasons if reason]


def _past(promise: Promise, now: datetime, pointer: str) -> Reason | None:
    return Reason("due_in_the_past", "完成时限须晚于现在", pointer) if promise.due_at <= now else None


def report(before: Undertaking | None, asked: ReportUndertaking, *, kept: Collection[str]) -> list[UndertakingFact]:
    """报告落实进展: totals so far. `kept`: checksums of the undertaking's attachments, which alone are evidence."""
    undertaking = _assigned(before)
    refuse(
        not undertaking.open and _ended(undertaking),
        not (asked.done or asked.note or asked.evidence) and Reason("empty_report", "进展须写明数量、说明或佐证之一"),
        *unknown_files(asked.evidence, kept, "/evidence"),
    )
    done = tuple(amount.said() for amount in asked.done)
    return [UndertakingReported(done=done, note=asked.note, evidence=asked.evidence)]


def finish(
    before: Undertaking | None, asked: FinishUndertaking, *, kept: Collection[str], now: datetime
) -> list[UndertakingFact]:
    """落实完成: everything planned is done. Less than planned is excused, not finished. `kept`: as in `report`."""
    undertaking = _assigned(before)
    if undertaking.state is UndertakingState.DONE:
        return []
    done = tuple(amount.said() for amount in asked.done) or undertaking.done
    evidence = (*undertaking.evidence, *(sum for sum in asked.evidence if sum not in undertaking.evidence))
    refuse(
        not undertaking.open and _ended(undertaking),
        asked.finished_at > now and Reason("finished_in_the_future", "完成时间不得晚于现在", "/finished_at"),
        *unknown_files(asked.evidence, kept, "/evidence"),
        *(
            Reason("short_of_plan", f"“{planned.work}”尚未达到计划数量 {planned.amount}", "/done")
            for planned in undertaking.planned
            if _total(done, planned) < planned.amount
        ),
    )
    return [
        UndertakingDone(
            finished_at=asked.finished_at, done=done, evidence=evidence, late=asked.finished_at > undertaking.due_at
        )
    ]


def _total(done: Sequence[Workload], planned: Workload) -> int:
    return sum(item.amount for item in done if (item.work, item.quantity) == (planned.work, planned.quantity))


def excuse(before: Undertaking | None, asked: ExcuseUndertaking) -> list[UndertakingFact]:
    """免除落实, with the reason."""
    undertaking = _assigned(before)
    if undertaking.state is UndertakingState.EXCUSED:
        return []
    refuse(not undertaking.open and _ended(undertaking))
    return [UndertakingExcused(reason=asked.reason)]


def overdue(before: Undertaking | None, *, due_at: datetime, version: int, now: datetime) -> list[UndertakingFact]:
    """落实逾期, said once."""
    if before is None or watches(before).get(OVERDUE) != Watch(due_at, version):
        return []
    return [UndertakingOverdue(due_at=due_at)]


def _ended(undertaking: Undertaking) -> Reason:
    return Reason("undertaking_ended", "该落实任务已完成或已免除")


def _assigned(before: Undertaking | None) -> Undertaking:
    refuse(before is None and Reason("not_found", "没有该落实任务"))
    assert before is not None
    return before
