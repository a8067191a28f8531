"""协商统计, counted from the tables and the journal at one moment: as JSON and as tables. Read-only SQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.deliberation.domain.figures import (
    DEFINITIONS,
    By,
    Course,
    Part,
    Promised,
    Sat,
    Step,
    Topics,
    Who,
    origin_name,
    parts,
    promised,
    topics,
    unit_of,
)
from services.deliberation.domain.meeting import Meeting
from services.deliberation.domain.undertaking import Undertaking
from services.deliberation.domain.wording import named
from services.deliberation.store import MEETINGS, UNDERTAKINGS
from shared.events.deliberation import ConclusionKind
from shared.events.vocabulary import TopicOrigin
from shared.plumbing.database import Connection, Pool
from shared.rules.township import Town
from shared.rules.window import Days, Window, percent

_SCOPE = "($1::text[] is null or community = any($1))"
_MEETINGS = f"""
select {", ".join(MEETINGS.columns)} from meetings where {_SCOPE} and held_at >= $2 and held_at < $3
"""
_SPOKEN = """
select stream, data->>'party' as party, count(*) filter (where split_part(type, '.', 3) = 'StatementRecorded') as statements,
    bool_or(split_part(type, '.', 3) = 'AbsenceUnexcused' and (data->>'superior_told')::bool) as told
from journal where stream = any($1::uuid[]) and split_part(type, '.', 3) in ('StatementRecorded', 'AbsenceUnexcused')
group by stream, party
"""
_STEPS: Mapping[str, Step | ConclusionKind] = {
    "TopicProposed": Step.PROPOSED,
    "TopicAccepted": Step.ACCEPTED,
    "TopicRejected": Step.REJECTED,
    "TopicsMerged": Step.MERGED,
    "TopicReopened": Step.REOPENED,
    "TopicDisclosed": Step.DISCLOSED,
    "TopicClosed": Step.CLOSED,
    "TopicSettled": ConclusionKind.SETTLED,
    "TopicAgreed": ConclusionKind.AGREED,
    "TopicDeferred": ConclusionKind.DEFERRED,
    "TopicReferredToAssembly": ConclusionKind.REFERRED_TO_ASSEMBLY,
    "TopicReportedUpward": ConclusionKind.REPORTED_UPWARD,
    "TopicNeedsDepartments": ConclusionKind.NEEDS_DEPARTMENTS,
    "TopicNeedsProject": ConclusionKind.NEEDS_PROJECT,
}
"""What the journal says of a topic that is counted."""
_COURSES = f"""
select t.id, t.community, t.origin, json_agg(json_build_array(split_part(j.type, '.', 3), j.occurred_at)
    order by j.position)::text as steps
from topics t join journal j on j.stream = t.id
where {_SCOPE.replace("community", "t.community")} and split_part(j.type, '.', 3) = any($2) and j.occurred_at < $3
group by t.id, t.community, t.origin order by t.id
"""
_PROMISED = f"""
select {", ".join(UNDERTAKINGS.columns)} from undertakings where {_SCOPE} and due_at >= $2 and due_at < $3
"""
_CONSEQUENCES = """
select j.stream, j.data->>'community' as community, j.data->>'party' as party, j.data->>'meeting' as meeting,
    (j.data->>'times')::int as times, j.occurred_at as reported_at,
    exists (select from vault v where v.owner = j.stream) as superior_registered,
    (select a.data->>'answer' from journal a where a.stream = j.stream and a.version = j.version + 1
        and split_part(a.type, '.', 3) = 'AbsenceAnswered') as answer
from absence_reports r join journal j on j.stream = r.id
where split_part(j.type, '.', 3) = 'AbsenceReported' and j.data->>'meeting' = any($1::text[]) order by j.position
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a window holds, as far as the caller may see. `up_to`: the last position of the journal that is counted."""

    window: Window
    now: datetime
    up_to: int
    meetings: Mapping[UUID, Sat]
    courses: Sequence[tuple[str, Course]]
    undertakings: Sequence[Undertaking]
    consequences: Sequence[Mapping[str, Any]]


async def counted(pool: Pool, scope: list[str] | None, window: Window, now: datetime) -> Counted:
    """Everything of these communities (None: of all), read at one moment."""
    async with pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        up_to = await con.fetchval("select coalesce(max(position), 0) from journal")
        meetings = await _meetings(con, scope, window)
        rows = await con.fetch(_COURSES, scope, sorted(_STEPS), window.end)
        courses = [(row["community"], _course(row["origin"], row["steps"])) for row in rows]
        promises = await con.fetch(_PROMISED, scope, window.start, window.end)
        told = await con.fetch(_CONSEQUENCES, [f"meeting/{id}" for id in meetings])
    return Counted(
        window,
        now,
        up_to,
        meetings,
        courses,
        [UNDERTAKINGS.stored(row) for row in promises],
        [dict(row) for row in told],
    )


async def _meetings(con: Connection, scope: list[str] | None, window: Window) -> dict[UUID, Sat]:
    rows = await con.fetch(_MEETINGS, scope, window.start, window.end)
    states: dict[UUID, Meeting] = {row["id"]: MEETINGS.stored(row) for row in rows}
    statements: dict[UUID, dict[str, int]] = {id: {} for id in states}
    told: dict[UUID, set[str]] = {id: set() for id in states}
    for row in await con.fetch(_SPOKEN, list(states)):
        if row["statements"]:
            statements[row["stream"]][row["party"]] = row["statements"]
        if row["told"]:
            told[row["stream"]].add(row["party"])
    return {id: Sat(state, statements[id], frozenset(told[id])) for id, state in states.items()}


def _course(origin: str, steps: str) -> Course:
    said = [(datetime.fromisoformat(at), _STEPS[word]) for word, at in json.loads(steps)]
    return Course(TopicOrigin(origin), tuple(said))


@dataclass(frozen=True, slots=True)
class Whole:
    """协商统计 of one community, or of all that the caller may see. `unit`: of this one's part alone."""

    community: str | None
    meetings: int
    urgent: int
    parties: Mapping[Who, Part]
    topics: Mapping[TopicOrigin | None, Topics]
    undertakings: Mapping[str | None, Promised]


def whole(found: Counted, community: str | None, unit: str | None) -> Whole:
    """The figures of a community; None: of everything that was counted."""
    meetings = [sat for sat in found.meetings.values() if community in (None, sat.meeting.community)]
    parties = parts(meetings)
    undertakings = promised(
        (one for one in found.undertakings if community in (None, one.community) and unit in (None, one.unit)),
        found.window,
        found.now,
    )
    return Whole(
        community,
        len(meetings),
        sum(sat.meeting.urgent for sat in meetings),
        {who: part for who, part in sorted(parties.items()) if unit is None or who == Who(By.UNIT, unit)},
        topics((course for where, course in found.courses if community in (None, where)), found.window),
        undertakings,
    )


def shown(one: Whole, town: Town) -> dict[str, Any]:
    """As JSON."""
    return {
        "community": one.community,
        "name": _place(one.community, town),
        "meetings": one.meetings,
        "urgent": one.urgent,
        "parties": [
            {"by": who.by, "value": who.value or None, "name": who.name(town)}
            | asdict(part)
            | {"attendance": percent(part.present, part.invited)}
            for who, part in one.parties.items()
        ],
        "topics": [
            {
                "origin": origin,
                "name": origin_name(origin),
                "steps": dict(figure.steps),
                "conclusions": dict(figure.conclusions),
                "to_conclusion": asdict(figure.to_conclusion),
                "to_disclosure": asdict(figure.to_disclosure),
            }
            for origin, figure in one.topics.items()
        ],
        "undertakings": [
            {"unit": unit, "name": _unit(unit, town)}
            | asdict(figure)
            | {"base": figure.base, "in_time_rate": percent(figure.in_time, figure.base)}
            for unit, figure in one.undertakings.items()
        ],
    }


def consequences(found: Counted, community: str | None, unit: str | None, town: Town) -> list[dict[str, Any]]:
    """缺席通报 of the meetings counted: who stayed away so often that its superior is told, and what that one answered."""
    shown = []
    for row in found.consequences:
        meeting = found.meetings[UUID(row["meeting"].removeprefix("meeting/"))].meeting
        whose = unit_of(row["party"], meeting)
        if community in (None, row["community"]) and unit in (None, whose):
            more = {"id": row["stream"], "name": _place(row["community"], town), "unit": whose}
            shown.append({key: value for key, value in row.items() if key != "stream"} | more)
    return shown


def definitions() -> list[dict[str, str]]:
    """指标定义 in words."""
    return [{"code": code, "name": name, "words": words} for code, (name, words) in DEFINITIONS.items()]


def _place(community: str | None, town: Town) -> str:
    known = town.community(community)
    return known.name if known else community or "合计"


def _unit(unit: str | None, town: Town) -> str:
    known = town.unit(unit)
    return known.name if known else unit or "合计"


PARTIES = (
    "社区（村）", "类别", "对象", "应到次数", "到会次数", "到会率", "请假次数", "无故缺席次数", "通报上级次数", "发言次数",
    "赞成", "反对", "弃权", "正式异议",
)  # fmt: skip
_BY = {By.SEAT: "席位", By.UNIT: "单位", By.MEMBERS: "N方代表", By.GUESTS: "申请参会者"}
TOPICS = (
    "社区（村）", "议题来源", "提出", "受理", "不予受理", "合并", "重开", "公开", "办结",
    *(named(kind) for kind in ConclusionKind),
    "作出结论的议题数", "提出到结论中位天数", "提出到结论最长天数", "公开次数", "结论到公开中位天数", "结论到公开最长天数",
)  # fmt: skip
UNDERTAKINGS_DUE = (
    "社区（村）", "单位", "按期完成", "逾期完成", "逾期未完成", "未到期", "已免除", "按期落实率",
)  # fmt: skip


def party_lines(one: Whole, town: Town) -> list[Sequence[object]]:
    """参会情况 as a table, under `PARTIES`."""
    return [
        (
            _place(one.community, town),
            _BY[who.by],
            who.name(town),
            part.invited,
            part.present,
            percent(part.present, part.invited),
            part.excused,
            part.unexcused,
            part.superior_told,
            part.statements,
            part.support,
            part.oppose,
            part.abstain,
            part.objections,
        )
        for who, part in one.parties.items()
    ]


def topic_lines(one: Whole, town: Town) -> list[Sequence[object]]:
    """议题 as a table, under `TOPICS`."""
    return [
        (
            _place(one.community, town),
            origin_name(origin),
            *figure.steps.values(),
            *figure.conclusions.values(),
            *_took(figure.to_conclusion),
            *_took(figure.to_disclosure),
        )
        for origin, figure in one.topics.items()
    ]


def _took(days: Days) -> tuple[object, ...]:
    return days.count, days.median, days.longest


def undertaking_lines(one: Whole, town: Town) -> list[Sequence[object]]:
    """落实情况 as a table, under `UNDERTAKINGS_DUE`."""
    return [
        (
            _place(one.community, town),
            _unit(unit, town),
            *asdict(figure).values(),
            percent(figure.in_time, figure.base),
        )
        for unit, figure in one.undertakings.items()
    ]
