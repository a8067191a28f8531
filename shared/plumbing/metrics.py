"""Metrics for Prometheus: what a process counts itself, and the text of a scrape.

What cannot be counted in the process is asked when somebody scrapes: `figures.py`.
"""

import asyncio
import platform
from collections import deque
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from shared import VERSION

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = Mapping[str, str]
_BUCKETS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """What one service's process counts: requests by operation, never by path, and problems by code."""

    def __init__(self, service: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fiveplusn_http_requests",
            "Requests answered, by operation and class of the status",
            ["operation", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "fiveplusn_http_request_seconds",
            "How long requests took, by operation",
            ["operation"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._problems = Counter(
            "fiveplusn_problems",
            "Requests refused or failed, by the code of the problem document",
            ["code"],
            registry=self._registry,
        )
        self.in_flight = Gauge("fiveplusn_http_requests_in_flight", "Requests being answered", registry=self._registry)
        build = Gauge(
            "fiveplusn_build_info", "Which program runs", ["service", "version", "python"], registry=self._registry
        )
        build.labels(service, VERSION, platform.python_version()).set(1)
        self._known: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def answered(self, operation: str, status: int, seconds: float, problem: str | None) -> None:
        """Count one request."""
        known = self._known.get((operation, status // 100))
        if known is None:
            known = self._requests.labels(operation, f"{status // 100}xx"), self._seconds.labels(operation)
            self._known[operation, status // 100] = known
        known[0].inc()
        known[1].observe(seconds)
        if problem:
            self._problems.labels(problem).inc()

    def text(self, figures: Iterable[Metric]) -> bytes:
        """All of it, with what was asked for this scrape."""
        return generate_latest(_Both([*self._registry.collect(), *figures]))


class _Both(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


class Pulse:
    """How late the event loop is: work that does not yield makes everything else wait."""

    EVERY = 0.25
    KEPT = 120

    def __init__(self) -> None:
        self._late: deque[float] = deque([0.0], self.KEPT)

    @property
    def lateness(self) -> float:
        """The greatest of the last 30 seconds."""
        return max(self._late)

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.EVERY
            await asyncio.sleep(self.EVERY)
            self._late.append(max(0.0, loop.time() - due))


def gauge(name: str, words: str, *samples: tuple[Labels, float]) -> Metric:
    """A gauge with these samples; all of them have the same labels."""
    family = GaugeMetricFamily(f"fiveplusn_{name}", words, labels=list(samples[0][0]) if samples else ())
    for labels, value in samples:
        family.add_metric(list(labels.values()), value)
    return family


def counter(name: str, words: str, *samples: tuple[Labels, float]) -> Metric:
    """A counter with these samples; `_total` is added to its name."""
    family = CounterMetricFamily(f"fiveplusn_{name}", words, labels=list(samples[0][0]) if samples else ())
    for labels, value in samples:
        family.add_metric(list(labels.values()), value)
    return family
