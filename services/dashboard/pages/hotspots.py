"""热点: what many complain about, where, and what became of it; what rises."""

from collections.abc import Mapping

import altair
from litestar import Response, get
from markupsafe import Markup

from services.dashboard.door import Here
from services.dashboard.hotspots import RISING_FROM, Demand, demand, hotspots
from services.dashboard.pages.charts import COLOURS, drawn
from services.dashboard.pages.frame import look, shown, words_of
from services.dashboard.pages.telling import Telling
from services.dashboard.pages.words import Words
from shared.plumbing.caller import Scope
from shared.plumbing.public_pages import AnyRequest, wants_page
from shared.plumbing.service import Asking

LIVE = ("HotspotDetected", "HotspotGrew", "HotspotSubsided", "HotspotTopicOpened", "HotspotTopicEnded", "DemandCounted")
STEPS = 5
"""So many shades has a number in the table."""
TICKS = 10
"""So many steps at most has the scale of a chart."""


@get("/hotspots", **look())
async def show_hotspots(service: Here, ask: Asking, request: AnyRequest) -> Response[bytes]:
    """热点 that stand, most people first, each with what it led to; the demand of the last thirty days by community and
    category, and what is rising against the thirty days before (`services.dashboard.hotspots`).
    """
    standing = await hotspots(service.pool, ask.caller)
    wanted = await demand(service.pool, ask.caller, service.now())
    found = {"hotspots": standing, "demand": wanted}
    if not wants_page(request):
        return shown(request, "hotspots.html", found)
    words = words_of(request)
    telling = Telling(words, service.town)
    categories = sorted(
        {cell.category for cell in wanted.matrix if cell.complaints}, key=lambda one: (-_sum(wanted, one), one)
    )
    sums = {category: _sum(wanted, category) for category in categories}
    return shown(
        request,
        "hotspots.html",
        found,
        live=LIVE,
        telling=telling,
        categories=categories,
        communities=[one.code for one in service.town.communities if ask.caller.reaches(Scope(community=one.code))],
        cells={(cell.community, cell.category): cell.complaints for cell in wanted.matrix},
        sums=sums,
        shade=_shades(wanted),
        rising_from=RISING_FROM,
        by_category=await _bars({telling.code(category): sums[category] for category in categories}, words),
        by_day=await _columns(wanted, words) if categories else None,
    )


def _sum(wanted: Demand, category: str) -> int:
    return sum(cell.complaints for cell in wanted.matrix if cell.category == category)


def _shades(wanted: Demand) -> dict[int, int]:
    """Number → shade, 1 to 5: a fifth of the highest each."""
    most = max((cell.complaints for cell in wanted.matrix), default=1)
    return {n: max(1, -(-n * STEPS // most)) for n in {cell.complaints for cell in wanted.matrix} if n}


async def _bars(sums: Mapping[str, int], words: Words) -> Markup | None:
    """The complaints of each category, most first; None without any."""
    if not sums:
        return None
    rows = [{"category": name, "count": count} for name, count in sums.items()]
    axes = altair.Chart(altair.InlineData(rows), width=420, height=22 * len(rows)).encode(
        y=altair.Y("category:N", sort=None, title=None, axis=altair.Axis(labelLimit=160)),
        x=altair.X("count:Q", title=None, axis=_whole(max(sums.values()))),
    )
    numbers = axes.mark_text(align="left", dx=4).encode(text="count:Q")
    return await drawn(axes.mark_bar(color=COLOURS[0]) + numbers, words.say("近三十日各类诉求量"))


async def _columns(wanted: Demand, words: Words) -> Markup | None:
    """The complaints of each day."""
    rows = [{"day": f"{day:%m-%d}", "count": count} for day, count in wanted.days]
    chart = (
        altair.Chart(altair.InlineData(rows), width=560, height=220)
        .mark_bar(color=COLOURS[0])
        .encode(
            x=altair.X("day:O", sort=None, title=None, axis=altair.Axis(labelAngle=-45)),
            y=altair.Y("count:Q", title=None, axis=_whole(max(count for _, count in wanted.days))),
        )
    )
    return await drawn(chart, words.say("近三十日每日诉求量"))


def _whole(most: int) -> altair.Axis:
    """Whole numbers up to the highest, in at most so many steps: there is no half complaint."""
    return altair.Axis(values=list(range(0, most + 1, max(1, -(-most // TICKS)))), format="d")


ROUTES = [show_hotspots]
