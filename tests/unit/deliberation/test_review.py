"""复查 and 结果公开: what was decided is looked at again, and what is done is made public in time."""

from datetime import date

import pytest

from services.deliberation.domain.asked import ReviewTopic
from services.deliberation.domain.conclusion import Agree, ReportUpward
from services.deliberation.domain.implementation import carried_out, disclosure_overdue
from services.deliberation.domain.review import review, review_due
from services.deliberation.domain.topic import evolve, watches
from services.deliberation.domain.undertaking import evolve as evolve_undertaking
from shared.events.base import ref
from shared.events.deliberation import (
    TopicAgreed,
    TopicCarriedOut,
    TopicClosed,
    TopicDisclosed,
    TopicDisclosureOverdue,
    TopicFact,
    TopicImplementing,
    TopicReopened,
    TopicReportedUpward,
    TopicReviewDue,
    TopicReviewed,
    UndertakingAssigned,
    UndertakingExcused,
    UpwardAnswered,
    UpwardOutcome,
    UpwardReason,
)
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAY,
    IN_MEETING,
    NOW,
    TERMS,
    TOPIC,
    at,
    concluded,
    in_deliberation,
    topic_state,
)

REVIEW_ON = date(2024, 3, 1)
AGREED = [*in_deliberation(), TopicAgreed(meeting=IN_MEETING, undertakings=(), review_on=REVIEW_ON)]
REPORTED = TopicReportedUpward(
    meeting=IN_MEETING,
    reason=UpwardReason.POLICY,
    reported_to="district-housing",
    explanation="政策受限，已向各方说明",
    review_on=REVIEW_ON,
    community="dahuichang",
    category="PROPERTY_VACANCY",
    place=None,
)


@pytest.mark.parametrize(
    "later", [[], [TopicDisclosed(result="已落实")], [TopicDisclosed(result="已落实"), TopicClosed(result="已落实")]]
)
def test_a_decision_is_looked_at_again_on_its_day_even_when_the_topic_is_closed(later: list[TopicFact]) -> None:
    state = topic_state(*AGREED, *later)
    due = at(2024, 3, 1)
    assert watches(state) == {"decision-review": Watch(due, REVIEW_ON.toordinal())}
    timer = {"due_at": due, "version": REVIEW_ON.toordinal(), "now": due}
    said = TopicReviewDue(review_on=REVIEW_ON)
    given(evolve, *AGREED, *later).when(review_due, **timer).then(said)
    given(evolve, *AGREED, *later, said).when(review_due, **timer).then_nothing()


def test_what_worked_may_be_looked_at_once_more_and_what_did_not_is_deliberated_again() -> None:
    worked = ReviewTopic(finding="仍然整洁", worked=True, next_on=date(2024, 9, 1))
    again = TopicReviewed(finding="仍然整洁", worked=True, next_on=date(2024, 9, 1))
    given(evolve, *AGREED).when(review, worked, now=NOW).then(again)
    assert topic_state(*AGREED, again).review_on == date(2024, 9, 1)
    given(evolve, *AGREED).when(review, ReviewTopic(finding="又堆积", worked=False), now=NOW).then(
        TopicReviewed(finding="又堆积", worked=False),
        TopicReopened(cause=IN_MEETING, reason="复查未见效：又堆积"),
    )


def test_a_review_says_what_it_found_and_every_reason_against_it_is_told() -> None:
    wrong = ReviewTopic(finding="查看", next_on=date(2024, 2, 1))
    given(evolve, *AGREED).when(review, wrong, now=NOW).then_refused("outcome_missing", "review_in_the_past")
    both = ReviewTopic(finding="查看", worked=False, next_on=date(2024, 9, 1))
    given(evolve, *AGREED).when(review, both, now=NOW).then_refused("nothing_to_review")
    done = ReviewTopic(finding="查看", worked=True)
    given(evolve, *in_deliberation()).when(review, done, now=NOW).then_refused("wrong_state")


def test_what_is_not_answered_is_looked_at_again_later() -> None:
    waiting = [*in_deliberation(), REPORTED]
    given(evolve, *waiting).when(review, ReviewTopic(finding="尚未答复", worked=True), now=NOW).then_refused(
        "not_answered", "next_review_missing"
    )
    later = ReviewTopic(finding="尚未答复", next_on=date(2024, 4, 1))
    reviewed = TopicReviewed(finding="尚未答复", next_on=date(2024, 4, 1))
    given(evolve, *waiting).when(review, later, now=NOW).then(reviewed)
    assert set(watches(topic_state(*waiting, reviewed))) == {"upward-review"}
    answered = UpwardAnswered(outcome=UpwardOutcome.CLEARED, answer="同意")
    assert watches(topic_state(*waiting, reviewed, answered)) == {}


def test_a_review_date_lies_ahead() -> None:
    today = NOW.date()
    asked = Agree(promises=(), review_on=today)
    concluded(in_deliberation(), asked).then_refused("promises_missing", "review_in_the_past")
    upward = ReportUpward(reason=UpwardReason.POLICY, reported_to="nobody", explanation="说明", review_on=today)
    concluded(in_deliberation(), upward).then_refused("unknown_unit", "review_in_the_past")


IMPLEMENTING = [*in_deliberation(), TopicAgreed(meeting=IN_MEETING, undertakings=())]
ASSIGNED = UndertakingAssigned(
    topic=ref("topic", TOPIC),
    decided_by=IN_MEETING,
    community="dahuichang",
    owner="两委",
    task="清运",
    due_at=NOW + DAY,
)
OPEN = fold(evolve_undertaking, [ASSIGNED])
ENDED = fold(evolve_undertaking, [ASSIGNED, UndertakingExcused(reason="已由他人完成")])


def test_the_result_is_public_five_working_days_after_the_last_undertaking() -> None:
    asked = {"now": NOW, "terms": TERMS, "calendar": CALENDAR}
    given(evolve, *IMPLEMENTING).when(carried_out, undertakings=[ENDED, OPEN], **asked).then_nothing()
    given(evolve, *IMPLEMENTING).when(carried_out, undertakings=[ENDED], **asked).then(
        TopicCarriedOut(disclose_by=at(2024, 2, 7, 9))
    )
    given(evolve, *in_deliberation()).when(carried_out, undertakings=[ENDED], **asked).then_nothing()


def test_a_late_disclosure_is_said_once_and_not_while_more_has_to_be_done() -> None:
    due = at(2024, 2, 7, 9)
    done = [*IMPLEMENTING, TopicCarriedOut(disclose_by=due)]
    timer = {"due_at": due, "version": due.toordinal(), "now": due}
    late = TopicDisclosureOverdue(due_at=due)
    given(evolve, *done).when(disclosure_overdue, undertakings_open=1, **timer).then_nothing()
    given(evolve, *done).when(disclosure_overdue, undertakings_open=0, **timer).then(late)
    given(evolve, *done, late).when(disclosure_overdue, undertakings_open=0, **timer).then_nothing()
    public = [*done, TopicDisclosed(result="已落实")]
    given(evolve, *public).when(disclosure_overdue, undertakings_open=0, **timer).then_nothing()


def test_what_an_assembly_adopts_may_have_a_review_date() -> None:
    adopted = TopicImplementing(cause=IN_MEETING, review_on=REVIEW_ON)
    assert set(watches(topic_state(*in_deliberation(), adopted))) == {"decision-review"}
