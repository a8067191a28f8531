"""复查: a decision, or what was reported upward, is looked at again on its day."""

from datetime import datetime

from services.deliberation.domain.asked import ReviewTopic
from services.deliberation.domain.concluding import review_in_the_past
from services.deliberation.domain.topic import DECIDED, DECISION_REVIEW, Topic, TopicState, not_in, proposed, watches
from shared.events.deliberation import TopicFact, TopicReopened, TopicReviewDue, TopicReviewed
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch
from shared.rules.township import SHANGHAI


def review_due(before: Topic | None, *, due_at: datetime, version: int, now: datetime) -> list[TopicFact]:
    """决定复查到期, said once."""
    if before is None or before.review_on is None or watches(before).get(DECISION_REVIEW) != Watch(due_at, version):
        return []
    return [TopicReviewDue(review_on=before.review_on)]


def review(before: Topic | None, asked: ReviewTopic, *, now: datetime) -> list[TopicFact]:
    """复查记录: what has not worked is deliberated again; what others have not answered is looked at again later."""
    topic = proposed(before)
    waiting = topic.state is TopicState.REPORTED
    refuse(
        topic.state not in (*DECIDED, TopicState.REPORTED) and not_in(*DECIDED, TopicState.REPORTED),
        not waiting and asked.worked is None and Reason("outcome_missing", "须写明决定是否见效", "/worked"),
        waiting and asked.worked is not None and Reason("not_answered", "上级尚未答复，请登记上级答复", "/worked"),
        waiting and asked.next_on is None and Reason("next_review_missing", "尚未答复的须写明下次复核日期", "/next_on"),
        asked.worked is False
        and asked.next_on is not None
        and Reason("nothing_to_review", "未见效的议题重新协商，不再复查", "/next_on"),
        review_in_the_past(asked.next_on, now.astimezone(SHANGHAI).date(), "/next_on"),
    )
    reviewed = TopicReviewed(finding=asked.finding, worked=asked.worked, next_on=asked.next_on)
    if asked.worked is not False:
        return [reviewed]
    assert topic.decided_by is not None
    return [reviewed, TopicReopened(cause=topic.decided_by, reason=f"复查未见效：{asked.finding}"[:_LINE])]


_LINE = 200
