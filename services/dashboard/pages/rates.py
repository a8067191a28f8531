"""三率: the month's figures against the month before and the town's targets, by community, and the cases behind each."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import dropwhile
from typing import Annotated, Any, Literal

import altair
from litestar import Response, get
from markupsafe import Markup
from pydantic import Field

from services.dashboard import wording
from services.dashboard.door import Here
from services.dashboard.pages.asking import Told, ask, ask_all
from services.dashboard.pages.charts import drawn
from services.dashboard.pages.choosing import Chosen, Nothing, communities, made, must_be
from services.dashboard.pages.frame import Looked, look, shown, words_of
from services.dashboard.pages.telling import Telling
from services.dashboard.pages.words import Words
from shared.events.base import WHOLE, Flag
from shared.events.vocabulary import Satisfaction
from shared.plumbing import query
from shared.plumbing.caller import Person, Reach
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Asking
from shared.rules import naming
from shared.rules.month import month_after, month_of

OWNER = "intake"
RATES = {"response": "响应率", "resolution": "解决率", "satisfaction": "满意率"}
FIGURES = {**RATES, "score": "综合成绩"}
PARTS = {"short": "未达到或未全计入", "met": "计入分子", "base": "全部分母", "outside": "不计入"}
"""哪一部分 of a figure, as intake divides it; what keeps it below 100 % first."""
OUTSIDE = {
    "waiting": "尚未回访",
    "answered": "直接答复",
    "redirected": "引导至其他渠道",
    "unreachable": "无法联系",
    "excluded": "批准的不合理诉求",
}
"""Why a complaint is in no rate, as intake counts them."""
MONTHS = 12
"""So many months stand beside each other [D]."""
PAGE = 50
"""So many cases stand on one page [D]."""
_MONTH = Annotated[str, Field(pattern=r"^20[1-9][0-9]-(0[1-9]|1[0-2])$")]
_CURSOR = Annotated[str, Field(max_length=1000, pattern="^[A-Za-z0-9_-]+$")]


class RatesAsked(Looked):
    """三率. `month`: 考核月, else the last one with a figure; `by`: the communities in this order, the lowest first.

    `verify`: every version of the month is counted again from the journal.
    """

    month: _MONTH | Nothing | None = None
    community: Chosen = None
    by: Literal["community", "received", "response", "resolution", "satisfaction", "score"] = "score"
    verify: Flag = False


class CasesAsked(Looked):
    """三率明细 of a community, a unit, or (`unknown`) of what belongs to no community; else of all that is the reader's."""

    month: _MONTH
    rate: Literal["response", "resolution", "satisfaction"]
    part: Literal["base", "met", "short", "failed", "outside"] = "short"
    community: Chosen = None
    unit: Chosen = None
    unknown: Flag = False
    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = None
    after: _CURSOR | None = None


@get("/rates", **look(RatesAsked))
async def show_rates(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """三率 of a month: the town's, the reader's own, or a community's; every figure as intake tells it.

    `figure`: as intake's `/rates`; `before`: the same of the month before; `months`: twelve of them, oldest first;
    `communities`: in the order asked for, each with what it was the month before in `before`; `definitions` and
    `verification` as intake tells them; `versions`: newest first, with the names of what `changed`. A part that could not
    be had says why in `missing`.
    """
    asked, caller = query.asked(request, RatesAsked), ask.caller
    named = communities(service, caller)
    community = must_be(asked.community, named)
    latest = month_after(month_of(service.now()))
    months = await _months(request, _until(latest, asked.month or None), community, service.now())
    month = asked.month or _latest(months, f"{month_of(service.now()):%Y-%m}")
    before = _moved(_first(month), -1)
    by = None if caller.reach is Reach.DEPARTMENT else "community"
    wanted = {"community": community, "by": by}
    figure, earlier, definitions, versions = await ask_all(
        request,
        (OWNER, "/rates", {"month": month, **wanted}),
        (OWNER, "/rates", {"month": before, **wanted}),
        (OWNER, "/rates/definitions", {"month": month}),
        (OWNER, "/rates/history", {"month": month, **_whose(caller, community)}),
    )
    found = {
        "asked": {"month": month, "community": community, "by": asked.by},
        "figure": figure,
        "before": earlier,
        "months": months,
        "communities": made(
            figure, lambda told: _communities(told, earlier, named, asked.by, whole=caller.reach is Reach.TOWN)
        ),
        "definitions": definitions,
        "versions": made(versions, _changes),
        "verification": await _verified(request, month) if asked.verify else None,
    }
    return shown(
        request,
        "rates.html",
        found,
        live=("RatesPublished",),
        picture=await _picture(months, words_of(request)),
        targets=(definitions.found or {}).get("targets") or {},
        rates=RATES,
        figures=FIGURES,
        why=OUTSIDE,
        choices=named,
        neighbours=(before, _moved(_first(month), 1)),
        latest=f"{latest:%Y-%m}",
        called=_called,
        may_open=caller.role in request.app.state.authz["show_rate_cases"],
        may_verify=caller.reach is Reach.TOWN,
        by_community=by is not None,
    )


@get("/rates/cases", **look(CasesAsked, "409"))
async def show_rate_cases(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """三率明细: the complaints that make up one figure, as intake tells them (its `/rates/cases`), in `cases`."""
    asked = query.asked(request, CasesAsked)
    community = must_be(asked.community, communities(service, ask.caller))
    unit = must_be(asked.unit, {one.code: one.name for one in service.town.units})
    whose = _whose(ask.caller, community)
    if unit:
        whose = {"by": "unit", "value": unit}
    elif asked.unknown:
        whose = {"by": "community", "value": ""}
    wanted = {"month": asked.month, "rate": asked.rate, "part": asked.part, "version": asked.version}
    cases, definitions = await ask_all(
        request,
        (OWNER, "/rates/cases", {**wanted, **whose, "limit": PAGE, "after": asked.after}),
        (OWNER, "/rates/definitions", {"month": asked.month}),
    )
    here = {"community": community, "unit": unit, "unknown": asked.unknown or None, "version": asked.version}
    return shown(
        request,
        "rate_cases.html",
        {"asked": {**wanted, **here, "after": asked.after}, "cases": cases, "definitions": definitions},
        kept={name: "true" if value is True else value for name, value in here.items() if value},
        rates=RATES,
        parts_of=PARTS,
        why=OUTSIDE,
        satisfaction=naming.words_of(Satisfaction),
        states=naming.STATES["complaint"],
        telling=Telling(words_of(request), service.town),
    )


async def _months(request: AnyRequest, last: date, community: str | None, now: datetime) -> Told:
    """三率 by month until this one: those that have begun, and from the first on that has anything in it."""
    told = await ask(
        request,
        OWNER,
        "/rates/months",
        **{"from": _moved(last, 1 - MONTHS), "until": f"{last:%Y-%m}", "community": community},
    )

    def begun(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        those = [one for one in found if datetime.fromisoformat(one["from"]) <= now]
        return list(dropwhile(lambda one: not one["received"] and one is not those[-1], those))

    return made(told, begun)


def _latest(months: Told, this: str) -> str:
    """The last month with a figure; without any, the last that has begun."""
    told = months.found or []
    with_figure = [one["month"] for one in told if one["base"]]
    return str((with_figure or [one["month"] for one in told] or [this])[-1])


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _until(latest: date, asked: str | None) -> date:
    """The last of the months that stand beside the one asked for: the latest, unless it lies too far back."""
    return _first(asked) if asked and asked < _moved(latest, 1 - MONTHS) else latest


def _moved(month: date, months: int) -> str:
    """The month so many months later, as `2024-02`; a negative number: earlier."""
    year, index = divmod(month.year * 12 + month.month - 1 + months, 12)
    return f"{year}-{index + 1:02}"


def _whose(caller: Person, community: str | None) -> dict[str, str]:
    """Whose figure it is: as intake decides it when nobody says so."""
    match caller.reach:
        case Reach.COMMUNITY:
            return {"by": "community", "value": community or min(caller.communities, default="")}
        case Reach.DEPARTMENT if community is None:
            return {"by": "unit", "value": caller.department or ""}
        case _:
            return {"by": "community", "value": community} if community else {"by": "town", "value": ""}


def _communities(
    told: Mapping[str, Any], earlier: Told, named: Mapping[str, str], by: str, *, whole: bool
) -> list[dict[str, Any]]:
    """Every community that its reader sees, with or without complaints; at the end what belongs to none."""
    now = {one["value"]: one for one in told.get("figures", ())}
    then = {one["value"]: one for one in (earlier.found or {}).get("figures", ())}
    nothing = {"received": 0, "base": 0, "numerators": dict.fromkeys(RATES, 0), **dict.fromkeys(FIGURES)}
    rows: list[dict[str, Any]] = [
        {"value": code, **{name: now.get(code, nothing)[name] for name in nothing}}
        | {"name": name, "before": {rate: then.get(code, nothing)[rate] for rate in FIGURES}}
        for code, name in (*named.items(), *([(None, "未定")] if whole and None in now else []))
    ]
    return rows if by == "community" else sorted(rows, key=lambda one: _order(one, by))


def _order(one: Mapping[str, Any], by: str) -> tuple[bool, float]:
    """The lowest rate first, or the most complaints; without a value last."""
    if by == "received":
        return False, -one["received"]
    return one[by] is None, one[by] or 0


def _changes(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every version, newest first, with the names of the figures and counts that it changed."""
    compared = ("received", "base", *FIGURES)
    told = [
        dict(one)
        | {
            "changed": [name for name in compared if before is not None and one[name] != before[name]],
            "because": [_called(word) for word in one["causes"]],
        }
        for before, one in zip([None, *versions], versions, strict=False)
    ]
    return told[::-1]


def _called(word: str) -> str:
    """What a fact of intake is called."""
    return wording.heading(f"fiveplusn.{OWNER}.{word}.v1")


async def _verified(request: AnyRequest, month: str) -> Told:
    """核验: what intake found; that figures are not what the journal gives is an answer, too."""
    told = await ask(request, OWNER, "/rates/verification", month=month)
    return Told(OWNER, {"sound": False}) if told.status == 409 else told


async def _picture(months: Told, words: Words) -> Markup | None:
    """三率 by month; without two months with a figure there is nothing to draw."""
    points = [
        {"month": one["month"], "rate": words.say(name), "value": one[rate]}
        for one in months.found or ()
        for rate, name in RATES.items()
        if one[rate] is not None
    ]
    drawn_months = sorted({str(one["month"]) for one in points})
    if len(drawn_months) < 2:
        return None
    lowest = min(one["value"] for one in points)
    order = [words.say(name) for name in RATES.values()]
    scale = altair.Scale(domain=[max(0, 10 * int((lowest - 5) // 10)), 100])
    chart = (
        altair.Chart(altair.Data(values=points), width=680, height=220)  # type: ignore[no-untyped-call]
        .mark_line(point=altair.OverlayMarkDef(size=60), strokeWidth=2.5)
        .encode(
            x=altair.X("month:O", title=None, axis=altair.Axis(labelAngle=0)),
            y=altair.Y("value:Q", title="%", scale=scale),
            color=altair.Color("rate:N", sort=order),
            strokeDash=altair.StrokeDash("rate:N", sort=order, legend=None),
            shape=altair.Shape("rate:N", sort=order, legend=None),
        )
    )
    return await drawn(chart, words.say("各月响应率、解决率、满意率"))


ROUTES = [show_rates, show_rate_cases]
