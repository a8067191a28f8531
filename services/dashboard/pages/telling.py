"""事实的内容: what a fact says, for people: its fields with their names, its words in words, other streams as links.

Every service has words of its own; here are those of all facts, in Chinese. English is what stands in the contracts.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError

from services.dashboard import wording
from services.dashboard.pages.frame import span
from services.dashboard.pages.words import Words
from shared.events import deliberation, escalation, intake, projects, vocabulary
from shared.events.base import Fact
from shared.rules.naming import VOCABULARY, day, moment
from shared.rules.township import SHANGHAI, Town

_LISTS: Mapping[type[StrEnum], str] = {
    vocabulary.CommunityKind: "社区 村",
    vocabulary.ComplaintType: "咨询 求助 投诉 举报 建议",
    vocabulary.Channel: "12345热线 QQ群 微信群 意见箱 入户走访 村务办公室 网站 导入",
    vocabulary.Urgency: "特急 紧急 一般 复杂",
    vocabulary.RouteTarget: "协商议题 吹哨事项 建议池 民心项目",
    vocabulary.CheckInMode: "现场 线上",
    vocabulary.TopicOrigin: "共性诉求（热点） 诉求转办 两委提议 征集意见 居民（村民）提出 巡查发现 会上交流的问题",
    vocabulary.ProgressStep: "办理进展 建议挂账 已吹哨 部门已报到 吹哨事项已解决 项目进展已公开",
    intake.ReturnReason: "非本单位职责 非本辖区 重复工单 信息不足",
    intake.ContactManner: "电话 上门 线上",
    intake.ListingReason: "政策原因 规划原因 历史遗留 诉讼 资金",
    intake.ListingEndGround: "障碍已消除 挂账期满",
    intake.SpokenWith: "诉求人 诉求人家属 诉求人代表 邻里",
    intake.CallbackOutcome: "无人接听 答复不明确",
    intake.ExceptionGround: "不合理诉求 已两次重办",
    intake.CloseGround: "已解决且满意 三次回访未能联系 例外办结",
    intake.UrgeKind: "再次反映同一事项 补充情况",
    intake.ComplaintStep: "签收 首次联系 办理 退单审核 延期审核 挂账复核 回访",
    intake.RouteOutcome: "已办成 未采纳 已撤回",
    intake.HotspotRule: "多人反映 突增 敏感事项",
    deliberation.MemberKind: "党员 村（居）民 人大代表 妇女 政协委员 共建单位 志愿者 文体团队 其他",
    deliberation.GuidanceSubject: "选题 议定 公开 推动落实",
    deliberation.TopicScope: "公共事务 物业管理 居民急难愁盼",
    deliberation.AssemblyForum: "村民会议 村民代表会议 居民会议 居民代表会议 业主大会 物业管理委员会",
    deliberation.AssemblyMatter: (
        "选聘物业服务企业 解聘物业服务企业 物业服务事项 管理规约 使用维修资金 筹集维修资金 改建、重建 "
        "共有部分的用途和经营 本村享受误工补贴 集体经济收益 公益事业 土地和宅基地 集体财产 其他事项"
    ),
    deliberation.ReferralCause: "法定事项 多次协商未果 争议较大",
    deliberation.DemandBase: "十八周岁以上村（居）民 户 居民小组 代表 业主",
    deliberation.UpwardOutcome: "可以落实 退回再议",
    deliberation.UpwardReason: "受政策限制 受规划限制",
    deliberation.CommonDemand: "已形成热点 多人提出 会议认定",
    deliberation.ApplicantKind: "村民 居民 组织 单位",
    deliberation.AttendanceWay: "名单登记 签到码",
    deliberation.Position: "赞成 反对 弃权 正式异议",
    deliberation.CountBase: (
        "十八周岁以上村（居）民 户 居民小组代表 代表 业主人数 专有部分面积（平方米） 物管会委员 物管会业主委员"
    ),
    escalation.DeadlineMove: "延期 暂停计时 恢复计时 节假日安排公布",
    projects.SuggestionOrigin: "诉求转办 居民（村民）提出 巡查发现 向群众报告工作",
    projects.SuggestionOutcome: "转化为项目 并入同类建议 直接办理 转交其他单位 不予采纳",
    projects.SuggestionStep: "研判 答复",
    projects.ProjectOrigin: "议事协商 热点分析 巡查发现 诉求转办 居民建议 向群众报告工作",
    projects.Criterion: "受益人数 诉求人数 紧迫程度 投入 可行性",
    projects.EffectVerdict: "有成效 成效不足 没有再次出现 再次出现",
}
"""The words of each closed list that facts alone show, in the order of its members; the others are `VOCABULARY`."""
WORDS: Mapping[tuple[type[StrEnum], str], str] = MappingProxyType(
    {(type(word), word.value): said for word, said in VOCABULARY}
    | {(of, one.value): said for of, words in _LISTS.items() for one, said in zip(of, words.split(), strict=True)}
)
"""By list and word: the same word means another thing in each."""
SEATS = MappingProxyType({"1": "两委", "2": "业主自治组织", "3": "物业公司", "4": "社区民警", "5": "联系领导和科室"})
"""The five seats of a platform [S], by their numbers."""
_PARTIES = MappingProxyType({"member": "N方代表", "guest": "获准参会者"})
_FIELDS = """
about 所指事项|absorbed_sources 并入的来源|abstain 弃权|abstained 弃权|accept_by 签收时限|accepted_at 时间
acknowledge 响应得分|acknowledge_by 响应时限|acknowledge_near_at 响应提醒时间|acknowledged_at 响应时间
acknowledged_in_time 按时响应|addressee 督办对象|adopted 通过|after 之后诉求量|against 反对|agreeing 同意|amount 数量
amount_yuan 金额|answer 答复|answer_due_at 答复时限|answered_at 答复时间|applicant_kind 申请人类别|approval_due_at 审批时限
approved_at 同意时间|approved_yuan 批次已安排资金|asked 受访人数|assembly 会议决定|attendance 出席情况|authorised 已获授权
base 口径|basically 基本满意|batch 项目批次|before 之前诉求量|begins_at 开始|budget_yuan 资金|by 单位|by_city 市级回访
call 召集次数|callback_by 回访时限|called_at 时间|caller 吹哨单位|category 分类|cause 起因|causes 变化原因|channel 渠道
check_in 报到得分|check_in_by 报到时限|check_in_near_at 报到提醒时间|checked_in_at 报到时间|checked_in_in_time 按时报到
clear 任务明确|clock_from 计时起点|closed_at 时间|comment 意见|common 共性依据|communities 涉及社区（村）
community 社区（村）|community_kind 类别|complaint 诉求|complaints 诉求件数|complete 双向考核完成|completed_on 完工日期
conclusion 结论|conclusions 结论|confidential 保密|confirmed_at 确认时间|contact_by 联系时限|contacted 已联系
contacted_at 联系时间|cooperation 配合得分|counts 计票|criterion 评分项|day 日期|days 统计天数|deadline 完成期限
deadline_version 期限版本|decide_by 审核时限|decided_by 决定会议|deferrals 暂缓次数|demanding 提议数|department 部门
digest 校验值|disclose_by 公开时限|dispatch 派单次数|dispatched_at 派单时间|documents 附件校验值|done 完成工程量
due_at 办理时限|due_near_at 临期提醒时间|due_on 计划日期|duties 管护内容|duty_from 月度协商起始日|effect_due_at 成效评估时间
ended_at 时间|ends_at 截止|ends_by 挂账期限|entitled 应参加数|escalated_at 吹哨时间|evidence 佐证校验值|excused 请假
explained_at 说明时间|explanation 说明|failed 未达成效|finding 认定意见|finish_on 完成期限|finished 已办结
finished_at 时间|first 首次联系|first_finish_on 原定期限|first_handler 首接单位|followed 采用规则建议|form 形式
forum 决定主体|from_year 原年度|funding 经费来源|granted_at 时间|ground 理由|group 验收组|guests_present 获准参会人数
hard 疑难事项|held_at 时间|held_on 日期|holder 席位单位|hotspot 所属热点|in_favour 赞成|inspected_at 验收时间
instead_of 原时限|into 并入|issue 吹哨事项|justified 吹哨合理|label 名称|ladder 督办阶梯|late 逾期|law 依据规则
lead 主责单位|legal_check_due 待法律核对|level 督办层级|listed_at 挂账时间|maintainer 管护单位|manner 方式|matter 事项
measure 办理措施|measured 实测|meeting 会议|meetings 会议次数|member_kind 代表类别|members_present N方代表到会数
merged 并入议题|milestones 里程碑|minutes_due_at 记录公布时限|mode 报到方式|moderator 主持|month 月份|move 变更原因
mustered_at 集结时间|needed_by 诉求时限|next_on 下次复查|next_warn_at 下次提醒|note 说明|number 编号|objected_at 异议时间
opened_at 开始时间|oppose 反对|organisation 单位|origin 来源|outcome 结果|owner 责任方|participants 参加人员|parts 评分明细
party 参会方|paused_at 暂停时间|people 人数|percent 进度（%）|percent_past_due 超出时限（%）|place 地点|plan 解决计划
planned 计划工程量|points 得分|position 表态|possible_repeat 疑似重复|post 责任岗位|present 到会|previous 原主责单位
problems 问题数|project 民心项目|project_category 项目分类|proposed 建议单位|proposed_at 提出时间|proposed_by 建议规则
provisional 期限暂定|public_title 标题|publish_by 公布时限|published_at 公布时间|quantity 计量单位|quarter 季度
raised_yuan 自筹资金|reached_on 完成日期|reason 理由|received 受理件数|received_at 受理时间|recorder 记录人
recurred_on 再次出现日期|released_at 撤离时间|reopened_at 时间|reopening 重办次数|repeat 重复诉求|reported_to 上报单位
requested_at 申请时间|requested_by 请求单位|residents 居民代表数|resolved 已解决|rest_seconds 剩余时限|result 结果
retain_until 信息保存至|review_by 复核时限|review_due_at 研判时限|review_on 复查日期|reviewed_at 复核时间
right_channel 办理渠道|role 职责|round 协商轮次|rule 形成规则|satisfaction 满意度|satisfied 满意人数|scope 协商范围
score 得分|seat 席位|seat_objections 席位异议数|seats_filled 席位数|seats_present 到会席位数|sha256 校验值|shown_until 公示至
since 起算时间|solved 解决得分|source 来源|sources 来源|spent_yuan 已用资金|spoken_with 沟通对象|stage 公开阶段
stands_until 公示至|start_on 计划开工|started_on 开工日期|starts_at 开会时间|step 环节|steps 步骤|subject 指导事项
successor 接替部门|suggestion 建议|superior_told 已通报上级|supervisor 监督委员会参加|support 协办单位|tags 七有/五性
taking_part 参加数|target 去向|task 任务|terms 适用配置|text 正文|times 次数|title 名称|to_year 转入年度|told_at 时间
topic 议题|topics 议题|total 总分|tried_at 时间|tries 回访次数|type 类型|undertakings 落实任务|unexcused 无故缺席
unit 单位|units_present 到会单位数|until 截止|up_to 统计位置|urge 方式|urged_at 时间|urgency 紧急程度|urges 催办次数
urgent 紧急会议|urgent_because 紧急原因|valid 有效回访|venue 地点|verdict 评估结论|version 版本|via 经由|waits_for 待告知来源
wanted 转办去向|wants_project 申请立项|warn_at 提醒时间|way 登记方式|weight 权重（%）|whistle 吹哨类型|why 理由|work 工程
worked 有效|year 年度
"""
LABELS: Mapping[str, str] = MappingProxyType(
    dict(one.split(" ", 1) for line in _FIELDS.strip().splitlines() for one in line.split("|"))
)
"""What the fields of facts are called."""
_OF_FACT: Mapping[tuple[str, str], str] = {
    ("TopicConcluded", "support"): "赞成",
    ("RatesPublished", "contacted"): "已联系件数",
    ("RatesPublished", "resolved"): "已解决件数",
    ("RatesPublished", "satisfied"): "满意件数",
    ("RatesPublished", "basically"): "基本满意件数",
    ("ComplaintReceived", "number"): "工单编号",
    ("MilestoneReached", "number"): "里程碑序号",
    ("ProjectScored", "score"): "总分",
    ("ComplaintDeadlineNear", "percent"): "时限已过（%）",
}
"""Where the same name means something else."""
BEHIND = frozenset(
    (
        *(
            "absorbed_sources",
            "causes",
            "sources",
            "waits_for",
            "via",
            "cause",
            "digest",
            "up_to",
            "terms",
            "proposed_by",
        ),
        *("deadline_version", "version", "clock_from", "warn_at", "next_warn_at", "acknowledge_near_at"),
        *("check_in_near_at", "due_near_at", "retain_until", "law", "legal_check_due", "authorised", "ladder"),
        *("sha256", "documents", "evidence", "followed", "provisional", "possible_repeat", "confidential", "urgent"),
        *("late", "first", "superior_told", "complete", "failed", "wants_project", "complaint", "issue", "hotspot"),
    )
)
"""Fields that nobody looks for first: they stand folded, unless a flag among them is set."""
ABOUT = frozenset(
    (
        *("community", "communities", "category", "place", "public_title", "department", "caller", "lead", "support"),
        *("first_handler", "urgency", "whistle", "project_category", "tags", "forum", "matter", "holder", "recorder"),
        *("topics", "topic", "meeting", "form", "venue", "moderator", "due_at", "acknowledge_by", "check_in_by"),
    )
)
"""What a stream is about: it is read once, and again when it has changed."""
_INSTANT_S = 90
"""A time that differs from the fact's own by no more is not said twice."""
_KNOWN = {(fact.kind, fact.__name__): fact for fact in Fact.known.values()}
_STREAM = re.compile(r"[a-z][a-z-]*/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Stream(str):
    """The name of another stream, `kind/uuid`: it is shown as a link."""

    __slots__ = ()


Shown = str | list["Shown"] | dict[str, "Shown"]
"""What stands behind a label: a text, several, or a table of its own; a `Stream` is a link."""


def is_stream(shown: object) -> bool:
    """Whether it is a link."""
    return isinstance(shown, Stream)


class Telling:
    """One language, one town."""

    def __init__(self, words: Words, town: Town) -> None:
        self._words = words
        self._chinese = words.language == "zh"
        categories, places = (
            {one.code: one.name for one in town.categories},
            {one.code: one.name for one in town.places},
        )
        self._codes = categories | places | wording.names(town)

    def heading(self, kind: str, type: str) -> str:
        """What a fact of this kind of stream is called; `type` as `ComplaintReceived`."""
        fact = _KNOWN.get((kind, type))
        if self._chinese and fact:
            return wording.heading(fact.wire_type)
        return _spaced(re.sub(r"(?<=.)([A-Z])", r" \1", type))

    def subject(self, kind: str) -> str:
        """What a stream is called."""
        called = wording.subject(kind)
        said = self._words.say(called)
        return said if self._chinese or said != called else _spaced(kind)

    def who(self, actor: str) -> list[str]:
        """The role, and the unit or communities, of an actor `role:scope`; never a person."""
        role, _, scope = actor.partition(":")
        named = self._words.say(wording.ROLES.get(role, role))
        return [named, *(self.code(one) for one in scope.split(",") if one)]

    def code(self, code: str) -> str:
        """A unit, community, category or place by its name."""
        return self._codes.get(code, code)

    def label(self, of: str, field: str) -> str:
        """What a field of a fact, or of a part of one, is called."""
        if not self._chinese:
            return _spaced(field)
        return _OF_FACT.get((of, field)) or LABELS.get(field, field)

    def fields(
        self, kind: str, type: str, data: Mapping[str, Any], at: datetime, said: dict[str, object]
    ) -> tuple[dict[str, Shown], dict[str, Shown]]:
        """What a fact says: what is worth reading, and what stands folded. Of a newer fact, whatever is there.

        `said`: what its stream has said before of what it is about, and with this fact.
        """
        known = _KNOWN.get((kind, type))
        try:
            fact = known.model_validate(data) if known else None
        except ValidationError:
            fact = None
        if fact is None:
            return {}, {name: shown for name, value in data.items() if (shown := self._shown(value)) is not None}
        of, known_fields = fact.__class__.__name__, fact.__class__.model_fields
        read: dict[str, Shown] = {}
        folded: dict[str, Shown] = {}
        for name, value in fact:
            unset = value is None or value == () or (value is False and name in BEHIND)
            if unset or value == known_fields[name].default or _same(value, at):
                continue
            shown = self._shown(value, name)
            if shown is not None:
                behind = (name in BEHIND and value is not True) or (name in ABOUT and said.get(name) == value)
                said[name] = value
                (folded if behind else read)[self.label(of, name)] = shown
        unknown = [name for name in data if name not in known_fields]
        newer = {name: shown for name in unknown if (shown := self._shown(data[name])) is not None}
        return read, folded | newer

    def foreign(self, text: str) -> bool:
        """Whether a text is Chinese on a page that is not."""
        return not self._chinese and any("\u3400" <= sign <= "\u9fff" for sign in text)

    def until(self, at: datetime) -> str:
        """期限. A day ends at 24:00."""
        local = at.astimezone(SHANGHAI)
        if local.time() == time():
            return f"{self._day(local - timedelta(days=1))} 24:00"
        return self._moment(at)

    def _moment(self, at: datetime) -> str:
        return moment(at) if self._chinese else at.astimezone(SHANGHAI).strftime("%-d %b %Y %H:%M")

    def _day(self, on: date) -> str:
        return day(on) if self._chinese else on.strftime("%-d %b %Y")

    def _shown(self, value: Any, name: str = "") -> Shown | None:
        """A value for people; None for what says nothing to them."""
        match value:
            case None | UUID():
                return None
            case bool():
                return self._words.say("是") if value else self._words.say("否")
            case StrEnum():
                return WORDS.get((type(value), value.value), value.value) if self._chinese else _spaced(value.value)
            case datetime():
                return self._moment(value)
            case date():
                return self._day(value)
            case int():
                return self._number(value, name)
            case str():
                return self._text(value, name)
            case BaseModel():
                return self._part(value)
            case Mapping():
                return {str(key): shown for key, one in value.items() if (shown := self._shown(one)) is not None}
            case list() | tuple():
                return [shown for one in value if (shown := self._shown(one, name)) is not None] or None
        return str(value)

    def _part(self, part: BaseModel) -> Shown:
        if isinstance(part, deliberation.Workload | escalation.WorkDone | projects.WorkDone):
            return {part.work: f"{part.amount:,} {self._shown(part.quantity)}"}
        of = part.__class__.__name__
        return {
            self.label(of, name): shown
            for name, value in part
            if value not in (None, ()) and name not in BEHIND and (shown := self._shown(value, name)) is not None
        }

    def _number(self, value: int, name: str) -> str:
        if name.endswith("_yuan"):
            return self._words.say("%(n)s 元", n=f"{value:,}")
        if name == "rest_seconds":
            return span(value, self._words)
        return SEATS[str(value)] if name == "seat" and self._chinese else str(value) if name in _PLAIN else f"{value:,}"

    def _text(self, text: str, name: str) -> Shown | None:
        kind, _, rest = text.partition("/")
        match kind:
            case "seat" if rest in SEATS:
                return SEATS[rest] if self._chinese else _spaced(f"seat {rest}")
            case "member" | "guest" if _ID.fullmatch(rest):
                return _PARTIES[kind] if self._chinese else _spaced(kind)
            case "unit" | "post" if rest:
                return self._post(rest)
        if _STREAM.fullmatch(text):
            return Stream(text)
        if _ID.fullmatch(text):
            return None
        return self._post(text) if name in _POSTS else self.code(text)

    def _post(self, code: str) -> str:
        return self._words.say(wording.ROLES[code]) if code in wording.ROLES else self.code(code)


_PLAIN = frozenset(("from_year", "to_year", "year", "number"))
_POSTS = frozenset(("moderator", "recorder", "post"))


def _same(value: Any, at: datetime) -> bool:
    return isinstance(value, datetime) and abs((value - at).total_seconds()) <= _INSTANT_S


def _spaced(name: str) -> str:
    """`due_at`, `CARRIED_OUT`, `Topic Closed` as English: Due at."""
    return name.replace("_", " ").replace("-", " ").capitalize()
