"""建议: collected, reviewed, decided, and always answered (建议收集—分类研判—项目转化—结果反馈)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from shared.events.projects import (
    SuggestionAbsorbed,
    SuggestionAnswered,
    SuggestionCollected,
    SuggestionConverted,
    SuggestionDeclined,
    SuggestionFact,
    SuggestionHandledDirectly,
    SuggestionMerged,
    SuggestionOrigin,
    SuggestionOutcome,
    SuggestionOverdue,
    SuggestionReferred,
    SuggestionReviewed,
    SuggestionStep,
)
from shared.rules.deadline import Watch


class SuggestionState(StrEnum):
    """COLLECTED → UNDER_REVIEW → DECIDED → ANSWERED; what was decided is the `outcome`."""

    COLLECTED = "COLLECTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    DECIDED = "DECIDED"
    ANSWERED = "ANSWERED"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """建议.

    `leads_to`: the project it was converted to, or the suggestion it was merged into, `kind/uuid`; `unit`: who reviews
    it, handles it or has received it; `late`: the steps that were overdue.
    """

    state: SuggestionState
    origin: SuggestionOrigin
    community: str | None
    category: str | None
    place: str | None
    public_title: str | None
    wants_project: bool
    sources: tuple[str, ...]
    review_due_at: datetime
    answer_due_at: datetime
    unit: str | None = None
    outcome: SuggestionOutcome | None = None
    leads_to: str | None = None
    late: tuple[SuggestionStep, ...] = ()


def evolve(before: Suggestion | None, fact: SuggestionFact) -> Suggestion:
    """The suggestion after this fact."""
    if isinstance(fact, SuggestionCollected):
        return Suggestion(
            state=SuggestionState.COLLECTED,
            origin=fact.origin,
            community=fact.community,
            category=fact.category,
            place=fact.place,
            public_title=fact.public_title,
            wants_project=fact.wants_project,
            sources=fact.sources,
            review_due_at=fact.review_due_at,
            answer_due_at=fact.answer_due_at,
        )
    assert before is not None, f"{fact.wire_type} of a suggestion that was never collected"
    match fact:
        case SuggestionReviewed():
            return replace(
                before,
                state=SuggestionState.UNDER_REVIEW,
                unit=fact.unit,
                community=fact.community,
                category=fact.category,
                place=fact.place,
                public_title=fact.public_title,
            )
        case SuggestionAbsorbed():
            return replace(before, sources=fact.sources)
        case SuggestionConverted():
            return _decided(before, SuggestionOutcome.CONVERTED, leads_to=fact.project)
        case SuggestionMerged():
            return _decided(before, SuggestionOutcome.MERGED, leads_to=fact.into)
        case SuggestionHandledDirectly():
            return _decided(before, SuggestionOutcome.HANDLED_DIRECTLY, unit=fact.unit)
        case SuggestionReferred():
            return _decided(before, SuggestionOutcome.REFERRED, unit=fact.unit)
        case SuggestionDeclined():
            return _decided(before, SuggestionOutcome.DECLINED)
        case SuggestionAnswered():
            return replace(before, state=SuggestionState.ANSWERED)
        case SuggestionOverdue():
            return replace(before, late=(*before.late, fact.step))
        case _:
            raise AssertionError(f"{fact.wire_type} is no fact of a suggestion")


def watches(state: Suggestion) -> dict[str, Watch]:
    """`review` until it is reviewed, `answer` until it is answered; each once."""
    due = {}
    if state.state is SuggestionState.COLLECTED and SuggestionStep.REVIEW not in state.late:
        due["review"] = Watch(state.review_due_at)
    if state.state is not SuggestionState.ANSWERED and SuggestionStep.ANSWER not in state.late:
        due["answer"] = Watch(state.answer_due_at)
    return due


def _decided(
    before: Suggestion, outcome: SuggestionOutcome, *, leads_to: str | None = None, unit: str | None = None
) -> Suggestion:
    return replace(before, state=SuggestionState.DECIDED, outcome=outcome, leads_to=leads_to, unit=unit or before.unit)
