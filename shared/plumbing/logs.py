"""Logs: one JSON object a line; ids, never payloads. What belongs together has one `correlation_id`."""

import json
import logging
import re
import sys
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import structlog

from shared.plumbing import tracing

_CORRELATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,99}")
"""What a caller may name a correlation: it is repeated in logs, facts and answers."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=repr)


def correlation_of(asked: str | None) -> str:
    """The correlation that a caller names; none if it is not a plain name."""
    return asked if asked and _CORRELATION.fullmatch(asked) else ""


def about(correlation: str = "") -> AbstractContextManager[None]:
    """Every line within belongs to this correlation, or to a new one."""
    return structlog.contextvars.bound_contextvars(correlation_id=correlation or uuid4().hex)


def correlation() -> str:
    """What the present work belongs to."""
    found: str = structlog.contextvars.get_contextvars().get("correlation_id", "")
    return found


def problem_said(code: str) -> None:
    """The present request is answered with this problem."""
    structlog.contextvars.bind_contextvars(problem=code)


def taken_problem() -> str | None:
    """The code of the problem that the present request was answered with; from now on there is none."""
    found: str | None = structlog.contextvars.get_contextvars().get("problem")
    structlog.contextvars.unbind_contextvars("problem")
    return found


def configure(service: str, level: str) -> None:
    """Everything, the libraries' messages included, goes to standard output as JSON lines in UTC."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        tracing.identified,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        lambda _logger, _method, event: event | {"service": service},
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_payloads,
            structlog.processors.JSONRenderer(_json),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "faststream", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.ERROR)


def _json(event: Any, **_: Any) -> str:
    return _ENCODER.encode(event)


def _without_payloads(_logger: Any, _method: str, event: Any) -> Any:
    """A traceback's last line may quote what was being handled: keep the error's type and its frames only."""
    if "exception" in event:
        lines = event["exception"].splitlines()
        frames = [line for line in lines if line.lstrip().startswith("File ")]
        event["exception"] = [*frames, lines[-1].partition(":")[0]]
    return event
