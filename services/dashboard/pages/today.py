"""今日: what came in, what is late, what is due soon, and what happens right now."""

from litestar import Response, get

from services.dashboard.pages.frame import look, shown
from shared.plumbing.public_pages import AnyRequest


@get("/", **look())
async def show_today(request: AnyRequest) -> Response[bytes]:
    """今日 at a glance, for the Monday meeting and for every hour between."""
    return shown(request, "today.html", {})


ROUTES = [show_today]
