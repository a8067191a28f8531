"""落实与公开: a topic's later undertakings, its public result and its closing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.deliberation.domain.asked import DiscloseTopic, Promise
from services.deliberation.domain.topic import Topic, TopicState, not_in, proposed
from services.deliberation.domain.undertaking import Undertaking, assign
from shared.events.deliberation import TopicClosed, TopicDisclosed, TopicFact, UndertakingFact
from shared.rules.broken import Reason, refuse


def assign_later(
    before: Undertaking | None, asked: Promise, *, topic: UUID, agreed: Topic | None, now: datetime
) -> list[UndertakingFact]:
    """补充落实任务: one more undertaking of a topic that is being carried out. `agreed`: the state of `topic`."""
    if before:
        return []
    carried_out = proposed(agreed)
    refuse(carried_out.state is not TopicState.IMPLEMENTING and not_in(TopicState.IMPLEMENTING))
    assert carried_out.decided_by is not None
    return assign(
        before, asked, topic=topic, community=carried_out.community, decided_by=carried_out.decided_by, now=now
    )


def disclose(before: Topic | None, asked: DiscloseTopic, *, undertakings: Sequence[Undertaking]) -> list[TopicFact]:
    """公开结果: everything is done or excused first. `undertakings`: all of the topic."""
    topic = proposed(before)
    if topic.state is TopicState.DISCLOSED and topic.result == asked.result:
        return []
    refuse(topic.state is not TopicState.IMPLEMENTING and not_in(TopicState.IMPLEMENTING), _undone(undertakings))
    return [TopicDisclosed(result=asked.result)]


def close(before: Topic | None, *, undertakings: Sequence[Undertaking]) -> list[TopicFact]:
    """议题办结: all undertakings done or excused, and the result public first."""
    topic = proposed(before)
    if topic.state is TopicState.CLOSED:
        return []
    refuse(
        topic.state is not TopicState.DISCLOSED and Reason("not_disclosed", "结果须先公开，议题才能办结"),
        _undone(undertakings),
    )
    assert topic.result is not None
    return [TopicClosed(result=topic.result, sources=topic.asked_by)]


def _undone(undertakings: Sequence[Undertaking]) -> Reason | None:
    undone = sum(undertaking.open for undertaking in undertakings)
    return Reason("undertakings_open", f"还有 {undone} 项落实任务未完成或免除") if undone else None
