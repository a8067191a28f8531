"""会议公示, invitations and applications."""

from datetime import datetime

import pytest

from services.deliberation.domain.asked import (
    AcceptInvitation,
    AdmitApplicant,
    CancelMeeting,
    DeclineApplicant,
    ExcuseAbsence,
    Invite,
    Invitee,
    NameRecorder,
    OrderAgenda,
    PostponeMeeting,
    PublishNotice,
    RequestJoin,
    ScheduleMeeting,
)
from services.deliberation.domain.meeting import Answer, MeetingState, evolve
from services.deliberation.domain.notice import (
    NOTICE_ITEMS,
    accept_invitation,
    admit,
    cancel,
    decline,
    excuse_absence,
    invite,
    name_recorder,
    order_agenda,
    postpone,
    publish_notice,
    request_join,
    schedule_meeting,
)
from services.deliberation.domain.topic import Topic
from shared.events.base import derived, ref
from shared.events.deliberation import (
    AgendaOrdered,
    ApplicantKind,
    InvitationAccepted,
    InvitationExcused,
    JoinAdmitted,
    JoinDeclined,
    JoinRequested,
    MeetingCancelled,
    MeetingFact,
    MeetingForm,
    MeetingInvited,
    MeetingPostponed,
    MeetingScheduled,
    NoticePublished,
    RecorderNamed,
)
from shared.rules.broken import RuleBroken
from tests.support.spec import Outcome, given
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAY,
    HOUR,
    MEETING,
    MEMBER,
    NOW,
    OTHER_TOPIC,
    SEATS,
    STARTS_AT,
    TERMS,
    TOPIC,
    TOWN,
    accepted,
    attended,
    invited,
    meeting_state,
    noticed,
    opened,
    planned,
    platform,
    proposed,
    scheduled,
    topic_state,
)

APPLICANT = derived("test", "applicant")
ALL = PublishNotice(participants=(*SEATS, MEMBER))
CANCELLED = MeetingCancelled(reason="天气原因", topics=(ref("topic", TOPIC),))


def publish(
    asked: PublishNotice,
    *,
    facts: list[MeetingFact] | None = None,
    topics: dict[object, Topic] | None = None,
    now: datetime = NOW,
) -> Outcome:
    return given(evolve, *(facts or [planned(TOPIC)])).when(
        publish_notice,
        asked,
        topics={TOPIC: topic_state(*accepted())} if topics is None else topics,
        platform=platform(),
        now=now,
        terms=TERMS,
        calendar=CALENDAR,
    )


def test_a_meeting_is_scheduled_at_the_place_of_its_platform() -> None:
    asked = ScheduleMeeting(community="dahuichang", starts_at=STARTS_AT, topics=(TOPIC,))
    given(evolve).when(schedule_meeting, asked, platform=platform(), now=NOW).then(
        MeetingScheduled(
            community="dahuichang",
            starts_at=STARTS_AT,
            urgent=False,
            topics=(ref("topic", TOPIC),),
            venue="大灰厂社区议事厅",
        )
    )


def test_a_meeting_is_scheduled_in_the_future_on_a_platform() -> None:
    asked = ScheduleMeeting(community="dahuichang", starts_at=NOW, topics=(TOPIC, TOPIC))
    given(evolve).when(schedule_meeting, asked, platform=platform(), now=NOW).then_refused(
        "starts_in_the_past", "topic_twice"
    )
    given(evolve).when(schedule_meeting, asked, platform=None, now=NOW).then_refused("not_found")


def test_a_notice_says_all_five_items() -> None:
    publish(ALL).then(noticed()[1])


def test_a_notice_without_one_of_the_five_items_is_refused_for_each() -> None:
    bare = MeetingScheduled(community="dahuichang", starts_at=STARTS_AT, urgent=False)
    with pytest.raises(RuleBroken) as refused:
        publish_notice(
            meeting_state(bare),
            PublishNotice(),
            topics={},
            platform=platform(),
            now=NOW,
            terms=TERMS,
            calendar=CALENDAR,
        )
    missing = {r.pointer.strip("/") for r in refused.value.reasons if r.code == "notice_item_missing"}
    assert missing == set(NOTICE_ITEMS) - {"starts_at"}
    assert "venue_missing" in {reason.code for reason in refused.value.reasons}


@pytest.mark.parametrize(
    ("urgent", "earlier"),
    [(False, 3 * DAY), (True, 2 * HOUR)],
)
def test_a_notice_stands_three_days_or_two_hours_when_urgent(urgent: bool, earlier: object) -> None:
    published = publish(ALL, facts=[planned(TOPIC, urgent=urgent)], now=STARTS_AT - earlier)  # type: ignore[operator]
    assert published.facts is not None
    (fact,) = published.facts
    assert isinstance(fact, NoticePublished)
    assert (fact.urgent, fact.stands_until) == (urgent, STARTS_AT)
    late = STARTS_AT - earlier + HOUR / 60  # type: ignore[operator]
    publish(ALL, facts=[planned(TOPIC, urgent=urgent)], now=late).then_refused("notice_too_short")


def test_only_accepted_topics_of_the_community_go_on_a_notice() -> None:
    publish(ALL, topics={}).then_refused("topic_unknown")
    publish(ALL, topics={TOPIC: topic_state(proposed())}).then_refused("topic_not_accepted")
    publish(ALL, topics={TOPIC: topic_state(*scheduled())}).then_refused("topic_not_accepted")
    elsewhere = topic_state(*accepted(community="zhangguozhuang"))
    publish(ALL, topics={TOPIC: elsewhere}).then_refused("other_community")


def test_a_vacant_seat_does_not_take_part() -> None:
    publish(PublishNotice(participants=("seat/3", f"member/{APPLICANT}", "post/secretary"))).then_refused(
        "seat_vacant", "member_unknown", "not_invitable"
    )


def test_the_notice_may_complete_and_change_what_was_scheduled() -> None:
    asked = PublishNotice(
        participants=SEATS, topics=(OTHER_TOPIC,), form=MeetingForm.ON_SITE, starts_at=STARTS_AT + DAY
    )
    published = publish(asked, topics={OTHER_TOPIC: topic_state(*accepted())})
    assert published.facts is not None
    after = meeting_state(planned(TOPIC), *published.facts)  # type: ignore[arg-type]
    assert (after.topics, after.form, after.starts_at) == ((OTHER_TOPIC,), MeetingForm.ON_SITE, STARTS_AT + DAY)


def test_a_notice_is_published_once() -> None:
    publish(ALL, facts=noticed()).then_refused("wrong_state")


def test_seats_members_and_units_are_invited_once() -> None:
    asked = Invite(
        invitees=(
            Invitee(party="seat/1"),
            Invitee(party="unit/district-housing"),
            Invitee(party="unit/qingyu", label="青宇公司"),
        )
    )
    given(evolve, *noticed()).when(invite, asked, platform=platform(), town=TOWN).then(
        MeetingInvited(party="seat/1"),
        MeetingInvited(party="unit/district-housing"),
        MeetingInvited(party="unit/qingyu", label="青宇公司"),
    )
    once = [*noticed(), MeetingInvited(party="seat/1"), MeetingInvited(party="unit/district-housing")]
    given(evolve, *once).when(invite, asked, platform=platform(), town=TOWN).then(
        MeetingInvited(party="unit/qingyu", label="青宇公司")
    )


def test_a_unit_that_nobody_knows_is_invited_by_its_name() -> None:
    asked = Invite(invitees=(Invitee(party="unit/qingyu"),))
    given(evolve, *noticed()).when(invite, asked, platform=platform(), town=TOWN).then_refused("label_missing")


def test_nobody_is_invited_before_the_notice() -> None:
    asked = Invite(invitees=(Invitee(party="seat/1"), Invitee(party="seat/3")))
    given(evolve, planned(TOPIC)).when(invite, asked, platform=platform(), town=TOWN).then_refused(
        "wrong_state", "seat_vacant"
    )


def test_an_invitation_is_accepted_or_excused_with_a_reason_before_the_opening() -> None:
    accepting, excusing = AcceptInvitation(party="seat/4"), ExcuseAbsence(party="seat/4", reason="出警")
    accepted_it, excused = InvitationAccepted(party="seat/4"), InvitationExcused(party="seat/4", reason="出警")
    given(evolve, *invited()).when(accept_invitation, accepting).then(accepted_it)
    given(evolve, *invited(), accepted_it).when(accept_invitation, accepting).then_nothing()
    given(evolve, *invited(), accepted_it).when(excuse_absence, excusing).then(excused)
    given(evolve, *invited(), excused).when(excuse_absence, excusing).then_nothing()
    given(evolve, *noticed()).when(accept_invitation, accepting).then_refused("not_invited")
    given(evolve, *opened()).when(excuse_absence, excusing).then_refused("wrong_state")


def test_anyone_may_apply_while_the_notice_stands() -> None:
    asked = RequestJoin(applicant_kind=ApplicantKind.RESIDENT)
    applied = JoinRequested(applicant=APPLICANT, applicant_kind=ApplicantKind.RESIDENT)
    standing = given(evolve, *noticed())
    standing.when(request_join, asked, applicant=APPLICANT, now=STARTS_AT - HOUR).then(applied)
    standing.when(request_join, asked, applicant=APPLICANT, now=STARTS_AT).then_refused("notice_over")
    given(evolve, planned(TOPIC)).when(request_join, asked, applicant=APPLICANT, now=NOW).then_refused("wrong_state")
    given(evolve, *noticed(), applied).when(request_join, asked, applicant=APPLICANT, now=NOW).then_nothing()


def test_every_application_is_answered_once() -> None:
    applied = [*noticed(), JoinRequested(applicant=APPLICANT, applicant_kind=ApplicantKind.UNIT)]
    admitting, declining = AdmitApplicant(applicant=APPLICANT), DeclineApplicant(applicant=APPLICANT, reason="满员")
    admitted, declined = JoinAdmitted(applicant=APPLICANT), JoinDeclined(applicant=APPLICANT, reason="满员")
    given(evolve, *applied).when(admit, admitting).then(admitted)
    given(evolve, *applied).when(decline, declining).then(declined)
    given(evolve, *applied, admitted).when(admit, admitting).then_nothing()
    given(evolve, *applied, declined).when(decline, declining).then_nothing()
    given(evolve, *applied, admitted).when(decline, declining).then_refused("already_answered")
    given(evolve, *applied, declined).when(admit, admitting).then_refused("already_answered")
    given(evolve, *noticed()).when(admit, admitting).then_refused("applicant_unknown")


def test_a_postponed_meeting_needs_a_new_notice_and_new_invitations() -> None:
    asked = PostponeMeeting(starts_at=STARTS_AT + 7 * DAY, reason="天气原因")
    postponed = MeetingPostponed(starts_at=STARTS_AT + 7 * DAY, reason="天气原因", topics=(ref("topic", TOPIC),))
    given(evolve, *attended()).when(postpone, asked, now=NOW).then(postponed)
    after = meeting_state(*attended(), postponed)
    assert after.state is MeetingState.SCHEDULED
    assert (after.invited, after.attendance, after.notice_until) == ({}, {}, None)
    given(evolve, *opened()).when(postpone, asked, now=NOW).then_refused("wrong_state")
    past = PostponeMeeting(starts_at=NOW, reason="天气原因")
    given(evolve, *noticed()).when(postpone, past, now=NOW).then_refused("starts_in_the_past")


def test_a_meeting_is_cancelled_before_it_opens() -> None:
    asked = CancelMeeting(reason="天气原因")
    given(evolve, *noticed()).when(cancel, asked).then(CANCELLED)
    given(evolve, *noticed(), CANCELLED).when(cancel, asked).then_nothing()
    given(evolve, *opened()).when(cancel, asked).then_refused("wrong_state")


def test_the_recorder_is_named_before_the_meeting() -> None:
    asked = NameRecorder(recorder="recorder-2")
    given(evolve, *noticed()).when(name_recorder, asked).then(RecorderNamed(recorder="recorder-2"))
    given(evolve, *noticed()).when(name_recorder, NameRecorder(recorder="recorder-1")).then_nothing()
    given(evolve, *opened()).when(name_recorder, asked).then_refused("wrong_state")


def test_an_answer_is_kept_with_its_invitation() -> None:
    after = meeting_state(*invited(), InvitationExcused(party="seat/4", reason="出警"))
    assert {party: invitation.answer for party, invitation in after.invited.items()} == {
        "seat/1": Answer.NONE,
        "seat/4": Answer.EXCUSED,
        "seat/5": Answer.NONE,
        MEMBER: Answer.NONE,
    }


def test_an_urgent_meeting_says_why_it_cannot_wait() -> None:
    asked = ScheduleMeeting(community="dahuichang", starts_at=STARTS_AT, urgent=True)
    rule = {"platform": platform(), "now": NOW}
    given(evolve).when(schedule_meeting, asked, **rule).then_refused("urgent_reason_missing")
    because = asked.model_copy(update={"urgent_because": "供水中断"})
    (said,) = schedule_meeting(None, because, platform=platform(), now=NOW)
    assert isinstance(said, MeetingScheduled)
    assert (said.urgent, said.urgent_because) == (True, "供水中断")
    calm = because.model_copy(update={"urgent": False})
    given(evolve).when(schedule_meeting, calm, **rule).then_refused("not_urgent")


def test_the_agenda_is_put_in_order_and_nothing_is_added_to_it() -> None:
    both = noticed(TOPIC, OTHER_TOPIC)
    turned = AgendaOrdered(topics=(ref("topic", OTHER_TOPIC), ref("topic", TOPIC)))
    given(evolve, *both).when(order_agenda, OrderAgenda(topics=(OTHER_TOPIC, TOPIC))).then(turned)
    given(evolve, *both, turned).when(order_agenda, OrderAgenda(topics=(OTHER_TOPIC, TOPIC))).then_nothing()
    given(evolve, *both).when(order_agenda, OrderAgenda(topics=(TOPIC, TOPIC))).then_refused(
        "topic_twice", "agenda_differs"
    )
    given(evolve, *opened(TOPIC, OTHER_TOPIC)).when(
        order_agenda, OrderAgenda(topics=(OTHER_TOPIC, TOPIC))
    ).then_refused("wrong_state")


def test_whoever_has_applied_to_a_cancelled_meeting_is_answered() -> None:
    applied = JoinRequested(applicant=MEETING, applicant_kind=ApplicantKind.RESIDENT)
    given(evolve, *noticed(), applied).when(cancel, CancelMeeting(reason="另行安排")).then(
        JoinDeclined(applicant=MEETING, reason="会议已取消"),
        MeetingCancelled(reason="另行安排", topics=(ref("topic", TOPIC),)),
    )


def test_a_seat_is_invited_with_the_unit_that_takes_it() -> None:
    asked = Invite(invitees=(Invitee(party="seat/4"), Invitee(party="seat/1")))
    given(evolve, *noticed()).when(invite, asked, platform=platform(), town=TOWN).then(
        MeetingInvited(party="seat/4", unit="district-police"), MeetingInvited(party="seat/1")
    )
    assert meeting_state(*noticed(), MeetingInvited(party="seat/4", unit="district-police")).units == (
        "district-police",
    )
