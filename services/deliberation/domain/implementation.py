"""落实与公开: a topic's later undertakings, its public result and its closing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.deliberation.domain.asked import DiscloseTopic, Promise
from services.deliberation.domain.named import unknown_unit
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import DISCLOSURE, Topic, TopicState, not_in, proposed, watches
from services.deliberation.domain.undertaking import Undertaking, assign
from shared.events.deliberation import (
    TopicCarriedOut,
    TopicClosed,
    TopicDisclosed,
    TopicDisclosureOverdue,
    TopicFact,
    UndertakingFact,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.deadline import Watch
from shared.rules.township import Town


def assign_later(
    before: Undertaking | None, asked: Promise, *, topic: UUID, agreed: Topic | None, now: datetime, town: Town
) -> list[UndertakingFact]:
    """补充落实任务: one more undertaking of a topic that is being carried out. `agreed`: the state of `topic`."""
    if before:
        return []
    carried_out = proposed(agreed)
    refuse(
        carried_out.state is not TopicState.IMPLEMENTING and not_in(TopicState.IMPLEMENTING),
        unknown_unit(town, asked.unit, "/unit"),
    )
    assert carried_out.decided_by is not None
    return assign(
        before, asked, topic=topic, community=carried_out.community, decided_by=carried_out.decided_by, now=now
    )


def carried_out(
    before: Topic | None, *, undertakings: Sequence[Undertaking], now: datetime, terms: Terms, calendar: Calendar
) -> list[TopicFact]:
    """落实完毕: the last undertaking of a topic has ended; its result must be public in time [D]. `undertakings`: all."""
    if before is None or before.state is not TopicState.IMPLEMENTING or any(each.open for each in undertakings):
        return []
    return [TopicCarriedOut(disclose_by=terms.disclosure.after(now, calendar))]


def disclosure_overdue(
    before: Topic | None, *, due_at: datetime, version: int, now: datetime, undertakings_open: int
) -> list[TopicFact]:
    """结果公开逾期, said once; nothing while something more has to be done."""
    if before is None or undertakings_open or watches(before).get(DISCLOSURE) != Watch(due_at, version):
        return []
    return [TopicDisclosureOverdue(due_at=due_at)]


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
