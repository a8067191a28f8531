"""协商统计: who comes and speaks, what becomes of topics and how soon, and what is carried out in time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.deliberation.domain.meeting import Answer, Meeting
from services.deliberation.domain.platform import SEATS
from services.deliberation.domain.undertaking import Undertaking, UndertakingState
from services.deliberation.domain.wording import named
from shared.events.deliberation import ConclusionKind, Party, Position
from shared.events.vocabulary import TopicOrigin
from shared.rules.township import Town
from shared.rules.window import Days, Window


class By(StrEnum):
    """统计对象: a seat, a unit (invited itself, or taking a seat), all members, all admitted applicants."""

    SEAT = "SEAT"
    UNIT = "UNIT"
    MEMBERS = "MEMBERS"
    GUESTS = "GUESTS"


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """One of them. `value`: the number of a seat, the code of a unit, else nothing."""

    by: By
    value: str = ""

    def name(self, town: Town) -> str:
        """How people call it."""
        match self.by:
            case By.SEAT:
                return SEATS[int(self.value)]
            case By.UNIT:
                known = town.unit(self.value)
                return known.name if known else self.value
            case By.MEMBERS:
                return "N方代表"
            case By.GUESTS:
                return "申请参会者"


@dataclass(slots=True)
class Part:
    """参会情况, counted per meeting and party. A party comes, excuses itself, stays away without reason, or is free to."""

    invited: int = 0
    present: int = 0
    excused: int = 0
    unexcused: int = 0
    superior_told: int = 0
    statements: int = 0
    support: int = 0
    oppose: int = 0
    abstain: int = 0
    objections: int = 0


_COUNTED_AS = {
    Position.SUPPORT: "support",
    Position.OPPOSE: "oppose",
    Position.ABSTAIN: "abstain",
    Position.FORMAL_OBJECTION: "objections",
}


@dataclass(frozen=True, slots=True)
class Sat:
    """A meeting that was held. `statements`: of each party; `told`: the parties whose superior is told of an absence."""

    meeting: Meeting
    statements: Mapping[Party, int] = field(default_factory=dict)
    told: frozenset[Party] = frozenset()


def parts(meetings: Iterable[Sat]) -> dict[Who, Part]:
    """参会统计 over meetings. What convener, moderator and recorder say as such is nobody's part."""
    found: dict[Who, Part] = defaultdict(Part)
    for sat in meetings:
        together: dict[Who, set[Party]] = defaultdict(set)
        for party in {*sat.meeting.invited, *sat.meeting.present, *sat.statements}:
            for who in _who(party, sat.meeting):
                together[who].add(party)
        for who, parties in together.items():
            one_by_one = [{party} for party in parties] if who.by in (By.MEMBERS, By.GUESTS) else [parties]
            for those in one_by_one:
                _add(found[who], those, sat)
    return dict(found)


def _who(party: Party, meeting: Meeting) -> list[Who]:
    kind, _, name = party.partition("/")
    match kind:
        case "seat":
            unit = unit_of(party, meeting)
            return [Who(By.SEAT, name), *([Who(By.UNIT, unit)] if unit else [])]
        case "unit":
            return [Who(By.UNIT, name)]
        case "member":
            return [Who(By.MEMBERS)]
        case "guest":
            return [Who(By.GUESTS)]
        case _:
            return []


def unit_of(party: Party, meeting: Meeting) -> str | None:
    """The unit that a party is, or that takes its seat."""
    kind, _, name = party.partition("/")
    if kind == "unit":
        return name
    invitation = meeting.invited.get(party)
    return invitation.unit if invitation else None


def _add(part: Part, parties: set[Party], sat: Sat) -> None:
    """A unit that is at the table twice is invited, there or away once; it may say more."""
    meeting = sat.meeting
    present = bool(parties & meeting.present)
    excused = any(
        invitation.answer is Answer.EXCUSED for party, invitation in meeting.invited.items() if party in parties
    )
    away = not present and not excused and bool(parties & {*meeting.unexcused})
    part.invited += 1
    part.present += present
    part.excused += excused and not present
    part.unexcused += away
    part.superior_told += away and bool(parties & sat.told)
    part.statements += sum(sat.statements.get(party, 0) for party in parties)
    for held in meeting.positions:
        if held.party in parties:
            name = _COUNTED_AS[held.position]
            setattr(part, name, getattr(part, name) + 1)


class Step(StrEnum):
    """议题经过的一步 that is counted besides the conclusions."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    MERGED = "MERGED"
    REOPENED = "REOPENED"
    DISCLOSED = "DISCLOSED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Course:
    """一项议题的经过: its steps and conclusions with their times, in order."""

    origin: TopicOrigin
    steps: tuple[tuple[datetime, Step | ConclusionKind], ...]


@dataclass(frozen=True, slots=True)
class Topics:
    """议题统计: how often each step was taken in the window, and how long it took."""

    steps: Mapping[Step, int]
    conclusions: Mapping[ConclusionKind, int]
    to_conclusion: Days
    to_disclosure: Days


def topics(courses: Iterable[Course], window: Window) -> dict[TopicOrigin | None, Topics]:
    """议题统计 by origin; None: all of them."""
    by_origin: dict[TopicOrigin | None, list[Course]] = {None: []} | {origin: [] for origin in TopicOrigin}
    for course in courses:
        by_origin[None].append(course)
        by_origin[course.origin].append(course)
    return {origin: _topics(those, window) for origin, those in by_origin.items()}


def _topics(courses: Sequence[Course], window: Window) -> Topics:
    taken = [step for course in courses for at, step in course.steps if window.holds(at)]
    return Topics(
        {step: taken.count(step) for step in Step},
        {kind: taken.count(kind) for kind in ConclusionKind},
        Days.of(took for course in courses for took in _to_conclusion(course, window)),
        Days.of(took for course in courses for took in _to_disclosure(course, window)),
    )


def _decided(step: Step | ConclusionKind) -> bool:
    """A conclusion that is more than to talk about it again."""
    return isinstance(step, ConclusionKind) and step is not ConclusionKind.DEFERRED


def _to_conclusion(course: Course, window: Window) -> Iterable[timedelta]:
    proposed = next((at for at, step in course.steps if step is Step.PROPOSED), None)
    concluded = next((at for at, step in course.steps if _decided(step)), None)
    if proposed and concluded and window.holds(concluded):
        yield concluded - proposed


def _to_disclosure(course: Course, window: Window) -> Iterable[timedelta]:
    concluded: datetime | None = None
    for at, step in course.steps:
        if _decided(step):
            concluded = at
        elif step is Step.DISCLOSED and concluded and window.holds(at):
            yield at - concluded


@dataclass(slots=True)
class Promised:
    """落实统计 of what was due in the window: each is exactly one of these."""

    in_time: int = 0
    late: int = 0
    overdue: int = 0
    waiting: int = 0
    excused: int = 0

    @property
    def base(self) -> int:
        """What had to be done by now."""
        return self.in_time + self.late + self.overdue


def promised(undertakings: Iterable[Undertaking], window: Window, now: datetime) -> dict[str | None, Promised]:
    """落实统计 by unit; None: all of them, also of those who are no unit of the town."""
    found: dict[str | None, Promised] = defaultdict(Promised)
    found[None] = Promised()
    for undertaking in undertakings:
        if window.holds(undertaking.due_at):
            name = _how(undertaking, now)
            for unit in {None, undertaking.unit}:
                setattr(found[unit], name, getattr(found[unit], name) + 1)
    return dict(found)


def _how(undertaking: Undertaking, now: datetime) -> str:
    match undertaking.state:
        case UndertakingState.EXCUSED:
            return "excused"
        case UndertakingState.ASSIGNED:
            return "overdue" if undertaking.due_at <= now else "waiting"
        case UndertakingState.DONE:
            assert undertaking.finished_at is not None
            return "in_time" if undertaking.finished_at <= undertaking.due_at else "late"


DEFINITIONS: Mapping[str, tuple[str, str]] = {
    "meetings": ("召开次数", "时段内结束的会议数，以结束时间计；紧急会议计入并单列。"),
    "invited": ("应到次数", "被邀请的次数；一个单位在同一次会议既受邀又出任席位的，只计一次；N方代表和申请参会者逐人计。"),
    "present": ("到会次数", "登记到会的次数。"),
    "excused": ("请假次数", "会前已说明理由、未到会的次数。"),
    "unexcused": ("无故缺席次数", "受邀的席位和单位未到会、会前又未说明理由的次数，会议结束时认定；N方代表不计。"),
    "superior_told": ("通报上级次数", "其中依约定须通报上级的次数。"),
    "attendance": ("到会率", "到会次数÷应到次数×100%，保留两位小数，四舍五入；没有应到次数时不出数。"),
    "statements": ("发言次数", "以该方名义记录的发言数；主持人、记录人以岗位发言的不计。"),
    "positions": ("表态次数", "每项议题计各方最后一次表态，分赞成、反对、弃权、正式异议。"),
    "steps": ("议题数", "时段内提出、受理、不予受理、合并、重开、公开、办结的次数，按议题来源分列。"),
    "conclusions": ("结论数", "时段内各次会议作出的七种结论数。"),
    "to_conclusion": (
        "提出到结论用时",
        "自提出至第一次作出“暂缓再议”以外的结论，以该结论在时段内的议题计，取中位数和最长数，单位为天。",
    ),
    "to_disclosure": (
        "结论到公开用时",
        "自公开之前最近一次“暂缓再议”以外的结论至结果公开，以时段内的公开计，取中位数和最长数，单位为天。",
    ),
    "in_time": ("按期落实数", "应在时段内完成的落实任务中，在期限前完成的；逾期完成、逾期未完成、未到期、已免除的分列。"),
    "in_time_rate": ("按期落实率", "按期落实数÷（按期＋逾期完成＋逾期未完成）×100%；未到期和已免除的不计入基数。"),
}  # fmt: skip
"""指标定义: name and words of every figure."""


def origin_name(origin: TopicOrigin | None) -> str:
    """How people call an origin; None: all."""
    return named(origin) if origin else "合计"
