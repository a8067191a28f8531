"""The demo's town: who does what, through the doors of the services only; and time, which the demo moves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from time import monotonic
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer

from ops.client import Client
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError
from shared.plumbing.topics import WORK_ORDERS
from shared.rules.township import SHANGHAI, Town

DISPATCHER = Bearer("dispatcher")
SUPERVISOR = Bearer("supervisor")
RECORDER_POST = "recorder-1"
AT_ONCE = 12
"""So many requests are under way at once."""
_HEARD_LIMIT = 60.0
T = TypeVar("T")

Life = AsyncIterator[datetime]
"""Somebody's doings: what is yielded is the moment when they go on."""


def secretary(community: str) -> Bearer:
    """书记: convener of the platform."""
    return Bearer("secretary", (community,))


def recorder(community: str) -> Bearer:
    """记录人: holds the post that every meeting of the demo names."""
    return Bearer("recorder", (community,), posts=(RECORDER_POST,))


def officer(unit: str) -> Bearer:
    """承办单位的工作人员."""
    return Bearer("officer", (), unit)


def at(day: str | date, hour: int = 10, minute: int = 0) -> datetime:
    """A moment in Asia/Shanghai."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(day, time(hour, minute), SHANGHAI)


@dataclass
class DemoTown:
    """Calls the services as the town's people would. `now`: the town's time."""

    client: Client
    town: Town
    now: datetime
    expected: int = 0
    _lock: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> "DemoTown":
        self._producer = AIOKafkaProducer(bootstrap_servers=self.client.address.kafka, acks="all")
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._producer is not None
        await self._producer.stop()

    async def to(self, moment: datetime) -> None:
        """Let everything under way come to its end, then move the clock, then let what is due happen."""
        await self.client.settled()
        self.now = moment
        await self.client.set_clock(moment)
        await self.client.settled()

    async def settle(self) -> None:
        """Let everything under way come to its end."""
        await self.client.settled()

    async def post(self, service: str, path: str, who: Bearer, **body: Any) -> Any:
        """Ask for something."""
        async with self._lock:
            return await self.client.post(service, path, who, body)

    async def get(self, service: str, path: str, who: Bearer) -> Any:
        """Read something."""
        async with self._lock:
            return await self.client.get(service, path, who)

    async def pages(self, service: str, path: str, who: Bearer) -> list[Any]:
        """Read a list that comes in pages."""
        async with self._lock:
            return await self.client.pages(service, path, who)

    async def all(self, work: Callable[[Any], Awaitable[T]], of: Iterable[Any]) -> list[T]:
        """Do this for each, side by side."""
        return list(await asyncio.gather(*(work(one) for one in of)))

    async def hotline(self, orders: list[dict[str, Any]]) -> None:
        """The 12345 hotline sends work orders on its topic; wait until intake has said something of each."""
        if not orders:
            return
        assert self._producer is not None
        before = await self._complaint_facts()
        for order in orders:
            body = json.dumps(order, ensure_ascii=False).encode()
            await self._producer.send(WORK_ORDERS, body, key=order["number"].encode())
        await self._producer.flush()
        end = monotonic() + _HEARD_LIMIT
        while await self._complaint_facts() < before + len(orders):
            if monotonic() > end:
                raise StackError("orders_unheard", f"{_HEARD_LIMIT:.0f} 秒内未收到全部工单")
            await asyncio.sleep(0.03)

    async def _complaint_facts(self) -> int:
        flow = await self.client.flow()
        return int(flow["intake"]["said"].get("complaint", 0))

    async def complaint(self, channel: str, number: str) -> dict[str, Any]:
        """The complaint of this order."""
        found = await self.pages("intake", f"/complaints?channel={channel}&number={number}", DISPATCHER)
        assert len(found) == 1, f"{channel} {number}: {len(found)}"
        complaint: dict[str, Any] = found[0]
        return complaint

    async def topics(self, community: str, **wanted: str) -> list[dict[str, Any]]:
        """The topics of a community whose fields have these values."""
        found = await self.pages("deliberation", f"/topics?community={community}", secretary(community))
        return [topic for topic in found if all(topic[name] == value for name, value in wanted.items())]
