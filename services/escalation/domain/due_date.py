"""办结期限 of an issue: moved by the town alone, and supervised level by level once it has passed."""

from datetime import datetime

from services.escalation.domain.asked import Because, ExtendDeadline, Supervise
from services.escalation.domain.issue import DISTRICT, TOWN_HALL, UNDER_WAY, Issue, above, born, must_be
from services.escalation.domain.whistle import later_than_order
from shared.events.escalation import (
    DeadlineExtended,
    DeadlinePaused,
    DeadlineResumed,
    IssueFact,
    IssueRaisedToDistrict,
    SupervisionLevel,
    SupervisionStarted,
)
from shared.rules.broken import Reason, refuse


def extend(before: Issue | None, asked: ExtendDeadline, *, now: datetime) -> list[IssueFact]:
    """延期: asked before the due date, and not beyond the complaint it comes from, unless that has been extended too."""
    issue = born(before)
    refuse(
        must_be(issue, *UNDER_WAY),
        issue.paused_at is not None and Reason("paused", "期限已暂停，请先恢复计时"),
        _is_over(issue, now) and Reason("overdue", "期限已过，不能延期"),
        issue.due_at is not None and asked.due_at <= issue.due_at and Reason("not_later", "须晚于原期限", "/due_at"),
        later_than_order(issue, asked.due_at, extended=asked.order_extended),
    )
    return [
        DeadlineExtended(
            sources=issue.sources,
            due_at=asked.due_at,
            deadline_version=issue.deadline_version + 1,
            reason=asked.reason,
        )
    ]


def pause(before: Issue | None, asked: Because, *, now: datetime) -> list[IssueFact]:
    """暂停计时, before the due date."""
    issue = born(before)
    if issue.paused_at is not None:
        return []
    refuse(must_be(issue, *UNDER_WAY), _is_over(issue, now) and Reason("overdue", "期限已过，不能暂停"))
    return [
        DeadlinePaused(
            sources=issue.sources,
            paused_at=now,
            deadline_version=issue.deadline_version + 1,
            reason=asked.reason,
        )
    ]


def resume(before: Issue | None, asked: Because, *, now: datetime) -> list[IssueFact]:
    """恢复计时: the rest of the limit is restored."""
    issue = born(before)
    refuse(must_be(issue, *UNDER_WAY), issue.paused_at is None and Reason("not_paused", "期限没有暂停"))
    assert issue.paused_at is not None
    assert issue.due_at is not None
    return [
        DeadlineResumed(
            sources=issue.sources,
            due_at=now + (issue.due_at - issue.paused_at),
            deadline_version=issue.deadline_version + 1,
            reason=asked.reason,
        )
    ]


def climb(before: Issue | None, level: SupervisionLevel, *, due_at: datetime, version: int) -> list[IssueFact]:
    """逐级督办: the moment of this level has come and the matter is still not solved."""
    if before is None or before.state not in UNDER_WAY or before.paused_at is not None:
        return []
    if version != before.deadline_version or not above(level, before.supervision):
        return []
    return [_supervision(before, level, None)]


def supervise(before: Issue | None, asked: Supervise) -> list[IssueFact]:
    """督办 by hand: the town does not wait for the next level."""
    issue = born(before)
    if issue.supervision is asked.level:
        return []
    refuse(
        must_be(issue, *UNDER_WAY),
        not above(asked.level, issue.supervision) and Reason("level_reached", "已进入更高层级的督办", "/level"),
    )
    return [_supervision(issue, asked.level, asked.reason)]


def addressee(issue: Issue, level: SupervisionLevel) -> str | None:
    """督办对象 [D]: the lead department (its office, then its head), the town hall, the district."""
    match level:
        case SupervisionLevel.TOWN_LEADER:
            return TOWN_HALL
        case SupervisionLevel.DISTRICT:
            return DISTRICT
        case _:
            return issue.lead


def _supervision(issue: Issue, level: SupervisionLevel, reason: str | None) -> IssueFact:
    sources, due_at, version, to = issue.sources, issue.due_at, issue.deadline_version, addressee(issue, level)
    if level is SupervisionLevel.DISTRICT:
        return IssueRaisedToDistrict(
            sources=sources, due_at=due_at, deadline_version=version, reason=reason, addressee=to
        )
    return SupervisionStarted(
        sources=sources, level=level, due_at=due_at, deadline_version=version, reason=reason, addressee=to
    )


def _is_over(issue: Issue, now: datetime) -> bool:
    return issue.paused_at is None and issue.due_at is not None and now >= issue.due_at
