"""未诉先办: what began before anybody complained, whether it worked, and what rises and nobody has taken up yet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time
from typing import Any, Literal

import altair
from litestar import Response, get
from markupsafe import Markup

from services.dashboard.door import Here
from services.dashboard.foresight import BEFORE_COMPLAINTS, LOOKED_BACK, foresight
from services.dashboard.hotspots import RISING_FROM, WINDOW
from services.dashboard.pages.asking import Told, ask_all
from services.dashboard.pages.charts import COLOURS, drawn
from services.dashboard.pages.choosing import Chosen, communities, made, meanings, must_be
from services.dashboard.pages.frame import Looked, look, shown, words_of
from services.dashboard.pages.telling import Telling
from services.dashboard.pages.words import Words
from shared.plumbing import query
from shared.plumbing.public_pages import AnyRequest
from shared.plumbing.service import Asking
from shared.rules.month import month_of
from shared.rules.township import SHANGHAI

PROJECTS, DELIBERATION = "projects", "deliberation"
FIRST = {"from_deliberation": "议事协商", "from_analysis": "热点分析", "from_inspection": "巡查"}
AFTER = {"from_complaint": "诉求转办", "from_resident": "居民建议", "from_report_meeting": "向群众报告工作"}
"""由来 of projects, as projects counts them: 未诉先办, and the others."""
EFFECTS = ("effective", "recurred", "asked_again")
VERDICTS = {
    "EFFECTIVE": "有成效",
    "NOT_EFFECTIVE": "成效不足",
    "RECURRED": "少量诉求，验收后又有",
    "NOT_RECURRED": "少量诉求，验收后没有",
}
ORIGINS = {
    "INSPECTION": "巡查",
    "TWO_COMMITTEES": "两委提议",
    "COLLECTED_OPINIONS": "征集意见",
    "PROBLEM_RAISED": "会上提出的问题",
    "HOTSPOT": "热点分析",
    "ROUTE": "诉求转办",
    "RESIDENT": "居民提出",
}
LIVE = (
    *("TopicProposed", "ProjectProposed", "SuggestionCollected", "WhistleRequested", "ProjectEvaluated"),
    *("DemandCounted", "HotspotDetected", "HotspotSubsided", "HotspotTopicOpened", "HotspotTopicEnded"),
)
"""With one of these the page is another."""
QUARTERS, MONTHS = 4, 6
"""So many quarters or months stand beside each other [D]."""


class ForesightAsked(Looked):
    """未诉先办 by quarter or month, the present one and those before."""

    community: Chosen = None
    each: Literal["quarter", "month"] = "quarter"


@get("/foresight", **look(ForesightAsked))
async def show_foresight(service: Here, request: AnyRequest, ask: Asking) -> Response[bytes]:
    """未诉先办: shares of what began before a complaint, the effects, what was found first, what nobody has taken up.

    `whole`: figures of projects over all `periods`; `periods`: oldest first, each with `projects` (their figures, as
    projects tells them) and `topics` (`all`, `first`: those that began before a complaint, `origins`); `found`, `untaken`,
    `effects` and their `counts`: from the facts, as far as the reader reaches. A part that could not be had says why in
    `missing`.
    """
    asked = query.asked(request, ForesightAsked)
    named = communities(service, ask.caller)
    community = must_be(asked.community, named)
    periods = _periods(service.now(), asked.each)
    over = {"from": periods[0][0], "until": periods[-1][1], "community": community}
    parts = [{"from": first, "until": last, "community": community} for first, last in periods]
    whole, definitions, *told = await ask_all(
        request,
        (PROJECTS, "/statistics", over),
        (PROJECTS, "/statistics/definitions", {}),
        *((PROJECTS, "/statistics", one) for one in parts),
        *((DELIBERATION, "/statistics", one) for one in parts),
    )
    projects, topics = told[: len(parts)], told[len(parts) :]
    start, end = _instant(periods[0][0]), service.now()
    seen = await foresight(service.pool, ask.caller, community, start, end, end)
    found = {
        "asked": {"community": community, "each": asked.each, "from": over["from"], "until": over["until"]},
        "whole": whole,
        "definitions": meanings(definitions),
        "periods": [
            {"from": first, "until": last, "projects": made(one, _figures), "topics": made(other, _topics)}
            for (first, last), one, other in zip(periods, projects, topics, strict=True)
        ],
        **asdict(seen),
    }
    words = words_of(request)
    return shown(
        request,
        "foresight.html",
        found,
        live=LIVE,
        picture=await _picture(found["periods"], asked.each, words),
        choices=named,
        telling=Telling(words, service.town),
        before=FIRST,
        after=AFTER,
        origins=ORIGINS,
        verdicts=VERDICTS,
        effect_figures=EFFECTS,
        rule={"days": WINDOW, "least": RISING_FROM, "back": LOOKED_BACK},
    )


def _periods(now: datetime, each: str) -> list[tuple[str, str]]:
    """The first and the last month of each, oldest first; the present one is the last."""
    this = month_of(now)
    length, many = (3, QUARTERS) if each == "quarter" else (1, MONTHS)
    index = this.year * 12 + this.month - 1
    begins = [index - index % length - length * back for back in reversed(range(many))]
    return [(_month(begin), _month(begin + length - 1)) for begin in begins]


def _month(index: int) -> str:
    return f"{index // 12}-{index % 12 + 1:02}"


def _instant(month: str) -> datetime:
    return datetime.combine(date.fromisoformat(f"{month}-01"), time(), SHANGHAI)


def _figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """Of all figures those that are shown by period."""
    return {name: told["total"][name] for name in ("proposed", "before_complaints", *FIRST, *AFTER)}


def _topics(told: Mapping[str, Any]) -> dict[str, Any]:
    """议题 proposed in a period: deliberation's counts by origin, and how many of them began before a complaint."""
    origins = {
        one["origin"]: one["steps"].get("PROPOSED", 0) for one in told["total"]["topics"] if one["origin"] is not None
    }
    return {
        "all": sum(origins.values()),
        "first": sum(count for origin, count in origins.items() if origin in BEFORE_COMPLAINTS),
        "origins": {origin: count for origin, count in origins.items() if count},
    }


async def _picture(periods: Sequence[Mapping[str, Any]], each: str, words: Words) -> Markup | None:
    """由来 of projects and topics by period, stacked; without any there is nothing to draw."""
    points = []
    for one in periods:
        year, month = one["from"].split("-")
        period = f"{year} Q{(int(month) + 2) // 3}" if each == "quarter" else one["from"]
        for kind, told in (("民心项目", _counts(one["projects"])), ("议题", _topic_counts(one["topics"]))):
            points += [
                {"period": period, "kind": words.say(kind), "began": words.say(name), "n": n} for name, n in told
            ]
    if not any(point["n"] for point in points):
        return None
    began = [words.say("未诉先办"), words.say("诉求之后")]
    chart = (
        altair.Chart(altair.InlineData(points), width=300, height=180)
        .mark_bar(size=36)
        .encode(
            x=altair.X("period:O", title=None, axis=altair.Axis(labelAngle=0)),
            y=altair.Y(
                "n:Q", title=None, axis=altair.Axis(labelExpr="datum.value % 1 ? '' : format(datum.value, 'd')")
            ),
            color=altair.Color("began:N", sort=began, scale=altair.Scale(domain=began, range=[COLOURS[3], COLOURS[5]])),
            column=altair.Column("kind:N", title=None, sort=[words.say("民心项目"), words.say("议题")]),
        )
        .resolve_scale(y="independent")
    )
    return await drawn(chart, words.say("各期提出的民心项目和议题，按由来"))


def _counts(told: Told) -> list[tuple[str, int]]:
    if told.missing:
        return []
    first = told.found["before_complaints"]
    return [("未诉先办", first["numerator"]), ("诉求之后", first["denominator"] - first["numerator"])]


def _topic_counts(told: Told) -> list[tuple[str, int]]:
    if told.missing:
        return []
    return [("未诉先办", told.found["first"]), ("诉求之后", told.found["all"] - told.found["first"])]


ROUTES = [show_foresight]
"""The doors of this page."""
