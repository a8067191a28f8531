"""How a stream stands: what is due, since which fact, whether it is over, what it is called; as its own facts say."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.dashboard.standing import DAYS, MATTERS, Standing, _reads, stands
from shared.events.base import Fact
from shared.events.catalogue import facts
from shared.events.deliberation import (
    AbsenceAnswered,
    AbsenceReported,
    AssemblyCalled,
    AssemblyDecided,
    AssemblyPublicationOverdue,
    AssemblyPublished,
    MeetingCancelled,
    MeetingHeld,
    MeetingScheduled,
    MinutesCorrected,
    MinutesOverdue,
    MinutesPublished,
    ProblemRaised,
    TopicAccepted,
    TopicAgreed,
    TopicCarriedOut,
    TopicClosed,
    TopicDisclosed,
    TopicDisclosureOverdue,
    TopicImplementing,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicProposed,
    TopicRejected,
    TopicReopened,
    TopicReportedUpward,
    TopicReviewDue,
    TopicReviewed,
    TopicsMerged,
    UndertakingAssigned,
    UndertakingDone,
    UndertakingExcused,
    UndertakingOverdue,
    UpwardAnswered,
    UpwardReviewDue,
)
from shared.events.escalation import (
    DeadlineExtended,
    DeadlinePaused,
    DeadlineResumed,
    DepartmentCheckedIn,
    DepartmentEvaluated,
    DepartmentReleased,
    DutyAcknowledged,
    DutyCalled,
    DutyDeadlineMissed,
    DutyDeadlineMoved,
    DutyDeadlineNear,
    DutyDeadlinesLifted,
    DutyExcused,
    DutyFinished,
    DutyReopened,
    IssueClosed,
    IssueEscalated,
    IssueReopened,
    IssueResolved,
    IssueWithdrawn,
    LeadReassigned,
    ScoreCommented,
    SupervisionStarted,
    WhistleApprovalMissed,
    WhistleApproved,
    WhistleRejected,
    WhistleRequested,
)
from shared.events.intake import (
    CallbackRecorded,
    CallbackTried,
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintDeadlineNear,
    ComplaintDeadlineRecounted,
    ComplaintDispatched,
    ComplaintFinished,
    ComplaintListed,
    ComplaintOverdue,
    ComplaintProgressed,
    ComplaintReceived,
    ComplaintRedirected,
    ComplaintReopened,
    ComplaintReturned,
    ComplaintReturnRequested,
    ComplaintRouted,
    DemandCounted,
    ExtensionGranted,
    ExtensionRequested,
    HotspotDetected,
    HotspotGrew,
    HotspotSubsided,
    HotspotTopicEnded,
    ListingEnded,
    ListingRequested,
    ListingReviewed,
    RouteConcluded,
)
from shared.events.projects import (
    BatchClosed,
    BatchOpened,
    ProjectAbsorbed,
    ProjectAccepted,
    ProjectApproved,
    ProjectCancelled,
    ProjectCarriedOver,
    ProjectClosed,
    ProjectCompleted,
    ProjectDelayed,
    ProjectDisclosed,
    ProjectEvaluated,
    ProjectOverdue,
    ProjectPooled,
    ProjectProposed,
    ProjectRejected,
    ProjectResumed,
    ProjectsMerged,
    ProjectStarted,
    ProjectsUnmerged,
    ProjectSuspended,
    RectificationOrdered,
    SuggestionAnswered,
    SuggestionCollected,
    SuggestionConverted,
    SuggestionMerged,
    SuggestionOverdue,
    SuggestionReferred,
    SuggestionReviewed,
)
from shared.rules.township import SHANGHAI

BEGIN = datetime(2024, 2, 1, 9, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
Said = tuple[type[Fact], dict[str, object]]


def said(fact: type[Fact], **content: object) -> Said:
    """A fact, with what matters of it; moments are days after the beginning."""
    assert content.keys() <= fact.model_fields.keys()
    return fact, content


def day(number: int) -> str:
    """So many days after the beginning, as a fact says it."""
    return (BEGIN + timedelta(days=number)).isoformat()


def on(number: int) -> str:
    return (BEGIN + timedelta(days=number)).date().isoformat()


def finish(number: int) -> dict[str, object]:
    return {"finish_on": on(number), "warn_at": None, "version": 1}


def after(*those: Said | type[Fact]) -> Standing:
    """How a stream stands after these facts, one an hour."""
    found: Standing | None = None
    for n, one in enumerate(those):
        fact, content = one if isinstance(one, tuple) else (one, {})
        found = stands(found, fact, fact.wire_type, BEGIN + n * HOUR, content)
    assert found is not None
    return found


def due(*those: Said | type[Fact]) -> tuple[int | None, str | None]:
    """In how many days something is due at 09:00, and which fact says so."""
    found = after(*those)
    since = found.due_since and found.due_since.split(".")[2]
    return (None, since) if found.due_at is None else ((found.due_at - BEGIN).days, since)


def is_over(*those: Said | type[Fact]) -> bool:
    found = after(*those)
    assert found.ended_at is None or found.due_at is None, "what is over is not due"
    return found.ended_at is not None


DISPATCHED = said(ComplaintDispatched, lead="town-housing", due_at=day(7), category="REPAIR", place="estate")
COMPLAINT = (said(ComplaintReceived, number="12345-1", category="UNCATEGORISED", place=None), DISPATCHED)


def test_a_stream_began_with_its_first_fact_and_stands_since_its_last() -> None:
    found = after(*COMPLAINT, ComplaintAccepted)
    assert found.began_at == BEGIN
    assert found.last_at == BEGIN + 2 * HOUR
    assert found.last_type == ComplaintAccepted.wire_type


def test_a_fact_nobody_knows_here_is_the_last_and_no_more() -> None:
    known = after(*COMPLAINT)
    later = stands(known, None, "fiveplusn.intake.Newer.v1", BEGIN + 5 * HOUR, {"due_at": day(99), "category": "X"})
    assert (later.last_at, later.last_type) == (BEGIN + 5 * HOUR, "fiveplusn.intake.Newer.v1")
    assert (later.due_at, later.category) == (known.due_at, known.category)


# ------------------------------------------------------------------------------------------------------ complaints


def test_a_complaint_is_due_when_its_dispatch_says() -> None:
    assert due(COMPLAINT[0]) == (None, None)
    assert due(*COMPLAINT) == (7, "ComplaintDispatched")
    assert due(*COMPLAINT, ComplaintAccepted) == (7, "ComplaintDispatched")


def test_the_limits_of_steps_are_not_the_complaints_own() -> None:
    missed = said(ComplaintOverdue, step="ACCEPT", due_at=day(1))
    near = said(ComplaintDeadlineNear, percent=50, due_at=day(3))
    assert due(*COMPLAINT, missed, near) == (7, "ComplaintDispatched")


def test_a_return_does_not_stop_the_clock_and_the_next_dispatch_has_its_own_date() -> None:
    returned = (*COMPLAINT, ComplaintReturnRequested, ComplaintReturned)
    assert due(*returned) == (7, "ComplaintDispatched")
    assert after(*returned).unit is None
    again = (*returned, said(ComplaintDispatched, lead="district-water", due_at=day(9)))
    assert due(*again) == (9, "ComplaintDispatched")
    assert after(*again).unit == "district-water"


def test_an_extension_moves_the_date_only_when_it_is_granted() -> None:
    asked = (*COMPLAINT, said(ExtensionRequested, until=day(12)))
    assert due(*asked) == (7, "ComplaintDispatched")
    assert due(*asked, said(ExtensionGranted, due_at=day(12))) == (12, "ExtensionGranted")


def test_announced_holidays_move_the_date() -> None:
    assert due(*COMPLAINT, said(ComplaintDeadlineRecounted, due_at=day(10))) == (10, "ComplaintDeadlineRecounted")


def test_while_a_complaint_is_listed_nothing_is_due_until_the_listing_ends() -> None:
    asked = (*COMPLAINT, ListingRequested)
    assert due(*asked) == (7, "ComplaintDispatched")
    listed = (*asked, said(ComplaintListed, review_by=day(30), ends_by=day(180)))
    assert due(*listed) == (None, "ComplaintListed")
    assert not is_over(*listed)
    assert due(*listed, said(ListingReviewed, review_by=day(60))) == (None, "ComplaintListed")
    assert due(*listed, said(ListingEnded, due_at=day(40))) == (40, "ListingEnded")


def test_a_finished_complaint_waits_for_its_callback_and_then_for_nothing() -> None:
    finished = (*COMPLAINT, said(ComplaintFinished, callback_by=day(5)))
    assert due(*finished) == (5, "ComplaintFinished")
    assert due(*finished, CallbackTried) == (5, "ComplaintFinished")
    assert due(*finished, CallbackRecorded) == (None, None)
    assert not is_over(*finished, CallbackRecorded)


def test_a_complaint_that_is_handled_again_has_a_new_date_which_the_citys_late_callback_leaves_alone() -> None:
    again = (*COMPLAINT, ComplaintFinished, CallbackRecorded, said(ComplaintReopened, due_at=day(11)))
    assert due(*again) == (11, "ComplaintReopened")
    assert due(*again, CallbackRecorded) == (11, "ComplaintReopened")


@pytest.mark.parametrize("end", [ComplaintAnswered, ComplaintRedirected, ComplaintClosed])
def test_a_complaint_ends_once_and_what_is_said_of_it_later_leaves_it_ended(end: type[Fact]) -> None:
    assert is_over(*COMPLAINT, end)
    assert after(*COMPLAINT, end, CallbackRecorded, ComplaintProgressed).ended_at == BEGIN + 2 * HOUR


def test_a_complaint_is_where_and_what_its_dispatcher_found() -> None:
    found = after(*COMPLAINT)
    assert (found.number, found.category, found.place, found.unit) == ("12345-1", "REPAIR", "estate", "town-housing")
    assert found.title is None


def test_a_route_has_the_complaints_date_until_the_target_has_ended() -> None:
    routed = said(ComplaintRouted, due_at=day(7), public_title="没有物业")
    assert due(routed) == (7, "ComplaintRouted")
    assert due(said(ComplaintRouted, due_at=None)) == (None, None)
    assert after(routed).title == "没有物业"
    assert is_over(routed, RouteConcluded)


def test_a_hotspot_stands_until_it_subsides_and_may_come_again() -> None:
    assert not is_over(HotspotDetected, HotspotGrew)
    assert is_over(HotspotDetected, HotspotSubsided)
    assert is_over(HotspotDetected, HotspotSubsided, HotspotTopicEnded)
    assert not is_over(HotspotDetected, HotspotSubsided, HotspotDetected)


# ---------------------------------------------------------------------------------------------------------- demand


def counted(number: int, complaints: int, people: int) -> Said:
    return said(DemandCounted, day=on(number), complaints=complaints, people=people, category="PARKING", place="road")


def test_of_a_day_that_is_counted_again_the_last_word_stands() -> None:
    found = after(counted(0, 1, 1), counted(1, 4, 3), counted(0, 2, 1))
    assert found.days == {on(0): [2, 1], on(1): [4, 3]}
    assert (found.category, found.place) == ("PARKING", "road")


def test_the_newest_sixty_days_of_a_demand_are_kept() -> None:
    found = after(counted(0, 1, 1), counted(1, 1, 1), counted(DAYS, 5, 5), counted(-3, 9, 9))
    assert found.days == {on(1): [1, 1], on(DAYS): [5, 5]}


# ----------------------------------------------------------------------------------------------------- deliberation

TOPIC = (said(TopicProposed, public_title="引进物业", category="PROPERTY", place="estate"), TopicAccepted)


def test_a_topic_has_no_date_of_its_own_while_it_waits_for_a_meeting() -> None:
    assert due(*TOPIC) == (None, None)
    assert (after(*TOPIC).title, after(*TOPIC).category) == ("引进物业", "PROPERTY")


def test_the_date_named_for_the_departments_is_the_issues_and_the_review_of_a_decision_is_no_limit() -> None:
    assert due(*TOPIC, said(TopicNeedsDepartments, due_at=day(7), public_title="引进物业")) == (None, None)
    assert due(*TOPIC, said(TopicAgreed, review_on=on(90)), said(TopicReviewDue, review_on=on(90))) == (None, None)
    assert due(*TOPIC, TopicNeedsProject) == (None, None)


def test_what_was_reported_upward_is_looked_at_on_its_day_until_it_is_answered() -> None:
    reported = (*TOPIC, said(TopicReportedUpward, review_on=on(30)))
    midnight = datetime.combine(date.fromisoformat(on(30)), datetime.min.time(), SHANGHAI)
    assert after(*reported).due_at == midnight
    assert after(*reported, said(UpwardReviewDue, review_on=on(30))).due_at == midnight
    assert after(*reported, said(TopicReviewed, next_on=on(60))).due_at == midnight + timedelta(days=30)
    assert due(*reported, UpwardAnswered) == (None, None)


def test_a_carried_out_topic_must_be_disclosed_by_its_date_and_a_review_moves_nothing() -> None:
    carried_out = (*TOPIC, TopicImplementing, said(TopicCarriedOut, disclose_by=day(3)))
    assert due(*carried_out) == (3, "TopicCarriedOut")
    assert due(*carried_out, said(TopicDisclosureOverdue, due_at=day(3))) == (3, "TopicCarriedOut")
    assert due(*carried_out, said(TopicReviewed, next_on=on(60))) == (3, "TopicCarriedOut")
    assert due(*carried_out, TopicDisclosed) == (None, None)
    assert not is_over(*carried_out, TopicDisclosed)


@pytest.mark.parametrize("end", [TopicClosed, TopicRejected, TopicsMerged])
def test_a_topic_ends_stays_so_when_its_decision_is_reviewed_and_may_be_reopened(end: type[Fact]) -> None:
    assert is_over(*TOPIC, end)
    assert is_over(*TOPIC, end, said(TopicReviewDue, review_on=on(90)), said(TopicReviewed, next_on=on(180)))
    assert not is_over(*TOPIC, end, TopicReopened)


def test_the_minutes_of_a_meeting_are_due_and_end_it() -> None:
    held = (MeetingScheduled, said(MeetingHeld, minutes_due_at=day(5)))
    assert due(*held, said(MinutesOverdue, due_at=day(5))) == (5, "MeetingHeld")
    assert is_over(*held, MinutesPublished, MinutesCorrected)
    assert is_over(MeetingScheduled, MeetingCancelled)


def test_a_problem_raised_at_a_meeting_does_not_name_the_meeting() -> None:
    raised = after(MeetingScheduled, said(ProblemRaised, public_title="停车难", category="PARKING", place="road"))
    assert (raised.title, raised.category, raised.place) == (None, None, None)


def test_a_decision_is_published_by_its_date_and_over_at_once_where_the_law_names_none() -> None:
    decided = (AssemblyCalled, said(AssemblyDecided, publish_by=day(3)))
    assert due(*decided, said(AssemblyPublicationOverdue, due_at=day(3))) == (3, "AssemblyDecided")
    assert is_over(*decided, AssemblyPublished)
    silent = (AssemblyCalled, said(AssemblyDecided, publish_by=None))
    assert after(*silent, AssemblyPublished).ended_at == BEGIN + HOUR


def test_an_absence_is_answered_and_reported_again() -> None:
    assert not is_over(AbsenceReported)
    assert is_over(AbsenceReported, AbsenceAnswered)
    assert not is_over(AbsenceReported, AbsenceAnswered, AbsenceReported)


def test_an_undertaking_is_due_until_it_is_done_or_excused() -> None:
    promised = said(UndertakingAssigned, due_at=day(20), task="清运垃圾", unit="town-environment")
    assert due(promised, said(UndertakingOverdue, due_at=day(20))) == (20, "UndertakingAssigned")
    assert (after(promised).title, after(promised).unit) == ("清运垃圾", "town-environment")
    assert is_over(promised, UndertakingDone)
    assert is_over(promised, UndertakingExcused)


# ------------------------------------------------------------------------------------------------------- escalation

REQUESTED = said(WhistleRequested, approval_due_at=day(1), due_at=day(9), public_title="水站停用", category="WATER")
ESCALATED = said(IssueEscalated, lead="district-water", due_at=day(8), category="WATER")
ISSUE = (REQUESTED, WhistleApproved, ESCALATED)


def test_a_whistle_waits_for_the_town_leader_first() -> None:
    assert due(REQUESTED) == (1, "WhistleRequested")
    assert due(REQUESTED, said(WhistleApprovalMissed, due_at=day(1))) == (1, "WhistleRequested")
    assert due(REQUESTED, WhistleApproved) == (None, None)
    assert due(*ISSUE) == (8, "IssueEscalated")
    assert is_over(REQUESTED, WhistleRejected)


def test_an_emergency_that_is_approved_afterwards_keeps_its_date() -> None:
    assert due(REQUESTED, ESCALATED, WhistleApproved) == (8, "IssueEscalated")


def test_an_issues_date_is_extended_paused_and_resumed() -> None:
    assert due(*ISSUE, said(DeadlineExtended, due_at=day(12))) == (12, "DeadlineExtended")
    assert due(*ISSUE, DeadlinePaused) == (None, "DeadlinePaused")
    assert due(*ISSUE, DeadlinePaused, said(DeadlineResumed, due_at=day(15))) == (15, "DeadlineResumed")
    assert due(*ISSUE, said(SupervisionStarted, due_at=day(8))) == (8, "IssueEscalated")


def test_a_resolved_issue_owes_nothing_but_is_over_only_when_it_is_closed() -> None:
    resolved = (*ISSUE, IssueResolved)
    assert due(*resolved) == (None, None)
    assert not is_over(*resolved, DepartmentEvaluated)
    assert is_over(*resolved, IssueClosed, ScoreCommented)
    assert is_over(*ISSUE, IssueWithdrawn)
    assert due(*resolved, IssueClosed, said(IssueReopened, due_at=day(20))) == (20, "IssueReopened")


def test_an_issue_is_its_lead_departments() -> None:
    assert after(*ISSUE).unit == "district-water"
    assert after(*ISSUE, said(LeadReassigned, lead="district-housing")).unit == "district-housing"
    assert after(*ISSUE).title == "水站停用"


CALLED = said(DutyCalled, department="district-water", due_at=day(8), acknowledge_by=day(1), check_in_by=day(2))


def test_a_duty_is_due_with_its_issue_whatever_its_steps() -> None:
    missed = said(DutyDeadlineMissed, step="ACKNOWLEDGE", due_at=day(1))
    near = said(DutyDeadlineNear, step="CHECK_IN", due_at=day(2))
    assert due(CALLED, missed, DutyAcknowledged, near, DepartmentCheckedIn) == (8, "DutyCalled")
    assert after(CALLED).unit == "district-water"


def test_a_duty_stands_still_while_the_issue_is_paused() -> None:
    paused = (CALLED, said(DutyDeadlineMoved, move="PAUSED", due_at=None))
    assert due(*paused) == (None, "DutyDeadlineMoved")
    assert due(*paused, said(DutyDeadlineMoved, move="RESUMED", due_at=day(12))) == (12, "DutyDeadlineMoved")


def test_a_department_that_has_finished_owes_nothing_and_stays_until_it_is_released() -> None:
    for done in (DutyFinished, DutyDeadlinesLifted):
        assert due(CALLED, done) == (None, None)
        assert not is_over(CALLED, done)
        assert is_over(CALLED, done, DepartmentReleased)
    assert is_over(CALLED, DutyExcused)
    again = (CALLED, DutyFinished, DepartmentReleased, said(DutyReopened, due_at=day(20)))
    assert due(*again) == (20, "DutyReopened")
    assert not is_over(*again)


# --------------------------------------------------------------------------------------------------------- projects

COLLECTED = said(SuggestionCollected, review_due_at=day(5), answer_due_at=day(15), public_title=None)


def test_a_suggestion_is_due_when_it_must_be_answered_and_every_one_is_answered() -> None:
    late = said(SuggestionOverdue, step="REVIEW", due_at=day(5))
    reviewed = said(SuggestionReviewed, unit="town-projects", public_title="设停车桩", category="PARKING", place=None)
    assert due(COLLECTED, late, reviewed) == (15, "SuggestionCollected")
    for decided in (SuggestionMerged, SuggestionConverted, said(SuggestionReferred, unit="district-traffic")):
        assert due(COLLECTED, reviewed, decided) == (15, "SuggestionCollected")
    assert is_over(COLLECTED, reviewed, SuggestionMerged, SuggestionAnswered)
    assert (after(COLLECTED).title, after(COLLECTED, reviewed).title) == (None, "设停车桩")
    assert after(COLLECTED, reviewed, said(SuggestionReferred, unit="district-traffic")).unit == "district-traffic"


PROPOSED = said(ProjectProposed, public_title="停车秩序", category="PARKING", place="road")
APPROVED = said(ProjectApproved, unit="town-projects", deadline=finish(60))
PROJECT = (PROPOSED, ProjectPooled, APPROVED, ProjectStarted)


def test_a_project_is_to_be_finished_by_the_end_of_its_day() -> None:
    found = after(*PROJECT)
    assert due(PROPOSED, ProjectPooled) == (None, None)
    assert found.due_at == datetime.fromisoformat(on(61)).replace(tzinfo=SHANGHAI)
    assert found.due_at.astimezone(UTC).hour == 16
    assert (found.title, found.unit, found.due_since) == ("停车秩序", "town-projects", ProjectApproved.wire_type)
    assert after(*PROJECT, said(ProjectOverdue, finish_on=on(60))).due_at == found.due_at


def test_a_projects_date_is_delayed_carried_over_and_set_again_for_rectification() -> None:
    assert due(*PROJECT, said(ProjectDelayed, deadline=finish(70))) == (70, "ProjectDelayed")
    assert due(*PROJECT, said(ProjectCarriedOver, deadline=finish(400))) == (400, "ProjectCarriedOver")
    assert due(*PROJECT, said(ProjectCarriedOver, deadline=None)) == (60, "ProjectApproved")
    done = (*PROJECT, ProjectCompleted)
    assert due(*done) == (None, None)
    assert due(*done, said(RectificationOrdered, deadline=finish(90))) == (90, "RectificationOrdered")


def test_nothing_is_due_of_a_suspended_project_even_when_its_year_ends() -> None:
    suspended = (*PROJECT, ProjectSuspended)
    assert due(*suspended) == (None, "ProjectSuspended")
    assert due(*suspended, said(ProjectCarriedOver, deadline=finish(400))) == (None, "ProjectSuspended")
    assert due(*suspended, said(ProjectResumed, deadline=finish(80))) == (80, "ProjectResumed")


def test_a_completed_project_is_over_only_when_it_is_closed_and_its_effect_opens_it_no_more() -> None:
    accepted = (*PROJECT, ProjectCompleted, ProjectAccepted)
    assert not is_over(*accepted)
    assert is_over(*accepted, ProjectClosed, ProjectEvaluated)
    assert is_over(*accepted, ProjectClosed, said(ProjectDisclosed, public_title="停车秩序"))
    for end in (ProjectRejected, ProjectCancelled, ProjectsMerged):
        assert is_over(*PROJECT, end)
    assert not is_over(*PROJECT, ProjectsMerged, ProjectsUnmerged)


def test_a_project_keeps_its_own_place_when_it_absorbs_another() -> None:
    absorbed = said(ProjectAbsorbed, category="LIFT", place="elsewhere")
    assert (after(*PROJECT, absorbed).category, after(*PROJECT, absorbed).place) == ("PARKING", "road")


def test_a_batch_has_a_title_and_an_end() -> None:
    assert after(said(BatchOpened, public_title="2024年第一批")).title == "2024年第一批"
    assert is_over(BatchOpened, BatchClosed)


# ------------------------------------------------------------------------------------------------------ all of them

NO_LIMIT = {
    *(
        "ComplaintReceived",
        "ComplaintAccepted",
        "ComplaintReturnRequested",
        "ComplainantContacted",
        "ExtensionRequested",
    ),
    *("ListingRequested", "ListingReviewed", "CallbackTried", "ComplaintUrged", "ComplaintDeadlineNear"),
    *("ComplaintOverdue", "RatesPublished", "PlatformRulesAdopted", "MemberAppointed", "MonthlyMeetingDue"),
    *("MonthlyMeetingMissed", "MonthlyDutyMet", "TopicScheduled", "TopicSettled", "TopicAgreed", "UpwardReviewDue"),
    *("TopicDisclosureOverdue", "TopicReviewDue", "TopicNeedsDepartments", "MeetingScheduled", "NoticePublished"),
    *("MeetingOpened", "MinutesOverdue", "MeetingPostponed", "AssemblyNoticed", "AssemblyInquorate"),
    *("AssemblyPublicationOverdue", "UndertakingOverdue", "WhistleApprovalMissed", "IssueMustered"),
    *("SupervisionStarted", "IssueRaisedToDistrict", "DutyAcknowledged", "DutyObjected", "DepartmentCheckedIn"),
    *(
        "DutyDeadlineNear",
        "DutyDeadlineMissed",
        "SuggestionOverdue",
        "ProjectProposed",
        "ProjectVoted",
        "ProjectStarted",
    ),
    *("MilestoneReached", "ProjectDeadlineNear", "ProjectOverdue", "ProjectAccepted", "ProjectEvaluated"),
}
"""Their dates say when something was, is a step on the way, or was missed: the matter's own date stands as it did."""


def test_of_every_fact_that_carries_a_date_it_is_decided_what_the_date_is() -> None:
    ends = ("_at", "_by", "_on", "deadline", "until")
    dated = {fact for fact in facts() if any(field.endswith(ends) for field in fact.model_fields)}
    assert {fact.__name__ for fact in dated if not _reads(fact).clock} == NO_LIMIT


def test_every_kind_of_matter_ends_and_the_others_are_not_counted_as_open() -> None:
    assert {fact.kind for fact in facts()} - MATTERS == {"demand", "rates", "platform"}
