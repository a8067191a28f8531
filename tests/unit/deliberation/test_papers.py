"""Papers: the dossier and the draft of minutes as they follow from the facts alone, and how they call things."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import pytest

from services.deliberation.domain import wording
from services.deliberation.domain.concluding import Tally, conclude
from services.deliberation.domain.conclusion import Defer
from services.deliberation.domain.dossier import dossier
from services.deliberation.domain.draft import draft
from services.deliberation.domain.minutes import changes
from services.deliberation.domain.paper import Block, Items, Paper, Paragraph, Quoted, Seal, Section, Table, Words
from services.deliberation.domain.platform import found
from services.deliberation.domain.told import Told
from services.deliberation.domain.wording import chinese, day, moment, named
from services.deliberation.printing import html, machine, pdf, typeset
from shared.events import deliberation as said
from shared.events import vocabulary
from shared.events.base import Fact, derived, ref
from shared.events.deliberation import (
    AbsenceUnexcused,
    ApplicantKind,
    AssemblyCalled,
    AssemblyDecided,
    AssemblyForum,
    AssemblyInquorate,
    AssemblyMatter,
    AssemblyNoticed,
    Attendance,
    ConclusionKind,
    Count,
    CountBase,
    InvitationExcused,
    JoinAdmitted,
    JoinDeclined,
    JoinRequested,
    MeetingHeld,
    MinutesCorrected,
    MinutesPublished,
    Position,
    PositionRecorded,
    ProblemRaised,
    StatementRecorded,
    TopicClosed,
    TopicConcluded,
    TopicDisclosed,
    TopicFact,
    TopicImplementing,
    TopicProgressed,
    TopicReferredToAssembly,
    UndertakingAssigned,
    UndertakingDone,
    UndertakingOverdue,
    UndertakingReported,
    Workload,
)
from shared.events.vocabulary import ProgressStep, Quantity
from shared.rules.broken import RuleBroken
from tests.unit.deliberation.builders import (
    DAHUICHANG,
    DAY,
    HOTSPOT,
    IN_MEETING,
    ISSUE,
    MEETING,
    MEMBER,
    NOW,
    STARTS_AT,
    TERMS,
    TOPIC,
    TOWN,
    in_deliberation,
    opened,
    topic_state,
)

PLATFORM = ref("platform", derived("platform", "dahuichang"))
ON_TOPIC = ref("topic", TOPIC)
ASSEMBLY, UNDERTAKING = derived("test", "assembly"), derived("test", "undertaking")
GUEST, STRANGER = derived("test", "guest"), derived("test", "stranger")
FIRST, SECOND = "到会情况\n议题暂缓", "到会情况\n议题提交业主大会"


class Journal:
    """Facts with positions, versions and times, as they come."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._versions: dict[str, int] = {}

    def say(self, stream: str, at: datetime, facts: Iterable[Fact]) -> None:
        """These facts, one after the other."""
        for fact in facts:
            version = self._versions[stream] = self._versions.get(stream, 0) + 1
            position = len(self.told) + 1
            self.told.append(Told(stream, version, position, at, fact, sha256(f"{position}".encode()).hexdigest()))


def sealed(text: str) -> str:
    """Its seal."""
    return sha256(text.encode()).hexdigest()


def ended(conclusion: ConclusionKind, *, topic: UUID = TOPIC) -> MeetingHeld:
    """The end of the meeting."""
    return MeetingHeld(
        community="dahuichang",
        held_at=STARTS_AT + timedelta(hours=2),
        urgent=False,
        attendance=Attendance(
            seats_filled=3,
            seats_present=2,
            members_present=1,
            units_present=0,
            guests_present=0,
            excused=("seat/5", MEMBER),
            unexcused=("seat/4",),
        ),
        conclusions=(
            TopicConcluded(
                topic=ref("topic", topic), conclusion=conclusion, support=2, oppose=1, abstain=0, seat_objections=1
            ),
        ),
        problems=1,
        minutes_due_at=STARTS_AT + 3 * DAY,
    )


def a_meeting() -> list[Fact]:
    """The meeting from its plan to its end."""
    return [
        *opened(),
        JoinRequested(applicant=GUEST, applicant_kind=ApplicantKind.RESIDENT),
        JoinAdmitted(applicant=GUEST),
        JoinRequested(applicant=STRANGER, applicant_kind=ApplicantKind.RESIDENT),
        JoinDeclined(applicant=STRANGER, reason="场地有限"),
        InvitationExcused(party="seat/5", reason="另有公务"),
        InvitationExcused(party=MEMBER, reason="因病住院"),
        ProblemRaised(
            number=1, party="seat/1", community="dahuichang", category="WASTE", place=None, public_title="垃圾清运"
        ),
        StatementRecorded(party=MEMBER, topic=ON_TOPIC),
        PositionRecorded(party="seat/1", topic=ON_TOPIC, position=Position.SUPPORT),
        PositionRecorded(party=MEMBER, topic=ON_TOPIC, position=Position.SUPPORT),
        PositionRecorded(party="seat/4", topic=ON_TOPIC, position=Position.FORMAL_OBJECTION),
        AbsenceUnexcused(party="seat/4", times=2, superior_told=True),
        ended(ConclusionKind.REFERRED_TO_ASSEMBLY),
    ]


def journal() -> list[Told]:
    """大灰厂: from the hotspot by way of the owners' assembly to the closed topic."""
    said_here = Journal()
    say = said_here.say
    say(PLATFORM, NOW, found(None, DAHUICHANG, now=NOW, terms=TERMS))
    say(ON_TOPIC, NOW, in_deliberation(HOTSPOT, people=8)[:3])
    say(IN_MEETING, NOW, a_meeting()[:2])
    say(ON_TOPIC, NOW, in_deliberation(HOTSPOT, people=8)[3:4])
    say(IN_MEETING, STARTS_AT, a_meeting()[2:])
    say(ON_TOPIC, STARTS_AT, in_deliberation(HOTSPOT, people=8)[4:])
    referred = TopicReferredToAssembly(
        meeting=IN_MEETING,
        forum=AssemblyForum.OWNERS,
        matter=AssemblyMatter.HIRE_PROPERTY_COMPANY,
        cause=said.ReferralCause.LAW,
        authorised=False,
        community="dahuichang",
        public_title="引进物业",
    )
    say(ON_TOPIC, STARTS_AT, [referred])
    first = MinutesPublished(recorder="recorder-1", version=1, text=FIRST, sha256=sealed(FIRST))
    second = MinutesCorrected(recorder="recorder-1", version=2, text=SECOND, sha256=sealed(SECOND), reason="结论写错")
    say(IN_MEETING, STARTS_AT + DAY, [first, second])
    say(PLATFORM, STARTS_AT + 5 * DAY, [said.SeatFilled(community="dahuichang", seat=3, holder="青宇公司")])
    voted = STARTS_AT + 40 * DAY
    few = (Count(base=CountBase.AREA, entitled=900_050, taking_part=500_000, agreeing=500_000),)
    many = (Count(base=CountBase.OWNERS, entitled=900, taking_part=700, agreeing=400),)
    say(
        ref("assembly", ASSEMBLY),
        voted,
        [
            AssemblyCalled(
                topic=ON_TOPIC,
                community="dahuichang",
                public_title="引进物业",
                forum=AssemblyForum.OWNERS,
                matter=AssemblyMatter.HIRE_PROPERTY_COMPANY,
                authorised=False,
                call=1,
                law="民法典",
                legal_check_due=True,
            ),
            AssemblyNoticed(starts_at=voted, venue="小区广场", form="书面"),
            AssemblyInquorate(held_at=voted, counts=few),
            AssemblyDecided(
                held_at=voted, adopted=True, counts=many, law="民法典", legal_check_due=True, publish_by=voted + 3 * DAY
            ),
        ],
    )
    carried_out = TopicImplementing(cause=ref("assembly", ASSEMBLY), undertakings=(ref("undertaking", UNDERTAKING),))
    escalated = TopicProgressed(step=ProgressStep.ISSUE_ESCALATED, cause=ISSUE)
    say(ON_TOPIC, voted, [carried_out, escalated])
    repaired = (Workload(work="道路修补", amount=19, quantity=Quantity.PLACES),)
    due = voted + 20 * DAY
    say(
        ref("undertaking", UNDERTAKING),
        due,
        [
            UndertakingAssigned(
                topic=ON_TOPIC,
                decided_by=ref("assembly", ASSEMBLY),
                community="dahuichang",
                owner="物业公司",
                task="道路修补",
                due_at=due,
                planned=repaired,
            ),
            UndertakingReported(done=repaired, evidence=("ab" * 32,)),
            UndertakingOverdue(due_at=due),
            UndertakingDone(finished_at=due + DAY, done=repaired, evidence=("ab" * 32,), late=True),
        ],
    )
    say(ON_TOPIC, due + 2 * DAY, [TopicDisclosed(result="物业公司进驻"), TopicClosed(result="物业公司进驻")])
    return said_here.told


def paper() -> Paper:
    """The dossier of that story."""
    return dossier(TOPIC, journal(), titles={}, town=TOWN)


def plain(words: Words) -> str:
    """Words as people read them."""
    return "".join(
        one if isinstance(one, str) else moment(one) if isinstance(one, datetime) else day(one) for one in words
    )


def lines(block: Block) -> list[str]:
    """What stands in a block."""
    match block:
        case Paragraph():
            return [plain(block.words)]
        case Items():
            return [f"{name}：{plain(value)}" for name, value in block.pairs]
        case Table():
            return [" | ".join(block.head), *(" | ".join(map(plain, row)) for row in block.rows)]
        case Seal():
            return [f"{block.label} {block.sha256[:8]}"]
        case Quoted():
            return [f"> {line}" for line in block.text.split("\n")]


def written(sections: Iterable[Section]) -> list[str]:
    """Headings and blocks, line by line."""
    found: list[str] = []
    for section in sections:
        found.append(section.number + plain(section.title))
        for block in section.blocks:
            found += lines(block)
        found += written(section.sections)
    return found


def part(number: str) -> list[str]:
    """One chapter of the dossier."""
    return written(section for section in paper().sections if section.number == f"{number}、")


def test_a_dossier_is_built_of_eight_chapters_numbered_as_the_standard_numbers() -> None:
    headings = [line for section in paper().sections for line in _headings(section)]
    assert headings == [
        "一、议题来源",
        "二、受理和背景材料",
        "三、协商会议",
        "（一）第一次会议（2024年2月4日）",
        "1.会议公示",
        "2.邀请和参会申请",
        "3.到会情况",
        "4.问题交流、发言和表态",
        "5.结论",
        "6.会议记录",
        "四、提请会议决定",
        "（一）业主大会：选聘物业服务企业",
        "五、其他途径办理情况",
        "六、落实情况",
        "（一）道路修补",
        "七、结果公开和办结",
        "八、事实清单",
    ]


def _headings(section: Section) -> list[str]:
    return [section.number + plain(section.title), *(line for below in section.sections for line in _headings(below))]


def test_the_title_page_names_community_state_and_dates() -> None:
    assert paper().issuer == "北宫镇大灰厂社区"
    assert [(name, plain(value)) for name, value in paper().cover] == [
        ("社区（村）", "大灰厂社区"),
        ("议题状态", "已办结"),
        ("提出日期", "2024年2月1日"),
        ("办结日期", "2024年4月6日"),
        ("档案截至", "2024年4月6日"),
        ("档案编号", str(TOPIC)),
    ]


def test_a_meeting_is_told_from_its_notice_to_its_minutes() -> None:
    assert part("三")[1:] == [
        "（一）第一次会议（2024年2月4日）",
        "1.会议公示",
        "2024年2月1日9:00公示，公示事项如下：",
        "议题：引进物业",
        "时间：2024年2月4日9:00",
        "参加人员：两委（大灰厂社区两委）、社区民警（大灰厂社区社区民警）、联系领导和科室（大灰厂社区联系领导和科室）、N方代表1人",
        "主持人：召集人",
        "形式：召集会议",
        "地点：大灰厂社区议事厅",
        "公示期至：2024年2月4日9:00",
        "2.邀请和参会申请",
        "邀请4方：两委（大灰厂社区两委）、社区民警（大灰厂社区社区民警）、联系领导和科室（大灰厂社区联系领导和科室）、N方代表1人。",
        "接受邀请0方，请假2方，未答复2方。",
        "联系领导和科室（大灰厂社区联系领导和科室）请假，理由：另有公务。",
        "居民申请参会2件：同意1件，不同意1件，待答复0件。",
        "不同意参会的理由：场地有限。",
        "3.到会情况",
        "五方席位 | 单位 | 到会 | 对本议题表态",
        "两委 | 大灰厂社区两委 | 到会 | 赞成",
        "社区民警 | 大灰厂社区社区民警 | 到会 | 正式异议",
        "联系领导和科室 | 大灰厂社区联系领导和科室 | 到会 | —",
        "业主自治组织 | 空缺：业主自治组织情况尚未登记 | — | —",
        "物业公司 | 空缺：小区没有物业公司 | — | —",
        "N方代表类别 | 应到 | 到会 | 赞成 | 反对 | 弃权",
        "党员 | 1 | 1 | 1 | 0 | 0",
        "召集人、记录人到会。",
        "社区民警（大灰厂社区社区民警）无故缺席，近期第2次，已报告其上级。",
        "4.问题交流、发言和表态",
        "序号 | 提出方 | 当月问题 | 类别",
        "1 | 两委（大灰厂社区两委） | 垃圾清运 | 垃圾清运",
        "发言1次：N方代表（党员）1次。",
        "5.结论",
        "2024年2月4日11:00会议结束，本议题的结论为：提交会议决定。",
        "席位和N方代表表态：赞成2，反对1（其中席位正式异议1方），弃权0。",
        "提交业主大会决定，事项为选聘物业服务企业，事由为法定事项。",
        "6.会议记录",
        "2024年2月5日9:00公布第1版，记录人（recorder-1）记录。",
        f"第1版校验码 {sealed(FIRST)[:8]}",
        "2024年2月5日9:00更正为第2版，记录人（recorder-1）更正，理由：结论写错。删去1行，新增1行。",
        f"第2版校验码 {sealed(SECOND)[:8]}",
        "现行第2版原文如下：",
        "> 到会情况",
        "> 议题提交业主大会",
    ]


def test_a_seat_is_shown_as_it_was_at_the_meeting_not_as_it_is_now() -> None:
    assert "青宇公司" not in "\n".join(written(paper().sections))


def test_an_assembly_is_told_with_its_counts_and_area_in_square_metres() -> None:
    told = part("四")
    assert "计数口径 | 应到（总数） | 参加 | 同意" in told
    assert "专有部分面积（平方米） | 9000.50 | 5000.00 | 5000.00" in told
    assert "业主人数 | 900 | 700 | 400" in told
    assert "2024年3月15日9:00表决通过（待法律复核），须于2024年3月18日9:00前公布。" in told


def test_an_undertaking_is_told_with_dates_quantities_and_the_checksums_of_its_evidence() -> None:
    assert part("六")[2:] == [
        "责任方：物业公司",
        "确定时间：2024年4月4日9:00",
        "完成时限：2024年4月4日9:00",
        "状态：已完成",
        "完成时间：2024年4月5日9:00",
        "工作内容 | 计划数量 | 完成数量",
        "道路修补 | 19处 | 19处",
        "2024年4月4日9:00报告进展：道路修补19处。",
        "2024年4月4日9:00到期，尚未完成。",
        "2024年4月5日9:00完成（逾期）。",
        "佐证1校验码 abababab",
    ]


def test_what_happened_elsewhere_names_its_cause() -> None:
    assert part("五")[2:] == [
        f"2024年3月15日9:00 | 进入落实（会议决定 {ASSEMBLY}）",
        f"2024年3月15日9:00 | 已吹哨（吹哨事项 {derived('test', 'issue')}）",
    ]


def test_every_fact_stands_in_the_register_with_its_place_in_the_journal() -> None:
    own = [entry for entry in journal() if not entry.stream.startswith("platform/")]
    (register,) = (section for section in paper().sections if section.number == "八、")
    (listed,) = (block for block in register.blocks if isinstance(block, Table))
    spans = [[int(end) for end in plain(row[0]).split("—")] for row in listed.rows]
    assert [number for span in spans for number in range(span[0], span[-1] + 1)] == [one.position for one in own]
    assert "20—23 | 2024年2月4日9:00 | 会议（3—6） | 发出邀请" in lines(listed), "alike, at once: one row"
    heads = [block.sha256 for block in register.blocks if isinstance(block, Seal)]
    assert heads == list({entry.stream: entry.hash for entry in own}.values()), "the head of every stream"


def test_nobody_is_singled_out() -> None:
    everything = "\n".join(written(paper().sections)) + html(paper()).decode()
    for canary in (str(GUEST), str(STRANGER), MEMBER.partition("/")[2], "因病住院"):
        assert canary not in everything


async def test_a_pdf_is_made_beside_the_event_loop() -> None:
    making, turns = asyncio.create_task(pdf(paper())), 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10, "the loop stood still"
    assert await making == typeset(paper())


def test_a_topic_that_was_only_proposed_has_a_dossier_too() -> None:
    fresh = Journal()
    fresh.say(ON_TOPIC, NOW, in_deliberation()[:1])
    sections = dossier(TOPIC, fresh.told, titles={}, town=TOWN).sections
    assert written(sections)[3:] == [
        "来源：两委提议",
        "类别：无物业管理",
        "地点：大灰厂小区",
        "二、受理和背景材料",
        "无。",
        "三、协商会议",
        "无。",
        "四、提请会议决定",
        "无。",
        "五、其他途径办理情况",
        "无。",
        "六、落实情况",
        "无。",
        "七、结果公开和办结",
        "无。",
        "八、事实清单",
        "本档案依据下列事实生成。事实只增不改，流水号为其在协商日志中的位置。",
        "流水号 | 时间 | 对象 | 事实",
        "1 | 2024年2月1日9:00 | 议题（1） | 议题提出",
        f"议题 {TOPIC} 至第1条的链式校验码 {fresh.told[0].hash[:8]}",
    ]


def test_a_conclusion_at_another_meeting_is_not_told_twice() -> None:
    facts: list[TopicFact] = conclude(
        topic_state(*in_deliberation()),
        Defer(reason="再议"),
        topic=TOPIC,
        meeting=derived("test", "another"),
        tally=Tally(support=4),
        community_kind=DAHUICHANG.kind,
        now=NOW,
        terms=TERMS,
        town=TOWN,
    )
    both = Journal()
    both.say(PLATFORM, NOW, found(None, DAHUICHANG, now=NOW, terms=TERMS))
    both.say(ON_TOPIC, NOW, [*in_deliberation(), *facts])
    both.say(IN_MEETING, STARTS_AT, a_meeting())
    told = written(dossier(TOPIC, both.told, titles={}, town=TOWN).sections)
    assert not any("第1次暂缓" in line for line in told)


def test_a_draft_of_minutes_says_what_was_recorded_and_leaves_the_rest_open() -> None:
    other = Journal()
    other.say(PLATFORM, NOW, found(None, DAHUICHANG, now=NOW, terms=TERMS))
    other.say(IN_MEETING, STARTS_AT, a_meeting())
    drafted = draft(MEETING, other.told, titles={TOPIC: "引进物业"}, town=TOWN)
    assert drafted.split("\n") == [
        "大灰厂社区“5+N”议事协商会议记录",
        "时间：2024年2月4日9:00至2024年2月4日11:00",
        "地点：大灰厂社区议事厅",
        "形式：召集会议",
        "主持人：召集人",
        "记录人：recorder-1",
        "一、到会情况",
        "五方席位已到位3个，到会2个；N方代表到会1人。",
        "到会席位：两委（大灰厂社区两委）、社区民警（大灰厂社区社区民警）、联系领导和科室（大灰厂社区联系领导和科室）。",
        "到会代表：党员1人。",
        "席位2空缺：业主自治组织情况尚未登记。",
        "席位3空缺：小区没有物业公司。",
        "请假：联系领导和科室（大灰厂社区联系领导和科室）（另有公务）。",
        "无故缺席：社区民警（大灰厂社区社区民警）。",
        "二、交流当月问题",
        "1. 两委（大灰厂社区两委）提出：垃圾清运。",
        "三、议题协商",
        "（一）引进物业",
        "N方代表（党员）发言：【发言要点】",
        "赞成：两委（大灰厂社区两委）、N方代表1人。",
        "正式异议：社区民警（大灰厂社区社区民警）。",
        "结论：提交会议决定。【协商经过和理由】",
        "会议记录应于2024年2月7日前公布。",
    ]
    assert "因病住院" not in drafted


def test_there_is_no_draft_before_the_end() -> None:
    other = Journal()
    other.say(IN_MEETING, STARTS_AT, opened())
    with pytest.raises(RuleBroken) as refused:
        draft(MEETING, other.told, titles={}, town=TOWN)
    assert [reason.code for reason in refused.value.reasons] == ["wrong_state"]


def test_a_correction_shows_what_it_changed() -> None:
    assert changes("一\n二\n三", "一\n贰\n三\n四") == (["二"], ["贰", "四"])
    assert changes("-- a\n@@ b", "++ c\n@@ b") == (["-- a"], ["++ c"]), "a line may look like the mark of a line"
    assert changes("@@ 一", "一") == (["@@ 一"], ["一"])


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "一"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (21, "二十一"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1000, "一千"),
        (1005, "一千零五"),
        (1050, "一千零五十"),
        (9999, "九千九百九十九"),
    ],
)
def test_numbers_of_headings(number: int, words: str) -> None:
    assert chinese(number) == words


@pytest.mark.parametrize("number", [0, -1, 10_000])
def test_no_heading_has_such_a_number(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        chinese(number)


def test_dates_are_written_without_leading_zeros_for_people_and_in_full_for_machines() -> None:
    night = datetime.fromisoformat("2026-01-04T17:05:09+00:00")
    assert (moment(night), machine(night)) == ("2026年1月5日1:05", "2026-01-05T01:05:09+08:00")
    assert (day(date(2026, 1, 5)), machine(date(2026, 1, 5))) == ("2026年1月5日", "2026-01-05")


def test_every_fact_of_deliberation_has_a_name() -> None:
    facts = {
        fact
        for fact in vars(said).values()
        if isinstance(fact, type) and issubclass(fact, Fact) and fact.wire_type and fact.said_by == "deliberation"
    }
    assert set(wording.HEADINGS) == facts


def test_every_word_of_a_list_has_a_name() -> None:
    shown = (
        *(value for value in vars(said).values() if isinstance(value, type) and issubclass(value, StrEnum)),
        vocabulary.TopicOrigin,
    )
    for listed in shown:
        if listed in (said.CommunityKind, said.GuidanceSubject):
            continue
        for word in listed:
            assert named(word), word
