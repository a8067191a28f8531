"""吹哨: requested, decided by the town leader, blown by the caller, withdrawn."""

from datetime import datetime
from typing import Literal

from services.escalation.domain.asked import ApproveWhistle, Because, Escalate, ReassignLead, RequestWhistle
from services.escalation.domain.duty import Duty, DutyState
from services.escalation.domain.issue import (
    ENDED,
    TOWN_HALL,
    UNDER_WAY,
    Issue,
    IssueState,
    born,
    must_be,
    must_call,
)
from services.escalation.domain.routing import Proposal
from services.escalation.domain.terms import Terms
from shared.events.base import Code, Line
from shared.events.deliberation import TopicNeedsDepartments
from shared.events.escalation import (
    DutyRole,
    IssueEscalated,
    IssueFact,
    IssueWithdrawn,
    LeadReassigned,
    WhistleApprovalMissed,
    WhistleApproved,
    WhistleRejected,
    WhistleRequested,
)
from shared.events.intake import ComplaintRouted
from shared.events.vocabulary import RouteTarget, WhistleKind
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town, UnitLevel


def request(
    before: Issue | None, asked: RequestWhistle, *, by: str, now: datetime, terms: Terms, calendar: Calendar, town: Town
) -> list[IssueFact]:
    """请求吹哨 by a secretary or a department."""
    if before:
        return []
    place = town.place(asked.place)
    refuse(
        town.community(asked.community) is None and Reason("unknown_community", "没有这个社区（村）", "/community"),
        town.category(asked.category) is None and Reason("unknown_category", "没有这个诉求分类", "/category"),
        asked.place is not None and place is None and Reason("unknown_place", "地名表中没有这个地点", "/place"),
        place is not None
        and place.community not in (asked.community, *asked.communities)
        and Reason("place_elsewhere", "该地点不在这个社区（村）", "/place"),
        asked.due_at is not None and asked.due_at <= now and Reason("due_past", "办结期限须晚于现在", "/due_at"),
        *_against_communities(asked.community, asked.communities, town),
        *_against_departments(asked.lead, asked.support, town),
    )
    return [
        WhistleRequested(
            community=asked.community,
            communities=asked.communities,
            category=asked.category,
            place=asked.place,
            public_title=asked.public_title,
            whistle=asked.whistle,
            requested_by=by,
            requested_at=now,
            approval_due_at=terms.approval_limit(asked.whistle).after(now, calendar),
            lead=asked.lead,
            support=asked.support,
            due_at=asked.due_at,
        )
    ]


def request_from_topic(
    before: Issue | None, heard: TopicNeedsDepartments, topic: str, *, now: datetime, terms: Terms, calendar: Calendar
) -> list[IssueFact]:
    """协商议题转吹哨 (exit d): lead department and time limit have been named by the meeting. `topic`: its stream."""
    if before:
        return []
    return [
        WhistleRequested(
            sources=tuple(dict.fromkeys((topic, *heard.sources))),
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=heard.public_title,
            whistle=heard.whistle,
            requested_by=heard.community,
            requested_at=now,
            approval_due_at=terms.approval_limit(heard.whistle).after(now, calendar),
            lead=heard.lead,
            support=tuple(unit for unit in dict.fromkeys(heard.support) if unit != heard.lead),
            due_at=heard.due_at,
        )
    ]


def request_from_route(
    before: Issue | None,
    heard: ComplaintRouted,
    route: str,
    *,
    title: Line,
    now: datetime,
    terms: Terms,
    calendar: Calendar,
    proposal: Proposal | None = None,
) -> list[IssueFact]:
    """工单转吹哨: only a route that asks for an issue and links to none. `title`: where the route brings none.

    It is needed by the day on which the complaint is due [D 25]. A route names no lead: it carries what the town's rules
    propose, and a person decides.
    """
    if before or heard.wanted is not RouteTarget.ISSUE or heard.target:
        return []
    whistle = proposal.whistle if proposal else WhistleKind.PUBLIC_DEMAND
    return [
        WhistleRequested(
            sources=(route,),
            community=heard.community,
            category=heard.category,
            place=heard.place,
            public_title=heard.public_title or title,
            whistle=whistle,
            requested_by=heard.community or TOWN_HALL,
            requested_at=now,
            approval_due_at=terms.approval_limit(whistle).after(now, calendar),
            needed_by=heard.due_at,
            lead=proposal.lead if proposal else None,
            support=proposal.support if proposal else (),
            proposed_by=proposal.rule if proposal else None,
        )
    ]


def approve(before: Issue | None, asked: ApproveWhistle, *, now: datetime) -> list[IssueFact]:
    """同意吹哨 by the town leader; an emergency that was blown already is confirmed."""
    issue = born(before)
    if issue.approved_at:
        return []
    refuse(issue.state in ENDED and Reason("decided", "该事项已有结论，不能再审批"))
    late = now > issue.approval_due_at
    return [WhistleApproved(sources=issue.sources, approved_at=now, late=late, note=asked.note)]


def reject(before: Issue | None, asked: Because) -> list[IssueFact]:
    """不予吹哨 by the town leader, before anybody was called."""
    issue = born(before)
    if issue.state is IssueState.REJECTED:
        return []
    refuse(must_be(issue, IssueState.REQUESTED))
    return [WhistleRejected(sources=issue.sources, reason=asked.reason)]


def approval_missed(before: Issue | None, *, due_at: datetime, version: int) -> list[IssueFact]:
    """审批超时: nobody has decided by then."""
    if before is None or before.approved_at or before.approval_missed or before.state in ENDED:
        return []
    return [WhistleApprovalMissed(sources=before.sources, due_at=due_at)]


def escalate(
    before: Issue | None, asked: Escalate, *, by: str, now: datetime, terms: Terms, calendar: Calendar, town: Town
) -> list[IssueFact]:
    """吹哨: exactly one lead department and a due date [S]; nobody calls itself; an emergency does not wait.

    A time limit that was named in the request and approved stands [S]; any other lies within the limit of its kind [D].
    Whoever calls or leads falls out of the support that was proposed.
    It does not end after the complaint it comes from, unless that has been extended or listed [D 25].
    """
    issue = born(before)
    community = asked.community or issue.community
    communities = issue.communities if asked.communities is None else asked.communities
    lead = asked.lead or issue.lead
    proposed = tuple(unit for unit in issue.support if unit not in (by, lead))
    support = proposed if asked.support is None else asked.support
    due_at = asked.due_at or issue.due_at
    latest = terms.limits[issue.whistle].longest(hard=asked.hard).after(now, calendar)
    approved_so = issue.approved_at is not None and due_at == issue.due_at
    waits = issue.whistle is not WhistleKind.EMERGENCY
    refuse(
        must_be(issue, IssueState.REQUESTED, IssueState.APPROVED),
        issue.state is IssueState.REQUESTED and waits and Reason("not_approved", "尚未经镇领导同意"),
        (community is None or town.community(community) is None)
        and Reason("unknown_community", "须写明所在社区（村）", "/community"),
        *_against_communities(community, communities, town),
        lead is None and Reason("lead_missing", "须明确一个主责部门", "/lead"),
        not _is_of_the_town(by, town) and Reason("not_a_town_unit", "只有镇一级的单位可以吹哨"),
        by == lead and Reason("calls_itself", "吹哨单位不能召集自己", "/lead"),
        by in support and Reason("calls_itself", "吹哨单位不能召集自己", "/support"),
        *_against_departments(lead, support, town),
        due_at is None and Reason("due_missing", "须明确办结期限", "/due_at"),
        due_at is not None and due_at <= now and Reason("due_past", "办结期限须晚于现在", "/due_at"),
        due_at is not None
        and due_at > latest
        and not approved_so
        and Reason("due_too_late", "办结期限超过该类吹哨的最长时限", "/due_at"),
        later_than_order(issue, due_at, extended=asked.order_extended),
    )
    assert community is not None
    assert lead is not None
    assert due_at is not None
    return [
        IssueEscalated(
            sources=issue.sources,
            community=community,
            communities=communities,
            category=issue.category,
            place=issue.place,
            whistle=issue.whistle,
            caller=by,
            lead=lead,
            support=support,
            due_at=due_at,
            task=asked.task,
            escalated_at=now,
            deadline_version=1,
            hard=asked.hard,
            ladder=terms.ladder,
        )
    ]


def reassign(before: Issue | None, asked: ReassignLead, *, objecting: Duty | None, town: Town) -> list[IssueFact]:
    """改派主责部门: the objection of the lead holds; another department leads from this moment."""
    issue = born(before)
    refuse(
        must_be(issue, *UNDER_WAY),
        (objecting is None or objecting.state is not DutyState.OBJECTED)
        and Reason("no_objection", "该部门没有待决的异议"),
        objecting is not None
        and objecting.role is not DutyRole.LEAD
        and Reason("not_the_lead", "该部门不是主责部门，可免予报到"),
        asked.lead == issue.lead and Reason("same_lead", "须改派给另一个部门", "/lead"),
        asked.lead == issue.caller and Reason("calls_itself", "吹哨单位不能召集自己", "/lead"),
        *_against_departments(asked.lead, (), town),
    )
    assert issue.lead is not None
    return [
        LeadReassigned(
            sources=issue.sources,
            lead=asked.lead,
            previous=issue.lead,
            support=tuple(unit for unit in issue.support if unit != asked.lead),
            reason=asked.reason,
        )
    ]


def withdraw(before: Issue | None, asked: Because, *, by: str) -> list[IssueFact]:
    """撤哨 by the caller, before the matter is solved; by whoever requested it while nobody has been called."""
    issue = born(before)
    if issue.state is IssueState.WITHDRAWN:
        return []
    called = issue.caller is not None
    refuse(
        must_be(issue, IssueState.REQUESTED, IssueState.APPROVED, *UNDER_WAY),
        called and must_call(issue, by),
        not called and issue.requested_by != by and Reason("not_the_requester", "只有请求单位可以撤回"),
    )
    return [IssueWithdrawn(sources=issue.sources, reason=asked.reason)]


def later_than_order(issue: Issue, due_at: datetime | None, *, extended: bool) -> Reason | Literal[False]:
    """The reason against a due date after that of the complaint, as far as it is known and was not extended [D 25]."""
    return (
        not extended
        and due_at is not None
        and issue.needed_by is not None
        and due_at > issue.needed_by
        and Reason("later_than_order", "办结期限晚于来源工单的期限，请先办理工单延期或挂账", "/due_at")
    )


def _against_communities(community: Code | None, others: tuple[Code, ...], town: Town) -> list[Reason]:
    """Every community is one of the town's, and is named once."""
    found = []
    for number, other in enumerate(others):
        if town.community(other) is None:
            found.append(Reason("unknown_community", "没有这个社区（村）", f"/communities/{number}"))
        if other == community or other in others[:number]:
            found.append(Reason("named_twice", "同一社区（村）只须写一次", f"/communities/{number}"))
    return found


def _is_of_the_town(by: str, town: Town) -> bool:
    unit = town.unit(by)
    return by == TOWN_HALL or (unit is not None and unit.level is UnitLevel.TOWN)


def _against_departments(lead: Code | None, support: tuple[Code, ...], town: Town) -> list[Reason]:
    """Every called department is a unit of the town's list, and is called once."""
    found = []
    if lead is not None and town.unit(lead) is None:
        found.append(Reason("unknown_unit", "没有这个单位", "/lead"))
    for number, unit in enumerate(support):
        if town.unit(unit) is None:
            found.append(Reason("unknown_unit", "没有这个单位", f"/support/{number}"))
        if unit == lead or unit in support[:number]:
            found.append(Reason("called_twice", "同一部门只能召集一次", f"/support/{number}"))
    return found
