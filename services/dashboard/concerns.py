"""事由归属: whose business a stream is, as its own facts say, one after the other.

What a fact concerns follows from the facts of its stream up to itself and from nothing else: told again in any order of
streams, every fact concerns the same. Who changes the stream's people here follows what its producer lets them see.
"""

from collections.abc import Mapping
from typing import Any

from shared.events.base import Fact
from shared.events.deliberation import MeetingInvited, UndertakingAssigned
from shared.events.escalation import DutyCalled, IssueEscalated, LeadReassigned, WhistleRequested
from shared.events.intake import ComplaintDispatched, ComplaintReceived, ComplaintReturned, SupportUnitAdded
from shared.events.projects import ProjectAbsorbed, ProjectApproved, SuggestionHandledDirectly, SuggestionReviewed
from shared.plumbing.caller import Scope

NOBODY = Scope()
"""A stream that nobody but the town has to do with."""
UNITS: Mapping[type[Fact], tuple[str, ...]] = {
    ComplaintDispatched: ("lead",),
    SupportUnitAdded: ("unit",),
    MeetingInvited: ("unit", "party"),
    UndertakingAssigned: ("unit",),
    WhistleRequested: ("requested_by",),
    IssueEscalated: ("caller", "lead", "support"),
    LeadReassigned: ("lead", "support"),
    DutyCalled: ("department", "caller"),
    SuggestionReviewed: ("unit",),
    SuggestionHandledDirectly: ("unit",),
    ProjectApproved: ("unit",),
}
"""Which fields name a unit whose business the stream is from this fact on. What is merely proposed names nobody yet."""
_OTHERS = (ProjectAbsorbed,)
"""Their community is another stream's."""
_UNIT = "unit/"


def concerned(before: Scope, fact: type[Fact] | None, data: Mapping[str, Any]) -> Scope:
    """Whose business the stream is after this fact. A fact that nobody knows here changes nothing."""
    if fact is None:
        return before
    community, communities = before.community, before.communities
    if "community" in fact.model_fields and fact not in _OTHERS:
        community = data.get("community")
    if "communities" in fact.model_fields:
        communities = tuple(data.get("communities") or ())
    departments = () if fact is ComplaintReturned else before.departments
    named = [unit for field in UNITS.get(fact, ()) for unit in _units(data.get(field))]
    confidential = bool(data.get("confidential")) if fact is ComplaintReceived else before.confidential
    return Scope(community, tuple(dict.fromkeys((*departments, *named))), confidential, communities)


def told(before: Scope, after: Scope) -> Scope:
    """Whom a fact concerns: whoever has the matter after it, and the departments that have it no more."""
    departments = tuple(dict.fromkeys((*after.departments, *before.departments)))
    return Scope(after.community, departments, after.confidential, after.communities)


def _units(value: Any) -> list[str]:
    """The codes of units in a field: one, several, or a party that is a unit."""
    values = value if isinstance(value, list) else [value]
    codes = [one.removeprefix(_UNIT) for one in values if isinstance(one, str)]
    return [code for code in codes if "/" not in code]
