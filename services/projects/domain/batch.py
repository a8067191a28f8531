"""批次: the projects that a quarter takes from the pool, and their money. Whole yuan."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.projects.domain.asked import ApproveProject, OpenBatch, SetPoolBudget
from shared.events.projects import (
    BatchClosed,
    BatchFact,
    BatchOpened,
    BudgetReleased,
    BudgetReserved,
    PoolBudgetSet,
)
from shared.rules.broken import Reason, RuleBroken, refuse


class BatchState(StrEnum):
    """OPEN → CLOSED."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Batch:
    """批次. `reserved`: yuan by `project/uuid`; `approved_yuan`: their sum, never above `budget_yuan`."""

    state: BatchState
    year: int
    quarter: int
    public_title: str
    reserved: dict[str, int]
    budget_yuan: int | None = None
    approved_yuan: int = 0


def evolve(before: Batch | None, fact: BatchFact) -> Batch:
    """The batch after this fact."""
    if isinstance(fact, BatchOpened):
        return Batch(BatchState.OPEN, fact.year, fact.quarter, fact.public_title, {})
    assert before is not None, f"{fact.wire_type} of a batch that was never opened"
    match fact:
        case PoolBudgetSet():
            return replace(before, budget_yuan=fact.budget_yuan)
        case BudgetReserved():
            reserved = before.reserved | {fact.project: fact.amount_yuan}
            return replace(before, reserved=reserved, approved_yuan=fact.approved_yuan)
        case BudgetReleased():
            left = before.reserved.get(fact.project, 0) - fact.amount_yuan
            return replace(before, reserved=before.reserved | {fact.project: left}, approved_yuan=fact.approved_yuan)
        case BatchClosed():
            return replace(before, state=BatchState.CLOSED)
        case _:
            raise AssertionError(f"{fact.wire_type} is no fact of a batch")


def open_batch(before: Batch | None, asked: OpenBatch) -> list[BatchFact]:
    """开启: one per quarter, whose id follows from year and quarter."""
    if before is not None:
        return []
    return [BatchOpened(year=asked.year, quarter=asked.quarter, public_title=asked.public_title)]


def set_budget(before: Batch | None, asked: SetPoolBudget) -> list[BatchFact]:
    """核定资金总额; never below what is approved already."""
    batch = _found(before, "")
    if batch.budget_yuan == asked.budget_yuan:
        return []
    refuse(
        closed(batch, ""),
        asked.budget_yuan < batch.approved_yuan
        and Reason("below_approved", f"已立项 {batch.approved_yuan} 元，总额不能低于此数", "/budget_yuan"),
    )
    return [PoolBudgetSet(budget_yuan=asked.budget_yuan)]


def reserve(before: Batch | None, asked: ApproveProject, *, project: str) -> list[BatchFact]:
    """安排资金 for `project/uuid`, together with its approval: Σ approved ≤ pool budget."""
    batch = _found(before, "/batch")
    if batch.reserved.get(project) == asked.budget_yuan:
        return []
    left = (batch.budget_yuan or 0) - batch.approved_yuan
    refuse(
        closed(batch, "/batch"),
        project in batch.reserved and Reason("reserved_already", "本批次已为该项目安排资金", "/batch"),
        batch.budget_yuan is None and Reason("budget_not_set", "本批次尚未核定资金总额", "/batch"),
        batch.budget_yuan is not None
        and asked.budget_yuan > left
        and Reason("pool_exceeded", f"超出资金总额，本批次尚可安排 {left} 元", "/budget_yuan"),
    )
    approved = batch.approved_yuan + asked.budget_yuan
    return [BudgetReserved(project=project, amount_yuan=asked.budget_yuan, approved_yuan=approved)]


def release(before: Batch | None, *, project: str, spent_yuan: int) -> list[BatchFact]:
    """退回资金: what a cancelled project has not spent, together with its cancellation."""
    if before is None:
        return []
    unspent = before.reserved.get(project, 0) - spent_yuan
    if unspent <= 0:
        return []
    return [BudgetReleased(project=project, amount_yuan=unspent, approved_yuan=before.approved_yuan - unspent)]


def close_batch(before: Batch | None) -> list[BatchFact]:
    """批次结束."""
    return [] if _found(before, "").state is BatchState.CLOSED else [BatchClosed()]


def _found(before: Batch | None, pointer: str) -> Batch:
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这个批次", pointer))
    return before


def closed(batch: Batch, pointer: str) -> Reason | None:
    """The reason why nothing more is approved in this batch, or carried into it."""
    return Reason("batch_closed", "批次已结束", pointer) if batch.state is BatchState.CLOSED else None
