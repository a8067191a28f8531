"""What intake (接诉) says on `intake.events`: complaints, routes, hotspots, demand."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Fact, Line, Mention, Moment, Prose, Ref, Target
from shared.events.vocabulary import (
    Channel,
    ComplaintType,
    DisclosureStage,
    ProgressStep,
    RouteTarget,
    Satisfaction,
    Urgency,
)

UNCATEGORISED = "UNCATEGORISED"
"""未分类: nobody has said yet what the complaint is about, or the word was unknown."""
CONFIDENTIAL = "CONFIDENTIAL"
"""保密: stands for the category of a confidential complaint; its place, number and channel are left out too."""


class IntakeFact(Fact, abstract=True):
    """Anything intake says."""

    said_by = "intake"


class ComplaintFact(IntakeFact, abstract=True):
    """A fact of one complaint; the stream's id is the complaint's.

    Texts are written by staff for the public; of a confidential complaint they are left out.
    """

    kind = "complaint"


class ComplaintReceived(ComplaintFact):
    """诉求登记: always registered, whatever the channel.

    `number`: the work order's number at its channel; `urgency`: a proposal, the dispatcher decides; `repeat`: the same
    person's same matter was closed before; `possible_repeat`: imported, so nobody has looked. Which complaint came
    before is never said: it would link one person's complaints.
    """

    type: ComplaintType
    channel: Channel | None
    number: Code | None
    community: Code | None
    category: Code
    place: Code | None
    urgency: Urgency
    received_at: Moment
    confidential: bool
    repeat: bool = False
    possible_repeat: bool = False


class ComplaintAnswered(ComplaintFact):
    """直接答复: inquiries only; the end of the complaint. `retain_until`: then the vault forgets who asked."""

    answered_at: Moment
    answer: Prose | None
    retain_until: Moment | None = None


class ComplaintRedirected(ComplaintFact):
    """引导至其他渠道: not the town's to handle; reason and right channel were told. The end of the complaint.

    `retain_until`: then the vault forgets who asked.
    """

    told_at: Moment
    reason: Line | None
    right_channel: Line | None
    retain_until: Moment | None = None


class ComplaintDispatched(ComplaintFact):
    """派单. `first_handler`: the first lead unit, for ever (首接负责制); `dispatch`: 1, 2, 3 after returns.

    Community, category and place as the dispatcher found them. `clock_from`: the first dispatch; a return does not
    stop the clock, so `due_at` counts from it. `accept_by`, `contact_by` count from this dispatch. `provisional`: the due
    date counts working days in a year whose holidays are not announced yet. `proposed_by`: the dispatch rule that
    proposed a unit (its name, `@`, the rules' version), and `followed`: whether the person who decided took that unit;
    never said of a confidential complaint.
    """

    lead: Code
    first_handler: Code
    dispatch: int
    urgency: Urgency
    community: Code | None
    category: Code
    place: Code | None
    dispatched_at: Moment
    clock_from: Moment
    accept_by: Moment
    contact_by: Moment
    due_at: Moment
    deadline_version: int
    provisional: bool = False
    proposed_by: Line | None = None
    followed: bool | None = None


class ComplaintAccepted(ComplaintFact):
    """签收 by the lead unit. `late`: after the accept limit."""

    lead: Code
    accepted_at: Moment
    late: bool


class ReturnReason(StrEnum):
    """退单理由: 非本单位职责 非本辖区 重复工单 信息不足."""

    NOT_MY_DUTY = "NOT_MY_DUTY"
    NOT_MY_AREA = "NOT_MY_AREA"
    DUPLICATE = "DUPLICATE"
    INSUFFICIENT_INFO = "INSUFFICIENT_INFO"


class ComplaintReturnRequested(ComplaintFact):
    """申请退单: inside the window, once per unit; the clock runs on. The dispatcher decides until `decide_by`."""

    lead: Code
    reason: ReturnReason
    note: Line | None
    requested_at: Moment
    decide_by: Moment


class ComplaintReturned(ComplaintFact):
    """同意退单: without a lead unit again; the first handler stays."""

    lead: Code
    reason: ReturnReason


class ReturnRejected(ComplaintFact):
    """不同意退单: the same unit, the same clock."""

    lead: Code
    why: Line | None


class ContactManner(StrEnum):
    """联系方式: how the complainant was spoken to."""

    PHONE = "PHONE"
    VISIT = "VISIT"
    ONLINE = "ONLINE"


class ComplainantContacted(ComplaintFact):
    """联系诉求人: spoken to by the lead or a support unit. `first`: the one the limit asks for; `late`: after it."""

    unit: Code
    contacted_at: Moment
    manner: ContactManner
    first: bool
    late: bool


class SupportUnitAdded(ComplaintFact):
    """增加协办单位."""

    unit: Code


class ComplaintSupervised(ComplaintFact):
    """督办: the town looks after it itself."""

    reason: Line | None


class HardCaseMarked(ComplaintFact):
    """列为疑难."""

    reason: Line | None


class ExtensionRequested(ComplaintFact):
    """申请延期 until `until`: before the due date, once, not CRITICAL, at most the original limit more."""

    unit: Code
    until: Moment
    reason: Line | None
    requested_at: Moment
    decide_by: Moment


class ExtensionGranted(ComplaintFact):
    """同意延期: a new deadline version."""

    granted_at: Moment
    due_at: Moment
    deadline_version: int


class ExtensionDenied(ComplaintFact):
    """不同意延期."""

    why: Line | None


class ListingReason(StrEnum):
    """挂账原因: 政策 规划 历史遗留 诉讼 资金."""

    POLICY = "POLICY"
    PLANNING = "PLANNING"
    HISTORICAL = "HISTORICAL"
    LITIGATION = "LITIGATION"
    FUNDING = "FUNDING"


class ListingRequested(ComplaintFact):
    """申请挂账: what blocks it, and that this was explained to the complainant [S]."""

    unit: Code
    reason: ListingReason
    explained_at: Moment
    plan: Line | None


class ComplaintListed(ComplaintFact):
    """挂账, granted by the town leader: suspends the due date. `rest_seconds`: what was left of it, 0 when it was over."""

    reason: ListingReason
    listed_at: Moment
    review_by: Moment
    ends_by: Moment
    rest_seconds: int
    deadline_version: int


class ListingDenied(ComplaintFact):
    """不同意挂账."""

    why: Line | None


class ListingReviewed(ComplaintFact):
    """挂账复核: it still stands, until the next review. `ends_by` moves only when it was renewed."""

    reviewed_at: Moment
    review_by: Moment
    ends_by: Moment
    finding: Line | None


class ListingEndGround(StrEnum):
    """Why a listing ended: what blocked it is gone, or its longest time is over."""

    UNBLOCKED = "UNBLOCKED"
    EXPIRED = "EXPIRED"


class ListingEnded(ComplaintFact):
    """销账: the rest of the limit is restored, in a new deadline version."""

    ground: ListingEndGround
    ended_at: Moment
    due_at: Moment
    deadline_version: int


class SpokenWith(StrEnum):
    """With whom the result was talked over. Never a name."""

    COMPLAINANT = "COMPLAINANT"
    FAMILY = "FAMILY"
    REPRESENTATIVE = "REPRESENTATIVE"
    NEIGHBOURS = "NEIGHBOURS"


class ComplaintFinished(ComplaintFact):
    """办结: when, with whom, what was done. `lead`: the unit it counts for; `late`: after the due date."""

    lead: Code
    finished_at: Moment
    spoken_with: SpokenWith
    measure: Prose | None
    late: bool
    callback_by: Moment


class CallbackOutcome(StrEnum):
    """Why a callback gave no result: nobody answered, or the answers were unclear."""

    NO_ANSWER = "NO_ANSWER"
    UNCLEAR = "UNCLEAR"


class CallbackTried(ComplaintFact):
    """回访未成: one failed try; `tries`: how many so far."""

    tried_at: Moment
    outcome: CallbackOutcome
    tries: int


class CallbackRecorded(ComplaintFact):
    """回访: the four inputs of the three rates. Not valid: nobody was reached, and the answers are missing.

    `by_city`: the city's own callback; it counts instead of the town's.
    """

    called_at: Moment
    valid: bool
    contacted: bool | None
    resolved: bool | None
    satisfaction: Satisfaction | None
    by_city: bool = False


class ComplaintReopened(ComplaintFact):
    """重办: not resolved, or below BASICALLY; half the limit. `reopening`: 1 or 2; `provisional`: as of a dispatch."""

    reopening: int
    reopened_at: Moment
    due_at: Moment
    deadline_version: int
    provisional: bool = False


class ExceptionGround(StrEnum):
    """例外理由: 不合理诉求 (leaves the rates), or handled again twice in vain."""

    UNREASONABLE = "UNREASONABLE"
    REHANDLED = "REHANDLED"


class ExceptionApproved(ComplaintFact):
    """批准例外办结 by the town leader."""

    ground: ExceptionGround
    why: Line | None


class CloseGround(StrEnum):
    """How a complaint came to its end."""

    SATISFIED = "SATISFIED"
    UNREACHABLE = "UNREACHABLE"
    EXCEPTION = "EXCEPTION"


class ComplaintClosed(ComplaintFact):
    """归档. `retain_until`: then the vault forgets who asked; facts said before there was this field have none."""

    ground: CloseGround
    closed_at: Moment
    retain_until: Moment | None = None


class UrgeKind(StrEnum):
    """催办 or 补充: the same matter is asked for again, or something is added to it."""

    URGE = "URGE"
    SUPPLEMENT = "SUPPLEMENT"


class ComplaintUrged(ComplaintFact):
    """催办: the same person, the same matter, still open. `order`: the urging order, so that it urges once."""

    urge: UrgeKind
    order: UUID
    urged_at: Moment
    urges: int


class ComplaintStep(StrEnum):
    """What has a limit of its own; DUE is the whole handling."""

    ACCEPT = "ACCEPT"
    CONTACT = "CONTACT"
    DUE = "DUE"
    RETURN_DECISION = "RETURN_DECISION"
    EXTENSION_DECISION = "EXTENSION_DECISION"
    LISTING_REVIEW = "LISTING_REVIEW"
    CALLBACK = "CALLBACK"


class ComplaintDeadlineNear(ComplaintFact):
    """临期提醒 at 50 % and 80 % of the way to the due date; once per deadline version."""

    percent: int
    due_at: Moment
    deadline_version: int
    lead: Code | None


class ComplaintDeadlineRecounted(ComplaintFact):
    """期限重算: the holidays of the year are announced; a new deadline version, and no second warning.

    `instead_of`: the due date that stood before; it may be the same one.
    """

    due_at: Moment
    deadline_version: int
    instead_of: Moment | None = None


class ComplaintOverdue(ComplaintFact):
    """超期: a limit was missed at `due_at`; once per step and deadline version.

    `deadline_version`: for DUE as in the facts that set the due date; the other steps count their own (dispatches,
    return requests, extensions, reviews, finishes).
    """

    step: ComplaintStep
    due_at: Moment
    deadline_version: int
    lead: Code | None


class ComplaintProgressed(ComplaintFact):
    """工单进展: something moved this complaint on, here or in another service.

    `cause`: the topic, issue or project whose step it was; `via`: the route or hotspot by which it concerns this
    complaint (projects wait for it before they say SourcesNotified); `stage`: with step PROJECT_DISCLOSED only.
    """

    step: ProgressStep
    cause: Mention | None = None
    via: Mention | None = None
    stage: DisclosureStage | None = None
    note: Line | None = None


class RouteFact(IntakeFact, abstract=True):
    """A fact of one route; its stream is its own, so a complaint can have several."""

    kind = "route"


class ComplaintRouted(RouteFact):
    """转办: a complaint is linked to what exists (`target`), or asks the other service to open it (no `target`).

    `hotspot`: it is linked because it belongs to this hotspot. `due_at`: when the complaint is due, as it stands; None
    while that is suspended. A confidential complaint is never routed.
    """

    complaint: Ref
    community: Code | None
    category: Code
    place: Code | None
    wanted: RouteTarget
    target: Target | None = None
    public_title: Line | None = None
    hotspot: Mention | None = None
    due_at: Moment | None = None


class RouteTaken(RouteFact):
    """转办受理: the other service has opened what was asked for. The edge of the journey is drawn by `target` itself."""

    complaint: Mention
    target: Mention


class RouteOutcome(StrEnum):
    """How the target ended."""

    DONE = "DONE"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


class RouteConcluded(RouteFact):
    """转办办结: the target's own end concludes the route, once."""

    complaint: Mention
    outcome: RouteOutcome
    by: Mention


class HotspotRule(StrEnum):
    """Which rule made a hotspot."""

    DISTINCT_PEOPLE = "DISTINCT_PEOPLE"
    SURGE = "SURGE"
    SENSITIVE = "SENSITIVE"


class HotspotFact(IntakeFact, abstract=True):
    """A fact of one hotspot (共性诉求/热点): one stream per category and named place."""

    kind = "hotspot"
    category: Code
    community: Code
    place: Code
    people: int
    complaints: int


class HotspotDetected(HotspotFact):
    """热点发现: different people ask for the same at the same named place. `since`: the first day that was counted."""

    rule: HotspotRule
    since: Moment


class HotspotGrew(HotspotFact):
    """热点扩大: at least half as many people again as when last said."""


class HotspotSubsided(HotspotFact):
    """热点消退: fewer than two people in the window."""


class HotspotTopicOpened(HotspotFact):
    """热点立题: deliberation has a topic for it; later complaints of the hotspot are routed there."""

    topic: Mention


class HotspotTopicEnded(HotspotFact):
    """热点议题办结: the topic is closed or rejected; later complaints are not routed there any more."""

    topic: Mention


class DemandCounted(IntakeFact):
    """日诉求量: complaints and different people of one category and place on one day (00:00 to 24:00, Asia/Shanghai).

    People are counted per day: days cannot be added up to different people.
    """

    kind = "demand"
    category: Code
    community: Code
    place: Code
    day: date
    complaints: int
    people: int


class RatesPublished(IntakeFact):
    """三率公布 of a month that is over (考核月, one stream each); the first time, and again when a figure has changed.

    The version of a publication is the fact's number in its stream. Complaints received from `begins_at` until before
    `ends_at` belong to it; `terms`: the configuration in force when it begins; `up_to`: the journal position of intake
    up to which everything was counted; `causes`: the names of the facts that came since the version before (the first
    has none); `digest`: SHA-256 of all figures of the month, by unit, community and so on. The counts are the whole
    town's.
    """

    kind = "rates"
    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    begins_at: Moment
    ends_at: Moment
    terms: Code
    up_to: int
    published_at: Moment
    causes: tuple[Code, ...] = ()
    received: int
    valid: int
    contacted: int
    resolved: int
    satisfied: int
    basically: int
    digest: Code
