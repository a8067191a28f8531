"""Callers that write all the time, each request with a key of its own, and insist until it is acknowledged."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.support.pair import Pair, until
from tests.support.sample import box_id

PATIENCE = 20.0
"""Seconds in which any request must be answered, whatever is broken: else it hangs."""


@dataclass
class Writers:
    """Fill boxes by 1, 2, 3 … through any of `doors` (names of processes): the order of the effects shows."""

    pair: Pair
    doors: list[str]
    path: str = "fill"
    acknowledged: Counter[int] = field(default_factory=Counter)
    versions: dict[int, list[Any]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    turn: int = 0

    async def insist(self, client: httpx.AsyncClient, path: str, body: object = None) -> Any:
        """The same request with the same key until it is acknowledged; every other answer must be a proper 503."""
        key = uuid4().hex
        content = None if body is None else json.dumps(body)
        while True:
            self.turn += 1
            door = self.pair.urls[self.doors[self.turn % len(self.doors)]]
            try:
                answer = await client.post(f"{door}{path}", content=content, headers={"Idempotency-Key": key})
            except httpx.TimeoutException:
                raise AssertionError(f"{path} was not answered within {PATIENCE} s") from None
            except httpx.TransportError:
                self.answers["gone"] += 1  # the process was killed
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.is_success:
                    return answer.json()
                assert answer.status_code == 503, answer.text
                assert answer.json()["code"] == "unavailable"
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) > 0
            await asyncio.sleep(0.05)

    async def open(self, boxes: Sequence[int]) -> None:
        """Open the boxes to be filled."""
        async with self._client() as client:
            await asyncio.gather(*(self.insist(client, f"/boxes/{box_id(n)}") for n in boxes))

    @asynccontextmanager
    async def writing(self, boxes: Sequence[int]) -> AsyncIterator[None]:
        """One caller per box, all the time; at the end each finishes the request it has begun."""
        over = asyncio.Event()

        async def write(n: int) -> None:
            while not over.is_set():
                await self.fill(client, n, self.acknowledged[n] + 1)

        async with self._client() as client:
            callers = [asyncio.create_task(write(n)) for n in boxes]
            try:
                yield
            finally:
                over.set()
                await asyncio.gather(*callers)

    async def fill(self, client: httpx.AsyncClient, n: int, amount: int) -> None:
        """One acknowledged filling of the n-th box."""
        answer = await self.insist(client, f"/boxes/{box_id(n)}/{self.path}", {"amount": amount})
        self.acknowledged[n] += 1
        self.versions.setdefault(n, []).append(answer.get("version") or answer["versions"][0])

    async def more(self, answers: int, of: str = "200") -> None:
        """Wait for so many more answers of this sort."""
        enough = self.answers[of] + answers

        async def come() -> bool:
            return self.answers[of] >= enough

        await until(come, f"{answers} more answers {of}")

    def _client(self) -> httpx.AsyncClient:
        client = self.pair.client()
        client.timeout = httpx.Timeout(PATIENCE)
        return client

    # -- afterwards

    async def check(self) -> None:
        """Every acknowledged request is there exactly once, in order, and was answered with the version it made."""
        for n, times in self.acknowledged.items():
            rows = await self.pair.query(
                "sample", "select data::text as d from journal where stream = $1 order by version offset 1", box_id(n)
            )
            assert [json.loads(row["d"])["amount"] for row in rows] == list(range(1, times + 1))
            assert self.versions[n] == list(range(2, times + 2))

    async def until_heard(self) -> None:
        """Wait until the listener has heard everything."""

        async def heard() -> bool:
            rows = await self.pair.query("listener", "select of, times from echoes")
            times = {row["of"]: row["times"] for row in rows}
            return all(times.get(f"box/{box_id(n)}", 0) > filled for n, filled in self.acknowledged.items())

        await until(heard, "everything is heard")

    async def check_heard(self) -> None:
        """The listener has heard everything, each once and in order; nothing waits, nothing was set aside."""
        await self.until_heard()
        expected = {f"box/{box_id(n)}": [0, *range(1, times + 1)] for n, times in self.acknowledged.items()}
        echoes: dict[str, list[int]] = {}
        for row in await self.pair.query("listener", "select data::text as d from journal order by stream, version"):
            said = json.loads(row["d"])
            echoes.setdefault(said["of"], []).append(said["amount"])
        assert {box: echoes[box] for box in expected} == expected

        async def quiet() -> bool:
            left = await self.pair.query(
                "listener",
                "select (select count(*) from parked) as parked, (select count(*) from quarantine) as aside",
            )
            return (left[0]["parked"], left[0]["aside"]) == (0, 0)

        await until(quiet, "nothing is parked or set aside")
