"""A trace goes from a request over journal, relay and broker to whoever hears of it; without a collector there is none."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from tests.support.collector import Collector, collecting
from tests.support.logged import logged
from tests.support.pair import Pair, pair_on, until
from tests.support.sample import box_id
from tests.support.servers import Server

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest_asyncio.fixture(loop_scope="session")
async def pair(postgres: Server, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair_on(postgres, tmp_path) as opened:
        yield opened


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as opened:
        yield opened


async def start(pair: Pair) -> None:
    pair.start("sample")
    pair.start("listener")
    await pair.ready("sample")
    await pair.ready("listener")


async def open_a_box(pair: Pair) -> None:
    """One request, with a trace and a correlation of its caller."""
    async with pair.client() as client:
        answer = await client.post(
            f"{pair.urls['sample']}/boxes/{box_id(1)}",
            headers={"traceparent": f"00-{TRACE}-{CALLER}-01", "X-Correlation-Id": "case-1"},
        )
        assert answer.status_code == 201
        assert answer.headers["x-correlation-id"] == "case-1"
    await pair.all_heard(1, 0)


async def headers_on(pair: Pair, topic: str) -> list[tuple[str, bytes]]:
    """The headers of the first record of a topic."""
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=pair.broker.address, auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        record = await consumer.getone()
        return list(record.headers)


async def written(pair: Pair) -> dict[str, Any]:
    """The line of the request that opened the box: it may be written after the answer was sent."""

    async def there() -> bool:
        return found() != []

    def found() -> list[dict[str, Any]]:
        return [line for line in logged(pair.children["sample"], "request") if line["status"] == 201]

    await until(there, "the request is in the log")
    [line] = found()
    return line


async def test_a_request_is_followed_to_the_service_that_hears_of_it(pair: Pair, collector: Collector) -> None:
    pair.environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "FIVEPLUSN_LOG_LEVEL": "INFO",
    }
    await start(pair)
    await open_a_box(pair)

    async def everything() -> bool:
        way = ("POST create_box", "change", "send sample.events", "receive listener", "send listener.events")
        return all(collector.named(name) for name in way)

    await until(everything, "the spans of the whole way have come")
    [http], [write] = collector.named("POST create_box"), collector.named("change")
    assert (http.service, http.trace, http.parent) == ("sample", TRACE, CALLER)
    assert (write.trace, write.parent) == (TRACE, http.id)
    assert "http.route=/boxes/{id}" in http.attributes
    [send], [receive] = collector.named("send sample.events"), collector.named("receive listener")
    assert (send.service, send.trace, send.parent) == ("sample", TRACE, write.id)
    assert receive.service == "listener"
    assert (TRACE, write.id) in receive.links
    [told] = collector.named("send listener.events")
    assert (told.service, told.trace, told.parent) == ("listener", TRACE, write.id), "the answer goes on with the trace"
    headers = await headers_on(pair, "sample.events")
    assert headers[-2:] == [("traceparent", f"00-{TRACE}-{write.id}-01".encode()), ("log_epoch", b"1")]
    line = await written(pair)
    assert (line["trace_id"], line["correlation_id"]) == (TRACE, "case-1")


async def test_without_a_collector_there_is_no_trace(pair: Pair) -> None:
    await start(pair)
    await open_a_box(pair)
    headers = await headers_on(pair, "sample.events")
    assert "traceparent" not in dict(headers)
    assert headers[-1][0] == "log_epoch"
    line = await written(pair)
    assert "trace_id" not in line
    assert line["correlation_id"] == "case-1"


@pytest.mark.parametrize(("endpoint", "loaded"), [({}, False), ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True)])
def test_the_library_is_loaded_only_for_a_collector(endpoint: dict[str, str], loaded: bool) -> None:
    look = "import services.intake.main, sys; print(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], env=endpoint, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)


async def test_a_collector_that_is_away_stops_nobody(pair: Pair) -> None:
    pair.environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    await start(pair)
    await open_a_box(pair)
    await pair.check(1, 0)
