"""What people may ask of deliberation."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.base import WHOLE, Asked, Code, Flag, Kept, Line, Mention, Moment, Prose, Ref
from shared.events.deliberation import (
    ApplicantKind,
    AssemblyForum,
    AssemblyMatter,
    Count,
    CountBase,
    DemandBase,
    GuidanceSubject,
    MeetingForm,
    MemberKind,
    Party,
    Position,
    Seat,
    Sha256,
    TopicScope,
    UpwardOutcome,
    Workload,
)
from shared.events.vocabulary import Quantity, TopicOrigin


class Because(Asked):
    """A decision with its reason."""

    reason: Line


class AdoptRules(Asked):
    """通过工作方案和议事规则."""

    title: Line
    text: Prose | None = None


class AppointConvener(Asked):
    """确定召集人: always the secretary; only the organisation can change."""

    organisation: Line


class ExplainMonth(Asked):
    """说明缺会原因. `month`: any day of the month that is meant."""

    month: date
    reason: Line


class FixPlace(Asked):
    """确定议事场所."""

    venue: Line


class FillSeat(Asked):
    """席位到位."""

    seat: Seat
    holder: Line
    unit: Code | None = None


class VacateSeat(Asked):
    """席位空缺."""

    seat: Seat
    reason: Line


class Reachable(Kept):
    """姓名和电话 of somebody who takes part for others: for the vault, and never said in a fact."""

    name: Annotated[Line, Field(max_length=50)]
    phone: Annotated[Line, Field(max_length=30)] | None = None


class AppointMember(Asked):
    """N 方代表进入. `until`: the last day of the term, if it is not as long as usual; `reachable`: who it is."""

    member_kind: MemberKind
    organisation: Line | None = None
    until: date | None = None
    reachable: Reachable | None = None


class RenewMember(Asked):
    """N 方代表连任: a new term."""

    member: UUID
    until: date | None = None


class RemoveMember(Asked):
    """N 方代表退出."""

    member: UUID
    reason: Line


class GiveGuidance(Asked):
    """镇级指导."""

    subject: GuidanceSubject
    text: Prose
    by: Code
    about: Mention | None = None


class ProposeTopic(Asked):
    """提出议题: the title is written by staff for the public."""

    community: Code
    category: Code
    place: Code | None = None
    public_title: Line
    origin: TopicOrigin
    sources: Annotated[tuple[Ref, ...], Field(max_length=100)] = ()
    people: Annotated[int, Field(ge=1), WHOLE] | None = None


class AcceptTopic(Asked):
    """受理议题."""

    scope: TopicScope


class RejectTopic(Asked):
    """议题不予受理."""

    reason: Line


class MergeTopics(Asked):
    """合并议题: this one goes on in `into`."""

    into: UUID


class DistributeBackground(Asked):
    """发放背景材料 to all parties. `documents`: checksums of the topic's attachments; `sha256`: of material elsewhere."""

    title: Line
    sha256: Sha256 | None = None
    documents: Annotated[tuple[Sha256, ...], Field(max_length=50)] = ()


class AnswerUpward(Asked):
    """上级答复."""

    outcome: UpwardOutcome
    answer: Prose


class ReviewTopic(Asked):
    """复查记录. `worked`: whether the decision has done what it should; left out while others have not answered."""

    finding: Line
    worked: Flag | None = None
    next_on: date | None = None


class DemandAssembly(Asked):
    """提议召开会议: `demanding` of `entitled`, in heads, households or groups."""

    forum: AssemblyForum
    matter: AssemblyMatter
    authorised: Flag = False
    base: DemandBase
    demanding: Annotated[int, Field(ge=1, le=10_000_000), WHOLE]
    entitled: Annotated[int, Field(ge=1, le=10_000_000), WHOLE]


class DiscloseTopic(Asked):
    """公开结果."""

    result: Prose


class Amount(Asked):
    """工程量: planned, or done so far."""

    work: Line
    amount: Annotated[int, Field(ge=1, le=10_000_000), WHOLE]
    quantity: Quantity

    def said(self) -> Workload:
        """As a fact says it."""
        return Workload(work=self.work, amount=self.amount, quantity=self.quantity)


class Promise(Asked):
    """落实承诺: who does what until when."""

    owner: Line
    unit: Code | None = None
    task: Line
    due_at: Moment
    planned: Annotated[tuple[Amount, ...], Field(max_length=50)] = ()


Promises = Annotated[tuple[Promise, ...], Field(max_length=50)]
"""Promises of one decision."""


class ScheduleMeeting(Asked):
    """拟定会议: what is left out can be said with the notice; the venue is the platform's place, if not named.

    `urgent_because`: why it cannot wait for the usual notice; said of urgent meetings alone.
    """

    community: Code
    starts_at: Moment
    urgent: Flag = False
    urgent_because: Line | None = None
    topics: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()
    form: MeetingForm | None = None
    venue: Line | None = None
    moderator: Code | None = None
    recorder: Code | None = None


class NameRecorder(Asked):
    """指定记录人."""

    recorder: Code


class PublishNotice(Asked):
    """公示会议: what is left out stands as it was scheduled."""

    participants: Annotated[tuple[Party, ...], Field(max_length=500)] = ()
    topics: Annotated[tuple[UUID, ...], Field(max_length=50)] | None = None
    starts_at: Moment | None = None
    form: MeetingForm | None = None
    venue: Line | None = None
    moderator: Code | None = None
    text: Prose | None = None


class OrderAgenda(Asked):
    """议程排序: the topics of the meeting, all of them, in the order in which they are to be taken."""

    topics: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=50)]


class Invitee(Asked):
    """受邀方: `label` for a unit that the configuration does not know."""

    party: Party
    label: Line | None = None


class Invite(Asked):
    """发出邀请."""

    invitees: Annotated[tuple[Invitee, ...], Field(min_length=1, max_length=500)]


class AcceptInvitation(Asked):
    """接受邀请."""

    party: Party


class ExcuseAbsence(Asked):
    """请假."""

    party: Party
    reason: Line


class RequestJoin(Asked):
    """申请参会. `reachable`: who applies, for the vault alone."""

    applicant_kind: ApplicantKind
    reachable: Reachable | None = None


class AdmitApplicant(Asked):
    """同意参会."""

    applicant: UUID


class DeclineApplicant(Asked):
    """不同意参会."""

    applicant: UUID
    reason: Line


class RecordAttendance(Asked):
    """到会登记."""

    present: Annotated[tuple[Party, ...], Field(max_length=500)] = ()
    absent: Annotated[tuple[Party, ...], Field(max_length=500)] = ()


class CheckIn(Asked):
    """签到: by the code on the party's card."""

    party: Party
    code: Annotated[str, Field(min_length=1, max_length=32)]


class RaiseProblem(Asked):
    """交流问题."""

    party: Party
    category: Code
    place: Code | None = None
    public_title: Line


class RecordStatement(Asked):
    """记录发言."""

    party: Party
    topic: UUID | None = None


class RecordPosition(Asked):
    """记录表态."""

    party: Party
    topic: UUID
    position: Position


class PublishMinutes(Asked):
    """公布会议记录."""

    text: Prose


class CorrectMinutes(Asked):
    """更正会议记录."""

    text: Prose
    reason: Line


class PostponeMeeting(Asked):
    """会议延期."""

    starts_at: Moment
    reason: Line


class CancelMeeting(Asked):
    """会议取消."""

    reason: Line


class CallAssembly(Asked):
    """提请召开 for a topic that a meeting has referred."""

    topic: UUID


class NoticeAssembly(Asked):
    """会议公告."""

    starts_at: Moment
    venue: Line
    form: Line
    text: Prose | None = None


class Counted(Asked):
    """计票."""

    base: CountBase
    entitled: Annotated[int, Field(ge=1), WHOLE]
    taking_part: Annotated[int, Field(ge=0), WHOLE]
    agreeing: Annotated[int, Field(ge=0), WHOLE]

    def said(self) -> Count:
        """As a fact says it."""
        return Count(base=self.base, entitled=self.entitled, taking_part=self.taking_part, agreeing=self.agreeing)


class DecideAssembly(Asked):
    """会议表决: promises and review date count only if it is adopted; more can be assigned later."""

    held_at: Moment
    counts: Annotated[tuple[Counted, ...], Field(min_length=1, max_length=8)]
    promises: Promises = ()
    review_on: date | None = None


class PublishDecision(Asked):
    """公布决定."""

    text: Prose


class NameSuperior(Asked):
    """登记上级联系人: whom to tell when this party stays away without reason again."""

    party: Party
    reachable: Reachable


class AnswerAbsence(Asked):
    """缺席整改答复."""

    party: Party
    answer: Line


class ReportUndertaking(Asked):
    """报告落实进展: totals so far, not additions; `evidence`: checksums of the undertaking's attachments."""

    done: Annotated[tuple[Amount, ...], Field(max_length=50)] = ()
    note: Line | None = None
    evidence: Annotated[tuple[Sha256, ...], Field(max_length=50)] = ()


class FinishUndertaking(Asked):
    """落实完成: what is left out stands as it was reported last."""

    finished_at: Moment
    done: Annotated[tuple[Amount, ...], Field(max_length=50)] = ()
    evidence: Annotated[tuple[Sha256, ...], Field(max_length=50)] = ()


class ExcuseUndertaking(Asked):
    """免除落实."""

    reason: Line
