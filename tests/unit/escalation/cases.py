"""A whistle in Dahuichang on Thursday 2024-02-01, 09:00: its town, its terms, and the facts a test may begin with."""

from datetime import date, datetime, timedelta
from uuid import UUID

from services.escalation.domain import duty, issue, reporting
from services.escalation.domain.duty import Duty
from services.escalation.domain.issue import Issue
from services.escalation.domain.terms import ScoreWeights, StepLimits, Terms
from shared.events.base import ref
from shared.events.escalation import (
    ActionPlanned,
    DepartmentCheckedIn,
    DutyAcknowledged,
    DutyFact,
    DutyFinished,
    DutyRole,
    IssueEscalated,
    IssueFact,
    IssueMustered,
    IssueProgressed,
    IssueResolved,
    LadderStep,
    PlanStep,
    SupervisionLevel,
    WhistleApproved,
    WhistleRequested,
)
from shared.events.vocabulary import CheckInMode, CommunityKind, WhistleKind
from shared.rules.attachment import AttachmentTerms
from shared.rules.calendar import Calendar
from shared.rules.deadline import Limit
from shared.rules.township import Category, Community, Place, Town, Unit, UnitLevel
from tests.support.spec import fold

LEAD, SUPPORT, OTHER, CALLER = "district-housing", "district-water", "district-fire", "town"
ISSUE = UUID("11111111-1111-4111-8111-111111111111")
TOPIC, HOTSPOT = ref("topic", UUID(int=1)), ref("hotspot", UUID(int=2))
SOURCES = (TOPIC, HOTSPOT)
NOW = datetime.fromisoformat("2024-02-01T09:00:00+08:00")
DUE = NOW + timedelta(days=5)
CALENDAR = Calendar()
LADDER = tuple(
    LadderStep(level=level, percent_past_due=percent)
    for level, percent in zip(SupervisionLevel, (0, 25, 50, 100), strict=True)
)
TERMS = Terms(
    effective=date(2019, 1, 1),
    approval=Limit.parse("PT4H"),
    emergency_approval=Limit.parse("PT24H"),
    limits={
        WhistleKind.EMERGENCY: StepLimits.model_validate({"acknowledge": "PT5M", "check_in": "PT30M", "due": "PT24H"}),
        WhistleKind.JOINT_ENFORCEMENT: StepLimits.model_validate(
            {"acknowledge": "PT2H", "check_in": "PT24H", "due": "P7D"}
        ),
        WhistleKind.PUBLIC_DEMAND: StepLimits.model_validate(
            {"acknowledge": "4WH", "check_in": "2WD", "due": "P7D", "hard": "P15D"}
        ),
        WhistleKind.KEY_TASK: StepLimits.model_validate(
            {"acknowledge": "4WH", "check_in": "2WD", "due": "P7D", "hard": "P15D"}
        ),
    },
    near_percent=80,
    ladder=LADDER,
    score=ScoreWeights(acknowledge=20, check_in=30, solved=40, cooperation=10),
    attachments=AttachmentTerms(files=30, size=20_000_000, pixels=50_000_000),
    arrivals_kept=timedelta(days=30),
)
TOWN = Town(
    name="北宫镇",
    communities=(
        Community(code="dahuichang", name="大灰厂社区", kind=CommunityKind.RESIDENTIAL),
        Community(code="zhangguozhuang", name="张郭庄村", kind=CommunityKind.VILLAGE),
    ),
    places=(Place(code="dahuichang-estate", name="大灰厂小区", community="dahuichang"),),
    categories=(Category(code="PROPERTY_VACANCY", name="无物业管理", group="物业管理"),),
    units=(
        Unit(code=LEAD, name="区房管局", level=UnitLevel.DISTRICT),
        Unit(code=SUPPORT, name="区水务局", level=UnitLevel.DISTRICT),
        Unit(code=OTHER, name="消防支队", level=UnitLevel.DISTRICT),
        Unit(code="town-request-centre", name="市民诉求处置中心", level=UnitLevel.TOWN),
    ),
)


def moment(text: str) -> datetime:
    """An instant on the clocks of Beigong."""
    return datetime.fromisoformat(f"{text}+08:00")


def after(**length: float) -> datetime:
    """So long after the whistle."""
    return NOW + timedelta(**length)


def requested(whistle: WhistleKind = WhistleKind.PUBLIC_DEMAND) -> WhistleRequested:
    """What the meeting of Dahuichang asked for."""
    return WhistleRequested(
        sources=SOURCES,
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        public_title="物业空窗期应急维修",
        whistle=whistle,
        requested_by="dahuichang",
        requested_at=NOW,
        approval_due_at=NOW + timedelta(hours=24 if whistle is WhistleKind.EMERGENCY else 4),
        lead=LEAD,
        support=(SUPPORT,),
        due_at=DUE,
    )


APPROVED = WhistleApproved(sources=SOURCES, approved_at=NOW, late=False)


def escalated(whistle: WhistleKind = WhistleKind.PUBLIC_DEMAND, due_at: datetime = DUE) -> IssueEscalated:
    """The town calls the housing bureau to lead and the water bureau to support."""
    return IssueEscalated(
        sources=SOURCES,
        community="dahuichang",
        category="PROPERTY_VACANCY",
        place="dahuichang-estate",
        whistle=whistle,
        caller=CALLER,
        lead=LEAD,
        support=(SUPPORT,),
        due_at=due_at,
        task="抢修扶手、清运垃圾、恢复水站",
        escalated_at=NOW,
        deadline_version=1,
        ladder=LADDER,
    )


CALLED: tuple[IssueFact, ...] = (requested(), APPROVED, escalated())
MUSTERED: tuple[IssueFact, ...] = (*CALLED, IssueMustered(sources=SOURCES, mustered_at=after(hours=3)))
PLANNED: tuple[IssueFact, ...] = (
    *MUSTERED,
    ActionPlanned(sources=SOURCES, by=LEAD, steps=(PlanStep(task="修扶手", owner=LEAD, due_at=after(days=2)),)),
)
HANDLED: tuple[IssueFact, ...] = (*PLANNED, IssueProgressed(sources=SOURCES, by=LEAD, note="扶手已修"))
RESOLVED: tuple[IssueFact, ...] = (
    *HANDLED,
    IssueResolved(sources=SOURCES, confirmed_at=after(days=3), result="扶手、水站均已恢复"),
)


def state_of(*facts: IssueFact) -> Issue:
    """The issue after these facts."""
    state = fold(issue.evolve, facts)
    assert state is not None
    return state


def called(
    department: str = LEAD,
    role: DutyRole = DutyRole.LEAD,
    *,
    whistle: WhistleKind = WhistleKind.PUBLIC_DEMAND,
    now: datetime = NOW,
    due_at: datetime = DUE,
) -> DutyFact:
    """A department is called, by the rule itself."""
    of = state_of(requested(whistle), APPROVED, escalated(whistle, due_at))
    facts = reporting.call(None, department, role, issue=of, issue_id=ISSUE, now=now, terms=TERMS, calendar=CALENDAR)
    return facts[0]


def support_called() -> DutyFact:
    """The water bureau is called."""
    return called(SUPPORT, DutyRole.SUPPORT)


def acknowledged(department: str = LEAD, *, late: bool = False) -> DutyAcknowledged:
    """It answers after an hour."""
    return DutyAcknowledged(issue=ref("issue", ISSUE), department=department, acknowledged_at=after(hours=1), late=late)


def checked_in(department: str = LEAD, *, late: bool = False) -> DepartmentCheckedIn:
    """It comes after two hours."""
    return DepartmentCheckedIn(
        issue=ref("issue", ISSUE),
        department=department,
        checked_in_at=after(hours=2),
        mode=CheckInMode.ON_SITE,
        late=late,
        sources=SOURCES,
    )


def finished(department: str = LEAD) -> DutyFinished:
    """Its part is done."""
    return DutyFinished(issue=ref("issue", ISSUE), department=department, finished_at=after(days=2), late=False)


def duty_of(*facts: DutyFact) -> Duty:
    """The duty after these facts."""
    state = fold(duty.evolve, facts)
    assert state is not None
    return state


def here(*, support_late: bool = False) -> tuple[Duty, Duty]:
    """Both departments have come."""
    return (
        duty_of(called(), acknowledged(), checked_in()),
        duty_of(support_called(), acknowledged(SUPPORT), checked_in(SUPPORT, late=support_late)),
    )
