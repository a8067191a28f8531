"""What deliberation (议事协商, the "5+N" platform) says on `deliberation.events`."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.events.base import Code, Fact, Line, Mention, Moment, Prose, Ref, Target, Value
from shared.events.vocabulary import (
    CommunityKind,
    DisclosureStage,
    ProgressStep,
    ProjectCategory,
    Quantity,
    Tag,
    TopicOrigin,
    WhistleKind,
)

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
Party = Annotated[str, StringConstraints(pattern=rf"^(seat/[1-5]|(member|guest)/{_UUID}|(unit|post)/[^\s/]{{1,64}})$")]
"""参会方: `seat/3`, `member/<uuid>`, `guest/<uuid>` (an admitted applicant), `unit/<code>`, `post/<code>`. Never a name."""
Seat = Annotated[int, Field(ge=1, le=5)]
"""席位: 1 两委, 2 业主自治组织, 3 物业公司, 4 社区民警, 5 联系领导和科室."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""The SHA-256 by which a text is sealed or an attachment is known, in hexadecimal."""


class Workload(Value):
    """工程量: work that is counted, e.g. 道路修补 19 PLACES."""

    work: Line
    amount: Annotated[int, Field(ge=1, le=10_000_000)]
    quantity: Quantity


class DeliberationFact(Fact, abstract=True):
    """Anything deliberation says."""

    said_by = "deliberation"


class PlatformFact(DeliberationFact, abstract=True):
    """A fact of one community's 5+N platform (协商平台); the stream's id follows from the community."""

    kind = "platform"
    community: Code


class PlatformRulesAdopted(PlatformFact):
    """工作方案和议事规则通过. The first one founds the platform.

    `duty_from`: first day of the first month that is watched for a meeting; `warn_at`: when that month is warned of.
    """

    community_kind: CommunityKind
    title: Line
    text: Prose | None = None
    duty_from: date
    warn_at: Moment


class ConvenerAppointed(PlatformFact):
    """召集人确定: the post that convenes and liaises (the secretary [S]); who holds it is no fact."""

    post: Code
    organisation: Line


class PlaceFixed(PlatformFact):
    """议事场所确定: the relatively permanent place [S]."""

    venue: Line


class SeatFilled(PlatformFact):
    """席位到位: the organisation that now takes this seat."""

    seat: Seat
    holder: Line
    unit: Code | None = None


class SeatVacated(PlatformFact):
    """席位空缺, with the reason; a vacancy never blocks a meeting."""

    seat: Seat
    reason: Line


class MemberKind(StrEnum):
    """N 方代表类别 [S]: 党员 村居民 人大代表 妇女 政协委员 共建单位 志愿者 文体团队 其他."""

    PARTY_MEMBER = "PARTY_MEMBER"
    RESIDENT = "RESIDENT"
    PEOPLES_CONGRESS_DEPUTY = "PEOPLES_CONGRESS_DEPUTY"
    WOMEN = "WOMEN"
    CPPCC_MEMBER = "CPPCC_MEMBER"
    PARTNER_UNIT = "PARTNER_UNIT"
    VOLUNTEER = "VOLUNTEER"
    CULTURE_SPORT_GROUP = "CULTURE_SPORT_GROUP"
    OTHER = "OTHER"


class MemberAppointed(PlatformFact):
    """代表进入 (N 方): `member` is an opaque id; `organisation` only where an organisation is represented.

    `until`: the last day of the term. Said again of the same member, the term is a new one.
    """

    member: UUID
    member_kind: MemberKind
    organisation: Line | None = None
    until: date | None = None


class MemberLeft(PlatformFact):
    """代表退出 (N 方): left, or the term is over."""

    member: UUID
    reason: Line


class GuidanceSubject(StrEnum):
    """指导事项: 选题 议定 公开 推动落实 [S]."""

    CHOOSING = "CHOOSING"
    DECIDING = "DECIDING"
    PUBLISHING = "PUBLISHING"
    CARRYING_OUT = "CARRYING_OUT"


class GuidanceGiven(PlatformFact):
    """镇级指导: the town on choosing, deciding, publishing or carrying out; `about`: the topic or meeting meant."""

    subject: GuidanceSubject
    text: Prose
    by: Code
    about: Mention | None = None


class MonthFact(PlatformFact, abstract=True):
    """A fact about one calendar month (Asia/Shanghai) of the monthly duty [S]. `month`: its first day."""

    month: date


class MonthlyMeetingDue(MonthFact):
    """月度协商提醒: no meeting yet, and the month ends soon."""

    ends_at: Moment


class MonthlyMeetingMissed(MonthFact):
    """月度协商缺失: the month went by without a meeting. `next_warn_at`: when the next month is warned of."""

    next_warn_at: Moment


class MonthlyMeetingExplained(MonthFact):
    """月度协商缺失原因: why the month went by without a meeting, as the community says afterwards; a later word stands."""

    reason: Line


class MonthlyDutyMet(MonthFact):
    """月度协商完成: said so that the watch moves on to the next month. `meetings`: held in this month when it was said."""

    meetings: int
    next_warn_at: Moment


class TopicFact(DeliberationFact, abstract=True):
    """A fact of one topic (议题)."""

    kind = "topic"


class TopicProposed(TopicFact):
    """议题提出. `sources`: the hotspot, route or other streams it comes from; `people`: how many asked, where known."""

    community: Code
    category: Code
    place: Code | None
    public_title: Line
    origin: TopicOrigin
    sources: tuple[Ref, ...] = ()
    people: int | None = None


class TopicRejected(TopicFact):
    """议题不予受理: outside the scope; the reason is told."""

    reason: Line
    sources: tuple[Ref, ...] = ()


class TopicScope(StrEnum):
    """协商范围 [S]: 公共事务 物业管理 居民急难愁盼."""

    PUBLIC_AFFAIRS = "PUBLIC_AFFAIRS"
    PROPERTY_MANAGEMENT = "PROPERTY_MANAGEMENT"
    URGENT_WORRIES = "URGENT_WORRIES"


class TopicAccepted(TopicFact):
    """议题受理: inside the scope."""

    scope: TopicScope


class TopicsMerged(TopicFact):
    """议题合并: this topic goes on in another one, which keeps all its sources."""

    into: Target
    sources: tuple[Ref, ...] = ()


class TopicEnlarged(TopicFact):
    """议题并入: another topic was merged into this one. `sources`, `people`: of this topic from now on."""

    merged: Ref
    sources: tuple[Ref, ...] = ()
    people: int | None = None


class BackgroundDistributed(TopicFact):
    """背景材料发放: to all parties before the meeting [S].

    `sha256`: of material that is kept elsewhere; `documents`: checksums of the topic's attachments that belong to it.
    """

    title: Line
    sha256: Sha256 | None = None
    documents: tuple[Sha256, ...] = ()


class TopicScheduled(TopicFact):
    """议题上会: it stands on the notice of a meeting."""

    meeting: Mention
    starts_at: Moment


class TopicUnscheduled(TopicFact):
    """议题撤回待议: the meeting was postponed or cancelled."""

    meeting: Mention
    reason: Line


class TopicOpened(TopicFact):
    """议题开议. `round`: how often it is now deliberated, since it was proposed or reopened."""

    meeting: Mention
    round: int


class TopicSettled(TopicFact):
    """当场解决 (exit a) [S]: the undertakings say who does it, until when. `review_on`: when it is looked at again."""

    meeting: Mention
    undertakings: tuple[Target, ...]
    review_on: date | None = None


class TopicAgreed(TopicFact):
    """协商一致: undertakings with owner and date. `review_on`: when it is looked at again."""

    meeting: Mention
    undertakings: tuple[Target, ...]
    review_on: date | None = None


class TopicDeferred(TopicFact):
    """暂缓再议, with the reason. `deferrals`: how often now, since it was proposed or reopened."""

    meeting: Mention
    reason: Line
    deferrals: int


class AssemblyForum(StrEnum):
    """决定主体: 村民会议 村民代表会议 居民会议 居民代表会议 业主大会 物业管理委员会."""

    VILLAGERS = "VILLAGERS"
    VILLAGER_REPRESENTATIVES = "VILLAGER_REPRESENTATIVES"
    RESIDENTS = "RESIDENTS"
    RESIDENT_REPRESENTATIVES = "RESIDENT_REPRESENTATIVES"
    OWNERS = "OWNERS"
    PROPERTY_COMMITTEE = "PROPERTY_COMMITTEE"


class AssemblyMatter(StrEnum):
    """提交事项: what the law gives to an assembly; OTHER goes there only after rounds without result or large dispute."""

    HIRE_PROPERTY_COMPANY = "HIRE_PROPERTY_COMPANY"
    DISMISS_PROPERTY_COMPANY = "DISMISS_PROPERTY_COMPANY"
    PROPERTY_SERVICE = "PROPERTY_SERVICE"
    MANAGEMENT_STATUTE = "MANAGEMENT_STATUTE"
    MAINTENANCE_FUND = "MAINTENANCE_FUND"
    FUND_RAISING = "FUND_RAISING"
    REBUILDING = "REBUILDING"
    COMMON_PARTS = "COMMON_PARTS"
    VILLAGE_SUBSIDIES = "VILLAGE_SUBSIDIES"
    COLLECTIVE_INCOME = "COLLECTIVE_INCOME"
    PUBLIC_WELFARE_UNDERTAKING = "PUBLIC_WELFARE_UNDERTAKING"
    LAND_AND_HOMESTEADS = "LAND_AND_HOMESTEADS"
    COLLECTIVE_PROPERTY = "COLLECTIVE_PROPERTY"
    OTHER = "OTHER"


class ReferralCause(StrEnum):
    """Why a topic goes to an assembly (exit b): 法定事项 多次协商未果 争议较大."""

    LAW = "LAW"
    ROUNDS = "ROUNDS"
    DISPUTE = "DISPUTE"


class TopicReferredToAssembly(TopicFact):
    """提交会议决定 (exit b) [S]. `authorised`: a representatives' assembly was authorised to decide this matter."""

    meeting: Mention
    forum: AssemblyForum
    matter: AssemblyMatter
    cause: ReferralCause
    authorised: bool
    community: Code
    public_title: Line
    sources: tuple[Ref, ...] = ()


class DemandBase(StrEnum):
    """提议口径: of whom a part may demand an assembly."""

    ADULTS = "ADULTS"
    HOUSEHOLDS = "HOUSEHOLDS"
    GROUPS = "GROUPS"
    REPRESENTATIVES = "REPRESENTATIVES"
    OWNERS = "OWNERS"


class AssemblyDemanded(TopicFact):
    """提议召开: so many demand it that the law has the assembly called; the topic goes there without a meeting's word.

    `demanding` of `entitled`: heads, households or groups, as `base` says; `law`: the rule set it was judged by.
    """

    forum: AssemblyForum
    matter: AssemblyMatter
    authorised: bool
    base: DemandBase
    demanding: Annotated[int, Field(ge=1)]
    entitled: Annotated[int, Field(ge=1)]
    law: Code
    legal_check_due: bool
    community: Code
    public_title: Line
    sources: tuple[Ref, ...] = ()


class UpwardOutcome(StrEnum):
    """What the competent department answered: it can be carried out now, or deliberation takes it up again."""

    CLEARED = "CLEARED"
    RETURNED = "RETURNED"


class UpwardAnswered(TopicFact):
    """上级答复 to a topic that was reported upward."""

    outcome: UpwardOutcome
    answer: Prose


class UpwardReviewDue(TopicFact):
    """上报复核到期: the review date has come and there is no answer."""

    review_on: date


class TopicImplementing(TopicFact):
    """进入落实: the assembly adopted it, the issue or the project is closed. `review_on`: as in `TopicAgreed`."""

    cause: Mention
    undertakings: tuple[Target, ...] = ()
    review_on: date | None = None


class TopicCarriedOut(TopicFact):
    """落实完毕: no undertaking is open any more. `disclose_by`: when the result must be public."""

    disclose_by: Moment


class TopicDisclosureOverdue(TopicFact):
    """结果公开逾期: everything is done, and the result is not public in time."""

    due_at: Moment


class TopicReviewDue(TopicFact):
    """决定复查到期: the day has come on which a decision is looked at again."""

    review_on: date


class TopicReviewed(TopicFact):
    """复查记录. `worked`: whether the decision has done what it should; None while others have not answered yet.

    `next_on`: when it is looked at once more.
    """

    finding: Line
    worked: bool | None = None
    next_on: date | None = None


class TopicDisclosed(TopicFact):
    """结果公开: the result is public before the topic is closed."""

    result: Prose


class TopicReopened(TopicFact):
    """议题重启: the effect check failed, or the other way said no. `cause`: the assembly, issue or project."""

    cause: Mention
    reason: Line


class TopicProgressed(TopicFact):
    """议题进展: a step in another service, or work reported on. `stage`: with PROJECT_DISCLOSED only."""

    step: ProgressStep
    cause: Mention | None = None
    stage: DisclosureStage | None = None
    note: Line | None = None


class UpwardReason(StrEnum):
    """Why a topic goes to the competent department: blocked by policy or by planning [S]."""

    POLICY = "POLICY"
    PLANNING = "PLANNING"


class TopicReportedUpward(TopicFact):
    """上报并说明 (exit c): reported to the competent department **and** explained to the parties [S]."""

    meeting: Mention
    reason: UpwardReason
    reported_to: Code
    explanation: Prose
    review_on: date
    community: Code
    category: Code
    place: Code | None
    sources: tuple[Ref, ...] = ()


class TopicNeedsDepartments(TopicFact):
    """需吹哨 (exit d): many parties, hard coordination; lead department and time limit are named [S]."""

    meeting: Mention
    community: Code
    category: Code
    place: Code | None
    public_title: Line
    whistle: WhistleKind
    lead: Code
    support: tuple[Code, ...] = ()
    due_at: Moment
    sources: tuple[Ref, ...] = ()


class CommonDemand(StrEnum):
    """Why a demand counts as common (exit e) [S]."""

    HOTSPOT = "HOTSPOT"
    PEOPLE = "PEOPLE"
    MEETING_FINDING = "MEETING_FINDING"


class TopicNeedsProject(TopicFact):
    """纳入民心项目池 (exit e): a common demand with at least one tag of 七有/五性 [S]."""

    meeting: Mention
    community: Code
    category: Code
    place: Code | None
    public_title: Line
    project_category: ProjectCategory
    tags: tuple[Tag, ...]
    common: CommonDemand
    finding: Line | None = None
    people: int | None = None
    sources: tuple[Ref, ...] = ()


class TopicClosed(TopicFact):
    """议题办结: everything that was agreed is done and the result is public."""

    result: Prose
    sources: tuple[Ref, ...] = ()


class MeetingForm(StrEnum):
    """会议形式 [S]: 召集会议 座谈 现场听取意见."""

    CONVENED = "CONVENED"
    DISCUSSION = "DISCUSSION"
    ON_SITE = "ON_SITE"


class MeetingFact(DeliberationFact, abstract=True):
    """A fact of one meeting (协商会议)."""

    kind = "meeting"


class MeetingScheduled(MeetingFact):
    """会议拟定: what is not yet fixed stands open until the notice. `urgent`: shorter notice, flagged, with the reason."""

    community: Code
    starts_at: Moment
    urgent: bool
    urgent_because: Line | None = None
    topics: tuple[Ref, ...] = ()
    form: MeetingForm | None = None
    venue: Line | None = None
    moderator: Code | None = None
    recorder: Code | None = None


class RecorderNamed(MeetingFact):
    """记录人指定: the post that records process and result [S]."""

    recorder: Code


class NoticePublished(MeetingFact):
    """会议公示: all five items [S]: topics, time, participants, moderator, form.

    `stands_until`: until then, when the meeting starts, anyone may apply.
    """

    community: Code
    topics: tuple[Ref, ...]
    starts_at: Moment
    participants: tuple[Party, ...]
    moderator: Code
    form: MeetingForm
    venue: Line
    urgent: bool
    urgent_because: Line | None = None
    stands_until: Moment
    text: Prose | None = None


class AgendaOrdered(MeetingFact):
    """议程排序: the same topics in another order."""

    topics: tuple[Mention, ...]


class MeetingInvited(MeetingFact):
    """发出邀请. `label`: how the invited organisation is called in public, for a unit without a code of ours.

    `unit`: which unit of ours takes the invited seat, and may answer for it.
    """

    party: Party
    label: Line | None = None
    unit: Code | None = None


class InvitationAccepted(MeetingFact):
    """接受邀请."""

    party: Party


class InvitationExcused(MeetingFact):
    """请假: with the reason, before the opening [S]."""

    party: Party
    reason: Line


class ApplicantKind(StrEnum):
    """申请参会者类别 [S]: 村民 居民 组织 单位."""

    VILLAGER = "VILLAGER"
    RESIDENT = "RESIDENT"
    ORGANISATION = "ORGANISATION"
    UNIT = "UNIT"


class JoinRequested(MeetingFact):
    """申请参会: anyone may apply while the notice stands [S]. `applicant`: an id drawn for this application alone."""

    applicant: UUID
    applicant_kind: ApplicantKind


class JoinAdmitted(MeetingFact):
    """同意参会: the applicant takes part as `guest/<applicant>`."""

    applicant: UUID


class JoinDeclined(MeetingFact):
    """不同意参会, with the reason."""

    applicant: UUID
    reason: Line


class AttendanceWay(StrEnum):
    """登记方式: 名单登记 签到码."""

    LIST = "LIST"
    CODE = "CODE"


class AttendanceRecorded(MeetingFact):
    """到会登记: by the recorder's list, or by the party's one-time code."""

    party: Party
    present: bool
    way: AttendanceWay = AttendanceWay.LIST


class MeetingOpened(MeetingFact):
    """会议开始: notice, background, invitations, recorder and quorum are in order."""

    opened_at: Moment
    topics: tuple[Mention, ...]
    seats_filled: int
    seats_present: int
    members_present: int


class ProblemRaised(MeetingFact):
    """问题交流: the parties exchange the month's problems [S]; it may become a topic. `number`: in this meeting, from 1."""

    number: int
    party: Party
    community: Code
    category: Code
    place: Code | None
    public_title: Line


class NoProblemRaised(MeetingFact):
    """无问题可交流: the parties were asked for the month's problems, and had none."""


class StatementRecorded(MeetingFact):
    """发言记录: that a party spoke; its words go into the minutes."""

    party: Party
    topic: Mention | None = None


class Position(StrEnum):
    """表态: 赞成 反对 弃权 正式异议."""

    SUPPORT = "SUPPORT"
    OPPOSE = "OPPOSE"
    ABSTAIN = "ABSTAIN"
    FORMAL_OBJECTION = "FORMAL_OBJECTION"


class PositionRecorded(MeetingFact):
    """表态记录: a later one of the same party on the same topic stands instead of the earlier."""

    party: Party
    topic: Mention
    position: Position


class AbsenceUnexcused(MeetingFact):
    """无故缺席: invited, absent, no reason before the opening [S]. `times`: in the window of the terms, this one included."""

    party: Party
    times: int
    superior_told: bool


class Attendance(Value):
    """出席情况: who was there and who was not."""

    seats_filled: int
    seats_present: int
    members_present: int
    units_present: int
    guests_present: int
    excused: tuple[Party, ...] = ()
    unexcused: tuple[Party, ...] = ()


class ConclusionKind(StrEnum):
    """七种结论, of which every topic on the notice gets exactly one."""

    SETTLED = "SETTLED"
    REFERRED_TO_ASSEMBLY = "REFERRED_TO_ASSEMBLY"
    REPORTED_UPWARD = "REPORTED_UPWARD"
    NEEDS_DEPARTMENTS = "NEEDS_DEPARTMENTS"
    NEEDS_PROJECT = "NEEDS_PROJECT"
    AGREED = "AGREED"
    DEFERRED = "DEFERRED"


class TopicConcluded(Value):
    """一项议题的结论: positions of seats and members are counted; `oppose` includes formal objections.

    `seat_objections`: seats that object formally.
    """

    topic: Mention
    conclusion: ConclusionKind
    support: int
    oppose: int
    abstain: int
    seat_objections: int


class MeetingHeld(MeetingFact):
    """会议结束. `held_at`: its end, by which it counts for a month; `minutes_due_at`: when the minutes must be public."""

    community: Code
    held_at: Moment
    urgent: bool
    attendance: Attendance
    conclusions: tuple[TopicConcluded, ...]
    problems: int
    minutes_due_at: Moment


class MinutesPublished(MeetingFact):
    """会议记录公布: written by the recorder for the public, sealed by the hash of its UTF-8 text."""

    recorder: Code
    version: int
    text: Prose
    sha256: Sha256


class MinutesCorrected(MeetingFact):
    """会议记录更正: a new version with the reason; the earlier one stays."""

    recorder: Code
    version: int
    text: Prose
    sha256: Sha256
    reason: Line


class MinutesOverdue(MeetingFact):
    """会议记录逾期: not public in time."""

    due_at: Moment


class MeetingPostponed(MeetingFact):
    """会议延期: needs a new notice and new invitations."""

    starts_at: Moment
    reason: Line
    topics: tuple[Mention, ...] = ()


class MeetingCancelled(MeetingFact):
    """会议取消."""

    reason: Line
    topics: tuple[Mention, ...] = ()


class AssemblyFact(DeliberationFact, abstract=True):
    """A fact of one assembly (村(居)民会议、代表会议、业主大会) that decides one topic."""

    kind = "assembly"


class AssemblyCalled(AssemblyFact):
    """提请召开. `call`: 1, then one more after each that was not quorate; `law`: the rule set it is judged by.

    `legal_check_due`: the organic laws in force since 2026-01-01 have not been checked against the rule set.
    """

    topic: Ref
    community: Code
    public_title: Line
    forum: AssemblyForum
    matter: AssemblyMatter
    authorised: bool
    call: int
    law: Code
    legal_check_due: bool


class AssemblyNoticed(AssemblyFact):
    """会议公告: topic, time, place and form; nothing else may be voted on."""

    starts_at: Moment
    venue: Line
    form: Line
    text: Prose | None = None


class CountBase(StrEnum):
    """计数口径. AREA is counted in hundredths of a square metre, everything else in heads."""

    ADULTS = "ADULTS"
    HOUSEHOLDS = "HOUSEHOLDS"
    GROUP_REPRESENTATIVES = "GROUP_REPRESENTATIVES"
    REPRESENTATIVES = "REPRESENTATIVES"
    OWNERS = "OWNERS"
    AREA = "AREA"
    COMMITTEE_MEMBERS = "COMMITTEE_MEMBERS"
    COMMITTEE_OWNERS = "COMMITTEE_OWNERS"


class Count(Value):
    """计票: how many are entitled, take part, and agree."""

    base: CountBase
    entitled: Annotated[int, Field(ge=1)]
    taking_part: Annotated[int, Field(ge=0)]
    agreeing: Annotated[int, Field(ge=0)]


class AssemblyInquorate(AssemblyFact):
    """未达法定人数: nothing is decided; it must be called again."""

    held_at: Moment
    counts: tuple[Count, ...]


class AssemblyDecided(AssemblyFact):
    """会议表决. `publish_by`: until when the decision must be public, where the law says so."""

    held_at: Moment
    adopted: bool
    counts: tuple[Count, ...]
    law: Code
    legal_check_due: bool
    publish_by: Moment | None


class AssemblyPublished(AssemblyFact):
    """决定公布. `shown_until`: how long it must be shown, where the law says so."""

    text: Prose
    shown_until: Moment | None = None


class AssemblyPublicationOverdue(AssemblyFact):
    """决定公布逾期."""

    due_at: Moment


class AbsenceFact(DeliberationFact, abstract=True):
    """A fact of one party's absences (无故缺席通报) on one community's platform; the stream's id follows from both."""

    kind = "absence"


class AbsenceReported(AbsenceFact):
    """缺席通报: absent without reason so often that its superior is told. `times`: in the window of the terms."""

    community: Code
    party: Party
    meeting: Mention
    times: int


class AbsenceAnswered(AbsenceFact):
    """缺席整改答复: what the superior has answered."""

    answer: Line


class UndertakingFact(DeliberationFact, abstract=True):
    """A fact of one undertaking (协商事项落实)."""

    kind = "undertaking"


class UndertakingAssigned(UndertakingFact):
    """落实任务确定: who does what until when, with the quantities planned. `decided_by`: the meeting or assembly."""

    topic: Ref
    decided_by: Mention
    community: Code
    owner: Line
    unit: Code | None = None
    task: Line
    due_at: Moment
    planned: tuple[Workload, ...] = ()


class UndertakingReported(UndertakingFact):
    """落实进展. `done`: all that is done so far; `evidence`: checksums of attachments."""

    done: tuple[Workload, ...] = ()
    note: Line | None = None
    evidence: tuple[Sha256, ...] = ()


class UndertakingDone(UndertakingFact):
    """落实完成: `done` covers what was planned; `late`: after the due date."""

    finished_at: Moment
    done: tuple[Workload, ...]
    evidence: tuple[Sha256, ...]
    late: bool


class UndertakingExcused(UndertakingFact):
    """落实免除: it need not be done any more, with the reason."""

    reason: Line


class UndertakingOverdue(UndertakingFact):
    """落实逾期: not done by the due date."""

    due_at: Moment
