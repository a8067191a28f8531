"""Around every request: a correlation, a span, a count, a time, and one line in the log.

A layer of our own around the whole application: the framework's own middlewares run behind the routing, and never see
what has no route.
"""

import logging
import time
from typing import Any
from uuid import uuid4

from litestar import Litestar
from litestar.types import Message, Receive, Send

from shared.plumbing import logs, tracing
from shared.plumbing.metrics import Metrics

log = logging.getLogger(__name__)
_READS = ("GET", "HEAD", "OPTIONS")
UNKNOWN = "unknown"
"""The operation of every request that no route answers."""
NO_ANSWER = 499
"""The status of a request whose sender went away."""


class Access:
    """The outermost layer of a service's HTTP.

    The answer repeats `X-Correlation-Id`; a request without one gets a new one. Writes and failures are logged at INFO,
    reads at DEBUG: which operation, how it ended, how long it took, in which role; never who, never what was asked.
    """

    def __init__(self, app: Litestar) -> None:
        self._app, self._inside = app, app.asgi_handler

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        headers = dict(scope["headers"])
        correlation = logs.correlation_of(headers.get(b"x-correlation-id", b"").decode("latin-1")) or uuid4().hex
        metrics: Metrics = self._app.state.metrics
        status, started = NO_ANSWER, time.perf_counter()

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-correlation-id", correlation.encode())]
            await send(message)

        method, traceparent = scope["method"], headers.get(b"traceparent", b"").decode("latin-1")
        with logs.about(correlation), tracing.span(method, "SERVER", traceparent) as span:
            try:
                with metrics.in_flight.track_inprogress():
                    await self._inside(scope, receive, answering)
            finally:
                seconds = time.perf_counter() - started
                handler = scope.get("route_handler")
                operation = handler.handler_name if handler else UNKNOWN
                problem = logs.taken_problem()
                metrics.answered(operation, status, seconds, problem)
                if span:
                    _describe(span, scope, operation, status)
                level = logging.DEBUG if method in _READS and status < 500 else logging.INFO
                if log.isEnabledFor(level):
                    log.log(level, "request", extra=_line(scope, operation, status, seconds, problem))


def _line(scope: Any, operation: str, status: int, seconds: float, problem: str | None) -> dict[str, Any]:
    role = getattr(scope.get("user"), "role", None)
    line = {"operation": operation, "status": status, "ms": round(seconds * 1000, 1), "role": role}
    return line | ({"problem": problem} if problem else {})


def _describe(span: Any, scope: Any, operation: str, status: int) -> None:
    span.update_name(f"{scope['method']} {operation}")
    span.set_attributes(
        {
            "http.request.method": scope["method"],
            "http.route": scope.get("path_template", UNKNOWN),
            "http.response.status_code": status,
        }
    )
