"""吹哨报到: who is called, who comes and finishes in time, who is late now, and on which level it is supervised."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

import altair
from litestar import Response, get
from markupsafe import Markup
from pydantic import Field

from services.dashboard import wording
from services.dashboard.door import Here
from services.dashboard.pages.asking import Told, ask_all
from services.dashboard.pages.charts import drawn
from services.dashboard.pages.choosing import Chosen, Nothing, ask_list, communities, made, meanings, must_be
from services.dashboard.pages.frame import Looked, look, shown, words_of
from services.dashboard.pages.words import Words
from shared.events.escalation import DutyRole, DutyStep, SupervisionLevel
from shared.events.vocabulary import WhistleKind
from shared.plumbing import query
from shared.plumbing.periods import against_months
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Asking
from shared.rules import naming
from shared.rules.broken import refuse
from shared.rules.month import month_of

OWNER = "escalation"
LIVE = (
    *("WhistleRequested", "WhistleApproved", "WhistleRejected", "IssueEscalated", "IssueResolved", "IssueReopened"),
    *("IssueClosed", "IssueWithdrawn", "SupervisionStarted", "IssueRaisedToDistrict", "DepartmentEvaluated"),
    *("DutyCalled", "DutyAcknowledged", "DepartmentCheckedIn", "DutyFinished", "DepartmentReleased", "DutyExcused"),
    *("DutyDeadlineMissed", "DutyDeadlineMoved", "DeadlineExtended", "DeadlinePaused", "DeadlineResumed"),
)
"""With one of these the board is another."""
STEPS = {**naming.words_of(DutyStep), "APPROVAL": "审批"}
"""环节 that somebody owes: a department, or the town leader."""
PUNCTUAL = ("acknowledged_in_time", "checked_in_in_time", "finished_in_time")
"""按时 of the three steps, in their order."""
SCORES = ("score", "score_acknowledge", "score_check_in", "score_solved", "score_cooperation")
OPEN = ("CALLED", "OBJECTED", "ACKNOWLEDGED", "CHECKED_IN", "FINISHED")
"""A called department is there until the caller releases it (事不完、人不撤)."""
UNDER_WAY = ("ESCALATED", "MUSTERED", "PLANNED", "HANDLING")
MONTHS = 6
"""So many months are shown unless somebody asks for others [D]."""
_MONTH = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]


class WhistlesAsked(Looked):
    """看板条件. `from`, `until`: months as `2024-02`, both included, for the figures; the cases are those of now."""

    from_: _MONTH | Nothing | None = Field(default=None, alias="from")
    until: _MONTH | Nothing | None = None
    whistle: WhistleKind | Nothing | None = None
    community: Chosen = None
    department: Chosen = None


@get("/whistles", **look(WhistlesAsked, "409"))
async def show_whistles(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """吹哨报到看板: figures by department with their base, month by month; who is supervised; what is overdue and due now.

    `statistics`: as escalation says, with `last`, the last month; `open`: how many departments are at work now, by code;
    `ladder`: issues under supervision by level, the highest first; `board`: `overdue`, `due`, the most urgent first: issues
    with what is owed in each, and the `seconds` since or until. A
    part that could not be had says why in `missing`.
    """
    asked = query.asked(request, WhistlesAsked)
    this = month_of(service.now())
    until = asked.until or f"{this:%Y-%m}"
    first = asked.from_ or f"{_earlier(date.fromisoformat(f'{until}-01'), MONTHS - 1):%Y-%m}"
    refuse(*against_months(first, until))
    named, units = communities(service, ask.caller), {unit.code: unit.name for unit in service.town.units}
    kind, community = asked.whistle or None, must_be(asked.community, named)
    department = must_be(asked.department, units)
    wanted = {"whistle": kind, "community": community, "department": department}
    figures, definitions, board = await ask_all(
        request,
        (OWNER, "/statistics", {"from": first, "until": until, "by_month": True, **wanted}),
        (OWNER, "/statistics/definitions", {}),
        (OWNER, "/board", wanted),
    )
    duties = await ask_list(request, OWNER, "/duties", state=OPEN, **wanted)
    issues = await ask_list(request, OWNER, "/issues", state=UNDER_WAY, supervised=True, **wanted)
    places = wording.names(service.town)
    statistics = made(figures, lambda told: told | {"last": f"{until}-01"})
    found = {
        "asked": {"from": first, "until": until, **wanted},
        "statistics": statistics,
        "definitions": meanings(definitions),
        "open": made(duties, lambda told: dict(Counter(one["department"] for one in told["items"]))),
        "ladder": made(issues, lambda told: _ladder(told["items"], places)),
        "board": made(board, lambda told: _board(told, places)),
    }
    return shown(
        request,
        "whistles.html",
        found,
        live=LIVE,
        picture=await _picture(statistics, words_of(request)),
        kinds=naming.words_of(WhistleKind),
        levels=naming.words_of(SupervisionLevel),
        steps=STEPS,
        roles=naming.words_of(DutyRole),
        punctual=PUNCTUAL,
        scores=SCORES,
        choices={"community": named, "department": units},
        spans=_spans(this),
    )


def _earlier(month: date, months: int) -> date:
    """The first day of the month so many months before."""
    year, index = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, index + 1, 1)


def _spans(this: date) -> dict[str, tuple[str, str]]:
    """时段 that are looked at most."""
    before = _earlier(this, 1)
    return {
        "本月": (f"{this:%Y-%m}", f"{this:%Y-%m}"),
        "上月": (f"{before:%Y-%m}", f"{before:%Y-%m}"),
        "近六个月": (f"{_earlier(this, MONTHS - 1):%Y-%m}", f"{this:%Y-%m}"),
        "本年": (f"{this.year}-01", f"{this:%Y-%m}"),
    }


def _ladder(issues: list[dict[str, Any]], places: Mapping[str, str]) -> list[dict[str, Any]]:
    """督办 by level, the highest first: whom it is about, and since when it is due."""
    kept = ("id", "public_title", "community", "lead", "due_at", "whistle")
    return [
        {
            "level": level.value,
            "issues": [
                {name: one[name] for name in kept}
                | {"name": _named(one["community"], places), "lead_name": _named(one["lead"], places)}
                for one in sorted(issues, key=lambda one: one["due_at"])
                if one["supervision"] == level
            ],
        }
        for level in reversed(SupervisionLevel)
    ]


def _board(told: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """逾期 and due: what escalation says, by issue in its order."""
    return {
        "now": told["now"],
        "left_off": told["left_off"],
        **{part: _by_issue(told[part], told["now"], places) for part in ("overdue", "due")},
        **{f"{part}_steps": len(told[part]) for part in ("overdue", "due")},
    }


def _by_issue(rows: Iterable[Mapping[str, Any]], now: str, places: Mapping[str, str]) -> list[dict[str, Any]]:
    issues: dict[str, dict[str, Any]] = {}
    for row in rows:
        about = {name: row[name] for name in ("issue", "public_title", "community", "whistle", "supervision")}
        steps = issues.setdefault(row["issue"], about | {"name": _named(row["community"], places), "steps": []})[
            "steps"
        ]
        steps.append(
            {name: row[name] for name in ("step", "duty", "department", "role", "due_at", "overdue")}
            | {
                "department_name": _named(row["department"], places),
                "seconds": abs(_seconds(now, row["due_at"])),
            }
        )
    return list(issues.values())


def _seconds(since: str, until: str) -> int:
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds())


def _named(code: str | None, places: Mapping[str, str]) -> str | None:
    return places.get(code, code) if code else None


async def _picture(told: Told, words: Words) -> Markup | None:
    """三个环节 by month; without a month that has a base there is nothing to draw."""
    if told.missing:
        return None
    months = [one["month"] for one in told.found["months"]]
    points = [
        {"month": month["month"], "step": words.say(STEPS[step]), "value": figures[name]["value"]}
        for month in told.found["months"]
        for figures in [month["departments"][0]["figures"]]
        for name, step in zip(PUNCTUAL, DutyStep, strict=True)
    ]
    if len({one["month"] for one in points if one["value"] is not None}) < 2:
        return None
    order = [words.say(STEPS[step]) for step in DutyStep]
    chart = (
        altair.Chart(altair.InlineData(points), width=640, height=200)
        .mark_line(point=altair.OverlayMarkDef(size=70), strokeWidth=2.5)
        .encode(
            x=altair.X("month:O", title=None, axis=altair.Axis(labelAngle=0), scale=altair.Scale(domain=months)),
            y=altair.Y("value:Q", title="%", scale=altair.Scale(domain=[0, 100])),
            color=altair.Color("step:N", sort=order),
            strokeDash=altair.StrokeDash("step:N", sort=order, legend=None),
            shape=altair.Shape("step:N", sort=order, legend=None),
        )
    )
    return await drawn(chart, words.say("各月按时响应率、按时报到率、按期办结率"))


ROUTES = [show_whistles]
