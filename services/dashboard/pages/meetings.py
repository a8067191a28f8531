"""议事协商: which community has met in which month, who has still to, what is coming, and what came of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get
from pydantic import Field

from services.dashboard.door import Here
from services.dashboard.pages import asking
from services.dashboard.pages.asking import Told, ask_all
from services.dashboard.pages.choosing import Chosen, Nothing, ask_list, communities, made, meanings, must_be
from services.dashboard.pages.frame import Looked, look, shown
from shared.events.base import WHOLE, ref_id
from shared.events.deliberation import ConclusionKind, MeetingForm, MeetingHeld
from shared.plumbing import query
from shared.plumbing.database import Pool
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Asking
from shared.rules.month import month_end, month_of
from shared.rules.naming import STATES, words_of
from shared.rules.township import SHANGHAI

OWNER = "deliberation"
LIVE = (
    *("MeetingScheduled", "NoticePublished", "MeetingPostponed", "MeetingCancelled", "MeetingOpened", "MeetingHeld"),
    *("MinutesPublished", "MinutesOverdue", "MonthlyMeetingDue", "MonthlyMeetingMissed", "MonthlyMeetingExplained"),
)
"""With one of these the board is another."""
SIGNS = {"HELD": "✓", "PLANNED": "◷", "WARNED": "!", "MISSED": "✕", "NOT_YET": "·", "NOT_WATCHED": "—"}
"""状态 of a month as a sign, beside the word and the colour."""
TONES = {"HELD": "good", "PLANNED": "", "WARNED": "warn", "MISSED": "bad", "NOT_YET": "soft", "NOT_WATCHED": "soft"}
_AHEAD = ("SCHEDULED", "NOTICED", "OPEN")
_TITLES = """
select distinct on (stream) stream, data->>'public_title' as title from facts
where kind = 'topic' and stream = any($1::uuid[]) and data->>'public_title' is not null order by stream, version desc
"""
_HELD = "select stream, data::text as data from facts where stream = any($1::uuid[]) and type = $2"


class MeetingsAsked(Looked):
    """看板条件. `year`: this one, where none is given."""

    year: Annotated[int, Field(ge=2000, le=2100), WHOLE] | None = None


class CasesAsked(Looked):
    """会议条件. `month`: as `2024-02`; this one, where none is given."""

    community: Chosen = None
    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | Nothing | None = None


@get("/meetings", **look(MeetingsAsked))
async def show_meetings(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """月度协商看板: communities × the months of a year, what is to be done now, what is coming, and the year's figures.

    `board`: `communities` (each with its twelve `cells`), `months` (how many met of how many), `full` of `over` months;
    `doing`: what waits; `coming`: meetings ahead, the soonest first; `statistics` and `definitions` as deliberation says.
    A part that could not be had says why in `missing`.
    """
    now = service.now()
    this = month_of(now)
    year = query.asked(request, MeetingsAsked).year or this.year
    last = this if year == this.year else date(year, 12, 1)
    duty, figures, definitions, ahead, unwritten = await _asked_of_owner(request, year, last)
    named = communities(service, ask.caller)
    lines = {one["id"]: one for one in await _lines(service.pool, [*_items(ahead), *_items(unwritten)], named)}
    board = made(duty, lambda months: _board(months, now))
    found = {
        "year": year,
        "month": this,
        "board": board,
        "doing": {
            "warned": _cells(board, "WARNED"),
            "unexplained": [one for one in _cells(board, "MISSED") if not one["reason"]],
            "late": made(ahead, lambda _: [one for one in lines.values() if _is_late(one, now)]),
            "minutes": made(unwritten, lambda found: [lines[one["id"]] for one in found["items"]]),
        },
        "coming": made(ahead, lambda _: [one for one in _by_start(lines.values()) if _is_coming(one, now)]),
        "statistics": made(figures, _unfinished_first),
        "definitions": meanings(definitions),
    }
    return shown(
        request,
        "meetings.html",
        found,
        live=LIVE,
        signs=SIGNS,
        tones=TONES,
        states=STATES["month"],
        conclusions=words_of(ConclusionKind),
    )


async def _asked_of_owner(request: AnyRequest, year: int, last: date) -> tuple[Told, Told, Told, Told, Told]:
    duty, figures, definitions = await ask_all(
        request,
        (OWNER, "/duty", {"year": year}),
        (OWNER, "/statistics", {"from": f"{year}-01", "until": f"{last:%Y-%m}"}),
        (OWNER, "/statistics/definitions", {}),
    )
    ahead = await ask_list(request, OWNER, "/meetings", state=_AHEAD)
    return duty, figures, definitions, ahead, await ask_list(request, OWNER, "/meetings", minutes_overdue=True)


@get("/meetings/cases", **look(CasesAsked))
async def show_meeting_cases(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """一个月的会议 of a community, or of all: topics, conclusions, attendance, minutes; and who did not meet, and why.

    `months`: how each community stands; `meetings`: those that ended, or shall begin, or were called off in this month.
    """
    asked = query.asked(request, CasesAsked)
    named = communities(service, ask.caller)
    community = must_be(asked.community, named)
    month = date.fromisoformat(f"{asked.month}-01") if asked.month else month_of(service.now())
    duty = await asking.ask(request, OWNER, "/duty", year=month.year, community=community)
    months = made(duty, lambda rows: [one for one in rows if one["month"] == month.isoformat()])
    meetings = await ask_list(
        request,
        OWNER,
        "/meetings",
        community=community,
        starts_from=datetime.combine(_month_before(month), datetime.min.time(), SHANGHAI).isoformat(),
        starts_until=month_end(month).isoformat(),
    )
    of_month = {one["id"] for row in months.found or () for one in (*row["held"], *row["planned"])}
    rows = [one for one in _items(meetings) if one["id"] in of_month or _called_off(one, month)]
    lines = await _lines(service.pool, rows, named)
    found = {
        "community": community,
        "name": named.get(community) if community else None,
        "month": month,
        "months": months,
        "meetings": made(meetings, lambda _: _by_start(lines)),
    }
    return shown(
        request, "meeting_cases.html", found, live=LIVE, signs=SIGNS, tones=TONES, states=STATES["month"], choices=named
    )


def _board(months: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """Communities and their months, and how many communities have met in each month."""
    rows: dict[str, dict[str, Any]] = {}
    for one in months:
        row = rows.setdefault(one["community"], {"community": one["community"], "name": one["name"], "cells": []})
        row["cells"].append({name: one[name] for name in ("community", "name", "month", "state", "meetings", "reason")})
    for row in rows.values():
        row["met"] = sum(cell["state"] == "HELD" for cell in row["cells"])
    firsts = sorted({one["month"] for one in months})
    columns = [_column(first, [one for one in months if one["month"] == first], now) for first in firsts]
    over = [one for one in columns if one["over"] and one["watched"]]
    return {
        "communities": list(rows.values()),
        "months": columns,
        "over": len(over),
        "full": sum(one["held"] == one["watched"] for one in over),
        "missed": sum(one["state"] == "MISSED" for one in months),
    }


def _unfinished_first(told: Mapping[str, Any]) -> dict[str, Any]:
    """协商统计 with those units first that have left most undone, after the total."""
    total = told["total"]
    order = sorted(total["undertakings"], key=lambda one: (one["unit"] is not None, -one["overdue"], -one["late"]))
    return {**told, "total": {**total, "undertakings": order}}


def _column(first: str, those: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    watched = [one for one in those if one["state"] != "NOT_WATCHED"]
    return {
        "month": first,
        "watched": len(watched),
        "held": sum(one["state"] == "HELD" for one in watched),
        "over": month_end(date.fromisoformat(first)) <= now,
    }


def _cells(board: Told, state: str) -> list[dict[str, Any]]:
    """The months of all communities that stand so."""
    rows = board.found["communities"] if board.found else ()
    return [cell for row in rows for cell in row["cells"] if cell["state"] == state]


def _items(told: Told) -> list[dict[str, Any]]:
    return told.found["items"] if told.found else []


async def _lines(pool: Pool, rows: Iterable[Mapping[str, Any]], named: Mapping[str, str]) -> list[dict[str, Any]]:
    """会议 as a list shows them: what deliberation told, with the titles and conclusions that were told to all."""
    those = list(rows)
    topics = [UUID(topic) for one in those for topic in one["topics"]]
    titles = {row["stream"]: row["title"] for row in await pool.fetch(_TITLES, topics)}
    ids = [UUID(one["id"]) for one in those]
    held = {row["stream"]: json.loads(row["data"]) for row in await pool.fetch(_HELD, ids, MeetingHeld.wire_type)}
    return [_line(one, held.get(UUID(one["id"])), titles, named) for one in those]


def _line(
    row: Mapping[str, Any], held: Mapping[str, Any] | None, titles: Mapping[UUID, str], named: Mapping[str, str]
) -> dict[str, Any]:
    concluded = {ref_id(one["topic"]): one for one in (held or {}).get("conclusions", ())}
    kinds = words_of(ConclusionKind)
    return {
        **{name: row[name] for name in ("id", "state", "community", "urgent", "starts_at", "held_at", "venue")},
        "name": named.get(row["community"], row["community"]),
        "says": STATES["meeting"][row["state"]],
        "form": words_of(MeetingForm).get(row["form"]) if row["form"] else None,
        "topics": [
            {"id": topic, "title": titles.get(UUID(topic))} | _concluded(concluded.get(UUID(topic)), kinds)
            for topic in row["topics"]
        ],
        "attendance": held["attendance"] if held else None,
        "minutes_due_at": row["minutes_due_at"],
        "minutes_overdue": row["minutes_overdue"],
        "minutes_version": row["minutes_version"],
    }


def _concluded(found: Mapping[str, Any] | None, kinds: Mapping[str, str]) -> dict[str, Any]:
    if found is None:
        return {"conclusion": None, "says": None}
    votes = {name: found[name] for name in ("support", "oppose", "abstain", "seat_objections")}
    return {"conclusion": found["conclusion"], "says": kinds[found["conclusion"]], **votes}


def _by_start(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda one: (datetime.fromisoformat(one["starts_at"]), one["id"]))


def _is_late(line: Mapping[str, Any], now: datetime) -> bool:
    """Its time is over, and nobody has opened it."""
    return line["state"] in ("SCHEDULED", "NOTICED") and datetime.fromisoformat(line["starts_at"]) <= now


def _is_coming(line: Mapping[str, Any], now: datetime) -> bool:
    return line["state"] in _AHEAD and not _is_late(line, now)


def _called_off(row: Mapping[str, Any], month: date) -> bool:
    """取消 in this month: it is none of the month's meetings, but was to be."""
    return row["state"] == "CANCELLED" and month_of(datetime.fromisoformat(row["starts_at"])) == month


def _month_before(month: date) -> date:
    """The first day of the month before: a meeting may end in another month than it began."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


ROUTES = [show_meetings, show_meeting_cases]
