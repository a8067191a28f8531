"""民心项目统计: what began before a complaint, how far projects came, what was kept in time, what came back afterwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from services.projects.domain.batch import Batch
from services.projects.domain.project import Project, ProjectState, end_of
from services.projects.domain.sources import PROACTIVE, SUGGESTED
from services.projects.domain.suggestion import Suggestion
from shared.events.base import ref_kind
from shared.events.projects import EffectVerdict, ProjectOrigin, SuggestionOrigin, SuggestionOutcome
from shared.rules.figure import Figure, count, share
from shared.rules.township import SHANGHAI
from shared.rules.window import Window


class Step(StrEnum):
    """项目经过的一步 that is counted."""

    PROPOSED = "PROPOSED"
    POOLED = "POOLED"
    MERGED = "MERGED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    STARTED = "STARTED"
    DELAYED = "DELAYED"
    CARRIED_OVER = "CARRIED_OVER"
    CANCELLED = "CANCELLED"
    COMPLETED = "COMPLETED"
    RECTIFIED = "RECTIFIED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"
    EVALUATED = "EVALUATED"


@dataclass(frozen=True, slots=True)
class Course:
    """一个项目的经过: its steps with their times, in order. `complaints_since`: at its places, from the acceptance on."""

    name: str
    project: Project
    steps: tuple[tuple[datetime, Step], ...]
    complaints_since: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """一条建议, with when it was collected and answered."""

    suggestion: Suggestion
    collected_at: datetime
    answered_at: datetime | None


class Kept(StrEnum):
    """按期情况: what was due stands in exactly one of these."""

    IN_TIME = "IN_TIME"
    LATE = "LATE"
    OVERDUE = "OVERDUE"
    WAITING = "WAITING"
    LEFT_OUT = "LEFT_OUT"


HAD_TO = (Kept.IN_TIME, Kept.LATE, Kept.OVERDUE)
"""What had to be done by now: what is open past its date is a miss today, not "not yet counted"."""


def kept(project: Project, now: datetime) -> Kept:
    """How a project stands with the date **first** promised; delays and carry-overs do not move it.

    Left out: not approved, or cancelled before the date.
    """
    first = project.first_finish_on
    if first is None or project.state is ProjectState.CANCELLED:
        return Kept.LEFT_OUT
    if project.completed_on is not None:
        return Kept.IN_TIME if project.completed_on <= first else Kept.LATE
    return Kept.OVERDUE if end_of(first) <= now else Kept.WAITING


def answered(one: Asked, now: datetime) -> Kept:
    """How a suggestion stands with its answer."""
    due = one.suggestion.answer_due_at
    if one.answered_at is not None:
        return Kept.IN_TIME if one.answered_at <= due else Kept.LATE
    return Kept.OVERDUE if due <= now else Kept.WAITING


def of_projects(courses: Iterable[Course], window: Window, now: datetime) -> dict[str, Figure]:
    """项目指标 over a window, whichever projects these are."""
    those = list(courses)
    proposed = [one for one in those if _took(one, Step.PROPOSED, window)]
    early = [one for one in proposed if one.project.origin in PROACTIVE]
    due = [one for one in those if one.project.first_finish_on and _lies_in(one.project.first_finish_on, window)]
    stands = Counter(kept(one.project, now) for one in due)
    had_to = sum(stands[how] for how in HAD_TO)
    promised = had_to + stands[Kept.WAITING]
    open_or_done = [one for one in due if kept(one.project, now) is not Kept.LEFT_OUT]
    accepted = [one for one in those if window.holds(one.project.accepted_at) and one.project.effect_due_at]
    verdicts = Counter(one.project.verdict for one in those if _took(one, Step.EVALUATED, window))
    compared = verdicts[EffectVerdict.EFFECTIVE] + verdicts[EffectVerdict.NOT_EFFECTIVE]
    few = verdicts[EffectVerdict.NOT_RECURRED] + verdicts[EffectVerdict.RECURRED]
    return {
        **{step.value.lower(): count(sum(_took(one, step, window) for one in those)) for step in Step},
        "before_complaints": share(len(early), len(proposed)),
        "before_complaints_with_route": share(sum(_with_route(one.project) for one in early), len(early)),
        **{
            f"from_{origin.value.lower()}": share(sum(one.project.origin is origin for one in proposed), len(proposed))
            for origin in ProjectOrigin
        },
        "due": count(promised),
        "in_time": share(stands[Kept.IN_TIME], had_to),
        "overdue_now": share(stands[Kept.OVERDUE], had_to),
        "postponed": share(sum(_moved(one.project) for one in open_or_done), promised),
        "over_the_year": share(sum(one.project.carried_over > 0 for one in open_or_done), promised),
        "effective": share(verdicts[EffectVerdict.EFFECTIVE], compared),
        "recurred": share(verdicts[EffectVerdict.RECURRED], few),
        "asked_again": share(sum(one.complaints_since > 0 for one in accepted), len(accepted)),
    }


def of_suggestions(asked: Iterable[Asked], window: Window, now: datetime) -> dict[str, Figure]:
    """建议指标 over a window."""
    those = list(asked)
    collected = [one.suggestion for one in those if window.holds(one.collected_at)]
    due = Counter(answered(one, now) for one in those if window.holds(one.suggestion.answer_due_at))
    had_to = sum(due[how] for how in HAD_TO)
    decided = Counter(one.suggestion.outcome for one in those if window.holds(one.answered_at))
    found = Counter(SUGGESTED[one.origin] for one in collected)
    early = sum(found[origin] for origin in PROACTIVE)
    return {
        "suggestions": count(len(collected)),
        "suggestions_before_complaints": share(early, len(collected)),
        **{
            f"suggestions_from_{origin.value.lower()}": share(found[SUGGESTED[origin]], len(collected))
            for origin in SuggestionOrigin
        },
        "answered_in_time": share(due[Kept.IN_TIME], had_to),
        "unanswered_now": share(due[Kept.OVERDUE], had_to),
        **{
            f"answered_{outcome.value.lower()}": share(decided[outcome], sum(decided.values()))
            for outcome in SuggestionOutcome
        },
    }


def of_batch(batch: Batch, projects: Mapping[str, Project]) -> dict[str, Figure]:
    """资金执行 of one batch. `projects`: by `project/uuid`, those that it approved, wherever they were carried to."""
    planned = batch.budget_yuan or 0
    approved = sum(batch.reserved.get(name, 0) for name in projects)
    return {
        "planned_yuan": count(planned),
        "approved_yuan": share(approved, planned),
        "spent_yuan": share(sum(one.spent_yuan for one in projects.values()), approved),
    }


class By(StrEnum):
    """统计口径: 社区（村） 项目分类 七有/五性 诉求分类."""

    COMMUNITY = "community"
    PROJECT_CATEGORY = "project_category"
    TAG = "tag"
    CATEGORY = "category"

    def of(self, project: Project) -> tuple[str, ...]:
        """What a project has of it."""
        match self:
            case By.COMMUNITY:
                return (project.community,)
            case By.PROJECT_CATEGORY:
                return (project.project_category,)
            case By.TAG:
                return project.tags
            case By.CATEGORY:
                return (project.category,) if project.category else ()


def grouped(courses: Sequence[Course], by: By) -> dict[str, list[Course]]:
    """The projects by what they have: one with two tags stands under both."""
    found: dict[str, list[Course]] = defaultdict(list)
    for one in courses:
        for value in by.of(one.project):
            found[value].append(one)
    return dict(sorted(found.items()))


def _took(course: Course, step: Step, window: Window) -> bool:
    """Whether it took this step in the window, once or more often."""
    return any(taken is step and window.holds(at) for at, taken in course.steps)


def _lies_in(day: date, window: Window) -> bool:
    return window.holds(datetime.combine(day, time(), SHANGHAI))


def _with_route(project: Project) -> bool:
    return any(ref_kind(source) == "route" for source in project.own_sources)


def _moved(project: Project) -> bool:
    return project.finish_on != project.first_finish_on


DEFINITIONS: Mapping[str, tuple[str, str, str]] = {
    "proposed": ("提出", "个", "时段内提出的项目数。"),
    "pooled": ("入池", "个", "时段内入池的项目数；撤销合并的不重复计。"),
    "merged": ("合并", "个", "时段内并入其他项目的项目数。"),
    "approved": ("立项", "个", "时段内立项的项目数。"),
    "rejected": ("不予立项", "个", "时段内不予立项的项目数。"),
    "started": ("开工", "个", "时段内开工的项目数。"),
    "delayed": ("延期", "个", "时段内办理过年度内延期的项目数。"),
    "carried_over": ("结转", "个", "时段内结转过的项目数。"),
    "cancelled": ("取消", "个", "时段内取消的项目数。"),
    "completed": ("完工", "个", "时段内完工过的项目数；整改后再次完工的只计一次。"),
    "rectified": ("限期整改", "个", "时段内被责令限期整改的项目数。"),
    "accepted": ("验收", "个", "时段内验收通过的项目数。"),
    "closed": ("办结", "个", "时段内办结的项目数。"),
    "evaluated": ("成效评估", "个", "时段内作出成效评估的项目数。"),
    "before_complaints": (
        "未诉先办占比", "%",
        "时段内提出的项目中，由议事协商、热点分析或巡查提出的÷全部。由建议转化的，以建议的来源为准；"
        "来源不止一种的，依次以议题、热点、巡查为准，其余以诉求转办计。",
    ),
    "before_complaints_with_route": (
        "其中另有诉求转办的占比", "%", "未诉先办项目中，来源里也有诉求转办的÷未诉先办项目：这些事项此前已有人反映。",
    ),
    "from_deliberation": ("由来：议事协商", "%", "时段内提出的项目中由协商议题提出的÷全部。"),
    "from_analysis": ("由来：热点分析", "%", "时段内提出的项目中由热点分析提出的÷全部。"),
    "from_inspection": ("由来：巡查", "%", "时段内提出的项目中由巡查（含巡查建议）提出的÷全部。"),
    "from_complaint": ("由来：诉求转办", "%", "时段内提出的项目中由诉求转办（含转办建议）提出的÷全部。"),
    "from_resident": ("由来：居民建议", "%", "时段内提出的项目中由居民（村民）建议转化的÷全部。"),
    "from_report_meeting": ("由来：向群众报告工作", "%", "时段内提出的项目中由报告会上的建议转化的÷全部。"),
    "due": ("应完成数", "个", "首次承诺的完成日期在时段内的项目数，取消的不计。"),
    "in_time": (
        "按期完成率", "%",
        "应完成的项目中，完工日期不晚于首次承诺的÷（按期＋逾期完成＋至今逾期未完成）。延期、结转不改变首次承诺，整改的以整改后完工为准；未到期的不计入基数。",
    ),
    "overdue_now": ("逾期未完成率", "%", "至今逾期未完成的÷（按期＋逾期完成＋至今逾期未完成）。"),
    "postponed": ("改期率", "%", "应完成的项目中，目前的完成日期与首次承诺不同的÷应完成数。"),
    "over_the_year": ("跨年结转率", "%", "应完成的项目中，结转过的÷应完成数。"),
    "effective": (
        "成效率", "%", "时段内评估的项目中，评为有成效的÷（有成效＋成效不足）；提出前诉求过少的不作增减比较，不在其内。",
    ),
    "recurred": ("少量诉求的复现率", "%", "时段内评估、提出前诉求过少的项目中，验收后又有同类诉求的÷此类项目。"),
    "asked_again": (
        "验收后又有诉求的比例", "%",
        "时段内验收、有诉求分类和地点的项目中，自验收当日起至今同一分类、同一地点又有诉求的÷此类项目；不论多少，不论原因。",
    ),
    "suggestions": ("收集建议", "条", "时段内收集的建议数。"),
    "suggestions_before_complaints": ("建议的未诉先办占比", "%", "时段内收集的建议中，由巡查发现的÷全部。"),
    "suggestions_from_route": ("建议来源：诉求转办", "%", "时段内收集的建议中由诉求转办的÷全部。"),
    "suggestions_from_resident": ("建议来源：居民提出", "%", "时段内收集的建议中由居民（村民）提出的÷全部。"),
    "suggestions_from_inspection": ("建议来源：巡查发现", "%", "时段内收集的建议中由巡查发现的÷全部。"),
    "suggestions_from_report_meeting": ("建议来源：向群众报告工作", "%", "时段内收集的建议中在报告会上提出的÷全部。"),
    "answered_in_time": (
        "建议按期答复率", "%", "应在时段内答复的建议中，期限前答复的÷（按期＋逾期答复＋至今逾期未答复）；未到期的不计入基数。",
    ),
    "unanswered_now": ("建议逾期未答复率", "%", "至今逾期未答复的÷（按期＋逾期答复＋至今逾期未答复）。"),
    "answered_converted": ("答复：转化为项目", "%", "时段内答复的建议中转化为项目的÷全部。"),
    "answered_merged": ("答复：并入同类建议", "%", "时段内答复的建议中并入同类建议的÷全部。"),
    "answered_handled_directly": ("答复：直接办理", "%", "时段内答复的建议中直接办理的÷全部。"),
    "answered_referred": ("答复：转交", "%", "时段内答复的建议中转交其他单位的÷全部。"),
    "answered_declined": ("答复：不予采纳", "%", "时段内答复的建议中不予采纳的÷全部。"),
    "planned_yuan": ("批次资金总额", "元", "核定的资金总额；尚未核定的为 0。"),
    "approved_yuan": ("立项安排占资金总额", "%", "批次内立项安排的金额÷资金总额，只计可见的项目；取消项目退回的已扣除。"),
    "spent_yuan": ("支出占立项安排", "%", "批次内立项的项目至今的支出÷立项安排；结转的项目仍计入原批次，含村内筹资的支出。"),
}  # fmt: skip
"""指标定义: name, unit of the value, and words of every figure."""
