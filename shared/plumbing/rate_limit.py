"""How often somebody may come in a minute: an address at an open door, or a program with its key.

The minute moves: what came in the minute before still counts, less and less. The counts are this process's own, so with
more processes so many times more may come; what must hold exactly belongs to the gateway in front. The address is the
one that connects, or what a trusted proxy says it is (`FORWARDED_ALLOW_IPS`, read by uvicorn); nobody else is believed.
"""

import math
import time
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from litestar.connection import ASGIConnection
from litestar.exceptions import TooManyRequestsException
from litestar.handlers import BaseRouteHandler

BUCKETS = 8192
"""Addresses are counted in so many buckets a door: whoever has many of them fills no memory."""
NETWORK_BITS = 64
"""Whoever has one address of IPv6 has all of its network."""

Connection = ASGIConnection[Any, Any, Any, Any]


class RateLimits:
    """What one process has counted."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def count(self, door: str, who: str, per_minute: int) -> None:
        """One more of them; raises `TooManyRequestsException` above so many a minute."""
        limit = RateLimitItemPerMinute(per_minute)
        if await self._limiter.hit(limit, door, who):
            return
        window = await self._limiter.get_window_stats(limit, door, who)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        raise TooManyRequestsException(headers={"Retry-After": str(wait)})

    async def forget(self) -> None:
        """Begin to count anew."""
        await self._storage.reset()


def per_address(
    door: str, per_minute: Callable[[Connection], int]
) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard: so often may one address come to this door. Doors of the same name are counted together."""

    async def admit(connection: Connection, _: BaseRouteHandler) -> None:
        limits: RateLimits = connection.app.state.rate_limits
        await limits.count(door, str(hash(_network(connection)) % BUCKETS), per_minute(connection))

    return admit


def _network(connection: Connection) -> str:
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, NETWORK_BITS), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
