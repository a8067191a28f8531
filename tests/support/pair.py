"""The two sample services as real processes, on a real broker and a real database."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ops.embedded.keys import AUDIENCE, Bearer, Keys
from ops.embedded.processes import Child
from ops.embedded.servers import KafkaServer
from ops.embedded.stack import ROOT
from ops.ports import Ports
from shared.plumbing.outbox import partition_of
from shared.plumbing.settings import EMBEDDED_ISSUER
from tests.support import choice
from tests.support.nursery import Forked
from tests.support.sample import METADATA, box_id
from tests.support.servers import Server

PARTITIONS = 4
LIMIT = 120.0
"""Seconds in which anything happens that is waited for: a busy machine takes long, and only what never comes waits so long."""
CONFIG = """
town: {name: 样例镇, communities: [], places: [], categories: [], units: []}
sample: [{effective: 2019-01-01}]
listener: [{effective: 2019-01-01}]
"""
AUTHZ = """
every-service:
  live: {}
  ready: {}
  metrics: {service: town, operator: town}
  read_journal: {operator: town, service: town}
  flow: {operator: town}
  integrity: {operator: town}
  list_quarantine: {operator: town}
  show_quarantine: {operator: town}
  replay_quarantine: {operator: town}
  discard_quarantine: {operator: town}
  read_audit: {auditor: town, operator: town}
  show_clock: {operator: town}
  set_clock: {operator: town}
sample:
  create_box: {operator: town}
  fill_box: {operator: town}
  fill_both: {operator: town}
  create_closing_box: {operator: town}
listener: {}
"""


async def until(holds: Callable[[], Awaitable[bool]], words: str, limit: float = LIMIT) -> None:
    """Wait for a condition, with a time limit."""
    end = time.monotonic() + limit
    while not await holds():
        assert time.monotonic() < end, f"not within {limit} s: {words}"
        await asyncio.sleep(0.05)


@dataclass
class Pair:
    """`sample` and `listener`; either can be started with a fault, killed, and started again."""

    folder: Path
    databases: dict[str, str]
    broker: KafkaServer
    environment: dict[str, str] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    markers: set[str] = field(default_factory=set)
    ways: dict[str, str] = field(default_factory=dict)
    """service -> the address under which its processes reach their database, where it is another one."""

    async def prepare(self) -> None:
        """Keys, configuration, broker and topics."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.keys = Keys(self.folder)
        self.keys.make()
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        (config / "township.yaml").write_text(CONFIG)
        (config / "authz.yaml").write_text(AUTHZ)
        (config / "calendar.yaml").write_text('opens: "09:00"\n')
        await self.broker.start()
        await self.make_topics()

    async def make_topics(self) -> None:
        """Create the topics anew."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.address)
        await admin.start()
        await admin.create_topics([NewTopic(f"{name}.events", PARTITIONS, 1) for name in ("sample", "listener")])
        await admin.close()

    def start(
        self,
        service: str,
        *faults: str,
        plan: str | None = None,
        replica: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Start one process; its name."""
        name = f"{service}-{replica}" if replica else service
        port = Ports(self.folder / "ports.json").take(name)
        self.urls[name] = f"http://127.0.0.1:{port}"
        plan = plan or service.upper()
        plan = plan if ":" in plan else f"tests.support.sample_services:{plan}"
        surroundings = self.environment | dict(environment or {})
        settings_alone = all(
            key.startswith("FIVEPLUSN_") for key in surroundings
        )  # what else there is, imports may read
        self.children[name] = (Forked if settings_alone else Child)(
            name,
            [sys.executable, "-m", "tests.support.launch", plan, *faults],
            log=self.folder / "logs" / f"{name}.log",
            env={
                "PYTHONPATH": str(ROOT),
                "FIVEPLUSN_MODE": "embedded",
                "FIVEPLUSN_DATABASE_URL": self.ways.get(service, self.databases[service]),
                "FIVEPLUSN_KAFKA": self.broker.address,
                "FIVEPLUSN_KAFKA_IDEMPOTENT": str(self.broker.idempotent),
                "FIVEPLUSN_PORT": str(port),
                "FIVEPLUSN_CONFIG": str(self.folder / "config"),
                "FIVEPLUSN_MASTER_KEY_FILE": str(self.keys.master_key),
                "FIVEPLUSN_JWKS_FILE": str(self.keys.jwks),
                "FIVEPLUSN_ISSUER": EMBEDDED_ISSUER,
                "FIVEPLUSN_AUDIENCE": AUDIENCE,
                "FIVEPLUSN_PARTITIONS": str(PARTITIONS),
                "FIVEPLUSN_SESSION_TIMEOUT_MS": "2000",
                "FIVEPLUSN_PEERS": json.dumps({"sample": self.urls.get("sample", "http://127.0.0.1:1")}),
                "FIVEPLUSN_TOKEN_FILE": str(self.keys.service_token),
                **surroundings,
            },
        )
        self.children[name].start()
        return name

    async def ready(self, name: str) -> None:
        """Wait until it is."""
        async with httpx.AsyncClient(timeout=5) as client:

            async def answers() -> bool:
                assert self.children[name].alive, self.children[name].last_words()
                try:
                    return (await client.get(f"{self.urls[name]}/health/ready")).status_code == 200
                except httpx.HTTPError:
                    return False

            await until(answers, f"{name} is ready")

    async def ended(self, name: str, limit: float = LIMIT) -> None:
        """Wait until it died of its own fault."""
        assert await self.children[name].ended(limit), f"{name} did not die"

    async def stop(self) -> None:
        """Everything."""
        for child in self.children.values():
            await child.kill()
        await self.broker.stop()

    def client(self) -> httpx.AsyncClient:
        """Calls as an operator, by a token that is good for processes whose clock is wrong by days, too."""
        now = datetime.now(UTC) - timedelta(days=10)
        token = self.keys.token(Bearer("operator"), now=now, lifetime=timedelta(days=20))
        return httpx.AsyncClient(
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}, timeout=30
        )

    async def query(self, service: str, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """What a service's database says."""
        con = await asyncpg.connect(self.databases[service])
        try:
            return await con.fetch(sql, *arguments)
        finally:
            await con.close()

    async def fill(self, boxes: int, times: int, amount: int = 1, first: int = 0) -> None:
        """Open so many boxes and fill each so many times, by HTTP."""
        async with self.client() as client:

            async def one(n: int) -> None:
                url = f"{self.urls['sample']}/boxes/{box_id(n)}"
                (await client.post(url)).raise_for_status()
                for _ in range(times):
                    answer = await client.post(f"{url}/fill", content=json.dumps({"amount": amount}))
                    answer.raise_for_status()

            await asyncio.gather(*(one(n) for n in range(first, first + boxes)))

    async def heard(self) -> dict[str, tuple[int, int]]:
        """Per box what the listener has: total and times; without the markers."""
        return {box: seen for box, seen in (await self._everything()).items() if box not in self.markers}

    async def _everything(self) -> dict[str, tuple[int, int]]:
        rows = await self.query("listener", "select of, total, times from echoes")
        return {row["of"]: (row["total"], row["times"]) for row in rows}

    async def all_heard(self, boxes: int, times: int, amount: int = 1, limit: float = LIMIT) -> None:
        """Wait until the listener has heard every box to its end, and nobody has anything to send."""

        async def done() -> bool:
            found = await self.heard()
            left = await self.query("sample", "select count(*) as n from outbox")
            return len(found) == boxes and all(entry[1] >= times + 1 for entry in found.values()) and left[0]["n"] == 0

        await until(done, f"{boxes} boxes heard {times} times", limit)

    async def read_to_the_end(self, first: int) -> None:
        """Open and fill a new box on every partition and wait for them: what came before them has been read by then.

        They are numbered from `first`, and are no part of `check`.
        """
        markers: dict[int, int] = {}
        n = first
        while len(markers) < PARTITIONS:
            markers.setdefault(partition_of(str(box_id(n)), PARTITIONS), n)
            n += 1
        for marker in markers.values():
            await self.fill(1, 1, first=marker)
        self.markers |= {f"box/{box_id(marker)}" for marker in markers.values()}

        async def there() -> bool:
            heard = await self._everything()
            return all(heard.get(marker, (0, 0))[1] >= 2 for marker in self.markers)

        await until(there, "the markers of all partitions are heard")

    async def check(self, boxes: int, times: int, amount: int = 1) -> None:
        """Every box heard exactly once per fact, in order; echoes have no gap."""
        assert set((await self.heard()).values()) == {(times * amount, times + 1)}
        assert len(await self.heard()) == boxes
        gaps = await self.query(
            "listener",
            "select stream from journal group by stream having count(*) <> max(version) or min(version) <> 1",
        )
        assert gaps == []


@asynccontextmanager
async def pair_on(postgres: Server, folder: Path) -> AsyncIterator[Pair]:
    """A pair with databases and a broker of its own; stopped afterwards."""
    async with postgres.database(METADATA) as sample, postgres.database(METADATA) as listener:
        (folder / "logs").mkdir()
        broker = choice.broker(folder, Ports(folder / "ports.json"))
        pair = Pair(folder, {"sample": sample, "listener": listener}, broker)
        await pair.prepare()
        try:
            yield pair
        finally:
            await pair.stop()
