"""七种结论 and when each may be drawn."""

from fractions import Fraction

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from services.deliberation.domain.asked import Amount, Promise
from services.deliberation.domain.concluding import Tally
from services.deliberation.domain.conclusion import (
    Agree,
    Conclusion,
    Defer,
    NeedDepartments,
    NeedProject,
    ReferToAssembly,
    ReportUpward,
    Settle,
)
from services.deliberation.domain.undertaking import undertaking_id
from shared.events.base import ref
from shared.events.deliberation import (
    AssemblyForum,
    AssemblyMatter,
    CommonDemand,
    ReferralCause,
    TopicAgreed,
    TopicDeferred,
    TopicFact,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicOpened,
    TopicReferredToAssembly,
    TopicReportedUpward,
    TopicScheduled,
    TopicSettled,
    UpwardReason,
)
from shared.events.vocabulary import (
    CommunityKind,
    FiveQualities,
    ProjectCategory,
    Quantity,
    SevenNeeds,
    WhistleKind,
)
from tests.unit.deliberation.builders import (
    DAY,
    HOTSPOT,
    IN_MEETING,
    MEETING,
    NOW,
    STARTS_AT,
    TOPIC,
    at,
    concluded,
    in_deliberation,
    scheduled,
)

PROMISE = Promise(
    owner="金鹏顺发物业",
    task="修补道路",
    due_at=NOW + 20 * DAY,
    planned=(Amount(work="道路修补", amount=19, quantity=Quantity.PLACES),),
)
HIRE = ReferToAssembly(forum=AssemblyForum.OWNERS, matter=AssemblyMatter.HIRE_PROPERTY_COMPANY)
DISPUTED = Tally(support=4, oppose=2)
OBJECTED = Tally(support=9, oppose=1, seat_objections=1)


def deferred_twice() -> list[TopicFact]:
    facts = in_deliberation()
    for deferrals in (1, 2):
        facts += [
            TopicDeferred(meeting=IN_MEETING, reason="尚需洽谈", deferrals=deferrals),
            TopicScheduled(meeting=IN_MEETING, starts_at=STARTS_AT),
            TopicOpened(meeting=IN_MEETING, round=deferrals + 1),
        ]
    return facts


def test_what_is_settled_on_the_spot_says_who_and_until_when() -> None:
    undertaking = ref("undertaking", undertaking_id(TOPIC, IN_MEETING, 1))
    concluded(in_deliberation(), Settle(promises=(PROMISE,))).then(
        TopicSettled(meeting=IN_MEETING, undertakings=(undertaking,))
    )
    concluded(in_deliberation(), Settle(promises=())).then_refused("promises_missing")


def test_what_is_agreed_leads_to_one_undertaking_per_promise() -> None:
    undertakings = tuple(ref("undertaking", undertaking_id(TOPIC, IN_MEETING, number)) for number in (1, 2))
    assert len(set(undertakings)) == 2
    concluded(in_deliberation(), Agree(promises=(PROMISE, PROMISE))).then(
        TopicAgreed(meeting=IN_MEETING, undertakings=undertakings)
    )


def test_a_promise_is_due_in_the_future() -> None:
    late = PROMISE.model_copy(update={"due_at": NOW})
    concluded(in_deliberation(), Agree(promises=(PROMISE, late))).then_refused("due_in_the_past")


def test_only_a_topic_that_is_being_deliberated_is_concluded() -> None:
    concluded(scheduled(), Defer(reason="尚需洽谈")).then_refused("wrong_state")


def test_a_deferral_is_counted() -> None:
    concluded(in_deliberation(), Defer(reason="尚需洽谈")).then(
        TopicDeferred(meeting=IN_MEETING, reason="尚需洽谈", deferrals=1)
    )


@pytest.mark.parametrize("tally", [DISPUTED, OBJECTED])
def test_a_large_dispute_leaves_only_the_assembly(tally: Tally) -> None:
    concluded(in_deliberation(), Agree(promises=(PROMISE,)), tally=tally).then_refused("assembly_needed")


@pytest.mark.parametrize(
    "other",
    [
        Settle(promises=(PROMISE,)),
        Agree(promises=(PROMISE,)),
        Defer(reason="再议"),
        NeedDepartments(lead="district-housing", due_at=NOW + 7 * DAY),
        NeedProject(
            project_category=ProjectCategory.TRAVEL,
            tags=(FiveQualities.SAFETY,),
            common=CommonDemand.MEETING_FINDING,
            finding="多户反映",
        ),
        ReportUpward(
            reason=UpwardReason.POLICY,
            reported_to="town-planning-office",
            explanation="说明",
            review_on=at(2024, 3, 1).date(),
        ),
    ],
)
def test_two_deferrals_leave_only_the_assembly(other: Conclusion) -> None:
    concluded(deferred_twice(), other).then_refused("assembly_needed")


def referred(cause: ReferralCause, asked: ReferToAssembly = HIRE) -> TopicReferredToAssembly:
    return TopicReferredToAssembly(
        meeting=IN_MEETING,
        forum=asked.forum,
        matter=asked.matter,
        cause=cause,
        authorised=asked.authorised,
        community="dahuichang",
        public_title="引进物业",
    )


def test_hiring_a_property_company_belongs_to_the_owners() -> None:
    concluded(in_deliberation(), HIRE).then(referred(ReferralCause.LAW))
    concluded(deferred_twice(), HIRE).then(referred(ReferralCause.ROUNDS))
    concluded(in_deliberation(), HIRE, tally=DISPUTED).then(referred(ReferralCause.DISPUTE))
    wrong = HIRE.model_copy(update={"forum": AssemblyForum.RESIDENTS})
    concluded(in_deliberation(), wrong).then_refused("wrong_forum")


def test_a_matter_that_no_law_names_goes_to_an_assembly_only_after_rounds_or_dispute() -> None:
    other = ReferToAssembly(forum=AssemblyForum.RESIDENTS, matter=AssemblyMatter.OTHER)
    concluded(in_deliberation(), other).then_refused("assembly_not_open")
    concluded(deferred_twice(), other).then(referred(ReferralCause.ROUNDS, other))


def test_representatives_of_villagers_decide_authorised_matters_only() -> None:
    asked = ReferToAssembly(
        forum=AssemblyForum.VILLAGER_REPRESENTATIVES, matter=AssemblyMatter.PUBLIC_WELFARE_UNDERTAKING
    )
    village = CommunityKind.VILLAGE
    concluded(in_deliberation(), asked, kind=village).then_refused("not_authorised")
    allowed = asked.model_copy(update={"authorised": True})
    concluded(in_deliberation(), allowed, kind=village).then(referred(ReferralCause.LAW, allowed))
    concluded(in_deliberation(), allowed).then_refused("wrong_forum")


def test_reporting_upward_needs_the_report_and_the_explanation() -> None:
    asked = ReportUpward(reason=UpwardReason.PLANNING, review_on=NOW.date())
    concluded(in_deliberation(), asked).then_refused("report_missing", "explanation_missing", "review_in_the_past")
    full = ReportUpward(
        reason=UpwardReason.PLANNING,
        reported_to="town-planning-office",
        explanation="规划尚未批准，已向各方说明",
        review_on=at(2024, 3, 1).date(),
    )
    concluded(in_deliberation(HOTSPOT), full).then(
        TopicReportedUpward(
            meeting=IN_MEETING,
            reason=UpwardReason.PLANNING,
            reported_to="town-planning-office",
            explanation="规划尚未批准，已向各方说明",
            review_on=at(2024, 3, 1).date(),
            community="dahuichang",
            category="PROPERTY_VACANCY",
            place="dahuichang-estate",
            sources=(HOTSPOT,),
        )
    )


def test_a_whistle_needs_a_lead_department_and_a_time_limit() -> None:
    concluded(in_deliberation(), NeedDepartments()).then_refused("lead_missing", "due_missing")
    asked = NeedDepartments(lead="district-housing", support=("district-housing",), due_at=NOW)
    concluded(in_deliberation(), asked).then_refused("due_in_the_past", "lead_is_support")
    unknown = NeedDepartments(lead="nobody", support=("no-one",), due_at=NOW + DAY)
    concluded(in_deliberation(), unknown).then_refused("unknown_unit", "unknown_unit")
    full = NeedDepartments(lead="district-housing", support=("town-community-office",), due_at=NOW + 7 * DAY)
    concluded(in_deliberation(HOTSPOT), full).then(
        TopicNeedsDepartments(
            meeting=IN_MEETING,
            community="dahuichang",
            category="PROPERTY_VACANCY",
            place="dahuichang-estate",
            public_title="引进物业",
            whistle=WhistleKind.PUBLIC_DEMAND,
            lead="district-housing",
            support=("town-community-office",),
            due_at=NOW + 7 * DAY,
            sources=(HOTSPOT,),
        )
    )


def project(common: CommonDemand, *tags: SevenNeeds | FiveQualities, finding: str | None = None) -> NeedProject:
    return NeedProject(project_category=ProjectCategory.TRAVEL, tags=tags, common=common, finding=finding)


def test_a_project_needs_a_tag_and_a_common_demand() -> None:
    concluded(in_deliberation(), project(CommonDemand.HOTSPOT)).then_refused("tags_missing", "not_common")


@pytest.mark.parametrize(
    ("facts", "asked"),
    [
        (in_deliberation(HOTSPOT), project(CommonDemand.HOTSPOT, FiveQualities.SAFETY)),
        (in_deliberation(people=3), project(CommonDemand.PEOPLE, SevenNeeds.HOUSING)),
        (
            in_deliberation(),
            project(CommonDemand.MEETING_FINDING, FiveQualities.CONVENIENCE, finding="多户反映停车难"),
        ),
    ],
)
def test_a_hotspot_three_people_or_the_finding_of_the_meeting_make_a_demand_common(
    facts: list[TopicFact], asked: NeedProject
) -> None:
    outcome = concluded(facts, asked)
    assert outcome.facts is not None
    (fact,) = outcome.facts
    assert isinstance(fact, TopicNeedsProject)
    assert (fact.meeting, fact.common, fact.tags) == (ref("meeting", MEETING), asked.common, asked.tags)
    assert fact.sources == tuple(facts[0].model_dump()["sources"])


@pytest.mark.parametrize(
    ("facts", "common"),
    [
        (in_deliberation(people=2), CommonDemand.PEOPLE),
        (in_deliberation(), CommonDemand.PEOPLE),
        (in_deliberation(IN_MEETING), CommonDemand.HOTSPOT),
        (in_deliberation(HOTSPOT), CommonDemand.MEETING_FINDING),
    ],
)
def test_a_demand_is_not_common_because_somebody_says_so(facts: list[TopicFact], common: CommonDemand) -> None:
    concluded(facts, project(common, FiveQualities.SAFETY)).then_refused("not_common")


@any_of(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_dispute_is_large_from_a_third_against_on(support: int, oppose: int, abstain: int) -> None:
    large = Tally(support=support, oppose=oppose, abstain=abstain).large_dispute(Fraction(1, 3))
    assert large == (oppose > 0 and 3 * oppose >= support + oppose + abstain)
