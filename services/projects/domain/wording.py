"""用语: what the facts of projects are called, and what they say."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from services.projects.domain.batch import BatchState
from shared.events import projects as said
from shared.events.base import Fact, ref_kind
from shared.events.projects import (
    Criterion,
    EffectVerdict,
    SuggestionOrigin,
    SuggestionOutcome,
    SuggestionStep,
    WorkDone,
)
from shared.events.vocabulary import FiveQualities, SevenNeeds
from shared.rules.naming import STATES, VOCABULARY, Named, day, moment

HEADINGS: dict[type[Fact], str] = {
    said.SuggestionCollected: "建议收集",
    said.SuggestionReviewed: "分类研判",
    said.SuggestionConverted: "转化为项目",
    said.SuggestionMerged: "并入其他建议",
    said.SuggestionAbsorbed: "吸收同类建议",
    said.SuggestionHandledDirectly: "直接办理",
    said.SuggestionReferred: "转交其他单位",
    said.SuggestionDeclined: "不予采纳",
    said.SuggestionAnswered: "建议答复",
    said.SuggestionOverdue: "建议办理逾期",
    said.ProjectProposed: "项目提出",
    said.ProjectPooled: "入池",
    said.ProjectsMerged: "并入其他项目",
    said.ProjectsUnmerged: "撤销合并",
    said.ProjectAbsorbed: "吸收同类项目",
    said.ProjectReleased: "拆分同类项目",
    said.ProjectScored: "项目评分",
    said.ProjectVoted: "项目票决",
    said.ProjectApproved: "立项",
    said.ProjectRejected: "不予立项",
    said.ProjectStarted: "开工",
    said.MilestoneReached: "里程碑完成",
    said.ProjectProgressed: "项目进展",
    said.ProjectDelayed: "项目延期",
    said.ProjectSuspended: "项目暂停",
    said.ProjectResumed: "项目复工",
    said.ProjectCancelled: "项目取消",
    said.ProjectCarriedOver: "项目结转",
    said.ProjectDeadlineNear: "项目临期",
    said.ProjectOverdue: "项目逾期",
    said.ProjectCompleted: "完工",
    said.RectificationOrdered: "限期整改",
    said.ProjectAccepted: "验收通过",
    said.MaintainerAssigned: "落实管护",
    said.ProjectDisclosed: "项目公开",
    said.SourceTold: "来源已告知",
    said.SourcesNotified: "全部来源已告知",
    said.ProjectClosed: "项目办结",
    said.ProjectEvaluated: "成效评估",
    said.BatchOpened: "批次开启",
    said.PoolBudgetSet: "核定资金总额",
    said.BudgetReserved: "安排资金",
    said.BudgetReleased: "退回资金",
    said.BatchClosed: "批次结束",
}
"""What each fact is called."""

SOURCES = {
    "topic": "协商议题",
    "hotspot": "共性诉求（热点）",
    "route": "诉求转办",
    "suggestion": "群众建议",
    "inspection": "巡查发现",
    "meeting": "会议提出",
    "project": "同类项目",
}
"""What a project comes from, by the kind of its source."""

_PAIRS: tuple[tuple[StrEnum, str], ...] = (
    *VOCABULARY,
    (SuggestionOrigin.ROUTE, "诉求转办"),
    (SuggestionOrigin.RESIDENT, "居民（村民）提出"),
    (SuggestionOrigin.INSPECTION, "巡查发现"),
    (SuggestionOrigin.REPORT_MEETING, "向群众报告工作"),
    (SuggestionOutcome.CONVERTED, "转化为项目"),
    (SuggestionOutcome.MERGED, "并入同类建议"),
    (SuggestionOutcome.HANDLED_DIRECTLY, "直接办理"),
    (SuggestionOutcome.REFERRED, "转交其他单位"),
    (SuggestionOutcome.DECLINED, "不予采纳"),
    (SuggestionStep.REVIEW, "研判"),
    (SuggestionStep.ANSWER, "答复"),
    (Criterion.BENEFICIARIES, "受益人数"),
    (Criterion.PEOPLE, "诉求人数"),
    (Criterion.URGENCY, "紧迫程度"),
    (Criterion.COST, "投入"),
    (Criterion.FEASIBILITY, "可行性"),
    (EffectVerdict.EFFECTIVE, "有成效"),
    (EffectVerdict.NOT_EFFECTIVE, "成效不足"),
    (EffectVerdict.NOT_RECURRED, "没有再次出现"),
    (EffectVerdict.RECURRED, "再次出现"),
    *((state, STATES["batch"][state]) for state in BatchState),
)
_WORDS = {(type(word), word): chinese for word, chinese in _PAIRS}
"""By list and word: the same word stands in several lists and means another thing in each."""


def named(word: StrEnum) -> str:
    """A word of a closed list in Chinese."""
    return _WORDS[type(word), word]


def tagged(code: str) -> str:
    """七有/五性 in Chinese, by its code."""
    return named(SevenNeeds(code) if code in SevenNeeds.__members__ else FiveQualities(code))


def words(fact: Fact, town: Named) -> str:
    """What a fact says besides its heading, in one line; empty where the heading says it all."""
    match fact:
        case said.SuggestionFact():
            found = _of_suggestion(fact, town)
        case said.ProjectFact():
            found = _of_project(fact, town)
        case said.BatchFact():
            found = _of_batch(fact)
        case _:
            raise AssertionError(f"{fact.wire_type} is no fact of projects")
    return "；".join(part for part in found if part)


def _of_suggestion(fact: said.SuggestionFact, town: Named) -> Iterable[str]:
    match fact:
        case said.SuggestionCollected():
            yield from (named(fact.origin), fact.public_title or "", _where(fact.community, fact.place, town))
            yield f"{moment(fact.answer_due_at)}前答复"
        case said.SuggestionReviewed():
            yield from (fact.public_title, unit(fact.unit, town), _where(fact.community, fact.place, town))
        case said.SuggestionHandledDirectly():
            yield from (unit(fact.unit, town), fact.measure)
        case said.SuggestionReferred():
            yield from (unit(fact.unit, town), fact.reason)
        case said.SuggestionMerged() | said.SuggestionDeclined():
            yield fact.reason
        case said.SuggestionAnswered():
            yield from (named(fact.outcome), fact.answer)
        case said.SuggestionOverdue():
            yield f"未在{moment(fact.due_at)}前{named(fact.step)}"


def _of_project(fact: said.ProjectFact, town: Named) -> Iterable[str]:
    match fact:
        case said.ProjectProposed():
            yield from (fact.public_title, _where(fact.community, fact.place, town), named(fact.project_category))
            yield "、".join(named(tag) for tag in fact.tags)
            yield f"来源：{origins(fact.sources)}"
            yield f"{fact.people}人提出" if fact.people is not None else ""
        case said.ProjectPooled():
            yield fact.finding
        case said.ProjectScored():
            yield f"{fact.score}分"
            yield "，".join(f"{named(part.criterion)}{part.points}分（占{part.weight}%）" for part in fact.parts)
        case said.ProjectVoted():
            yield f"{day(fact.held_on)}，赞成{fact.in_favour}，反对{fact.against}，弃权{fact.abstained}"
        case said.ProjectApproved():
            yield f"{unit(fact.unit, town)}实施，预算{yuan(fact.budget_yuan)}"
            yield f"村内筹资{yuan(fact.raised_yuan)}" if fact.raised_yuan else ""
            yield f"{day(fact.start_on)}至{day(fact.deadline.finish_on)}"
            yield f"里程碑{len(fact.milestones)}个" if fact.milestones else ""
        case said.ProjectStarted():
            yield day(fact.started_on)
        case said.MilestoneReached():
            yield f"第{fact.number}个，{day(fact.reached_on)}"
        case said.ProjectProgressed():
            yield f"进度{fact.percent}%，已支出{yuan(fact.spent_yuan)}"
            yield from (done(fact.done), _evidence(fact.evidence), fact.note or "")
        case said.ProjectDelayed():
            yield from (fact.reason, f"延至{day(fact.deadline.finish_on)}")
        case said.ProjectResumed():
            yield _until(fact.deadline.finish_on)
        case said.ProjectCarriedOver():
            yield f"结转至{fact.to_year}年，首次承诺{day(fact.first_finish_on)}完成"
            yield f"改为{day(fact.deadline.finish_on)}前完成" if fact.deadline else ""
        case said.ProjectDeadlineNear():
            yield _until(fact.finish_on)
        case said.ProjectOverdue():
            yield f"未在{day(fact.finish_on)}前完成"
        case said.ProjectCompleted():
            yield f"{day(fact.completed_on)}，支出{yuan(fact.spent_yuan)}"
            yield from (done(fact.done), _evidence(fact.evidence))
        case said.RectificationOrdered():
            yield from (fact.reason, f"{day(fact.deadline.finish_on)}前整改")
            yield f"征求{fact.asked}人意见，{fact.satisfied}人满意"
        case said.ProjectAccepted():
            yield f"{moment(fact.accepted_at)}，居民（村民）{fact.group.residents}人参加"
            yield f"征求{fact.asked}人意见，{fact.satisfied}人满意"
            yield _evidence(fact.evidence)
        case said.MaintainerAssigned():
            yield f"产权归{unit(fact.owner, town)}，{unit(fact.maintainer, town)}管护"
            yield from (fact.duties, fact.manner, fact.funding)
        case said.ProjectDisclosed() | said.SourcesNotified():
            yield f"{named(fact.stage)}阶段"
        case said.SourceTold():
            yield f"{named(fact.stage)}阶段，{origins((fact.source,))}"
            yield f"由{unit(fact.by, town)}当面告知" if fact.by else ""
        case said.ProjectEvaluated():
            yield f"{named(fact.verdict)}，诉求由{fact.before}件变为{fact.after}件"
        case (
            said.ProjectsMerged()
            | said.ProjectsUnmerged()
            | said.ProjectRejected()
            | said.ProjectSuspended()
            | said.ProjectCancelled()
        ):
            yield fact.reason


def _of_batch(fact: said.BatchFact) -> Iterable[str]:
    match fact:
        case said.BatchOpened():
            yield f"{fact.year}年第{fact.quarter}季度，{fact.public_title}"
        case said.PoolBudgetSet():
            yield yuan(fact.budget_yuan)
        case said.BudgetReserved() | said.BudgetReleased():
            yield f"{yuan(fact.amount_yuan)}，本批次合计{yuan(fact.approved_yuan)}"


def yuan(amount: int) -> str:
    """金额: whole yuan, with signs between thousands."""
    return f"{amount:,}元"


def done(all_done: Iterable[WorkDone]) -> str:
    """完成的工程量 in words."""
    return "，".join(f"{one.work}{one.amount}{named(one.quantity)}" for one in all_done)


def origins(sources: Iterable[str]) -> str:
    """来源 by their kinds, each once."""
    return "、".join(dict.fromkeys(SOURCES[ref_kind(source)] for source in sources))


def unit(code: str | None, town: Named) -> str:
    """A unit, or the community that takes its place; empty, where there is none."""
    if code is None:
        return ""
    found = town.unit(code)
    return town.community(code) if found == code else found


def _where(community: str | None, place: str | None, town: Named) -> str:
    return " ".join(part for part in (town.community(community) if community else "", town.place(place)) if part)


def _evidence(evidence: tuple[str, ...]) -> str:
    return f"佐证{len(evidence)}份" if evidence else ""


def _until(finish_on: date) -> str:
    return f"应于{day(finish_on)}前完成"
