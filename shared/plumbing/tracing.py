"""Traces, when `OTEL_EXPORTER_OTLP_ENDPOINT` says who collects them; otherwise nothing of OpenTelemetry is imported.

The standard variables of OpenTelemetry hold (`OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, …). A span says which
operation, topic or timer, and how it ended: never what was asked, nor by whom.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

ON = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
if TYPE_CHECKING or ON:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    _wire = TraceContextTextMapPropagator()

F = TypeVar("F", bound=Callable[..., Any])
_FLUSH_S = 2.0
_TRACEPARENT = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def configure(service: str) -> None:
    """Send this process's spans to the collector."""
    if ON:
        about = Resource.create({"service.name": service, "service.namespace": "fiveplusn"})
        provider = TracerProvider(resource=about, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)


def close() -> None:
    """Send what is left; a collector that does not answer is not waited for."""
    if ON:
        last = threading.Thread(target=cast(TracerProvider, trace.get_tracer_provider()).shutdown, daemon=True)
        last.start()
        last.join(_FLUSH_S)


def span(
    name: str,
    kind: str = "INTERNAL",
    parent: str | None = None,
    links: Iterable[str] = (),
    about: Mapping[str, str | int] | None = None,
) -> AbstractContextManager[Any]:
    """A span around some work: below `parent` (a traceparent), else below the current one. None when tracing is off."""
    if not ON:
        return nullcontext()
    return _tracer().start_as_current_span(
        name,
        _context(parent) if parent else None,
        trace.SpanKind[kind],
        attributes=about,
        links=[trace.Link(trace.get_current_span(_context(link)).get_span_context()) for link in links],
    )


def spanned(run: F) -> F:
    """The same coroutine function, each call in a span of its name."""
    if not ON:
        return run

    @wraps(run)
    async def within(*asked: Any, **named: Any) -> Any:
        with span(run.__name__):
            return await run(*asked, **named)

    return cast(F, within)


def current() -> str | None:
    """The traceparent of the current span; None when there is none."""
    if not ON:
        return None
    carrier: dict[str, str] = {}
    _wire.inject(carrier)
    return carrier.get("traceparent")


def handed_on(headers: Mapping[str, str]) -> str | None:
    """The trace that a record came with; if it has none, the one of its batch."""
    if not ON:
        return None
    found = headers.get("traceparent", "")
    return found if _TRACEPARENT.fullmatch(found) else current()


def batch(reader: str, records: Sequence[Any]) -> AbstractContextManager[Any]:
    """One span for a batch of Kafka records, with links to the traces they came with."""
    if not ON:
        return nullcontext()
    came = (value.decode("ascii", "replace") for r in records for name, value in r.headers if name == "traceparent")
    return span(
        f"receive {reader}",
        "CONSUMER",
        links=dict.fromkeys(link for link in came if _TRACEPARENT.fullmatch(link)),
        about={"messaging.system": "kafka", "messaging.batch.message_count": len(records)},
    )


def sending(topic: str, rows: Sequence[Any]) -> AbstractContextManager[None]:
    """A span for every row of the outbox that has a trace, as long as the broker takes."""
    return _sending(topic, rows) if ON else nullcontext()


@contextmanager
def _sending(topic: str, rows: Sequence[Any]) -> Iterator[None]:
    open_spans = [
        _tracer().start_span(
            f"send {topic}",
            _context(row["traceparent"]),
            trace.SpanKind.PRODUCER,
            attributes={"messaging.system": "kafka", "messaging.destination.name": topic},
        )
        for row in rows
        if row["traceparent"]
    ]
    try:
        yield
    finally:
        for one in open_spans:
            one.end()


def identified(_logger: Any, _method: str, event: Any) -> Any:
    """A log line inside of a span names the trace."""
    if ON and (found := trace.get_current_span().get_span_context()).is_valid:
        event["trace_id"], event["span_id"] = f"{found.trace_id:032x}", f"{found.span_id:016x}"
    return event


def _tracer() -> "trace.Tracer":
    return trace.get_tracer("fiveplusn")


def _context(traceparent: str) -> "Context":
    return _wire.extract({"traceparent": traceparent}, Context())
