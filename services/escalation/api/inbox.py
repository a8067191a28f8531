"""待办: what a department owes now, the next deadline first, and what it may do about it."""

from litestar import get

from services.escalation import views
from services.escalation.api.door import Answer, Here
from shared.plumbing.service import Asking


@get("/inbox")
async def show_inbox(service: Here, ask: Asking) -> Answer:
    """部门待办: `duties`, the next deadline first, each with what may be done now (`may`: names of operations of this
    document); `issues`: open ones in which the department leads, supports or is the caller.
    """
    return await views.inbox(service.pool, ask.caller.unit, service.now())


ROUTES = [show_inbox]
