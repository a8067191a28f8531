"""A client of a running stack: by HTTP and Kafka only, as any other client."""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from uuid import uuid4

import httpx

from ops.embedded.keys import Bearer, Keys
from ops.embedded.processes import StackError

PRODUCERS = {
    "complaint": "intake",
    "route": "intake",
    "hotspot": "intake",
    "demand": "intake",
    "rates": "intake",
    "platform": "deliberation",
    "topic": "deliberation",
    "meeting": "deliberation",
    "assembly": "deliberation",
    "undertaking": "deliberation",
    "absence": "deliberation",
    "issue": "escalation",
    "duty": "escalation",
    "suggestion": "projects",
    "project": "projects",
    "batch": "projects",
}
"""Which service says the facts of a kind of stream."""
_TOKEN_LIFE = timedelta(hours=12)


class Refused(Exception):
    """A service said no: the problem document it answered with."""

    def __init__(self, status: int, problem: Mapping[str, Any], asked: str) -> None:
        reasons = problem.get("errors") or []
        details = "；".join(f"{r.get('pointer', '')} {r.get('detail', '')}".strip() for r in reasons)
        super().__init__(
            f"{asked} → {status} {problem.get('code')}: {problem.get('title')}" + (f"（{details}）" if details else "")
        )
        self.status, self.problem = status, problem
        self.codes = [reason.get("code", "") for reason in reasons] or [str(problem.get("code"))]


@dataclass(frozen=True, slots=True)
class Address:
    """What `stack.json` says: where everything is."""

    services: dict[str, str]
    kafka: str
    data: Path
    databases: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, data: Path) -> Self:
        """The running stack on this data folder; raises `StackError` if none runs."""
        try:
            known = json.loads((data / "stack.json").read_text())
        except FileNotFoundError:
            raise StackError("not_up", f"{data} 上没有正在运行的系统，请先运行 fiveplusn up") from None
        return cls(known["services"], known["kafka"], Path(known["data"]), known["databases"])


class Client:
    """Calls services as somebody: every write carries a fresh Idempotency-Key."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._keys = Keys(address.data)
        self._tokens: dict[Bearer, str] = {}
        self._http = httpx.AsyncClient(
            timeout=60, trust_env=False, limits=httpx.Limits(max_connections=64, max_keepalive_connections=64)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._http.aclose()

    def token(self, who: Bearer) -> str:
        """A token for this bearer, made once."""
        if who not in self._tokens:
            self._tokens[who] = self._keys.token(who, now=datetime.now(UTC), lifetime=_TOKEN_LIFE)
        return self._tokens[who]

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        who: Bearer,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON answer; raises `Refused` for any problem."""
        sent = {"Authorization": f"Bearer {self.token(who)}", **(headers or {})}
        if method != "GET":
            sent["Idempotency-Key"] = key or uuid4().hex
        content = None if body is None else json.dumps(body, ensure_ascii=False, default=str).encode()
        if content is not None:
            sent["Content-Type"] = "application/json"
        answer = await self._http.request(method, self.address.services[service] + path, content=content, headers=sent)
        if answer.status_code >= 400:
            raise _refused(answer, f"{method} {service}{path}")
        return answer.json() if answer.content else None

    async def get(self, service: str, path: str, who: Bearer) -> Any:
        """Read."""
        return await self.call(service, "GET", path, who)

    async def pages(self, service: str, path: str, who: Bearer) -> list[Any]:
        """Read a list that comes in pages, to its end."""
        found: list[Any] = []
        sign, after = "&" if "?" in path else "?", ""
        while True:
            page = await self.get(service, f"{path}{sign}limit=200{after}", who)
            found += page["items"]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    async def post(self, service: str, path: str, who: Bearer, body: object = None, **named: Any) -> Any:
        """Write."""
        return await self.call(service, "POST", path, who, {} if body is None else body, **named)

    async def download(self, service: str, path: str, who: Bearer, file: Path) -> int:
        """Save an export as a file that only its owner may read; how many rows it has. Raises `Refused`."""
        headers = {"Authorization": f"Bearer {self.token(who)}"}
        async with self._http.stream("GET", self.address.services[service] + path, headers=headers) as answer:
            if answer.status_code >= 400:
                await answer.aread()
                raise _refused(answer, f"GET {service}{path.partition('?')[0]}")
            with fresh(file) as out:
                async for chunk in answer.aiter_bytes():
                    out.write(chunk)
            return int(answer.headers["x-rows"])

    # -- the whole stack

    async def set_clock(self, at: datetime) -> None:
        """One instant for all services."""
        await asyncio.gather(
            *(self.call(name, "PUT", "/clock", OPERATOR, {"at": at.isoformat()}) for name in self.address.services)
        )

    async def flow(self) -> dict[str, Any]:
        """How far everything has travelled, per service."""
        names = list(self.address.services)
        answers = await asyncio.gather(*(self.get(name, "/flow", OPERATOR) for name in names))
        return dict(zip(names, answers, strict=True))

    async def settled(self, limit: float = 60) -> dict[str, Any]:
        """Wait until nothing is under way: no timer due, nothing to send, nothing unheard. Raises `StackError`."""
        end = time.monotonic() + limit
        quiet = 0
        while True:
            flow = await self.flow()
            waiting = unsettled(flow)
            quiet = 0 if waiting else quiet + 1
            if quiet == 2:
                return flow
            if time.monotonic() > end:
                raise StackError("not_settled", f"{limit:.0f} 秒内未处理完毕：{'；'.join(waiting)}")
            await asyncio.sleep(0.01)


@contextmanager
def fresh(file: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner may read; it takes its place when it is whole."""
    part = file.with_name(f".{file.name}.part")
    try:
        with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            yield out
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _refused(answer: httpx.Response, asked: str) -> Refused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {"code": "error", "title": answer.text[:200]}
    return Refused(answer.status_code, problem, asked)


def unsettled(flow: Mapping[str, Any]) -> list[str]:
    """What is still under way, in words; empty when all is quiet."""
    waiting = []
    for name, seen in flow.items():
        waiting += [f"{name}: {words} {seen[what]}" for what, words in _WAITING.items() if seen[what]]
        for kind, producer in PRODUCERS.items():
            if producer not in flow or (seen["hears"] is not None and kind not in seen["hears"]) or producer == name:
                continue
            said, heard = flow[producer]["said"].get(kind, 0), seen["heard"].get(kind, 0)
            if said != heard:
                waiting.append(f"{name}: 已收到 {kind} {heard}/{said}")
    return waiting


_WAITING = {"outbox": "待发送", "due": "到期未触发的定时", "parked": "等待前序事实"}
OPERATOR = Bearer("operator")
