"""今日: what came in, what is late, what is due soon, and what happens right now."""

import altair
from litestar import Response, get
from markupsafe import Markup

from services.dashboard.door import Here
from services.dashboard.pages.charts import drawn
from services.dashboard.pages.frame import EVERYTHING, look, shown, words_of
from services.dashboard.pages.telling import Telling
from services.dashboard.pages.words import Words
from services.dashboard.today import DayCount, today
from shared.plumbing.public_pages import AnyRequest, wants_page
from shared.plumbing.service import Asking


@get("/", **look())
async def show_today(service: Here, ask: Asking, request: AnyRequest) -> Response[bytes]:
    """今日 at a glance, as far as the reader reaches: `services.dashboard.today.Today`, field by field.

    What was received on each of the last seven days, what is open by kind, overdue or due soon (counts, and the first
    twenty of each), what ended today, the last thirty facts, and every community.
    """
    found = await today(service, ask.caller)
    plain = {name: getattr(found, name) for name in found.__slots__ if name != "now"}
    if not wants_page(request):
        return shown(request, "today.html", plain)
    words = words_of(request)
    return shown(
        request,
        "today.html",
        plain,
        live=EVERYTHING,
        week=await _week(found.received, words),
        telling=Telling(words, service.town),
    )


async def _week(received: tuple[DayCount, ...], words: Words) -> Markup | None:
    """The complaints of seven days as columns."""
    rows = [{"day": f"{one.day.month}-{one.day.day:02}", "count": one.count} for one in received]
    base = altair.Chart(altair.InlineData(rows), width=460, height=150).encode(
        x=altair.X("day:O", sort=None, title=None, axis=altair.Axis(labelAngle=0)),
        y=altair.Y("count:Q", title=None, axis=altair.Axis(tickMinStep=1)),
    )
    figures = base.mark_text(dy=-7, fontSize=12).encode(text="count:Q")
    says = "；".join(f"{row['day']} {row['count']}" for row in rows)
    return await drawn(base.mark_bar(color="#9e1b1b") + figures, f"{words.say('近七日受理量')}：{says}")


ROUTES = [show_today]
