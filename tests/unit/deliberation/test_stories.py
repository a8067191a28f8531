"""大灰厂: from the first topic without a property company to 8 truckloads in 20 days, rules only."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import reduce
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter

from services.deliberation.domain import asked, assembly, meeting, platform, topic, undertaking
from services.deliberation.domain.asked import Amount, Promise
from services.deliberation.domain.assembly import Assembly, assembly_id
from services.deliberation.domain.concluding import conclude
from services.deliberation.domain.conclusion import ConcludeTopic, Conclusion, Defer, HoldMeeting, ReferToAssembly
from services.deliberation.domain.heard import propose_from_hotspot
from services.deliberation.domain.implementation import assign_later, close, disclose
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.minutes import publish_minutes
from services.deliberation.domain.notice import invite, publish_notice, schedule_meeting
from services.deliberation.domain.platform import Platform
from services.deliberation.domain.sitting import hold, open_meeting, raise_problem, record_attendance, tally
from services.deliberation.domain.topic import Topic, TopicState
from services.deliberation.domain.undertaking import Undertaking
from shared.events.base import Fact, derived, ref_id
from shared.events.deliberation import (
    AssemblyForum,
    AssemblyMatter,
    CountBase,
    MeetingForm,
    MemberKind,
    TopicClosed,
    TopicScope,
)
from shared.events.intake import HotspotDetected, HotspotRule
from shared.events.vocabulary import Quantity
from tests.unit.deliberation.builders import (
    CALENDAR,
    DAHUICHANG,
    DAY,
    HOTSPOT,
    HOUR,
    MEMBER,
    NOW,
    POSTS,
    SEATS,
    TERMS,
    TOPIC,
    TOWN,
)

S = TypeVar("S")


class Stream:
    """One aggregate: its state, and the facts it was folded from."""

    def __init__(self, evolve: Callable[[Any, Any], Any]) -> None:
        self.evolve, self.facts, self.state = evolve, list[Fact](), None

    def change(self, rule: Callable[..., Sequence[Fact]], *asked: Any, **named: Any) -> None:
        """Ask a rule; what it says has happened."""
        said = rule(self.state, *asked, **named)
        assert said
        self.facts += said
        self.state = reduce(self.evolve, said, self.state)

    def read(self, kind: type[S]) -> S:
        """The state, which is the same when facts and columns have been through JSON."""
        again = reduce(self.evolve, [type(fact).read(fact.model_dump_json()) for fact in self.facts], None)
        assert again == self.state
        hints = get_type_hints(kind)
        for field in fields(kind):  # type: ignore[arg-type]
            column, value = TypeAdapter(hints[field.name]), getattr(self.state, field.name)
            assert column.validate_json(column.dump_json(value)) == value
        assert isinstance(self.state, kind)
        return self.state


def sit(place: Stream, matter: Stream, conclusion: Conclusion, *, id: UUID, at: datetime) -> Stream:
    """A whole meeting about one topic: notice, invitations, attendance, opening, a problem, its end, its minutes."""
    standing, room = place.read(Platform), Stream(meeting.evolve)
    planning = asked.ScheduleMeeting(
        community="dahuichang",
        starts_at=at,
        topics=(TOPIC,),
        form=MeetingForm.DISCUSSION,
        moderator="secretary",
        recorder="recorder-1",
    )
    room.change(schedule_meeting, planning, platform=standing, now=at - 4 * DAY)
    room.change(
        publish_notice,
        asked.PublishNotice(participants=(*SEATS, MEMBER)),
        topics={TOPIC: matter.read(Topic)},
        platform=standing,
        now=at - 3 * DAY,
        terms=TERMS,
        calendar=CALENDAR,
    )
    matter.change(topic.schedule, meeting=id, starts_at=at)
    invitees = tuple(asked.Invitee(party=party) for party in (*SEATS, MEMBER, "unit/district-housing"))
    invitees = (*invitees, asked.Invitee(party="unit/qingyu", label="青宇公司"))
    room.change(invite, asked.Invite(invitees=invitees), platform=standing, town=TOWN)
    room.change(record_attendance, asked.RecordAttendance(present=(*SEATS, MEMBER, *POSTS, "unit/qingyu")))
    room.change(open_meeting, topics={TOPIC: matter.read(Topic)}, platform=standing, now=at, terms=TERMS)
    matter.change(topic.open_topic, meeting=id)
    problem = asked.RaiseProblem(party="seat/1", category="ROAD_REPAIR", public_title="小区道路破损")
    room.change(raise_problem, problem, town=TOWN)
    counted = tally(room.read(Meeting), TOPIC)
    room.change(
        hold,
        HoldMeeting(conclusions=(ConcludeTopic(topic=TOPIC, conclusion=conclusion),)),
        topics={TOPIC: matter.read(Topic)},
        platform=standing,
        earlier_absences={},
        now=at + HOUR,
        terms=TERMS,
        calendar=CALENDAR,
        town=TOWN,
    )
    matter.change(
        conclude,
        conclusion,
        topic=TOPIC,
        meeting=id,
        tally=counted,
        community_kind=DAHUICHANG.kind,
        now=at + HOUR,
        terms=TERMS,
        town=TOWN,
    )
    room.change(publish_minutes, asked.PublishMinutes(text="会议记录"), by={"recorder-1"})
    room.read(Meeting)
    return room


def test_dahuichang_gets_a_property_company_and_its_environment_is_put_right() -> None:
    place, matter = Stream(platform.evolve), Stream(topic.evolve)
    place.change(platform.found, DAHUICHANG, now=NOW, terms=TERMS)
    matter.change(
        propose_from_hotspot,
        HotspotDetected(
            category="PROPERTY_VACANCY",
            community="dahuichang",
            place="dahuichang-estate",
            people=8,
            complaints=12,
            rule=HotspotRule.DISTINCT_PEOPLE,
            since=NOW - 30 * DAY,
        ),
        hotspot=ref_id(HOTSPOT),
        latest=None,
        place_name="大灰厂小区",
        category_name="无物业管理",
    )
    matter.change(topic.accept, asked.AcceptTopic(scope=TopicScope.PROPERTY_MANAGEMENT))
    matter.change(topic.distribute_background, asked.DistributeBackground(title="物业空缺情况说明"), kept=())

    for number in (1, 2):
        again = Defer(reason="镇与产权单位继续同物业公司洽谈")
        sit(place, matter, again, id=derived("test", "meeting", number), at=NOW + number * 30 * DAY)
    hire = ReferToAssembly(forum=AssemblyForum.OWNERS, matter=AssemblyMatter.HIRE_PROPERTY_COMPANY)
    sit(place, matter, hire, id=derived("test", "meeting", 3), at=NOW + 90 * DAY)
    assert matter.read(Topic).state is TopicState.AT_ASSEMBLY

    vote, called_at, voted_at = Stream(assembly.evolve), NOW + 91 * DAY, NOW + 106 * DAY
    vote.change(assembly.call, topic=TOPIC, referred=matter.read(Topic), now=called_at)
    notice = asked.NoticeAssembly(starts_at=voted_at, venue="大灰厂社区议事厅", form="书面征求意见")
    vote.change(assembly.give_notice, notice, now=called_at)
    counts = (
        asked.Counted(base=CountBase.AREA, entitled=9_000_000, taking_part=7_000_000, agreeing=5_000_000),
        asked.Counted(base=CountBase.OWNERS, entitled=2_000, taking_part=1_500, agreeing=1_200),
    )
    vote.change(assembly.decide, asked.DecideAssembly(held_at=voted_at, counts=counts), now=voted_at, town=TOWN)
    vote.read(Assembly)
    matter.change(topic.decided_at_assembly, adopted=True, assembly=assembly_id(TOPIC, 1))
    place.change(platform.fill_seat, asked.FillSeat(seat=3, holder="金鹏顺发物业"), town=TOWN)
    assert place.read(Platform).filled == (1, 3, 4, 5)

    planned = (
        Amount(work="道路修补", amount=19, quantity=Quantity.PLACES),
        Amount(work="楼前树木修剪", amount=18, quantity=Quantity.BUILDINGS),
        Amount(work="平房区树木修剪", amount=5, quantity=Quantity.AREAS),
        Amount(work="清运垃圾", amount=8, quantity=Quantity.TRUCKLOADS),
    )
    work, finished_at = Stream(undertaking.evolve), voted_at + 20 * DAY
    promise = Promise(owner="金鹏顺发物业", task="整治小区环境", due_at=finished_at, planned=planned)
    work.change(assign_later, promise, topic=TOPIC, agreed=matter.read(Topic), now=voted_at, town=TOWN)
    finishing = asked.FinishUndertaking(finished_at=finished_at, done=planned)
    work.change(undertaking.finish, finishing, kept=(), now=finished_at)
    done = [work.read(Undertaking)]
    assert not done[0].open

    matter.change(disclose, asked.DiscloseTopic(result="物业已进驻，20 天内完成环境整治"), undertakings=done)
    matter.change(close, undertakings=done)
    assert matter.facts[-1] == TopicClosed(result="物业已进驻，20 天内完成环境整治", sources=(HOTSPOT,))
    assert matter.read(Topic).state is TopicState.CLOSED


def test_a_platform_survives_json_with_a_member_that_came_later() -> None:
    place = Stream(platform.evolve)
    place.change(platform.found, DAHUICHANG, now=NOW, terms=TERMS)
    joining = asked.AppointMember(member_kind=MemberKind.PARTNER_UNIT, organisation="共建单位")
    place.change(platform.appoint_member, joining, member=derived("test", "partner"), now=NOW, terms=TERMS)
    assert len(place.read(Platform).members) == len(TERMS.founding[DAHUICHANG.kind].members) + 1
