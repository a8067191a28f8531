"""吹哨报到统计: who comes and finishes in time, what is open and overdue today, how it was scored, from both sides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.escalation.domain.duty import OWED, Duty, DutyState
from shared.events.escalation import DepartmentScore, DutyRole, DutyStep
from shared.rules.figure import Figure, count, share
from shared.rules.window import quotient


class How(StrEnum):
    """一个环节的结果: every called department stands in exactly one of these, for every step."""

    IN_TIME = "IN_TIME"
    LATE = "LATE"
    OVERDUE = "OVERDUE"
    WAITING = "WAITING"
    LEFT_OUT = "LEFT_OUT"


COUNTED = (How.IN_TIME, How.LATE, How.OVERDUE)
"""What had to be done by now: an open step past its deadline is a miss today, not "not yet counted"."""


def how(duty: Duty, step: DutyStep, now: datetime) -> How:
    """How a department stands with a step at this moment, whether its timer has rung or not.

    Left out: it was excused, or it left, or the matter was solved, with the step undone before its deadline; after it, late.
    """
    if duty.state is DutyState.EXCUSED:
        return How.LEFT_OUT
    done, late, by = _step(duty, step)
    if done is not None:
        return How.LATE if late else How.IN_TIME
    if duty.lifted:
        return How.LATE if step in duty.missed else How.LEFT_OUT
    if duty.state not in OWED[step]:
        return How.LATE if by and duty.released_at and by <= duty.released_at else How.LEFT_OUT
    return How.OVERDUE if by is not None and by <= now else How.WAITING


def _step(duty: Duty, step: DutyStep) -> tuple[datetime | None, bool, datetime | None]:
    """When it was done, whether that was late, and its deadline: None while the due date is paused."""
    match step:
        case DutyStep.ACKNOWLEDGE:
            return duty.acknowledged_at, duty.acknowledged_late, duty.acknowledge_by
        case DutyStep.CHECK_IN:
            return duty.checked_in_at, duty.checked_in_late, duty.check_in_by
        case DutyStep.DUE:
            return duty.finished_at, duty.finished_late, duty.due_at


@dataclass(frozen=True, slots=True)
class Judged:
    """哨源考核 of one whistle by one side."""

    justified: bool
    clear: bool


@dataclass(frozen=True, slots=True)
class Whistle:
    """一次吹哨, as far as it is counted. `scores`, `judged`: since it was last reopened; `raised`: to the district."""

    caller: str
    reopened: int = 0
    raised: bool = False
    withdrawn: bool = False
    scores: Mapping[str, DepartmentScore] = field(default_factory=dict)
    judged: Sequence[Judged] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """一个部门被召集一次, with the whistle it belongs to."""

    duty: Duty
    whistle: Whistle


def _mean(total: int, base: int) -> Figure:
    return Figure(total, base, quotient(total, base))


def of_department(calls: Iterable[Called], now: datetime) -> dict[str, Figure]:
    """部门指标 over the calls of one department, or of all."""
    those = list(calls)
    duties = [one.duty for one in those]
    stands = {step: [how(duty, step, now) for duty in duties] for step in DutyStep}
    base = {step: sum(one in COUNTED for one in found) for step, found in stands.items()}
    in_time = {step: found.count(How.IN_TIME) for step, found in stands.items()}
    came = [_minutes(duty.checked_in_at - duty.called_at) for duty in duties if duty.checked_in_at]
    scores = [one.whistle.scores[one.duty.department] for one in those if one.duty.department in one.whistle.scores]
    led = [one.whistle for one in those if one.duty.role is DutyRole.LEAD and one.duty.state is not DutyState.EXCUSED]
    open_and_over = sum(any(stands[step][number] is How.OVERDUE for step in DutyStep) for number in range(len(duties)))
    objected = [duty for duty in duties if duty.objected]
    return {
        "called": count(len(duties)),
        "acknowledged_in_time": share(in_time[DutyStep.ACKNOWLEDGE], base[DutyStep.ACKNOWLEDGE]),
        "checked_in_in_time": share(in_time[DutyStep.CHECK_IN], base[DutyStep.CHECK_IN]),
        "finished_in_time": share(in_time[DutyStep.DUE], base[DutyStep.DUE]),
        "open_and_overdue": share(open_and_over, len(duties)),
        "minutes_to_check_in": _mean(sum(came), len(came)),
        "objections": share(len(objected), len(duties)),
        "objections_upheld": share(sum(duty.state is DutyState.EXCUSED for duty in objected), len(objected)),
        "score": _mean(sum(score.total for score in scores), len(scores)),
        "score_acknowledge": _mean(sum(score.acknowledge for score in scores), len(scores)),
        "score_check_in": _mean(sum(score.check_in for score in scores), len(scores)),
        "score_solved": _mean(sum(score.solved for score in scores), len(scores)),
        "score_cooperation": _mean(sum(score.cooperation for score in scores), len(scores)),
        "reopened": share(sum(whistle.reopened > 0 for whistle in led), len(led)),
        "raised_to_district": share(sum(whistle.raised for whistle in led), len(led)),
    }


def of_caller(whistles: Iterable[Whistle]) -> dict[str, Figure]:
    """哨源指标 over the whistles of one caller, or of all: the other side."""
    those = list(whistles)
    judged = [one for whistle in those for one in whistle.judged]
    return {
        "blown": count(len(those)),
        "withdrawn": share(sum(whistle.withdrawn for whistle in those), len(those)),
        "justified": share(sum(one.justified for one in judged), len(judged)),
        "clear": share(sum(one.clear for one in judged), len(judged)),
    }


def _minutes(time: timedelta) -> int:
    return int(time / timedelta(minutes=1))


def by_department(calls: Iterable[Called], now: datetime) -> dict[str | None, dict[str, Figure]]:
    """部门指标 by department; None: of all."""
    groups: dict[str | None, list[Called]] = {None: []}
    for call in calls:
        for department in (None, call.duty.department):
            groups.setdefault(department, []).append(call)
    return {department: of_department(those, now) for department, those in groups.items()}


def by_caller(whistles: Mapping[UUID, Whistle]) -> dict[str | None, dict[str, Figure]]:
    """哨源指标 by caller; None: of all."""
    groups: dict[str | None, list[Whistle]] = {None: []}
    for whistle in whistles.values():
        for caller in (None, whistle.caller):
            groups.setdefault(caller, []).append(whistle)
    return {caller: of_caller(those) for caller, those in groups.items()}


_BASE = "应在此刻前做到的次数（按时＋超时＋逾期未做到）；未到期、免予报到和到期前撤离的不计入；到期未做到的当日即计入。"
DEFINITIONS: Mapping[str, tuple[str, str, str]] = {
    "called": ("召集次数", "次", "时段内召集部门的次数，以召集时间计；同一事项召集几个部门计几次；其后各项均以这些召集为准。"),
    "acknowledged_in_time": ("按时响应率", "%", f"响应时限内响应的次数÷{_BASE}直接报到的视为报到时响应。"),
    "checked_in_in_time": ("按时报到率", "%", f"报到时限内报到的次数÷{_BASE}"),
    "finished_in_time": (
        "按期办结率", "%",
        f"办结期限内办结的次数÷{_BASE}过期后未办结即撤离的为超时；以延期、恢复计时后的期限为准；暂停计时的为未到期。",
    ),
    "open_and_overdue": ("逾期未做到", "%", "此刻有任一环节（响应、报到、办结）已过期限仍未做到的召集数÷召集次数。"),
    "minutes_to_check_in": ("平均报到用时", "分钟", "自召集至报到的分钟数之和÷已报到次数，自然时间。"),
    "objections": ("职责异议", "%", "提出职责异议的次数÷召集次数。"),
    "objections_upheld": ("异议成立", "%", "提出异议后免予报到的次数÷提出异议的次数。"),
    "score": (
        "部门得分", "分",
        "考核得分之和÷考核次数。每次满分 100 分，响应、报到按时得全分（约定 20、30），"
        "解决、配合按吹哨单位评定的百分比（约定 40、10）；重新处置的以其后的考核为准。",
    ),
    "score_acknowledge": ("响应得分", "分", "考核中响应一项得分的平均。"),
    "score_check_in": ("报到得分", "分", "考核中报到一项得分的平均。"),
    "score_solved": ("解决得分", "分", "考核中解决一项得分的平均。"),
    "score_cooperation": ("配合得分", "分", "考核中配合一项得分的平均。"),
    "reopened": ("重新处置", "%", "主责的事项中确认解决后又重新处置的÷主责的事项；免予报到的不计。"),
    "raised_to_district": ("提级区级", "%", "主责的事项中提级到区级督办的÷主责的事项；免予报到的不计。"),
    "blown": ("吹哨次数", "次", "时段内吹哨的事项数，以吹哨时间计。"),
    "withdrawn": ("撤哨", "%", "其中撤回的÷吹哨次数。"),
    "justified": ("吹哨必要", "%", "哨源考核中认为吹哨必要的÷哨源考核次数；重新处置的以其后的考核为准。"),
    "clear": ("任务时限清楚", "%", "哨源考核中认为任务、时限清楚的÷哨源考核次数；重新处置的以其后的考核为准。"),
}  # fmt: skip
"""指标定义: name, unit and words of every figure."""
