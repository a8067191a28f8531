"""吹哨报到统计, counted from the tables and the journal at one moment: as JSON and as tables. Read-only SQL."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.escalation.domain.figures import DEFINITIONS, Called, Judged, Whistle, by_caller, by_department
from services.escalation.domain.issue import Issue, IssueState
from services.escalation.domain.wording import called
from services.escalation.store import DUTIES, ISSUES
from shared.plumbing.database import Pool
from shared.rules.figure import Figure
from shared.rules.naming import Named
from shared.rules.window import Window

_REACH = "($1::text[] is null or community = any($1) or communities ?| $1)"
_DUTIES = f"""
select {", ".join(DUTIES.columns)} from duties where {_REACH} and ($2::text is null or department = $2)
and ($3::text is null or whistle = $3) and called_at >= $4 and called_at < $5 order by called_at, id
"""
_BLOWN = f"""
select i.id, j.occurred_at from issues i join journal j on j.stream = i.id and split_part(j.type, '.', 3) = 'IssueEscalated'
where {_REACH.replace("communit", "i.communit")} and ($2::text is null or i.caller = $2)
and ($3::text is null or i.whistle = $3) and j.occurred_at >= $4 and j.occurred_at < $5
"""
_ISSUES = f"select {', '.join(ISSUES.columns)} from issues where id = any($1::uuid[])"
_SAID = """
select stream, split_part(type, '.', 3) as word, data::text as data from journal
where stream = any($1::uuid[]) and split_part(type, '.', 3) in ('IssueReopened', 'IssueRaisedToDistrict', 'WhistleEvaluated')
order by position
"""
_TERMS = "select distinct terms from journal where stream = any($1::uuid[]) order by terms"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a window holds, as far as the caller may see. `up_to`: the last position of the journal that is counted.

    `versions`: of the configuration by which what is counted was decided.
    """

    window: Window
    now: datetime
    up_to: int
    versions: Sequence[str]
    calls: Sequence[Called]
    blown: Mapping[UUID, Whistle]
    blown_at: Mapping[UUID, datetime]

    def within(self, window: Window) -> "Counted":
        """The part that lies in a part of the window."""
        blown = {id: one for id, one in self.blown.items() if window.holds(self.blown_at[id])}
        calls = [call for call in self.calls if window.holds(call.duty.called_at)]
        return Counted(window, self.now, self.up_to, self.versions, calls, blown, self.blown_at)


async def counted(
    pool: Pool, communities: list[str] | None, unit: str | None, whistle: str | None, window: Window, now: datetime
) -> Counted:
    """The calls of these communities (None: of all) and this department, and the whistles blown by it, at one moment."""
    asked = (communities, unit, whistle, window.start, window.end)
    async with pool.acquire() as con, con.transaction(isolation="repeatable_read", readonly=True):
        up_to = await con.fetchval("select coalesce(max(position), 0) from journal")
        duties = {row["id"]: DUTIES.stored(row) for row in await con.fetch(_DUTIES, *asked)}
        blown = {row["id"]: row["occurred_at"] for row in await con.fetch(_BLOWN, *asked)}
        issues = [*blown, *(duty.issue for duty in duties.values())]
        states = {row["id"]: ISSUES.stored(row) for row in await con.fetch(_ISSUES, issues)}
        whistles = _whistles(states, await con.fetch(_SAID, list(states)))
        versions = [row["terms"] for row in await con.fetch(_TERMS, [*states, *duties])]
    return Counted(
        window,
        now,
        up_to,
        versions,
        [Called(duty, whistles[duty.issue]) for duty in duties.values()],
        {id: whistles[id] for id in blown},
        blown,
    )


def _whistles(states: Mapping[UUID, Issue], said: Sequence[asyncpg.Record]) -> dict[UUID, Whistle]:
    reopened: dict[UUID, int] = defaultdict(int)
    judged: dict[UUID, list[Judged]] = defaultdict(list)
    raised: set[UUID] = set()
    for row in said:
        match row["word"]:
            case "IssueReopened":
                reopened[row["stream"]] += 1
                judged[row["stream"]].clear()
            case "IssueRaisedToDistrict":
                raised.add(row["stream"])
            case _:
                data = json.loads(row["data"])
                judged[row["stream"]].append(Judged(data["justified"], data["clear"]))
    return {
        id: Whistle(
            state.caller or "",
            reopened[id],
            id in raised,
            state.state is IssueState.WITHDRAWN,
            state.scores,
            tuple(judged[id]),
        )
        for id, state in states.items()
    }


def shown(found: Counted, town: Named) -> dict[str, Any]:
    """As JSON: the total first, then each department and each caller."""
    return {
        "departments": _each("department", by_department(found.calls, found.now), town),
        "callers": _each("caller", by_caller(found.blown), town),
    }


def _each(what: str, figures: Mapping[str | None, Mapping[str, Figure]], town: Named) -> list[dict[str, Any]]:
    return [
        {
            what: code,
            "name": _name(code, town),
            "figures": {name: asdict(figure) | {"unit": DEFINITIONS[name][1]} for name, figure in those.items()},
        }
        for code, those in _ordered(figures)
    ]


def _ordered(figures: Mapping[str | None, Mapping[str, Figure]]) -> list[tuple[str | None, Mapping[str, Figure]]]:
    return sorted(figures.items(), key=lambda pair: pair[0] or "")


def _name(code: str | None, town: Named) -> str:
    return called(code, town) if code else "合计"


HEADINGS = ("起", "止（不含）", "对象", "单位", "指标", "数值", "计量", "分子", "分母")


def lines(found: Counted, town: Named) -> list[Sequence[object]]:
    """As a table, under `HEADINGS`: one line for each figure of each department and caller."""
    sides = (("部门", by_department(found.calls, found.now)), ("哨源", by_caller(found.blown)))
    return [
        (
            found.window.start,
            found.window.end,
            side,
            _name(code, town),
            DEFINITIONS[name][0],
            figure.value,
            DEFINITIONS[name][1],
            figure.numerator,
            figure.denominator,
        )
        for side, figures in sides
        for code, those in _ordered(figures)
        for name, figure in those.items()
    ]


def definitions() -> list[dict[str, str]]:
    """指标定义."""
    return [
        {"figure": name, "name": words, "unit": unit, "definition": meaning}
        for name, (words, unit, meaning) in DEFINITIONS.items()
    ]
