"""(a) POST /complaints against a bare application: the same load, the same machine, turn by turn."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from ops.bench.bare import SCHEMA
from ops.bench.ground import Ground, Say
from ops.bench.load import Job
from ops.bench.orders import bodies
from ops.embedded.keys import Bearer
from ops.embedded.processes import StackError, until

CALLERS = (1, 8, 32)
ROUNDS = 5


@dataclass
class Http:
    """Every round of every number of callers; the first round of each is thrown away."""

    ours: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: {callers: [] for callers in CALLERS})
    bare: list[dict[str, Any]] = field(default_factory=list)

    def found(self) -> dict[str, Any]:
        """Median and best of the rounds."""
        return {
            "http_create": {str(callers): _middle(rounds) for callers, rounds in self.ours.items()},
            "http_create_best_per_s": {str(c): max(r["per_s"] for r in rounds) for c, rounds in self.ours.items()},
            "http_bare_per_s": _middle(self.bare)["per_s"],
            "http_bare_best_per_s": max(round["per_s"] for round in self.bare),
        }


def _middle(rounds: list[dict[str, Any]]) -> dict[str, float]:
    return {name: median(round[name] for round in rounds) for name in ("per_s", "p50_ms", "p99_ms")}


async def measure(here: Ground, each: int, say: Say) -> dict[str, Any]:
    """Rounds of `each` requests with 32 callers, fewer with less; ours and the bare one alternate. Small ones: one round."""
    now = datetime.now(UTC)
    token = here.stack.keys.token(Bearer("dispatcher"), now=now, lifetime=timedelta(hours=1))
    dsn = await here.database("bare_http", SCHEMA)
    bare_port = here.stack.ports.take("bare-http")
    ours_port = int(here.stack.urls["intake"].rpartition(":")[2])
    found, first = Http(), 10_000_000
    environment = {"FIVEPLUSN_DATABASE_URL": dsn, "FIVEPLUSN_PORT": str(bare_port)}
    async with here.process(["ops.bench.bare", "http"], **environment) as bare:
        if not await until(lambda: bare.listens_on(bare_port), 20):
            raise StackError("bench_failed", "对照应用未能启动", bare.last_words())

        async def load(port: int, callers: int) -> dict[str, Any]:
            nonlocal first
            count = max(20, each * min(callers, 16) // 16)
            texts = [body.decode() for body in bodies(count, until=now, first=first)]
            first += count
            job = Job(port, token, callers, texts)
            seen: dict[str, Any] = await here.ask("ops.bench.load", job)
            if (statuses := seen.pop("statuses")) != {"201": count}:
                raise StackError("bench_failed", f"并非每个请求都得到 201：{statuses}")
            return seen

        for turn in range(min(ROUNDS, max(1, each // 20)) + 1):
            for callers in CALLERS:
                seen = await load(ours_port, callers)
                if turn:
                    found.ours[callers].append(seen)
            seen = await load(bare_port, CALLERS[-1])
            if turn:
                found.bare.append(seen)
                ours = found.ours[CALLERS[-1]][-1]["per_s"]
                say(f"HTTP 第 {turn} 轮：{ours:.0f} 件/秒，对照 {seen['per_s']:.0f} 件/秒")
    return found.found()
