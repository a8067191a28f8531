import pytest

from services.projects.domain import asked
from services.projects.domain.suggesting import (
    absorb,
    answer,
    answer_missed,
    collect,
    collect_from_route,
    convert,
    decline,
    handle_directly,
    merge,
    refer,
    review,
    review_missed,
)
from services.projects.domain.suggestion import evolve, watches
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
    SuggestionStep,
)
from shared.events.vocabulary import RouteTarget
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.projects.builders import (
    ANSWER_DUE,
    CALENDAR,
    IN_REVIEW,
    INSPECTION,
    NOW,
    PROJECT,
    REVIEW_DUE,
    ROUTE,
    SUGGESTION,
    TERMS,
    TOPIC,
    TOWN,
    collected,
    id_of,
    reviewed,
    stream,
)


def routed(wanted: RouteTarget, target: str | None = None) -> ComplaintRouted:
    return ComplaintRouted(
        complaint=stream("complaint"), community=None, category="parking", place=None, wanted=wanted, target=target
    )


REVIEW = asked.ReviewSuggestion(
    unit="planning", community="zhangguozhuang", category="parking", place="zgz-road", public_title="村路设护栏"
)


@pytest.mark.parametrize(("wanted", "wants_project"), [(RouteTarget.SUGGESTION, False), (RouteTarget.PROJECT, True)])
def test_a_route_without_target_is_collected(wanted: RouteTarget, wants_project: bool) -> None:
    expected = collected().model_copy(update={"wants_project": wants_project})
    given(evolve).when(collect_from_route, routed(wanted), route=ROUTE, now=NOW, terms=TERMS, calendar=CALENDAR).then(
        expected
    )


def test_a_route_to_what_exists_or_to_others_is_none_of_ours() -> None:
    for heard in (routed(RouteTarget.PROJECT, PROJECT), routed(RouteTarget.TOPIC), routed(RouteTarget.ISSUE)):
        given(evolve).when(
            collect_from_route, heard, route=ROUTE, now=NOW, terms=TERMS, calendar=CALENDAR
        ).then_nothing()


def test_a_route_is_collected_once() -> None:
    given(evolve, collected()).when(
        collect_from_route, routed(RouteTarget.SUGGESTION), route=ROUTE, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_nothing()


def test_residents_inspections_and_report_meetings_give_suggestions() -> None:
    wish = asked.CollectSuggestion(
        origin=SuggestionOrigin.INSPECTION, place="zgz-road", public_title="路灯不亮", sources=(INSPECTION, INSPECTION)
    )
    given(evolve).when(collect, wish, now=NOW, terms=TERMS, calendar=CALENDAR, town=TOWN).then(
        SuggestionCollected(
            origin=SuggestionOrigin.INSPECTION,
            community=None,
            category=None,
            place="zgz-road",
            public_title="路灯不亮",
            review_due_at=REVIEW_DUE,
            answer_due_at=ANSWER_DUE,
            sources=(INSPECTION,),
        )
    )


def test_by_hand_a_suggestion_names_only_what_an_inspection_or_a_meeting_left() -> None:
    wish = asked.CollectSuggestion(
        origin=SuggestionOrigin.REPORT_MEETING,
        public_title="路灯不亮",
        sources=(stream("meeting"), ROUTE, stream("suggestion", 2)),
    )
    given(evolve).when(collect, wish, now=NOW, terms=TERMS, calendar=CALENDAR, town=TOWN).then_refused(
        "source_kind", "source_kind"
    )


def test_unknown_codes_are_refused_all_at_once() -> None:
    wish = asked.CollectSuggestion(
        origin=SuggestionOrigin.RESIDENT, community="nowhere", category="nothing", place="no-road", public_title="路灯"
    )
    given(evolve).when(collect, wish, now=NOW, terms=TERMS, calendar=CALENDAR, town=TOWN).then_refused(
        "unknown_community", "unknown_category", "unknown_place"
    )


def test_a_review_classifies_and_may_be_corrected() -> None:
    given(evolve, collected()).when(review, REVIEW, town=TOWN).then(reviewed())
    given(evolve, *IN_REVIEW).when(review, REVIEW, town=TOWN).then_nothing()
    corrected = REVIEW.model_copy(update={"public_title": "村路设护栏和标线"})
    given(evolve, *IN_REVIEW).when(review, corrected, town=TOWN).then(
        reviewed().model_copy(update={"public_title": "村路设护栏和标线"})
    )


def test_a_place_lies_in_its_community() -> None:
    elsewhere = REVIEW.model_copy(update={"community": "dahuichang", "unit": "nobody"})
    given(evolve, collected()).when(review, elsewhere, town=TOWN).then_refused("place_elsewhere", "unknown_unit")


CONVERT = asked.ConvertSuggestion(project_category="TRAVEL", tags=("SAFETY",))
DECISIONS = [
    (convert, (CONVERT,), {"project": PROJECT}, SuggestionConverted(project=PROJECT, sources=(ROUTE,))),
    (
        handle_directly,
        (asked.HandleDirectly(unit="planning", measure="三日内修复"),),
        {"town": TOWN},
        SuggestionHandledDirectly(unit="planning", measure="三日内修复", sources=(ROUTE,)),
    ),
    (
        refer,
        (asked.ReferSuggestion(unit="planning", reason="属规划"),),
        {"town": TOWN},
        SuggestionReferred(unit="planning", reason="属规划", sources=(ROUTE,)),
    ),
    (decline, (asked.Because(reason="不具备条件"),), {}, SuggestionDeclined(reason="不具备条件", sources=(ROUTE,))),
]


@pytest.mark.parametrize(("rule", "wish", "named", "fact"), DECISIONS)
def test_a_decision_follows_the_review_and_stands(rule, wish, named, fact: SuggestionFact) -> None:
    given(evolve).when(rule, *wish, **named).then_refused("not_found")
    given(evolve, collected()).when(rule, *wish, **named).then_refused("wrong_state")
    given(evolve, *IN_REVIEW).when(rule, *wish, **named).then(fact)
    given(evolve, *IN_REVIEW, fact).when(rule, *wish, **named).then_nothing()
    for other, words, more, _ in DECISIONS:
        if other is not rule:
            given(evolve, *IN_REVIEW, fact).when(other, *words, **more).then_refused("wrong_state")


@pytest.mark.parametrize("fact", [fact for *_, fact in DECISIONS])
def test_every_suggestion_is_answered_with_its_outcome(fact: SuggestionFact) -> None:
    state = fold(evolve, [*IN_REVIEW, fact])
    assert state is not None
    words = asked.AnswerSuggestion(answer="已研究答复")
    said = SuggestionAnswered(answer="已研究答复", outcome=state.outcome, sources=(ROUTE,))
    given(evolve, *IN_REVIEW, fact).when(answer, words).then(said)
    given(evolve, *IN_REVIEW, fact, said).when(answer, words).then_nothing()


def test_nothing_is_answered_before_it_is_decided() -> None:
    given(evolve, *IN_REVIEW).when(answer, asked.AnswerSuggestion(answer="收到")).then_refused("not_decided")


def test_the_keeper_takes_all_sources_of_a_merged_suggestion() -> None:
    keeper = fold(evolve, [collected((TOPIC,))])
    merged = fold(evolve, IN_REVIEW)
    wish = asked.MergeSuggestion(into=id_of("suggestion", 2), reason="同一路段")
    kept = SuggestionAbsorbed(suggestion=SUGGESTION, sources=(TOPIC, SUGGESTION, ROUTE))
    given(evolve, *IN_REVIEW).when(merge, wish, suggestion=SUGGESTION, into=keeper).then(
        SuggestionMerged(into=stream("suggestion", 2), reason="同一路段", sources=(ROUTE,))
    )
    given(evolve, collected((TOPIC,))).when(absorb, suggestion=SUGGESTION, merged=merged).then(kept)
    given(evolve, collected((TOPIC,)), kept).when(absorb, suggestion=SUGGESTION, merged=merged).then_nothing()


def test_a_suggestion_is_merged_into_another_that_is_still_open() -> None:
    itself = asked.MergeSuggestion(into=id_of("suggestion"), reason="同一路段")
    given(evolve, *IN_REVIEW).when(merge, itself, suggestion=SUGGESTION, into=None).then_refused(
        "same_suggestion", "unknown_suggestion"
    )
    wish = asked.MergeSuggestion(into=id_of("suggestion", 2), reason="同一路段")
    declined = fold(evolve, [*IN_REVIEW, SuggestionDeclined(reason="不具备条件")])
    given(evolve, *IN_REVIEW).when(merge, wish, suggestion=SUGGESTION, into=declined).then_refused("decided_already")


def test_review_and_answer_are_watched_and_missed_once() -> None:
    first = fold(evolve, [collected()])
    assert first is not None
    assert watches(first) == {"review": Watch(REVIEW_DUE), "answer": Watch(ANSWER_DUE)}
    late = SuggestionOverdue(step=SuggestionStep.REVIEW, due_at=REVIEW_DUE, sources=(ROUTE,))
    given(evolve, collected()).when(review_missed, due_at=REVIEW_DUE, version=1, now=REVIEW_DUE).then(late)
    given(evolve, collected(), late).when(review_missed, due_at=REVIEW_DUE, version=1, now=NOW).then_nothing()
    after = fold(evolve, [*IN_REVIEW])
    assert after is not None
    assert watches(after) == {"answer": Watch(ANSWER_DUE)}
    given(evolve, *IN_REVIEW).when(answer_missed, due_at=ANSWER_DUE, version=1, now=ANSWER_DUE).then(
        SuggestionOverdue(step=SuggestionStep.ANSWER, due_at=ANSWER_DUE, sources=(ROUTE,))
    )


def test_an_answered_suggestion_is_watched_no_more() -> None:
    declined = SuggestionDeclined(reason="不具备条件")
    said = SuggestionAnswered(answer="已研究答复", outcome=SuggestionOutcome.DECLINED)
    state = fold(evolve, [*IN_REVIEW, declined, said])
    assert state is not None
    assert watches(state) == {}
    given(evolve, *IN_REVIEW, declined, said).when(
        answer_missed, due_at=ANSWER_DUE, version=1, now=ANSWER_DUE
    ).then_nothing()
    given(evolve).when(answer_missed, due_at=ANSWER_DUE, version=1, now=ANSWER_DUE).then_nothing()
