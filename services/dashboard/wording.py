"""The words of a journey: what a fact is called, what its stream is, who said it, and when something is due.

The Chinese term stands first in the docstring of every fact and kind (`shared/events`): it is the name.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from shared.events.base import Fact
from shared.events.deliberation import (
    TopicClosed,
    TopicRejected,
    TopicsMerged,
    UndertakingDone,
    UndertakingExcused,
)
from shared.events.escalation import (
    DepartmentReleased,
    DutyExcused,
    DutyFinished,
    IssueClosed,
    IssueWithdrawn,
    WhistleRejected,
)
from shared.events.intake import ComplaintAnswered, ComplaintClosed, ComplaintRedirected, RouteConcluded
from shared.events.projects import (
    ProjectCancelled,
    ProjectCompleted,
    ProjectRejected,
    ProjectsMerged,
    SuggestionAnswered,
    SuggestionMerged,
)
from shared.rules.township import SHANGHAI, Town

_TERM = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff/、（）]*")
KINDS: Mapping[str, str] = {
    "complaint": "诉求",
    "route": "转办",
    "hotspot": "热点",
    "demand": "日诉求量",
    "rates": "三率",
    "platform": "协商平台",
    "topic": "议题",
    "meeting": "会议",
    "assembly": "提请会议",
    "absence": "无故缺席",
    "undertaking": "落实任务",
    "issue": "吹哨事项",
    "duty": "部门报到",
    "suggestion": "建议",
    "project": "民心项目",
    "batch": "项目批次",
}
"""What a stream of a kind is called."""
ROLES: Mapping[str, str] = {
    "feeder": "渠道接入",
    "dispatcher": "派单员",
    "officer": "承办部门",
    "secretary": "社区书记",
    "recorder": "记录员",
    "supervisor": "镇领导",
    "operator": "运维",
    "auditor": "审计",
    "resident": "居民",
    "service": "系统",
}
"""Who says something, by the role in which they do; persons are never named."""
ENDS = frozenset(
    (
        *(ComplaintAnswered, ComplaintRedirected, ComplaintClosed, RouteConcluded),
        *(TopicClosed, TopicRejected, TopicsMerged, UndertakingDone, UndertakingExcused),
        *(IssueClosed, IssueWithdrawn, WhistleRejected, DutyFinished, DutyExcused, DepartmentReleased),
        *(SuggestionAnswered, SuggestionMerged, ProjectCancelled, ProjectCompleted, ProjectRejected, ProjectsMerged),
    )
)
"""After one of these nothing of the stream is due any more, until another fact follows."""
_DUE = ("due_at", "answer_due_at", "approval_due_at", "review_due_at", "minutes_due_at", "publish_by", "disclose_by")
"""The fields by which something has to be done, the stream's own end first."""


@cache
def heading(type: str) -> str:
    """诉求登记 of `fiveplusn.intake.ComplaintReceived.v1`; a type that is not known here has its own name."""
    known = Fact.known.get(type)
    term = _TERM.match((known.__doc__ or "").strip()) if known else None
    return term[0] if term else type.split(".")[2]


def subject(kind: str) -> str:
    """What a stream of this kind is called."""
    return KINDS.get(kind, kind)


def names(town: Town) -> dict[str, str]:
    """What units and communities are called, by their codes; `town` is the town hall."""
    units, communities = {unit.code: unit.name for unit in town.units}, {one.code: one.name for one in town.communities}
    return {"town": town.name} | units | communities


def who(actor: str, named: Mapping[str, str]) -> str:
    """The role and the unit or communities of an actor `role:scope`."""
    role, _, scope = actor.partition(":")
    told = "、".join(named.get(code, code) for code in scope.split(",") if code)
    return "，".join(part for part in (ROLES.get(role, role), told) if part)


def ends(type: str) -> bool:
    """Whether nothing is due any more after this fact."""
    return Fact.known.get(type) in ENDS


def due(type: str, data: Mapping[str, Any]) -> datetime | None:
    """Until when something has to be done, as this fact says; a day ends at 24:00 in Asia/Shanghai."""
    known = Fact.known.get(type)
    if known is None:
        return None
    for field in _DUE:
        if field in known.model_fields and isinstance(value := data.get(field), str):
            return datetime.fromisoformat(value)
    deadline = data.get("deadline") if "deadline" in known.model_fields else None
    if isinstance(deadline, Mapping) and isinstance(day := deadline.get("finish_on"), str):
        return datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=1)
    return None
