"""A complaint's first facts and what rules need besides, with defaults: a test names only what matters to it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from services.intake.domain.asked import NewComplaint
from services.intake.domain.open311 import Attribute, Datatype, Open311Terms, Option, PublicService
from services.intake.domain.terms import (
    CallbackTerms,
    Extension,
    HotspotTerms,
    ImportTerms,
    ListingTerms,
    PrivacyTerms,
    RateTargets,
    RateTerms,
    Rehandling,
    Retention,
    Returns,
    Terms,
)
from shared.events.intake import (
    CallbackRecorded,
    ComplainantContacted,
    ComplaintAccepted,
    ComplaintDispatched,
    ComplaintFact,
    ComplaintFinished,
    ComplaintListed,
    ComplaintReceived,
    ComplaintReopened,
    ContactManner,
    ListingReason,
    ListingRequested,
    SpokenWith,
)
from shared.events.vocabulary import Channel, CommunityKind, ComplaintType, Satisfaction, Urgency
from shared.rules.attachment import AttachmentTerms
from shared.rules.calendar import Calendar
from shared.rules.deadline import Limit
from shared.rules.township import Category, Community, Place, Town, Unit, UnitLevel

START = datetime(2024, 2, 1, 1, 0, tzinfo=UTC)
"""09:00 in the town."""
CALENDAR = Calendar()
ID = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def limits(critical: str, urgent: str, other: str, hardest: str | None = None) -> dict[Urgency, Limit]:
    texts = (critical, urgent, other, hardest or other)
    return {urgency: Limit.parse(text) for urgency, text in zip(Urgency, texts, strict=True)}


OPEN311 = Open311Terms(
    contact="镇市民诉求处置中心",
    key_service="向镇市民诉求处置中心申请",
    nearest_m=200,
    again_s=600,
    requests_per_minute=120,
    posts_per_minute=60,
    services=(
        PublicService(
            code="property",
            name="没有物业",
            description="小区无物业管理",
            group="物业管理",
            category="PROPERTY_VACANCY",
            type=ComplaintType.COMPLAINT,
            attributes=(
                Attribute(code="HOUSES", description="楼栋数", datatype=Datatype.NUMBER),
                Attribute(
                    code="WHAT",
                    description="缺少哪些服务",
                    datatype=Datatype.MULTIVALUELIST,
                    required=True,
                    values=(Option(key="REPAIR", name="维修"), Option(key="CLEANING", name="保洁")),
                ),
                Attribute(code="SINCE", description="从何时起", datatype=Datatype.DATETIME),
            ),
        ),
    ),
)

TERMS = Terms(
    effective=date(2019, 1, 1),
    limits=limits("PT2H", "PT24H", "P7D", "P15D"),
    accept=limits("PT10M", "PT30M", "PT2H"),
    first_contact=limits("PT30M", "PT2H", "PT24H"),
    returns=Returns(window=limits("PT30M", "PT30M", "PT2H"), decision=Limit.parse("PT2H")),
    extension=Extension(times=1, factor=Decimal(1), decision=Limit.parse("P1D")),
    listing=ListingTerms(review=Limit.parse("P30D"), least_rest=Limit.parse("PT24H"), longest=Limit.parse("P365D")),
    callback=CallbackTerms(tries=3, span=Limit.parse("P3D")),
    rehandling=Rehandling(times=2, factor=Decimal("0.5"), least=Limit.parse("PT24H")),
    hotspot=HotspotTerms(
        window_days=30,
        people=3,
        surge=Decimal("0.5"),
        surge_complaints=5,
        growth=Decimal("0.5"),
        subsided_below=2,
    ),
    rates=RateTerms(
        response=Decimal("0.1"),
        resolution=Decimal("0.5"),
        satisfaction=Decimal("0.4"),
        basically=Decimal("0.9"),
        month_starts_on=19,
        day_starts_at=time(12),
        publish_after=Limit.parse("P3D"),
        gather_minutes=60,
        targets=RateTargets(response=Decimal(100), resolution=Decimal(95), satisfaction=Decimal(95)),
    ),
    attachments=AttachmentTerms(files=10, size=20_000_000, pixels=50_000_000),
    repeat_window_days=30,
    repeated_urges=3,
    imports=ImportTerms(unfinished=Limit.parse("P1D"), rejections=Limit.parse("P90D"), atomic_rows=10_000),
    retention=Retention(after_end=Limit.parse("P1096D")),
    privacy=PrivacyTerms(lookups_per_hour=30, exports_per_hour=5, quarantine_days=90, erasures_days=400),
    urgency_of={"HEATING": Urgency.URGENT},
    open311=OPEN311,
)

TOWN = Town(
    name="北宫镇",
    communities=(
        Community(code="dahuichang", name="大灰厂社区", kind=CommunityKind.RESIDENTIAL),
        Community(code="zhangguozhuang", name="张郭庄村", kind=CommunityKind.VILLAGE),
    ),
    places=(
        Place(code="dahuichang-estate", name="大灰厂小区", community="dahuichang", aliases=("大灰厂家属区",)),
        Place(code="dahuichang-gate", name="南门", community="dahuichang"),
        Place(code="zhangguozhuang-gate", name="南门", community="zhangguozhuang"),
    ),
    categories=(
        Category(code="PROPERTY_VACANCY", name="无物业管理", group="物业管理"),
        Category(code="HEATING", name="供暖", group="市政公用", sensitive=True),
        Category(code="CONFIDENTIAL", name="保密", group="综合"),
    ),
    units=(
        Unit(code="town-community-office", name="社区建设办公室", level=UnitLevel.TOWN),
        Unit(code="town-enforcement", name="综合行政执法队", level=UnitLevel.TOWN),
    ),
)
LEAD, SUPPORT = "town-community-office", "town-enforcement"


def an_order(
    *,
    type: ComplaintType = ComplaintType.ASSISTANCE,
    confidential: bool = False,
    community: str | None = "大灰厂社区",
    place: str | None = "大灰厂小区",
    category: str | None = "无物业管理",
    urgency: Urgency | None = None,
    received_at: datetime = START,
) -> NewComplaint:
    return NewComplaint(
        channel=Channel.HOTLINE_12345,
        number="20240201-1",
        type=type,
        received_at=received_at,
        title="没有物业",
        content="家里的维修应该找谁",
        community=community,
        place=place,
        category=category,
        urgency=urgency,
        confidential=confidential,
    )


def received(
    *,
    type: ComplaintType = ComplaintType.ASSISTANCE,
    confidential: bool = False,
    community: str | None = "dahuichang",
    category: str = "PROPERTY_VACANCY",
    place: str | None = "dahuichang-estate",
) -> ComplaintReceived:
    return ComplaintReceived(
        type=type,
        channel=None if confidential else Channel.HOTLINE_12345,
        number=None if confidential else "20240201-1",
        community=community,
        category="CONFIDENTIAL" if confidential else category,
        place=None if confidential else place,
        urgency=Urgency.ROUTINE,
        received_at=START,
        confidential=confidential,
    )


def dispatched(
    *,
    lead: str = LEAD,
    urgency: Urgency = Urgency.ROUTINE,
    community: str | None = "dahuichang",
    category: str = "PROPERTY_VACANCY",
    place: str | None = "dahuichang-estate",
    at: datetime = START,
) -> ComplaintDispatched:
    """A first dispatch."""
    return ComplaintDispatched(
        lead=lead,
        first_handler=lead,
        dispatch=1,
        urgency=urgency,
        community=community,
        category=category,
        place=place,
        dispatched_at=at,
        clock_from=at,
        accept_by=TERMS.accept[urgency].after(at, CALENDAR),
        contact_by=TERMS.first_contact[urgency].after(at, CALENDAR),
        due_at=TERMS.limits[urgency].after(at, CALENDAR),
        deadline_version=1,
    )


ACCEPTED = ComplaintAccepted(lead=LEAD, accepted_at=START + HOUR, late=False)
CONTACTED = ComplainantContacted(
    unit=LEAD, contacted_at=START + 2 * HOUR, manner=ContactManner.PHONE, first=True, late=False
)
FINISHED = ComplaintFinished(
    lead=LEAD,
    finished_at=START + 2 * DAY,
    spoken_with=SpokenWith.COMPLAINANT,
    measure="应急物业已进驻",
    late=False,
    callback_by=START + 5 * DAY,
)
LISTING_ASKED = ListingRequested(unit=LEAD, reason=ListingReason.HISTORICAL, explained_at=START + DAY, plan="引进物业")
LISTED = ComplaintListed(
    reason=ListingReason.HISTORICAL,
    listed_at=START + 2 * DAY,
    review_by=START + 32 * DAY,
    ends_by=START + 367 * DAY,
    rest_seconds=5 * 86_400,
    deadline_version=2,
)


def in_progress(first: ComplaintReceived | None = None, sent: ComplaintDispatched | None = None) -> list[ComplaintFact]:
    """The facts of a complaint that is being handled."""
    return [first or received(), sent or dispatched(), ACCEPTED, CONTACTED]


def listed() -> list[ComplaintFact]:
    """The facts of a complaint listed two days after its dispatch, with five of its seven days left."""
    return [*in_progress(), LISTING_ASKED, LISTED]


def finished() -> list[ComplaintFact]:
    """The facts of a complaint that waits for its callback."""
    return [*in_progress(), FINISHED]


def called_back(*, resolved: bool = True, satisfaction: Satisfaction = Satisfaction.SATISFIED) -> CallbackRecorded:
    return CallbackRecorded(
        called_at=START + 3 * DAY, valid=True, contacted=True, resolved=resolved, satisfaction=satisfaction
    )


def reopened(reopening: int) -> ComplaintReopened:
    return ComplaintReopened(
        reopening=reopening,
        reopened_at=START + 3 * DAY,
        due_at=START + 6 * DAY + 12 * HOUR,
        deadline_version=1 + reopening,
    )


def rehandled_twice() -> list[ComplaintFact]:
    """The facts of a complaint that waits for its callback after the second rehandling."""
    bad = called_back(resolved=False)
    return [*finished(), bad, reopened(1), FINISHED, bad, reopened(2), FINISHED]
