"""会议公示: plan a meeting, publish its notice, invite, answer applications, postpone or cancel."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.deliberation.domain.asked import (
    AcceptInvitation,
    AdmitApplicant,
    CancelMeeting,
    DeclineApplicant,
    ExcuseAbsence,
    Invite,
    NameRecorder,
    OrderAgenda,
    PostponeMeeting,
    PublishNotice,
    RequestJoin,
    ScheduleMeeting,
)
from services.deliberation.domain.meeting import Answer, Application, Meeting, MeetingState, not_in, planned
from services.deliberation.domain.named import unknown_unit
from services.deliberation.domain.platform import Platform, standing
from services.deliberation.domain.terms import Terms
from services.deliberation.domain.topic import Topic, TopicState
from services.deliberation.domain.wording import moment
from shared.events.base import Mention, ref
from shared.events.deliberation import (
    AgendaOrdered,
    InvitationAccepted,
    InvitationExcused,
    JoinAdmitted,
    JoinDeclined,
    JoinRequested,
    MeetingCancelled,
    MeetingFact,
    MeetingInvited,
    MeetingPostponed,
    MeetingScheduled,
    NoticePublished,
    Party,
    RecorderNamed,
)
from shared.rules.broken import Reason, refuse
from shared.rules.calendar import Calendar
from shared.rules.township import Town

NOTICE_ITEMS: Mapping[str, str] = {
    "topics": "议题",
    "starts_at": "时间",
    "participants": "参加人员",
    "moderator": "主持人",
    "form": "会议形式",
}
"""公示五项: what a notice must say before the meeting [S]."""


def schedule_meeting(
    before: Meeting | None, asked: ScheduleMeeting, *, platform: Platform | None, now: datetime
) -> list[MeetingFact]:
    """拟定会议 on a community's platform."""
    if before:
        return []
    venue = standing(platform).venue
    refuse(
        _past(asked.starts_at, now),
        _twice(asked.topics),
        asked.urgent
        and asked.urgent_because is None
        and Reason("urgent_reason_missing", "紧急会议须写明紧急原因", "/urgent_because"),
        asked.urgent_because is not None
        and not asked.urgent
        and Reason("not_urgent", "非紧急会议不写紧急原因", "/urgent_because"),
    )
    return [
        MeetingScheduled(
            community=asked.community,
            starts_at=asked.starts_at,
            urgent=asked.urgent,
            urgent_because=asked.urgent_because,
            topics=tuple(ref("topic", topic) for topic in asked.topics),
            form=asked.form,
            venue=asked.venue or venue,
            moderator=asked.moderator,
            recorder=asked.recorder,
        )
    ]


def name_recorder(before: Meeting | None, asked: NameRecorder) -> list[MeetingFact]:
    """指定记录人 before the meeting [S]; afterwards another one, where the minutes could not be written or corrected else."""
    meeting = planned(before)
    if meeting.recorder == asked.recorder:
        return []
    refuse(
        not_in(
            meeting,
            MeetingState.SCHEDULED,
            MeetingState.NOTICED,
            MeetingState.HELD,
            MeetingState.MINUTES_PUBLISHED,
        )
    )
    return [RecorderNamed(recorder=asked.recorder)]


def publish_notice(
    before: Meeting | None,
    asked: PublishNotice,
    *,
    topics: Mapping[UUID, Topic],
    platform: Platform | None,
    now: datetime,
    terms: Terms,
    calendar: Calendar,
) -> list[MeetingFact]:
    """公示会议: all five items [S], early enough [D]. `topics`: the states of those that shall be on it."""
    meeting, parties = planned(before), standing(platform)
    listed = meeting.topics if asked.topics is None else asked.topics
    starts_at, venue = asked.starts_at or meeting.starts_at, asked.venue or meeting.venue
    form, moderator = asked.form or meeting.form, asked.moderator or meeting.moderator
    limit = terms.urgent_notice if meeting.urgent else terms.notice
    earliest = limit.after(now, calendar)
    refuse(
        not_in(meeting, MeetingState.SCHEDULED),
        *(
            Reason("notice_item_missing", f"公示缺少{NOTICE_ITEMS[item]}", f"/{item}")
            for item, said in (
                ("topics", listed),
                ("participants", asked.participants),
                ("moderator", moderator),
                ("form", form),
            )
            if not said
        ),
        not venue and Reason("venue_missing", "公示缺少地点", "/venue"),
        starts_at < earliest
        and Reason("notice_too_short", f"公示期不足，会议最早可定于{moment(_whole(earliest))}", "/starts_at"),
        _twice(listed),
        *_topics_unfit(meeting, listed, topics),
        *(_stranger(party, parties, f"/participants/{n}") for n, party in enumerate(asked.participants)),
    )
    assert venue is not None
    assert form is not None
    assert moderator is not None
    return [
        NoticePublished(
            community=meeting.community,
            topics=tuple(ref("topic", topic) for topic in listed),
            starts_at=starts_at,
            participants=asked.participants,
            moderator=moderator,
            form=form,
            venue=venue,
            urgent=meeting.urgent,
            urgent_because=meeting.urgent_because,
            stands_until=starts_at,
            text=asked.text,
        )
    ]


def _whole(earliest: datetime) -> datetime:
    """The first full minute that is not too early."""
    return earliest + timedelta(minutes=1) - timedelta.resolution


def _topics_unfit(meeting: Meeting, listed: Sequence[UUID], topics: Mapping[UUID, Topic]) -> list[Reason]:
    found = []
    for number, id in enumerate(listed):
        topic = topics.get(id)
        if topic is None:
            found.append(Reason("topic_unknown", "没有该议题", f"/topics/{number}"))
        elif topic.community != meeting.community:
            found.append(Reason("other_community", "议题属于其他社区（村）", f"/topics/{number}"))
        elif topic.state is not TopicState.ACCEPTED:
            found.append(Reason("topic_not_accepted", "议题须已受理且未列入其他会议", f"/topics/{number}"))
    return found


def order_agenda(before: Meeting | None, asked: OrderAgenda) -> list[MeetingFact]:
    """议程排序: the topics that stand on it, in another order; what the notice names stays the same."""
    meeting = planned(before)
    if meeting.topics == asked.topics:
        return []
    refuse(
        not_in(meeting, MeetingState.SCHEDULED, MeetingState.NOTICED),
        _twice(asked.topics),
        set(asked.topics) != set(meeting.topics)
        and Reason("agenda_differs", "排序须包含且只包含会议的全部议题", "/topics"),
    )
    return [AgendaOrdered(topics=tuple(ref("topic", topic) for topic in asked.topics))]


def invite(before: Meeting | None, asked: Invite, *, platform: Platform | None, town: Town) -> list[MeetingFact]:
    """发出邀请: seats, members, units; whoever is invited already stays so. A unit we do not know needs its label."""
    meeting, parties = planned(before), standing(platform)
    refuse(
        not_in(meeting, MeetingState.NOTICED),
        *(
            _stranger(invitee.party, parties, f"/invitees/{number}/party")
            for number, invitee in enumerate(asked.invitees)
        ),
        *(
            Reason("label_missing", "未登记的单位须写明名称", f"/invitees/{number}/label")
            for number, invitee in enumerate(asked.invitees)
            if invitee.party.startswith("unit/") and invitee.label is None and _unregistered(invitee.party, town)
        ),
    )
    fresh = {invitee.party: invitee for invitee in asked.invitees if invitee.party not in meeting.invited}
    return [
        MeetingInvited(party=party, label=invitee.label, unit=_unit_of(party, parties))
        for party, invitee in fresh.items()
    ]


def _unit_of(party: Party, platform: Platform) -> str | None:
    kind, _, name = party.partition("/")
    return platform.seats[int(name)].unit if kind == "seat" else None


def _stranger(party: Party, platform: Platform, pointer: str) -> Reason | None:
    """Whoever can be invited: a filled seat, a member, any unit. Guests apply, posts come anyway."""
    kind, _, name = party.partition("/")
    match kind:
        case "seat":
            return None if int(name) in platform.filled else Reason("seat_vacant", "该席位空缺", pointer)
        case "member":
            known = UUID(name) in platform.members
            return None if known else Reason("member_unknown", "不是本平台的代表", pointer)
        case "unit":
            return None
        case _:
            return Reason("not_invitable", "只能列入席位、代表或单位", pointer)


def _unregistered(party: Party, town: Town) -> bool:
    return unknown_unit(town, party.partition("/")[2], "") is not None


def accept_invitation(before: Meeting | None, asked: AcceptInvitation) -> list[MeetingFact]:
    """接受邀请."""
    meeting = planned(before)
    invitation = meeting.invited.get(asked.party)
    if invitation and invitation.answer is Answer.ACCEPTED:
        return []
    refuse(not_in(meeting, MeetingState.NOTICED), invitation is None and _not_invited())
    return [InvitationAccepted(party=asked.party)]


def excuse_absence(before: Meeting | None, asked: ExcuseAbsence) -> list[MeetingFact]:
    """请假: with the reason, before the opening [S]."""
    meeting = planned(before)
    invitation = meeting.invited.get(asked.party)
    if invitation and invitation.answer is Answer.EXCUSED:
        return []
    refuse(not_in(meeting, MeetingState.NOTICED), invitation is None and _not_invited())
    return [InvitationExcused(party=asked.party, reason=asked.reason)]


def _not_invited() -> Reason:
    return Reason("not_invited", "该方未受邀请", "/party")


def request_join(before: Meeting | None, asked: RequestJoin, *, applicant: UUID, now: datetime) -> list[MeetingFact]:
    """申请参会: anyone, while the notice stands [S]. `applicant`: an id drawn for this application."""
    meeting = planned(before)
    if applicant in meeting.applicants:
        return []
    refuse(
        not_in(meeting, MeetingState.NOTICED),
        meeting.notice_until is not None
        and now >= meeting.notice_until
        and Reason("notice_over", "公示已结束，不再接受参会申请"),
    )
    return [JoinRequested(applicant=applicant, applicant_kind=asked.applicant_kind)]


def admit(before: Meeting | None, asked: AdmitApplicant) -> list[MeetingFact]:
    """同意参会."""
    meeting = planned(before)
    if meeting.applicants.get(asked.applicant) is Application.ADMITTED:
        return []
    refuse(*_unanswerable(meeting, asked.applicant))
    return [JoinAdmitted(applicant=asked.applicant)]


def decline(before: Meeting | None, asked: DeclineApplicant) -> list[MeetingFact]:
    """不同意参会, with the reason: every application is answered."""
    meeting = planned(before)
    if meeting.applicants.get(asked.applicant) is Application.DECLINED:
        return []
    refuse(*_unanswerable(meeting, asked.applicant))
    return [JoinDeclined(applicant=asked.applicant, reason=asked.reason)]


def _unanswerable(meeting: Meeting, applicant: UUID) -> list[Reason | None]:
    known = meeting.applicants.get(applicant)
    return [
        not_in(meeting, MeetingState.SCHEDULED, MeetingState.NOTICED),
        Reason("applicant_unknown", "没有该参会申请", "/applicant") if known is None else None,
        Reason("already_answered", "该申请已答复", "/applicant") if known and known is not Application.OPEN else None,
    ]


def postpone(before: Meeting | None, asked: PostponeMeeting, *, now: datetime) -> list[MeetingFact]:
    """会议延期: a new notice and new invitations are needed."""
    meeting = planned(before)
    refuse(not_in(meeting, MeetingState.SCHEDULED, MeetingState.NOTICED), _past(asked.starts_at, now))
    return [MeetingPostponed(starts_at=asked.starts_at, reason=asked.reason, topics=_mentioned(meeting))]


def cancel(before: Meeting | None, asked: CancelMeeting) -> list[MeetingFact]:
    """会议取消: its topics wait for another; whoever has applied and waits is told so, for every application is answered."""
    meeting = planned(before)
    if meeting.state is MeetingState.CANCELLED:
        return []
    refuse(not_in(meeting, MeetingState.SCHEDULED, MeetingState.NOTICED))
    return [
        *(
            JoinDeclined(applicant=applicant, reason=_CANCELLED)
            for applicant, application in meeting.applicants.items()
            if application is Application.OPEN
        ),
        MeetingCancelled(reason=asked.reason, topics=_mentioned(meeting)),
    ]


_CANCELLED = "会议已取消"


def _mentioned(meeting: Meeting) -> tuple[Mention, ...]:
    return tuple(ref("topic", topic) for topic in meeting.topics)


def _past(starts_at: datetime, now: datetime) -> Reason | None:
    return Reason("starts_in_the_past", "会议时间须晚于现在", "/starts_at") if starts_at <= now else None


def _twice(topics: Sequence[UUID]) -> Reason | None:
    return Reason("topic_twice", "同一议题列了两次", "/topics") if len(set(topics)) < len(topics) else None
