"""建议的收集、研判、转化、答复: the rules of a suggestion."""

from datetime import datetime

from services.projects.domain.asked import (
    AnswerSuggestion,
    Because,
    CollectSuggestion,
    ConvertSuggestion,
    HandleDirectly,
    MergeSuggestion,
    ReferSuggestion,
    ReviewSuggestion,
)
from services.projects.domain.named import unknown_anchor, unknown_unit
from services.projects.domain.sources import SUGGESTED_BY_HAND, once
from services.projects.domain.suggestion import Suggestion, SuggestionState, watches
from services.projects.domain.terms import Terms
from shared.events.base import ref, ref_kind
from shared.events.intake import ComplaintRouted
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
from shared.events.vocabulary import RouteTarget
from shared.rules.broken import Reason, RuleBroken, refuse
from shared.rules.calendar import Calendar
from shared.rules.deadline import Watch
from shared.rules.naming import STATES
from shared.rules.township import Town

STATE_WORDS = {state: STATES["suggestion"][state] for state in SuggestionState}
"""What each state is called."""


def collect(
    before: Suggestion | None, asked: CollectSuggestion, *, now: datetime, terms: Terms, calendar: Calendar, town: Town
) -> list[SuggestionFact]:
    """收集: from a resident, an inspection, or a report meeting."""
    if before is not None:
        return []
    refuse(
        *unknown_anchor(town, asked.community, asked.category, asked.place),
        *(
            ref_kind(source) not in SUGGESTED_BY_HAND
            and Reason("source_kind", "这类来源不能直接收集建议", f"/sources/{i}")
            for i, source in enumerate(asked.sources)
        ),
    )
    return [
        SuggestionCollected(
            origin=asked.origin,
            community=asked.community,
            category=asked.category,
            place=asked.place,
            public_title=asked.public_title,
            review_due_at=terms.suggestion_review.after(now, calendar),
            answer_due_at=terms.suggestion_answer.after(now, calendar),
            sources=once(asked.sources),
        )
    ]


def collect_from_route(
    before: Suggestion | None, heard: ComplaintRouted, *, route: str, now: datetime, terms: Terms, calendar: Calendar
) -> list[SuggestionFact]:
    """工单转入建议池: only a route that asks for something new; `route`: `route/uuid` of what was heard."""
    if before is not None or heard.target or heard.wanted not in (RouteTarget.SUGGESTION, RouteTarget.PROJECT):
        return []
    return [
        SuggestionCollected(
            origin=SuggestionOrigin.ROUTE,
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=heard.public_title,
            wants_project=heard.wanted is RouteTarget.PROJECT,
            review_due_at=terms.suggestion_review.after(now, calendar),
            answer_due_at=terms.suggestion_answer.after(now, calendar),
            sources=(route,),
        )
    ]


def review(before: Suggestion | None, asked: ReviewSuggestion, *, town: Town) -> list[SuggestionFact]:
    """分类研判; may be said again while nothing is decided."""
    suggestion = _found(before)
    refuse(
        _not_in(suggestion, SuggestionState.COLLECTED, SuggestionState.UNDER_REVIEW),
        *unknown_anchor(town, asked.community, asked.category, asked.place),
        unknown_unit(town, asked.unit, "/unit"),
    )
    fact = SuggestionReviewed(
        unit=asked.unit,
        community=asked.community,
        category=asked.category,
        place=asked.place,
        public_title=asked.public_title,
        sources=suggestion.sources,
    )
    stands = (suggestion.unit, suggestion.community, suggestion.category, suggestion.place, suggestion.public_title)
    if stands == (fact.unit, fact.community, fact.category, fact.place, fact.public_title):
        return []
    return [fact]


def convert(before: Suggestion | None, asked: ConvertSuggestion, *, project: str) -> list[SuggestionFact]:
    """转化: said together with `proposing.propose_from_suggestion` of the project, in one transaction."""
    suggestion = _found(before)
    if suggestion.leads_to == project:
        return []
    refuse(_undecided(suggestion))
    return [SuggestionConverted(project=project, sources=suggestion.sources)]


def merge(
    before: Suggestion | None, asked: MergeSuggestion, *, suggestion: str, into: Suggestion | None
) -> list[SuggestionFact]:
    """并入: said together with `absorb` of the other; `suggestion`: this one's own `suggestion/uuid`."""
    merged = _found(before)
    other = ref("suggestion", asked.into)
    if merged.leads_to == other:
        return []
    refuse(
        _undecided(merged),
        other == suggestion and Reason("same_suggestion", "不能并入自身", "/into"),
        into is None and Reason("unknown_suggestion", "没有这条建议", "/into"),
        into is not None and _closed_to_merging(into),
    )
    return [SuggestionMerged(into=other, reason=asked.reason, sources=merged.sources)]


def absorb(before: Suggestion | None, *, suggestion: str, merged: Suggestion | None) -> list[SuggestionFact]:
    """吸收同类建议: keeps all sources of the one that is `merged`; `suggestion`: that one's `suggestion/uuid`."""
    keeper, other = _found(before), _found(merged)
    if suggestion in keeper.sources:
        return []
    refuse(_closed_to_merging(keeper))
    sources = once((*keeper.sources, suggestion, *other.sources))
    return [SuggestionAbsorbed(suggestion=suggestion, sources=sources)]


def handle_directly(before: Suggestion | None, asked: HandleDirectly, *, town: Town) -> list[SuggestionFact]:
    """直接办理."""
    suggestion = _found(before)
    if suggestion.outcome is SuggestionOutcome.HANDLED_DIRECTLY and suggestion.unit == asked.unit:
        return []
    refuse(_undecided(suggestion), unknown_unit(town, asked.unit, "/unit"))
    return [SuggestionHandledDirectly(unit=asked.unit, measure=asked.measure, sources=suggestion.sources)]


def refer(before: Suggestion | None, asked: ReferSuggestion, *, town: Town) -> list[SuggestionFact]:
    """转交."""
    suggestion = _found(before)
    if suggestion.outcome is SuggestionOutcome.REFERRED and suggestion.unit == asked.unit:
        return []
    refuse(_undecided(suggestion), unknown_unit(town, asked.unit, "/unit"))
    return [SuggestionReferred(unit=asked.unit, reason=asked.reason, sources=suggestion.sources)]


def decline(before: Suggestion | None, asked: Because) -> list[SuggestionFact]:
    """不予采纳."""
    suggestion = _found(before)
    if suggestion.outcome is SuggestionOutcome.DECLINED:
        return []
    refuse(_undecided(suggestion))
    return [SuggestionDeclined(reason=asked.reason, sources=suggestion.sources)]


def answer(before: Suggestion | None, asked: AnswerSuggestion) -> list[SuggestionFact]:
    """答复: only when it is decided what becomes of it."""
    suggestion = _found(before)
    if suggestion.state is SuggestionState.ANSWERED:
        return []
    if suggestion.outcome is None:
        raise RuleBroken(Reason("not_decided", "建议尚无研判结论，不能答复"))
    return [SuggestionAnswered(answer=asked.answer, outcome=suggestion.outcome, sources=suggestion.sources)]


def review_missed(before: Suggestion | None, *, due_at: datetime, version: int, now: datetime) -> list[SuggestionFact]:
    """研判逾期: timer `review`."""
    return _missed(before, "review", SuggestionStep.REVIEW, Watch(due_at, version))


def answer_missed(before: Suggestion | None, *, due_at: datetime, version: int, now: datetime) -> list[SuggestionFact]:
    """答复逾期: timer `answer`."""
    return _missed(before, "answer", SuggestionStep.ANSWER, Watch(due_at, version))


def _missed(before: Suggestion | None, name: str, step: SuggestionStep, fired: Watch) -> list[SuggestionFact]:
    if before is None or watches(before).get(name) != fired:
        return []
    return [SuggestionOverdue(step=step, due_at=fired.due_at, sources=before.sources)]


def _found(before: Suggestion | None) -> Suggestion:
    if before is None:
        raise RuleBroken(Reason("not_found", "没有这条建议"))
    return before


def _not_in(suggestion: Suggestion, *allowed: SuggestionState) -> Reason | None:
    if suggestion.state in allowed:
        return None
    return Reason("wrong_state", f"建议{STATE_WORDS[suggestion.state]}，不能这样办理")


def _undecided(suggestion: Suggestion) -> Reason | None:
    return _not_in(suggestion, SuggestionState.UNDER_REVIEW)


def _closed_to_merging(suggestion: Suggestion) -> Reason | None:
    if suggestion.state in (SuggestionState.COLLECTED, SuggestionState.UNDER_REVIEW):
        return None
    return Reason("decided_already", "另一条建议已有结论，不能再并入", "/into")
