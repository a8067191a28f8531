"""议题档案: everything that was said of a topic, from where it came to its result, put together for printing.

It is made from public facts alone. Members are counted by kind, guests and applicants as such: nobody is singled out,
and why a member could not come is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import TypeVar
from uuid import UUID

from services.deliberation.domain.meeting import Answer, Application
from services.deliberation.domain.minutes import changes
from services.deliberation.domain.paper import (
    Block,
    Paper,
    Quoted,
    Seal,
    Section,
    Words,
    items,
    numbered,
    said,
    table,
)
from services.deliberation.domain.platform import CONVENER, SEATS
from services.deliberation.domain.told import Sat, Told, called, sat
from services.deliberation.domain.topic import Topic, evolve
from services.deliberation.domain.undertaking import Undertaking
from services.deliberation.domain.undertaking import evolve as carry
from services.deliberation.domain.wording import HEADINGS, KINDS, TOPIC_STATES, Named, chinese, named
from shared.events.base import Fact, ref, ref_id, ref_kind
from shared.events.deliberation import (
    AbsenceUnexcused,
    AssemblyCalled,
    AssemblyDecided,
    AssemblyInquorate,
    AssemblyNoticed,
    AssemblyPublicationOverdue,
    AssemblyPublished,
    BackgroundDistributed,
    Count,
    CountBase,
    InvitationExcused,
    JoinDeclined,
    MeetingCancelled,
    MeetingPostponed,
    MinutesCorrected,
    MinutesOverdue,
    MinutesPublished,
    NoticePublished,
    Party,
    Position,
    ProblemRaised,
    StatementRecorded,
    TopicAccepted,
    TopicAgreed,
    TopicClosed,
    TopicConcluded,
    TopicDeferred,
    TopicDisclosed,
    TopicEnlarged,
    TopicFact,
    TopicImplementing,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicProgressed,
    TopicProposed,
    TopicReferredToAssembly,
    TopicRejected,
    TopicReopened,
    TopicReportedUpward,
    TopicSettled,
    TopicsMerged,
    TopicUnscheduled,
    UndertakingDone,
    UndertakingExcused,
    UndertakingFact,
    UndertakingOverdue,
    UndertakingReported,
    UpwardAnswered,
    UpwardReviewDue,
    Workload,
)
from shared.rules.township import SHANGHAI, Town

F = TypeVar("F", bound=Fact)
_Conclusion = (
    TopicSettled
    | TopicAgreed
    | TopicDeferred
    | TopicReferredToAssembly
    | TopicReportedUpward
    | TopicNeedsDepartments
    | TopicNeedsProject
)
NOTHING = said("无。")


def dossier(id: UUID, told: Sequence[Told], *, titles: Mapping[UUID, str], town: Town) -> Paper:
    """议题档案 of a topic. `told`: all facts of the topic, its meetings, their platform, its assemblies and undertakings,
    in the order of the journal; `titles`: of other topics that stood on the same notices."""
    file = _File(id, told, titles, Named(town))
    return Paper(
        kind="议题档案",
        title=file.topic.public_title,
        issuer=f"{file.named.town}{file.named.community(file.topic.community)}",
        cover=file.cover(),
        as_of=file.own[-1].at,
        reference=ref("topic", id),
        sections=numbered(
            (
                Section(("议题来源",), tuple(file.origin())),
                Section(("受理和背景材料",), tuple(file.acceptance())),
                Section(("协商会议",), () if file.sittings else (NOTHING,), tuple(file.meetings())),
                Section(("提请会议决定",), *_several(file.assemblies())),
                Section(("其他途径办理情况",), tuple(file.elsewhere()) or (NOTHING,)),
                Section(("落实情况",), *_several(file.undertakings())),
                Section(("结果公开和办结",), tuple(file.end()) or (NOTHING,)),
                Section(("事实清单",), tuple(file.register())),
            )
        ),
    )


def _several(sections: Iterable[Section]) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    found = tuple(sections)
    return (() if found else (NOTHING,)), found


class _File:
    """The facts of one topic, sorted."""

    def __init__(self, id: UUID, told: Sequence[Told], titles: Mapping[UUID, str], names: Named) -> None:
        self.id, self.named, self.titles = id, names, titles
        platform = [entry for entry in told if ref_kind(entry.stream) == "platform"]
        self.own = [entry for entry in told if ref_kind(entry.stream) != "platform"]
        self.of_topic = [entry for entry in self.own if entry.stream == ref("topic", id)]
        state: Topic | None = None
        for entry in self.of_topic:
            assert isinstance(entry.fact, TopicFact)
            state = evolve(state, entry.fact)
        assert state is not None
        self.topic = state
        sittings = (sat(meeting, self.own, platform) for meeting in self._streams("meeting"))
        self.sittings = [sitting for sitting in sittings if sitting]

    def _streams(self, kind: str) -> list[UUID]:
        """The streams of a kind, in the order in which they began."""
        return list(dict.fromkeys(ref_id(entry.stream) for entry in self.own if ref_kind(entry.stream) == kind))

    def each(self, *kinds: type[F]) -> list[tuple[datetime, F]]:
        """When, and what, of the topic's own facts."""
        return [(entry.at, entry.fact) for entry in self.of_topic if isinstance(entry.fact, kinds)]

    # -- title page

    def cover(self) -> tuple[tuple[str, Words], ...]:
        proposed, closed = self.of_topic[0].at, self.each(TopicClosed)
        return (
            ("社区（村）", (self.named.community(self.topic.community),)),
            ("议题状态", (TOPIC_STATES[self.topic.state],)),
            ("提出日期", (_on(proposed),)),
            ("办结日期", (_on(closed[-1][0]),) if closed else ("尚未办结",)),
            ("档案截至", (_on(self.own[-1].at),)),
            ("档案编号", (str(self.id),)),
        )

    # -- 一、

    def origin(self) -> Iterable[Block]:
        (at, proposed), *_ = self.each(TopicProposed)
        yield items(
            ("提出时间", (at,)),
            ("议题名称", proposed.public_title),
            ("来源", named(proposed.origin)),
            ("类别", self.named.category(proposed.category)),
            ("地点", self.named.place(proposed.place)),
            ("反映人数", f"{self.topic.people}人" if self.topic.people else None),
        )
        if self.topic.sources:
            yield table(
                ("来源类型", "公开编号"),
                (1, 3),
                [(KINDS.get(ref_kind(source), ref_kind(source)), str(ref_id(source))) for source in self.topic.sources],
            )
        for at, enlarged in self.each(TopicEnlarged):
            other = ref_id(enlarged.merged)
            yield said(at, f"，议题“{self.titles.get(other, other)}”并入本议题，其来源一并保留。")
        for at, merged in self.each(TopicsMerged):
            other = ref_id(merged.into)
            yield said(at, f"，本议题并入“{self.titles.get(other, other)}”继续办理。")

    # -- 二、

    def acceptance(self) -> Iterable[Block]:
        given = self.each(TopicAccepted, TopicRejected, BackgroundDistributed)
        if not given:
            yield NOTHING
        for at, fact in given:
            match fact:
                case TopicAccepted():
                    yield said(at, f"受理，协商范围为{named(fact.scope)}。")
                case TopicRejected():
                    yield said(at, f"不予受理，理由：{_ended(fact.reason)}")
                case BackgroundDistributed():
                    yield said(at, f"向各方发放背景材料《{fact.title}》。")
                    if fact.sha256:
                        yield Seal("材料校验码", fact.sha256)

    # -- 三、

    def meetings(self) -> Iterable[Section]:
        for number, sitting in enumerate(self.sittings, 1):
            at = sitting.state.opened_at or sitting.state.starts_at
            parts = (
                Section(("会议公示",), tuple(self._notices(sitting))),
                Section(("邀请和参会申请",), tuple(self._invited(sitting))),
                Section(("到会情况",), tuple(self._attendance(sitting))),
                Section(("问题交流、发言和表态",), tuple(self._spoken(sitting))),
                Section(("结论",), tuple(self._conclusion(sitting))),
                Section(("会议记录",), tuple(self._minutes(sitting))),
            )
            kept = tuple(part for part in parts if part.blocks)
            yield Section((f"第{chinese(number)}次会议（", _on(at), "）"), sections=kept)

    def _notices(self, sitting: Sat) -> Iterable[Block]:
        for entry in sitting.each(NoticePublished, MeetingPostponed, MeetingCancelled):
            match entry.fact:
                case NoticePublished() as notice:
                    yield said(entry.at, "公示", "（紧急会议）" if notice.urgent else "", "，公示事项如下：")
                    topics = [ref_id(topic) for topic in notice.topics]
                    known = {self.id: self.topic.public_title, **self.titles}
                    yield items(
                        ("议题", "；".join(known.get(topic, str(topic)) for topic in topics)),
                        ("时间", (notice.starts_at,)),
                        ("参加人员", _parties(notice.participants, sitting, self.named)),
                        ("主持人", called(f"post/{notice.moderator}", sitting, self.named)),
                        ("形式", named(notice.form)),
                        ("地点", notice.venue),
                        ("公示期至", (notice.stands_until,)),
                    )
                    if notice.text:
                        yield Quoted(notice.text)
                case MeetingPostponed() as postponed:
                    yield said(entry.at, "延期至", postponed.starts_at, f"，理由：{_ended(postponed.reason)}")
                case MeetingCancelled() as cancelled:
                    yield said(entry.at, f"会议取消，理由：{_ended(cancelled.reason)}")

    def _invited(self, sitting: Sat) -> Iterable[Block]:
        invited = sitting.state.invited
        if invited:
            accepted = sum(invitation.answer is Answer.ACCEPTED for invitation in invited.values())
            excused = sum(invitation.answer is Answer.EXCUSED for invitation in invited.values())
            yield said(f"邀请{len(invited)}方：{_parties(tuple(invited), sitting, self.named)}。")
            yield said(f"接受邀请{accepted}方，请假{excused}方，未答复{len(invited) - accepted - excused}方。")
        for excuse in sitting.facts(InvitationExcused):
            if ref_kind(excuse.party) != "member":
                yield said(f"{called(excuse.party, sitting, self.named)}请假，理由：{_ended(excuse.reason)}")
        for kind, answers in sitting.applicants():
            yield said(
                f"{named(kind)}申请参会{answers.total()}件：同意{answers[Application.ADMITTED]}件，"
                f"不同意{answers[Application.DECLINED]}件，待答复{answers[Application.OPEN]}件。"
            )
        for declined in dict.fromkeys(fact.reason for fact in sitting.facts(JoinDeclined)):
            yield said(f"不同意参会的理由：{_ended(declined)}")

    def _attendance(self, sitting: Sat) -> Iterable[Block]:
        state = sitting.state
        if not state.attendance:
            return
        positions, unexcused = sitting.positions(self.id), {fact.party for fact in sitting.facts(AbsenceUnexcused)}
        rows = []
        for seat in SEATS:
            party = f"seat/{seat}"
            if seat in sitting.seats():
                position = positions.get(party)
                came = _came(party, sitting, unexcused)
                rows.append((SEATS[seat], sitting.holder(seat) or "—", came, named(position) if position else "—"))
        for seat, reason in sitting.vacant():
            if seat not in sitting.seats():
                rows.append((SEATS[seat], f"空缺：{reason}", "—", "—"))
        yield table(("五方席位", "单位", "到会", "对本议题表态"), (3, 5, 2, 3), rows)
        yield table(
            ("N方代表类别", "应到", "到会", "赞成", "反对", "弃权"),
            (4, 2, 2, 2, 2, 2),
            _kinds(sitting, positions),
        )
        others = [party for party in state.attendance if ref_kind(party) == "unit"]
        for party in others:
            yield said(f"{called(party, sitting, self.named)}{_came(party, sitting, unexcused)}。")
        if guests := sum(ref_kind(party) == "guest" for party in state.present):
            yield said(f"获准参会人员到会{guests}人。")
        posts = [
            called(party, sitting, self.named)
            for party in (f"post/{CONVENER}", f"post/{state.recorder}")
            if party in state.present
        ]
        if posts:
            yield said(f"{'、'.join(posts)}到会。")
        for fact in sitting.facts(AbsenceUnexcused):
            told = "，已报告其上级" if fact.superior_told else ""
            yield said(f"{called(fact.party, sitting, self.named)}无故缺席，近期第{fact.times}次{told}。")

    def _spoken(self, sitting: Sat) -> Iterable[Block]:
        problems = sitting.facts(ProblemRaised)
        if problems:
            yield table(
                ("序号", "提出方", "当月问题", "类别"),
                (1, 4, 5, 3),
                [
                    (
                        str(problem.number),
                        called(problem.party, sitting, self.named),
                        problem.public_title,
                        self.named.category(problem.category),
                    )
                    for problem in problems
                ],
            )
        elif sitting.held:
            yield said("经交流，各方当月没有新的问题。")
        here = ref("topic", self.id)
        spoke = [fact.party for fact in sitting.facts(StatementRecorded) if fact.topic in (here, None)]
        if spoke:
            yield said(f"发言{len(spoke)}次：{_counted(spoke, sitting, self.named)}。")
        uncounted = {
            party: position
            for party, position in sitting.positions(self.id).items()
            if ref_kind(party) not in ("seat", "member")
        }
        if uncounted:
            yield said(f"列席方表态不计入票数：{_votes(uncounted.values())}。")

    def _conclusion(self, sitting: Sat) -> Iterable[Block]:
        held = sitting.held
        if held is None:
            return
        concluded = [entry for entry in held.conclusions if ref_id(entry.topic) == self.id]
        for entry in concluded:
            yield said(held.held_at, f"会议结束，本议题的结论为：{named(entry.conclusion)}。")
            yield said(f"席位和N方代表表态：{_tallied(entry)}。")
            yield from self._decided(sitting)

    def _decided(self, sitting: Sat) -> Iterable[Block]:
        """What the conclusion says besides, from the topic's own facts."""
        here, name = ref("meeting", sitting.id), self.named
        for entry in self.of_topic:
            fact = entry.fact
            if not isinstance(fact, _Conclusion) or fact.meeting != here:
                continue
            match fact:
                case TopicSettled() | TopicAgreed():
                    yield said(f"确定落实任务{len(fact.undertakings)}项，见“落实情况”。")
                case TopicDeferred():
                    yield said(f"第{fact.deferrals}次暂缓，理由：{_ended(fact.reason)}")
                case TopicReferredToAssembly():
                    authorised = "，已授权代表会议决定" if fact.authorised else ""
                    yield said(
                        f"提交{named(fact.forum)}决定，事项为{named(fact.matter)}，"
                        f"事由为{named(fact.cause)}{authorised}。"
                    )
                case TopicReportedUpward():
                    yield said(
                        f"因{named(fact.reason)}，上报{name.unit(fact.reported_to)}，并向各方说明如下。复核日期：",
                        fact.review_on,
                        "。",
                    )
                    yield Quoted(fact.explanation)
                case TopicNeedsDepartments():
                    support = f"，协办部门{'、'.join(map(name.unit, fact.support))}" if fact.support else ""
                    yield said(
                        f"吹哨类型为{named(fact.whistle)}，主责部门{name.unit(fact.lead)}{support}，限于",
                        fact.due_at,
                        "前办理。",
                    )
                case TopicNeedsProject():
                    finding = f"：{fact.finding}" if fact.finding else ""
                    yield said(
                        f"项目分类为{named(fact.project_category)}，"
                        f"对应七有五性：{'、'.join(map(named, fact.tags))}；共性诉求依据：{named(fact.common)}{finding}。"
                    )

    def _minutes(self, sitting: Sat) -> Iterable[Block]:
        versions = sitting.minutes
        for overdue in sitting.each(MinutesOverdue):
            yield said(overdue.at, "会议记录逾期未公布。")
        before: str | None = None
        for entry in versions:
            match entry.fact:
                case MinutesPublished() as first:
                    yield said(entry.at, f"公布第{first.version}版，{self._recorder(first.recorder)}记录。")
                    yield Seal(f"第{first.version}版校验码", first.sha256)
                    before = first.text
                case MinutesCorrected() as corrected:
                    assert before is not None
                    removed, added = changes(before, corrected.text)
                    yield said(
                        entry.at,
                        f"更正为第{corrected.version}版，{self._recorder(corrected.recorder)}更正，"
                        f"理由：{_ended(corrected.reason)}删去{len(removed)}行，新增{len(added)}行。",
                    )
                    yield Seal(f"第{corrected.version}版校验码", corrected.sha256)
                    before = corrected.text
        if before is not None:
            yield said(f"现行第{len(versions)}版原文如下：")
            yield Quoted(before)

    def _recorder(self, post: str) -> str:
        return f"记录人（{post}）"

    # -- 四、

    def assemblies(self) -> Iterable[Section]:
        for id in self._streams("assembly"):
            told = [entry for entry in self.own if entry.stream == ref("assembly", id)]
            first = next(entry.fact for entry in told if isinstance(entry.fact, AssemblyCalled))
            title = f"{named(first.forum)}：{named(first.matter)}"
            yield Section((title,), tuple(self._assembly(told)))

    def _assembly(self, told: Sequence[Told]) -> Iterable[Block]:
        for entry in told:
            match entry.fact:
                case AssemblyCalled() as fact:
                    yield said(
                        entry.at, f"第{fact.call}次提请召开，适用规则：{fact.law}{_unchecked(fact.legal_check_due)}。"
                    )
                case AssemblyNoticed() as fact:
                    yield said(
                        entry.at,
                        "公告：",
                        fact.starts_at,
                        f"在{fact.venue}召开，形式为{fact.form}，审议事项仅限本议题。",
                    )
                    if fact.text:
                        yield Quoted(fact.text)
                case AssemblyInquorate() as fact:
                    yield said(fact.held_at, "召开，未达法定人数，未作决定。")
                    yield _counts(fact.counts)
                case AssemblyDecided() as fact:
                    result = "表决通过" if fact.adopted else "表决未通过"
                    due = ("，须于", fact.publish_by, "前公布") if fact.publish_by else ()
                    yield said(fact.held_at, f"{result}{_unchecked(fact.legal_check_due)}", *due, "。")
                    yield _counts(fact.counts)
                case AssemblyPublished() as fact:
                    yield said(entry.at, "公布决定：")
                    yield Quoted(fact.text)
                case AssemblyPublicationOverdue() as fact:
                    yield said("决定未在", fact.due_at, "前公布。")

    # -- 五、

    def elsewhere(self) -> Iterable[Block]:
        rows: list[tuple[Words | str, Words | str]] = []
        for at, fact in self.each(
            TopicProgressed, UpwardAnswered, UpwardReviewDue, TopicImplementing, TopicReopened, TopicUnscheduled
        ):
            match fact:
                case TopicProgressed():
                    stage = f"（{named(fact.stage)}）" if fact.stage else ""
                    note = f"：{fact.note}" if fact.note else ""
                    rows.append(((at,), f"{named(fact.step)}{stage}{note}{_cause(fact.cause)}"))
                case UpwardAnswered():
                    rows.append(((at,), f"上级答复，{named(fact.outcome)}：{fact.answer}"))
                case UpwardReviewDue():
                    rows.append(((at,), ("复核日期", fact.review_on, "已到，尚无答复")))
                case TopicImplementing():
                    rows.append(((at,), f"进入落实{_cause(fact.cause)}"))
                case TopicReopened():
                    rows.append(((at,), f"议题重启：{fact.reason}{_cause(fact.cause)}"))
                case TopicUnscheduled():
                    rows.append(((at,), f"撤回待议：{fact.reason}"))
        if rows:
            yield table(("时间", "情况"), (3, 7), rows)

    # -- 六、

    def undertakings(self) -> Iterable[Section]:
        for id in self._streams("undertaking"):
            told = [entry for entry in self.own if entry.stream == ref("undertaking", id)]
            state: Undertaking | None = None
            for entry in told:
                if isinstance(entry.fact, UndertakingFact):
                    state = carry(state, entry.fact)
            assert state is not None
            yield Section((state.task,), tuple(self._undertaking(state, told)))

    def _undertaking(self, state: Undertaking, told: Sequence[Told]) -> Iterable[Block]:
        yield items(
            ("责任方", state.owner if not state.unit else f"{state.owner}（{self.named.unit(state.unit)}）"),
            ("确定时间", (told[0].at,)),
            ("完成时限", (state.due_at,)),
            ("状态", named(state.state)),
            ("完成时间", (state.finished_at,) if state.finished_at else None),
        )
        if state.planned or state.done:
            done = {(item.work, item.quantity): item for item in state.done}
            rows = [
                (item.work, _amount(item), _amount(done.pop((item.work, item.quantity), None)))
                for item in state.planned
            ]
            rows += [(item.work, "—", _amount(item)) for item in done.values()]
            yield table(("工作内容", "计划数量", "完成数量"), (5, 3, 3), rows)
        for entry in told:
            match entry.fact:
                case UndertakingReported() as fact:
                    done_so_far = "、".join(f"{item.work}{_amount(item)}" for item in fact.done)
                    happened = "；".join(filter(None, (done_so_far, fact.note))) or "提交佐证"
                    yield said(entry.at, f"报告进展：{_ended(happened)}")
                case UndertakingOverdue() as fact:
                    yield said(fact.due_at, "到期，尚未完成。")
                case UndertakingExcused() as fact:
                    yield said(entry.at, f"免除，理由：{_ended(fact.reason)}")
                case UndertakingDone() as fact:
                    yield said(fact.finished_at, "完成", "（逾期）" if fact.late else "", "。")
        for number, evidence in enumerate(state.evidence, 1):
            yield Seal(f"佐证{number}校验码", evidence)

    # -- 七、

    def end(self) -> Iterable[Block]:
        for at, fact in self.each(TopicDisclosed, TopicClosed):
            match fact:
                case TopicDisclosed():
                    yield said(at, "公开结果：")
                    yield Quoted(fact.result)
                case TopicClosed():
                    yield said(at, "议题办结，并告知各来源。")

    # -- 八、

    def register(self) -> Iterable[Block]:
        yield said("本档案依据下列事实生成。事实只增不改，流水号为其在协商日志中的位置。")
        alike = groupby(self.own, lambda one: (one.stream, type(one.fact), one.at, one.position - one.version))
        yield table(
            ("流水号", "时间", "对象", "事实"),
            (3, 5, 4, 5),
            [
                (
                    _span(entry.position for entry in entries),
                    (at,),
                    f"{KINDS[ref_kind(stream)]}（{_span(entry.version for entry in entries)}）",
                    HEADINGS.get(kind, kind.__name__),
                )
                for (stream, kind, at, _), entries in ((key, list(group)) for key, group in alike)
            ],
        )
        last: dict[str, Told] = {entry.stream: entry for entry in self.own}
        for stream, entry in last.items():
            if entry.hash:
                yield Seal(f"{KINDS[ref_kind(stream)]} {ref_id(stream)} 至第{entry.version}条的链式校验码", entry.hash)


def _on(at: datetime) -> date:
    """The day of an instant in Asia/Shanghai."""
    return at.astimezone(SHANGHAI).date()


def _span(numbers: Iterable[int]) -> str:
    """The numbers of facts that follow each other: 7, or 7—9."""
    first, *others = numbers
    return f"{first}—{others[-1]}" if others else str(first)


def _ended(text: str) -> str:
    """A sentence with its full stop."""
    return text if text.endswith(("。", "！", "？")) else f"{text}。"


def _cause(cause: str | None) -> str:
    return f"（{KINDS.get(ref_kind(cause), ref_kind(cause))} {ref_id(cause)}）" if cause else ""


def _unchecked(due: bool) -> str:
    return "（待法律复核）" if due else ""


def _amount(item: Workload | None) -> str:
    return f"{item.amount}{named(item.quantity)}" if item else "—"


def _counts(counts: Sequence[Count]) -> Block:
    def written(base: CountBase, number: int) -> str:
        return f"{number / 100:.2f}" if base is CountBase.AREA else str(number)

    return table(
        ("计数口径", "应到（总数）", "参加", "同意"),
        (5, 3, 3, 3),
        [
            (
                named(count.base),
                *(written(count.base, number) for number in (count.entitled, count.taking_part, count.agreeing)),
            )
            for count in counts
        ],
    )


def _came(party: Party, sitting: Sat, unexcused: set[Party]) -> str:
    if party in sitting.state.present:
        return "到会"
    if party in unexcused:
        return "无故缺席"
    invitation = sitting.state.invited.get(party)
    if invitation and invitation.answer is Answer.EXCUSED:
        return "请假"
    return "缺席" if sitting.held or sitting.state.attendance.get(party) is False else "未登记"


def _kinds(sitting: Sat, positions: Mapping[Party, Position]) -> list[tuple[str, ...]]:
    """N 方: by kind, how many were invited, came, and what they held."""
    invited = [party for party in sitting.state.invited if ref_kind(party) == "member"]
    rows = []
    for kind in dict.fromkeys(sitting.members.values()):
        asked = sitting.of_kind(kind, invited)
        came = sitting.of_kind(kind, sitting.state.present)
        if asked or came:
            held = [positions[party] for party in came if party in positions]
            against = sum(position in (Position.OPPOSE, Position.FORMAL_OBJECTION) for position in held)
            numbers = (len(asked), len(came), held.count(Position.SUPPORT), against, held.count(Position.ABSTAIN))
            rows.append((named(kind), *map(str, numbers)))
    return rows


def _parties(parties: Sequence[Party], sitting: Sat, town: Named) -> str:
    """Seats and units by name, members and guests by number."""
    single = [called(party, sitting, town) for party in parties if ref_kind(party) in ("seat", "unit", "post")]
    members = [party for party in parties if ref_kind(party) == "member"]
    guests = sum(ref_kind(party) == "guest" for party in parties)
    if members:
        single.append(f"N方代表{len(members)}人")
    if guests:
        single.append(f"获准参会人员{guests}人")
    return "、".join(single)


def _counted(parties: Sequence[Party], sitting: Sat, town: Named) -> str:
    """How often each spoke."""
    times: dict[str, int] = {}
    for party in parties:
        name = called(party, sitting, town)
        times[name] = times.get(name, 0) + 1
    return "、".join(f"{name}{count}次" for name, count in times.items())


def _votes(positions: Iterable[Position]) -> str:
    held = list(positions)
    return "，".join(f"{named(position)}{held.count(position)}" for position in Position if position in held)


def _tallied(entry: TopicConcluded) -> str:
    objections = f"（其中席位正式异议{entry.seat_objections}方）" if entry.seat_objections else ""
    return f"赞成{entry.support}，反对{entry.oppose}{objections}，弃权{entry.abstain}"
