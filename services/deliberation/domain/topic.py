"""议题: from proposal to the meeting. Its conclusions, its implementation and what others say stand beside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from services.deliberation.domain.asked import (
    AcceptTopic,
    AnswerUpward,
    DistributeBackground,
    MergeTopics,
    ProposeTopic,
    RejectTopic,
)
from services.deliberation.domain.named import unknown_anchor
from shared.events.base import Mention, ref, ref_id, ref_kind
from shared.events.deliberation import (
    AssemblyDemanded,
    AssemblyForum,
    AssemblyMatter,
    BackgroundDistributed,
    ConclusionKind,
    TopicAccepted,
    TopicAgreed,
    TopicCarriedOut,
    TopicClosed,
    TopicDeferred,
    TopicDisclosed,
    TopicDisclosureOverdue,
    TopicEnlarged,
    TopicFact,
    TopicImplementing,
    TopicNeedsDepartments,
    TopicNeedsProject,
    TopicOpened,
    TopicProgressed,
    TopicProposed,
    TopicReferredToAssembly,
    TopicRejected,
    TopicReopened,
    TopicReportedUpward,
    TopicReviewDue,
    TopicReviewed,
    TopicScheduled,
    TopicScope,
    TopicSettled,
    TopicsMerged,
    TopicUnscheduled,
    UpwardAnswered,
    UpwardOutcome,
    UpwardReviewDue,
)
from shared.events.vocabulary import DisclosureStage, ProgressStep, TopicOrigin
from shared.rules.attachment import unknown_files
from shared.rules.broken import Reason, refuse
from shared.rules.deadline import Watch
from shared.rules.township import SHANGHAI, Town


class TopicState(StrEnum):
    """议题状态."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    MERGED = "MERGED"
    SCHEDULED = "SCHEDULED"
    IN_DELIBERATION = "IN_DELIBERATION"
    AT_ASSEMBLY = "AT_ASSEMBLY"
    REPORTED = "REPORTED"
    ESCALATED = "ESCALATED"
    POOLED = "POOLED"
    IMPLEMENTING = "IMPLEMENTING"
    DISCLOSED = "DISCLOSED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step elsewhere that has been recorded: the same one is never recorded twice."""

    step: ProgressStep
    cause: str | None
    stage: DisclosureStage | None


@dataclass(frozen=True, slots=True)
class Topic:
    """议题.

    `rounds`, `deferrals`: since it was proposed or reopened. `meeting`: on whose notice it stands. `decided_by`: what
    its undertakings follow from. `referrals`: how often it went to an assembly. `review_on`: when what was reported
    upward, or decided, is looked at again. `disclose_by`: when the result must be public.
    """

    state: TopicState
    community: str
    category: str
    place: str | None
    public_title: str
    origin: TopicOrigin
    sources: tuple[str, ...] = ()
    people: int | None = None
    scope: TopicScope | None = None
    background: bool = False
    meeting: UUID | None = None
    rounds: int = 0
    deferrals: int = 0
    conclusion: ConclusionKind | None = None
    decided_by: str | None = None
    undertakings: tuple[UUID, ...] = ()
    forum: AssemblyForum | None = None
    matter: AssemblyMatter | None = None
    authorised: bool = False
    referrals: int = 0
    review_on: date | None = None
    review_due: bool = False
    result: str | None = None
    merged_into: UUID | None = None
    progressed: tuple[Progress, ...] = ()
    reopened: int = 0
    disclose_by: datetime | None = None
    disclosure_overdue: bool = False

    @property
    def asked_by(self) -> tuple[str, ...]:
        """Its sources but for other topics: those have an end of their own, which this topic's must not be taken for."""
        return tuple(source for source in self.sources if ref_kind(source) != "topic")


def evolve(before: Topic | None, fact: TopicFact) -> Topic:
    """The topic after a fact."""
    match fact:
        case TopicProposed():
            return Topic(
                state=TopicState.PROPOSED,
                community=fact.community,
                category=fact.category,
                place=fact.place,
                public_title=fact.public_title,
                origin=fact.origin,
                sources=fact.sources,
                people=fact.people,
            )
    assert before is not None
    match fact:
        case TopicAccepted():
            return replace(before, state=TopicState.ACCEPTED, scope=fact.scope)
        case TopicRejected():
            return replace(before, state=TopicState.REJECTED)
        case TopicsMerged():
            return replace(before, state=TopicState.MERGED, merged_into=ref_id(fact.into))
        case TopicEnlarged():
            return replace(before, sources=fact.sources, people=fact.people)
        case BackgroundDistributed():
            return replace(before, background=True)
        case TopicProgressed():
            seen = Progress(fact.step, fact.cause, fact.stage)
            return replace(before, progressed=(*before.progressed, seen))
        case TopicScheduled():
            return replace(before, state=TopicState.SCHEDULED, meeting=ref_id(fact.meeting))
        case TopicUnscheduled():
            return replace(before, state=TopicState.ACCEPTED, meeting=None)
        case TopicOpened():
            return replace(before, state=TopicState.IN_DELIBERATION, rounds=fact.round)
        case TopicSettled() | TopicAgreed():
            return _promised(before, fact)
        case TopicReferredToAssembly():
            return replace(
                _concluded(before, TopicState.AT_ASSEMBLY, ConclusionKind.REFERRED_TO_ASSEMBLY),
                forum=fact.forum,
                matter=fact.matter,
                authorised=fact.authorised,
                referrals=before.referrals + 1,
            )
        case TopicReportedUpward():
            reported = _concluded(before, TopicState.REPORTED, ConclusionKind.REPORTED_UPWARD)
            return replace(reported, decided_by=fact.meeting, review_on=fact.review_on, review_due=False)
        case TopicNeedsDepartments():
            return _concluded(before, TopicState.ESCALATED, ConclusionKind.NEEDS_DEPARTMENTS)
        case TopicNeedsProject():
            return _concluded(before, TopicState.POOLED, ConclusionKind.NEEDS_PROJECT)
        case TopicDeferred():
            deferred = _concluded(before, TopicState.ACCEPTED, ConclusionKind.DEFERRED)
            return replace(deferred, deferrals=fact.deferrals)
        case UpwardAnswered():
            cleared = fact.outcome is UpwardOutcome.CLEARED
            state = TopicState.IMPLEMENTING if cleared else TopicState.ACCEPTED
            return replace(before, state=state, review_on=None, review_due=False)
        case UpwardReviewDue() | TopicReviewDue():
            return replace(before, review_due=True)
        case TopicReviewed():
            return replace(before, review_on=fact.next_on, review_due=False)
        case AssemblyDemanded():
            return replace(
                before,
                state=TopicState.AT_ASSEMBLY,
                conclusion=None,
                forum=fact.forum,
                matter=fact.matter,
                authorised=fact.authorised,
                referrals=before.referrals + 1,
            )
        case TopicImplementing():
            undertakings = tuple(ref_id(name) for name in fact.undertakings)
            return replace(
                before,
                state=TopicState.IMPLEMENTING,
                decided_by=fact.cause,
                undertakings=undertakings,
                review_on=fact.review_on,
                review_due=False,
            )
        case TopicCarriedOut():
            return replace(before, disclose_by=fact.disclose_by, disclosure_overdue=False)
        case TopicDisclosureOverdue():
            return replace(before, disclosure_overdue=True)
        case TopicDisclosed():
            return replace(before, state=TopicState.DISCLOSED, result=fact.result)
        case TopicClosed():
            return replace(before, state=TopicState.CLOSED)
        case TopicReopened():
            return replace(
                before,
                state=TopicState.ACCEPTED,
                background=False,
                rounds=0,
                deferrals=0,
                forum=None,
                matter=None,
                authorised=False,
                review_on=None,
                review_due=False,
                reopened=before.reopened + 1,
                disclose_by=None,
                disclosure_overdue=False,
            )
    raise AssertionError(fact)


def _concluded(topic: Topic, state: TopicState, conclusion: ConclusionKind) -> Topic:
    return replace(topic, state=state, conclusion=conclusion, meeting=None)


def _promised(topic: Topic, fact: TopicSettled | TopicAgreed) -> Topic:
    kind = ConclusionKind.SETTLED if isinstance(fact, TopicSettled) else ConclusionKind.AGREED
    undertakings = tuple(ref_id(name) for name in fact.undertakings)
    concluded = _concluded(topic, TopicState.IMPLEMENTING, kind)
    return replace(
        concluded, decided_by=fact.meeting, undertakings=undertakings, review_on=fact.review_on, review_due=False
    )


UPWARD_REVIEW, DECISION_REVIEW, DISCLOSURE = "upward-review", "decision-review", "disclosure"
"""The timers of a topic: what was reported upward, what was decided, and what must be public."""
DECIDED = (TopicState.IMPLEMENTING, TopicState.DISCLOSED, TopicState.CLOSED)
"""Where a decision stands that can be looked at again."""


def watches(state: Topic) -> dict[str, Watch]:
    """The review date (00:00 Asia/Shanghai), and the date by which the result must be public."""
    found = {}
    if state.review_on is not None and not state.review_due:
        watch = Watch(datetime.combine(state.review_on, time(), SHANGHAI), state.review_on.toordinal())
        if state.state is TopicState.REPORTED:
            found[UPWARD_REVIEW] = watch
        elif state.state in DECIDED:
            found[DECISION_REVIEW] = watch
    if state.state is TopicState.IMPLEMENTING and state.disclose_by and not state.disclosure_overdue:
        found[DISCLOSURE] = Watch(state.disclose_by, state.disclose_by.toordinal())
    return found


BY_HAND = frozenset({"topic", "meeting", "issue", "project", "suggestion"})
"""What a topic that is proposed by hand may come from."""
OURS = frozenset({"topic", "meeting"})
"""Those of them that stand here."""


def propose(before: Topic | None, asked: ProposeTopic, *, known: Collection[str], town: Town) -> list[TopicFact]:
    """提出议题 by hand: a motion, collected opinions, a resident, an inspection, a problem raised [S].

    It may come from another topic or a meeting; what comes from a hotspot or a route is proposed by that alone.
    `known`: those topics of the same community that stand here, and its meetings at which problems were raised.
    """
    if before:
        return []
    refuse(
        *unknown_anchor(town, asked.community, asked.category, asked.place),
        any(ref_kind(source) in ("hotspot", "route") for source in asked.sources)
        and Reason("source_not_by_hand", "热点和转办不能手工列为来源", "/sources"),
        *(
            Reason("source_kind", "手工提出的议题只能来自议题、会议、吹哨事项、项目或建议", f"/sources/{number}")
            for number, source in enumerate(asked.sources)
            if ref_kind(source) not in BY_HAND | {"hotspot", "route"}
        ),
        *(
            Reason("source_unknown", "没有该来源，或其属于其他社区（村）、未交流问题", f"/sources/{number}")
            for number, source in enumerate(asked.sources)
            if ref_kind(source) in OURS and source not in known
        ),
        len(set(asked.sources)) < len(asked.sources) and Reason("source_twice", "同一来源列了两次", "/sources"),
        asked.origin in (TopicOrigin.HOTSPOT, TopicOrigin.ROUTE)
        and Reason("origin_not_by_hand", "热点和转办的议题由系统自动生成，不能手工提出", "/origin"),
        asked.origin is TopicOrigin.PROBLEM_RAISED
        and not any(ref_kind(source) == "meeting" for source in asked.sources)
        and Reason("meeting_missing", "由会上交流问题形成的议题须注明会议", "/sources"),
    )
    return [
        TopicProposed(
            community=asked.community,
            category=asked.category,
            place=asked.place,
            public_title=asked.public_title,
            origin=asked.origin,
            sources=asked.sources,
            people=asked.people,
        )
    ]


def accept(before: Topic | None, asked: AcceptTopic) -> list[TopicFact]:
    """受理议题: inside the scope [S]."""
    topic = proposed(before)
    if topic.state is TopicState.ACCEPTED and topic.scope is asked.scope:
        return []
    refuse(topic.state is not TopicState.PROPOSED and not_in(TopicState.PROPOSED))
    return [TopicAccepted(scope=asked.scope)]


def reject(before: Topic | None, asked: RejectTopic) -> list[TopicFact]:
    """议题不予受理; the reason is told."""
    topic = proposed(before)
    if topic.state is TopicState.REJECTED:
        return []
    refuse(topic.state is not TopicState.PROPOSED and not_in(TopicState.PROPOSED))
    return [TopicRejected(reason=asked.reason, sources=topic.asked_by)]


def merge(before: Topic | None, asked: MergeTopics, *, topic: UUID, other: Topic | None) -> list[TopicFact]:
    """合并议题: this one goes on in `other`. `topic`: this one's id."""
    this = proposed(before)
    if this.state is TopicState.MERGED and this.merged_into == asked.into:
        return []
    refuse(
        this.state is not TopicState.ACCEPTED and not_in(TopicState.ACCEPTED),
        topic == asked.into and Reason("same_topic", "议题不能并入自身", "/into"),
        other is None and Reason("target_not_found", "没有要并入的议题", "/into"),
        other is not None
        and other.state not in (TopicState.ACCEPTED, TopicState.SCHEDULED)
        and Reason("target_not_open", "要并入的议题须已受理且尚未开议", "/into"),
        other is not None
        and other.community != this.community
        and Reason("other_community", "不同社区（村）的议题不能合并", "/into"),
    )
    return [TopicsMerged(into=ref("topic", asked.into), sources=this.asked_by)]


def enlarge(before: Topic | None, *, merged: UUID, other: Topic) -> list[TopicFact]:
    """议题并入: this topic keeps all sources of the one that was merged into it.

    The people of both may be the same people: the greater number is certain, the sum is not.
    """
    this = proposed(before)
    sources = (*this.sources, *(source for source in other.sources if source not in this.sources))
    people = max((known for known in (this.people, other.people) if known is not None), default=None)
    return [TopicEnlarged(merged=ref("topic", merged), sources=sources, people=people)]


def distribute_background(
    before: Topic | None, asked: DistributeBackground, *, kept: Collection[str]
) -> list[TopicFact]:
    """发放背景材料 to all parties before the meeting [S]. `kept`: checksums of the topic's attachments."""
    topic = proposed(before)
    early = (TopicState.ACCEPTED, TopicState.SCHEDULED)
    refuse(topic.state not in early and not_in(*early), *unknown_files(asked.documents, kept, "/documents"))
    return [BackgroundDistributed(title=asked.title, sha256=asked.sha256, documents=asked.documents)]


def schedule(before: Topic | None, *, meeting: UUID, starts_at: datetime) -> list[TopicFact]:
    """议题上会: with the notice of the meeting."""
    topic = proposed(before)
    refuse(topic.state is not TopicState.ACCEPTED and not_in(TopicState.ACCEPTED))
    return [TopicScheduled(meeting=ref("meeting", meeting), starts_at=starts_at)]


def unschedule(before: Topic | None, *, meeting: UUID, reason: str) -> list[TopicFact]:
    """议题撤回待议: its meeting is postponed or cancelled; nothing when it does not stand on its notice."""
    if before is None or before.state is not TopicState.SCHEDULED or before.meeting != meeting:
        return []
    return [TopicUnscheduled(meeting=ref("meeting", meeting), reason=reason)]


def open_topic(before: Topic | None, *, meeting: UUID) -> list[TopicFact]:
    """议题开议: with the opening of the meeting on whose notice it stands."""
    topic = proposed(before)
    refuse(
        (topic.state is not TopicState.SCHEDULED or topic.meeting != meeting)
        and Reason("topic_not_on_notice", "议题未列入该次会议公示")
    )
    return [TopicOpened(meeting=ref("meeting", meeting), round=topic.rounds + 1)]


def answer_upward(before: Topic | None, asked: AnswerUpward) -> list[TopicFact]:
    """上级答复: it can be carried out, or comes back to the platform."""
    topic = proposed(before)
    refuse(topic.state is not TopicState.REPORTED and not_in(TopicState.REPORTED))
    return [UpwardAnswered(outcome=asked.outcome, answer=asked.answer)]


def review_upward(before: Topic | None, *, due_at: datetime, version: int, now: datetime) -> list[TopicFact]:
    """上报复核到期: no answer by the review date, said once."""
    if before is None or before.review_on is None or watches(before).get(UPWARD_REVIEW) != Watch(due_at, version):
        return []
    return [UpwardReviewDue(review_on=before.review_on)]


def decided_at_assembly(
    before: Topic | None,
    *,
    adopted: bool,
    assembly: UUID,
    undertakings: Sequence[UUID] = (),
    review_on: date | None = None,
) -> list[TopicFact]:
    """会议决定后续: adopted, the topic is carried out; rejected, it comes back to the platform."""
    if before is None or before.state is not TopicState.AT_ASSEMBLY:
        return []
    cause: Mention = ref("assembly", assembly)
    if not adopted:
        return [TopicReopened(cause=cause, reason="会议表决未通过，议题重新协商")]
    promised = tuple(ref("undertaking", id) for id in undertakings)
    return [TopicImplementing(cause=cause, undertakings=promised, review_on=review_on)]


def proposed(before: Topic | None) -> Topic:
    """The topic, or the refusal that there is none."""
    refuse(before is None and Reason("not_found", "没有该议题"))
    assert before is not None
    return before


STATE_WORDS = {
    TopicState.PROPOSED: "待受理",
    TopicState.ACCEPTED: "已受理",
    TopicState.REJECTED: "不予受理",
    TopicState.MERGED: "已合并",
    TopicState.SCHEDULED: "已上会",
    TopicState.IN_DELIBERATION: "协商中",
    TopicState.AT_ASSEMBLY: "待会议决定",
    TopicState.REPORTED: "已上报",
    TopicState.ESCALATED: "已吹哨",
    TopicState.POOLED: "已入项目池",
    TopicState.IMPLEMENTING: "落实中",
    TopicState.DISCLOSED: "已公开",
    TopicState.CLOSED: "已办结",
}
"""How people call the states of a topic."""


def not_in(*wanted: TopicState) -> Reason:
    """The topic would have to be in one of these states."""
    return Reason("wrong_state", f"议题须处于“{'、'.join(STATE_WORDS[state] for state in wanted)}”状态")
