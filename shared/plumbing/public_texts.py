"""公开文本: what staff write goes onto the bus, for everybody and for ever, so the door looks it through first."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from pydantic import ValidationError

from shared.events.base import Asked
from shared.plumbing.openapi import body_model
from shared.rules.broken import refuse
from shared.rules.redaction import unfit
from shared.rules.township import Town


async def refuse_personal(request: Request[Any, Any, Any], town: Town) -> None:
    """Refuse with `personal_data_in_public_text` and a pointer for every text that should not become public.

    A body that is no such request is left to the door, which says what is wrong with it. A door whose words become
    public nowhere says so: `opt={"publishes": False}`.
    """
    handler = request.route_handler
    if not handler.opt.get("publishes", True):
        return
    model = body_model(handler) if isinstance(handler, HTTPRouteHandler) else None
    if model is None or not issubclass(model, Asked):
        return
    try:
        said = model.model_validate(await request.json())
    except ValidationError:
        return
    refuse(*unfit(said, public=town.public_numbers))
