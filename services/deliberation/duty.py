"""月度协商看板: communities × months of a year, as JSON and as a table. Read-only SQL."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import asyncpg

from services.deliberation.domain.duty import STATE_WORDS, Month, Sitting
from services.deliberation.domain.terms import Terms
from services.deliberation.views import Rows
from shared.plumbing.database import Pool
from shared.plumbing.spreadsheet import cell
from shared.rules.month import month_end, warning_of
from shared.rules.township import SHANGHAI, Town

_BOARD = """
with months as (
    select p.id, p.community, p.missed, m.month::date as month,
        (select (data->>'duty_from')::date from journal j where j.stream = p.id and j.version = 1) as watched_from
    from platforms p, generate_series($2::date, $2::date + interval '11 months', interval '1 month') m(month)
    where ($1::text[] is null or p.community = any($1)) and ($3::text is null or p.community = $3)
), sittings as (
    select community, coalesce(held_at, starts_at) as at, held_at is not null as held,
        json_build_object('id', id, 'at', coalesce(held_at, starts_at), 'urgent', urgent) as sitting
    from meetings where held_at is not null or state <> 'CANCELLED'
)
select m.community, m.month, m.watched_from,
    (select coalesce(json_agg(s.sitting order by s.at), '[]') from sittings s where s.community = m.community and s.held
        and date_trunc('month', s.at at time zone 'Asia/Shanghai')::date = m.month)::text as held,
    (select coalesce(json_agg(s.sitting order by s.at), '[]') from sittings s where s.community = m.community and not s.held
        and date_trunc('month', s.at at time zone 'Asia/Shanghai')::date = m.month)::text as planned,
    exists (select from journal j where j.stream = m.id and split_part(j.type, '.', 3) = 'MonthlyMeetingDue'
        and (j.data->>'month')::date = m.month) as warned,
    m.missed ? m.month::text as missed, m.missed->>m.month::text as reason
from months m order by m.community, m.month
"""
HEADINGS = (
    "社区（村）编码", "社区（村）", "月份", "状态", "已召开次数", "召开日期", "其中紧急会议", "已安排日期", "已提醒",
    "已记缺会", "缺会原因", "会议编号",
)  # fmt: skip


async def board(pool: Pool, reach: list[str] | None, year: int, community: str | None = None) -> list[Month]:
    """Every community that the caller may see, and every month of the year."""
    return [_month(row) for row in await pool.fetch(_BOARD, reach, date(year, 1, 1), community)]


def _month(row: asyncpg.Record) -> Month:
    return Month(
        row["community"],
        row["month"],
        row["watched_from"],
        _sittings(row["held"]),
        _sittings(row["planned"]),
        row["warned"],
        row["missed"],
        row["reason"],
    )


def _sittings(text: str) -> tuple[Sitting, ...]:
    return tuple(Sitting(one["id"], datetime.fromisoformat(one["at"]), one["urgent"]) for one in json.loads(text))


def shown(months: Sequence[Month], now: datetime, terms: Terms, town: Town) -> Rows:
    """As JSON. `meetings`: how many were held; `warn_at`, `ends_at`: when the month is warned of, and when it is over."""
    return [
        {
            "community": month.community,
            "name": _name(month, town),
            "month": month.month,
            "state": month.state(now, terms),
            "meetings": len(month.held),
            "held": [_sitting(one, "held_at") for one in month.held],
            "planned": [_sitting(one, "starts_at") for one in month.planned],
            "warned": month.warned,
            "missed": month.missed,
            "reason": month.reason,
            "warn_at": warning_of(month.month, terms.month_warning_days),
            "ends_at": month_end(month.month),
        }
        for month in months
    ]


def _sitting(one: Sitting, when: str) -> dict[str, Any]:
    return {"id": one.id, when: one.at, "urgent": one.urgent}


def _name(month: Month, town: Town) -> str:
    known = town.community(month.community)
    return known.name if known else month.community


def lines(months: Sequence[Month], now: datetime, terms: Terms, town: Town) -> list[Sequence[object]]:
    """As a table, under `HEADINGS`."""
    return [
        (
            month.community,
            _name(month, town),
            f"{month.month:%Y-%m}",
            STATE_WORDS[month.state(now, terms)],
            len(month.held),
            _days(month.held),
            sum(one.urgent for one in month.held),
            _days(month.planned),
            month.warned,
            month.missed,
            month.reason,
            "、".join(cell(one.id) for one in (*month.held, *month.planned)),
        )
        for month in months
    ]


def _days(sittings: Sequence[Sitting]) -> str:
    return "、".join(one.at.astimezone(SHANGHAI).date().isoformat() for one in sittings)
