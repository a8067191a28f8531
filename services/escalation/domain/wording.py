"""用语: what the facts of escalation are called, what they say, and how late something is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from services.escalation.domain.issue import DISTRICT, TOWN_HALL
from shared.events import escalation as said
from shared.events.base import Fact
from shared.events.escalation import DeadlineMove, WorkDone
from shared.events.vocabulary import CheckInMode
from shared.rules.naming import VOCABULARY, Named, moment

HEADINGS: dict[type[Fact], str] = {
    said.WhistleRequested: "请求吹哨",
    said.WhistleApproved: "同意吹哨",
    said.WhistleApprovalMissed: "吹哨审批超时",
    said.WhistleRejected: "不予吹哨",
    said.IssueEscalated: "吹哨",
    said.LeadReassigned: "改派主责部门",
    said.IssueMustered: "集结到位",
    said.ActionPlanned: "行动方案",
    said.IssueProgressed: "处置进展",
    said.IssueResolved: "问题解决",
    said.IssueReopened: "重新处置",
    said.DepartmentEvaluated: "部门考核",
    said.ScoreCommented: "得分申辩",
    said.WhistleEvaluated: "哨源考核",
    said.IssueClosed: "吹哨办结",
    said.IssueWithdrawn: "撤哨",
    said.DeadlineExtended: "延期",
    said.DeadlinePaused: "暂停计时",
    said.DeadlineResumed: "恢复计时",
    said.SupervisionStarted: "督办",
    said.IssueRaisedToDistrict: "提级区级",
    said.DutyCalled: "召集部门",
    said.DutyAcknowledged: "部门响应",
    said.DutyObjected: "职责异议",
    said.ObjectionRejected: "异议不成立",
    said.DutyMadeLead: "转为主责",
    said.DepartmentCheckedIn: "部门报到",
    said.DutyFinished: "部门办结",
    said.DutyReopened: "继续处置",
    said.DepartmentReleased: "部门撤离",
    said.DutyExcused: "免予报到",
    said.DutyDeadlinesLifted: "期限解除",
    said.DutyDeadlineMoved: "期限变更",
    said.DutyDeadlineNear: "临期提醒",
    said.DutyDeadlineMissed: "逾期",
}
"""What each fact is called."""

_PAIRS: tuple[tuple[StrEnum, str], ...] = (
    *VOCABULARY,
    (DeadlineMove.EXTENDED, "延期"),
    (DeadlineMove.PAUSED, "暂停计时"),
    (DeadlineMove.RESUMED, "恢复计时"),
    (DeadlineMove.CALENDAR, "节假日安排公布"),
    (CheckInMode.ON_SITE, "现场"),
    (CheckInMode.ONLINE, "线上"),
)
_WORDS = {(type(word), word): chinese for word, chinese in _PAIRS}


STEPS = {"ACKNOWLEDGE": "响应", "CHECK_IN": "报到", "DUE": "办结", "APPROVAL": "审批"}
"""What the steps of the board are called."""


def named(word: StrEnum) -> str:
    """A word of a closed list in Chinese."""
    return _WORDS[type(word), word]


def length(time: timedelta) -> str:
    """时长 in its two largest units, rounded down: 2天3小时, 40分钟; less than a minute: 不足1分钟."""
    minutes = int(time / timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "天"), (hours, "小时"), (rest, "分钟")]
    first = next((index for index, (number, _) in enumerate(parts) if number), None)
    if first is None:
        return "不足1分钟"
    return "".join(f"{number}{unit}" for number, unit in parts[first : first + 2] if number)


def lateness(due_at: datetime, now: datetime) -> str:
    """已逾期 or 还有 how long. What is due at this moment is overdue."""
    return f"已逾期{length(now - due_at)}" if now >= due_at else f"还有{length(due_at - now)}"


def words(fact: Fact, town: Named) -> str:
    """What a fact says, in one line; empty where its heading says it all."""
    return "；".join(part for part in _parts(fact, town) if part)


def _parts(fact: Fact, town: Named) -> Iterable[str]:
    match fact:
        case said.IssueFact():
            return _of_issue(fact, town)
        case said.DutyFact():
            return (town.unit(fact.department), *_of_duty(fact, town))
    raise AssertionError(f"escalation does not say {type(fact).__name__}")


def _of_issue(fact: said.IssueFact, town: Named) -> Iterable[str]:
    match fact:
        case said.WhistleRequested():
            where = town.community(fact.community) if fact.community else "社区（村）不明"
            yield from (f"{called(fact.requested_by, town)}请求：{fact.public_title}", where, named(fact.whistle))
            yield f"建议主责{town.unit(fact.lead)}" if fact.lead else ""
        case said.WhistleApproved():
            yield from ("超过审批时限" if fact.late else "", fact.note or "")
        case said.WhistleApprovalMissed():
            yield f"应于{moment(fact.due_at)}前审批"
        case said.IssueEscalated():
            yield f"{called(fact.caller, town)}吹哨，主责{town.unit(fact.lead)}"
            yield f"协办{_units(fact.support, town)}" if fact.support else ""
            yield from (f"{moment(fact.due_at)}前办结", fact.task)
        case said.LeadReassigned():
            yield from (f"由{town.unit(fact.previous)}改为{town.unit(fact.lead)}", fact.reason)
        case said.ActionPlanned():
            yield f"{town.unit(fact.by)}制定"
            for step in fact.steps:
                yield f"{step.task}（{town.unit(step.owner)}，{moment(step.due_at)}前）"
        case said.IssueProgressed():
            yield from (town.unit(fact.by), _done(fact.done), _evidence(fact.evidence), fact.note or "")
        case said.IssueResolved():
            yield from ("超过办结期限" if fact.late else "", fact.result)
        case said.IssueReopened():
            yield from (fact.reason, f"{moment(fact.due_at)}前办结")
        case said.DepartmentEvaluated():
            yield f"{called(fact.by, town)}考核{town.unit(fact.department)}：{fact.score.total}分"
            yield fact.comment or ""
        case said.ScoreCommented():
            yield from (town.unit(fact.department), fact.comment)
        case said.WhistleEvaluated():
            justified = "吹哨必要" if fact.justified else "吹哨不必要"
            clear = "任务时限清楚" if fact.clear else "任务时限不清楚"
            yield from (f"{called(fact.by, town)}考核：{justified}，{clear}", fact.comment or "")
        case said.DeadlineExtended() | said.DeadlineResumed():
            yield from (f"办结期限至{moment(fact.due_at)}", fact.reason)
        case said.SupervisionStarted():
            yield from (named(fact.level), _addressee(fact.addressee, town), fact.reason or "")
        case said.IssueRaisedToDistrict():
            yield from (_addressee(fact.addressee, town), fact.reason or "")
        case said.WhistleRejected() | said.IssueWithdrawn() | said.DeadlinePaused():
            yield fact.reason


def _of_duty(fact: said.DutyFact, town: Named) -> Iterable[str]:
    match fact:
        case said.DutyCalled():
            yield from (named(fact.role), f"{moment(fact.acknowledge_by)}前响应", f"{moment(fact.check_in_by)}前报到")
            yield f"{moment(fact.due_at)}前办结" if fact.due_at else ""
        case said.DutyAcknowledged():
            yield "超过响应时限" if fact.late else ""
        case said.DutyObjected():
            yield from (fact.reason, f"认为属于{town.unit(fact.proposed)}" if fact.proposed else "")
        case said.DepartmentCheckedIn():
            yield from (named(fact.mode), "超过报到时限" if fact.late else "")
        case said.DutyFinished():
            yield "超过办结期限" if fact.late else ""
            yield from (_done(fact.done), _evidence(fact.evidence), fact.note or "")
        case said.DutyReopened():
            yield f"{moment(fact.due_at)}前办结"
        case said.DepartmentReleased():
            yield "" if fact.finished else "未办结"
        case said.DutyExcused():
            yield from (fact.reason, f"由{town.unit(fact.successor)}主责" if fact.successor else "")
        case said.DutyDeadlineMoved():
            yield named(fact.move)
            yield f"办结期限至{moment(fact.due_at)}" if fact.due_at else ""
        case said.DutyDeadlineNear():
            yield f"应于{moment(fact.due_at)}前{named(fact.step)}"
        case said.DutyDeadlineMissed():
            yield f"未在{moment(fact.due_at)}前{named(fact.step)}"
        case said.ObjectionRejected() | said.DutyMadeLead():
            yield fact.reason


def _done(done: Iterable[WorkDone]) -> str:
    return "，".join(f"{one.work}{one.amount}{named(one.quantity)}" for one in done)


def _evidence(evidence: tuple[str, ...]) -> str:
    return f"佐证{len(evidence)}份" if evidence else ""


def _addressee(code: str | None, town: Named) -> str:
    return f"通知{called(code, town)}" if code else ""


def _units(codes: Iterable[str], town: Named) -> str:
    return "、".join(town.unit(code) for code in codes)


def called(code: str | None, town: Named) -> str:
    """A unit, the town hall or the district, or the community that asked; empty, where there is none."""
    if code is None:
        return ""
    found = {TOWN_HALL: town.town, DISTRICT: "区级"}.get(code) or town.unit(code)
    return town.community(code) if found == code else found
