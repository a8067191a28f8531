"""Who may come in, and how often: addresses for everything, API keys for what is posted.

The counts are this process's own: with more processes, so many times more may come. What must hold exactly belongs to
the gateway in front.
"""

import logging
import math
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from litestar import Request
from litestar.exceptions import ServiceUnavailableException, TooManyRequestsException

from services.intake.registering import IntakeService
from shared.plumbing.api_keys import ApiKeys
from shared.plumbing.caller import Person, Reach
from shared.plumbing.strict import well_formed
from shared.rules.broken import Reason, RuleBroken
from shared.rules.township import Role

log = logging.getLogger(__name__)


class Gate:
    """What one process knows of the programs that come."""

    def __init__(self, keys: Path | None) -> None:
        self._keys = ApiKeys(keys)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def count(self, what: str, who: str, per_minute: int) -> None:
        """One more of them; raises `TooManyRequestsException` above so many a minute."""
        limit = RateLimitItemPerMinute(per_minute)
        if await self._limiter.hit(limit, what, who):
            return
        window = await self._limiter.get_window_stats(limit, what, who)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})

    def client(self, key: object) -> Person:
        """Who has this API key: a feeder of its own name; raises `RuleBroken`."""
        if not isinstance(key, str):
            raise RuleBroken(Reason("api_key_missing", "提交请求须提供接口密钥", "/api_key"))
        try:
            name = self._keys.client(key, datetime.now(UTC))
        except (ValueError, OSError) as error:
            log.error("api_keys_unreadable", extra={"error": type(error).__name__})
            raise ServiceUnavailableException from None
        if name is None:
            raise RuleBroken(Reason("api_key_invalid", "接口密钥无效或已过期", "/api_key"))
        return Person(f"api-key:{name}", Role.FEEDER, Reach.TOWN)


def gate_of(request: Request[Any, Any, Any]) -> Gate:
    """This process's gate."""
    state = request.app.state
    if "open311_gate" not in state:
        state.open311_gate = Gate(state.service.settings.api_keys_file)
    gate: Gate = state.open311_gate
    return gate


async def admit(request: Request[Any, Any, Any]) -> None:
    """Count every request of an address, and read it. Parameters that we do not know are the client's business."""
    service: IntakeService = request.app.state.service
    address = request.client.host if request.client else ""
    await gate_of(request).count("address", address, service.today.open311.requests_per_minute)
    well_formed(request)


async def begin(service: IntakeService) -> None:
    """Keys that cannot be read stop the service at its start."""
    ApiKeys(service.settings.api_keys_file)
