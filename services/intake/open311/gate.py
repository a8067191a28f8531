"""Who may come in, and how often: addresses for everything, API keys for what is posted."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import Request
from litestar.exceptions import ServiceUnavailableException

from services.intake.registering import IntakeService
from shared.plumbing.api_keys import ApiKeys
from shared.plumbing.caller import Person, Reach
from shared.plumbing.rate_limit import Connection, per_address
from shared.rules.broken import Reason, RuleBroken
from shared.rules.township import Role

log = logging.getLogger(__name__)


def _per_minute(connection: Connection) -> int:
    service: IntakeService = connection.app.state.service
    return service.today.open311.requests_per_minute


admit = per_address("open311", _per_minute)
"""Every request of an address is counted, whatever it asks for here."""


class Gate:
    """What one process knows of the programs that come."""

    def __init__(self, keys: Path | None) -> None:
        self._keys = ApiKeys(keys)

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


async def begin(service: IntakeService) -> None:
    """Keys that cannot be read stop the service at its start."""
    ApiKeys(service.settings.api_keys_file)
