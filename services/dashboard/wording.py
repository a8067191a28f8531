"""The words of a journey: what a fact is called, what its stream is, and who said it.

The Chinese term stands first in the docstring of every fact and kind (`shared/events`): it is the name.
"""

import re
from collections.abc import Mapping
from functools import cache

from shared.events.base import Fact
from shared.rules.township import Town

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
    "timer": "系统按时",
}
"""Who says something, by the role in which they do; persons are never named."""


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
