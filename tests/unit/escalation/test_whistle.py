"""吹哨: requested, decided, blown, reassigned, withdrawn."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.escalation.domain import due_date, whistle
from services.escalation.domain.asked import (
    ApproveWhistle,
    Because,
    Escalate,
    ExtendDeadline,
    ReassignLead,
    RequestWhistle,
)
from services.escalation.domain.issue import APPROVAL, Issue, IssueState, evolve, watches
from shared.events.base import ref
from shared.events.deliberation import TopicNeedsDepartments
from shared.events.escalation import (
    DutyObjected,
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
from shared.rules.deadline import Watch
from tests.support.spec import fold, given
from tests.unit.escalation.cases import (
    APPROVED,
    CALENDAR,
    CALLED,
    CALLER,
    DUE,
    HANDLED,
    HOTSPOT,
    ISSUE,
    LEAD,
    NOW,
    OTHER,
    RESOLVED,
    SOURCES,
    SUPPORT,
    TERMS,
    TOPIC,
    TOWN,
    after,
    called,
    checked_in,
    duty_of,
    escalated,
    requested,
    state_of,
)

ROUTE = ref("route", UUID(int=3))
BECAUSE = Because(reason="理由")
TASK = "抢修扶手、清运垃圾、恢复水站"


def asked(**changes: object) -> RequestWhistle:
    """A secretary asks for a whistle."""
    usual = {
        "community": "dahuichang",
        "category": "PROPERTY_VACANCY",
        "place": "dahuichang-estate",
        "public_title": "物业空窗期应急维修",
        "whistle": "PUBLIC_DEMAND",
    }
    return RequestWhistle.model_validate(usual | changes)


def ask(before: Issue | None, wish: RequestWhistle) -> list[IssueFact]:
    return whistle.request(before, wish, by="dahuichang", now=NOW, terms=TERMS, calendar=CALENDAR, town=TOWN)


def blow(before: Issue | None, by: str = CALLER, task: str = TASK, **changes: object) -> list[IssueFact]:
    wish = Escalate.model_validate({"task": task} | changes)
    return whistle.escalate(before, wish, by=by, now=NOW, terms=TERMS, calendar=CALENDAR, town=TOWN)


def needs_departments() -> TopicNeedsDepartments:
    return TopicNeedsDepartments(
        meeting=ref("meeting", UUID(int=4)),
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="物业空窗期应急维修",
        whistle=WhistleKind.PUBLIC_DEMAND,
        lead=LEAD,
        support=(SUPPORT,),
        due_at=DUE,
        sources=(HOTSPOT,),
    )


def routed(wanted: RouteTarget = RouteTarget.ISSUE, target: str | None = None) -> ComplaintRouted:
    return ComplaintRouted(
        complaint=ref("complaint", UUID(int=5)),
        community=None,
        category="PROPERTY_VACANCY",
        place=None,
        wanted=wanted,
        target=target,
    )


def test_a_secretary_requests_a_whistle_that_the_town_leader_decides_in_four_clock_hours() -> None:
    given(evolve).when(ask, asked()).then(
        WhistleRequested(
            community="dahuichang",
            category="PROPERTY_VACANCY",
            place="dahuichang-estate",
            public_title="物业空窗期应急维修",
            whistle=WhistleKind.PUBLIC_DEMAND,
            requested_by="dahuichang",
            requested_at=NOW,
            approval_due_at=NOW + timedelta(hours=4),
        )
    )


def test_a_request_is_refused_with_all_its_reasons() -> None:
    wish = asked(community="nowhere", category="NOTHING", lead="nobody", support=(LEAD, LEAD), due_at=NOW)
    given(evolve).when(ask, wish).then_refused(
        "unknown_community", "unknown_category", "place_elsewhere", "due_past", "unknown_unit", "called_twice"
    )


def test_a_topic_brings_lead_and_time_limit_and_keeps_all_its_sources() -> None:
    given(evolve).when(
        whistle.request_from_topic, needs_departments(), TOPIC, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then(requested())


def test_a_topic_heard_again_changes_nothing() -> None:
    given(evolve, requested()).when(
        whistle.request_from_topic, needs_departments(), TOPIC, now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_nothing()


def test_a_route_without_a_target_asks_for_an_issue_even_from_an_unknown_community() -> None:
    given(evolve).when(
        whistle.request_from_route, routed(), ROUTE, title="无物业管理", now=NOW, terms=TERMS, calendar=CALENDAR
    ).then(
        WhistleRequested(
            sources=(ROUTE,),
            community=None,
            category="PROPERTY_VACANCY",
            place=None,
            public_title="无物业管理",
            whistle=WhistleKind.PUBLIC_DEMAND,
            requested_by="town",
            requested_at=NOW,
            approval_due_at=NOW + timedelta(hours=4),
        )
    )


@pytest.mark.parametrize(
    "heard", [routed(RouteTarget.TOPIC), routed(target=ref("issue", ISSUE))], ids=["wants a topic", "links"]
)
def test_another_route_asks_for_nothing(heard: ComplaintRouted) -> None:
    given(evolve).when(
        whistle.request_from_route, heard, ROUTE, title="无物业管理", now=NOW, terms=TERMS, calendar=CALENDAR
    ).then_nothing()


def test_the_town_leader_approves_once() -> None:
    given(evolve, requested()).when(whistle.approve, ApproveWhistle(), now=NOW).then(APPROVED)
    given(evolve, requested(), APPROVED).when(whistle.approve, ApproveWhistle(), now=NOW).then_nothing()


def test_an_approval_after_four_hours_is_late() -> None:
    given(evolve, requested()).when(whistle.approve, ApproveWhistle(note="请尽快"), now=after(hours=5)).then(
        WhistleApproved(sources=SOURCES, approved_at=after(hours=5), late=True, note="请尽快")
    )


def test_a_request_may_be_rejected_as_long_as_nobody_is_called() -> None:
    given(evolve, requested()).when(whistle.reject, BECAUSE).then(WhistleRejected(sources=SOURCES, reason="理由"))
    given(evolve, *CALLED).when(whistle.reject, BECAUSE).then_refused("wrong_state")


def test_what_was_rejected_cannot_be_approved() -> None:
    rejected = WhistleRejected(sources=SOURCES, reason="理由")
    given(evolve, requested(), rejected).when(whistle.approve, ApproveWhistle(), now=NOW).then_refused("decided")


def test_a_missed_approval_is_said_once_and_watched_no_more() -> None:
    due = NOW + timedelta(hours=4)
    missed = WhistleApprovalMissed(sources=SOURCES, due_at=due)
    given(evolve, requested()).when(whistle.approval_missed, due_at=due, version=1).then(missed)
    given(evolve, requested(), missed).when(whistle.approval_missed, due_at=due, version=1).then_nothing()
    waiting, over = fold(evolve, [requested()]), fold(evolve, [requested(), missed])
    assert waiting is not None
    assert over is not None
    assert watches(waiting) == {APPROVAL: Watch(due)}
    assert watches(over) == {}


def test_the_caller_calls_exactly_one_lead_with_a_due_date() -> None:
    given(evolve, requested(), APPROVED).when(blow).then(escalated())


def test_without_lead_and_due_date_no_whistle() -> None:
    bare = requested().model_copy(update={"lead": None, "support": (), "due_at": None, "community": None})
    given(evolve, bare, APPROVED).when(blow).then_refused("unknown_community", "lead_missing", "due_missing")


def test_nobody_whistles_before_it_is_approved_but_an_emergency_does_not_wait() -> None:
    due = after(hours=20)
    given(evolve, requested()).when(blow).then_refused("not_approved")
    given(evolve, requested(WhistleKind.EMERGENCY)).when(blow, due_at=due).then(escalated(WhistleKind.EMERGENCY, due))


def test_an_emergency_is_approved_afterwards_and_stays_where_it_is() -> None:
    facts = (requested(WhistleKind.EMERGENCY), escalated(WhistleKind.EMERGENCY), APPROVED)
    state = fold(evolve, facts)
    assert state is not None
    assert (state.state, state.approved_at) == (IssueState.ESCALATED, NOW)
    unapproved = fold(evolve, facts[:2])
    assert unapproved is not None
    assert watches(unapproved)[APPROVAL] == Watch(after(hours=24))


def test_nobody_calls_itself_and_only_the_town_calls() -> None:
    given(evolve, requested(), APPROVED).when(blow, "town-request-centre", lead="town-request-centre").then_refused(
        "calls_itself"
    )
    given(evolve, requested(), APPROVED).when(blow, OTHER).then_refused("not_a_town_unit")


def test_a_department_is_called_once() -> None:
    given(evolve, requested(), APPROVED).when(blow, support=(LEAD,)).then_refused("called_twice")


def test_the_due_date_lies_ahead_and_within_the_limit_of_the_kind() -> None:
    given(evolve, requested(), APPROVED).when(blow, due_at=NOW).then_refused("due_past")
    given(evolve, requested(), APPROVED).when(blow, due_at=after(days=8)).then_refused("due_too_late")


def test_a_time_limit_that_the_meeting_named_and_the_town_leader_approved_stands() -> None:
    named = requested().model_copy(update={"due_at": after(days=28)})
    given(evolve, named, APPROVED).when(blow).then(escalated(due_at=after(days=28)))
    given(evolve, named, APPROVED).when(blow, due_at=after(days=29)).then_refused("due_too_late")


def test_what_an_emergency_names_must_lie_within_its_limit_as_long_as_nobody_has_approved_it() -> None:
    given(evolve, requested(WhistleKind.EMERGENCY)).when(blow).then_refused("due_too_late")


def test_a_hard_matter_may_take_fifteen_days() -> None:
    hard = escalated(due_at=after(days=15)).model_copy(update={"hard": True})
    given(evolve, requested(), APPROVED).when(blow, due_at=after(days=15), hard=True).then(hard)


def test_the_lead_is_reassigned_when_its_objection_holds() -> None:
    objection = DutyObjected(issue=ref("issue", ISSUE), department=LEAD, objected_at=NOW, reason="不属本局职责")
    objecting = duty_of(called(), objection)
    wish = ReassignLead(lead=SUPPORT, reason="改由水务局牵头")
    given(evolve, *CALLED).when(whistle.reassign, wish, objecting=objecting, town=TOWN).then(
        LeadReassigned(sources=SOURCES, lead=SUPPORT, previous=LEAD, support=(), reason="改由水务局牵头")
    )
    given(evolve, *CALLED).when(whistle.reassign, wish, objecting=duty_of(called()), town=TOWN).then_refused(
        "no_objection"
    )


def test_the_lead_goes_neither_to_itself_nor_to_the_caller_nor_to_a_stranger() -> None:
    objecting = duty_of(called(), checked_in())
    given(evolve, *CALLED).when(
        whistle.reassign, ReassignLead(lead=LEAD, reason="理由"), objecting=objecting, town=TOWN
    ).then_refused("no_objection", "same_lead")
    given(evolve, *CALLED).when(
        whistle.reassign, ReassignLead(lead=CALLER, reason="理由"), objecting=objecting, town=TOWN
    ).then_refused("no_objection", "calls_itself", "unknown_unit")


def test_only_the_caller_withdraws_what_was_blown() -> None:
    given(evolve, *HANDLED).when(whistle.withdraw, BECAUSE, by=CALLER).then(
        IssueWithdrawn(sources=SOURCES, reason="理由")
    )
    given(evolve, *HANDLED).when(whistle.withdraw, BECAUSE, by="dahuichang").then_refused("not_the_caller")


def test_before_the_whistle_whoever_requested_it_withdraws() -> None:
    given(evolve, requested()).when(whistle.withdraw, BECAUSE, by="dahuichang").then(
        IssueWithdrawn(sources=SOURCES, reason="理由")
    )
    given(evolve, requested()).when(whistle.withdraw, BECAUSE, by=CALLER).then_refused("not_the_requester")


def test_what_is_solved_is_not_withdrawn() -> None:
    given(evolve, *RESOLVED).when(whistle.withdraw, BECAUSE, by=CALLER).then_refused("wrong_state")


def test_what_nobody_requested_is_not_found() -> None:
    given(evolve).when(blow).then_refused("not_found")


def test_a_decision_at_the_very_limit_is_in_time() -> None:
    given(evolve, requested()).when(whistle.approve, ApproveWhistle(), now=after(hours=4)).then(
        WhistleApproved(sources=SOURCES, approved_at=after(hours=4), late=False)
    )


def test_the_caller_is_not_among_the_supporting_either() -> None:
    by = "town-request-centre"
    given(evolve, requested(), APPROVED).when(blow, by=by, support=(SUPPORT, by)).then_refused("calls_itself")


def test_whoever_calls_or_leads_falls_out_of_the_support_that_was_proposed() -> None:
    by = "town-request-centre"
    proposed = requested().model_copy(update={"support": (SUPPORT, by, OTHER)})
    [blown] = blow(fold(evolve, (proposed, APPROVED)), by=by, lead=OTHER, support=None)
    assert isinstance(blown, IssueEscalated)
    assert (blown.lead, blown.support) == (OTHER, (SUPPORT,))


def test_a_topic_names_every_source_and_every_department_once() -> None:
    heard = needs_departments().model_copy(update={"sources": (TOPIC, HOTSPOT), "support": (LEAD, SUPPORT, SUPPORT)})
    given(evolve).when(whistle.request_from_topic, heard, TOPIC, now=NOW, terms=TERMS, calendar=CALENDAR).then(
        requested()
    )


def test_a_whistle_may_concern_several_communities() -> None:
    (wish,) = ask(None, asked(communities=("zhangguozhuang",)))
    assert isinstance(wish, WhistleRequested)
    assert (wish.community, wish.communities) == ("dahuichang", ("zhangguozhuang",))
    (blown,) = blow(state_of(wish, APPROVED), lead=LEAD, due_at=DUE)
    assert isinstance(blown, IssueEscalated)
    assert blown.communities == ("zhangguozhuang",)
    assert state_of(wish, APPROVED, blown).concerned == ("dahuichang", "zhangguozhuang")
    given(evolve, requested(), APPROVED).when(blow, communities=("zhangguozhuang",)).then(
        escalated().model_copy(update={"communities": ("zhangguozhuang",)})
    )


def test_each_community_is_one_of_the_town_and_named_once() -> None:
    given(evolve).when(ask, asked(communities=("dahuichang", "nowhere"))).then_refused(
        "named_twice", "unknown_community"
    )
    given(evolve, requested(), APPROVED).when(blow, communities=("zhangguozhuang", "zhangguozhuang")).then_refused(
        "named_twice"
    )


def test_a_place_lies_in_one_of_the_communities_concerned() -> None:
    assert ask(None, asked(community="zhangguozhuang", communities=("dahuichang",)))


def test_a_whistle_of_a_complaint_is_never_due_after_it_unless_the_complaint_is_extended() -> None:
    heard = routed().model_copy(update={"due_at": DUE})
    (wish,) = whistle.request_from_route(
        None, heard, ROUTE, title="大灰厂小区：无物业管理", now=NOW, terms=TERMS, calendar=CALENDAR
    )
    assert isinstance(wish, WhistleRequested)
    assert wish.needed_by == DUE
    whistles = {"lead": LEAD, "community": "dahuichang"}
    later = DUE + timedelta(seconds=1)
    given(evolve, wish, APPROVED).when(blow, due_at=later, **whistles).then_refused("later_than_order")
    approved = state_of(wish, APPROVED)
    assert blow(approved, due_at=DUE, **whistles)
    said = blow(approved, due_at=later, order_extended=True, **whistles)
    assert [type(fact) for fact in said] == [IssueEscalated]
    extension = ExtendDeadline(due_at=later + timedelta(days=1), reason="雨天停工")
    given(evolve, wish, APPROVED, *blow(approved, due_at=DUE, **whistles)).when(
        due_date.extend, extension, now=NOW
    ).then_refused("later_than_order")
    agreed = extension.model_copy(update={"order_extended": True})
    assert due_date.extend(state_of(wish, APPROVED, *said), agreed, now=NOW)
