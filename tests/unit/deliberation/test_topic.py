"""议题 from proposal to closing."""

import pytest

from services.deliberation.domain.asked import (
    AcceptTopic,
    AnswerUpward,
    DiscloseTopic,
    DistributeBackground,
    MergeTopics,
    Promise,
    ProposeTopic,
    RejectTopic,
)
from services.deliberation.domain.implementation import assign_later, close, disclose
from services.deliberation.domain.topic import (
    TopicState,
    accept,
    answer_upward,
    decided_at_assembly,
    distribute_background,
    enlarge,
    evolve,
    merge,
    open_topic,
    propose,
    reject,
    review_upward,
    schedule,
    unschedule,
    watches,
)
from services.deliberation.domain.undertaking import evolve as evolve_undertaking
from shared.events.base import derived, ref
from shared.events.deliberation import (
    AssemblyForum,
    AssemblyMatter,
    BackgroundDistributed,
    ReferralCause,
    TopicAccepted,
    TopicAgreed,
    TopicClosed,
    TopicDeferred,
    TopicDisclosed,
    TopicEnlarged,
    TopicImplementing,
    TopicOpened,
    TopicProposed,
    TopicReferredToAssembly,
    TopicRejected,
    TopicReopened,
    TopicReportedUpward,
    TopicScheduled,
    TopicScope,
    TopicsMerged,
    TopicUnscheduled,
    UndertakingAssigned,
    UndertakingDone,
    UndertakingExcused,
    UpwardAnswered,
    UpwardOutcome,
    UpwardReason,
    UpwardReviewDue,
)
from shared.events.vocabulary import TopicOrigin
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.deliberation.builders import (
    DAY,
    HOTSPOT,
    IN_MEETING,
    MEETING,
    NOW,
    OTHER_TOPIC,
    STARTS_AT,
    TOPIC,
    TOWN,
    accepted,
    at,
    in_deliberation,
    proposed,
    scheduled,
    topic_state,
)

ASKED = ProposeTopic(
    community="dahuichang",
    category="WASTE",
    place="dahuichang-estate",
    public_title="空窗期维修",
    origin=TopicOrigin.TWO_COMMITTEES,
)
ASSEMBLY = derived("test", "assembly")
AGREED = TopicAgreed(meeting=IN_MEETING, undertakings=(ref("undertaking", derived("test", "u1")),))
REPORTED = TopicReportedUpward(
    meeting=IN_MEETING,
    reason=UpwardReason.PLANNING,
    reported_to="town-planning-office",
    explanation="规划尚未批准，已向各方说明",
    review_on=at(2024, 3, 1).date(),
    community="dahuichang",
    category="PROPERTY_VACANCY",
    place="dahuichang-estate",
)
REFERRED = TopicReferredToAssembly(
    meeting=IN_MEETING,
    forum=AssemblyForum.OWNERS,
    matter=AssemblyMatter.HIRE_PROPERTY_COMPANY,
    cause=ReferralCause.ROUNDS,
    authorised=False,
    community="dahuichang",
    public_title="引进物业",
)
ASSIGNED = UndertakingAssigned(
    topic=ref("topic", TOPIC),
    decided_by=IN_MEETING,
    community="dahuichang",
    owner="金鹏顺发物业",
    task="修补道路",
    due_at=NOW + 20 * DAY,
)
UNDONE = fold(evolve_undertaking, [ASSIGNED])
DONE = fold(evolve_undertaking, [ASSIGNED, UndertakingDone(finished_at=NOW, done=(), evidence=(), late=False)])
EXCUSED = fold(evolve_undertaking, [ASSIGNED, UndertakingExcused(reason="已由产权单位完成")])


def test_the_two_committees_propose_a_topic() -> None:
    given(evolve).when(propose, ASKED, known=(), town=TOWN).then(
        TopicProposed(
            community="dahuichang",
            category="WASTE",
            place="dahuichang-estate",
            public_title="空窗期维修",
            origin=TopicOrigin.TWO_COMMITTEES,
        )
    )
    given(evolve, proposed()).when(propose, ASKED, known=(), town=TOWN).then_nothing()


@pytest.mark.parametrize("origin", [TopicOrigin.HOTSPOT, TopicOrigin.ROUTE])
def test_a_topic_of_a_hotspot_or_route_is_never_proposed_by_hand(origin: TopicOrigin) -> None:
    given(evolve).when(propose, ASKED.model_copy(update={"origin": origin}), known=(), town=TOWN).then_refused(
        "origin_not_by_hand"
    )


def test_a_topic_from_a_problem_raised_names_the_meeting() -> None:
    raised = ASKED.model_copy(update={"origin": TopicOrigin.PROBLEM_RAISED})
    given(evolve).when(propose, raised, known=(), town=TOWN).then_refused("meeting_missing")
    (fact,) = propose(None, raised.model_copy(update={"sources": (IN_MEETING,)}), known=(IN_MEETING,), town=TOWN)
    assert isinstance(fact, TopicProposed)
    assert fact.sources == (IN_MEETING,)


def test_a_hotspot_or_route_is_never_claimed_as_a_source_by_hand() -> None:
    claimed = ASKED.model_copy(update={"sources": (HOTSPOT,)})
    given(evolve).when(propose, claimed, known=(), town=TOWN).then_refused("source_not_by_hand")


def test_a_topic_is_anchored_in_the_lists_of_the_town() -> None:
    nowhere = ASKED.model_copy(update={"community": "atlantis", "category": "MAGIC", "place": "moon"})
    given(evolve).when(propose, nowhere, known=(), town=TOWN).then_refused(
        "unknown_community", "unknown_category", "unknown_place"
    )
    elsewhere = ASKED.model_copy(update={"place": "zhangguozhuang-road"})
    given(evolve).when(propose, elsewhere, known=(), town=TOWN).then_refused("place_elsewhere")


def test_a_topic_is_accepted_inside_the_scope() -> None:
    asked = AcceptTopic(scope=TopicScope.PUBLIC_AFFAIRS)
    given(evolve, proposed()).when(accept, asked).then(TopicAccepted(scope=TopicScope.PUBLIC_AFFAIRS))
    given(evolve, proposed(), TopicAccepted(scope=TopicScope.PUBLIC_AFFAIRS)).when(accept, asked).then_nothing()
    given(evolve, proposed(), TopicRejected(reason="范围外")).when(accept, asked).then_refused("wrong_state")


def test_a_rejected_topic_tells_the_reason_and_its_sources() -> None:
    asked = RejectTopic(reason="不属于协商范围")
    rejected = TopicRejected(reason="不属于协商范围", sources=(HOTSPOT,))
    given(evolve, proposed(HOTSPOT)).when(reject, asked).then(rejected)
    given(evolve, proposed(HOTSPOT), rejected).when(reject, asked).then_nothing()
    given(evolve, *accepted()).when(reject, asked).then_refused("wrong_state")


def test_a_topic_that_does_not_exist_is_not_found() -> None:
    given(evolve).when(accept, AcceptTopic(scope=TopicScope.PUBLIC_AFFAIRS)).then_refused("not_found")


def test_a_merged_topic_gives_all_its_sources_to_the_other() -> None:
    other = topic_state(*accepted(HOTSPOT, people=8))
    merged = TopicsMerged(into=ref("topic", OTHER_TOPIC), sources=(IN_MEETING,))
    this = given(evolve, *accepted(IN_MEETING, people=3))
    this.when(merge, MergeTopics(into=OTHER_TOPIC), topic=TOPIC, other=other).then(merged)
    given(evolve, *accepted(HOTSPOT, people=8)).when(enlarge, merged=TOPIC, other=this.state).then(
        TopicEnlarged(merged=ref("topic", TOPIC), sources=(HOTSPOT, IN_MEETING), people=8)
    )
    again = given(evolve, *accepted(IN_MEETING), merged)
    again.when(merge, MergeTopics(into=OTHER_TOPIC), topic=TOPIC, other=other).then_nothing()


def test_people_of_merged_topics_are_not_added_up() -> None:
    (fact,) = enlarge(topic_state(*accepted()), merged=OTHER_TOPIC, other=topic_state(*accepted()))
    assert fact == TopicEnlarged(merged=ref("topic", OTHER_TOPIC), people=None)


def test_a_topic_merges_only_into_another_open_one_of_its_community() -> None:
    this = given(evolve, *accepted())
    this.when(merge, MergeTopics(into=TOPIC), topic=TOPIC, other=this.state).then_refused("same_topic")
    this.when(merge, MergeTopics(into=OTHER_TOPIC), topic=TOPIC, other=None).then_refused("target_not_found")
    elsewhere = topic_state(proposed(community="zhangguozhuang"))
    this.when(merge, MergeTopics(into=OTHER_TOPIC), topic=TOPIC, other=elsewhere).then_refused(
        "target_not_open", "other_community"
    )


def test_background_is_distributed_before_the_meeting() -> None:
    asked = DistributeBackground(title="物业空缺情况说明")
    given(evolve, *accepted()[:2]).when(distribute_background, asked, kept=()).then(
        BackgroundDistributed(title="物业空缺情况说明")
    )
    given(evolve, *in_deliberation()).when(distribute_background, asked, kept=()).then_refused("wrong_state")


def test_a_topic_goes_on_a_notice_and_is_opened_by_that_meeting_alone() -> None:
    on_notice = TopicScheduled(meeting=IN_MEETING, starts_at=STARTS_AT)
    given(evolve, *accepted()).when(schedule, meeting=MEETING, starts_at=STARTS_AT).then(on_notice)
    given(evolve, *scheduled()).when(schedule, meeting=MEETING, starts_at=STARTS_AT).then_refused("wrong_state")
    given(evolve, *scheduled()).when(open_topic, meeting=MEETING).then(TopicOpened(meeting=IN_MEETING, round=1))
    given(evolve, *scheduled()).when(open_topic, meeting=ASSEMBLY).then_refused("topic_not_on_notice")


def test_a_topic_of_a_cancelled_meeting_waits_for_another() -> None:
    waiting = TopicUnscheduled(meeting=IN_MEETING, reason="天气原因")
    given(evolve, *scheduled()).when(unschedule, meeting=MEETING, reason="天气原因").then(waiting)
    given(evolve, *scheduled()).when(unschedule, meeting=ASSEMBLY, reason="天气原因").then_nothing()
    after = topic_state(*scheduled(), waiting)
    assert (after.state, after.meeting) == (TopicState.ACCEPTED, None)


def test_rounds_and_deferrals_are_counted_and_begin_anew_when_it_is_reopened() -> None:
    deferred = TopicDeferred(meeting=IN_MEETING, reason="尚需与企业洽谈", deferrals=1)
    again = [TopicScheduled(meeting=IN_MEETING, starts_at=STARTS_AT)]
    second = given(evolve, *in_deliberation(), deferred, *again).when(open_topic, meeting=MEETING)
    second.then(TopicOpened(meeting=IN_MEETING, round=2))
    reopened = topic_state(
        *in_deliberation(), deferred, TopicReopened(cause=ref("assembly", ASSEMBLY), reason="未通过")
    )
    assert (reopened.rounds, reopened.deferrals, reopened.background) == (0, 0, False)


def test_a_topic_reported_upward_is_reviewed_once_on_its_day() -> None:
    state = topic_state(*in_deliberation(), REPORTED)
    due = Watch(at(2024, 3, 1), at(2024, 3, 1).date().toordinal())
    assert watches(state) == {"upward-review": due}
    said = review_upward(state, due_at=due.due_at, version=due.version, now=NOW)
    assert said == [UpwardReviewDue(review_on=at(2024, 3, 1).date())]
    after = evolve(state, said[0])
    assert watches(after) == {}
    assert review_upward(after, due_at=due.due_at, version=due.version, now=NOW) == []


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(UpwardOutcome.CLEARED, TopicState.IMPLEMENTING), (UpwardOutcome.RETURNED, TopicState.ACCEPTED)],
)
def test_an_answer_from_above_lets_it_be_carried_out_or_deliberated_again(
    outcome: UpwardOutcome, state: TopicState
) -> None:
    answered = UpwardAnswered(outcome=outcome, answer="同意先行实施")
    waiting = given(evolve, *in_deliberation(), REPORTED)
    waiting.when(answer_upward, AnswerUpward(outcome=outcome, answer="同意先行实施")).then(answered)
    assert topic_state(*in_deliberation(), REPORTED, answered).state is state


def test_what_an_assembly_adopts_is_carried_out_and_what_it_rejects_is_reopened() -> None:
    waiting = given(evolve, *in_deliberation(), REFERRED)
    one = derived("test", "u1")
    waiting.when(decided_at_assembly, adopted=True, assembly=ASSEMBLY, undertakings=(one,)).then(
        TopicImplementing(cause=ref("assembly", ASSEMBLY), undertakings=(ref("undertaking", one),))
    )
    waiting.when(decided_at_assembly, adopted=False, assembly=ASSEMBLY).then(
        TopicReopened(cause=ref("assembly", ASSEMBLY), reason="会议表决未通过，议题重新协商")
    )
    given(evolve, *accepted()).when(decided_at_assembly, adopted=True, assembly=ASSEMBLY).then_nothing()


def test_the_result_is_public_only_when_everything_is_done_or_excused() -> None:
    implementing = given(evolve, *in_deliberation(), AGREED)
    asked = DiscloseTopic(result="道路已修补")
    implementing.when(disclose, asked, undertakings=[DONE, UNDONE]).then_refused("undertakings_open")
    implementing.when(disclose, asked, undertakings=[DONE, EXCUSED]).then(TopicDisclosed(result="道路已修补"))
    given(evolve, *accepted()).when(disclose, asked, undertakings=[]).then_refused("wrong_state")


def test_a_topic_is_closed_after_its_result_is_public() -> None:
    disclosed = [*in_deliberation(HOTSPOT), AGREED, TopicDisclosed(result="道路已修补")]
    closed = TopicClosed(result="道路已修补", sources=(HOTSPOT,))
    given(evolve, *disclosed).when(close, undertakings=[DONE]).then(closed)
    given(evolve, *disclosed).when(close, undertakings=[UNDONE]).then_refused("undertakings_open")
    given(evolve, *disclosed, closed).when(close, undertakings=[DONE]).then_nothing()
    given(evolve, *in_deliberation(), AGREED).when(close, undertakings=[UNDONE]).then_refused(
        "not_disclosed", "undertakings_open"
    )


def test_what_a_project_or_an_issue_did_is_closed_without_undertakings() -> None:
    done = [*in_deliberation(), TopicImplementing(cause=ref("issue", ASSEMBLY)), TopicDisclosed(result="已解决")]
    given(evolve, *done).when(close, undertakings=[]).then(TopicClosed(result="已解决"))


def test_more_undertakings_come_only_while_a_topic_is_carried_out() -> None:
    promise = Promise(owner="金鹏顺发物业", task="修剪树木", due_at=NOW + 20 * DAY)
    adopted = topic_state(*in_deliberation(), REFERRED, TopicImplementing(cause=ref("assembly", ASSEMBLY)))
    given(evolve_undertaking).when(assign_later, promise, topic=TOPIC, agreed=adopted, now=NOW, town=TOWN).then(
        UndertakingAssigned(
            topic=ref("topic", TOPIC),
            decided_by=ref("assembly", ASSEMBLY),
            community="dahuichang",
            owner="金鹏顺发物业",
            task="修剪树木",
            due_at=NOW + 20 * DAY,
        )
    )
    given(evolve_undertaking).when(
        assign_later, promise, topic=TOPIC, agreed=topic_state(*accepted()), now=NOW, town=TOWN
    ).then_refused("wrong_state")
